/* victims.h - which objects go first. */
#ifndef PM_SPILL_VICTIMS_H
#define PM_SPILL_VICTIMS_H

#include "client.h"

#define PM_VICTIMS 16384u /* a pass takes no more */

typedef struct pm_victim {
	uint64_t age; /* when it was last used */
	uint64_t word, bytes, sum;
	uint64_t at; /* of its payload in the file */
	uint32_t slot, start, granules;
	bool clean; /* disk has it */
} pm_victim;

/* Fills `victims` (room for 2 * PM_VICTIMS), the longest unused first, `own`: of those that count for this client; takes the lock in
 * between. How many; LOCK_TIMEOUT. */
int32_t pm_victims_find(pm_client *client, bool own, pm_victim *victims);

/* Could this one go? Under the lock. */
bool pm_victim_may_go(const pm_client *client, uint32_t slot);

#endif
