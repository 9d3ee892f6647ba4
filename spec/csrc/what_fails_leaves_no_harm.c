/* A call that fails, or a process that dies in one, costs nobody else anything: not the lock, not a name, not what is cached. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "support.h"

#include "client.h"
#include "error.h"
#include "lock.h"
#include "prim/atomic.h"
#include "prim/racy.h"

/* The children open stores, whose threads the sanitizer would not have in a fork. */
#ifdef __SANITIZE_THREAD__
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
	return "die_after_fork=0";
}
#endif

static plasmid_store *open_store(const char *name) {
	plasmid_options options = {.capacity = 2u << 20};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static void end(plasmid_store *store, const char *name) {
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static plasmid_item named(void) {
	return (plasmid_item){
			.inband = (uint64_t)(uintptr_t) "abc", .inband_bytes = 3, .name = (uint64_t)(uintptr_t) "frame", .name_bytes = 5};
}

static int32_t refuses(pm_client *client) {
	(void)client;
	return pm_fail(PLASMID_E_NO_MEMORY, "no memory to rebuild");
}

static void a_recovery_that_fails_is_tried_again(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	pm_client *client = store->client;
	int32_t (*recover)(pm_client *) = client->recover;
	uint32_t dead = pm_lock_word(5, 0);
	pm_store(&client->super->lock, dead);
	client->recover = refuses;
	CHECK(plasmid_put_small(store, 3) == PLASMID_E_NO_MEMORY);
	CHECK((client->super->lock & ~0x80000000u) == dead);
	client->recover = recover;
	WELL(plasmid_put_small(store, 3));
	CHECK(client->super->recovered == 1);
	end(store, name);
}

static void a_dead_ones_draft_has_no_name(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	plasmid_item item = named();
	pid_t child = fork();
	if (child == 0) {
		WELL(plasmid_create(open_store(name), &item));
		_exit(0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	WELL(plasmid_put_many(store, &item, 1));
	end(store, name);
}

static void a_name_that_is_taken_evicts_nothing(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	plasmid_item item = named(), again = named();
	plasmid_stats before, after;
	WELL(plasmid_put_many(store, &item, 1));
	do {
		int32_t token = plasmid_put_small(store, 4000);
		WELL(token);
		WELL(plasmid_forget(store, (uint32_t)token));
		WELL(plasmid_stats_of(store, &before));
	} while (before.evicted_total == 0);
	static uint8_t large[100000];
	again.inband = (uint64_t)(uintptr_t)large;
	again.inband_bytes = sizeof large;
	CHECK(plasmid_put_many(store, &again, 1) == PLASMID_E_NAME_TAKEN);
	WELL(plasmid_stats_of(store, &after));
	CHECK(after.evicted_total == before.evicted_total && after.evictable == before.evictable);
	end(store, name);
}

/* Indexes of stores are never given twice. */
static void closing_one_store_ends_nothing_of_another(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	plasmid_item item = named();
	int32_t draft = plasmid_create(store, &item);
	WELL(draft);
	store->client->store_indexes += 65535;
	WELL(plasmid_close(open_store(name)));
	WELL(plasmid_seal(store, (uint32_t)draft));
	end(store, name);
}

/* Without the lock, which is no way to count for anybody else. */
PM_RACY static bool is_empty(const plasmid_store *store) {
	return pm_load(&store->client->super->objects) == 0;
}

/* As soon as there is an object: in the middle of the put. */
static void *hold_the_lock(void *argument) {
	plasmid_store *store = argument;
	while (is_empty(store))
		sched_yield();
	WELL(plasmid_test_hold_lock(store, 400));
	return NULL;
}

/* The lock is let go while the bytes are copied; whoever has it then keeps it for too long. */
static void a_put_that_finds_the_lock_taken_leaves_nothing(void) {
	const char *name = fresh_name();
	plasmid_options options = {.capacity = 96u << 20, .lock_timeout_ms = 50};
	plasmid_store *store;
	plasmid_stats stats;
	const uint32_t bytes = 64u << 20;
	uint8_t *data = calloc(1, bytes);
	CHECK(data != NULL);
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)data, .inband_bytes = bytes};
	uint32_t refused = 0;
	for (int i = 0; i < 30 && refused == 0; i++) {
		pthread_t thread;
		CHECK(pthread_create(&thread, NULL, hold_the_lock, store) == 0);
		int32_t r = plasmid_put_many(store, &item, 1);
		pthread_join(thread, NULL);
		if (r == 0)
			WELL(plasmid_forget(store, item.token));
		else
			CHECK(r == PLASMID_E_LOCK_TIMEOUT);
		WELL(plasmid_drain(store));
		WELL(plasmid_stats_of(store, &stats));
		refused += r != 0 && stats.objects == 0 && stats.used == 0;
		CHECK(stats.tokens == 0 && stats.objects == stats.evictable);
	}
	CHECK(refused > 0);
	free(data);
	end(store, name);
}

static uint64_t virtual_pages(void) {
	unsigned long long pages;
	FILE *file = fopen("/proc/self/statm", "r");
	CHECK(file != NULL && fscanf(file, "%llu", &pages) == 1);
	fclose(file);
	return pages;
}

/* 30 times the tokens' 2.5 MB would be 19,000 pages. A sanitizer keeps what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAGES_MORE UINT32_MAX
#else
#define PAGES_MORE 4000u
#endif

static void opening_and_closing_costs_no_memory(void) {
	const char *name = fresh_name();
	uint64_t before = 0;
	for (int i = 0; i < 40; i++) {
		plasmid_store *store = open_store(name);
		int32_t token = plasmid_put_small(store, 10);
		WELL(token);
		plasmid_release(NULL, (void *)(uintptr_t)plasmid_context(store, (uint32_t)token));
		WELL(plasmid_close(store));
		if (i == 9)
			before = virtual_pages();
	}
	CHECK(virtual_pages() < before + PAGES_MORE);
	WELL(plasmid_destroy(DIRECTORY, name));
}

int main(void) {
	a_recovery_that_fails_is_tried_again();
	a_dead_ones_draft_has_no_name();
	a_name_that_is_taken_evicts_nothing();
	closing_one_store_ends_nothing_of_another();
	a_put_that_finds_the_lock_taken_leaves_nothing();
	opening_and_closing_costs_no_memory();
	return 0;
}
