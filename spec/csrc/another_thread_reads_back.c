/* Orders to read objects back (spill/porter.h): from several stores of a process at once, looked at or left, while others spill the same
 * objects again, free them, and close. Each ends once, its object stays while it has not, and nothing is leased afterwards. */
#include <fcntl.h>
#include <pthread.h>

#include "spilling.h"

#define OBJECTS 120u
#define WORDS 4000u
#define THREADS 3u
#define MOST_ORDERS 64

static spilling s;
static plasmid_ref refs[OBJECTS];

static void spill_all(plasmid_store *store) {
	WELL(plasmid_drain(store));
	while (plasmid_spill_out(store, CAPACITY) > 0) {
	}
}

static plasmid_store *furnish(uint32_t count) {
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < count; i++)
		refs[i] = put_number(store, i, WORDS, i % 2, NULL, 0);
	spill_all(store);
	CHECK(stats_of(store).spilled == count);
	return store;
}

/* 0, or why not; it has ended. */
static int32_t wait_for(plasmid_store *store, int32_t order) {
	int32_t r = 1;
	for (uint32_t turn = 0; r == 1 && turn < 20000; turn++) {
		r = plasmid_restore_look(store, (uint32_t)order);
		if (r == 1)
			wait_ms(1);
	}
	CHECK(r <= 0);
	return r;
}

static int32_t begin(plasmid_store *store, uint32_t number) {
	return plasmid_restore_begin(store, REF(refs[number]));
}

static void end(plasmid_store *store, int32_t order) {
	WELL(plasmid_restore_end(store, (uint32_t)order));
	WELL(plasmid_drain(store));
}

static void an_order_keeps_its_object_until_it_is_looked_at(void) {
	plasmid_store *store = furnish(10);
	int32_t order = begin(store, 3);
	CHECK(order > 0 && wait_for(store, order) == 0);
	spill_all(store);
	CHECK(plasmid_state(store, REF(refs[3])) == 0 && stats_of(store).spilled == 9);
	CHECK(plasmid_restore_look(store, (uint32_t)order) == 0);
	end(store, order);
	CHECK(plasmid_restore_look(store, (uint32_t)order) == PLASMID_E_INVALID);
	spill_all(store);
	CHECK(stats_of(store).spilled == 10);
	/* What is in memory already, and what is gone, end at once. */
	check_number(store, refs[4], 4, WORDS);
	order = begin(store, 4);
	CHECK(wait_for(store, order) == 0);
	end(store, order);
	WELL(plasmid_free(store, REF(refs[5])));
	order = begin(store, 5);
	CHECK(wait_for(store, order) == PLASMID_E_FREED);
	end(store, order);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Its file goes, and is read short: not the object is lost, it is freed. */
static void what_is_freed_while_it_is_read_is_not_lost(void) {
	char path[1024] = "", aside[160];
	plasmid_store *store = furnish(1);
	snprintf(aside, sizeof aside, "%s-aside", s.folders[0]);
	CHECK(spilling_files(&s, path) == 1 && unlink(path) == 0);
	/* Whoever opens it waits for a writer. */
	CHECK(mkfifo(path, 0600) == 0 && link(path, aside) == 0);
	int32_t order = begin(store, 0);
	CHECK(order > 0);
	wait_ms(50);
	WELL(plasmid_free(store, REF(refs[0])));
	int writer = -1;
	for (uint32_t turn = 0; turn < 5000 && writer < 0; turn++, wait_ms(1))
		writer = open(aside, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(writer >= 0 && close(writer) == 0);
	CHECK(wait_for(store, order) == PLASMID_E_FREED);
	end(store, order);
	CHECK(unlink(aside) == 0 && stats_of(store).quarantined_total == 0);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void there_are_so_many_and_no_more(void) {
	plasmid_store *store = furnish(OBJECTS);
	plasmid_store *other = spilling_open(&s);
	int32_t orders[MOST_ORDERS];
	/* All of them the same object: the first reads it, and each has a lease. */
	for (int i = 0; i < MOST_ORDERS; i++)
		CHECK((orders[i] = begin(i % 2 == 0 ? store : other, 1)) > 0);
	CHECK(begin(store, 2) == 0 && begin(other, 2) == 0);
	CHECK(plasmid_restore_look(other, (uint32_t)orders[0]) == PLASMID_E_INVALID);
	for (int i = 0; i < MOST_ORDERS; i += 2)
		CHECK(wait_for(store, orders[i]) == 0);
	/* The other store's end with it. */
	WELL(plasmid_close(other));
	int32_t order = begin(store, 2);
	CHECK(order > 0 && wait_for(store, order) == 0);
	end(store, order);
	for (int i = 0; i < MOST_ORDERS; i += 2)
		end(store, orders[i]);
	spill_all(store);
	CHECK(stats_of(store).spilled == OBJECTS);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Orders, some of which are left before they end. */
static void *order_about(void *argument) {
	uint64_t seed = (uintptr_t)argument;
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < scaled(600); i++) {
		uint32_t number = roll(&seed) % OBJECTS;
		int32_t order = begin(store, number);
		if (order == 0)
			continue;
		CHECK(order > 0);
		if (roll(&seed) % 3 == 0) {
			end(store, order);
			continue;
		}
		int32_t r = wait_for(store, order);
		CHECK(r == 0 || r == PLASMID_E_STORE_FULL);
		if (r == 0)
			CHECK(plasmid_state(store, REF(refs[number])) == 0);
		if (r == 0)
			check_number(store, refs[number], number, WORDS);
		end(store, order);
		if (roll(&seed) % 8 == 0)
			WELL(plasmid_spill_out(store, CAPACITY / 4));
	}
	/* Some are open still. */
	for (uint32_t i = 0; i < 10; i++)
		CHECK(begin(store, roll(&seed) % OBJECTS) >= 0);
	WELL(plasmid_close(store));
	return NULL;
}

static void many_threads_order_at_once(void) {
	pthread_t threads[THREADS];
	plasmid_store *store = furnish(OBJECTS);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, order_about, (void *)(i + 1)) == 0);
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	spill_all(store);
	CHECK(stats_of(store).spilled == OBJECTS);
	for (uint32_t i = 0; i < OBJECTS; i++) {
		check_number(store, refs[i], i, WORDS);
		WELL(plasmid_drain(store));
	}
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* The last store closes while the thread reads: it is waited for. */
static void it_ends_with_the_last_store(void) {
	for (uint32_t turn = 0; turn < scaled(30); turn++) {
		plasmid_store *store = furnish(20);
		for (uint32_t i = 0; i < turn % 20; i++)
			CHECK(begin(store, i) > 0);
		WELL(plasmid_close(store));
		spilling_end(&s);
	}
}

int main(void) {
	an_order_keeps_its_object_until_it_is_looked_at();
	what_is_freed_while_it_is_read_is_not_lost();
	there_are_so_many_and_no_more();
	many_threads_order_at_once();
	it_ends_with_the_last_store();
	return 0;
}
