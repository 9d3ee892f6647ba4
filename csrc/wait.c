#include "wait.h"

#include "prim/atomic.h"
#include "prim/bell.h"
#include "prim/futex.h"

#define EVENTS PM_WAIT_BUCKETS /* the bucket of those who are subscribed to them */

static uint64_t *bucket(pm_client *client, uint32_t index) {
	return client->waits + (uint64_t)index * client->plan.hold_words;
}

static void interest(pm_client *client, uint32_t index) {
	uint64_t *word = bucket(client, index) + client->slot / 64;
	uint64_t bit = 1ull << (client->slot % 64);
	if ((pm_load_relaxed(word) & bit) == 0)
		pm_or(word, bit);
	pm_fence();
}

void pm_interest(pm_client *client, uint32_t hash) {
	interest(client, hash % PM_WAIT_BUCKETS);
}

void pm_interest_in_events(pm_client *client) {
	interest(client, EVENTS);
}

void pm_interest_in_room(pm_client *client) {
	pm_store(&client->super->room_watchers, 1);
	pm_fence();
}

bool pm_untold(const pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (pm_load_relaxed(&client->records[i].telling) != 0 && pm_load(&client->records[i].state) != PM_CLIENT_FREE)
			return true;
	return false;
}

/* A thread that blocks counts itself before it sets its bit, a loop says so before it does: whoever took the bit sees them. */
static void wake_client(pm_client *client, uint32_t record, bool anyway) {
	pm_client_record *at = &client->records[record];
	pm_add(&at->wake, 1);
	if (anyway || pm_load(&at->blocked) != 0)
		pm_futex_wake(&at->wake, INT32_MAX);
	if (!anyway && pm_load(&at->looped) == 0)
		return;
	uint64_t bell = pm_load(&at->bell);
	if (!anyway && bell != 0 && pm_bell_ring(client->hand, bell, at->bell_key))
		return;
	pm_add(&at->news, 1);
	pm_add(&at->ring, 1);
	pm_futex_wake(&at->ring, 1);
}

void pm_wake_own(pm_client *client) {
	wake_client(client, client->slot, true);
}

void pm_wake_all(pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (pm_load(&client->records[i].state) == PM_CLIENT_ACTIVE)
			wake_client(client, i, true);
}

void pm_notify(pm_client *client, uint32_t hash) {
	client->owed.buckets |= 1ull << hash % PM_WAIT_BUCKETS;
}

void pm_notify_subscribers(pm_client *client) {
	client->owed.subscribers = true;
}

/* Nobody would reap who has no record yet: that one tells before it can die without the lock. */
void pm_notify_all(pm_client *client) {
	if (client->enlisted)
		client->owed.everyone = true;
	else
		pm_wake_all(client);
}

static void tell(pm_client *client, uint32_t index) {
	uint64_t *words = bucket(client, index);
	for (uint32_t i = 0; i < client->plan.hold_words; i++) {
		if (pm_load_relaxed(&words[i]) == 0)
			continue;
		for (uint64_t taken = pm_exchange(&words[i], 0); taken != 0; taken &= taken - 1) {
			uint32_t record = i * 64 + (uint32_t)__builtin_ctzll(taken);
			/* A bit that no client set must not become a write beyond their records. */
			if (record < client->plan.max_clients)
				wake_client(client, record, false);
		}
	}
}

static void tell_all(pm_client *client, pm_owed owed) {
	for (uint64_t left = owed.buckets; left != 0; left &= left - 1)
		tell(client, (uint32_t)__builtin_ctzll(left));
	if (owed.subscribers)
		tell(client, EVENTS);
	if (!owed.everyone)
		return;
	/* Not before: else nobody who gives room meanwhile would tell them. Who says so anew is woken right after. */
	pm_store_relaxed(&client->super->room_watchers, 0);
	pm_wake_all(client);
}

void pm_tell(pm_client *client, pm_owed owed) {
	pm_fence_after_exchange();
	tell_all(client, owed);
	pm_store(&client->records[client->slot].telling, 0);
}
