#include "spill/tidy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "error.h"
#include "lock.h"
#include "place.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "prim/sum.h"
#include "spill/files.h"
#include "spill/folders.h"
#include "spill/writer.h"

#define SCAN 1024u     /* slots a hold of the lock */
#define MOVE_SOME 256u /* objects a hold of the lock */
#define CROWDED (PM_SPILL_FILES / 4 * 3)

/* How much of a file is gone before it is worth the writing, in eighths. */
enum gone {
	LITTLE = 1,
	SOME = 2,
	HALF = 4,
	NEARLY_ALL = 7, /* it keeps the file for no longer than until somebody has time */
	NEVER = 8
};

/* An object that moves to another file. */
typedef struct mover {
	uint32_t slot;
	uint64_t word, from, to, bytes, sum;
} mover;

/* Files that are rewritten as one. */
typedef struct batch {
	uint64_t marked[PM_SPILL_FILES / 64];
	uint64_t bytes, live_bytes;
	uint32_t files, live;
	bool crowded; /* few rows are left: fewer files are worth it too */
} batch;

static bool is_marked(const batch *in, uint32_t file) {
	return (in->marked[file / 64] >> file % 64 & 1) != 0;
}

/* ---- which files --------------------------------------------------------------------------------- */

/* All files together. */
typedef struct survey {
	uint64_t bytes, live_bytes;
	uint32_t rows;
} survey;

static survey survey_files(const pm_client *client) {
	survey all = {0};
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++) {
		const pm_spill_file *file = &client->spill_files[i];
		all.rows += file->state != PM_FILE_FREE;
		if (file->state != PM_FILE_WHOLE)
			continue;
		all.bytes += file->bytes;
		all.live_bytes += file->live_bytes;
	}
	return all;
}

static bool is_worth(const pm_client *client, const pm_spill_file *file, enum gone gone, bool crowded) {
	if (file->state != PM_FILE_WHOLE || file->live == 0 || pm_files_is_seen(client, file))
		return false;
	if (file->owner != 0 && pm_word_alive(client, file->owner))
		return false;
	if (file->bytes - file->live_bytes > file->bytes / 8 * gone)
		return true;
	return crowded && file->bytes <= pm_files_most(client) / 2;
}

static void mark(pm_client *client, batch *in, uint32_t file) {
	pm_spill_file *row = &client->spill_files[file];
	pm_store(&row->owner, client->lock_word);
	in->marked[file / 64] |= 1ull << file % 64;
	in->bytes += row->bytes;
	in->live_bytes += row->live_bytes;
	in->live += row->live;
	in->files++;
}

/* Files from *from on that are ours until they are rewritten. Under the lock. */
static void claim(pm_client *client, uint32_t *from, enum gone gone, batch *in) {
	uint64_t most = pm_files_most(client) / 4 * 3; /* there is padding, too */
	survey all = survey_files(client);
	*in = (batch){.crowded = all.rows >= CROWDED};
	/* Until more than half of all is gone, a file that is half gone is left to die of itself: where the oldest goes first it soon will, and to
	 * rewrite it before would write everything twice. */
	if (gone > HALF && all.live_bytes < all.bytes / 2)
		gone = HALF;
	if (gone == NEVER && !in->crowded)
		return;
	for (; *from < PM_SPILL_FILES; ++*from) {
		const pm_spill_file *file = &client->spill_files[*from];
		if (!is_worth(client, file, gone, in->crowded))
			continue;
		if (in->files > 0 && in->live_bytes + file->live_bytes > most)
			break;
		mark(client, in, *from);
	}
}

static void finish(pm_client *client, const batch *in) {
	if (pm_lock(client) != 0)
		return; /* they are free once this process has ended */
	for (uint32_t word = 0; word < PM_SPILL_FILES / 64; word++)
		for (uint64_t left = in->marked[word]; left != 0; left &= left - 1)
			pm_files_finish(client, word * 64 + (uint32_t)__builtin_ctzll(left));
	pm_unlock(client);
}

/* ---- what is in them ----------------------------------------------------------------------------- */

/* What is in the files and nowhere else; a copy of what is in memory is given up. */
static int32_t list_live(pm_client *client, const batch *in, mover *movers) {
	uint32_t used, slot = 1, count = 0;
	do {
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		used = pm_slots_used(client);
		for (uint32_t steps = 0; slot <= used && steps < SCAN && count < in->live; slot++, steps++) {
			const pm_place *place = &client->places[slot];
			const pm_entry *entry = pm_entry_at(client, slot);
			if (place->where == 0 || !is_marked(in, pm_where_file(place->where)))
				continue;
			if (pm_word_state(entry->word) != PLASMID_SPILLED) {
				pm_place_drop(client, slot);
				continue;
			}
			movers[count++] =
					(mover){.slot = slot, .word = entry->word, .from = place->where, .bytes = entry->bytes, .sum = place->sum};
		}
		pm_unlock(client);
	} while (slot <= used && count < in->live);
	return (int32_t)count;
}

static int as_they_stand(const void *a, const void *b) {
	const mover *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Where each goes in the next file; returns how long that is. */
static uint64_t lay_out(mover *movers, uint32_t count) {
	uint64_t end = sizeof(pm_spill_header);
	qsort(movers, count, sizeof *movers, as_they_stand);
	for (uint32_t i = 0; i < count; i++) {
		movers[i].to = pm_spill_payload_at(end, movers[i].bytes);
		end = movers[i].to + pm_align(movers[i].bytes, PM_GRANULE);
	}
	return end;
}

/* ---- the next file ------------------------------------------------------------------------------- */

/* Header and payload, checked on the way: what is damaged, or can't be read, stays where it is, for whoever reads it to say so. */
static int32_t copy_one(const pm_client *client, int from, pm_writer *writer, mover *each, uint8_t *chunk) {
	pm_spill_header header;
	uint64_t at = pm_where_offset(each->from), word = each->word;
	pm_sum sum;
	int32_t r = 0;
	each->word = 0;
	if (from < 0 || pm_file_read(from, &header, sizeof header, at - sizeof header) != 0)
		return 0;
	r = pm_writer_put(client, writer, each->to - sizeof header, (const uint8_t *)&header, sizeof header);
	pm_sum_begin(&sum);
	for (uint64_t done = 0; r == 0 && done < each->bytes; done += PM_SPILL_CHUNK) {
		uint64_t bytes = each->bytes - done < PM_SPILL_CHUNK ? each->bytes - done : PM_SPILL_CHUNK;
		if (pm_file_read(from, chunk, bytes, at + done) != 0)
			return 0;
		pm_sum_add(&sum, chunk, bytes);
		r = pm_writer_put(client, writer, each->to + done, chunk, bytes);
	}
	if (r == 0 && pm_sum_end(&sum) == each->sum)
		each->word = word;
	return r;
}

static int32_t copy_all(const pm_client *client, pm_writer *writer, mover *movers, uint32_t count) {
	char path[PM_SPILL_PATH_ROOM];
	uint8_t *chunk = malloc(PM_SPILL_CHUNK);
	int32_t r = chunk == NULL ? pm_fail(PLASMID_E_NO_MEMORY, "no memory to rewrite a file") : 0;
	uint32_t opened = 0;
	int from = -1;
	for (uint32_t i = 0; i < count && r == 0; i++) {
		if (pm_where_file(movers[i].from) != opened) {
			opened = pm_where_file(movers[i].from);
			if (from >= 0)
				close(from);
			from = pm_files_open(client, movers[i].from, path);
		}
		r = copy_one(client, from, writer, &movers[i], chunk);
	}
	if (from >= 0)
		close(from);
	free(chunk);
	return r;
}

static int32_t write_next(const pm_client *client, uint32_t next, mover *movers, uint32_t count, uint64_t end) {
	pm_writer writer;
	int32_t r = pm_writer_begin(client, next, &writer);
	if (r != 0)
		return r;
	r = copy_all(client, &writer, movers, count);
	if (r == 0)
		return pm_writer_end(client, &writer, end);
	pm_writer_abort(client, &writer);
	return r;
}

/* ---- from the files to the next ------------------------------------------------------------------ */

/* One that is still where it was is in the next file by one store. Under the lock. */
static void move(pm_client *client, uint32_t next, const mover *each) {
	pm_place *place = &client->places[each->slot];
	if (pm_entry_at(client, each->slot)->word != each->word || place->where != each->from)
		return;
	pm_spill_file *old = &client->spill_files[pm_where_file(place->where)];
	uint64_t bytes = pm_place_bytes(pm_entry_at(client, each->slot));
	pm_place_take(client, each->slot, pm_where(next, each->to));
	PM_POINT("tidy:moved");
	old->live--;
	old->live_bytes -= bytes;
}

static int32_t move_all(pm_client *client, uint32_t next, const mover *movers, uint32_t count) {
	for (uint32_t i = 0; i < count;) {
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		if (i == 0)
			pm_files_whole(client, next);
		for (uint32_t some = 0; i < count && some < MOVE_SOME; i++, some++)
			move(client, next, &movers[i]);
		pm_unlock(client);
	}
	return 0;
}

static int32_t begin_next(pm_client *client, uint64_t bytes) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = pm_files_begin(client, bytes, true);
	pm_unlock(client);
	return r;
}

static void rewrite(pm_client *client, mover *movers, uint32_t count, uint64_t end) {
	int32_t next = begin_next(client, end);
	if (next <= 0)
		return;
	if (write_next(client, (uint32_t)next, movers, count, end) == 0)
		move_all(client, (uint32_t)next, movers, count);
	if (pm_lock(client) != 0)
		return;
	pm_files_finish(client, (uint32_t)next);
	pm_unlock(client);
}

/* As many as fit into one. 1, or 0: there are none; NO_MEMORY, LOCK_TIMEOUT. */
static int32_t rewrite_some(pm_client *client, uint32_t *from, enum gone gone) {
	batch in;
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	claim(client, from, gone, &in);
	pm_unlock(client);
	PM_POINT("tidy:claimed");
	if (in.files == 0)
		return 0;
	mover *movers = malloc(in.live * sizeof *movers);
	r = movers == NULL ? pm_fail(PLASMID_E_NO_MEMORY, "no memory to rewrite files") : list_live(client, &in, movers);
	uint64_t end = r > 0 ? lay_out(movers, (uint32_t)r) : 0;
	if (r > 0 && (end + in.bytes / 8 <= in.bytes || (in.crowded && in.files > 1)))
		rewrite(client, movers, (uint32_t)r, end);
	free(movers);
	finish(client, &in);
	return r < 0 ? r : 1;
}

int32_t pm_spill_tidy(pm_client *client, bool idle) {
	if (client->spill == NULL)
		return 0;
	uint32_t from = 1;
	while (rewrite_some(client, &from, idle ? NEARLY_ALL : NEVER) > 0)
		;
	/* What dies from here on is another turn's; what can't be rewritten waits until something more dies. */
	pm_store(&client->spill->untidy, 0);
	return pm_files_sweep(client);
}

/* 1, or 0: there is no room for it. LOCK_TIMEOUT. */
static int32_t has_room(pm_client *client, uint64_t bytes) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = pm_files_may_begin(client, bytes);
	pm_unlock(client);
	return r;
}

int32_t pm_spill_squeeze(pm_client *client, uint64_t bytes) {
	static const enum gone turns[] = {HALF, SOME, LITTLE};
	for (uint32_t turn = 0; turn < sizeof turns / sizeof turns[0]; turn++) {
		int32_t some = 1;
		for (uint32_t from = 1; some > 0;) {
			int32_t room = has_room(client, bytes);
			if (room != 0)
				return room < 0 ? room : 0;
			some = rewrite_some(client, &from, turns[turn]);
			int32_t swept = pm_files_sweep(client);
			if (some < 0 || swept < 0)
				return some < 0 ? some : swept;
		}
	}
	return 0;
}
