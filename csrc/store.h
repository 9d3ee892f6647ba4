/* store.h - the first step of every public call. */
#ifndef PM_STORE_H
#define PM_STORE_H

#include "client.h"
#include "error.h"
#include "lock.h"
#include "place.h"
#include "prim/atomic.h"

/* 0, or why no call can be made: CLOSED, FORKED, DESTROYED. */
static inline int32_t pm_usable(const plasmid_store *store) {
	if (__builtin_expect(pm_load_relaxed(&store->closed) != 0, 0))
		return pm_fail(PLASMID_E_CLOSED, "the store was closed in this process");
	if (__builtin_expect(pm_load_relaxed(&store->client->refused) != 0, 0))
		return pm_refusal(store->client);
	if (__builtin_expect(pm_load_relaxed(&store->client->super->destroyed) == PM_DESTROYED, 0))
		return pm_fail(PLASMID_E_DESTROYED, "%s was destroyed", store->client->path);
	return 0;
}

/* The lock, with whatever was used since this store had it last moved to the front. 0, LOCK_TIMEOUT, or what the recovery says. */
#define pm_store_lock(store) PM_LANDS((store)->client, pm_store_lock_within(store))
int32_t pm_store_lock_within(plasmid_store *store);

/* The object was used, which puts it in front if nobody holds it. A reader does not wait for the lock: what it finds taken is
 * remembered, in order, until this store has it next, so that every get counts. Only when PM_MISSED are remembered the reader waits, for
 * at most a few milliseconds; after that they are forgotten, for a lock that long in one hand is a stopped process's. */
void pm_touch_unheld(plasmid_store *store, uint32_t slot, uint64_t word);

static inline void pm_touch(plasmid_store *store, uint32_t slot, uint64_t word) {
	if (__builtin_expect(store->client->places != NULL, 0))
		pm_place_use(store->client, slot, word);
	if (__builtin_expect(pm_load_relaxed(&pm_entry_at(store->client, slot)->in_lru) != 0, 0))
		pm_touch_unheld(store, slot, word);
}

/* Usable, locked, a part of what was released drained. The lock is to be given back with pm_leave. */
#define pm_enter(store) PM_LANDS((store)->client, pm_enter_within(store))
int32_t pm_enter_within(plasmid_store *store);
#ifdef PLASMID_DEBUG_CHECK
void pm_check_now_and_then(pm_client *client);
#else
static inline void pm_check_now_and_then(pm_client *client) {
	(void)client;
}
#endif
/* Spill files died: the helper sees to them. */
void pm_ask_to_tidy(pm_client *client);

static inline __attribute__((always_inline)) void pm_leave(plasmid_store *store) {
	pm_client *client = store->client;
	bool untidy = client->spill != NULL && pm_load_relaxed(&client->spill->untidy) != 0;
	pm_check_now_and_then(client);
	pm_unlock(client);
	if (__builtin_expect(untidy, 0))
		pm_ask_to_tidy(client);
}

#endif
