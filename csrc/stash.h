/* stash.h - room that a store took ahead, so that a small put needs no lock.
 *
 * Two processes that put small objects would spend most of their time handing the lock and the cache lines behind it to each other.
 * So a store that puts many takes slots and extents for the next ones in one hold: entries that are CREATED, stashed, complete but for
 * what is put. Nobody knows their ids, so a put fills one and publishes it by one store to its word, without the lock:
 *
 *   (absent) --fill, under the lock--> stashed --claim--> claimed --put--> SEALED
 *                                         \--whoever needs room, under the lock; its creator's end--> (absent)
 *
 * To claim one, and to take one back, is a compare-and-swap of its word. Until a stashed entry is sealed, others who hold the lock
 * leave it alone but for that; it counts as the object that it will be, and what shows counts subtracts those that a client has in
 * its record.
 *
 * One stash a store and size, and a store is one thread's: a stash itself needs no lock either. */
#ifndef PM_STASH_H
#define PM_STASH_H

#include "client.h"

/* Has the store put so many objects of this many granules that it should have a stash of them? Counts this one. */
bool pm_stash_wanted(plasmid_store *store, uint32_t granules);

/* Takes room for the next puts of this size, at least for one; what the others need must be there without waiting. Under the lock,
 * as pm_room_take: `locked` says whether it is held still. 0 or the code for the first one. */
int32_t pm_stash_fill(plasmid_store *store, uint32_t granules, bool *locked);

/* Seals one of the stash as an object of `bytes` bytes of the exchange, which fit into its granules. The token of its handle, or 0: the
 * stash is empty, or was taken back. Without the lock. */
uint32_t pm_stash_put(plasmid_store *store, uint32_t granules, uint32_t bytes);

/* Gives up what is left of all its stashes: the store is closed. Under the lock. */
void pm_stash_end(plasmid_store *store);

#endif
