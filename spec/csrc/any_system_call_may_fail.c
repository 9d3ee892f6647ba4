/* The first system call of an operation fails, then the second, and so on until none does: with each error that it may have. After
 * every failure the error has a code, the checker is content, the operation works when it is tried again, and no descriptor and no
 * mapping is left. */
#include "injector.h"
#include "leftovers.h"

#include "client.h"
#include "prim/atomic.h"

#define MOST_CALLS 300u

static plasmid_store *store;
static char name[64];
static plasmid_options options;
static uint32_t failures, survived;

static int32_t open_store(void) {
	return plasmid_open(DIRECTORY, name, &options, &store);
}

static uint32_t descriptors(void) {
	return entries_in("/proc/self/fd", "");
}

static int32_t put(uint32_t bytes, uint32_t flags) {
	static uint8_t data[2u << 20];
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)data, .inband_bytes = bytes, .flags = flags};
	int32_t r = plasmid_put_many(store, &item, 1);
	if (r == 0)
		WELL(plasmid_forget(store, item.token));
	return r;
}

static int32_t do_put_small(void) {
	int32_t token = plasmid_put_small(store, 100);
	if (token > 0)
		WELL(plasmid_forget(store, (uint32_t)token));
	return token < 0 ? token : 0;
}

static int32_t do_put(void) {
	return put(200000, 0);
}

/* Beyond what is committed, again and again. */
static int32_t do_grow(void) {
	return put(1500000, PLASMID_ITEM_PIN);
}

/* More entries than are reserved. */
static int32_t do_fill_table(void) {
	int32_t r = 0;
	for (uint32_t i = 0; i < 1200 && r == 0; i++)
		r = put(10, PLASMID_ITEM_PIN);
	return r;
}

static int32_t do_draft(void) {
	plasmid_span span = {.bytes = 100000};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	int32_t draft = plasmid_create(store, &item);
	if (draft < 0)
		return draft;
	int32_t token = plasmid_seal(store, (uint32_t)draft);
	if (token < 0)
		WELL(plasmid_abort(store, (uint32_t)draft));
	else
		WELL(plasmid_forget(store, (uint32_t)token));
	plasmid_release(NULL, (void *)(uintptr_t)item.context);
	return token < 0 ? token : 0;
}

static int32_t do_wait(void) {
	memcpy(plasmid_exchange_of(store)->name, "n", 1);
	int32_t r = plasmid_block_name(store, 1, 1);
	return r == PLASMID_E_TIMED_OUT ? 0 : r;
}

static int32_t do_trim(void) {
	int32_t r = plasmid_trim(store);
	return r < 0 ? r : 0;
}

static int32_t do_check(void) {
	return plasmid_check(store);
}

static int32_t do_lease(void) {
	memcpy(plasmid_exchange_of(store)->name, "large", 5);
	WELL(plasmid_find(store, 5));
	plasmid_ref ref = plasmid_exchange_of(store)->ref;
	int32_t r = plasmid_lease(store, REF(ref));
	if (r == 0) {
		const plasmid_buffer_row *rows = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
		plasmid_release(NULL, (void *)(uintptr_t)rows[0].context);
	}
	return r;
}

static void prepare(void) {
	options = (plasmid_options){.capacity = 16u << 20, .max_objects = 8192, .max_clients = 4};
	WELL(open_store());
	static uint8_t bytes[70000];
	plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = sizeof bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1,
	                     .name = (uint64_t)(uintptr_t) "large",
	                     .name_bytes = 5,
	                     .flags = PLASMID_ITEM_PIN};
	WELL(plasmid_put_many(store, &item, 1));
}

/* Until an operation meets no failure. It may bear one, and succeed. */
static void fail_each_call_of(const char *what, int32_t (*operation)(void), int error) {
	uint32_t nth = 1;
	for (;; nth++) {
		CHECK(nth < MOST_CALLS);
		arm(nth, error);
		int32_t r = operation();
		if (!disarm()) {
			WELL(r);
			break;
		}
		failures++;
		survived += r >= 0;
		if (r < 0)
			CHECK(plasmid_error_name(r) != NULL && plasmid_detail()[0] != 0);
		WELL(plasmid_check(store));
		WELL(do_put_small());
	}
	if (getenv("PLASMID_TEST_SAY") != NULL)
		printf("%s, %s: %u calls\n", what, strerror(error), nth - 1);
}

/* A store is made, or what is there opened; and closed, so that nothing is left of it. */
static void fail_each_call_of_open(bool fresh, int error) {
	uint32_t files = 0, maps = 0;
	for (uint32_t nth = 0;; nth++) {
		CHECK(nth < MOST_CALLS);
		if (fresh)
			plasmid_destroy(DIRECTORY, name);
		arm(nth, error);
		int32_t r = open_store();
		bool met = disarm();
		if (r == 0) {
			WELL(do_put_small());
			WELL(plasmid_check(store));
			arm(met ? 0 : nth, error);
			int32_t closed = plasmid_close(store);
			disarm();
			WELL(closed);
		}
		/* The first time nothing fails, and what is made once a process is made. */
		if (nth == 0) {
			files = descriptors();
			maps = mappings_of(DIRECTORY);
		} else if (!met) {
			break;
		}
		failures += met;
		survived += met && r == 0;
		CHECK(descriptors() == files && mappings_of(DIRECTORY) == maps);
	}
}

static const struct {
	const char *what;
	int32_t (*operation)(void);
} OPERATIONS[] = {{"put small", do_put_small}, {"put", do_put},   {"grow", do_grow}, {"fill the table", do_fill_table},
                  {"draft", do_draft},         {"wait", do_wait}, {"trim", do_trim}, {"check", do_check},
                  {"lease", do_lease}};

static const int ERRORS[] = {ENOSPC, ENOMEM, EMFILE, EINTR};

int main(void) {
#ifdef PLASMID_DEBUG_CHECK
	printf("the checker that follows each call would fail, too: in the other builds\n");
	return 0;
#endif
	for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++) {
		strcpy(name, fresh_name());
		prepare();
		for (size_t k = 0; k < sizeof OPERATIONS / sizeof OPERATIONS[0]; k++)
			fail_each_call_of(OPERATIONS[k].what, OPERATIONS[k].operation, ERRORS[i]);
		WELL(plasmid_close(store));
		fail_each_call_of_open(false, ERRORS[i]);
		fail_each_call_of_open(true, ERRORS[i]);
		WELL(plasmid_destroy(DIRECTORY, name));
	}
	printf("%u calls failed; %u of the operations bore it\n", failures, survived);
	CHECK(failures > 100);
	return 0;
}
