/* inspect.c - looking at a store: statistics, its objects; the checker; the tests' ways in. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "crash.h"
#include "cut.h"
#include "error.h"
#include "hold.h"
#include "index.h"
#include "lock.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "quota.h"
#include "reap.h"
#include "room.h"
#include "slot.h"
#include "spill/files.h"
#include "store.h"
#include "stray.h"

#define LIST_STEP 512u /* slots looked at in one hold of the lock */

static uint64_t metadata_bytes(const pm_client *client) {
	const pm_superblock *super = client->super;
	uint64_t unit = sizeof(pm_entry) + 16u * client->plan.hold_words + sizeof(uint32_t);
	return client->plan.names_at + super->entries_reserved * unit + (uint64_t)super->nodes_reserved * sizeof(pm_extent);
}

static uint32_t clients_of(const pm_client *client) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		count += pm_load_relaxed(&client->records[i].state) == PM_CLIENT_ACTIVE;
	return count;
}

/* Granules of the largest extent to be had: one that is free, or the top grown to the heap's end. */
static uint32_t largest(const pm_client *client) {
	const pm_superblock *super = client->super;
	uint32_t free = pm_heap_largest(&super->heap, client->nodes);
	uint32_t top = pm_heap_top(client->nodes) + (pm_heap_granules(client) - super->committed);
	return free > top ? free : top;
}

static void add_spill(const pm_client *client, plasmid_stats *stats) {
	const pm_spill *spill = client->spill;
	stats->spilled_total = spill->spilled_total;
	stats->restored_total = spill->restored_total;
	stats->spilled_bytes = spill->spilled_bytes;
	stats->disk_bytes = spill->disk_bytes;
	stats->spilled = spill->spilled;
	stats->spill_folders = client->plan.spill_folders;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++)
		stats->spill_files += client->spill_files[i].state != PM_FILE_FREE;
}

PLASMID_API int32_t plasmid_stats_of(plasmid_store *store, plasmid_stats *stats) {
	pm_client *client = store->client;
	pm_cut_look(client);
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	const pm_superblock *super = client->super;
	uint32_t leases = 0, handles = 0;
	for (uint32_t slot = 1; slot <= pm_slots_used(client) && client->tokens > 0; slot++) {
		leases += client->lease_count[slot] > 0;
		handles += client->handle_count[slot] > 0;
	}
	*stats = (plasmid_stats){
			.capacity = client->plan.capacity,
			.committed = (uint64_t)super->committed * PM_GRANULE,
			.used = (uint64_t)super->heap.used * PM_GRANULE,
			.largest = (uint64_t)largest(client) * PM_GRANULE,
			.metadata = metadata_bytes(client),
			.file = client->plan.file_bytes,
			.sealed_total = super->sealed_total - pm_slots_stashed(client),
			.evicted_total = super->evicted_total,
			.freed_total = super->freed_total,
			.recovered_total = super->recovered,
			.reaped_total = super->reaped,
			.quarantined_total = super->quarantined,
			.quota = (uint64_t)client->quota * PM_GRANULE,
			.charged = (uint64_t)pm_charged(&client->records[client->slot]) * PM_GRANULE,
			.objects = super->objects - pm_slots_stashed(client),
			.evictable = super->evictable,
			.max_objects = client->plan.max_objects,
			.max_clients = client->plan.max_clients,
			.clients = clients_of(client),
			.leases = leases,
			.handles = handles,
			.tokens = client->tokens,
			.subscribers = super->subscribers,
	};
	if (client->spill != NULL)
		add_spill(client, stats);
	pm_leave(store);
	return 0;
}

static void describe(const pm_client *client, uint32_t slot, plasmid_object_row *row) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t creator = pm_word_creator(entry->word);
	memset(row, 0, offsetof(plasmid_object_row, name));
	pm_ref_of(client, slot, &row->ref);
	row->state = pm_word_state(entry->word);
	row->bytes = entry->bytes;
	row->extent = entry->node != 0 ? (uint64_t)client->nodes[entry->node].size * PM_GRANULE : 0;
	row->made_ms = (uint64_t)entry->made_s * 1000u;
	row->pins = entry->pins;
	row->contained = entry->contained;
	row->references = entry->references;
	row->leases = pm_lease_clients(client, slot);
	row->handles = pm_handle_clients(client, slot);
	if (creator != 0 && client->records[creator - 1].epoch == entry->creator_epoch)
		row->creator = client->records[creator - 1].pid;
	row->mine = (client->lease_count[slot] > 0 && row->state != PLASMID_CREATED ? PLASMID_MINE_LEASED : 0) |
	            (client->handle_count[slot] > 0 ? PLASMID_MINE_HANDLED : 0) |
	            (creator == client->slot + 1 && entry->creator_epoch == client->epoch ? PLASMID_MINE_MADE : 0);
	if (entry->named) {
		row->name_bytes = entry->name_bytes;
		memcpy(row->name, pm_name_of(client, entry), entry->name_bytes);
	}
}

PLASMID_API int32_t plasmid_list(plasmid_store *store, uint32_t cursor, plasmid_object_row *rows, uint32_t limit,
                                 uint32_t *next) {
	pm_client *client = store->client;
	uint32_t count = 0, slot = cursor == 0 ? 1 : cursor, used;
	do {
		int32_t r = pm_enter(store);
		if (r != 0)
			return r;
		used = pm_slots_used(client);
		for (uint32_t steps = 0; slot <= used && count < limit && steps < LIST_STEP; slot++, steps++)
			if (pm_slot_is_object(pm_load(&pm_entry_at(client, slot)->word)))
				describe(client, slot, &rows[count++]);
		pm_leave(store);
	} while (slot <= used && count < limit);
	*next = slot <= used ? slot : 0;
	return (int32_t)count;
}

PLASMID_API int32_t plasmid_check(plasmid_store *store) {
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = pm_check(store->client);
	if (r == PLASMID_E_CORRUPT)
		pm_store(&store->client->super->damaged, 1); /* the next call mends it */
	pm_unlock(store->client);
	return r;
}

PLASMID_API int32_t plasmid_trim(plasmid_store *store) {
	int64_t given = 0, some;
	do {
		int32_t r = pm_enter(store);
		if (r != 0)
			return r;
		some = pm_room_trim(store->client);
		given += some > 0 ? some : 0;
		pm_leave(store);
	} while (some > 0);
	return some < 0 ? (int32_t)some : (int32_t)(given >> 20);
}

PLASMID_API int32_t plasmid_reap(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r == 0)
		r = pm_reap_dead(store->client);
	/* What they were writing to disk goes with them. */
	if (r > 0 && store->client->spill != NULL)
		pm_files_sweep(store->client);
	return r;
}

PLASMID_API int32_t plasmid_test_hold_lock(plasmid_store *store, uint32_t ms) {
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	uint32_t word = 0;
	uint64_t end = pm_monotonic_ns() + (uint64_t)ms * 1000000u;
	for (uint64_t now = pm_monotonic_ns(); now < end; now = pm_monotonic_ns())
		pm_futex_wait(&word, 0, end - now);
	pm_leave(store);
	return 0;
}

PLASMID_API int32_t plasmid_test_crash_at(const char *point, uint32_t nth) {
	return pm_crash_at(point, nth);
}

PLASMID_API const uint32_t *plasmid_turned(plasmid_store *store) {
	return &store->client->turned;
}

PLASMID_API int32_t plasmid_stray(plasmid_store *store, plasmid_stray_row *row) {
	pm_stray stray;
	if (!pm_stray_tell(store->client, &stray))
		return 0;
	memcpy(row->id, stray.id, sizeof row->id);
	row->more = stray.more;
	memcpy(row->name, stray.name, stray.name_bytes);
	row->name_bytes = stray.name_bytes;
	return 1;
}
