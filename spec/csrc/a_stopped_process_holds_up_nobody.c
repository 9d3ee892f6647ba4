/* A process that was stopped under the lock is alive: nobody takes its lock, and nobody waits for it longer than they said. */
#include <pthread.h>
#include <signal.h>

#include "support.h"

#include "client.h"
#include "prim/atomic.h"
#include "prim/clock.h"

/* The children open stores, whose threads the sanitizer would not have in a fork. */
#ifdef __SANITIZE_THREAD__
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
	return "die_after_fork=0";
}
#endif

static plasmid_store *open_store(const char *name, uint32_t lock_timeout_ms) {
	plasmid_options options = {.capacity = 8u << 20, .lock_timeout_ms = lock_timeout_ms};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

/* Another process, with the lock of the store from `begin` on, until it is killed. */
typedef struct holder {
	pid_t pid;
	int begin[2], begun[2];
} holder;

static holder start_holder(const char *name) {
	holder h;
	CHECK(pipe(h.begin) == 0 && pipe(h.begun) == 0);
	h.pid = fork();
	if (h.pid != 0)
		return h;
	char byte;
	plasmid_store *store = open_store(name, 0);
	CHECK(write(h.begun[1], "", 1) == 1 && read(h.begin[0], &byte, 1) == 1);
	plasmid_test_hold_lock(store, 60000);
	_exit(0);
}

static void hold(const holder *h, const plasmid_store *store) {
	char byte;
	CHECK(read(h->begun[0], &byte, 1) == 1 && write(h->begin[1], "", 1) == 1);
	while (pm_load(&store->client->super->lock) == 0)
		wait_ms(1);
}

static void end(const holder *h) {
	CHECK(kill(h->pid, SIGKILL) == 0 && waitpid(h->pid, NULL, 0) == h->pid);
}

static int32_t create(plasmid_store *store, const char *name) {
	plasmid_item item = {.name = (uint64_t)(uintptr_t)name, .name_bytes = (uint32_t)strlen(name)};
	return plasmid_create(store, &item);
}

static void a_wait_for_a_name_ends_in_time(void) {
	const char *name = fresh_name();
	holder h = start_holder(name);
	plasmid_store *store = open_store(name, 20000);
	hold(&h, store);
	memcpy(plasmid_exchange_of(store)->name, "n", 1);
	uint64_t begin = pm_monotonic_ns();
	CHECK(plasmid_block_name(store, 1, 100) == PLASMID_E_TIMED_OUT);
	CHECK(pm_monotonic_ns() - begin < 10000000000ull);
	end(&h);
	WELL(plasmid_close(store));
	h = start_holder(name);
	store = open_store(name, 50);
	hold(&h, store);
	memcpy(plasmid_exchange_of(store)->name, "n", 1);
	CHECK(plasmid_block_name(store, 1, 30000) == PLASMID_E_LOCK_TIMEOUT);
	CHECK(plasmid_watch_name(store, 1) == PLASMID_E_LOCK_TIMEOUT);
	end(&h);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static const char *names[2];
static plasmid_store *watched;
static holder stopped;

static void *worker(void *unused) {
	(void)unused;
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++)
			WELL(create(open_store(names[k], 50), i == 0 ? "a" : "b"));
	hold(&stopped, watched);
	return NULL;
}

/* A thread ends, with four stores on two segments of which one is held. */
static void a_thread_that_ends_closes_what_it_can_at_once_and_the_rest_later(void) {
	static char kept[2][64];
	for (int k = 0; k < 2; k++)
		names[k] = strcpy(kept[k], fresh_name());
	stopped = start_holder(names[0]);
	watched = open_store(names[0], 50);
	plasmid_store *other = open_store(names[1], 50);
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, worker, NULL) == 0);
	pthread_join(thread, NULL);
	WELL(create(other, "a"));
	WELL(create(other, "b"));
	end(&stopped);
	int32_t r = 0;
	for (int i = 0; i < 5000 && (r = create(watched, i == 0 ? "a" : "b")) == PLASMID_E_NAME_TAKEN; i++)
		wait_ms(1);
	WELL(r);
	WELL(plasmid_close(watched));
	WELL(plasmid_close(other));
	WELL(plasmid_destroy(DIRECTORY, names[0]));
	WELL(plasmid_destroy(DIRECTORY, names[1]));
}

int main(void) {
	a_wait_for_a_name_ends_in_time();
	a_thread_that_ends_closes_what_it_can_at_once_and_the_rest_later();
	return 0;
}
