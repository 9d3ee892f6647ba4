/* Threads write through views on the same objects at once, get, let go and get again: every write of a thread is in its view, every
 * new view shows the sealed bytes, another process never sees any of it, and when all views are gone no page is private. Under the
 * sanitizers this also says that what the handler shares with the others is ordered. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "support.h"

#define THREADS 4
#define OBJECTS 8
#define BYTES (20u * 4096u)

static const char *name;
static plasmid_ref refs[OBJECTS];
static pthread_barrier_t gate;

typedef struct view {
	volatile uint8_t *at;
	uint64_t context;
} view;

/* For the thread sanitizer the call that maps a page anew writes to it, at the same time as the instructions that are repeated. */
__attribute__((no_sanitize("thread"), noinline)) static void set(view v, uint32_t at, uint8_t value) {
	v.at[at] = value;
}

__attribute__((no_sanitize("thread"), noinline)) static uint8_t value(view v, uint32_t at) {
	return v.at[at];
}

static view get(plasmid_store *store, uint32_t object) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	WELL(plasmid_lease(store, REF(refs[object])));
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)exchange->rows;
	CHECK(exchange->buffers == 1 && row->bytes == BYTES);
	return (view){.at = (volatile uint8_t *)(uintptr_t)row->address, .context = row->context};
}

static void let_go(view v) {
	plasmid_release(NULL, (void *)(uintptr_t)v.context);
}

static bool sealed(view v, uint32_t object) {
	for (uint32_t at = 0; at < BYTES; at += 511)
		if (value(v, at) != object + 1)
			return false;
	return true;
}

/* All threads on one object's pages at once, each on bytes of its own. */
static void write_together(plasmid_store *store, uintptr_t self, uint32_t object) {
	view first = get(store, object);
	CHECK(sealed(first, object));
	pthread_barrier_wait(&gate);
	for (uint32_t at = (uint32_t)self; at < BYTES; at += 64)
		set(first, at, (uint8_t)(100 + self));
	for (uint32_t at = (uint32_t)self; at < BYTES; at += 64)
		CHECK(value(first, at) == 100 + self);
	view later = get(store, object);
	CHECK(sealed(later, object));
	pthread_barrier_wait(&gate);
	let_go(first);
	let_go(later);
	WELL(plasmid_drain(store));
	pthread_barrier_wait(&gate);
}

/* Each thread for itself: views that are written to, views that are not, in any order of their ends. */
static void write_alone(plasmid_store *store, uint64_t *seed) {
	view held[8] = {0};
	uint8_t mark[8], object[8];
	for (uint32_t i = 0; i < scaled(4000); i++) {
		uint32_t n = roll(seed) % 8;
		if (held[n].at != NULL) {
			/* It may share its pages with other threads' views of the same get, so they all write the same there. */
			CHECK(value(held[n], 4096) == mark[n] || value(held[n], 4096) == 55);
			let_go(held[n]);
			held[n].at = NULL;
			if (roll(seed) % 4 == 0)
				WELL(plasmid_drain(store));
			continue;
		}
		object[n] = (uint8_t)(roll(seed) % OBJECTS);
		held[n] = get(store, object[n]);
		mark[n] = (uint8_t)(object[n] + 1);
		if (roll(seed) % 2 == 0)
			set(held[n], 4096, mark[n] = 55);
	}
	for (uint32_t n = 0; n < 8; n++)
		if (held[n].at != NULL)
			let_go(held[n]);
	WELL(plasmid_drain(store));
}

static void *live(void *argument) {
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	uintptr_t self = (uintptr_t)argument;
	uint64_t seed = self + 1;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	for (uint32_t turn = 0; turn < 20; turn++)
		for (uint32_t object = 0; object < OBJECTS; object++)
			write_together(store, self, object);
	write_alone(store, &seed);
	WELL(plasmid_close(store));
	return NULL;
}

static uint32_t private_mappings(void) {
	char line[512], file[128];
	uint32_t count = 0;
	snprintf(file, sizeof file, "/%s.plasmid", name);
	FILE *maps = fopen("/proc/self/maps", "r");
	CHECK(maps != NULL);
	while (fgets(line, sizeof line, maps) != NULL)
		count += strstr(line, file) != NULL && strstr(line, " rw-p ") != NULL;
	fclose(maps);
	return count;
}

/* The process that made the objects looks at them as the others wrote, and after. */
static int maker(int heard, int said) {
	plasmid_options options = {.capacity = 8u << 20};
	plasmid_store *store;
	static uint8_t bytes[BYTES];
	char byte;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	for (uint32_t i = 0; i < OBJECTS; i++) {
		memset(bytes, (int)i + 1, sizeof bytes);
		plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = BYTES};
		plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN};
		WELL(plasmid_put_many(store, &item, 1));
		refs[i] = item.ref;
	}
	CHECK(write(said, refs, sizeof refs) == sizeof refs);
	CHECK(read(heard, &byte, 1) == 1);
	for (uint32_t i = 0; i < OBJECTS; i++) {
		view v = get(store, i);
		for (uint32_t at = 0; at < BYTES; at++)
			CHECK(value(v, at) == i + 1);
		let_go(v);
	}
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	return 0;
}

static void told(plasmid_store *store) {
	plasmid_stray_row row;
	uint32_t count = 0;
	for (; plasmid_stray(store, &row) == 1; count++)
		CHECK(row.name_bytes == 0);
	printf("%u objects were written to, %u times made private\n", count, *plasmid_turned(store));
	CHECK(count == OBJECTS);
}

int main(void) {
	int to[2], from[2], status;
	pthread_t threads[THREADS];
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	plasmid_stats stats;
	name = fresh_name();
	CHECK(pipe(to) == 0 && pipe(from) == 0);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(maker(to[0], from[1]));
	}
	CHECK(read(from[0], refs, sizeof refs) == sizeof refs);
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	CHECK(pthread_barrier_init(&gate, NULL, THREADS) == 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, live, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	WELL(plasmid_drain(store));
	told(store);
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.leases == 0 && private_mappings() == 0);
	CHECK(write(to[1], "x", 1) == 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
