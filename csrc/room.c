#include "room.h"

#include <errno.h>

#include "crash.h"
#include "error.h"
#include "fate.h"
#include "lock.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "quota.h"
#include "slot.h"

#define ENTRIES_STEP_MOST 32768u
#define UNLINK_STEP 1024u
#define TURNS_A_HOLD 64u

static int32_t reserve_range(const pm_client *client, uint64_t at, uint64_t from, uint64_t to) {
	uint64_t first = (at + from) & ~(uint64_t)(PM_PAGE - 1);
	if (pm_file_reserve(client->file, first, pm_align(at + to, PM_PAGE)) != 0)
		return pm_fail_errno("reserving room in the store's file");
	return 0;
}

int32_t pm_room_reserve(pm_client *client, uint32_t entries_from, uint32_t entries_to, uint32_t nodes_from,
                        uint32_t nodes_to) {
	const pm_plan *plan = &client->plan;
	struct {
		uint64_t at, unit;
		uint32_t from, to;
	} ranges[] = {
			{plan->entries_at, sizeof(pm_entry), entries_from, entries_to + 1},
			{plan->holds_at, sizeof(uint64_t) * 2 * plan->hold_words, entries_from, entries_to + 1},
			{plan->names_at, sizeof(uint32_t), entries_from, entries_to},
			{plan->places_at, sizeof(pm_place), entries_from, entries_to + 1},
			{plan->nodes_at, sizeof(pm_extent), nodes_from, nodes_to},
	};
	for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		if (ranges[i].at == 0 || ranges[i].from >= ranges[i].to || (i < 4 && entries_from >= entries_to))
			continue;
		int32_t r = reserve_range(client, ranges[i].at, ranges[i].from * ranges[i].unit, ranges[i].to * ranges[i].unit);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Grows by what there is already, within bounds: few steps, none of them long. */
static uint32_t step(uint32_t have, uint32_t least, uint32_t most, uint32_t limit) {
	uint32_t by = have < least ? least : have > most ? most : have;
	return limit - have < by ? limit : have + by;
}

/* Each grow_ function lets the lock go for the system call, takes it again and publishes what is real now, unless somebody else
 * did. *locked becomes false when the lock could not be had again. */
static int32_t grow_entries(pm_client *client, bool *locked) {
	pm_superblock *super = client->super;
	uint32_t from = super->entries_reserved, to = step(from, 1024, ENTRIES_STEP_MOST, client->plan.max_objects);
	pm_unlock(client);
	int32_t r = pm_room_reserve(client, from, to, 0, 0);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	if (taken != 0 || r != 0)
		return taken != 0 ? taken : r;
	if (super->entries_reserved < to)
		pm_store(&super->entries_reserved, to);
	return 0;
}

static int32_t grow_nodes(pm_client *client, bool *locked) {
	pm_superblock *super = client->super;
	uint32_t from = super->nodes_reserved,
					 to = step(from, 1024, 4 * ENTRIES_STEP_MOST, pm_most_nodes(client->plan.max_objects));
	pm_unlock(client);
	int32_t r = pm_room_reserve(client, 0, 0, from, to);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	if (taken != 0 || r != 0)
		return taken != 0 ? taken : r;
	if (super->nodes_reserved < to) {
		pm_store(&super->nodes_reserved, to);
		pm_heap_reserve_nodes(&super->heap, to);
	}
	return 0;
}

int32_t pm_room_nodes(pm_client *client, uint32_t spare, bool *locked) {
	pm_superblock *super = client->super;
	*locked = true;
	while (super->heap.spare < spare && super->nodes_reserved < pm_most_nodes(client->plan.max_objects)) {
		int32_t r = grow_nodes(client, locked);
		if (r != 0)
			return r;
	}
	return 0;
}

int32_t pm_room_commit(const pm_client *client, uint32_t from, uint32_t to) {
	return reserve_range(client, client->plan.heap_at, (uint64_t)from * PM_GRANULE, (uint64_t)to * PM_GRANULE);
}

static int32_t grow_heap(pm_client *client, bool *locked) {
	pm_superblock *super = client->super;
	const uint32_t mib = (1u << 20) / PM_GRANULE;
	uint32_t from = super->committed, trims = super->trims;
	PM_MUST(from == super->heap.limit && from <= pm_heap_granules(client));
	uint32_t to = step(from, mib, PM_RESERVE_STEP / PM_GRANULE, pm_heap_granules(client));
	pm_unlock(client);
	int32_t r = pm_room_commit(client, from, to);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	if (taken != 0 || r != 0)
		return taken != 0 ? taken : r;
	/* After a trim, what was reserved below may have been given back: the caller comes round again. */
	if (super->trims == trims && super->committed < to) {
		pm_store(&super->committed, to);
		pm_heap_grow(&super->heap, client->nodes, to);
	}
	return 0;
}

/* Lets the others have a turn: many objects may have to go for one large one. */
static int32_t breathe(pm_client *client, uint32_t turn, bool *locked) {
	if (turn % TURNS_A_HOLD != 0)
		return 0;
	pm_unlock(client);
	int32_t r = pm_lock_again(client);
	*locked = r == 0;
	return r;
}

/* Something that is in nobody's use: the rest of removed containers, the oldest unreferenced object, what was taken ahead. */
static bool give_way(pm_client *client) {
	if (client->super->drop_head != 0) {
		pm_unlink(client, UNLINK_STEP);
		return true;
	}
	return pm_evict(client) || pm_unstash_all(client);
}

/* The oldest unreferenced object leaves its slot and its extent to one of just its size. False if it can't. */
static bool take_over(pm_client *client, uint32_t granules, uint32_t align, uint32_t *slot, uint32_t *node) {
	*slot = client->super->drop_head == 0 ? pm_evict_exactly(client, granules, align) : 0;
	if (*slot != 0)
		*node = pm_entry_at(client, *slot)->node;
	return *slot != 0;
}

/* Sees to it that a slot can be taken in this hold of the lock. */
static int32_t need_slot(pm_client *client, bool *locked) {
	pm_superblock *super = client->super;
	while (!pm_slot_free(client)) {
		int32_t r = 0;
		if (super->entries_reserved < client->plan.max_objects) {
			r = grow_entries(client, locked);
			if (r == 0)
				continue;
		}
		if (!*locked)
			return r;
		if (!give_way(client))
			return r != 0 ? r : pm_fail(PLASMID_E_TABLE_FULL, "all %u slots of the table are held", client->plan.max_objects);
	}
	return 0;
}

static int32_t does_not_fit(const pm_client *client, uint32_t granules) {
	uint64_t largest = pm_heap_largest(&client->super->heap, client->nodes);
	return pm_fail(PLASMID_E_STORE_FULL, "%llu bytes do not fit: the largest free extent has %llu",
	               (unsigned long long)granules * PM_GRANULE, (unsigned long long)largest * PM_GRANULE);
}

/* One step towards an extent that the heap does not have: more nodes, more memory, one object fewer (*slot: whose room is taken
 * over). *refused remembers that the file system would not give more. */
static int32_t make_way(pm_client *client, uint32_t granules, uint32_t align, uint32_t *slot, uint32_t *node,
                        int32_t *refused, bool *locked) {
	pm_superblock *super = client->super;
	int32_t r = 0;
	*slot = 0;
	if (*node == PM_HEAP_NEEDS_NODES && super->nodes_reserved < pm_most_nodes(client->plan.max_objects))
		r = grow_nodes(client, locked);
	else if (*refused == 0 && pm_heap_wanted_limit(&super->heap, client->nodes, granules, align) > super->committed)
		r = grow_heap(client, locked);
	else if (!take_over(client, granules, align, slot, node) && !give_way(client))
		return *refused != 0 ? *refused : does_not_fit(client, granules);
	if (r == 0 || !*locked)
		return r;
	*refused = r;
	return give_way(client) ? 0 : r;
}

static int32_t over_quota(const pm_client *client, uint32_t granules) {
	uint32_t charged = pm_charged(&client->records[client->slot]);
	return pm_fail(
			PLASMID_E_STORE_FULL,
			"%llu bytes do not fit into this process's quota: %llu bytes, %llu of them in use by objects that it made",
			(unsigned long long)granules * PM_GRANULE, (unsigned long long)client->quota * PM_GRANULE,
			(unsigned long long)charged * PM_GRANULE);
}

/* Whoever is over its share gives up its own: the rest of its removed containers, its oldest unreferenced objects, what was taken ahead.
 * 0 when the quota allows so much more, in this hold of the lock. */
static int32_t keep_quota(pm_client *client, uint32_t granules, bool *locked) {
	if (client->quota != 0 && granules > client->quota)
		return over_quota(client, granules);
	for (uint32_t turn = 1; !pm_quota_allows(client, granules); turn++) {
		bool more = false;
		if (client->super->drop_head != 0)
			pm_unlink(client, UNLINK_STEP);
		else if (!pm_evict_own(client, &more) && !more && !pm_unstash_all(client))
			return over_quota(client, granules);
		int32_t r = breathe(client, more ? 0 : turn, locked);
		if (r != 0)
			return r;
	}
	return 0;
}

int32_t pm_room_take(pm_client *client, uint32_t granules, uint32_t align, uint32_t *slot, uint32_t *node,
                     bool *locked) {
	int32_t refused = 0;
	*locked = true;
	if (granules > pm_heap_granules(client))
		return pm_fail(PLASMID_E_STORE_FULL, "%llu bytes are more than the whole store",
		               (unsigned long long)granules * PM_GRANULE);
	for (uint32_t turn = 1;; turn++) {
		int32_t r = keep_quota(client, granules, locked);
		if (r != 0)
			return r;
		bool table_full = !pm_slot_free(client) && client->super->entries_reserved == client->plan.max_objects;
		if (table_full && take_over(client, granules, align, slot, node))
			return 0;
		r = need_slot(client, locked);
		if (r != 0)
			return r;
		if (!pm_quota_allows(client, granules))
			continue; /* another thread of this process took some while the table grew */
		/* Both in one hold: nothing that is taken is ever left unaccounted for while others look. */
		*node = pm_heap_allocate(&client->super->heap, client->nodes, granules, align);
		if (*node != 0 && *node != PM_HEAP_NEEDS_NODES) {
			*slot = pm_slot_take(client);
			return 0;
		}
		r = make_way(client, granules, align, slot, node, &refused, locked);
		if (r == 0 && *slot != 0)
			return 0;
		if (r == 0)
			r = breathe(client, turn, locked);
		if (r != 0)
			return r;
	}
}

int32_t pm_room_extent(pm_client *client, uint32_t granules, uint32_t align, uint32_t *node, bool *locked) {
	int32_t refused = 0;
	*locked = true;
	for (uint32_t turn = 1;; turn++) {
		uint32_t slot;
		*node = pm_heap_allocate(&client->super->heap, client->nodes, granules, align);
		if (*node != 0 && *node != PM_HEAP_NEEDS_NODES)
			return 0;
		int32_t r = make_way(client, granules, align, &slot, node, &refused, locked);
		if (r == 0 && slot != 0) {
			pm_entry_at(client, slot)->node = 0;
			pm_slot_untake(client, slot);
			return 0;
		}
		if (r == 0)
			r = breathe(client, turn, locked);
		if (r != 0)
			return r;
	}
}

void pm_room_untake(pm_client *client, uint32_t slot, uint32_t node) {
	pm_heap_free(&client->super->heap, client->nodes, node);
	pm_slot_untake(client, slot);
}

int64_t pm_room_trim(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t before = super->committed, most = PM_RESERVE_STEP / PM_GRANULE;
	uint32_t given = pm_heap_trim(&super->heap, client->nodes, 0);
	if (given > most) {
		/* A hold of the lock stays short: the rest is for the next call. */
		pm_heap_grow(&super->heap, client->nodes, before - most);
		given = most;
	}
	if (given == 0)
		return 0;
	super->trims++;
	if (super->touched > before - given)
		super->touched = before - given;
	pm_store(&super->committed, before - given);
	PM_POINT("trim:published");
	uint64_t at = client->plan.heap_at + (uint64_t)(before - given) * PM_GRANULE;
	if (pm_file_punch(client->file, at, at + (uint64_t)given * PM_GRANULE) != 0)
		return pm_fail_errno("giving pages back");
	return (int64_t)given * PM_GRANULE;
}

int32_t pm_room_punch(pm_client *client, uint64_t from, uint64_t to) {
	pm_superblock *super = client->super;
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	uint64_t real = (uint64_t)super->committed * PM_GRANULE;
	from = from > real ? from : real;
	/* Somebody may be growing over it without the lock: as after a trim, they start anew. */
	if (from < to) {
		super->trims++;
		if (pm_file_punch(client->file, client->plan.heap_at + from, client->plan.heap_at + pm_align(to, PM_PAGE)) != 0)
			r = pm_fail_errno("giving pages back");
	}
	pm_unlock(client);
	return r;
}
