#include "store.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "fate.h"
#include "lock.h"
#include "token.h"

#define UNLINK_SOME 64u
#define CHECKED_A_CALL 16u /* debug builds: slots that a call may add to the checker's work */

int32_t pm_enter(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r == 0)
		r = pm_lock(store->client);
	if (r != 0)
		return r;
	pm_client *client = store->client;
	if (client->draining != 0 || pm_load_relaxed(&client->released) != 0)
		pm_drain(client, PM_DRAIN_SOME);
	if (client->super->drop_head != 0)
		pm_unlink(client, UNLINK_SOME);
	return 0;
}

void pm_leave(plasmid_store *store) {
	pm_client *client = store->client;
#ifdef PLASMID_DEBUG_CHECK
	/* The walk is as long as the table: in a small store it follows every call, in a large one every so many. */
	if (client->unchecked++ >= client->super->entries_used / CHECKED_A_CALL) {
		client->unchecked = 0;
		if (pm_check(client) != 0) {
			fprintf(stderr, "plasmid: %s\n", plasmid_detail());
			abort();
		}
	}
#endif
	pm_unlock(client);
}
