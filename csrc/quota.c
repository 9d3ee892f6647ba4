#include "quota.h"

#include "crash.h"

#define STEPS_A_HOLD 1024u

void pm_charge_again(pm_client *client, pm_entry *entry) {
	uint32_t creator = pm_word_creator(entry->word);
	if (creator == 0 || creator > client->plan.max_clients)
		return;
	pm_client_record *record = pm_creator_of(client, entry->word);
	entry->charged = record->quota != 0 && record->charge >> 32 == entry->creator_epoch;
	if (entry->charged)
		record->charge += entry->granules;
}

void pm_uncharge_marked(pm_client *client, pm_entry *entry) {
	entry->charged = 0;
	pm_client_record *record = pm_creator_of(client, entry->word);
	/* Another process may have that record by now. */
	if (record->charge >> 32 == entry->creator_epoch)
		record->charge -= entry->granules;
}

bool pm_counts_for(const pm_client *client, const pm_entry *entry) {
	return entry->charged && pm_word_creator(entry->word) == client->slot + 1 && entry->creator_epoch == client->epoch;
}

uint32_t pm_oldest_own(pm_client *client, bool *more) {
	pm_client_record *record = &client->records[client->slot];
	*more = false;
	if (record->oldest == PM_NOTHING_OLD)
		return 0;
	bool known =
			record->oldest != 0 && record->oldest <= pm_slots_used(client) && pm_entry_at(client, record->oldest)->in_lru;
	uint32_t slot = known ? record->oldest : client->super->lru_tail;
	for (uint32_t steps = 0; slot != 0; steps++) {
		pm_entry *entry = pm_entry_linked(client, slot);
		PM_MUST(entry->in_lru);
		bool own = pm_counts_for(client, entry);
		if (own || steps == STEPS_A_HOLD) {
			record->oldest = slot;
			entry->marked = 1;
			*more = !own;
			return own ? slot : 0;
		}
		slot = entry->lru_prev;
	}
	record->oldest = PM_NOTHING_OLD;
	return 0;
}
