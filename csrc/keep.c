/* keep.c - what keeps an object, from outside: handles, pins, recency, free, and the end of tokens. */
#include "error.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "look.h"
#include "lru.h"
#include "prim/atomic.h"
#include "prim/futex.h"
#include "registry.h"
#include "slot.h"
#include "store.h"
#include "token.h"
#include "wait.h"

PLASMID_API int32_t plasmid_hold(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	pm_client *client = store->client;
	const uint32_t id[4] = {a, b, c, d};
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	uint32_t found = pm_locate(client, slot, id, &r);
	if (found != 0) {
		r = pm_state_code(pm_word_state(pm_entry_at(client, found)->word));
		if (r == PLASMID_E_NOT_SEALED || r == PLASMID_E_SPILLED)
			r = 0;
	}
	if (r == 0) {
		uint32_t token = pm_token_take(client, PM_TOKEN_HANDLE, found, store->index);
		if (token == 0) {
			r = pm_fail(PLASMID_E_NO_MEMORY, "no memory for a handle");
		} else {
			pm_handle_add(client, found);
			pm_settle(client, found);
			pm_ref_of(client, found, &store->exchange->ref);
			r = (int32_t)token;
		}
	}
	pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_pin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = pm_locate_sealed(store->client, slot, id, &found);
	if (r == 0) {
		pm_store(&pm_entry_at(store->client, found)->pins, pm_entry_at(store->client, found)->pins + 1);
		pm_settle(store->client, found);
	}
	pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_unpin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = pm_locate_sealed(store->client, slot, id, &found);
	if (r == 0) {
		pm_entry *entry = pm_entry_at(store->client, found);
		if (entry->pins == 0)
			r = pm_fail(PLASMID_E_NOT_PINNED, "the object has no pin");
		else
			pm_store(&entry->pins, entry->pins - 1);
		pm_settle(store->client, found);
	}
	pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_refresh(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                    uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = pm_locate_sealed(store->client, slot, id, &found);
	if (r == 0)
		pm_lru_refresh(store->client, found);
	pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_free(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	pm_client *client = store->client;
	const uint32_t id[4] = {a, b, c, d};
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = pm_locate_sealed(client, slot, id, &found);
	if (r == 0) {
		pm_tomb_add(client, id);
		client->super->freed_total++;
		pm_remove(client, found, PLASMID_FREED);
	}
	pm_leave(store);
	return r;
}

PLASMID_API uint64_t plasmid_context(plasmid_store *store, uint32_t token) {
	return pm_context(store->client, token);
}

PLASMID_API void plasmid_release(void *bytes, void *context) {
	(void)bytes;
	uint64_t number = (uint64_t)(uintptr_t)context;
	pm_client *client = pm_registry_at((uint32_t)(number >> 32));
	if (client == NULL)
		return;
	pm_token_released(client, (uint32_t)number);
	/* No store is open that would drain it: the helper does. A wake takes no lock. */
	if (pm_load(&client->closing) != 0) {
		pm_add(&client->nudges, 1);
		pm_futex_wake(&client->nudges, 1);
	}
}

static int32_t end_token(plasmid_store *store, uint32_t token, bool recycle) {
	pm_client *client = store->client;
	if (client->base == NULL)
		return 0; /* the client has parted, which it does only when everything has ended */
	int32_t r = pm_store_lock(store);
	if (r != 0)
		return r;
	pm_token_end(client, token);
	if (recycle)
		pm_token_recycle(client, token);
	pm_leave(store);
	return 0;
}

/* An open store keeps its client here; without one it may part as soon as the token has ended, which it does under the mutex. A store is
 * closed by the thread that uses it. */
static int32_t end_safely(plasmid_store *store, uint32_t token, bool recycle) {
	if (pm_load(&store->closed) == 0)
		return end_token(store, token, recycle);
	pthread_mutex_lock(&pm_registry_mutex);
	int32_t r = end_token(store, token, recycle);
	pthread_mutex_unlock(&pm_registry_mutex);
	return r;
}

PLASMID_API int32_t plasmid_end(plasmid_store *store, uint64_t context) {
	if (context >> 32 != store->client->index)
		return pm_fail(PLASMID_E_INVALID, "the context is not of this store");
	return end_safely(store, (uint32_t)context, false);
}

PLASMID_API int32_t plasmid_forget(plasmid_store *store, uint32_t token) {
	return end_safely(store, token, true);
}

PLASMID_API int32_t plasmid_drain(plasmid_store *store) {
	pm_client *client = store->client;
	int32_t done = 0, some;
	do {
		int32_t r = pm_enter(store);
		if (r != 0)
			return r;
		some = (int32_t)pm_drain(client, PM_DRAIN_SOME * 16);
		some += pm_unlink(client, 1024);
		done += some;
		pm_leave(store);
	} while (some > 0);
	return done;
}
