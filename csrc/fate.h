/* fate.h - what becomes of an object when what kept it ends.
 *
 *   kept by            while SEALED                              once FREED or GONE
 *   a lease            not evicted                               the bytes stay
 *   pin, handle,       not evicted                               handles: the slot stays, so that
 *   containment        (may be spilled)                          their refs say FREED, not LOST
 *   nothing            cache: in the LRU list                    bytes and slot are given back
 *
 * All under the lock. */
#ifndef PM_FATE_H
#define PM_FATE_H

#include "client.h"

/* Brings the object's place in line with what holds it. To be called after each change of holds, pins, containment or state. */
void pm_settle(pm_client *client, uint32_t slot);

/* The object is no longer SEALED or CREATED: FREED when somebody said so, else GONE. */
void pm_remove(pm_client *client, uint32_t slot, uint32_t state);

/* The object is not what was sealed: quarantined, GONE. */
void pm_lose(pm_client *client, uint32_t slot);

/* A stashed entry is given up unused. False if it is none, or its creator claimed it meanwhile. */
bool pm_unstash(pm_client *client, uint32_t slot);

/* All that are stashed, whoever's. False if there were none to give up. */
bool pm_unstash_all(pm_client *client);

/* Releases up to `budget` contained refs of removed containers; true when some are left. */
bool pm_unlink(pm_client *client, uint32_t budget);

/* Drops the least recently used object; false if there is none. */
bool pm_evict(pm_client *client);

/* The same among those that are charged to this client. False: it has none; or, with *more, it may have, behind many others'. */
bool pm_evict_own(pm_client *client, bool *more);

/* Drops the least recently used object if its extent is just what is wanted: nothing of the heap changes, the caller has the slot
 * (ABSENT, its version grown) with the extent. 0 if it is not. */
uint32_t pm_evict_exactly(pm_client *client, uint32_t granules, uint32_t align);

/* Tells those who wait for room, if any. */
void pm_room_given(pm_client *client);

#endif
