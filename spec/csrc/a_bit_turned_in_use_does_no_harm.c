/* One bit of a segment's metadata is turned while the store is in use. Whatever call meets it returns, with what is right or with an
 * error that has a code: no loop, no crash, no other object's bytes; and a few calls later all that is derived has been made anew. */
#include "support.h"

#include "client.h"

#define OBJECTS 20u
#define BATCH 100u     /* flips that a child does */
#define BATCH_LIMIT 60 /* seconds for all of them */

static plasmid_store *store;
static plasmid_ref refs[OBJECTS];

/* The store refuses all calls: the bit was one of what the file is, or of our own record. */
static bool refused(int32_t r) {
	return r == PLASMID_E_CLOSED || r == PLASMID_E_DESTROYED;
}

static bool allowed(int32_t r) {
	return r >= 0 || refused(r) || r == PLASMID_E_CORRUPT || r == PLASMID_E_LOST || r == PLASMID_E_FREED ||
	       r == PLASMID_E_NOT_FOUND || r == PLASMID_E_NOT_SEALED || r == PLASMID_E_NAME_TAKEN || r == PLASMID_E_LARGE ||
	       r == PLASMID_E_SPILLED || r == PLASMID_E_STORE_FULL || r == PLASMID_E_TABLE_FULL ||
	       r == PLASMID_E_NOT_PINNED || r == PLASMID_E_NO_MEMORY;
}

#define ALLOW(call)            \
	do {                         \
		int32_t allowed_ = (call); \
		if (!allowed(allowed_))    \
			WELL(allowed_);          \
	} while (0)

static uint32_t words_of(uint32_t i) {
	return i % 3 == 0 ? 25 : i % 3 == 1 ? 750 : 10000;
}

/* Objects of three sizes, half of them pinned, each its own number over and over; one that contains another. */
static void fill(void) {
	static uint32_t words[10000];
	char name[16];
	for (uint32_t i = 0; i < OBJECTS; i++) {
		for (uint32_t k = 0; k < words_of(i); k++)
			words[k] = i;
		plasmid_span span = {.address = (uint64_t)(uintptr_t)words, .bytes = words_of(i) * 4ull};
		plasmid_item item = {.inband = (uint64_t)(uintptr_t)words,
		                     .inband_bytes = 4,
		                     .buffers = (uint64_t)(uintptr_t)&span,
		                     .buffer_count = 1,
		                     .references = (uint64_t)(uintptr_t)&refs[0],
		                     .reference_count = i == 5,
		                     .name = (uint64_t)(uintptr_t)name,
		                     .name_bytes = (uint32_t)snprintf(name, sizeof name, "o/%u", i),
		                     .flags = i % 2 == 0 ? PLASMID_ITEM_PIN : 0};
		WELL(plasmid_put_many(store, &item, 1));
		refs[i] = item.ref;
		WELL(plasmid_forget(store, item.token));
	}
	WELL(plasmid_free(store, REF(refs[3])));
	WELL(plasmid_check(store));
}

static void turn(uint64_t *random) {
	uint8_t *base = store->client->base;
	uint64_t end = store->client->plan.heap_at, at;
	/* Only where there is something: most of the tables is not used yet, and reads as zeros. */
	do
		at = roll(random) % end;
	while (base[at] == 0 && roll(random) % 64 != 0);
	base[at] ^= (uint8_t)(1u << (roll(random) % 8));
}

/* What is copied out, or leased, is the object's own. */
static void look(uint32_t i) {
	const plasmid_exchange *exchange = plasmid_exchange_of(store);
	int32_t r = plasmid_peek(store, REF(refs[i]));
	ALLOW(r);
	if (r >= 0)
		CHECK(memcmp(exchange->data, &i, sizeof i) == 0);
	if (r != PLASMID_E_LARGE)
		return;
	r = plasmid_lease(store, REF(refs[i]));
	ALLOW(r);
	if (r < 0)
		return;
	CHECK(exchange->buffers == 1 && memcmp(exchange->data, &i, sizeof i) == 0);
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)exchange->rows;
	const uint32_t *view = (const uint32_t *)(uintptr_t)row->address;
	CHECK(row->bytes == words_of(i) * 4ull && view[0] == i && view[words_of(i) - 1] == i);
	plasmid_release(NULL, (void *)(uintptr_t)row->context);
}

static void use(uint64_t *random) {
	static const uint32_t word[5000];
	plasmid_object_row rows[8];
	plasmid_holder_row holders[8];
	uint32_t next;
	for (uint32_t i = 0; i < OBJECTS; i++)
		look(i);
	for (uint32_t i = 0; i < 30; i++) {
		int32_t token = plasmid_put_small(store, 1 + roll(random) % 200);
		ALLOW(token);
		plasmid_item item = {.inband = (uint64_t)(uintptr_t)word, .inband_bytes = roll(random) % sizeof word};
		int32_t r = plasmid_put_many(store, &item, 1);
		ALLOW(r);
		if (r == 0 && i % 2 == 0)
			ALLOW(plasmid_forget(store, item.token));
		if (token > 0 && i % 3 == 0)
			ALLOW(plasmid_forget(store, (uint32_t)token));
	}
	for (uint32_t i = 0; i < OBJECTS; i++) {
		ALLOW(plasmid_refresh(store, REF(refs[i])));
		ALLOW(i % 2 == 0 ? plasmid_unpin(store, REF(refs[i])) : plasmid_free(store, REF(refs[i])));
	}
	ALLOW(plasmid_list(store, 1, rows, 8, &next));
	ALLOW(plasmid_holders(store, holders, 8));
	int64_t given = plasmid_trim(store);
	ALLOW((int32_t)(given < 0 ? given : 0));
	int32_t r = 0;
	for (int i = 0; i < 4; i++)
		r = plasmid_check(store);
	if (!refused(r))
		WELL(r);
}

static void batch(uint64_t seed) {
	alarm(BATCH_LIMIT);
	uint64_t random = seed * 0x9e3779b97f4a7c15ull + 1;
	for (uint32_t i = 0; i < BATCH; i++) {
		const char *name = fresh_name();
		plasmid_options options = {.capacity = 1u << 20, .max_objects = 96, .max_clients = 5, .lock_timeout_ms = 2000};
		WELL(plasmid_open(DIRECTORY, name, &options, &store));
		fill();
		turn(&random);
		use(&random);
		plasmid_close(store);
		plasmid_destroy(DIRECTORY, name);
	}
	_exit(0);
}

/* With an argument: so many batches, instead of a few. */
int main(int count, char **arguments) {
#if defined(PLASMID_DEBUG_CHECK) || defined(__SANITIZE_THREAD__)
	puts("skipped: this core ends the process at the first fault that its checker finds, or is watched for races that "
	     "turned bits make");
	return 0;
#endif
	uint32_t batches = count > 1 ? (uint32_t)atoi(arguments[1]) : 15;
	for (uint32_t seed = 1; seed <= batches; seed++) {
		int status;
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			batch(seed);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (status != 0)
			fprintf(stderr, "batch %u: status %x\n", seed, (unsigned)status);
		CHECK(status == 0);
	}
	printf("%u bits turned in use\n", batches * BATCH);
	return 0;
}
