/* Whoever waits is woken: while the helper goes to rest, while it maps pages, when it is a slot that was wanted, when who owed the wake
 * has died or is stopped; and when nobody waits any more, nobody looks. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "support.h"

#include "client.h"
#include "helper.h"
#include "prim/atomic.h"
#include "registry.h"

#define POPULATE_READ 22
#define AHEAD_MIB 160u

static uint32_t step_ms, steps;

/* Instead of libc's: pages that take long to map. */
int madvise(void *at, size_t bytes, int advice) {
	if (advice == POPULATE_READ && pm_load(&step_ms) > 0) {
		wait_ms(pm_load(&step_ms));
		pm_add(&steps, 1);
	}
	return (int)syscall(SYS_madvise, at, bytes, advice);
}

static plasmid_store *open_store(const char *name, uint64_t capacity, uint32_t objects) {
	plasmid_options options = {.capacity = capacity, .max_objects = objects};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static plasmid_item draft(plasmid_store *store, uint64_t bytes) {
	static plasmid_span span;
	span = (plasmid_span){.bytes = bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
	return item;
}

/* As an event loop: only when its bell has rung it asks why. */
static bool woken(plasmid_store *store) {
	struct pollfd bell = {.fd = plasmid_wake_fd(store), .events = POLLIN};
	char bytes[16];
	while (poll(&bell, 1, 2000) == 1) {
		CHECK(read(bell.fd, bytes, sizeof bytes) > 0);
		if ((plasmid_events(store) & PLASMID_EVENT_WAKE) != 0)
			return true;
	}
	return false;
}

static bool rests(const pm_client *client, uint32_t ms) {
	for (uint32_t i = 0; i < ms; i++) {
		if (pm_load(&client->records[client->slot].looped) == 0)
			return true;
		wait_ms(1);
	}
	return false;
}

/* Another thread is inside plasmid_open while the helper, going to rest, asks who waits; what is awaited is sealed then. False if the
 * helper had other things to do. */
static bool seal_while_the_helper_goes_to_rest(plasmid_store *store, uint32_t pause_ms) {
	plasmid_item first = draft(store, 64), second = draft(store, 64);
	CHECK(plasmid_watch(store, REF(first.ref)) == 1);
	WELL(plasmid_seal(store, first.token));
	CHECK(woken(store));
	wait_ms(pause_ms);
	pthread_mutex_lock(&pm_registry_mutex);
	CHECK(plasmid_watch(store, REF(second.ref)) == 1);
	bool rested = rests(store->client, 300);
	WELL(plasmid_seal(store, second.token));
	pthread_mutex_unlock(&pm_registry_mutex);
	CHECK(woken(store));
	return rested;
}

static void a_seal_while_the_helper_goes_to_rest_wakes(plasmid_store *store) {
	uint32_t rested = 0;
	for (uint32_t i = 0; i < 50 && rested < 2; i++)
		rested += seal_while_the_helper_goes_to_rest(store, 10 + i * 10 % 110);
	CHECK(rested > 0);
}

static void a_wait_given_up_lets_the_helper_rest(plasmid_store *store) {
	plasmid_item item = draft(store, 64);
	CHECK(plasmid_watch(store, REF(item.ref)) == 1);
	WELL(plasmid_unwatch(store));
	wait_ms(250); /* what it saw before is over */
	CHECK(rests(store->client, 5000));
	WELL(plasmid_abort(store, item.token));
}

static void a_slot_that_comes_free_is_room(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name, 8u << 20, 16);
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	int32_t tokens[16];
	for (int i = 0; i < 16; i++) {
		tokens[i] = plasmid_put_small(store, 3);
		WELL(tokens[i]);
		WELL(plasmid_free(store, REF(exchange->ref)));
	}
	CHECK(plasmid_put_small(store, 3) == PLASMID_E_TABLE_FULL);
	WELL(plasmid_watch_room(store));
	CHECK(plasmid_put_small(store, 3) == PLASMID_E_TABLE_FULL);
	WELL(plasmid_forget(store, (uint32_t)tokens[0]));
	CHECK(woken(store));
	WELL(plasmid_put_small(store, 3));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static void give_room(plasmid_store *store) {
	WELL(plasmid_put_small(store, 40000));
	WELL(plasmid_free(store, REF(plasmid_exchange_of(store)->ref)));
}

/* The answer may be faster than who asked. */
static void room_given_before_the_wait_counts(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name, 1u << 20, 0), *other = open_store(name, 0, 0);
	WELL(plasmid_request_collection(store));
	give_room(other);
	CHECK(plasmid_wait_room(store, 30000) == 0);
	while (plasmid_wait_room(store, 10) == 0)
		continue; /* woken by its own request, or for nothing */
	/* And while who asked tries. */
	give_room(other);
	CHECK(plasmid_wait_room(store, 30000) == 0);
	CHECK(plasmid_wait_room(store, 10) == PLASMID_E_TIMED_OUT);
	WELL(plasmid_close(other));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static void news_do_not_wait_for_pages(const char *name, plasmid_store *store, plasmid_item big) {
	/* Two stores: the helper tells them, nobody rings their bells. */
	plasmid_store *other = open_store(name, 0, 0);
	plasmid_item item = draft(store, 64);
	CHECK(plasmid_watch(store, REF(item.ref)) == 1);
	pm_store(&step_ms, 100);
	pm_map_ahead(store->client, 0, AHEAD_MIB << 20);
	WELL(plasmid_seal(store, big.token));
	while (pm_load(&steps) == 0)
		wait_ms(1);
	WELL(plasmid_seal(store, item.token));
	CHECK(woken(store));
	CHECK(pm_load(&steps) < AHEAD_MIB / 16);
	pm_store(&step_ms, 0);
	WELL(plasmid_close(other));
}

static uint64_t real_bytes(const pm_client *client) {
	struct stat info;
	CHECK(fstat(client->file, &info) == 0);
	return (uint64_t)info.st_blocks * 512;
}

/* The object that was to be mapped is gone, and its pages were given back. */
static void pages_given_back_stay_away(plasmid_store *store) {
	pm_client *client = store->client;
	WELL(plasmid_trim(store));
	uint64_t before = real_bytes(client);
	uint64_t committed = (uint64_t)pm_load(&client->super->committed) * PM_GRANULE;
	pm_map_ahead(client, committed, 64u << 20);
	for (uint32_t i = 0; i < 5000 && pm_load(&client->ahead_bytes) != 0; i++)
		wait_ms(1);
	wait_ms(200);
	CHECK(real_bytes(client) <= before + (1u << 20));
}

/* Binds the name once it is told to, and with the lock given back and nobody woken dies, or is stopped. */
static void bind_late(const char *name, int go, bool stopped) {
	char byte;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* stopped, it would outlive a test that fails */
	plasmid_store *store = open_store(name, 1u << 20, 0);
	plasmid_item item = {.name = (uint64_t)(uintptr_t) "late", .name_bytes = 4, .flags = PLASMID_ITEM_PIN};
	CHECK(read(go, &byte, 1) == 1);
	WELL(plasmid_test_crash_at(stopped ? "stop:lock:given" : "lock:given", 1));
	WELL(plasmid_put_many(store, &item, 1));
	WELL(plasmid_close(store));
	exit(0);
}

static void *tell_it_soon(void *pipe) {
	wait_ms(20);
	CHECK(write(*(int *)pipe, "!", 1) == 1);
	return NULL;
}

/* A dead one's reaping does it instead; and nobody waits until one that is stopped goes on. */
static void what_is_owed_comes(bool loop, bool stopped) {
	int go[2], status;
	pthread_t teller;
	const char *name = fresh_name();
	CHECK(pipe(go) == 0);
	pid_t binder = fork_beside_threads();
	CHECK(binder >= 0);
	if (binder == 0)
		bind_late(name, go[0], stopped);
	plasmid_store *store = open_store(name, 1u << 20, 0);
	memcpy(plasmid_exchange_of(store)->name, "late", 4);
	CHECK(plasmid_watch_name(store, 4) == 1);
	CHECK(pthread_create(&teller, NULL, tell_it_soon, &go[1]) == 0);
	if (!loop)
		CHECK(plasmid_block_name(store, 4, 2000) == 0);
	CHECK(waitpid(binder, &status, stopped ? WUNTRACED : 0) == binder);
	CHECK(stopped ? WIFSTOPPED(status) : WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	if (loop)
		CHECK(woken(store));
	if (stopped) {
		CHECK(kill(binder, SIGCONT) == 0);
		CHECK(waitpid(binder, &status, 0) == binder && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	memcpy(plasmid_exchange_of(store)->name, "late", 4);
	CHECK(plasmid_watch_name(store, 4) == 0);
	CHECK(pthread_join(teller, NULL) == 0);
	close(go[0]);
	close(go[1]);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

int main(void) {
	if (plasmid_test_crash_at("none", 0) != PLASMID_E_PLATFORM) {
		for (int i = 0; i < 4; i++)
			what_is_owed_comes(i % 2 == 1, i / 2 == 1);
	}
	const char *name = fresh_name();
	plasmid_store *store = open_store(name, 256u << 20, 4096);
	a_seal_while_the_helper_goes_to_rest_wakes(store);
	a_wait_given_up_lets_the_helper_rest(store);
	plasmid_item big = draft(store, AHEAD_MIB << 20);
	plasmid_ref ref = big.ref;
	news_do_not_wait_for_pages(name, store, big);
	WELL(plasmid_free(store, REF(ref)));
	pages_given_back_stay_away(store);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	a_slot_that_comes_free_is_room();
	room_given_before_the_wait_counts();
	return 0;
}
