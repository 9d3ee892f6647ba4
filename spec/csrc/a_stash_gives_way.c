/* One store puts small objects, ahead of which it takes room; another needs all there is, again and again. Whoever needs the room gets
 * it, and each put says the object that it made, or that the store is full. */
#include <pthread.h>

#include "support.h"

#include "prim/atomic.h"

#define CAPACITY (16u << 20)
#define SIZES 8
#define MOST_PUTS 50000000u /* a bound for when the other store hardly gets to run */

static const char *name;
static uint32_t stop;

static plasmid_store *open_store(void) {
	plasmid_options options = {.capacity = CAPACITY};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static void *take_all(void *argument) {
	plasmid_store *store = open_store();
	uint64_t *taken = argument;
	plasmid_span span = {.bytes = CAPACITY - 64};
	while (pm_load(&stop) == 0) {
		plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
		int32_t draft = plasmid_create(store, &item);
		CHECK(draft > 0 || draft == PLASMID_E_STORE_FULL);
		if (draft < 0)
			continue;
		pm_store(taken, pm_load(taken) + 1);
		WELL(plasmid_abort(store, (uint32_t)draft));
		plasmid_release(NULL, (void *)(uintptr_t)item.context);
	}
	WELL(plasmid_close(store));
	return NULL;
}

int main(void) {
	name = fresh_name();
	plasmid_store *store = open_store();
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	plasmid_ref last = {0};
	uint64_t random = 1, taken = 0, full = 0, puts = 0;
	pthread_t other;
	CHECK(pthread_create(&other, NULL, take_all, &taken) == 0);
	for (uint32_t i = 0; i < scaled(1000000) || (i < MOST_PUTS && pm_load(&taken) == 0); i++) {
		uint32_t bytes = (roll(&random) % SIZES) * 64 + 8;
		memcpy(exchange->data, &i, sizeof i);
		int32_t token = plasmid_put_small(store, bytes);
		if (token == PLASMID_E_STORE_FULL) {
			full++;
			continue;
		}
		WELL(token);
		CHECK(token != 0 && memcmp(&last, &exchange->ref, sizeof last) != 0);
		last = exchange->ref;
		WELL(plasmid_peek(store, REF(last)));
		CHECK(memcmp(exchange->data, &i, sizeof i) == 0);
		plasmid_release(NULL, (void *)(uintptr_t)plasmid_context(store, (uint32_t)token));
		puts++;
	}
	pm_store(&stop, 1);
	CHECK(pthread_join(other, NULL) == 0);
	WELL(plasmid_drain(store));
	WELL(plasmid_check(store));
	printf("%llu puts, %llu refused, %llu times all the room was taken\n", (unsigned long long)puts,
	       (unsigned long long)full, (unsigned long long)taken);
	CHECK(puts > 0 && taken > 0);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
