/* Threads of one process, each with a store of its own on one segment: what they read is what was written, and afterwards nothing
 * is held. Under the thread sanitizer this also says that no access is unordered. */
#include <pthread.h>

#include "worker.h"

#define THREADS 4

static const char *name;

static void *live(void *argument) {
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	worker w;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	worker_begin(&w, store, (uint64_t)(uintptr_t)argument);
	for (uint32_t i = 0; i < scaled(200000); i++)
		worker_step(&w);
	worker_end(&w);
	WELL(plasmid_close(store));
	return NULL;
}

int main(void) {
	plasmid_options options = {.capacity = 8u << 20};
	plasmid_store *store;
	plasmid_stats stats;
	pthread_t threads[THREADS];
	name = fresh_name();
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, live, (void *)(i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	WELL(plasmid_drain(store));
	WELL(plasmid_check(store));
	WELL(plasmid_stats_of(store, &stats));
	printf("%llu sealed, %llu evicted, %u objects left\n", (unsigned long long)stats.sealed_total,
	       (unsigned long long)stats.evicted_total, stats.objects);
	CHECK(stats.tokens == 0 && stats.leases == 0 && stats.handles == 0 && stats.clients == 1);

	/* Nothing is held, so everything gives way to one object as large as the store. */
	plasmid_span span = {.bytes = (8u << 20) - 64};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.objects == 1);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
