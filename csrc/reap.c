#include "reap.h"

#include "crash.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "place.h"
#include "prim/atomic.h"
#include "slot.h"
#include "wait.h"

#define SWEEP 2048u /* slots a hold of the lock */
#define AHEAD 32u   /* slots whose lines are asked for ahead: the table is in no cache */

static void reap_slot(pm_client *client, uint32_t slot, uint32_t record) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint64_t word = pm_load(&entry->word);
	bool held = pm_hold_clear(client, slot, record);
	uint32_t restorer = client->places == NULL ? 0 : client->places[slot].restorer;
	if (restorer >> 20 == record + 1 && restorer != client->lock_word) {
		pm_place_abandon(client, slot);
		held = true;
	}
	if (pm_word_state(word) == PLASMID_CREATED && pm_word_creator(word) == record + 1) {
		pm_remove(client, slot, PLASMID_GONE);
		if (pm_word_stashed(word))
			pm_slots_unstash(client, record, 1);
	} else if (held)
		pm_settle(client, slot);
}

int32_t pm_reap(pm_client *client, uint32_t record, uint32_t epoch) {
	pm_superblock *super = client->super;
	pm_client_record *dead = &client->records[record];
	for (uint32_t from = 1; from != 0;) {
		int32_t r = pm_lock(client);
		if (r != 0)
			return r;
		if (dead->epoch != epoch) {
			pm_unlock(client);
			return 0;
		}
		uint32_t used = pm_slots_used(client), to = used < from + SWEEP ? used + 1 : from + SWEEP;
		for (uint32_t slot = from; slot < to; slot++) {
			__builtin_prefetch(&pm_entry_at(client, slot + AHEAD)->word);
			reap_slot(client, slot, record);
		}
		PM_POINT("reap:swept");
		from = to > used ? 0 : to;
		if (from == 0) {
			super->reaped++;
			pm_subscribers_drop(client, record);
			pm_event_death(client, record);
			if (client->spill != NULL)
				pm_store(&client->spill->untidy, 1); /* it may have been writing a file */
			pm_store(&dead->stashed, 0);           /* it may have died before it counted the last one out */
			pm_store(&dead->state, PM_CLIENT_FREE);
			/* Whoever waits for room, or for one of its drafts, looks again. */
			pm_notify_all(client);
		}
		pm_unlock(client);
	}
	return 0;
}

int32_t pm_reap_dead(pm_client *client) {
	int32_t reaped = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		uint32_t epoch = pm_load(&client->records[i].epoch);
		if (i == client->slot || pm_load(&client->records[i].state) == PM_CLIENT_FREE || pm_client_alive(client, i, epoch))
			continue;
		int32_t r = pm_reap(client, i, epoch);
		if (r != 0)
			return r;
		reaped++;
	}
	return reaped;
}
