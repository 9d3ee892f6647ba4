/* A collection that others ask for reaches a thread that blocks, once, and each thread for itself; and blocking stays bounded. */
#include <pthread.h>

#include "support.h"

#include "prim/clock.h"

static plasmid_store *open_store(const char *name) {
	plasmid_options options = {.capacity = 4u << 20};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static const uint8_t NAME[] = {'n'};

static int32_t block(plasmid_store *store, uint32_t timeout_ms) {
	memcpy(plasmid_exchange_of(store)->name, NAME, sizeof NAME);
	return plasmid_block_name(store, sizeof NAME, timeout_ms);
}

typedef struct sleeper {
	pthread_t thread;
	const char *name;
	int32_t first, asked, asked_again, second;
} sleeper;

static void *sleep_until_asked(void *argument) {
	sleeper *me = argument;
	plasmid_store *store = open_store(me->name);
	me->first = block(store, 30000);
	me->asked = plasmid_collection_asked(store);
	me->asked_again = plasmid_collection_asked(store);
	me->second = block(store, 50);
	WELL(plasmid_close(store));
	return NULL;
}

static void every_thread_that_blocks_is_told_once(const char *name, plasmid_store *store) {
	sleeper sleepers[2] = {{.name = name}, {.name = name}};
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&sleepers[i].thread, NULL, sleep_until_asked, &sleepers[i]) == 0);
	wait_ms(200);
	uint64_t from = pm_monotonic_ns();
	WELL(plasmid_request_collection(store));
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(sleepers[i].thread, NULL) == 0);
	CHECK(pm_monotonic_ns() - from < 5000000000u);
	for (int i = 0; i < 2; i++) {
		CHECK(sleepers[i].first == 1 && sleepers[i].asked == 1 && sleepers[i].asked_again == 0);
		CHECK(sleepers[i].second == PLASMID_E_TIMED_OUT);
	}
	CHECK(plasmid_collection_asked(store) == 1); /* who asks is asked, too */
}

static void what_was_asked_before_counts(const char *name, plasmid_store *store) {
	plasmid_store *other = open_store(name);
	WELL(plasmid_request_collection(store));
	WELL(plasmid_request_collection(store));
	plasmid_store *late = open_store(name);
	CHECK(plasmid_collection_asked(late) == 0);
	CHECK(block(other, 30000) == 1);
	CHECK(block(other, 0) == PLASMID_E_TIMED_OUT);
	/* What is there comes first: the answer can wait. */
	plasmid_item item = {.name = (uint64_t)(uintptr_t)NAME, .name_bytes = sizeof NAME};
	WELL(plasmid_put_many(store, &item, 1));
	CHECK(block(other, 30000) == 0);
	CHECK(plasmid_collection_asked(other) == 1);
	WELL(plasmid_free(store, REF(item.ref)));
	CHECK(plasmid_collection_asked(other) == 0);
	CHECK(block(other, 20) == PLASMID_E_TIMED_OUT);
	WELL(plasmid_close(late));
	WELL(plasmid_close(other));
	CHECK(plasmid_collection_asked(other) == PLASMID_E_CLOSED);
}

int main(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	every_thread_that_blocks_is_told_once(name, store);
	what_was_asked_before_counts(name, store);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
