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

#define SCAN 1024u   /* slots a hold of the lock */
#define REST_PART 8u /* of a file: so little that is alive keeps it for no longer than until somebody has time */

/* An object that moves to another file. */
typedef struct mover {
	uint32_t slot;
	uint64_t word, from, to, bytes, sum;
} mover;

/* Is less than 1 in `part` of it alive? */
static bool mostly_dead(const pm_client *client, const pm_spill_file *file, uint32_t part) {
	return file->state == PM_FILE_WHOLE && file->live > 0 && file->live_bytes < file->bytes / part &&
	       (file->owner == 0 || !pm_word_alive(client, file->owner));
}

/* Is more than half of all that is on disk dead? Until then a file that is half dead is left to die of itself: where the oldest goes first
 * it soon will, and to rewrite it before would write everything twice. */
static bool half_wasted(const pm_client *client) {
	uint64_t bytes = 0, live = 0;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++)
		if (client->spill_files[i].state == PM_FILE_WHOLE) {
			bytes += client->spill_files[i].bytes;
			live += client->spill_files[i].live_bytes;
		}
	return live < bytes / 2;
}

/* A file to rewrite, which is ours until it is done; 0: there is none. One that is all but dead is, however much else is alive, unless
 * somebody waits for this: it may die of itself, too. */
static int32_t claim(pm_client *client, uint32_t from, bool idle) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	uint32_t part = half_wasted(client) ? 2 : idle ? REST_PART : 0;
	for (uint32_t i = part > 0 ? from : PM_SPILL_FILES; i < PM_SPILL_FILES && r == 0; i++)
		if (mostly_dead(client, &client->spill_files[i], part)) {
			pm_store(&client->spill_files[i].owner, client->lock_word);
			r = (int32_t)i;
		}
	pm_unlock(client);
	PM_POINT("tidy:claimed");
	return r;
}

/* What is in the file and nowhere else, and where it goes in the next; a copy of what is in memory is given up. */
static int32_t list_live(pm_client *client, uint32_t file, mover *movers, uint32_t most, uint64_t *end) {
	uint32_t used, slot = 1, count = 0;
	*end = sizeof(pm_spill_header);
	do {
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		used = client->super->entries_used;
		for (uint32_t steps = 0; slot <= used && steps < SCAN && count < most; slot++, steps++) {
			const pm_place *place = &client->places[slot];
			const pm_entry *entry = pm_entry_at(client, slot);
			if (place->where == 0 || pm_where_file(place->where) != file)
				continue;
			if (pm_word_state(entry->word) != PLASMID_SPILLED) {
				pm_place_drop(client, slot);
				continue;
			}
			uint64_t to = pm_spill_payload_at(*end, entry->bytes);
			movers[count++] = (mover){
					.slot = slot, .word = entry->word, .from = place->where, .to = to, .bytes = entry->bytes, .sum = place->sum};
			*end = to + pm_align(entry->bytes, PM_GRANULE);
		}
		pm_unlock(client);
	} while (slot <= used && count < most);
	return (int32_t)count;
}

/* Header and payload, checked on the way: what is damaged stays where it is, for whoever reads it to say so. */
static int32_t copy_one(const pm_client *client, int from, pm_writer *writer, mover *each, uint8_t *chunk) {
	pm_spill_header header;
	uint64_t at = pm_where_offset(each->from);
	pm_sum sum;
	int32_t r = 0;
	if (pm_file_read(from, &header, sizeof header, at - sizeof header) != 0)
		return pm_fail_errno("reading a file of spilled objects");
	r = pm_writer_put(client, writer, each->to - sizeof header, (const uint8_t *)&header, sizeof header);
	pm_sum_begin(&sum);
	for (uint64_t done = 0; r == 0 && done < each->bytes; done += PM_SPILL_CHUNK) {
		uint64_t bytes = each->bytes - done < PM_SPILL_CHUNK ? each->bytes - done : PM_SPILL_CHUNK;
		if (pm_file_read(from, chunk, bytes, at + done) != 0)
			return pm_fail_errno("reading a file of spilled objects");
		pm_sum_add(&sum, chunk, bytes);
		r = pm_writer_put(client, writer, each->to + done, chunk, bytes);
	}
	if (r == 0 && pm_sum_end(&sum) != each->sum)
		each->word = 0;
	return r;
}

static int32_t copy_all(const pm_client *client, int from, pm_writer *writer, mover *movers, uint32_t count) {
	uint8_t *chunk = malloc(PM_SPILL_CHUNK);
	int32_t r = chunk == NULL ? pm_fail(PLASMID_E_NO_MEMORY, "no memory to rewrite a file") : 0;
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = copy_one(client, from, writer, &movers[i], chunk);
	free(chunk);
	return r;
}

static int32_t write_next(pm_client *client, uint32_t file, uint32_t next, mover *movers, uint32_t count,
                          uint64_t end) {
	char path[PM_SPILL_PATH_ROOM];
	pm_writer writer;
	int from = pm_files_open(client, pm_where(file, 0), path);
	if (from < 0)
		return pm_fail_errno("opening a file of spilled objects");
	int32_t r = pm_writer_begin(client, next, &writer);
	if (r == 0) {
		r = copy_all(client, from, &writer, movers, count);
		if (r == 0)
			r = pm_writer_end(client, &writer, end);
		else
			pm_writer_abort(client, &writer);
	}
	close(from);
	return r;
}

/* Each that is still where it was is in the next file by one store. */
static int32_t move_all(pm_client *client, uint32_t next, const mover *movers, uint32_t count) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	pm_files_whole(client, next);
	for (uint32_t i = 0; i < count; i++) {
		pm_place *place = &client->places[movers[i].slot];
		if (pm_entry_at(client, movers[i].slot)->word != movers[i].word || place->where != movers[i].from)
			continue;
		pm_spill_file *old = &client->spill_files[pm_where_file(place->where)];
		uint64_t bytes = pm_place_bytes(pm_entry_at(client, movers[i].slot));
		pm_place_take(client, movers[i].slot, pm_where(next, movers[i].to));
		PM_POINT("tidy:moved");
		old->live--;
		old->live_bytes -= bytes;
	}
	pm_unlock(client);
	return 0;
}

static int32_t begin_next(pm_client *client, uint64_t bytes) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = pm_files_begin(client, bytes);
	pm_unlock(client);
	return r;
}

static void finish(pm_client *client, uint32_t file) {
	if (pm_lock(client) != 0)
		return;
	pm_files_finish(client, file);
	pm_unlock(client);
}

static void rewrite(pm_client *client, uint32_t file, uint32_t live) {
	mover *movers = malloc(live * sizeof *movers);
	uint64_t end;
	int32_t count = movers == NULL ? 0 : list_live(client, file, movers, live, &end);
	int32_t next = count > 0 ? begin_next(client, end) : 0;
	if (next > 0) {
		if (write_next(client, file, (uint32_t)next, movers, (uint32_t)count, end) == 0)
			move_all(client, (uint32_t)next, movers, (uint32_t)count);
		finish(client, (uint32_t)next);
	}
	free(movers);
	finish(client, file);
}

int32_t pm_spill_tidy(pm_client *client, bool idle) {
	if (client->spill == NULL)
		return 0;
	for (int32_t file = claim(client, 1, idle); file > 0; file = claim(client, (uint32_t)file + 1, idle))
		rewrite(client, (uint32_t)file, client->spill_files[file].live);
	/* What dies from here on is another turn's; what can't be rewritten waits until something more dies. */
	pm_store(&client->spill->untidy, 0);
	return pm_files_sweep(client);
}
