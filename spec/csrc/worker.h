/* worker.h - one worker's random life in a store: puts of all kinds, names, drafts, gets, leases, pins, frees. What a worker reads
 * is checked against what its maker must have written: each payload is its own seed, repeated. */
#ifndef SPEC_WORKER_H
#define SPEC_WORKER_H

#include "support.h"

#define KEPT 24
#define BUFFER_WORDS (48u << 10) /* up to 192 KiB */

typedef struct kept {
	plasmid_ref ref;
	uint64_t context; /* of a handle; 0: none here */
	uint32_t pins;
} kept;

typedef struct worker {
	plasmid_store *store;
	plasmid_exchange *exchange;
	uint64_t random;
	kept objects[KEPT];
	uint32_t *buffer;
	int spills; /* the store does */
} worker;

static inline void worker_begin(worker *w, plasmid_store *store, uint64_t seed) {
	memset(w, 0, sizeof *w);
	w->store = store;
	w->exchange = plasmid_exchange_of(store);
	w->random = seed * 0x9e3779b97f4a7c15ull + 1;
	plasmid_stats stats;
	WELL(plasmid_stats_of(store, &stats));
	w->spills = stats.spill_folders > 0;
	w->buffer = malloc(BUFFER_WORDS * sizeof(uint32_t));
	CHECK(w->buffer != NULL);
}

/* A full store or a race with another worker is part of life; anything else is not. */
static inline int expected(int32_t r) {
	return r >= 0 || r == PLASMID_E_STORE_FULL || r == PLASMID_E_TABLE_FULL || r == PLASMID_E_FREED ||
	       r == PLASMID_E_LOST || r == PLASMID_E_NOT_FOUND || r == PLASMID_E_NAME_TAKEN || r == PLASMID_E_NOT_SEALED ||
	       r == PLASMID_E_LARGE || r == PLASMID_E_NOT_PINNED || r == PLASMID_E_SPILLED || r == PLASMID_E_SPILL_LIMIT;
}

#define ALLOWED(call)          \
	do {                         \
		int32_t allowed_ = (call); \
		if (!expected(allowed_))   \
			WELL(allowed_);          \
	} while (0)

static inline void check_words(const uint32_t *words, uint64_t bytes) {
	for (uint64_t i = 1; i < bytes / 4; i += 1 + bytes / 256)
		CHECK(words[i] == words[0]);
}

static inline kept *any_kept(worker *w) {
	return &w->objects[roll(&w->random) % KEPT];
}

static inline void let_go(worker *w, kept *at) {
	while (at->pins > 0 && at->pins-- > 0)
		ALLOWED(plasmid_unpin(w->store, REF(at->ref)));
	if (at->context != 0)
		plasmid_release(NULL, (void *)(uintptr_t)at->context);
	memset(at, 0, sizeof *at);
}

static inline void keep(worker *w, plasmid_ref ref, uint32_t token) {
	kept *at = any_kept(w);
	let_go(w, at);
	at->ref = ref;
	at->context = plasmid_context(w->store, token);
}

/* A put found no room: the next one may. */
static inline void make_room(worker *w, int32_t r) {
	if (r == PLASMID_E_STORE_FULL && w->spills)
		ALLOWED(plasmid_spill_out(w->store, BUFFER_WORDS * sizeof(uint32_t)));
}

static inline void put_small(worker *w) {
	uint32_t seed = roll(&w->random), words = 1 + seed % 100;
	for (uint32_t i = 0; i < words; i++)
		((uint32_t *)w->exchange->data)[i] = seed;
	int32_t r = plasmid_put_small(w->store, words * 4);
	ALLOWED(r);
	CHECK(r != 0);
	make_room(w, r);
	if (r > 0)
		keep(w, w->exchange->ref, (uint32_t)r);
}

/* With a name, a buffer, contained refs, or none of them. */
static inline void put_large(worker *w) {
	uint32_t seed = roll(&w->random), words = 1 + roll(&w->random) % (seed % 3 == 0 ? BUFFER_WORDS : 512);
	char name[32];
	plasmid_ref refs[4];
	plasmid_span span = {.address = (uint64_t)(uintptr_t)w->buffer, .bytes = (uint64_t)words * 4};
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)w->buffer,
	                     .inband_bytes = 4,
	                     .buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = seed % 5 != 0,
	                     .references = (uint64_t)(uintptr_t)refs,
	                     .name = (uint64_t)(uintptr_t)name};
	for (uint32_t i = 0; i < words; i++)
		w->buffer[i] = seed;
	for (uint32_t i = 0; i < seed % 4; i++) {
		kept *at = any_kept(w);
		if (at->context != 0)
			refs[item.reference_count++] = at->ref;
	}
	if (seed % 2 == 0) {
		item.name_bytes = (uint32_t)snprintf(name, sizeof name, "n/%u", roll(&w->random) % 16);
		item.flags = seed % 8 == 0 ? PLASMID_ITEM_REPLACE : 0;
	}
	int32_t r = plasmid_put_many(w->store, &item, 1);
	ALLOWED(r);
	make_room(w, r);
	if (r == 0)
		keep(w, item.ref, item.token);
}

static inline void draft(worker *w) {
	uint32_t seed = roll(&w->random), words = 1 + roll(&w->random) % 20000;
	plasmid_span span = {.bytes = (uint64_t)words * 4};
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)&seed,
	                     .inband_bytes = 4,
	                     .buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1};
	int32_t r = plasmid_create(w->store, &item);
	ALLOWED(r);
	make_room(w, r);
	if (r < 0)
		return;
	uint32_t *room = (uint32_t *)(uintptr_t)item.room;
	for (uint32_t i = 0; i < words; i++)
		room[i] = seed;
	if (seed % 3 == 0) {
		WELL(plasmid_abort(w->store, (uint32_t)r));
	} else if (seed % 3 == 1) {
		int32_t token = plasmid_seal(w->store, (uint32_t)r);
		WELL(token);
		keep(w, w->exchange->ref, (uint32_t)token);
	}
	plasmid_release(NULL, (void *)(uintptr_t)item.context); /* unsealed and unaborted: this aborts it */
}

/* From memory, read back, or read apart where there is no room for it. */
static inline int32_t lease_from_anywhere(worker *w, plasmid_ref ref) {
	int32_t r = plasmid_lease(w->store, REF(ref));
	if (r != PLASMID_E_SPILLED)
		return r;
	r = plasmid_restore(w->store, REF(ref), 20000);
	if (r == PLASMID_E_SPILL_LIMIT || r == PLASMID_E_STORE_FULL)
		return plasmid_lease_apart(w->store, REF(ref));
	return r == 0 ? plasmid_lease(w->store, REF(ref)) : r;
}

static inline void look_at(worker *w, plasmid_ref ref) {
	int32_t r = plasmid_peek(w->store, REF(ref));
	ALLOWED(r);
	if (r >= 0)
		check_words((const uint32_t *)w->exchange->data, w->exchange->inband);
	if (r != PLASMID_E_LARGE && r != PLASMID_E_SPILLED)
		return;
	r = lease_from_anywhere(w, ref);
	ALLOWED(r);
	if (r != 0)
		return;
	uint32_t seed = *(const uint32_t *)w->exchange->data;
	uint32_t buffers = w->exchange->buffers, references = w->exchange->references;
	const plasmid_buffer_row *rows = (const plasmid_buffer_row *)(uintptr_t)w->exchange->rows;
	const plasmid_reference_row *others = (const plasmid_reference_row *)(uintptr_t)w->exchange->reference_rows;
	for (uint32_t i = 0; i < buffers; i++) {
		const uint32_t *words = (const uint32_t *)(uintptr_t)rows[i].address;
		CHECK(words[0] == seed);
		check_words(words, rows[i].bytes);
		plasmid_release(NULL, (void *)(uintptr_t)rows[i].context);
	}
	for (uint32_t i = 0; i < references; i++)
		if (others[i].context != 0)
			plasmid_release(NULL, (void *)(uintptr_t)others[i].context);
}

static inline void look_by_name(worker *w) {
	int bytes = snprintf((char *)w->exchange->name, PLASMID_NAME_BYTES, "n/%u", roll(&w->random) % 16);
	int32_t r = plasmid_find(w->store, (uint32_t)bytes);
	ALLOWED(r);
	if (r == 0)
		look_at(w, w->exchange->ref);
}

static inline void worker_step(worker *w) {
	kept *at = any_kept(w);
	switch (roll(&w->random) % 12) {
	case 0:
	case 1:
	case 2:
		put_small(w);
		break;
	case 3:
		put_large(w);
		break;
	case 4:
		draft(w);
		break;
	case 5:
	case 6:
	case 7:
		if (at->context != 0)
			look_at(w, at->ref);
		break;
	case 8:
		look_by_name(w);
		break;
	case 9:
		let_go(w, at);
		break;
	case 10:
		if (at->context != 0 && at->pins == 0) {
			int32_t r = plasmid_pin(w->store, REF(at->ref));
			ALLOWED(r);
			at->pins += r == 0;
		}
		break;
	default:
		if (at->context != 0 && roll(&w->random) % 4 == 0) {
			ALLOWED(plasmid_free(w->store, REF(at->ref)));
			at->pins = 0;
		}
	}
}

static inline void worker_end(worker *w) {
	for (uint32_t i = 0; i < KEPT; i++)
		let_go(w, &w->objects[i]);
	WELL(plasmid_drain(w->store));
	free(w->buffer);
}

#endif
