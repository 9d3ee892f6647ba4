/* lease.c - large objects read in place, under leases; and those with refs, whatever their size. */
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "crash.h"
#include "entry.h"
#include "error.h"
#include "fate.h"
#include "helper.h"
#include "hold.h"
#include "lock.h"
#include "look.h"
#include "lru.h"
#include "place.h"
#include "slot.h"
#include "spill/apart.h"
#include "spill/oversize.h"
#include "store.h"
#include "token.h"
#include "window.h"

#define AHEAD_LEAST (32u << 20) /* bytes of an object whose pages are mapped ahead of its reader */
#define GROUP_FROM 256u         /* a value with more refs than this shares one handle among GROUP_OF of them */
#define GROUP_OF 16u

/* Where the views of an object stand, unless that is in the heap. */
typedef struct stand {
	uint32_t window; /* of one that is oversize */
	pm_copy *copy;
} stand;

/* Which of those that are on disk are leased. */
enum reach {
	AT_HAND,  /* an oversize one, if its file need not be looked through */
	OVERSIZE, /* any of these */
	ANY       /* those that there is no room for too, in the heap or for a view: a copy */
};

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

/* NULL: no memory, or no place. */
static const uint8_t *stand_view(pm_client *client, uint32_t slot, const stand *on, pm_token *at) {
	if (on->copy != NULL) {
		at->copy = pm_copy_share(on->copy);
		return on->copy->payload;
	}
	const uint8_t *payload =
			on->window != 0 ? pm_window_again(at->count = on->window) : pm_window_enter(client, slot, &at->count);
	if (payload != NULL)
		pm_lease_add(client, slot, 1);
	return payload;
}

/* A lease for one view, or a part in the copy: where the object's first byte stands for it, and the token. */
static int32_t lease_view(plasmid_store *store, uint32_t slot, const stand *on, const uint8_t **payload,
                          uint32_t *token) {
	pm_client *client = store->client;
	*token = pm_token_take(client, on->copy != NULL ? PM_TOKEN_COPY : PM_TOKEN_LEASE, slot, store->index);
	if (*token == 0)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a lease");
	*payload = stand_view(client, slot, on, pm_token_at(client, *token));
	if (*payload != NULL)
		return 0;
	pm_token_retire(client, *token);
	pm_token_recycle(client, *token);
	*token = 0;
	return pm_fail(PLASMID_E_NO_VIEW,
	               "no place for one more view on an object that was written to: let go of such views, they keep copies");
}

/* A lease for each buffer that has bytes. */
static int32_t lease_buffers(plasmid_store *store, uint32_t slot, const stand *on, const uint8_t *from) {
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
		int32_t r = lease_view(store, slot, on, &payload, &token);
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

/* Leased now, or used just now: either way not the first to go. */
static void keep(pm_client *client, uint32_t slot) {
	if (!pm_entry_at(client, slot)->in_lru)
		return;
	pm_lru_remove(client, slot);
	pm_settle(client, slot);
}

static int32_t lease_locked(plasmid_store *store, uint32_t slot, const stand *on) {
	pm_client *client = store->client;
	plasmid_exchange *exchange = store->exchange;
	const pm_entry *entry = pm_entry_at(client, slot);
	PM_MUST(pm_word_state(entry->word) != PLASMID_SEALED || pm_entry_good(client, entry));
	const uint8_t *from = on->copy != NULL  ? on->copy->payload
	                      : on->window != 0 ? pm_window_at(on->window)
	                                        : pm_payload(client, entry);
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
		r = lease_view(store, slot, on, &payload, &exchange->inband_token);
		if (r != 0)
			return r;
		exchange->inband_at = (uint64_t)(uintptr_t)payload;
	}
	r = lease_buffers(store, slot, on, from);
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
	keep(client, slot);
	return 0;
}

static int32_t lease_oversize(plasmid_store *store, uint32_t slot, bool *locked) {
	pm_client *client = store->client;
	uint32_t token;
	int32_t r = pm_oversize_lease(client, slot, store->index, &token, locked);
	if (r != 0)
		return r;
	r = lease_locked(store, slot, &(stand){.window = pm_token_at(client, token)->count});
	pm_token_end(client, token);
	pm_token_recycle(client, token);
	return r;
}

static int32_t lease_copy(plasmid_store *store, uint32_t slot, bool *locked) {
	pm_copy *copy;
	int32_t r = pm_spill_apart(store->client, slot, &copy, locked);
	if (r != 0)
		return r;
	r = lease_locked(store, slot, &(stand){.copy = copy});
	pm_copy_drop(copy);
	return r;
}

/* One that is SPILLED. */
static int32_t lease_on_disk(plasmid_store *store, uint32_t slot, enum reach reach, bool *locked) {
	if (!pm_oversize(store->client, pm_entry_at(store->client, slot)))
		return reach == ANY ? lease_copy(store, slot, locked) : PLASMID_E_SPILLED;
	bool at_hand = reach != AT_HAND || pm_window_shows(store->client, slot);
	return at_hand ? lease_oversize(store, slot, locked) : PLASMID_E_SPILLED;
}

/* *at, *bytes: what of the heap is to be mapped ahead of the reader. */
static int32_t lease_in_heap(plasmid_store *store, uint32_t slot, uint64_t *at, uint64_t *bytes) {
	pm_client *client = store->client;
	const pm_entry *entry = pm_entry_at(client, slot);
	if (client->lease_count[slot] == 0 && entry->bytes >= AHEAD_LEAST) {
		*at = (uint64_t)entry->start * PM_GRANULE;
		*bytes = entry->bytes;
	}
	int32_t r = lease_locked(store, slot, &(stand){0});
	if (r == 0 && client->places != NULL)
		pm_place_use(client, slot, entry->word);
	return r;
}

/* Of one that is in memory. Without the lock while it is copied: a lease keeps the bytes meanwhile. */
static int32_t copy_out(pm_client *client, uint32_t slot, uint8_t *to, bool *locked) {
	const pm_entry *entry = pm_entry_at(client, slot);
	const uint8_t *payload = pm_payload(client, entry);
	uint64_t word = entry->word, bytes = entry->bytes;
	pm_lease_add(client, slot, 1);
	keep(client, slot);
	pm_unlock(client);
	PM_POINT("lease:copying");
	memcpy(to, payload, bytes);
	int32_t r = pm_lock_again(client);
	*locked = r == 0;
	return r != 0 || entry->word == word ? r : pm_state_code(pm_word_state(entry->word));
}

static int32_t lease_heap_copy(plasmid_store *store, uint32_t slot, bool *locked) {
	pm_client *client = store->client;
	uint64_t bytes = pm_entry_at(client, slot)->bytes;
	uint32_t token = pm_token_take(client, PM_TOKEN_LEASE, slot, store->index);
	pm_copy *copy = token != 0 ? pm_copy_new(bytes) : NULL;
	if (copy == NULL) {
		if (token != 0) {
			pm_token_retire(client, token);
			pm_token_recycle(client, token);
		}
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a copy of %llu bytes", (unsigned long long)bytes);
	}
	int32_t r = copy_out(client, slot, copy->payload, locked);
	if (r == 0)
		r = lease_locked(store, slot, &(stand){.copy = copy});
	pm_copy_drop(copy);
	if (*locked) {
		pm_token_end(client, token);
		pm_token_recycle(client, token);
	} else {
		pm_token_released(client, token);
	}
	return r;
}

/* There is no place for a view. The lock was let go of meanwhile if the object is oversize. */
static int32_t lease_without_place(plasmid_store *store, uint32_t slot, const uint32_t id[4], bool *locked) {
	uint32_t found;
	int32_t r = pm_locate_sealed(store->client, slot, id, &found);
	if (r != 0)
		return r;
	bool on_disk = pm_word_state(pm_entry_at(store->client, found)->word) == PLASMID_SPILLED;
	return on_disk ? lease_copy(store, found, locked) : lease_heap_copy(store, found, locked);
}

static int32_t lease(plasmid_store *store, uint32_t slot, const uint32_t id[4], enum reach reach) {
	uint32_t found;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	uint64_t at = 0, bytes = 0;
	bool locked = true;
	store->exchange->turned = pm_load(&store->client->turned);
	r = pm_locate_sealed(store->client, slot, id, &found);
	if (r == 0 && pm_word_state(pm_entry_at(store->client, found)->word) == PLASMID_SPILLED)
		r = lease_on_disk(store, found, reach, &locked);
	else if (r == 0)
		r = lease_in_heap(store, found, &at, &bytes);
	else if (r == PLASMID_E_LOST)
		r = pm_fail(r, "%s", plasmid_error_message(r));
	if (r == PLASMID_E_NO_VIEW && reach == ANY && locked) {
		bytes = 0;
		r = lease_without_place(store, found, id, &locked);
	}
	if (!locked)
		return r;
	if (r == 0)
		pm_ref_of(store->client, found, &store->exchange->ref);
	pm_leave(store);
	if (r == 0 && bytes > 0)
		pm_map_ahead(store->client, at, bytes);
	return r;
}

PLASMID_API int32_t plasmid_lease(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	return lease(store, slot, id, OVERSIZE);
}

PLASMID_API int32_t plasmid_lease_at_hand(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                          uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	return lease(store, slot, id, AT_HAND);
}

PLASMID_API int32_t plasmid_lease_apart(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                        uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	return lease(store, slot, id, ANY);
}
