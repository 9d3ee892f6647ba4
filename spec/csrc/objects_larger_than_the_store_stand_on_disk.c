/* An object that is larger than the whole heap goes to a file of its own, and is read in place from there: with name, refs, pins, leases
 * and handles like any other. Damage, a full disk and the limit are told; its file stays as long as anybody looks at it, and no longer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include "spilling.h"

#define WORDS (CAPACITY / 2) /* twice the capacity, and a bit */

/* Files that died are removed by another thread. */
static void until_files(plasmid_store *store, const spilling *s, int count) {
	for (int turn = 0; turn < 500 && (int)stats_of(store).spill_files != count; turn++)
		wait_ms(10);
	CHECK(spilling_files(s, NULL) == count && (int)stats_of(store).spill_files == count);
	WELL(plasmid_check(store));
}

static const uint32_t *lease(plasmid_store *store, plasmid_ref ref, uint64_t *context) {
	WELL(plasmid_lease(store, REF(ref)));
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
	*context = row->context;
	return (const uint32_t *)(uintptr_t)row->address;
}

static void release(plasmid_store *store, uint64_t context) {
	plasmid_release(NULL, (void *)(uintptr_t)context);
	WELL(plasmid_drain(store));
}

static uint32_t word_of(uint32_t number, uint32_t i) {
	return number * 2654435761u + i;
}

static void it_comes_and_goes(uint32_t folders) {
	spilling s;
	spilling_begin(&s, folders);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref refs[4];
	refs[0] = put_number(store, 1, 100, 1, NULL, 0);
	refs[1] = put_number(store, 2, WORDS + 3, 1, refs, 1);
	refs[2] = put_number(store, 3, WORDS, 0, refs, 2);
	plasmid_stats stats = stats_of(store);
	CHECK(stats.spilled == 2 && stats.spill_files == 2 && stats.spill_folders == folders && stats.sealed_total == 3);
	CHECK(stats.disk_bytes > 2ull * WORDS * 4 && stats.spilled_bytes > 2ull * WORDS * 4 && stats.used < 10000);
	WELL(plasmid_check(store));
	WELL(plasmid_spill_out(store, CAPACITY));
	CHECK(plasmid_peek(store, REF(refs[1])) == PLASMID_E_LARGE && plasmid_state(store, REF(refs[1])) == 0);
	WELL(plasmid_restore(store, REF(refs[1]), 1000));
	CHECK(stats_of(store).restored_total == 0);
	for (uint32_t turn = 0; turn < 2; turn++) {
		check_number(store, refs[1], 2, WORDS + 3);
		check_number(store, refs[2], 3, WORDS);
		WELL(plasmid_drain(store));
		WELL(plasmid_tidy(store));
	}
	memcpy(plasmid_exchange_of(store)->name, "s/2", 3);
	CHECK(plasmid_peek_name(store, 3) == PLASMID_E_LARGE);
	CHECK(memcmp(&plasmid_exchange_of(store)->ref, &refs[1], sizeof refs[1]) == 0);
	plasmid_object_row row;
	uint32_t next;
	CHECK(plasmid_list(store, refs[1].slot, &row, 1, &next) == 1);
	CHECK(row.state == PLASMID_SPILLED && row.contained == 1 && row.pins == 1 && row.references == 1);
	CHECK(row.name_bytes == 3 && row.extent <= 128 && row.leases == 0);
	/* Contained, it stays without its pin; with its container it goes. */
	WELL(plasmid_unpin(store, REF(refs[1])));
	check_number(store, refs[1], 2, WORDS + 3);
	WELL(plasmid_unpin(store, REF(refs[2])));
	WELL(plasmid_drain(store));
	until_files(store, &s, 1);
	CHECK(plasmid_peek_name(store, 3) == PLASMID_E_NOT_FOUND);
	CHECK(stats_of(store).disk_bytes < 1000 && stats_of(store).spilled == 1); /* the small one */
	check_number(store, refs[0], 1, 100);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* All of it in-band, and nothing else. */
static void it_needs_no_buffer(void) {
	spilling s;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	uint32_t bytes = 3 * CAPACITY + 5;
	uint8_t *data = malloc(bytes);
	for (uint32_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)data, .inband_bytes = bytes};
	WELL(plasmid_put_many(store, &item, 1));
	CHECK(stats_of(store).spilled == 1);
	WELL(plasmid_lease(store, REF(item.ref)));
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	CHECK(exchange->inband == bytes && exchange->inband_token != 0);
	CHECK(memcmp((const void *)(uintptr_t)exchange->inband_at, data, bytes) == 0);
	WELL(plasmid_forget(store, exchange->inband_token));
	/* Nobody keeps it: there is no cache on disk. */
	WELL(plasmid_forget(store, item.token));
	CHECK(plasmid_state(store, REF(item.ref)) == PLASMID_E_LOST);
	until_files(store, &s, 0);
	free(data);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static int32_t begin_draft(plasmid_store *store, plasmid_item *item, plasmid_span spans[2], const char *name) {
	static uint32_t given[4096];
	for (uint32_t i = 0; i < 4096; i++)
		given[i] = i ^ 77;
	spans[0] = (plasmid_span){.address = (uint64_t)(uintptr_t)given, .bytes = sizeof given};
	spans[1] = (plasmid_span){.bytes = WORDS * 4ull};
	*item = (plasmid_item){.buffers = (uint64_t)(uintptr_t)spans,
	                       .buffer_count = 2,
	                       .name = (uint64_t)(uintptr_t)name,
	                       .name_bytes = name == NULL ? 0 : (uint32_t)strlen(name)};
	return plasmid_create(store, item);
}

static void a_draft_is_written_in_place(void) {
	spilling s;
	plasmid_item item;
	plasmid_span spans[2];
	spilling_begin(&s, 2);
	plasmid_store *store = spilling_open(&s);
	int32_t draft = begin_draft(store, &item, spans, "draft");
	WELL(draft);
	WELL(plasmid_check(store));
	CHECK(plasmid_state(store, REF(item.ref)) == PLASMID_E_NOT_SEALED);
	uint32_t *room = (uint32_t *)(uintptr_t)item.room;
	for (uint32_t i = 0; i < WORDS; i++) {
		CHECK(room[i] == 0);
		room[i] = word_of(9, i);
	}
	/* The view goes, the draft stays. */
	WELL(plasmid_unview(store, (uint32_t)draft, 1));
	release(store, item.context);
	WELL(plasmid_check(store));
	int32_t token = plasmid_seal(store, (uint32_t)draft);
	WELL(token);
	WELL(plasmid_check(store));
	uint64_t context;
	CHECK(*lease(store, item.ref, &context) == 77);
	const plasmid_buffer_row *rows = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
	const uint32_t *values = (const uint32_t *)(uintptr_t)rows[1].address;
	for (uint32_t i = 0; i < WORDS; i++)
		CHECK(values[i] == word_of(9, i));
	release(store, rows[1].context);
	release(store, context);
	/* Another of its name waits to be sealed, and may be again. */
	draft = begin_draft(store, &item, spans, NULL);
	WELL(draft);
	CHECK(begin_draft(store, &item, spans, "draft") == PLASMID_E_NAME_TAKEN);
	WELL(plasmid_abort(store, (uint32_t)draft));
	WELL(plasmid_check(store));
	WELL(plasmid_forget(store, (uint32_t)token));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Aborted under its view: the view stays good, and the file goes with it. */
static void an_aborted_drafts_view_keeps_its_file(void) {
	spilling s;
	plasmid_item item;
	plasmid_span spans[2];
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	int32_t draft = begin_draft(store, &item, spans, NULL);
	WELL(draft);
	WELL(plasmid_abort(store, (uint32_t)draft));
	WELL(plasmid_tidy(store));
	CHECK(spilling_files(&s, NULL) == 1);
	WELL(plasmid_check(store));
	memset((void *)(uintptr_t)item.room, 1, WORDS * 4);
	release(store, item.context);
	until_files(store, &s, 0);
	WELL(begin_draft(store, &item, spans, NULL));
	WELL(plasmid_close(store));
	plasmid_release(NULL, (void *)(uintptr_t)item.context);
	store = spilling_open(&s);
	until_files(store, &s, 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void a_freed_one_stays_while_it_is_leased(void) {
	spilling s;
	uint64_t context, other;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref ref = put_number(store, 5, WORDS, 1, NULL, 0);
	const uint32_t *values = lease(store, ref, &context);
	CHECK(lease(store, ref, &other) == values);
	WELL(plasmid_free(store, REF(ref)));
	CHECK(plasmid_lease(store, REF(ref)) == PLASMID_E_FREED);
	release(store, other);
	WELL(plasmid_tidy(store));
	CHECK(spilling_files(&s, NULL) == 1 && stats_of(store).disk_bytes > WORDS && stats_of(store).spilled == 0);
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < WORDS; i++)
		CHECK(values[i] == word_of(5, i));
	release(store, context);
	until_files(store, &s, 0);
	CHECK(stats_of(store).disk_bytes == 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void a_write_through_a_view_stays_here(void) {
	spilling s;
	uint64_t context, again;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref ref = put_number(store, 6, WORDS, 1, NULL, 0);
	uint32_t *values = (uint32_t *)(uintptr_t)lease(store, ref, &context);
	uint32_t turned = *plasmid_turned(store);
	values[0] = values[WORDS - 1] = 1;
	CHECK(values[0] == 1 && values[1] == word_of(6, 1) && *plasmid_turned(store) == turned + 1);
	plasmid_stray_row stray;
	CHECK(plasmid_stray(store, &stray) == 1 && memcmp(stray.id, ref.id, sizeof ref.id) == 0);
	CHECK(stray.name_bytes == 3 && memcmp(stray.name, "s/6", 3) == 0);
	const uint32_t *sealed = lease(store, ref, &again);
	CHECK(sealed != values && sealed[0] == word_of(6, 0) && sealed[WORDS - 1] == word_of(6, WORDS - 1));
	release(store, context);
	release(store, again);
	check_number(store, ref, 6, WORDS);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void flip(const char *path, off_t at) {
	unsigned char byte;
	int fd = open(path, O_RDWR);
	CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
	byte ^= 8;
	CHECK(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0);
}

static void damage_is_told(void) {
	spilling s;
	char path[1024] = "";
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	for (uint32_t turn = 0; turn < 4; turn++) {
		plasmid_ref ref = put_number(store, turn, WORDS, 1, NULL, 0);
		CHECK(spilling_files(&s, path) == 1);
		if (turn == 0)
			flip(path, 4096 + WORDS);
		if (turn == 1)
			flip(path, 4096 - 40); /* of the header */
		if (turn == 2)
			CHECK(truncate(path, WORDS) == 0);
		if (turn == 3)
			CHECK(unlink(path) == 0);
		CHECK(plasmid_lease(store, REF(ref)) == PLASMID_E_LOST);
		CHECK(strstr(plasmid_detail(), path) != NULL);
		CHECK(plasmid_state(store, REF(ref)) == PLASMID_E_LOST);
		until_files(store, &s, 0);
		CHECK(stats_of(store).quarantined_total == turn + 1 && stats_of(store).disk_bytes == 0);
	}
	WELL(plasmid_close(store));
	spilling_end(&s);
}

/* Cut short under a view: zeros, until the next get says what happened. */
static void a_cut_under_a_view_hurts_nobody(void) {
	spilling s;
	char path[1024] = "";
	uint64_t context;
	spilling_begin(&s, 1);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref ref = put_number(store, 7, WORDS, 1, NULL, 0);
	const volatile uint32_t *values = lease(store, ref, &context);
	CHECK(spilling_files(&s, path) == 1 && truncate(path, 4096 + 65536) == 0);
	CHECK(values[100] == word_of(7, 100) && values[WORDS - 1] == 0 && values[WORDS / 2] == 0);
	((volatile uint32_t *)values)[WORDS / 2] = 5;
	CHECK(plasmid_lease(store, REF(ref)) == PLASMID_E_LOST && strstr(plasmid_detail(), path) != NULL);
	release(store, context);
	until_files(store, &s, 0);
	/* And under a draft's: it can't be sealed. */
	for (uint32_t turn = 0; turn < 2; turn++) {
		plasmid_item item;
		plasmid_span spans[2];
		int32_t draft = begin_draft(store, &item, spans, NULL);
		WELL(draft);
		CHECK(spilling_files(&s, path) == 1 && truncate(path, 65536) == 0);
		((volatile uint32_t *)(uintptr_t)item.room)[WORDS - 1] = 5;
		if (turn == 1)
			CHECK(truncate(path, WORDS * 8) == 0); /* nothing can be seen of it */
		CHECK(plasmid_seal(store, (uint32_t)draft) == PLASMID_E_SPILL && strstr(plasmid_detail(), ".making") != NULL);
		WELL(plasmid_check(store));
		WELL(plasmid_abort(store, (uint32_t)draft));
		release(store, item.context);
		until_files(store, &s, 0);
	}
	check_number(store, put_number(store, 8, WORDS, 0, NULL, 0), 8, WORDS);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static int32_t put_zeros(plasmid_store *store, uint64_t bytes) {
	plasmid_span span = {.bytes = bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN};
	return plasmid_put_many(store, &item, 1);
}

static void the_limit_is_kept(void) {
	spilling s;
	plasmid_item item;
	plasmid_span spans[2];
	spilling_begin(&s, 1);
	s.options.spill_limit = 3 * CAPACITY;
	plasmid_store *store = spilling_open(&s);
	/* Copies of what is in memory go for it. */
	plasmid_ref small[16];
	for (uint32_t i = 0; i < 16; i++)
		small[i] = put_number(store, i, 20000, 0, NULL, 0);
	while (plasmid_spill_out(store, CAPACITY) > 0)
		;
	for (uint32_t i = 0; i < 16; i++)
		check_number(store, small[i], i, 20000);
	WELL(plasmid_drain(store));
	CHECK(stats_of(store).disk_bytes > CAPACITY / 2);
	plasmid_ref ref = put_number(store, 20, (CAPACITY * 5ull / 2) / 4, 0, NULL, 0);
	CHECK(put_zeros(store, CAPACITY) == PLASMID_E_SPILL_LIMIT && strstr(plasmid_detail(), "limit on disk use") != NULL);
	CHECK(begin_draft(store, &item, spans, NULL) == PLASMID_E_SPILL_LIMIT);
	CHECK(spilling_files(&s, NULL) == 1 && stats_of(store).disk_bytes <= s.options.spill_limit);
	WELL(plasmid_free(store, REF(ref)));
	WELL(put_zeros(store, 2 * CAPACITY));
	for (uint32_t i = 0; i < 16; i++)
		check_number(store, small[i], i, 20000);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void a_full_disk_is_told(void) {
	spilling s;
	plasmid_item item;
	plasmid_span spans[2];
	spilling_begin(&s, 1);
	if (mount("none", s.folders[0], "tmpfs", 0, "size=3m,mode=0700") != 0) {
		printf("no disk of our own to fill: mount: %s\n", strerror(errno));
		CHECK(rmdir(s.folders[0]) == 0);
		return;
	}
	plasmid_store *store = spilling_open(&s);
	CHECK(put_zeros(store, 2 * CAPACITY) == PLASMID_E_SPILL && strstr(plasmid_detail(), s.folders[0]) != NULL);
	CHECK(begin_draft(store, &item, spans, NULL) == PLASMID_E_SPILL);
	until_files(store, &s, 0);
	WELL(put_zeros(store, CAPACITY));
	CHECK(stats_of(store).objects == 1);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, s.name));
	CHECK(umount(s.folders[0]) == 0 && rmdir(s.folders[0]) == 0);
}

/* One of many in a call: all or none. */
static void many_are_put_together(void) {
	spilling s;
	spilling_begin(&s, 1);
	s.options.spill_limit = 11 * CAPACITY / 2;
	plasmid_store *store = spilling_open(&s);
	plasmid_span spans[3] = {{.bytes = 100}, {.bytes = 3 * CAPACITY}, {.bytes = 3 * CAPACITY}};
	plasmid_item items[3];
	for (uint32_t i = 0; i < 3; i++)
		items[i] = (plasmid_item){.buffers = (uint64_t)(uintptr_t)&spans[i],
		                          .buffer_count = 1,
		                          .name = (uint64_t)(uintptr_t) "abc" + i,
		                          .name_bytes = 1};
	CHECK(plasmid_put_many(store, items, 3) == PLASMID_E_SPILL_LIMIT && items[2].status == PLASMID_E_SPILL_LIMIT);
	CHECK(stats_of(store).objects == 0);
	WELL(plasmid_put_many(store, items, 2));
	CHECK(stats_of(store).objects == 2 && stats_of(store).spilled == 1);
	items[2].name = items[1].name;
	items[2].buffers = items[1].buffers;
	spans[1].bytes = CAPACITY;
	CHECK(plasmid_put_many(store, &items[2], 1) == PLASMID_E_NAME_TAKEN);
	items[2].flags = PLASMID_ITEM_REPLACE;
	spans[1].bytes = CAPACITY - 4096 * 8;
	WELL(plasmid_put_many(store, &items[2], 1));
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	spilling_end(&s);
}

static void a_store_that_does_not_spill_refuses_it(void) {
	plasmid_store *store;
	plasmid_options options = {.capacity = CAPACITY};
	const char *name = fresh_name();
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	CHECK(put_zeros(store, CAPACITY) == PLASMID_E_STORE_FULL);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

#ifndef __SANITIZE_THREAD__
/* Several read it while it is put, freed and put anew; one of them is killed with a lease. */
static void others_read_it(void) {
	spilling s;
	spilling_begin(&s, 2);
	plasmid_store *store = spilling_open(&s);
	plasmid_ref refs[3];
	for (uint32_t i = 0; i < 3; i++)
		refs[i] = put_number(store, i, WORDS + i, 1, NULL, 0);
	WELL(plasmid_close(store));
	pid_t readers[3];
	for (uint32_t child = 0; child < 3; child++) {
		readers[child] = fork();
		CHECK(readers[child] >= 0);
		if (readers[child] != 0)
			continue;
		uint64_t context;
		store = spilling_open(&s);
		for (uint32_t i = 0; i < 6; i++) {
			check_number(store, refs[(i + child) % 3], (i + child) % 3, WORDS + (i + child) % 3);
			WELL(plasmid_drain(store));
		}
		lease(store, refs[0], &context);
		if (child == 2)
			raise(SIGKILL);
		plasmid_release(NULL, (void *)(uintptr_t)context);
		WELL(plasmid_close(store));
		_exit(0);
	}
	for (uint32_t child = 0; child < 3; child++) {
		int status;
		CHECK(waitpid(readers[child], &status, 0) == readers[child]);
		CHECK(child == 2 ? WIFSIGNALED(status) : status == 0);
	}
	store = spilling_open(&s);
	WELL(plasmid_free(store, REF(refs[0])));
	WELL(plasmid_reap(store));
	until_files(store, &s, 2);
	CHECK(stats_of(store).spilled == 2);
	WELL(plasmid_close(store));
	spilling_end(&s);
}
#endif

int main(void) {
	it_comes_and_goes(1);
	it_comes_and_goes(2);
	it_needs_no_buffer();
	a_draft_is_written_in_place();
	an_aborted_drafts_view_keeps_its_file();
	a_freed_one_stays_while_it_is_leased();
	a_write_through_a_view_stays_here();
	damage_is_told();
	a_cut_under_a_view_hurts_nobody();
	the_limit_is_kept();
	a_full_disk_is_told();
	many_are_put_together();
	a_store_that_does_not_spill_refuses_it();
#ifndef __SANITIZE_THREAD__
	others_read_it();
#endif
	return 0;
}
