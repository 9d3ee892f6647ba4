#include "helper.h"

#include <sys/mman.h>

#include "cut.h"
#include "error.h"
#include "lock.h"
#include "prim/atomic.h"
#include "prim/bell.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "prim/thread.h"
#include "reap.h"
#include "registry.h"
#include "room.h"
#include "spill/porter.h"
#include "stray.h"
#include "token.h"
#include "wait.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

#define IDLE_NS 2000000000ull   /* nobody waits: nothing but a wake is of interest, and that the file is there */
#define WAITING_NS 100000000ull /* somebody waits: for how long a death may go unseen */
#define AHEAD_STEP (16u << 20)
#define LINGER_NS 500000000ull
#define TIDY_NS 500000000ull /* dead spill files may be written over until then */

static void poke(plasmid_store *store, uint32_t events) {
	__atomic_fetch_or(&store->events, events, __ATOMIC_SEQ_CST);
	if (pm_exchange(&store->poked, 1) == 0)
		pm_bell_ring(store->client->hand, store->bell_name, store->client->bell_key);
}

/* Hands out the news; true while somebody waits. `woken`: an event that somebody waits for may have come. */
static bool serve(pm_client *client, bool woken) {
	pm_superblock *super = client->super;
	pm_client_record *record = &client->records[client->slot];
	uint32_t collect = pm_load(&super->collect);
	bool asked = collect != record->collect && !pm_reaped_alive(client), waiting = false;
	if (asked)
		record->collect = collect;
	pthread_mutex_lock(&pm_registry_mutex);
	for (plasmid_store *store = client->stores; store != NULL; store = store->next) {
		uint32_t events = asked ? PLASMID_EVENT_COLLECT : 0;
		if (woken && pm_exchange(&store->armed, 0) != 0)
			events |= PLASMID_EVENT_WAKE;
		waiting |= pm_load(&store->armed) != 0;
		if ((pm_load(&super->destroyed) == PM_DESTROYED || pm_load(&client->refused) != 0) &&
		    pm_exchange(&store->told, 1) == 0)
			events |= PLASMID_EVENT_DESTROYED;
		if (pm_stray_waits(client))
			events |= PLASMID_EVENT_STRAY;
		if (events != 0)
			poke(store, events);
	}
	pthread_mutex_unlock(&pm_registry_mutex);
	return waiting;
}

static void drain(pm_client *client) {
	uint32_t some;
	/* No call comes any more, and no lock is to be had: what is left is ours, and ends in our own memory alone. */
	if (pm_load(&client->refused) != 0 && pm_load(&client->closing) != 0) {
		pm_drain(client, UINT32_MAX);
		return;
	}
	do {
		if ((pm_load(&client->released) == 0 && pm_load(&client->draining) == 0) || pm_lock(client) != 0)
			return;
		some = pm_drain(client, PM_DRAIN_SOME);
		pm_unlock(client);
	} while (some > 0);
}

/* No loop has waited for a while: others need not ring for us. One that came to wait meanwhile is seen, or says so again; if it is
 * seen, what it waits for may have come while nobody rang. */
static void rest(pm_client *client) {
	pm_client_record *record = &client->records[client->slot];
	pm_store(&record->looped, 0);
	pm_fence();
	if (!serve(client, false))
		return;
	pm_store(&record->looped, 1);
	pm_fence();
	serve(client, true);
}

/* Whoever frees or evicts does not wait for files to be removed and rewritten. True if they are to be looked after, but not yet. */
static bool tidy(pm_client *client, uint64_t *since) {
	if (pm_load(&client->tidying) == 0 || pm_load(&client->refused) != 0 || pm_load(&client->closing) != 0)
		return false;
	*since = *since != 0 ? *since : pm_monotonic_ns();
	if (pm_monotonic_ns() - *since < TIDY_NS)
		return true;
	*since = 0;
	pm_store(&client->tidying, 0);
	pm_porter_tidy(client);
	return false;
}

/* What is left of a large object to map: [from, to) of the heap. */
typedef struct range {
	uint64_t from, to;
} range;

/* One step, so that neither news nor whoever wants the address space changed wait for long. True if there is more. Pages beyond the
 * committed ones would be made by the look at them: a trim may take the object's away at any time. */
static bool map_ahead(pm_client *client, range *ahead) {
	if (ahead->from >= ahead->to) {
		uint64_t bytes = pm_exchange(&client->ahead_bytes, 0);
		ahead->from = pm_load(&client->ahead_at) & ~(uint64_t)(PM_PAGE - 1);
		ahead->to = ahead->from + bytes;
		if (bytes == 0)
			return false;
	}
	uint64_t real = (uint64_t)pm_load(&client->super->committed) * PM_GRANULE;
	uint64_t from = ahead->from, to = ahead->to < real ? ahead->to : real;
	to = from < to && to - from > AHEAD_STEP ? from + AHEAD_STEP : to;
	ahead->from = to;
	if (from >= to || madvise((void *)(uintptr_t)(client->heap + from), to - from, MADV_POPULATE_READ) != 0) {
		ahead->to = 0; /* given back, an older kernel, or no memory: the reader's own faults do it */
		return false;
	}
	if (pm_load(&client->super->committed) < to / PM_GRANULE)
		pm_room_punch(client, from, to);
	return ahead->from < ahead->to;
}

void pm_map_ahead(pm_client *client, uint64_t at, uint64_t bytes) {
	pm_store(&client->ahead_at, at);
	pm_store(&client->ahead_bytes, bytes);
	pm_helper_nudge(client);
}

static void *run(void *argument) {
	pm_client *client = argument;
	pm_client_record *record = &client->records[client->slot];
	uint32_t *ring = &record->ring, heard = 0;
	range ahead = {0, 0};
	uint64_t untidy_since = 0;
	while (pm_load(&client->stop) == 0) {
		uint32_t rings = pm_load(ring), nudges = pm_load(&client->nudges), news = pm_load(&record->news);
		pm_cut_look(client);
		bool waiting = serve(client, news != heard);
		heard = news;
		drain(client);
		if (map_ahead(client, &ahead))
			continue;
		if (pm_load(&client->late) != 0)
			client->end_late(client);
		if (pm_load(&client->closing) != 0 || pm_reaped_alive(client)) {
			if (pm_load(&client->closing) != 0 && client->let_go(client))
				return NULL;
			pm_futex_wait(&client->nudges, nudges, LINGER_NS);
			continue;
		}
		bool looped = pm_load(&record->looped) != 0, untidy = tidy(client, &untidy_since);
		if (pm_futex_wait(ring, rings,
		                  untidy                        ? TIDY_NS
		                  : looped                      ? WAITING_NS
		                  : pm_load(&client->late) != 0 ? LINGER_NS
		                                                : IDLE_NS) == 0 ||
		    !looped || untidy)
			continue;
		if (!waiting) {
			rest(client);
			continue;
		}
		pm_reap_dead(client);
		if (pm_untold(client))
			serve(client, true);
	}
	return NULL;
}

int32_t pm_helper_start(pm_client *client) {
	pm_store(&client->records[client->slot].news, 0); /* here, not in the thread: it may begin after the first of them */
	if (pm_thread_start(&client->helper, "plasmid", run, client) != 0)
		return pm_fail_errno("starting the helper thread");
	client->helper_runs = true;
	return 0;
}

void pm_helper_nudge(pm_client *client) {
	uint32_t *ring = &client->records[client->slot].ring;
	pm_add(&client->nudges, 1);
	pm_futex_wake(&client->nudges, INT32_MAX);
	pm_add(ring, 1);
	pm_futex_wake(ring, 1);
}

void pm_arm(plasmid_store *store) {
	pm_client *client = store->client;
	pm_client_record *record = &client->records[client->slot];
	/* The only loop is woken without the detour over the helper. One that comes later takes this back before it looks. */
	uint64_t bell = pm_load_relaxed(&client->store_count) == 1 ? store->bell_name : 0;
	pm_store(&store->armed, 1);
	if (pm_load_relaxed(&record->bell) != bell)
		pm_store(&record->bell, bell);
	pm_fence();
	if (pm_load(&record->looped) != 0)
		return;
	pm_store(&record->looped, 1);
	pm_helper_nudge(client);
}

void pm_helper_stop(pm_client *client) {
	if (!client->helper_runs)
		return;
	pm_store(&client->stop, 1);
	pm_helper_nudge(client);
	pthread_join(client->helper, NULL);
	client->helper_runs = false;
}
