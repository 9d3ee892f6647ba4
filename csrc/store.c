#include "store.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "cut.h"
#include "fate.h"
#include "helper.h"
#include "lock.h"
#include "lru.h"
#include "token.h"

#define UNLINK_SOME 64u
#define CHECKED_A_CALL 16u /* debug builds: slots that a call may add to the checker's work */

#define MISSED_WAIT_NS 5000000u

/* The objects that were used while the lock was another's, in order: those that are still what they were. */
static void catch_up(plasmid_store *store) {
	pm_client *client = store->client;
	for (uint32_t i = 0; i < store->missed_count; i++) {
		const pm_use *use = &store->missed[i];
		uint64_t word = pm_entry_at(client, use->slot)->word;
		if (pm_word_version(word) == use->version && pm_word_state(word) == PLASMID_SEALED)
			pm_lru_refresh(client, use->slot);
	}
	store->missed_count = 0;
}

int32_t pm_store_lock_within(plasmid_store *store) {
	int32_t r = pm_lock_again(store->client);
	if (r == 0 && store->missed_count > 0)
		catch_up(store);
	return r;
}

/* Too many to remember more: after a short wait they are forgotten. */
static __attribute__((noinline, cold)) void catch_up_late(plasmid_store *store) {
	if (pm_lock_within(store->client, MISSED_WAIT_NS) == 0) {
		catch_up(store);
		pm_unlock(store->client);
	}
	store->missed_count = 0;
}

static void miss(plasmid_store *store, uint32_t slot, uint32_t version) {
	const pm_use *last = &store->missed[store->missed_count - (store->missed_count > 0)];
	if (store->missed_count > 0 && last->slot == slot && last->version == version)
		return;
	store->missed[store->missed_count++] = (pm_use){.slot = slot, .version = version};
}

void pm_touch_unheld(plasmid_store *store, uint32_t slot, uint64_t word) {
	pm_client *client = store->client;
	const pm_entry *entry = pm_entry_at(client, slot);
	if (pm_load_relaxed(&client->super->lru_head) == slot && store->missed_count == 0)
		return;
	if (pm_lock_try(client) != 0) {
		if (store->missed_count == PM_MISSED)
			catch_up_late(store);
		miss(store, slot, pm_word_version(word));
		return;
	}
	catch_up(store);
	if (entry->word == word)
		pm_lru_refresh(client, slot);
	pm_unlock(client);
}

int32_t pm_enter_within(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r == 0)
		r = pm_store_lock_within(store);
	if (r != 0)
		return r;
	pm_client *client = store->client;
	if (client->draining != 0 || pm_load_relaxed(&client->released) != 0)
		pm_drain(client, PM_DRAIN_SOME);
	if (client->super->drop_head != 0)
		pm_unlink(client, UNLINK_SOME);
	return 0;
}

#ifdef PLASMID_DEBUG_CHECK
/* The walk is as long as the table: in a small store it follows every call, in a large one every so many. */
void pm_check_now_and_then(pm_client *client) {
	if (pm_load(&client->refused) != 0 || client->unchecked++ < client->super->entries_used / CHECKED_A_CALL)
		return;
	client->unchecked = 0;
	if (pm_check(client) == 0)
		return;
	char fault[256];
	snprintf(fault, sizeof fault, "%s", plasmid_detail());
	/* A file that was cut short is full of faults, and this walk may be the first to meet them. */
	pm_cut_look(client);
	if (pm_load(&client->refused) != 0)
		return;
	fprintf(stderr, "plasmid: %s\n", fault);
	abort();
}
#endif

void pm_ask_to_tidy(pm_client *client) {
	if (pm_exchange(&client->tidying, 1) == 0)
		pm_helper_nudge(client);
}
