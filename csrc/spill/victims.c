#include "spill/victims.h"

#include <stdlib.h>

#include "hold.h"
#include "lock.h"
#include "place.h"
#include "prim/atomic.h"
#include "quota.h"

#define SCAN 1024u /* slots a hold of the lock */

bool pm_victim_may_go(const pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	if (pm_word_state(entry->word) != PLASMID_SEALED || entry->in_lru || entry->node == 0 || pm_leased(client, slot))
		return false;
	/* Its trailer must fit in front of where it stands (out.c), and there should be something to gain. */
	uint32_t rest = pm_trailer_granules(entry);
	return rest < entry->granules && pm_references_at(entry->bytes) / PM_GRANULE >= rest;
}

static uint64_t age_of(const pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_place *place = &client->places[slot];
	uint64_t used = pm_load_relaxed(&place->used);
	bool own = pm_load_relaxed(&place->used_version) == pm_word_version(entry->word);
	return own && used > entry->stamp ? used : entry->stamp;
}

static int oldest_first(const void *a, const void *b) {
	const pm_victim *x = a, *y = b;
	return x->age < y->age ? -1 : x->age > y->age;
}

static uint32_t prune(pm_victim *victims, uint32_t count) {
	qsort(victims, count, sizeof *victims, oldest_first);
	return count < PM_VICTIMS ? count : PM_VICTIMS;
}

int32_t pm_victims_find(pm_client *client, bool own, pm_victim *victims) {
	uint32_t count = 0, used;
	uint32_t slot = 1;
	do {
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		used = pm_slots_used(client);
		for (uint32_t steps = 0; slot <= used && steps < SCAN && count < 2 * PM_VICTIMS; slot++, steps++) {
			const pm_entry *entry = pm_entry_at(client, slot);
			if (!pm_victim_may_go(client, slot) || (own && !pm_counts_for(client, entry)))
				continue;
			victims[count++] = (pm_victim){.age = age_of(client, slot),
			                               .word = entry->word,
			                               .bytes = entry->bytes,
			                               .slot = slot,
			                               .start = entry->start,
			                               .granules = entry->granules - pm_trailer_granules(entry),
			                               .clean = client->places[slot].where != 0};
		}
		pm_unlock(client);
		if (count == 2 * PM_VICTIMS)
			count = prune(victims, count);
	} while (slot <= used);
	return (int32_t)prune(victims, count);
}
