/* A process takes the place of one that parted, died, or is about to end the store: nobody takes it for that one. */
#include <signal.h>

#include "support.h"

#include "client.h"
#include "prim/atomic.h"

#define HELD_MS 600

static int32_t open_for(const char *name, uint32_t lock_timeout_ms, plasmid_store **store) {
	plasmid_options options = {.capacity = 8u << 20, .lock_timeout_ms = lock_timeout_ms};
	return plasmid_open(DIRECTORY, name, &options, store);
}

static plasmid_store *open_store(const char *name) {
	plasmid_store *store;
	WELL(open_for(name, 0, &store));
	return store;
}

static int32_t draft(plasmid_store *store, plasmid_item *item) {
	*item = (plasmid_item){
			.inband = (uint64_t)(uintptr_t) "abc", .inband_bytes = 3, .name = (uint64_t)(uintptr_t) "frame", .name_bytes = 5};
	return plasmid_create(store, item);
}

static void tell(int to) {
	CHECK(write(to, "", 1) == 1);
}

static void await(int from) {
	char byte;
	CHECK(read(from, &byte, 1) == 1);
}

/* Has the lock for a while, as a stopped owner would. */
static pid_t holder(const char *name, int *pipes) {
	CHECK(pipe(pipes) == 0);
	pid_t child = fork();
	if (child == 0) {
		plasmid_store *store = open_store(name);
		tell(pipes[1]);
		WELL(plasmid_test_hold_lock(store, HELD_MS));
		tell(pipes[1]);
		pause();
	}
	await(pipes[0]);
	wait_ms(50);
	return child;
}

static void end(pid_t child) {
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* A forked child opens anew what its parent has open; it is listed only once no reaper can be at its record. */
static void joins_under_the_lock(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	int pipes[2], done[2];
	pid_t first = holder(name, pipes);
	CHECK(pipe(done) == 0);
	pid_t second = fork();
	if (second == 0) {
		open_store(name);
		tell(done[1]);
		pause();
	}
	const pm_client_record *record = &store->client->records[2];
	while (pm_load(&record->epoch) == 0)
		wait_ms(1);
	wait_ms(20);
	CHECK(pm_load(&record->state) == PM_CLIENT_FREE);
	await(pipes[0]);
	await(done[0]);
	CHECK(pm_load(&record->state) == PM_CLIENT_ACTIVE);
	end(second);
	end(first);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static void sees_that_the_store_ends(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	int pipes[2];
	pid_t first = holder(name, pipes), second = fork();
	if (second == 0) {
		plasmid_item item;
		WELL(draft(open_store(name), &item));
		_exit(0);
	}
	while (pm_load(&store->client->records[2].epoch) == 0)
		wait_ms(1);
	wait_ms(20);
	pm_store(&store->client->super->destroyed, PM_DESTROYED);
	int status;
	CHECK(waitpid(second, &status, 0) == second && status == 0);
	end(first);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

/* Who could not sweep what the dead one left does not hide it from the next. */
static void leaves_the_dead_to_the_next(void) {
	const char *name = fresh_name();
	int pipes[2], made[2];
	plasmid_item item;
	plasmid_ref lost;
	plasmid_store *store;
	CHECK(pipe(made) == 0);
	pid_t dead = fork();
	if (dead == 0) {
		WELL(draft(open_store(name), &item));
		CHECK(write(made[1], &item.ref, sizeof lost) == sizeof lost);
		pause();
	}
	CHECK(read(made[0], &lost, sizeof lost) == sizeof lost);
	pid_t first = holder(name, pipes);
	end(dead);
	CHECK(open_for(name, 50, &store) == PLASMID_E_LOCK_TIMEOUT);
	await(pipes[0]);
	store = open_store(name);
	CHECK(plasmid_state(store, REF(lost)) == PLASMID_E_LOST);
	WELL(plasmid_check(store));
	end(first);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

int main(void) {
#ifdef __SANITIZE_THREAD__
	printf("the children open stores: their threads may hang in a fork that the thread sanitizer watches\n");
	return 0;
#endif
	joins_under_the_lock();
	sees_that_the_store_ends();
	leaves_the_dead_to_the_next();
	return 0;
}
