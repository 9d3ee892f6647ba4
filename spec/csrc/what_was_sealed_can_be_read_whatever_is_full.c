/* Memory full, and the disk at its limit or full: every object can be read all the same, in memory of the reader's own, and what is freed on
 * disk is room again, whoever else is alive in the same files. Neither names nor files run out before the room does. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "spilling.h"

#define MOST 4000

static plasmid_ref refs[MOST];
static bool there[MOST];

/* Some in pages, some not; some with a name, some containing the one before. */
static uint32_t words_of(uint32_t number) {
	return number % 3 == 0 ? 9000 + number : 1500 + number * 4;
}

static int32_t put(plasmid_store *store, uint32_t number) {
	CHECK(number < MOST);
	int32_t r = try_number(store, number, words_of(number), number % 2, &refs[number > 0 ? number - 1 : 0],
	                       number % 4 == 3 && there[number - 1], &refs[number]);
	there[number] = r >= 0;
	return r;
}

/* From `from` on until there is room no more, for want of disk: the next number. */
static uint32_t fill(plasmid_store *store, uint32_t from, int32_t why) {
	for (;; from++) {
		int32_t r = put(store, from);
		if (r < 0) {
			CHECK(r == why);
			return from;
		}
	}
}

/* Returns whether it is a copy. */
static bool check_whatever(plasmid_store *store, uint32_t number) {
	int32_t r = plasmid_lease(store, REF(refs[number]));
	bool apart = false;
	if (r == PLASMID_E_SPILLED) {
		r = plasmid_restore(store, REF(refs[number]), 10000);
		apart = r == PLASMID_E_SPILL_LIMIT;
		r = apart ? plasmid_lease_apart(store, REF(refs[number])) : plasmid_lease(store, REF(refs[number]));
	}
	WELL(r);
	check_leased(store, number, words_of(number));
	return apart;
}

/* Returns how many of them were copies. */
static uint32_t check_all(plasmid_store *store, uint32_t count) {
	uint32_t copies = 0;
	for (uint32_t i = 0; i < count; i++)
		copies += there[i] && check_whatever(store, i);
	WELL(plasmid_drain(store));
	WELL(plasmid_check(store));
	CHECK(stats_of(store).tokens == 0 && stats_of(store).leases == 0);
	return copies;
}

static uint64_t bytes_of_files(const spilling *s) {
	char command[300];
	unsigned long long bytes = 0;
	snprintf(command, sizeof command, "find %s -type f -printf '%%s\n' | awk '{n += $1} END {print n + 0}'",
	         s->folders[0]);
	FILE *out = popen(command, "r");
	CHECK(out != NULL && fscanf(out, "%llu", &bytes) == 1 && pclose(out) == 0);
	return bytes;
}

static uint64_t bytes_in(uint32_t from, uint32_t to) {
	uint64_t bytes = 0;
	for (uint32_t i = from; i < to; i++)
		bytes += there[i] ? words_of(i) * 4u : 0;
	return bytes;
}

/* One in `part` stays: what is put then is as much as what went. */
static void at_the_limit(uint32_t part, uint64_t file_bytes) {
	spilling s;
	spilling_begin(&s, 1);
	s.options.spill_limit = 4u << 20;
	s.options.spill_file_bytes = file_bytes;
	plasmid_store *store = spilling_open(&s);
	uint32_t count = fill(store, 0, PLASMID_E_SPILL_LIMIT);
	CHECK(bytes_in(0, count) > CAPACITY + (3u << 20));
	CHECK(check_all(store, count) > 0);
	uint64_t had = bytes_in(0, count);
	for (uint32_t i = 0; i < count; i++)
		if (i % part != 0) {
			WELL(plasmid_free(store, REF(refs[i])));
			there[i] = false;
		}
	WELL(plasmid_drain(store));
	uint64_t freed = had - bytes_in(0, count);
	uint32_t next = fill(store, count, PLASMID_E_SPILL_LIMIT);
	uint64_t regained = bytes_in(count, next);
	printf("one in %u stays: of %llu bytes %llu were room again\n", part, (unsigned long long)freed,
	       (unsigned long long)regained);
	CHECK(regained > freed - freed / 8);
	CHECK(stats_of(store).disk_bytes <= s.options.spill_limit && bytes_of_files(&s) <= s.options.spill_limit);
	CHECK(check_all(store, next) > 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* On a disk of its own that is too small. */
static void on_a_full_disk(void) {
	spilling s;
	spilling_begin(&s, 1);
	if (mount("none", s.folders[0], "tmpfs", 0, "size=1m,mode=0700") != 0) {
		printf("no disk of our own to fill: mount: %s\n", strerror(errno));
		CHECK(rmdir(s.folders[0]) == 0);
		return;
	}
	plasmid_store *store = spilling_open(&s);
	uint32_t count = fill(store, 0, PLASMID_E_SPILL);
	CHECK(check_all(store, count) > 0);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, s.name));
	CHECK(umount(s.folders[0]) == 0 && rmdir(s.folders[0]) == 0);
}

static uint32_t spilled_one(plasmid_store *store, uint32_t count) {
	for (uint32_t i = 3; i < count; i += 3) {
		if (!there[i])
			continue;
		if (plasmid_lease(store, REF(refs[i])) == PLASMID_E_SPILLED)
			return i;
		check_leased(store, i, words_of(i));
	}
	CHECK(!"none is on disk");
	return 0;
}

static void damage(const spilling *s) {
	char command[300];
	snprintf(command, sizeof command,
	         "find %s -type f | while read f; do printf '%%0126976d' 0 | dd of=\"$f\" bs=4096 "
	         "seek=1 conv=notrunc status=none; done",
	         s->folders[0]);
	CHECK(system(command) == 0);
}

/* A copy is its reader's, whatever becomes of the object and of the store. */
static void copies_stand_alone(void) {
	spilling s;
	spilling_begin(&s, 1);
	s.options.spill_limit = 2u << 20;
	plasmid_store *store = spilling_open(&s);
	uint32_t count = fill(store, 0, PLASMID_E_SPILL_LIMIT), number = spilled_one(store, count);
	WELL(plasmid_drain(store));
	WELL(plasmid_lease_apart(store, REF(refs[number])));
	const plasmid_buffer_row *rows = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
	uint32_t *values = (uint32_t *)(uintptr_t)rows->address;
	void *context = (void *)(uintptr_t)rows->context;
	CHECK(stats_of(store).leases == 0 && stats_of(store).tokens == 1 + plasmid_exchange_of(store)->references);
	/* Its reader may write to it: nobody else sees that, nor does the next get. */
	values[1] = 7;
	check_whatever(store, number);
	/* One that is in memory is leased as ever. */
	WELL(plasmid_lease_apart(store, REF(refs[count - 1])));
	check_leased(store, count - 1, words_of(count - 1));
	WELL(plasmid_free(store, REF(refs[number])));
	CHECK(plasmid_lease_apart(store, REF(refs[number])) == PLASMID_E_FREED);
	WELL(plasmid_check(store));
	CHECK(values[1] == 7 && values[2] == number * 2654435761u + 2);
	there[number] = false;
	number = spilled_one(store, count);
	damage(&s);
	CHECK(plasmid_lease_apart(store, REF(refs[number])) == PLASMID_E_LOST);
	CHECK(strstr(plasmid_detail(), s.folders[0]) != NULL);
	CHECK(plasmid_lease_apart(store, REF(refs[number])) == PLASMID_E_LOST && stats_of(store).quarantined_total == 1);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	CHECK(values[3] == values[2] + 1);
	plasmid_release(NULL, context);
	store = spilling_open(&s);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* A name stays in memory, in an extent of its own: more of them than the heap's table of extents had room for at first. */
static void with_many_names(void) {
	spilling s;
	spilling_begin(&s, 1);
	s.options.spill_file_bytes = 1u << 20;
	plasmid_store *store = spilling_open(&s);
	uint32_t count = 3000, words = 2000;
	for (uint32_t i = 0; i < count; i++)
		refs[i] = put_number(store, i, words, 1, NULL, 0);
	CHECK(stats_of(store).spilled > count / 2);
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < count; i += 37)
		check_number(store, refs[i], i, words);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* A file an object: they are gathered in time, but for that of one that is larger than the heap: others may be looking at it. */
static void with_many_files(void) {
	spilling s;
	char path[1024];
	spilling_begin(&s, 1);
	s.options.spill_file_bytes = 64u << 20;
	plasmid_store *store = spilling_open(&s);
	uint32_t count = 3900, words = 300, large_words = CAPACITY / 4 + 1000;
	plasmid_ref large = put_number(store, count, large_words, 0, NULL, 0);
	CHECK(spilling_files(&s, path) == 1);
	for (uint32_t i = 0; i < count; i++) {
		refs[i] = put_number(store, i, words, 0, NULL, 0);
		CHECK(plasmid_spill_out(store, 1) == 1);
	}
	CHECK(stats_of(store).spilled == count + 1 && stats_of(store).spill_files < 3200);
	CHECK(access(path, F_OK) == 0);
	check_number(store, large, count, large_words);
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < count; i += 37)
		check_number(store, refs[i], i, words);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

int main(void) {
	at_the_limit(2, 512u << 10);
	at_the_limit(3, 64u << 20);
	at_the_limit(10, 64u << 20);
	on_a_full_disk();
	copies_stand_alone();
	with_many_names();
	with_many_files();
	return 0;
}
