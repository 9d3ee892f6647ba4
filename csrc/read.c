/* read.c - small objects read: copied out whole, without the lock. See lease.c for the others. */
#include <string.h>

#include "error.h"
#include "lock.h"
#include "look.h"
#include "place.h"
#include "prim/racy.h"
#include "slot.h"
#include "store.h"

static bool in_place(const pm_sight *sight) {
	return sight->references != 0 || sight->bytes > PLASMID_DATA_BYTES ||
	       (sight->buffers != 0 && sight->bytes >= PM_LARGE_BYTES);
}

/* Is what was read without the lock possible at all? It may be of two objects; if it is of one, the store is corrupt. */
static bool inside(const pm_client *client, const pm_sight *sight) {
	return (uint64_t)sight->start * PM_GRANULE + sight->bytes <= client->plan.capacity;
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
