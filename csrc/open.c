/* open.c - plasmid_open, plasmid_close, plasmid_destroy: a process and its stores.
 *
 *   plasmid_open   a store of this thread on the process's client of that segment, which is made at the first
 *   plasmid_close  the store's drafts and handles end; with the last store of a client that has no lease left, the client parts;
 *                  else it lingers, and its helper parts when the last view has died
 *   thread's end   closes the thread's stores
 *   fork           the child has nothing: mapping and descriptors are dropped, every call says so */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "guard.h"
#include "helper.h"
#include "lock.h"
#include "membership.h"
#include "mend.h"
#include "prim/atomic.h"
#include "prim/bell.h"
#include "prim/random.h"
#include "rebuild.h"
#include "registry.h"
#include "segment.h"
#include "spill/clean.h"
#include "spill/files.h"
#include "spill/porter.h"
#include "stash.h"
#include "store.h"
#include "token.h"

#define ATTEMPTS 16 /* a store may be destroyed between finding its file and joining it */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static plasmid_store *closed_stores; /* never freed: a late call on one is told that it is closed */
static plasmid_exchange
		*spare_exchanges; /* of closed stores, linked through their first bytes; under the registry's mutex */

/* ---- threads and forks -------------------------------------------------------------------------- */

static plasmid_store *owned_by_thread(pthread_t thread) {
	for (uint32_t i = 1; i <= pm_registry_last(); i++) {
		pm_client *client = pm_registry_at(i);
		bool ours =
				client != NULL && pm_load(&client->refused) != PM_REFUSED_FORKED; /* a child has nothing of its parent's */
		for (plasmid_store *store = ours ? client->stores : NULL; store != NULL; store = store->next)
			if (pthread_equal(store->owner, thread))
				return store;
	}
	return NULL;
}

static void thread_ended(void *unused) {
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&pm_registry_mutex);
		plasmid_store *store = owned_by_thread(pthread_self());
		pthread_mutex_unlock(&pm_registry_mutex);
		if (store == NULL)
			return;
		/* Whatever it says: the store is closed, and those that follow must be. */
		plasmid_close(store);
	}
}

static void forget(pm_client *client) {
	client->refused = PM_REFUSED_FORKED;
	client->helper_runs = false;
	pm_segment_close(client);
}

static void forked_child(void) {
	pm_registry_each(forget);
	pthread_mutex_init(&pm_registry_mutex, NULL);
}

static void lock_registry(void) {
	pthread_mutex_lock(&pm_registry_mutex);
}

static void unlock_registry(void) {
	pthread_mutex_unlock(&pm_registry_mutex);
}

static void first_time(void) {
	pthread_key_create(&thread_key, thread_ended);
	pthread_atfork(lock_registry, unlock_registry, forked_child);
	pm_guard_install();
}

/* ---- clients ------------------------------------------------------------------------------------ */

static void free_client(pm_client *client) {
	for (uint32_t i = 0; i < PM_TOKEN_CHUNKS; i++)
		free(client->chunks[i]);
	free(client->path);
	free(client);
}

/* Everything but the struct itself, which a store may still point to. */
static void part(pm_client *client) {
	pm_end_with_last(client);
	pm_registry_remove(client);
	pm_part(client);
	pm_segment_close(client);
	pm_tokens_free(client);
}

/* The helper wants the registry's mutex too: it is told to stop before it is waited for, and nobody can join meanwhile. */
static void stop_and_part(pm_client *client) {
	pm_registry_remove(client);
	pthread_mutex_unlock(&pm_registry_mutex);
	pm_helper_stop(client);
	pm_porter_stop(client);
	pthread_mutex_lock(&pm_registry_mutex);
	part(client);
}

/* The helper's question, when no store is open: is there anything left to linger for? */
static bool let_go(pm_client *client) {
	bool gone = false;
	pthread_mutex_lock(&pm_registry_mutex);
	if (client->store_count == 0 && pm_load(&client->closing) != 0 && pm_load(&client->tokens) == 0) {
		pthread_detach(client->helper);
		client->helper_runs = false;
		pm_porter_stop(client);
		part(client);
		gone = true;
	}
	pthread_mutex_unlock(&pm_registry_mutex);
	return gone;
}

static int32_t end_tokens(plasmid_store *store);

static plasmid_store *late_store(const pm_client *client) {
	plasmid_store *store = closed_stores;
	while (store != NULL && (store->client != client || !store->late))
		store = store->next;
	return store;
}

/* The helper's part of a close that found the lock taken for too long. */
static void end_late(pm_client *client) {
	for (;;) {
		pthread_mutex_lock(&pm_registry_mutex);
		plasmid_store *store = late_store(client);
		pm_store(&client->late, store != NULL);
		pthread_mutex_unlock(&pm_registry_mutex);
		if (store == NULL || end_tokens(store) != 0)
			return;
		store->late = false;
	}
}

/* A new client of what `found` has open already. Under the registry's mutex. */
static int32_t enrol(pm_client *found, const plasmid_options *options) {
	found->recover = pm_recover;
	found->repair = pm_repair;
	found->let_go = let_go;
	found->end_late = end_late;
	found->token_high = 1;
	uint64_t quota = (options->quota + PM_GRANULE - 1) / PM_GRANULE;
	found->quota = quota > UINT32_MAX ? UINT32_MAX : (uint32_t)quota;
	int32_t r = pm_join(found);
	bool joined = r == 0;
	if (r == 0)
		r = pm_segment_fits(found, options);
	if (r == 0)
		r = pm_registry_add(found);
	if (r == 0) {
		r = pm_helper_start(found);
		if (r != 0)
			pm_registry_remove(found);
	}
	if (r != 0 && joined)
		pm_end_with_last(found);
	if (r != 0)
		pm_part(found);
	return r;
}

/* This process's client of the segment behind the name. Under the registry's mutex. */
static int32_t client_for(const char *directory, const char *name, const plasmid_options *options, pm_client **client) {
	int32_t r = PLASMID_E_DESTROYED;
	pm_registry_each(pm_cut_look); /* one of this name may have been unlinked */
	for (int turn = 0; turn < ATTEMPTS && r == PLASMID_E_DESTROYED; turn++) {
		pm_client *fresh = calloc(1, sizeof *fresh);
		if (fresh == NULL)
			return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a client");
		r = pm_segment_open(directory, name, options, fresh);
		if (r != 0) {
			free_client(fresh);
			return r;
		}
		*client = pm_registry_find(fresh->device, fresh->inode);
		if (*client != NULL && (*client)->plan.generation == fresh->plan.generation) {
			r = pm_segment_fits(fresh, options);
			pm_segment_close(fresh);
			free_client(fresh);
			return r;
		}
		r = enrol(fresh, options);
		*client = r == 0 ? fresh : NULL;
		if (r != 0) {
			pm_segment_close(fresh);
			free_client(fresh);
		}
	}
	return r;
}

/* ---- stores ------------------------------------------------------------------------------------- */

static plasmid_exchange *take_exchange(void) {
	plasmid_exchange *exchange = spare_exchanges;
	if (exchange == NULL)
		return aligned_alloc(PM_PAGE, pm_align(sizeof *exchange, PM_PAGE));
	memcpy(&spare_exchanges, exchange, sizeof spare_exchanges);
	return exchange;
}

static void give_exchange(plasmid_exchange *exchange) {
	if (exchange == NULL)
		return;
	memcpy(exchange, &spare_exchanges, sizeof spare_exchanges);
	spare_exchanges = exchange;
}

static int32_t new_store(pm_client *client, plasmid_store **out) {
	plasmid_store *store = calloc(1, sizeof *store);
	plasmid_exchange *exchange = take_exchange();
	if (store == NULL || exchange == NULL) {
		give_exchange(exchange);
		free(store);
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a store");
	}
	store->bell = -1;
	if (pm_random(&store->bell_name, sizeof store->bell_name) == 0)
		store->bell = pm_bell_make(store->bell_name, client->records[client->slot].bell_key);
	if (store->bell < 0) {
		int32_t r = pm_fail_errno("making the socket that wakes the event loop");
		give_exchange(exchange);
		free(store);
		return r;
	}
	memset(exchange, 0, sizeof *exchange);
	store->client = client;
	store->exchange = exchange;
	store->owner = pthread_self();
	store->collected = pm_load(&client->super->collect);
	store->index = ++client->store_indexes;
	store->next = client->stores;
	client->stores = store;
	pm_store_relaxed(&client->store_count, client->store_count + 1); /* read by loops that wait */
	pm_store(&client->closing, 0);
	pm_store(&client->records[client->slot].state, PM_CLIENT_ACTIVE);
	pthread_setspecific(thread_key, store);
	*out = store;
	return 0;
}

PLASMID_API int32_t plasmid_open(const char *directory, const char *name, const plasmid_options *options,
                                 plasmid_store **store) {
	pthread_once(&once, first_time);
	pm_client *client = NULL;
	pthread_mutex_lock(&pm_registry_mutex);
	int32_t r = client_for(directory, name, options, &client);
	if (r == 0)
		r = new_store(client, store);
	if (r == 0 && (options->flags & PLASMID_OPEN_TRAP) != 0)
		pm_store(&client->trap, 1);
	/* Made for this store alone, and there is none. */
	if (r != 0 && client != NULL && client->store_count == 0 && pm_load(&client->closing) == 0) {
		stop_and_part(client);
		free_client(client);
	}
	pthread_mutex_unlock(&pm_registry_mutex);
	/* What the dead left on disk. The store is as good without. */
	if (r == 0 && client->spill != NULL) {
		pm_spill_clean(client);
		pm_segment_clean(client);
	}
	return r;
}

/* Ends what the store's tokens stand for, but for leases: those end with their views. */
static int32_t end_tokens(plasmid_store *store) {
	pm_client *client = store->client;
	if (pm_load(&client->refused) != 0)
		return 0; /* there is nothing left to give them back to */
	int32_t r = pm_lock(client);
	if (r != 0)
		return pm_load(&client->refused) != 0 ? 0 : r;
	pm_stash_end(store);
	pm_subscriptions_end(store);
	for (uint32_t token = 1; token < client->token_high; token++) {
		pm_token *at = pm_token_at(client, token);
		/* The rest of another store's token is that store's: it may be putting, without the lock. */
		if (at->store != store->index || at->slot == 0 || at->kind == PM_TOKEN_FREE || at->kind == PM_TOKEN_LEASE ||
		    at->kind == PM_TOKEN_COPY)
			continue;
		bool bufferless = (at->kind == PM_TOKEN_DRAFT || at->kind == PM_TOKEN_SUBSCRIPTION) && !at->buffered;
		pm_token_end(client, token);
		if (bufferless)
			pm_token_recycle(client, token);
		/* Others wait for the lock: let them have it now and then. */
		if (token % 4096 == 0) {
			pm_unlock(client);
			r = pm_lock(client);
			if (r != 0)
				return r;
		}
	}
	pm_drain(client, UINT32_MAX);
	pm_unlock(client);
	return 0;
}

static void unlist(plasmid_store *store) {
	for (plasmid_store **at = &store->client->stores; *at != NULL; at = &(*at)->next)
		if (*at == store) {
			*at = store->next;
			break;
		}
}

/* The last store of this process is closed. Under the registry's mutex; the helper is to be stopped when this says true. */
static bool last_one(pm_client *client) {
	if (pm_load(&client->tokens) == 0)
		return true;
	if (!pm_reaped_alive(client))
		pm_store(&client->records[client->slot].state, PM_CLIENT_LINGERING);
	pm_end_with_last(client);
	pm_store(&client->closing, 1);
	pm_helper_nudge(client);
	return false;
}

PLASMID_API int32_t plasmid_close(plasmid_store *store) {
	if (pm_exchange(&store->closed, 1) != 0)
		return 0;
	pm_client *client = store->client;
	if (pm_load(&client->refused) == PM_REFUSED_FORKED)
		return 0;
	pm_porter_forget(client, store->index);
	int32_t r = end_tokens(store);
	/* Files that died just now, or that the helper will not come to any more. */
	if (r == 0 && client->spill != NULL && pm_load(&client->refused) == 0 && pm_load(&client->spill->untidy) != 0)
		pm_files_sweep(client);
	pthread_mutex_lock(&pm_registry_mutex);
	unlist(store);
	store->late = r != 0;
	store->next = closed_stores;
	closed_stores = store;
	if (!store->bell_given)
		close(store->bell);
	if (!store->kept)
		give_exchange(store->exchange);
	free(store->rows);
	free(store->reference_rows);
	store->rows = store->reference_rows = NULL;
	if (r != 0) {
		pm_store(&client->late, 1);
		pm_helper_nudge(client);
	}
	pm_store_relaxed(&client->store_count, client->store_count - 1);
	if (client->store_count == 0 && last_one(client))
		stop_and_part(client);
	pthread_mutex_unlock(&pm_registry_mutex);
	return r;
}

PLASMID_API int32_t plasmid_keep_exchange(plasmid_store *store) {
	store->kept = true;
	return 0;
}

PLASMID_API int32_t plasmid_destroy(const char *directory, const char *name) {
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	pm_client *client = calloc(1, sizeof *client);
	if (client == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a client");
	int32_t r = pm_segment_open(directory, name, &options, client);
	if (r == 0) {
		r = pm_segment_destroy(client);
		pm_segment_close(client);
	} else if (r == PLASMID_E_BAD_SEGMENT || r == PLASMID_E_VERSION) {
		r = pm_segment_remove(client);
	}
	free_client(client);
	return r;
}

PLASMID_API plasmid_exchange *plasmid_exchange_of(plasmid_store *store) {
	return store->exchange;
}
