/* read.c - objects read: copied out whole when they are small, in place under leases when they are not. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "fate.h"
#include "helper.h"
#include "hold.h"
#include "index.h"
#include "lock.h"
#include "look.h"
#include "lru.h"
#include "place.h"
#include "prim/racy.h"
#include "slot.h"
#include "spill/oversize.h"
#include "store.h"
#include "token.h"
#include "window.h"

#define AHEAD_LEAST (32u << 20) /* bytes of an object whose pages are mapped ahead of its reader */
#define GROUP_FROM 256u         /* a value with more refs than this shares one handle among GROUP_OF of them */
#define GROUP_OF 16u

static bool in_place(const pm_sight *sight) {
	return sight->references != 0 || sight->bytes > PLASMID_DATA_BYTES ||
	       (sight->buffers != 0 && sight->bytes >= PM_LARGE_BYTES);
}

/* Is what was read without the lock possible at all? It may be of two objects; if it is of one, the store is corrupt. */
static bool inside(const pm_client *client, const pm_sight *sight) {
	return (uint64_t)sight->start * PM_GRANULE + sight->bytes <= client->super->capacity;
}

#define CHANGED INT32_MAX /* since it was sighted: look again */

static __attribute__((noinline, cold)) int32_t outside(const pm_client *client, const pm_sight *sight) {
	if (!pm_still(client, sight))
		return CHANGED;
	return pm_fail(PLASMID_E_CORRUPT, "the object in slot %u lies outside of the heap", sight->slot);
}

/* The read-only window on the heap is not to be trusted (cut.h): through the core's own. */
static __attribute__((noinline, cold)) int32_t copy_locked(pm_client *client, const pm_sight *sight, uint8_t *to) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	if (pm_load(&client->refused) != 0)
		r = pm_refusal(client);
	else if (!pm_still(client, sight))
		r = CHANGED;
	else
		memcpy(to, client->heap_writable + (uint64_t)sight->start * PM_GRANULE, sight->bytes);
	pm_unlock(client);
	return r != 0 ? r : (int32_t)sight->bytes;
}

/* Copies the object that was sighted. Its length, LARGE, CORRUPT or CHANGED. Compiled into each caller, as `peek`: a call would be a
 * tenth of what the copy of a small object takes. */
static inline __attribute__((always_inline)) int32_t copy_out(pm_client *client, const pm_sight *sight, uint8_t *to) {
	if (in_place(sight))
		return PLASMID_E_LARGE;
	if (!inside(client, sight))
		return outside(client, sight);
	pm_racy_copy(to, client->heap + (uint64_t)sight->start * PM_GRANULE, sight->bytes);
	if (!pm_still(client, sight))
		return CHANGED;
	if (__builtin_expect(pm_load_relaxed(&client->patched) != 0, 0))
		return copy_locked(client, sight, to);
	return (int32_t)sight->bytes;
}

/* What is on disk is read in place from there if it is oversize. CHANGED. */
static __attribute__((noinline, cold)) int32_t spilled_code(const pm_client *client, const pm_sight *sight) {
	bool oversize = pm_oversize(client, pm_entry_at(client, sight->slot));
	return !pm_still(client, sight) ? CHANGED : oversize ? PLASMID_E_LARGE : PLASMID_E_SPILLED;
}

static inline __attribute__((always_inline)) int32_t peek(plasmid_store *store, uint32_t slot, const uint32_t id[4],
                                                          uint8_t *to, pm_sight *sight) {
	pm_client *client = store->client;
	int32_t r;
	/* Each turn but the last means that the object left SEALED meanwhile, which it does once. */
	do {
		r = pm_look(client, slot, id, sight);
		if (r == 0)
			r = copy_out(client, sight, to);
		else if (r != PLASMID_E_SPILLED || (r = spilled_code(client, sight)) != CHANGED)
			return r;
	} while (r == CHANGED);
	pm_touch(store, sight->slot, sight->word);
	return r;
}

PLASMID_API int32_t plasmid_peek(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	const uint32_t id[4] = {a, b, c, d};
	pm_sight sight;
	r = peek(store, slot, id, store->exchange->data, &sight);
	if (r >= 0 || r == PLASMID_E_LARGE) {
		store->exchange->inband = sight.inband;
		store->exchange->buffers = sight.buffers;
		store->exchange->ref = (plasmid_ref){.slot = sight.slot, .id = {a, b, c, d}};
	}
	return r;
}

PLASMID_API int32_t plasmid_peek_name(plasmid_store *store, uint32_t name_bytes) {
	pm_client *client = store->client;
	plasmid_exchange *exchange = store->exchange;
	pm_sight sight;
	int32_t r = pm_usable(store);
	if (r == 0 && name_bytes > PLASMID_NAME_BYTES)
		r = pm_fail(PLASMID_E_BAD_NAME, "a name has at most %u bytes", PLASMID_NAME_BYTES);
	if (r != 0)
		return r;
	/* The name may be bound anew between the look and the copy; then it is looked up again. */
	do {
		r = pm_look_name(client, exchange->name, name_bytes, &sight);
		if (r != 0 && r != PLASMID_E_SPILLED)
			return r;
		pm_ref_of(store->client, sight.slot, &store->exchange->ref);
		if (r == PLASMID_E_SPILLED) {
			r = spilled_code(client, &sight);
			if (r == PLASMID_E_SPILLED)
				return r;
			continue;
		}
		r = copy_out(client, &sight, exchange->data);
		if (r == PLASMID_E_LARGE && !pm_still(client, &sight))
			r = CHANGED;
	} while (r == CHANGED);
	pm_touch(store, sight.slot, sight.word);
	exchange->inband = sight.inband;
	exchange->buffers = sight.buffers;
	return r;
}

PLASMID_API int32_t plasmid_peek_many(plasmid_store *store, const plasmid_ref *refs, uint32_t count, int32_t *lengths,
                                      uint32_t *shapes) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	uint64_t used = 0;
	for (uint32_t i = 0; i < count; i++) {
		pm_sight sight;
		uint32_t slot = refs[i].slot;
		lengths[i] = pm_look(store->client, slot, refs[i].id, &sight);
		if (lengths[i] != 0)
			continue;
		if (!in_place(&sight) && used + sight.bytes > PLASMID_DATA_BYTES)
			return (int32_t)i;
		/* Looked up anew in there: another object of the same length is not possible, the id is the same. */
		lengths[i] = peek(store, slot, refs[i].id, store->exchange->data + used, &sight);
		shapes[2 * i] = sight.inband;
		shapes[2 * i + 1] = sight.buffers;
		if (lengths[i] > 0)
			used = pm_align(used + (uint64_t)lengths[i], 8);
	}
	return (int32_t)count;
}

PLASMID_API int32_t plasmid_state(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	int32_t r = pm_usable(store);
	const uint32_t id[4] = {a, b, c, d};
	pm_sight sight;
	if (r == 0)
		r = pm_look(store->client, slot, id, &sight);
	return r == PLASMID_E_SPILLED ? 0 : r;
}

PLASMID_API int32_t plasmid_states(plasmid_store *store, const plasmid_ref *refs, uint32_t count, int32_t *states) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	int32_t ready = 0;
	for (uint32_t i = 0; i < count; i++) {
		pm_sight sight;
		states[i] = pm_look(store->client, refs[i].slot, refs[i].id, &sight);
		if (states[i] == PLASMID_E_SPILLED)
			states[i] = 0;
		ready += states[i] != PLASMID_E_NOT_SEALED;
	}
	return ready;
}

PLASMID_API int32_t plasmid_find(plasmid_store *store, uint32_t name_bytes) {
	pm_sight sight;
	int32_t r = pm_usable(store);
	if (r == 0 && name_bytes > PLASMID_NAME_BYTES)
		r = pm_fail(PLASMID_E_BAD_NAME, "a name has at most %u bytes", PLASMID_NAME_BYTES);
	if (r != 0)
		return r;
	do {
		r = pm_look_name(store->client, store->exchange->name, name_bytes, &sight);
		if (r != 0 && r != PLASMID_E_SPILLED)
			return r;
		pm_ref_of(store->client, sight.slot, &store->exchange->ref);
	} while (!pm_still(store->client, &sight));
	return 0;
}

/* Memory of at least `bytes` that belongs to the store until its next call. */
static int32_t rows_for(void **rows, uint64_t *have, uint64_t bytes) {
	if (*have >= bytes)
		return 0;
	void *more = realloc(*rows, bytes);
	if (more == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for the rows of an object");
	*rows = more;
	*have = bytes;
	return 0;
}

/* A lease for one view: where the object's first byte stands for it, and the token. `shown`: the window on the object if it is oversize. */
static int32_t lease_view(plasmid_store *store, uint32_t slot, uint32_t shown, const uint8_t **payload,
                          uint32_t *token) {
	pm_client *client = store->client;
	*token = pm_token_take(client, PM_TOKEN_LEASE, slot, store->index);
	if (*token == 0)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a lease");
	uint32_t *window = &pm_token_at(client, *token)->count;
	*payload = shown != 0 ? pm_window_again(*window = shown) : pm_window_enter(client, slot, window);
	if (*payload == NULL) {
		pm_token_retire(client, *token);
		pm_token_recycle(client, *token);
		*token = 0;
		return pm_fail(
				PLASMID_E_NO_MEMORY,
				"no place for one more view on an object that was written to: let go of such views, they keep copies");
	}
	pm_lease_add(client, slot, 1);
	return 0;
}

/* A lease for each buffer that has bytes. */
static int32_t lease_buffers(plasmid_store *store, uint32_t slot, uint32_t shown, const uint8_t *from) {
	pm_client *client = store->client;
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_buffer *table = (const pm_buffer *)(from + pm_table_at(entry->inband));
	plasmid_buffer_row *rows = store->rows;
	for (uint32_t i = 0; i < entry->buffers; i++) {
		const uint8_t *payload;
		uint32_t token;
		rows[i].bytes = table[i].bytes;
		if (table[i].bytes == 0)
			continue;
		if (table[i].offset > entry->bytes || table[i].bytes > entry->bytes - table[i].offset)
			return pm_fail(PLASMID_E_CORRUPT, "buffer %u of the object in slot %u lies outside of it", i, slot);
		int32_t r = lease_view(store, slot, shown, &payload, &token);
		if (r != 0)
			return r;
		rows[i].address = (uint64_t)(uintptr_t)(payload + table[i].offset);
		rows[i].context = pm_context(client, token);
	}
	return 0;
}

/* A handle for each contained ref whose object is there: of its own, or one for each group of neighbours when there are many. */
static int32_t hold_references(plasmid_store *store, uint32_t slot) {
	pm_client *client = store->client;
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_reference *references = (const pm_reference *)pm_trailer(client, entry);
	plasmid_reference_row *rows = store->reference_rows;
	uint32_t size = entry->references > GROUP_FROM ? GROUP_OF : 1;
	for (uint32_t from = 0; from < entry->references; from += size) {
		uint32_t to = from + size < entry->references ? from + size : entry->references;
		uint32_t held = 0, first = 0, members[GROUP_OF];
		for (uint32_t i = from; i < to; i++) {
			if (i + 8 < entry->references) {
				__builtin_prefetch(pm_entry_at(client, references[i + 8].slot));
				__builtin_prefetch(pm_handles_at(client, references[i + 8].slot));
			}
			uint32_t target = references[i].slot;
			const pm_entry *there = pm_entry_at(client, target);
			uint32_t state = pm_word_state(there->word);
			bool here = pm_id_equal(there->id, references[i].id) && (pm_state_sealed(state) || state == PLASMID_FREED);
			rows[i] = (plasmid_reference_row){.ref.slot = here ? target : 0, .group = from / size};
			memcpy(rows[i].ref.id, references[i].id, sizeof references[i].id);
			if (!here)
				continue;
			if (held == 0)
				first = i;
			members[held++] = target;
		}
		if (held == 0)
			continue;
		uint32_t token = pm_token_take(client, held == 1 ? PM_TOKEN_HANDLE : PM_TOKEN_GROUP, members[0], store->index);
		uint32_t *group = token != 0 && held > 1 ? malloc(held * sizeof *group) : NULL;
		if (token == 0 || (held > 1 && group == NULL)) {
			if (token != 0) {
				pm_token_retire(client, token);
				pm_token_recycle(client, token);
			}
			return pm_fail(PLASMID_E_NO_MEMORY, "no memory for handles");
		}
		if (held > 1) {
			memcpy(group, members, held * sizeof *group);
			pm_token_at(client, token)->group = group;
			pm_token_at(client, token)->count = held;
		}
		for (uint32_t i = 0; i < held; i++)
			pm_handle_add(client, members[i]);
		rows[first].context = pm_context(client, token);
	}
	return 0;
}

/* A call that failed half-way leaves no token that nobody knows. */
static void give_back(plasmid_store *store, uint32_t buffers, uint32_t references) {
	const plasmid_buffer_row *rows = store->rows;
	const plasmid_reference_row *reference_rows = store->reference_rows;
	for (uint32_t i = 0; i < buffers; i++)
		if (rows[i].context != 0) {
			pm_token_end(store->client, (uint32_t)rows[i].context);
			pm_token_recycle(store->client, (uint32_t)rows[i].context);
		}
	for (uint32_t i = 0; i < references; i++)
		if (reference_rows[i].context != 0) {
			pm_token_end(store->client, (uint32_t)reference_rows[i].context);
			pm_token_recycle(store->client, (uint32_t)reference_rows[i].context);
		}
}

static int32_t lease_locked(plasmid_store *store, uint32_t slot, uint32_t shown) {
	pm_client *client = store->client;
	plasmid_exchange *exchange = store->exchange;
	const pm_entry *entry = pm_entry_at(client, slot);
	const uint8_t *from = shown != 0 ? pm_window_at(shown) : pm_payload(client, entry);
	int32_t r = rows_for(&store->rows, &store->rows_bytes, entry->buffers * sizeof(plasmid_buffer_row));
	if (r == 0)
		r = rows_for(&store->reference_rows, &store->reference_rows_bytes,
		             entry->references * sizeof(plasmid_reference_row));
	if (r != 0)
		return r;
	if (entry->buffers > 0)
		memset(store->rows, 0, entry->buffers * sizeof(plasmid_buffer_row));
	if (entry->references > 0)
		memset(store->reference_rows, 0, entry->references * sizeof(plasmid_reference_row));
	exchange->inband = entry->inband;
	exchange->buffers = entry->buffers;
	exchange->references = entry->references;
	exchange->rows = (uint64_t)(uintptr_t)store->rows;
	exchange->reference_rows = (uint64_t)(uintptr_t)store->reference_rows;
	exchange->inband_at = 0;
	exchange->inband_token = 0;
	if (entry->inband <= PLASMID_DATA_BYTES) {
		memcpy(exchange->data, from, entry->inband);
	} else {
		const uint8_t *payload;
		r = lease_view(store, slot, shown, &payload, &exchange->inband_token);
		if (r != 0)
			return r;
		exchange->inband_at = (uint64_t)(uintptr_t)payload;
	}
	r = lease_buffers(store, slot, shown, from);
	if (r == 0)
		r = hold_references(store, slot);
	if (r != 0) {
		give_back(store, entry->buffers, entry->references);
		if (exchange->inband_token != 0) {
			pm_token_end(client, exchange->inband_token);
			pm_token_recycle(client, exchange->inband_token);
		}
		return r;
	}
	/* Leased now, or used just now: either way not the first to go. */
	if (entry->in_lru) {
		pm_lru_remove(client, slot);
		pm_settle(client, slot);
	}
	return 0;
}

static int32_t lease_oversize(plasmid_store *store, uint32_t slot, bool *locked) {
	pm_client *client = store->client;
	uint32_t token;
	int32_t r = pm_oversize_lease(client, slot, store->index, &token, locked);
	if (r != 0)
		return r;
	r = lease_locked(store, slot, pm_token_at(client, token)->count);
	pm_token_end(client, token);
	pm_token_recycle(client, token);
	return r;
}

/* *at, *bytes: what of the heap is to be mapped ahead of the reader. */
static int32_t lease_in_heap(plasmid_store *store, uint32_t slot, uint64_t *at, uint64_t *bytes) {
	pm_client *client = store->client;
	const pm_entry *entry = pm_entry_at(client, slot);
	if (client->lease_count[slot] == 0 && entry->bytes >= AHEAD_LEAST) {
		*at = (uint64_t)entry->start * PM_GRANULE;
		*bytes = entry->bytes;
	}
	int32_t r = lease_locked(store, slot, 0);
	if (r == 0 && client->places != NULL)
		pm_place_use(client, slot, entry->word);
	return r;
}

/* `at_hand`: not if a file has to be read for it. */
static int32_t lease(plasmid_store *store, uint32_t slot, const uint32_t id[4], bool at_hand) {
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	uint64_t at = 0, bytes = 0;
	bool locked = true;
	store->exchange->turned = pm_load(&store->client->turned);
	r = pm_locate_sealed(store->client, slot, id, &found);
	if (r == 0)
		r = pm_state_code(pm_word_state(pm_entry_at(store->client, found)->word));
	bool oversize = r == PLASMID_E_SPILLED && pm_oversize(store->client, pm_entry_at(store->client, found));
	if (oversize && (!at_hand || pm_window_shows(store->client, found))) {
		r = lease_oversize(store, found, &locked);
		if (!locked)
			return r;
	} else if (r == 0) {
		r = lease_in_heap(store, found, &at, &bytes);
	} else if (r == PLASMID_E_LOST)
		r = pm_fail(r, "%s", plasmid_error_message(r));
	if (r == 0)
		pm_ref_of(store->client, found, &store->exchange->ref);
	pm_leave(store);
	if (r == 0 && bytes > 0)
		pm_map_ahead(store->client, at, bytes);
	return r;
}

PLASMID_API int32_t plasmid_lease(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	return lease(store, slot, id, false);
}

PLASMID_API int32_t plasmid_lease_at_hand(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                          uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	return lease(store, slot, id, true);
}
