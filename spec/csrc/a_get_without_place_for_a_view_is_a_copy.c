/* Views that were written to take all the windows that a process has, or the kernel has no mapping for one more: a lease says so, and
 * the object can be had as a copy. Other objects and stores are as before, and when the views end all of it returns. */
#include <signal.h>
#include <stdbool.h>

#include "injector.h"
#include "spilling.h"

#define BYTES (9u * 4096u)
#define VIEWS_MOST 5000u

typedef struct view {
	volatile uint8_t *at;
	uint64_t context;
} view;

typedef int32_t lease_call(plasmid_store *, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);

static char name[64]; /* fresh_name gives the same memory each time */
static plasmid_store *store;
static view views[VIEWS_MOST];

/* For the thread sanitizer see a_write_through_a_view_stays_here.c. */
__attribute__((no_sanitize("thread"), noinline)) static void set(view v, uint32_t at, uint8_t value) {
	v.at[at] = value;
}

static int32_t get(lease_call *lease, plasmid_ref ref, view *v) {
	int32_t r = lease(store, REF(ref));
	if (r < 0)
		return r;
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
	*v = (view){.at = (volatile uint8_t *)(uintptr_t)row->address, .context = row->context};
	return r;
}

static void let_go(view v) {
	plasmid_release(NULL, (void *)(uintptr_t)v.context);
	WELL(plasmid_drain(store));
}

static bool sealed(view v, uint8_t value) {
	for (uint32_t at = 0; at < BYTES; at += 4095)
		if (v.at[at] != value)
			return false;
	return true;
}

static plasmid_ref put(uint8_t value) {
	static uint8_t bytes[BYTES];
	memset(bytes, value, sizeof bytes);
	plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = BYTES};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN};
	WELL(plasmid_put_many(store, &item, 1));
	return item.ref;
}

/* Of the store's file: all, and those that are private and can be written to. */
static uint32_t mappings(uint32_t *turned) {
	char line[512], file[128], number[32];
	struct stat info;
	uint32_t count = 0;
	*turned = 0;
	snprintf(file, sizeof file, "%s/%s.plasmid", DIRECTORY, name);
	CHECK(stat(file, &info) == 0);
	snprintf(number, sizeof number, " %lu ", (unsigned long)info.st_ino);
	FILE *maps = fopen("/proc/self/maps", "r");
	CHECK(maps != NULL);
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, number) != NULL) {
			count++;
			*turned += strstr(line, " rw-p ") != NULL;
		}
	fclose(maps);
	return count;
}

static void nothing_is_left(uint32_t before) {
	uint32_t turned;
	CHECK(mappings(&turned) == before && turned == 0);
	CHECK(stats_of(store).leases == 0);
	WELL(plasmid_check(store));
}

static void another_store_opens(void) {
	plasmid_options options = {.capacity = 1u << 20, .flags = PLASMID_OPEN_LAST_CLOSE};
	plasmid_store *others[100];
	for (uint32_t i = 0; i < 100; i++)
		WELL(plasmid_open(DIRECTORY, fresh_name(), &options, &others[i]));
	for (uint32_t i = 0; i < 100; i++)
		WELL(plasmid_close(others[i]));
}

static void all_windows_are_taken(plasmid_ref ref, plasmid_ref other) {
	uint32_t count = 0, turned, before = mappings(&turned);
	view copy, clean;
	for (;; count++) {
		CHECK(count < VIEWS_MOST);
		int32_t r = get(plasmid_lease, ref, &views[count]);
		if (r == PLASMID_E_NO_VIEW)
			break;
		WELL(r);
		CHECK(sealed(views[count], 1));
		set(views[count], 5, 200);
	}
	printf("%u views were written to until there was no place for one more\n", count);
	CHECK(count > 3000);
	for (uint32_t turn = 0; turn < 2; turn++) {
		WELL(get(plasmid_lease_apart, ref, &copy));
		CHECK(sealed(copy, 1));
		set(copy, 4095, 3);
		let_go(copy);
	}
	arm(1, ENOMEM);
	CHECK(get(plasmid_lease_apart, ref, &copy) == PLASMID_E_NO_MEMORY && disarm());
	WELL(get(plasmid_lease, other, &clean));
	CHECK(sealed(clean, 2));
	let_go(clean);
	another_store_opens();
	let_go(views[--count]);
	WELL(get(plasmid_lease, ref, &views[count]));
	CHECK(sealed(views[count], 1));
	for (uint32_t i = 0; i <= count; i++) {
		CHECK(views[i].at[5] == (i < count ? 200 : 1));
		plasmid_release(NULL, (void *)(uintptr_t)views[i].context);
	}
	WELL(plasmid_drain(store));
	nothing_is_left(before);
}

static void no_mapping_is_left(plasmid_ref ref) {
	uint32_t turned, before = mappings(&turned);
	view written, copy;
	WELL(get(plasmid_lease, ref, &written));
	set(written, 9, 7);
	arm(1, ENOMEM);
	CHECK(get(plasmid_lease, ref, &copy) == PLASMID_E_NO_VIEW && disarm());
	arm(1, ENOMEM);
	WELL(get(plasmid_lease_apart, ref, &copy));
	CHECK(disarm() && sealed(copy, 1) && written.at[9] == 7);
	set(copy, 9, 8);
	let_go(written);
	nothing_is_left(before);
	let_go(copy);
}

/* To show the file again takes a mapping, too. */
static void no_mapping_is_left_at_the_end(plasmid_ref ref) {
	uint32_t turned, before = mappings(&turned);
	view v;
	for (uint32_t turn = 0; turn < 3; turn++) {
		WELL(get(plasmid_lease, ref, &v));
		CHECK(sealed(v, 1));
		set(v, 9, 7);
		arm(1, ENOMEM);
		let_go(v);
		CHECK(disarm() && stats_of(store).leases == 0);
		WELL(get(plasmid_lease, ref, &v));
		CHECK(sealed(v, 1) && mappings(&turned) > 2 && turned == 0);
		let_go(v);
	}
	WELL(get(plasmid_lease, ref, &v));
	set(v, 9, 7);
	let_go(v);
	nothing_is_left(before);
}

/* In a process of its own: the kernel will not let the write go on, and nothing else would be right. */
static void no_mapping_is_left_for_the_write(void) {
	plasmid_options options = {.capacity = 1u << 20};
	const char *theirs = fresh_name();
	char said[1024];
	int to[2], status;
	CHECK(pipe(to) == 0);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		view v;
		signal(SIGSEGV, SIG_DFL); /* a sanitizer's own handler would say more */
		dup2(to[1], STDERR_FILENO);
		WELL(plasmid_open(DIRECTORY, theirs, &options, &store));
		WELL(get(plasmid_lease, put(1), &v));
		arm(1, ENOMEM);
		set(v, 5, 2);
		_exit(0);
	}
	close(to[1]);
	size_t length = 0;
	for (ssize_t some; length < sizeof said - 1 && (some = read(to[0], said + length, sizeof said - 1 - length)) > 0;)
		length += (size_t)some;
	said[length] = 0;
	close(to[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CHECK(strstr(said, "a write through a read-only view of the object") != NULL);
	CHECK(strstr(said, "no memory for a copy of its pages") != NULL);
	WELL(plasmid_destroy(DIRECTORY, theirs));
}

static void of_one_that_stands_on_disk(void) {
	enum {
		WORDS = CAPACITY / 2
	};
	spilling s;
	view v;
	uint32_t nth = 1;
	int32_t r;
	spilling_begin(&s, 1);
	store = spilling_open(&s);
	plasmid_ref ref = put_number(store, 5, WORDS, 1, NULL, 0);
	/* Its file is opened, read and mapped: the last of these is what there may be no place for. */
	for (;; nth++) {
		arm(nth, ENOMEM);
		r = get(plasmid_lease, ref, &v);
		CHECK(r < 0 && disarm());
		if (r == PLASMID_E_NO_VIEW)
			break;
	}
	arm(nth, ENOMEM);
	WELL(get(plasmid_lease_apart, ref, &v));
	CHECK(disarm());
	set(v, 0, 1);
	let_go(v);
	check_number(store, ref, 5, WORDS);
	WELL(plasmid_drain(store));
	CHECK(stats_of(store).leases == 0);
	WELL(plasmid_close(store));
	spilling_end(&s);
}

int main(void) {
	plasmid_options options = {.capacity = 8u << 20};
	no_mapping_is_left_for_the_write();
	snprintf(name, sizeof name, "%s", fresh_name());
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	plasmid_ref ref = put(1), other = put(2);
	all_windows_are_taken(ref, other);
	no_mapping_is_left(ref);
	no_mapping_is_left_at_the_end(ref);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	of_one_that_stands_on_disk();
	return 0;
}
