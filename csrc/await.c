/* await.c - waiting for an object or a name: blocking on the client's wake word, or being woken through the event loop. And being asked
 * for a collection, which a thread that blocks learns here, for its loop has no turn. */
#include <sched.h>
#include <string.h>

#include "error.h"
#include "helper.h"
#include "index.h"
#include "look.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "reap.h"
#include "store.h"
#include "wait.h"

#define LOOK_NS 100000000ull /* for how long the death of a creator may go unseen by who waits for its object */
#define SPIN_LEAST_NS 20000u
#define SPIN_MOST_NS 20000000u
#define SPIN_ALONE_NS 50000u /* from then on whoever else wants the core gets it */

typedef struct target {
	uint32_t slot;
	uint32_t id[4];
	const uint8_t *name; /* NULL: by ref */
	uint32_t name_bytes;
	uint32_t hash;
} target;

/* 0 when there is something to look at, 1 when not; LOCK_TIMEOUT. Says first that we are interested: a change after the look finds
 * the bit. */
static int32_t look(pm_client *client, const target *what, uint64_t timeout_ns) {
	pm_sight sight;
	pm_interest(client, what->hash);
	if (what->name == NULL)
		return pm_look(client, what->slot, what->id, &sight) == PLASMID_E_NOT_SEALED;
	int32_t r = pm_look_name_within(client, what->name, what->name_bytes, timeout_ns, &sight);
	if (r == PLASMID_E_SPILLED)
		return 0;
	return r == PLASMID_E_NOT_FOUND ? 1 : r;
}

PLASMID_API int32_t plasmid_unwatch(plasmid_store *store) {
	pm_store(&store->armed, 0);
	return 0;
}

static int32_t watch(plasmid_store *store, const target *what) {
	pm_arm(store);
	return look(store->client, what, store->client->lock_timeout_ns);
}

/* A wake that comes soon is not worth a sleep and the 20 to 60 us of being woken. How soon is learnt: who was answered within 10 ms
 * spins for as long as that took, twice over; who waited longer spins less each time. True if the word changed. */
static bool spin(const pm_client *client, const uint32_t *wake, uint32_t seen, uint64_t from, uint64_t left) {
	uint64_t budget = pm_load_relaxed(&client->spin_ns), end = from + (budget < left ? budget : left);
	for (uint64_t now = from; now < end; now = pm_monotonic_ns()) {
		if (pm_load_relaxed(wake) != seen)
			return true;
		if (now - from > SPIN_ALONE_NS)
			sched_yield();
		else
			pm_relax();
	}
	return false;
}

static void learn(pm_client *client, uint64_t waited_ns) {
	uint64_t budget = waited_ns <= SPIN_MOST_NS / 2 ? 2 * waited_ns : pm_load_relaxed(&client->spin_ns) / 2;
	pm_store_relaxed(&client->spin_ns, budget < SPIN_LEAST_NS ? SPIN_LEAST_NS : (uint32_t)budget);
}

/* By others, and this store's thread has not answered: each has a heap of its own. */
static bool collection_asked(const plasmid_store *store) {
	return pm_load(&store->client->super->collect) != store->collected;
}

/* 1: nothing came, but a collection is asked for. It is looked for after the wake word: a request after the look changes that. */
static int32_t block_counted(plasmid_store *store, const target *what, uint32_t timeout_ms) {
	pm_client *client = store->client;
	uint32_t *wake = &client->records[client->slot].wake;
	uint64_t deadline = pm_monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
	for (;;) {
		uint32_t seen = pm_load(wake);
		int32_t r = pm_usable(store);
		if (r != 0)
			return r;
		uint64_t now = pm_monotonic_ns(), bound = deadline > now ? deadline - now : 0;
		r = look(client, what, bound < client->lock_timeout_ns ? bound : client->lock_timeout_ns);
		now = pm_monotonic_ns();
		if (r == 0 || (r != 1 && now < deadline))
			return r;
		if (now >= deadline)
			return pm_fail(PLASMID_E_TIMED_OUT, "nothing came within %u ms", timeout_ms);
		if (collection_asked(store))
			return 1;
		uint64_t left = deadline - now;
		if (!spin(client, wake, seen, now, left) && pm_futex_wait(wake, seen, left < LOOK_NS ? left : LOOK_NS) != 0)
			pm_reap_dead(client);
		learn(client, pm_monotonic_ns() - now);
	}
}

static int32_t block(plasmid_store *store, const target *what, uint32_t timeout_ms) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	uint32_t *blocked = &store->client->records[store->client->slot].blocked;
	pm_add(blocked, 1);
	r = block_counted(store, what, timeout_ms);
	pm_add(blocked, UINT32_MAX);
	return r;
}

static target by_ref(uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	return (target){.slot = slot, .id = {a, b, c, d}, .hash = a};
}

/* The name is copied: the exchange may be used again before the wait is over. */
static int32_t by_name(plasmid_store *store, uint32_t bytes, uint8_t *copy, target *what) {
	if (bytes > PLASMID_NAME_BYTES)
		return pm_fail(PLASMID_E_BAD_NAME, "a name has at most %u bytes", PLASMID_NAME_BYTES);
	memcpy(copy, store->exchange->name, bytes);
	*what = (target){.name = copy, .name_bytes = bytes, .hash = pm_name_hash(store->client, copy, bytes)};
	return 0;
}

PLASMID_API int32_t plasmid_watch(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	target what = by_ref(slot, a, b, c, d);
	int32_t r = pm_usable(store);
	return r != 0 ? r : watch(store, &what);
}

PLASMID_API int32_t plasmid_watch_name(plasmid_store *store, uint32_t name_bytes) {
	uint8_t name[PLASMID_NAME_BYTES];
	target what;
	int32_t r = pm_usable(store);
	if (r == 0)
		r = by_name(store, name_bytes, name, &what);
	return r != 0 ? r : watch(store, &what);
}

PLASMID_API int32_t plasmid_block(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                  uint32_t timeout_ms) {
	target what = by_ref(slot, a, b, c, d);
	return block(store, &what, timeout_ms);
}

PLASMID_API int32_t plasmid_block_name(plasmid_store *store, uint32_t name_bytes, uint32_t timeout_ms) {
	uint8_t name[PLASMID_NAME_BYTES];
	target what;
	int32_t r = by_name(store, name_bytes, name, &what);
	return r != 0 ? r : block(store, &what, timeout_ms);
}

PLASMID_API int32_t plasmid_wake_fd(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	store->bell_given = true;
	return store->bell;
}

PLASMID_API int32_t plasmid_events(plasmid_store *store) {
	/* In this order: an event after the exchange rings again. */
	pm_store(&store->poked, 0);
	pm_fence();
	uint32_t events = pm_exchange(&store->events, 0);
	/* Whoever rang without the helper only rang. */
	return (int32_t)(pm_exchange(&store->armed, 0) != 0 ? events | PLASMID_EVENT_WAKE : events);
}

/* Room that is given from here on is seen by plasmid_wait_room. It is told to everyone, whether they block or not: see pm_room_given. */
static void watch_room(plasmid_store *store) {
	pm_client *client = store->client;
	store->room_seen = pm_load(&client->records[client->slot].wake);
	pm_interest_in_room(client);
}

PLASMID_API int32_t plasmid_request_collection(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	watch_room(store); /* first: an answer may come before the wait */
	pm_add(&store->client->super->collect, 1);
	pm_wake_all(store->client);
	return 0;
}

PLASMID_API int32_t plasmid_collection_asked(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r != 0 || !collection_asked(store))
		return r;
	store->collected = pm_load(&store->client->super->collect);
	return 1;
}

PLASMID_API int32_t plasmid_wait_room(plasmid_store *store, uint32_t timeout_ms) {
	pm_client *client = store->client;
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	uint32_t *wake = &client->records[client->slot].wake;
	bool given = pm_futex_wait(wake, store->room_seen, (uint64_t)timeout_ms * 1000000u) == 0;
	watch_room(store); /* before the caller tries: what is given while it does counts */
	if (given)
		return 0;
	pm_reap_dead(client);
	return pm_fail(PLASMID_E_TIMED_OUT, "nothing was given back within %u ms", timeout_ms);
}

PLASMID_API int32_t plasmid_watch_room(plasmid_store *store) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	pm_arm(store);
	pm_interest_in_room(store->client);
	return 0;
}
