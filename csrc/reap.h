/* reap.h - clients that died: finding them, and ending what they held.
 *
 * Reaping is a sweep over all slots in short holds of the lock; each step of it is idempotent, so a reaper may die anywhere and
 * the next one begins again. A process that takes over a dead one's slot raises the epoch first: a sweep in progress stops when it
 * sees that, and the newcomer sweeps itself before it holds anything. */
#ifndef PM_REAP_H
#define PM_REAP_H

#include "client.h"

/* Ends everything that was held under the record, but for its pins, while its epoch is `epoch`. Without the lock. 0, or LOCK_TIMEOUT. */
int32_t pm_reap(pm_client *client, uint32_t record, uint32_t epoch);

/* Reaps every client that is dead; returns how many, or LOCK_TIMEOUT. Without the lock. */
int32_t pm_reap_dead(pm_client *client);

#endif
