/* Threads live random lives in one store while others subscribe, are slow, and leave. Whoever began with what exists, and missed
 * nothing, knows at the end just what is sealed: nothing was told twice, nothing ended that was not told. */
#include <pthread.h>
#include <sched.h>

#include "client.h"
#include "lock.h"
#include "rebuild.h"
#include "worker.h"

#define WORKERS 3
#define READERS 3
#define ROWS 50u
#define MOST 4000u

static const char *name;
static uint32_t running;
static pthread_barrier_t begun;

static plasmid_store *opened(void) {
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static void *work(void *seed) {
	worker w;
	worker_begin(&w, opened(), (uint64_t)(uintptr_t)seed);
	pthread_barrier_wait(&begun);
	for (uint32_t i = 0; i < scaled(20000); i++) {
		worker_step(&w);
		if (i % 16 == 0)
			sched_yield();
	}
	worker_end(&w);
	WELL(plasmid_close(w.store));
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* The sealed objects, as far as one was told. */
typedef struct knowledge {
	uint32_t ids[MOST][4];
	uint32_t count;
	uint64_t number, events, gaps;
} knowledge;

static uint32_t place_of(const knowledge *known, const uint32_t id[4]) {
	uint32_t i = 0;
	while (i < known->count && memcmp(known->ids[i], id, sizeof known->ids[i]) != 0)
		i++;
	return i;
}

static void learn(knowledge *known, const plasmid_event_row *row) {
	if (row->kind == PLASMID_KIND_GAP) {
		CHECK(row->bytes > 0);
		known->gaps += row->bytes;
		known->count = 0;
		return;
	}
	CHECK(row->number == 0 || row->number > known->number);
	known->number = row->number > 0 ? row->number : known->number;
	known->events++;
	uint32_t at = place_of(known, row->ref.id);
	if (row->kind == PLASMID_KIND_EXISTING || row->kind == PLASMID_KIND_SEAL) {
		CHECK(at == known->count && known->count < MOST);
		memcpy(known->ids[known->count++], row->ref.id, sizeof known->ids[0]);
		return;
	}
	CHECK(row->kind == PLASMID_KIND_EVICT || row->kind == PLASMID_KIND_FREE);
	CHECK(at < known->count || known->gaps > 0);
	if (at < known->count)
		memmove(known->ids[at], known->ids[--known->count], sizeof known->ids[0]);
}

static void read_all(plasmid_store *store, uint32_t subscription, knowledge *known) {
	static _Thread_local plasmid_event_row rows[ROWS];
	for (int32_t count = 1; count > 0;) {
		count = plasmid_next_events(store, subscription, rows, ROWS);
		WELL(count);
		for (int32_t i = 0; i < count; i++)
			learn(known, &rows[i]);
	}
}

/* Reads until all workers have ended and nothing more comes; now and then it begins anew. */
static void *reader(void *seed) {
	uint64_t most = 1500ull << (uintptr_t)seed; /* events, before it begins anew */
	plasmid_store *store = opened();
	knowledge *known = calloc(1, sizeof *known);
	CHECK(known != NULL);
	int32_t subscription = plasmid_subscribe(store, UINT32_MAX, 1);
	WELL(subscription);
	pthread_barrier_wait(&begun);
	for (bool over = false; !over;) {
		over = __atomic_load_n(&running, __ATOMIC_SEQ_CST) == 0;
		read_all(store, (uint32_t)subscription, known);
		sched_yield();
		if (!over && known->events > most) {
			WELL(plasmid_unsubscribe(store, (uint32_t)subscription));
			memset(known, 0, sizeof *known);
			subscription = plasmid_subscribe(store, UINT32_MAX, 1);
			WELL(subscription);
		}
	}
	static plasmid_object_row objects[64];
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	uint32_t sealed = 0, cursor = 1;
	pthread_mutex_lock(&mutex);
	while (cursor != 0 && known->gaps == 0) {
		int32_t count = plasmid_list(store, cursor, objects, 64, &cursor);
		WELL(count);
		for (int32_t i = 0; i < count; i++) {
			if (objects[i].state != PLASMID_SEALED)
				continue;
			sealed++;
			CHECK(place_of(known, objects[i].ref.id) < known->count);
		}
	}
	pthread_mutex_unlock(&mutex);
	CHECK(known->gaps > 0 || sealed == known->count);
	printf("%llu events, %llu missed, %u sealed\n", (unsigned long long)known->events, (unsigned long long)known->gaps,
	       sealed);
	free(known);
	WELL(plasmid_close(store)); /* with its subscription */
	return NULL;
}

/* What was written over is counted to the last one, whoever it was for. */
static void a_gap_is_exact(void) {
	plasmid_store *store = opened();
	static plasmid_event_row rows[ROWS];
	int32_t all = plasmid_subscribe(store, UINT32_MAX, 0), frees = plasmid_subscribe(store, 1u << PLASMID_KIND_FREE, 0);
	WELL(all);
	WELL(frees);
	const uint32_t puts = PM_EVENT_CELLS / 2 + 500;
	for (uint32_t i = 0; i < puts; i++) {
		int32_t token = plasmid_put_small(store, 8);
		WELL(token);
		plasmid_ref ref = plasmid_exchange_of(store)->ref;
		WELL(plasmid_forget(store, (uint32_t)token));
		WELL(plasmid_free(store, REF(ref)));
	}
	CHECK(plasmid_next_events(store, (uint32_t)all, rows, ROWS) == (int32_t)ROWS);
	CHECK(rows[0].kind == PLASMID_KIND_GAP && rows[0].bytes == 2 * puts - PM_EVENT_CELLS);
	uint64_t seen = 1 + ROWS - 2;
	for (int32_t count = (int32_t)ROWS; count > 0; seen += (uint32_t)count)
		WELL(count = plasmid_next_events(store, (uint32_t)all, rows, ROWS));
	CHECK(seen == PM_EVENT_CELLS);
	uint64_t freed = 0;
	int32_t count;
	while ((count = plasmid_next_events(store, (uint32_t)frees, rows, ROWS)) > 0)
		for (int32_t i = 0; i < count; i++)
			freed += rows[i].kind == PLASMID_KIND_FREE;
	CHECK(freed == PM_EVENT_CELLS / 2);
	CHECK(plasmid_next_events(store, 99, rows, ROWS) == PLASMID_E_INVALID);
	WELL(plasmid_unsubscribe(store, (uint32_t)all));
	CHECK(plasmid_unsubscribe(store, (uint32_t)all) == PLASMID_E_INVALID);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
}

/* A recovery finds an entry whose bits have turned: told once, without the name, which may be anything. */
static void what_is_quarantined_is_told(void) {
	plasmid_store *store = opened();
	pm_client *client = store->client;
	plasmid_event_row rows[4];
	uint32_t value = 9;
	int32_t lost = plasmid_subscribe(store, 1u << PLASMID_KIND_LOST, 0);
	WELL(lost);
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)&value,
	                     .inband_bytes = 4,
	                     .name = (uint64_t)(uintptr_t) "turned",
	                     .name_bytes = 6,
	                     .flags = PLASMID_ITEM_PIN};
	WELL(plasmid_put_many(store, &item, 1));
	WELL(pm_lock(client));
	pm_entry_at(client, item.ref.slot)->references ^= 1u << 20;
	WELL(pm_rebuild(client));
	WELL(pm_rebuild(client));
	pm_unlock(client);
	CHECK(plasmid_next_events(store, (uint32_t)lost, rows, 4) == 1);
	CHECK(rows[0].kind == PLASMID_KIND_LOST && memcmp(rows[0].ref.id, item.ref.id, sizeof item.ref.id) == 0);
	CHECK(rows[0].name_bytes == 0);
	memcpy(plasmid_exchange_of(store)->name, "turned", 6);
	CHECK(plasmid_find(store, 6) == PLASMID_E_NOT_FOUND);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
}

static uint32_t subscribers(plasmid_store *store, uint32_t tokens) {
	plasmid_stats stats;
	WELL(plasmid_drain(store));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.tokens == tokens);
	return stats.subscribers;
}

/* Whichever comes first of its end, its buffer's and the store's: the others are no harm. */
static void one_ends_with_its_buffer(void) {
	plasmid_store *store = opened();
	uint64_t contexts[3];
	for (int i = 0; i < 3; i++) {
		CHECK(plasmid_subscribe(store, UINT32_MAX, 0) == i + 1);
		int32_t token = plasmid_subscription_token(store, (uint32_t)i + 1);
		WELL(token);
		contexts[i] = plasmid_context(store, (uint32_t)token);
	}
	CHECK(subscribers(store, 3) == 3);
	plasmid_release(NULL, (void *)(uintptr_t)contexts[0]);
	CHECK(subscribers(store, 2) == 2);
	CHECK(plasmid_unsubscribe(store, 1) == PLASMID_E_INVALID);
	CHECK(plasmid_subscription_token(store, 1) == PLASMID_E_INVALID);
	WELL(plasmid_unsubscribe(store, 2));
	CHECK(plasmid_subscribe(store, UINT32_MAX, 0) == 1);
	plasmid_release(NULL, (void *)(uintptr_t)contexts[1]);
	CHECK(subscribers(store, 2) == 2);
	plasmid_store *other = opened();
	WELL(plasmid_close(store));
	CHECK(subscribers(other, 0) == 0);
	plasmid_release(NULL, (void *)(uintptr_t)contexts[2]);
	CHECK(subscribers(other, 0) == 0);
	for (int i = 0; i < 1024; i++)
		CHECK(plasmid_subscribe(other, UINT32_MAX, 0) == i + 1);
	CHECK(plasmid_subscribe(other, UINT32_MAX, 0) == PLASMID_E_SUBSCRIPTIONS_FULL);
	WELL(plasmid_close(other));
}

int main(void) {
	plasmid_options options = {.capacity = 8u << 20, .max_objects = 9000};
	plasmid_store *store;
	plasmid_stats stats;
	pthread_t threads[WORKERS + READERS];
	name = fresh_name();
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	a_gap_is_exact();
	one_ends_with_its_buffer();
	what_is_quarantined_is_told();
	running = WORKERS;
	CHECK(pthread_barrier_init(&begun, NULL, WORKERS + READERS) == 0);
	for (uintptr_t i = 0; i < WORKERS + READERS; i++)
		CHECK(pthread_create(&threads[i], NULL, i < WORKERS ? work : reader, (void *)(i + 1)) == 0);
	for (int i = 0; i < WORKERS + READERS; i++)
		pthread_join(threads[i], NULL);
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.subscribers == 0);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
