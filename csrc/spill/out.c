#include "spill/out.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "crash.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "place.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "prim/sum.h"
#include "quota.h"
#include "room.h"
#include "spill/files.h"
#include "spill/tidy.h"
#include "spill/victims.h"
#include "spill/writer.h"

#define PUBLISH_SOME 64u          /* objects a hold of the lock */
#define NODES_EACH 2u             /* of the heap, for the trailer of one */
#define NODES_LEFT 4u             /* what the heap needs to allocate and free at all */
#define TURN_NS 10000000u         /* how long one waits before it looks whether the spiller lives */
#define PATIENCE_NS 1000000000ull /* after that the spiller is stopped, and does no harm when it goes on */
#define PART 16u                  /* of the capacity: a pass for less is not worth its scan */

/* ---- whose turn it is ---------------------------------------------------------------------------- */

/* 0: ours. 1: another's pass has ended. */
static int32_t take_turn(pm_client *client) {
	uint32_t *busy = &client->spill->busy;
	uint64_t deadline = pm_monotonic_ns() + PATIENCE_NS;
	for (bool waited = false;; waited = true) {
		uint32_t seen = pm_load(busy);
		bool over = seen != 0 && (!pm_word_alive(client, seen) || pm_monotonic_ns() > deadline);
		if (seen == 0 && waited)
			return 1;
		if ((seen == 0 || over) && pm_cas(busy, &seen, client->lock_word))
			return 0;
		if (seen != 0)
			pm_futex_wait(busy, seen, TURN_NS);
	}
}

static void give_turn(pm_client *client) {
	uint32_t own = client->lock_word;
	if (pm_cas(&client->spill->busy, &own, 0))
		pm_futex_wake(&client->spill->busy, INT32_MAX);
}

/* ---- one object becomes SPILLED -------------------------------------------------------------------- */

/* Room for the trailer beside the extent, and the trailer in it; 0: there is none. */
static uint32_t move_trailer(pm_client *client, pm_entry *entry, uint32_t granules) {
	uint32_t node = pm_heap_allocate(&client->super->heap, client->nodes, granules, 1);
	if (node == 0 || node == PM_HEAP_NEEDS_NODES)
		return 0;
	uint64_t at = pm_references_at(entry->bytes);
	memcpy(client->heap_writable + (uint64_t)client->nodes[node].start * PM_GRANULE + at % PM_GRANULE,
	       pm_payload_writable(client, entry) + at, pm_trailer_bytes(entry));
	return node;
}

/* The heap is full to the last granule: the object is SPILLED with its trailer where it was, which moves to the front of the extent, where
 * it was chosen to fit without touching itself; one store says so, and what is behind goes. */
static uint32_t move_within(pm_client *client, const pm_entry *entry, uint32_t granules) {
	pm_place *place = &client->places[entry - client->entries];
	uint8_t *to = client->heap_writable + (uint64_t)entry->start * PM_GRANULE;
	uint64_t at = pm_references_at(entry->bytes);
	PM_ASSERT(at / PM_GRANULE >= granules);
	memcpy(to + at % PM_GRANULE, to + at, pm_trailer_bytes(entry));
	PM_POINT("spill:moved");
	pm_store(&place->trailer, pm_span(entry->start, granules));
	pm_heap_shrink(&client->super->heap, client->nodes, entry->node, granules);
	return entry->node;
}

static void publish(pm_client *client, uint32_t slot, uint64_t sum) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint32_t rest = pm_trailer_granules(entry), node = rest == 0 ? 0 : move_trailer(client, entry, rest);
	pm_place *place = &client->places[slot];
	bool within = rest != 0 && node == 0;
	uint32_t tail = entry->start + (uint32_t)(pm_references_at(entry->bytes) / PM_GRANULE);
	place->sum = sum;
	pm_store(&place->trailer, rest == 0 ? 0 : pm_span(within ? tail : client->nodes[node].start, rest));
	pm_uncharge(client, entry);
	PM_POINT("spill:filled");
	pm_event_add(client, PLASMID_KIND_SPILL, slot);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word) + 1, pm_word_creator(entry->word), PLASMID_SPILLED));
	pm_fence_release(); /* before its bytes are another's */
	PM_POINT("spill:published");
	if (within)
		node = move_within(client, entry, rest);
	else
		pm_heap_free(&client->super->heap, client->nodes, entry->node);
	entry->node = node;
	if (node != 0)
		PM_EXTENT_OWNER(client->nodes[node]) = slot;
	client->spill->spilled++;
	client->spill->spilled_bytes += entry->bytes;
	client->spill->spilled_total++;
}

/* Under the lock. False: it is no longer what it was. */
static bool publish_if(pm_client *client, const pm_victim *victim, uint32_t file) {
	pm_entry *entry = pm_entry_at(client, victim->slot);
	pm_place *place = &client->places[victim->slot];
	if (entry->word != victim->word || !pm_victim_may_go(client, victim->slot) || client->super->heap.spare < NODES_LEFT)
		return false;
	if (file == 0) {
		if (place->where == 0)
			return false;
		publish(client, victim->slot, place->sum);
		return true;
	}
	if (place->where != 0)
		return false;
	place->sum = victim->sum;
	place->check = pm_place_check(entry, place);
	pm_place_take(client, victim->slot, pm_where(file, victim->at));
	PM_POINT("spill:placed");
	publish(client, victim->slot, victim->sum);
	return true;
}

static int32_t publish_all(pm_client *client, const pm_victim *victims, uint32_t count, bool clean, uint32_t file) {
	int32_t done = 0;
	for (uint32_t i = 0; i < count;) {
		bool locked;
		int32_t before = done;
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		/* Trailers take some that the objects did not. Where there are no more to be had, so many go as there are nodes for. */
		r = pm_room_nodes(client, PUBLISH_SOME * NODES_EACH + NODES_LEFT, &locked);
		if (!locked)
			return r;
		for (uint32_t some = 0; i < count && some < PUBLISH_SOME; i++)
			if (victims[i].clean == clean) {
				done += publish_if(client, &victims[i], file);
				some++;
			}
		/* Who waits for room is woken by its own pass out, too: one that moves nothing must not send it round again at once. */
		if (done > before)
			pm_room_given(client);
		pm_unlock(client);
	}
	return done;
}

/* ---- their file ------------------------------------------------------------------------------------ */

static int32_t write_one(pm_client *client, pm_writer *writer, pm_victim *victim) {
	const pm_entry *entry = pm_entry_at(client, victim->slot);
	/* Where views don't stand: somebody may write to one meanwhile. */
	const uint8_t *payload = client->heap_writable + (uint64_t)victim->start * PM_GRANULE;
	pm_spill_header header = {.magic = PM_SPILL_OBJECT_MAGIC,
	                          .bytes = victim->bytes,
	                          .inband = pm_load_relaxed(&entry->inband),
	                          .buffers = pm_load_relaxed(&entry->buffers),
	                          .references = pm_load_relaxed(&entry->references),
	                          .generation = client->plan.generation};
	pm_sum sum;
	for (int i = 0; i < 4; i++)
		header.id[i] = pm_load_relaxed(&entry->id[i]);
	int32_t r = pm_writer_put(client, writer, victim->at - sizeof header, (const uint8_t *)&header, sizeof header);
	pm_sum_begin(&sum);
	for (uint64_t at = 0; r == 0 && at < victim->bytes; at += PM_SPILL_CHUNK) {
		uint64_t bytes = victim->bytes - at < PM_SPILL_CHUNK ? victim->bytes - at : PM_SPILL_CHUNK;
		pm_sum_add(&sum, payload + at, bytes);
		r = pm_writer_put(client, writer, victim->at + at, payload + at, bytes);
	}
	victim->sum = pm_sum_end(&sum);
	return r;
}

static int32_t write_file(pm_client *client, uint32_t file, pm_victim *victims, uint32_t count, uint64_t bytes) {
	pm_writer writer;
	int32_t r = pm_writer_begin(client, file, &writer);
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < count && r == 0; i++)
		if (!victims[i].clean)
			r = write_one(client, &writer, &victims[i]);
	if (r == 0)
		return pm_writer_end(client, &writer, bytes);
	pm_writer_abort(client, &writer);
	return r;
}

static int32_t begin_file(pm_client *client, uint64_t bytes) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = pm_files_begin(client, bytes, false);
	pm_unlock(client);
	return r != 0 ? r : pm_fail(PLASMID_E_SPILL_LIMIT, "all %u files are in use", PM_SPILL_FILES - 1);
}

int32_t pm_spill_forget(pm_client *client) {
	uint32_t used, slot = 1;
	int32_t r;
	do {
		r = pm_lock(client);
		if (r != 0)
			return r;
		used = pm_slots_used(client);
		for (uint32_t steps = 0; slot <= used && steps < 1024; slot++, steps++)
			if (pm_word_state(pm_entry_at(client, slot)->word) == PLASMID_SEALED)
				pm_place_drop(client, slot);
		pm_unlock(client);
	} while (slot <= used);
	r = pm_files_sweep(client);
	return r < 0 ? r : pm_spill_squeeze(client, pm_load_relaxed(&client->short_of));
}

/* Those of `victims` that disk has not, in one file. */
static int32_t write_out(pm_client *client, pm_victim *victims, uint32_t count, uint64_t bytes) {
	int32_t file = begin_file(client, bytes);
	if (file == PLASMID_E_SPILL_LIMIT && pm_spill_forget(client) >= 0)
		file = begin_file(client, bytes);
	if (file < 0)
		return file;
	PM_POINT("spill:begun");
	int32_t r = write_file(client, (uint32_t)file, victims, count, bytes);
	int32_t locked = pm_lock(client);
	if (locked != 0)
		return locked; /* swept once this process has ended */
	if (r == 0)
		pm_files_whole(client, (uint32_t)file);
	else
		pm_files_finish(client, (uint32_t)file);
	pm_unlock(client);
	if (r != 0)
		return r;
	int32_t done = publish_all(client, victims, count, false, (uint32_t)file);
	if (pm_lock(client) == 0) {
		pm_files_finish(client, (uint32_t)file);
		pm_unlock(client);
	}
	return done;
}

/* ---- a pass ---------------------------------------------------------------------------------------- */

/* How many of the victims go, and what the file of those that disk has not takes. */
static uint32_t choose(const pm_client *client, pm_victim *victims, uint32_t count, uint64_t wanted, uint64_t *bytes) {
	uint64_t gained = 0, end = sizeof(pm_spill_header);
	uint32_t chosen = 0, written = 0;
	for (; chosen < count && gained < wanted; chosen++) {
		pm_victim *victim = &victims[chosen];
		if (!victim->clean) {
			uint64_t at = pm_spill_payload_at(end, victim->bytes);
			if (written > 0 && at + victim->bytes > pm_files_most(client))
				break;
			victim->at = at;
			end = at + pm_align(victim->bytes, PM_GRANULE);
			written++;
		}
		gained += (uint64_t)victim->granules * PM_GRANULE;
	}
	*bytes = written > 0 ? end : 0;
	return chosen;
}

/* Into the next folder where one takes nothing. */
static int32_t write_anywhere(pm_client *client, pm_victim *victims, uint32_t count, uint64_t bytes) {
	int32_t r = PLASMID_E_SPILL;
	for (uint32_t turn = 0; turn < client->plan.spill_folders && r == PLASMID_E_SPILL; turn++)
		r = write_out(client, victims, count, bytes);
	return r;
}

/* 1 if so many bytes more are not this client's to take: then what others made is no help; 0; LOCK_TIMEOUT. */
static int32_t is_over_quota(pm_client *client, uint64_t bytes) {
	int32_t r = client->quota == 0 ? 0 : pm_lock(client);
	if (r != 0 || client->quota == 0)
		return r;
	r = !pm_quota_allows(client, (uint32_t)(pm_align(bytes, PM_GRANULE) / PM_GRANULE));
	pm_unlock(client);
	return r;
}

static int32_t pass_with(pm_client *client, pm_victim *victims, uint64_t wanted) {
	int32_t own = is_over_quota(client, wanted);
	uint64_t bytes, share = own > 0 ? (uint64_t)client->quota * PM_GRANULE : client->plan.capacity;
	uint64_t least = share / PART < pm_files_most(client) ? share / PART : pm_files_most(client);
	int32_t found = own < 0 ? own : pm_victims_find(client, own > 0, victims);
	if (found <= 0)
		return found;
	pm_store(&client->spill->mark, pm_load(&client->super->clock) + 1);
	uint32_t count = choose(client, victims, (uint32_t)found, wanted > least ? wanted : least, &bytes);
	int32_t clean = publish_all(client, victims, count, true, 0);
	if (clean < 0 || bytes == 0)
		return clean;
	int32_t dirty = write_anywhere(client, victims, count, bytes);
	return dirty >= 0 ? clean + dirty : clean > 0 ? clean : dirty;
}

int32_t pm_spill_pass(pm_client *client, uint64_t bytes) {
	if (client->spill == NULL)
		return 0;
	int32_t r = take_turn(client);
	if (r != 0)
		return r;
	PM_POINT("spill:turn");
	pm_victim *victims = malloc(2 * PM_VICTIMS * sizeof *victims);
	r = victims == NULL ? pm_fail(PLASMID_E_NO_MEMORY, "no memory to choose what is spilled")
	                    : pass_with(client, victims, bytes);
	free(victims);
	give_turn(client);
	if (pm_load_relaxed(&client->spill->untidy) != 0)
		pm_spill_tidy(client, false);
	return r;
}
