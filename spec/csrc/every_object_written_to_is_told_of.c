/* Threads write through views on many objects at once, while another asks which: each object is told of once, by its id or, where there
 * were more than there is room for notes, as one of a number. */
#include <pthread.h>
#include <stdbool.h>

#include "support.h"

#define THREADS 4u
#define OBJECTS 400u
#define BYTES (8u * 4096u)

static const char *name;
static plasmid_store *store;
static plasmid_ref refs[OBJECTS];
static volatile uint8_t *views[OBJECTS];
static uint64_t contexts[OBJECTS];
static bool named[OBJECTS];
static uint32_t told, counted;

/* For the thread sanitizer see a_write_through_a_view_stays_here.c. */
__attribute__((no_sanitize("thread"), noinline)) static void set(uint32_t object, uint32_t at, uint8_t value) {
	views[object][at] = value;
}

static void put_all(void) {
	static uint8_t bytes[BYTES];
	plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = BYTES};
	for (uint32_t i = 0; i < OBJECTS; i++) {
		plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN};
		WELL(plasmid_put_many(store, &item, 1));
		refs[i] = item.ref;
	}
}

static void lease_all(void) {
	for (uint32_t i = 0; i < OBJECTS; i++) {
		WELL(plasmid_lease(store, REF(refs[i])));
		const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
		views[i] = (volatile uint8_t *)(uintptr_t)row->address;
		contexts[i] = row->context;
	}
}

static void let_go_of_all(void) {
	for (uint32_t i = 0; i < OBJECTS; i++)
		plasmid_release(NULL, (void *)(uintptr_t)contexts[i]);
	WELL(plasmid_drain(store));
}

static void listen(void) {
	plasmid_stray_row row;
	while (plasmid_stray(store, &row) == 1) {
		if (row.more != 0) {
			counted += row.more;
			continue;
		}
		uint32_t i = 0;
		while (i < OBJECTS && memcmp(refs[i].id, row.id, sizeof row.id) != 0)
			i++;
		CHECK(i < OBJECTS && !named[i]);
		named[i] = true;
		told++;
	}
}

/* Every object is written to by two threads, one after the other or at once. */
static void *write_some(void *argument) {
	uint32_t self = (uint32_t)(uintptr_t)argument;
	for (uint32_t i = self / 2; i < OBJECTS; i += THREADS / 2)
		set(i, 4096 * (self % 2), 1);
	return NULL;
}

static void write_all(bool listens) {
	pthread_t threads[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, write_some, (void *)i) == 0);
	for (uint32_t turn = 0; listens && turn < 1000; turn++)
		listen();
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	listen();
}

static void round_of(bool listens) {
	memset(named, 0, sizeof named);
	told = counted = 0;
	put_all();
	for (uint32_t turn = 0; turn < 2; turn++) {
		lease_all();
		write_all(listens);
		CHECK(told + counted == OBJECTS && told > 0);
		let_go_of_all();
	}
	printf("%u told of by id, %u counted\n", told, counted);
	for (uint32_t i = 0; i < OBJECTS; i++)
		WELL(plasmid_free(store, REF(refs[i])));
}

int main(void) {
	plasmid_options options = {.capacity = 32u << 20};
	name = fresh_name();
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	for (uint32_t turn = 0; turn < 5; turn++)
		round_of(true);
	round_of(false);
	CHECK(told == 16 && counted == OBJECTS - 16);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
