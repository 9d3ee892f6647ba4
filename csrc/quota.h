/* quota.h - how much of the heap the objects of one client may take.
 *
 * An object counts for the process that made it, from the extent's taking to its giving back, whoever holds it; when that process ends
 * it counts for nobody. Only a client that was given a quota counts at all: its entries are marked `charged`, so that whoever frees an
 * object of another client touches nothing more than before.
 *
 *   record.charge == {epoch of that client, granules of the entries that are charged to it}
 *   record.oldest == a slot of the LRU list: nothing older in it is charged to the client;
 *                    or 0: not known, begin at the old end; or PM_NOTHING_OLD: nothing in the list is
 *
 * `oldest` moves towards the young end while it is looked for, so each entry of the list is passed once. All under the lock. */
#ifndef PM_QUOTA_H
#define PM_QUOTA_H

#include "client.h"

static inline uint32_t pm_charged(const pm_client_record *record) {
	return (uint32_t)record->charge;
}

/* Counts the extent of an entry that was just filled for its creator, this client. */
static inline void pm_charge(pm_client *client, pm_entry *entry) {
	entry->charged = client->quota != 0;
	if (entry->charged)
		client->records[client->slot].charge += entry->granules;
}

/* Counts it for its creator, whoever that was, if that client still is and has a quota. */
void pm_charge_again(pm_client *client, pm_entry *entry);

/* Of an entry that is marked `charged`. */
void pm_uncharge_marked(pm_client *client, pm_entry *entry);

/* The extent of the entry is about to be given back. */
static inline void pm_uncharge(pm_client *client, pm_entry *entry) {
	if (entry->charged)
		pm_uncharge_marked(client, entry);
}

/* Does the entry count for this client? */
bool pm_counts_for(const pm_client *client, const pm_entry *entry);

/* May this client take so many granules more? */
static inline bool pm_quota_allows(const pm_client *client, uint32_t granules) {
	return client->quota == 0 || (uint64_t)pm_charged(&client->records[client->slot]) + granules <= client->quota;
}

/* The least recently used object of this client that nobody refers to; 0 if it has none, or *more is set: so many were passed that the
 * lock should be let go before the next call. */
uint32_t pm_oldest_own(pm_client *client, bool *more);

#endif
