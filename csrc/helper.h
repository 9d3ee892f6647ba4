/* helper.h - the thread that a process has for each segment.
 *
 * It sleeps on its record's `ring` word. Woken, it hands the news to the event loops that wait (their bells), drains what
 * the collector released, and looks for dead clients while somebody waits for them. Once no store is open and the last lease has
 * ended, it lets go of the segment. */
#ifndef PM_HELPER_H
#define PM_HELPER_H

#include "client.h"

/* 0 or SYSTEM. Under the registry's mutex. */
int32_t pm_helper_start(pm_client *client);

/* Has the pages of a large object mapped while its reader begins to read: each would cost a fault otherwise, a half more than the
 * reading itself. Costs the caller the same whatever the size. */
void pm_map_ahead(pm_client *client, uint64_t at, uint64_t bytes);

/* The store's event loop waits for something, until it is woken. */
void pm_arm(plasmid_store *store);

/* Makes it look now. */
void pm_helper_nudge(pm_client *client);

/* Ends it and waits for that. Not from the helper itself; without the registry's mutex. */
void pm_helper_stop(pm_client *client);

#endif
