/* What is spilled comes back word for word, under its name, with its refs; files are bounded, rewritten and removed; damage, a full disk
 * and the limit are told, and lose nothing that is in memory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "spilling.h"

#define MOST 256

static plasmid_ref refs[MOST];

/* Three times the capacity, some in pages, some not, some with a name, some containing the one before. */
static uint32_t words_of(uint32_t number) {
	return number % 3 == 0 ? 300 + number : 20000 + number * 16;
}

static void fill(plasmid_store *store, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		refs[i] = put_number(store, i, words_of(i), i % 2, &refs[i > 0 ? i - 1 : 0], i % 4 == 3);
}

static void round_trip(uint32_t folders) {
	spilling s;
	spilling_begin(&s, folders);
	plasmid_store *store = spilling_open(&s);
	fill(store, 100);
	WELL(plasmid_check(store));
	plasmid_stats stats = stats_of(store);
	CHECK(stats.spilled > 0 && stats.spilled_total >= stats.spilled && stats.disk_bytes > CAPACITY);
	for (uint32_t turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; i < 100; i++) {
			check_number(store, refs[i], i, words_of(i));
			if (i % 2 == 1) {
				int bytes = snprintf((char *)plasmid_exchange_of(store)->name, PLASMID_NAME_BYTES, "s/%u", i);
				WELL(plasmid_find(store, (uint32_t)bytes));
				CHECK(memcmp(&plasmid_exchange_of(store)->ref, &refs[i], sizeof refs[i]) == 0);
			}
		}
	WELL(plasmid_check(store));
	/* They never changed: what went out a second time was not written again. */
	CHECK(stats_of(store).restored_total > 100);
	CHECK(stats_of(store).disk_bytes < 4ull * CAPACITY);
	for (uint32_t i = 0; i < 100; i++)
		WELL(plasmid_free(store, REF(refs[i])));
	WELL(plasmid_drain(store));
	WELL(plasmid_tidy(store));
	WELL(plasmid_check(store));
	CHECK(stats_of(store).disk_bytes == 0 && stats_of(store).used == 0 && spilling_files(&s, NULL) == 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Extents that fill the heap to the last granule, each with a name: its place must come out of what it leaves. */
static void exactly_full(void) {
	spilling s;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	uint32_t words = (65536 - 64 - 16) / 4;
	for (uint32_t i = 0; i < 64; i++)
		refs[i] = put_number(store, i, words, 1, NULL, 0);
	CHECK(stats_of(store).spilled > 0);
	for (uint32_t i = 0; i < 64; i++)
		check_number(store, refs[i], i, words);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void spill_all(plasmid_store *store) {
	int32_t gone;
	do {
		gone = plasmid_spill_out(store, CAPACITY);
		WELL(gone);
	} while (gone > 0);
}

/* Frees alone do it: a thread of the freer's process rewrites what is left. */
static void one_keeps_no_large_file(void) {
	spilling s;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < 60; i++)
		refs[i] = put_number(store, i, 1000, 0, NULL, 0);
	spill_all(store);
	CHECK(stats_of(store).spilled == 60 && stats_of(store).spill_files == 1);
	uint64_t before = stats_of(store).disk_bytes;
	for (uint32_t i = 0; i < 60; i++)
		if (i != 17)
			WELL(plasmid_free(store, REF(refs[i])));
	for (int turn = 0; turn < 500 && stats_of(store).disk_bytes >= before / 20; turn++)
		wait_ms(10);
	WELL(plasmid_check(store));
	CHECK(stats_of(store).disk_bytes < before / 20 && spilling_files(&s, NULL) == 1);
	check_number(store, refs[17], 17, 1000);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void a_dead_file_is_written_over(void) {
	spilling s;
	spilling_begin(&s, 1);
	char before[1024] = "", after[1024] = "";
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < 60; i++)
		refs[i] = put_number(store, i, 1000, 0, NULL, 0);
	spill_all(store);
	CHECK(spilling_files(&s, before) == 1);
	for (uint32_t i = 0; i < 60; i++)
		WELL(plasmid_free(store, REF(refs[i])));
	for (uint32_t i = 0; i < 20; i++)
		refs[i] = put_number(store, 100 + i, 900, i % 2, NULL, 0);
	spill_all(store);
	WELL(plasmid_check(store));
	struct stat info;
	CHECK(spilling_files(&s, after) == 1 && strcmp(before, after) == 0);
	CHECK(stat(after, &info) == 0 && (uint64_t)info.st_size == stats_of(store).disk_bytes);
	for (uint32_t i = 0; i < 20; i++)
		check_number(store, refs[i], 100 + i, 900);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void damage_is_told(void) {
	spilling s;
	char path[1024] = "";
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	refs[0] = put_number(store, 0, 9000, 1, NULL, 0);
	spill_all(store);
	CHECK(spilling_files(&s, path) == 1);
	int fd = open(path, O_RDWR);
	unsigned char byte;
	CHECK(fd >= 0 && pread(fd, &byte, 1, 20000) == 1);
	byte ^= 16;
	CHECK(pwrite(fd, &byte, 1, 20000) == 1);
	close(fd);
	CHECK(plasmid_restore(store, REF(refs[0]), 1000) == PLASMID_E_LOST);
	CHECK(strstr(plasmid_detail(), path) != NULL);
	CHECK(plasmid_lease(store, REF(refs[0])) == PLASMID_E_LOST);
	CHECK(stats_of(store).quarantined_total == 1 && stats_of(store).spilled == 0);
	refs[1] = put_number(store, 1, 9000, 0, NULL, 0);
	spill_all(store);
	WELL(plasmid_tidy(store));
	CHECK(spilling_files(&s, path) == 1 && unlink(path) == 0);
	CHECK(plasmid_restore(store, REF(refs[1]), 1000) == PLASMID_E_LOST);
	CHECK(strstr(plasmid_detail(), path) != NULL);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void limit_is_kept(void) {
	spilling s;
	spilling_begin(&s, 1);
	s.options.spill_limit = 1u << 20;
	plasmid_store *store = spilling_open(&s);
	uint32_t count = 0;
	int32_t gone = 1;
	while (gone > 0) {
		plasmid_span span = {.bytes = 100000};
		plasmid_item item = {
				.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN | PLASMID_ITEM_ZERO};
		int32_t draft = plasmid_create(store, &item);
		if (draft == PLASMID_E_STORE_FULL) {
			gone = plasmid_spill_out(store, 100000);
			continue;
		}
		WELL(draft);
		WELL(plasmid_seal(store, (uint32_t)draft));
		plasmid_release(NULL, (void *)(uintptr_t)item.context);
		refs[count++] = item.ref;
	}
	CHECK(gone == PLASMID_E_SPILL_LIMIT);
	CHECK(stats_of(store).disk_bytes <= 1u << 20 && stats_of(store).spilled >= 8);
	for (uint32_t i = 0; i < count; i++)
		WELL(plasmid_state(store, REF(refs[i])));
	WELL(plasmid_check(store));
	plasmid_store *other;
	plasmid_options options = s.options;
	options.spill_limit++;
	CHECK(plasmid_open(DIRECTORY, s.name, &options, &other) == PLASMID_E_SPILL_OPTIONS);
	options = (plasmid_options){0};
	WELL(plasmid_open(DIRECTORY, s.name, &options, &other));
	WELL(plasmid_close(other));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Nor do others that are alive: a file of which nearly all is dead goes by itself, though nothing else is freed or spilled. */
static void one_keeps_no_file_among_others(void) {
	spilling s;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	uint32_t words = 2000, count = 120; /* some 30 a file */
	for (uint32_t i = 0; i < count; i++)
		refs[i] = put_number(store, i, words, 0, NULL, 0);
	while (plasmid_spill_out(store, CAPACITY) > 0) {
	}
	uint64_t before = stats_of(store).disk_bytes;
	CHECK(stats_of(store).spilled == count && stats_of(store).spill_files >= 4);
	uint32_t dead = 0;
	for (uint32_t i = 1; i < 30; i++, dead++)
		WELL(plasmid_free(store, REF(refs[i])));
	uint64_t most = before - (uint64_t)(dead - 4) * words * 4;
	for (uint32_t turn = 0; turn < 1000 && stats_of(store).disk_bytes > most; turn++)
		wait_ms(10);
	CHECK(stats_of(store).disk_bytes <= most);
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < count; i += i == 0 ? 30 : 1)
		check_number(store, refs[i], i, words);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* On a disk of its own that is too small. */
static void full_disk_loses_nothing(void) {
	spilling s;
	spilling_begin(&s, 1);
	if (mount("none", s.folders[0], "tmpfs", 0, "size=256k,mode=0700") != 0) {
		printf("no disk of our own to fill: mount: %s\n", strerror(errno));
		CHECK(rmdir(s.folders[0]) == 0);
		return;
	}
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < 4; i++)
		refs[i] = put_number(store, i, 60000, 0, NULL, 0);
	int32_t gone = plasmid_spill_out(store, CAPACITY);
	while (gone > 0)
		gone = plasmid_spill_out(store, CAPACITY);
	CHECK(gone == PLASMID_E_SPILL);
	for (uint32_t i = 0; i < 4; i++)
		check_number(store, refs[i], i, 60000);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, s.name));
	CHECK(umount(s.folders[0]) == 0 && rmdir(s.folders[0]) == 0);
}

/* Two processes want the same at the same time: each gets it. */
static __attribute__((unused)) void many_readers(void) {
	spilling s;
	spilling_begin(&s, 2);
	plasmid_store *store = spilling_open(&s);
	fill(store, 60);
	WELL(plasmid_close(store));
	for (int child = 0; child < 3; child++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			store = spilling_open(&s);
			uint64_t random = (uint64_t)child + 1;
			for (uint32_t i = 0; i < scaled(600); i++) {
				uint32_t number = i < 60 ? i : roll(&random) % 60;
				check_number(store, refs[number], number, words_of(number));
				WELL(plasmid_drain(store));
			}
			WELL(plasmid_close(store));
			_exit(0);
		}
	}
	for (int child = 0; child < 3; child++) {
		int status;
		CHECK(wait(&status) > 0 && status == 0);
	}
	store = spilling_open(&s);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static plasmid_ref replace(plasmid_store *store, const char *name, uint32_t words) {
	plasmid_span span = {.bytes = words * 4u};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1,
	                     .name = (uint64_t)(uintptr_t)name,
	                     .name_bytes = (uint32_t)strlen(name),
	                     .flags = PLASMID_ITEM_PIN | PLASMID_ITEM_REPLACE | PLASMID_ITEM_ZERO};
	int32_t token;
	int32_t draft = plasmid_create(store, &item);
	WELL(draft);
	WELL(token = plasmid_seal(store, (uint32_t)draft));
	WELL(plasmid_forget(store, (uint32_t)token));
	plasmid_release(NULL, (void *)(uintptr_t)item.context);
	return item.ref;
}

/* The name of what is on disk is bound anew: that stays what it was, without one. */
static void a_name_passes_on(uint32_t words) {
	spilling s;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref old = put_number(store, 1, words, 1, NULL, 0);
	if (words * 4u < CAPACITY)
		spill_all(store);
	plasmid_ref next = replace(store, "s/1", 500);
	WELL(plasmid_check(store));
	check_number(store, old, 1, words);
	WELL(plasmid_drain(store));
	WELL(plasmid_spill_out(store, CAPACITY));
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	store = spilling_open(&s);
	check_number(store, old, 1, words);
	memcpy(plasmid_exchange_of(store)->name, "s/1", 3);
	WELL(plasmid_find(store, 3));
	CHECK(memcmp(&plasmid_exchange_of(store)->ref, &next, sizeof next) == 0);
	WELL(plasmid_free(store, REF(old)));
	WELL(plasmid_free(store, REF(next)));
	WELL(plasmid_drain(store));
	WELL(plasmid_check(store));
	CHECK(stats_of(store).used == 0 && stats_of(store).objects == 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* A store that vanished with its memory leaves files: the next of its name removes them. */
static void a_successor_cleans_up(void) {
	spilling s;
	char path[256];
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	refs[0] = put_number(store, 0, 9000, 0, NULL, 0);
	spill_all(store);
	WELL(plasmid_close(store));
	snprintf(path, sizeof path, "%s/%s.plasmid", DIRECTORY, s.name);
	CHECK(unlink(path) == 0 && spilling_files(&s, NULL) == 1);
	store = spilling_open(&s);
	CHECK(spilling_files(&s, NULL) == 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

int main(void) {
	round_trip(1);
	round_trip(2);
	exactly_full();
	one_keeps_no_large_file();
	one_keeps_no_file_among_others();
	a_dead_file_is_written_over();
	damage_is_told();
	limit_is_kept();
	full_disk_loses_nothing();
	a_name_passes_on(300);
	a_name_passes_on(20000);
	a_name_passes_on(CAPACITY / 4 + 1000);
	a_successor_cleans_up();
#ifndef __SANITIZE_THREAD__
	/* The children open stores: their threads may hang in a fork that the thread sanitizer watches. */
	many_readers();
#endif
	return 0;
}
