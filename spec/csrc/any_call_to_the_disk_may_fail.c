/* The first system call of a spill, a reading back, a rewriting or of what is done with an object larger than the store fails, then the
 * second, and so on until none does: with each error that it may have. After every failure there is a code and a sentence, the checker is
 * content, every object is there word for word, the operation works when it is tried again, and no descriptor, no mapping and no file is
 * left. */
#include "injector.h"
#include "leftovers.h"
#include "spilling.h"

#define MOST_CALLS 400u
#define OBJECTS 24u
#define WORDS 2000u
#define LARGE_WORDS (CAPACITY / 4 + 1000)

static spilling s;
static plasmid_store *store;
static plasmid_ref refs[OBJECTS], large;
static bool there[OBJECTS], large_there;
static uint32_t failures, survived, *words;

/* ---- operations ------------------------------------------------------------------------------------ */

static void nothing(void) {}

static void spill_all(void) {
	WELL(plasmid_drain(store));
	while (plasmid_spill_out(store, CAPACITY) > 0) {
	}
}

static int32_t do_spill(void) {
	return plasmid_spill_out(store, CAPACITY);
}

static int32_t do_restore(void) {
	return plasmid_restore(store, REF(refs[7]), 1000);
}

static int32_t do_lease_apart(void) {
	int32_t r = plasmid_lease_apart(store, REF(refs[7]));
	if (r >= 0)
		check_leased(store, 7, WORDS);
	return r;
}

/* All of them anew, so that disk has none. */
static void begin_unwritten(void) {
	for (uint32_t i = 0; i < OBJECTS; i++) {
		if (there[i])
			WELL(plasmid_free(store, REF(refs[i])));
		refs[i] = put_number(store, i, WORDS, i % 2, NULL, 0);
		there[i] = true;
	}
}

/* Most of what is on disk is dead, and the rest to be rewritten. */
static void begin_half_dead(void) {
	begin_unwritten();
	spill_all();
	/* It would count as alive, and the rest as little. */
	if (large_there)
		WELL(plasmid_free(store, REF(large)));
	large_there = false;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		there[i] = i % 3 == 0;
		if (!there[i])
			WELL(plasmid_free(store, REF(refs[i])));
	}
}

static int32_t do_tidy(void) {
	return plasmid_tidy(store);
}

static plasmid_item large_item(plasmid_span *span, const uint32_t *from) {
	*span = (plasmid_span){.address = (uint64_t)(uintptr_t)from, .bytes = LARGE_WORDS * 4u};
	return (plasmid_item){.buffers = (uint64_t)(uintptr_t)span, .buffer_count = 1};
}

static int32_t do_put_large(void) {
	plasmid_span span;
	plasmid_item item = large_item(&span, words);
	int32_t r = plasmid_put_many(store, &item, 1);
	if (r == 0)
		WELL(plasmid_forget(store, item.token));
	return r;
}

static int32_t do_draft_large(void) {
	plasmid_span span;
	plasmid_item item = large_item(&span, NULL);
	int32_t draft = plasmid_create(store, &item);
	if (draft < 0)
		return draft;
	memset((void *)(uintptr_t)item.room, 1, span.bytes);
	int32_t token = plasmid_seal(store, (uint32_t)draft);
	if (token < 0)
		WELL(plasmid_abort(store, (uint32_t)draft));
	else
		WELL(plasmid_forget(store, (uint32_t)token));
	plasmid_release(NULL, (void *)(uintptr_t)item.context);
	return token < 0 ? token : 0;
}

static int32_t do_lease_large(void) {
	int32_t r = plasmid_lease(store, REF(large));
	if (r < 0)
		return r;
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)plasmid_exchange_of(store)->rows;
	CHECK(((const uint32_t *)(uintptr_t)row->address)[LARGE_WORDS - 1] == words[LARGE_WORDS - 1]);
	plasmid_release(NULL, (void *)(uintptr_t)row->context);
	return 0;
}

static int32_t do_order(void) {
	int32_t order = plasmid_restore_begin(store, REF(refs[5]));
	if (order <= 0)
		return order < 0 ? order : PLASMID_E_STORE_FULL;
	int32_t r;
	while ((r = plasmid_restore_look(store, (uint32_t)order)) == 1)
		wait_ms(1);
	WELL(plasmid_restore_end(store, (uint32_t)order));
	return r;
}

static int32_t do_open_again(void) {
	plasmid_store *other;
	int32_t r = plasmid_open(DIRECTORY, s.name, &s.options, &other);
	if (r == 0)
		WELL(plasmid_close(other));
	return r;
}

static const struct {
	const char *what;
	void (*prepare)(void);
	int32_t (*operation)(void);
} OPERATIONS[] = {{"spill", begin_unwritten, do_spill},
                  {"restore", spill_all, do_restore},
                  {"lease, apart", spill_all, do_lease_apart},
                  {"tidy", begin_half_dead, do_tidy},
                  {"put, larger than the store", nothing, do_put_large},
                  {"draft, larger than the store", nothing, do_draft_large},
                  {"lease, larger than the store", nothing, do_lease_large},
                  {"order", spill_all, do_order},
                  {"open", nothing, do_open_again}};

static const int ERRORS[] = {ENOSPC, ENOMEM, EMFILE, EINTR, EIO};

/* ---- what is left ---------------------------------------------------------------------------------- */

static void furnish(void) {
	spilling_begin(&s, 1);
	store = spilling_open(&s);
	memset(there, 0, sizeof there);
	begin_unwritten();
	plasmid_span span;
	plasmid_item item = large_item(&span, words);
	item.flags = PLASMID_ITEM_PIN;
	WELL(plasmid_put_many(store, &item, 1));
	WELL(plasmid_forget(store, item.token));
	large = item.ref;
	large_there = true;
}

/* Another thread looks after the files: until they are as they should be. */
static void until_files_agree(void) {
	for (uint32_t turn = 0; turn < 1000; turn++) {
		WELL(plasmid_drain(store));
		WELL(plasmid_tidy(store));
		if (spilling_files(&s, NULL) == (int)stats_of(store).spill_files)
			return;
		wait_ms(5);
	}
	CHECK(!"files of which the store knows nothing");
}

static void examine(void) {
	WELL(plasmid_check(store));
	if (large_there)
		WELL(do_lease_large());
	for (uint32_t i = 0; i < OBJECTS; i++)
		if (there[i])
			check_number(store, refs[i], i, WORDS);
	until_files_agree();
	WELL(plasmid_check(store));
	CHECK(stats_of(store).quarantined_total == 0);
}

/* Until an operation meets no failure. It may bear one, and succeed. */
static void fail_each_call_of(size_t k, int error) {
	uint32_t nth = 1;
	for (;; nth++) {
		CHECK(nth < MOST_CALLS);
		OPERATIONS[k].prepare();
		uint32_t files = entries_in("/proc/self/fd", ""), maps = mappings_of(s.folders[0]);
		arm(nth, error);
		int32_t r = OPERATIONS[k].operation();
		if (!disarm()) {
			WELL(r);
			break;
		}
		failures++;
		survived += r >= 0;
		if (r < 0)
			CHECK(plasmid_error_name(r) != NULL && plasmid_detail()[0] != 0);
		WELL(plasmid_drain(store));
		CHECK(entries_in("/proc/self/fd", "") <= files && mappings_of(s.folders[0]) <= maps);
		examine();
		WELL(OPERATIONS[k].operation());
	}
	if (getenv("PLASMID_TEST_SAY") != NULL)
		printf("%s, %s: %u calls\n", OPERATIONS[k].what, strerror(error), nth - 1);
}

int main(void) {
#ifdef PLASMID_DEBUG_CHECK
	printf("the checker that follows each call would fail, too: in the other builds\n");
	return 0;
#endif
	words = malloc(LARGE_WORDS * 4u);
	for (uint32_t i = 0; i < LARGE_WORDS; i++)
		words[i] = i * 7;
	for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++)
		for (size_t k = 0; k < sizeof OPERATIONS / sizeof OPERATIONS[0]; k++) {
			furnish();
			fail_each_call_of(k, ERRORS[i]);
			WELL(plasmid_close(store));
			spilling_end(&s);
		}
	free(words);
	printf("%u calls failed; %u of the operations bore it\n", failures, survived);
	CHECK(failures > 100);
	return 0;
}
