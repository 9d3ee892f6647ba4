/* room.h - a slot and an extent for a new object: from what is free, from growth, from eviction, in this order. */
#ifndef PM_ROOM_H
#define PM_ROOM_H

#include "client.h"

/* Takes a slot (still ABSENT) and an extent of `granules`. The lock is held before and after, but may be let go in between: check
 * anew whatever depends on others. Errors (the lock is held still, nothing is taken): STORE_FULL, TABLE_FULL, NO_SPACE,
 * LOCK_TIMEOUT (then it is NOT held: *locked says so). */
int32_t pm_room_take(pm_client *client, uint32_t granules, uint32_t align, uint32_t *slot, uint32_t *node,
                     bool *locked);

/* Takes an extent alone, for an object that has its slot; what it was taken for may be gone when this returns. */
int32_t pm_room_extent(pm_client *client, uint32_t granules, uint32_t align, uint32_t *node, bool *locked);

/* Sees to it that so many nodes are spare in this hold of the lock, or all that there can be. NO_SPACE; LOCK_TIMEOUT (then it is NOT held). */
int32_t pm_room_nodes(pm_client *client, uint32_t spare, bool *locked);

/* Gives both back, as if never taken. */
void pm_room_untake(pm_client *client, uint32_t slot, uint32_t node);

/* Gives free pages at the top of the heap back to the system; at most PM_RESERVE_STEP a call. Returns bytes, or a code. */
int64_t pm_room_trim(pm_client *client);

/* Gives back what was made real of bytes [from, to) of the heap beyond the committed ones. 0 or LOCK_TIMEOUT, SYSTEM. */
int32_t pm_room_punch(pm_client *client, uint64_t from, uint64_t to);

/* Makes the tables' first `entries` entries and `nodes` nodes real. Without the lock. 0 or a code. */
int32_t pm_room_reserve(pm_client *client, uint32_t entries_from, uint32_t entries_to, uint32_t nodes_from,
                        uint32_t nodes_to);

/* Makes granules [from, to) of the heap real. 0 or a code. */
int32_t pm_room_commit(const pm_client *client, uint32_t from, uint32_t to);

/* The most nodes that a heap of max_objects extents can need. */
static inline uint32_t pm_most_nodes(uint32_t max_objects) {
	return 2 * max_objects + 8;
}

#endif
