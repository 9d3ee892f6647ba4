/* A store's file is cut short, at any length, or unlinked, while threads of two processes put, get, wait and look: every call ends,
 * sooner or later each says DESTROYED, from then on all do, and the process ends by itself; views show zeros. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "support.h"

#include "client.h"

#define LARGE (40u << 10)
#define PROCESSES 2
#define SECONDS 20

static const char *name;

static int32_t put_large(plasmid_store *store, uint64_t *seed) {
	static uint8_t bytes[LARGE];
	plasmid_ref inner = plasmid_exchange_of(store)->ref;
	plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = LARGE};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	if (roll(seed) % 2 == 0) {
		item.references = (uint64_t)(uintptr_t)&inner;
		item.reference_count = 1;
	}
	int32_t r = plasmid_put_many(store, &item, 1);
	if (r == 0)
		plasmid_release(NULL, (void *)(uintptr_t)plasmid_context(store, item.token));
	return r;
}

/* Takes views on the object in the exchange, reads in them, lets go of them. */
static int32_t view(plasmid_store *store, uint64_t *seed) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	plasmid_ref ref = exchange->ref;
	int32_t r = plasmid_lease(store, REF(ref));
	if (r != 0)
		return r;
	const plasmid_buffer_row *rows = (const plasmid_buffer_row *)(uintptr_t)exchange->rows;
	for (uint32_t i = 0; i < exchange->buffers; i++) {
		volatile uint8_t *at = (volatile uint8_t *)(uintptr_t)rows[i].address;
		for (uint64_t b = 0; b < rows[i].bytes; b += 997)
			(void)at[b];
		if (rows[i].bytes >= LARGE && roll(seed) % 4 == 0)
			at[roll(seed) % LARGE] = 1;
		if (rows[i].context != 0)
			plasmid_release(NULL, (void *)(uintptr_t)rows[i].context);
	}
	const plasmid_reference_row *references = (const plasmid_reference_row *)(uintptr_t)exchange->reference_rows;
	for (uint32_t i = 0; i < exchange->references; i++)
		if (references[i].context != 0)
			plasmid_release(NULL, (void *)(uintptr_t)references[i].context);
	return r;
}

static int32_t put_small(plasmid_store *store, uint64_t *seed) {
	int32_t r = plasmid_put_small(store, roll(seed) % 6000);
	if (r > 0)
		plasmid_release(NULL, (void *)(uintptr_t)plasmid_context(store, (uint32_t)r));
	return r;
}

static int32_t draft(plasmid_store *store) {
	plasmid_item item = {.inband = (uint64_t)(uintptr_t) "abc", .inband_bytes = 3, .name = (uint64_t)(uintptr_t) "n"};
	item.name_bytes = 1;
	item.flags = PLASMID_ITEM_REPLACE;
	int32_t r = plasmid_create(store, &item);
	r = r > 0 ? plasmid_seal(store, (uint32_t)r) : r;
	if (r > 0)
		plasmid_release(NULL, (void *)(uintptr_t)plasmid_context(store, (uint32_t)r));
	return r;
}

static int32_t step(plasmid_store *store, uint64_t *seed) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	plasmid_ref ref = exchange->ref;
	plasmid_stats stats;
	uint32_t way = roll(seed) % 64;
	exchange->name[0] = 'n';
	if (way < 24)
		return put_small(store, seed);
	if (way < 32)
		return put_large(store, seed);
	if (way < 40)
		return plasmid_peek(store, REF(ref));
	if (way < 44)
		return view(store, seed);
	if (way < 48)
		return draft(store);
	if (way < 52)
		return plasmid_peek_name(store, 1);
	if (way < 54)
		return plasmid_free(store, REF(ref));
	if (way == 54)
		return plasmid_trim(store);
	if (way == 55)
		return plasmid_check(store);
	if (way == 56)
		return plasmid_stats_of(store, &stats);
	if (way == 57)
		return plasmid_block_name(store, 0, 2);
	return plasmid_drain(store);
}

static void *live(void *argument) {
	plasmid_options options = {.capacity = 4u << 20, .max_objects = 4096};
	plasmid_store *store;
	uint64_t seed = (uint64_t)(uintptr_t)argument;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	CHECK(write(*(int *)argument, "x", 1) == 1);
	seed ^= (uint64_t)getpid() << 20;
	while (step(store, &seed) != PLASMID_E_DESTROYED)
		;
	/* An unlinked store is destroyed for good, and so is a cut one: but for calls that only let go. */
	for (int i = 0; i < 20; i++)
		CHECK(put_small(store, &seed) == PLASMID_E_DESTROYED && draft(store) == PLASMID_E_DESTROYED);
	plasmid_close(store);
	return NULL;
}

/* One waits for a name that nobody binds. */
static void *wait_long(void *argument) {
	plasmid_options options = {.capacity = 4u << 20, .max_objects = 4096};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	CHECK(write(*(int *)argument, "x", 1) == 1);
	plasmid_exchange_of(store)->name[0] = 'w';
	int32_t r;
	do
		r = plasmid_block_name(store, 1, 1000 * SECONDS);
	while (r == 0); /* zeros, in the call that met them */
	CHECK(r == PLASMID_E_DESTROYED || r == PLASMID_E_LOCK_TIMEOUT);
	plasmid_close(store);
	return NULL;
}

static int process(int said) {
	pthread_t threads[3];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, i == 2 ? wait_long : live, &said) == 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Lengths at which something different is missing: all, a table, the heap or a part of it. */
static off_t length(uint64_t *seed, off_t whole) {
	uint32_t way = roll(seed) % 4;
	if (way == 0)
		return 0;
	if (way == 1)
		return (off_t)(roll(seed) % 64) * PM_PAGE; /* superblock, clients, names, the first entries */
	if (way == 2)
		return whole - (4 << 20) - (off_t)(roll(seed) % (uint32_t)(whole - (4 << 20)));
	return whole - 1 - (off_t)(roll(seed) % (4u << 20));
}

static void round_of(uint64_t *seed, bool unlinks) {
	char path[256], byte;
	int ready[2], status;
	struct stat info;
	pid_t children[PROCESSES];
	name = fresh_name();
	snprintf(path, sizeof path, "%s/%s.plasmid", DIRECTORY, name);
	CHECK(pipe(ready) == 0);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(process(ready[1]));
	}
	for (int i = 0; i < 3 * PROCESSES; i++)
		CHECK(read(ready[0], &byte, 1) == 1);
	usleep(roll(seed) % 20000);
	CHECK(stat(path, &info) == 0);
	off_t cut = length(seed, info.st_size);
	CHECK(unlinks ? unlink(path) == 0 : truncate(path, cut) == 0);
	alarm(SECONDS);
	for (int i = 0; i < PROCESSES; i++) {
		CHECK(waitpid(children[i], &status, 0) == children[i]);
		if (status != 0)
			fprintf(stderr, "cut at %lld of %lld: status %x\n", (long long)cut, (long long)info.st_size, (unsigned)status);
		CHECK(status == 0);
	}
	alarm(0);
	unlink(path);
	close(ready[0]);
	close(ready[1]);
}

int main(void) {
#ifdef __SANITIZE_THREAD__
	printf("skipped: for the thread sanitizer, memory that is mapped anew is written to by who maps it\n");
	return 0;
#endif
	uint64_t seed = 1;
	uint32_t rounds = 8 + scaled(16);
	mkdir(DIRECTORY, 0700);
	for (uint32_t i = 0; i < rounds; i++)
		round_of(&seed, i % 8 == 7);
	return 0;
}
