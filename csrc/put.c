/* put.c - objects made and sealed in one call. */
#include <string.h>

#include "entry.h"
#include "crash.h"
#include "create.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "index.h"
#include "lock.h"
#include "prim/clock.h"
#include "room.h"
#include "slot.h"
#include "spill/out.h"
#include "spill/oversize.h"
#include "stash.h"
#include "store.h"
#include "token.h"

#define COPY_LOCKED_BYTES 4096u /* up to here copying is shorter than letting the lock go and taking it again */

/* Gives the caller the handle that a token stands for already. */
static void hand_over(pm_client *client, uint32_t slot, plasmid_ref *ref) {
	pm_handle_add(client, slot);
	pm_ref_of(client, slot, ref);
}

/* The short way: nobody can know the object before it is sealed, so it is never CREATED. */
static int32_t put_locked(plasmid_store *store, const plasmid_item *item, const pm_shape *shape, bool *locked) {
	pm_client *client = store->client;
	uint32_t slot, node;
	int32_t r = pm_room_take(client, shape->granules, shape->align, &slot, &node, locked);
	if (r != 0)
		return r;
	uint32_t token = pm_token_take(client, PM_TOKEN_HANDLE, slot, store->index);
	if (token == 0) {
		pm_room_untake(client, slot, node);
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a handle");
	}
	pm_entry_fill(client, slot, node, item, shape);
	hand_over(client, slot, &store->exchange->ref);
	pm_entry *entry = pm_entry_at(client, slot);
	memcpy(pm_payload_writable(client, entry), store->exchange->data, item->inband_bytes);
	entry->stamp = ++client->super->clock;
	entry->check = pm_entry_check(entry);
	PM_POINT("put:filled");
	pm_event_add(client, PLASMID_KIND_SEAL, slot);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), client->slot + 1, PLASMID_SEALED));
	PM_POINT("put:published");
	client->super->sealed_total++;
	return (int32_t)token;
}

/* Apart, for a put from the stash shall not pay for the landing. */
static __attribute__((noinline)) int32_t put_small_locked(plasmid_store *store, const plasmid_item *item,
                                                          const pm_shape *shape, bool stashed) {
	bool locked = true;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	stashed = stashed && !pm_subscribed(store->client);
	if (stashed)
		r = pm_stash_fill(store, shape->granules, &locked);
	/* In the hold that filled it, for once that is left, somebody may take all of it back; or in a wait for room before. */
	if (stashed && r == 0)
		r = (int32_t)pm_stash_put(store, shape->granules, (uint32_t)item->inband_bytes);
	if (r == 0)
		r = put_locked(store, item, shape, &locked);
	if (locked)
		pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_put_small(plasmid_store *store, uint32_t bytes) {
	if (bytes > PLASMID_DATA_BYTES)
		return pm_fail(PLASMID_E_INVALID, "%u bytes do not fit into the exchange", bytes);
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)store->exchange->data, .inband_bytes = bytes};
	if (bytes > COPY_LOCKED_BYTES) {
		int32_t r = plasmid_put_many(store, &item, 1);
		if (r != 0)
			return r;
		store->exchange->ref = item.ref;
		return (int32_t)item.token;
	}
	pm_shape shape;
	int32_t r = pm_shape_of(&item, &shape);
	if (r == 0)
		r = pm_usable(store);
	bool stashed = r == 0 && pm_stash_wanted(store, shape.granules);
	uint32_t token = stashed ? pm_stash_put(store, shape.granules, bytes) : 0;
	if (token != 0)
		return (int32_t)token;
	return r != 0 ? r : put_small_locked(store, &item, &shape, stashed);
}

/* Objects 0 .. made-1 are CREATED; none of them shall be. Without the lock their tokens say so to whoever has it next. */
static void take_back(pm_client *client, const plasmid_item *items, uint32_t made, bool locked) {
	for (uint32_t i = 0; i < made; i++) {
		if (!locked) {
			pm_token_released(client, items[i].token);
			continue;
		}
		pm_token_end(client, items[i].token);
		pm_token_recycle(client, items[i].token);
	}
}

/* Each has a draft's token until it is sealed: afterwards nothing can fail. */
static int32_t begin_all(plasmid_store *store, plasmid_item *items, uint32_t count, uint64_t *bytes, bool *locked) {
	pm_client *client = store->client;
	for (uint32_t i = 0; i < count; i++) {
		pm_shape shape;
		uint32_t slot;
		*locked = true;
		int32_t r = pm_shape_of(&items[i], &shape);
		if (r == 0)
			r = pm_begin_item(client, &items[i], &shape, &slot, locked);
		if (r == 0) {
			items[i].ref.slot = slot;
			items[i].token = pm_token_take(client, PM_TOKEN_DRAFT, slot, store->index);
			if (items[i].token == 0) {
				pm_remove(client, slot, PLASMID_GONE);
				r = pm_fail(PLASMID_E_NO_MEMORY, "no memory for handles");
			}
		}
		items[i].status = r;
		if (r != 0) {
			take_back(client, items, i, *locked);
			return r;
		}
		*bytes += shape.bytes;
	}
	return 0;
}

static int32_t write_all(pm_client *client, plasmid_item *items, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = items[i].ref.slot;
		if (pm_oversize(client, pm_entry_at(client, slot))) {
			items[i].status = pm_oversize_write(client, slot, &items[i]);
			if (items[i].status != 0)
				return items[i].status;
			continue;
		}
		pm_destination destination = pm_destination_of(client, slot);
		pm_shape_write(&items[i], &destination, false);
	}
	return 0;
}

/* Contained refs are counted a few a hold; then everything that could refuse is asked in the hold that
 * seals. `claim` is the last one's. */
static int32_t link_all(pm_client *client, plasmid_item *items, uint32_t count, pm_claim *claim, bool *locked) {
	for (uint32_t i = 0; i < count; i++) {
		int32_t r = pm_link(client, items[i].ref.slot, locked);
		if (!*locked)
			return r;
		if (r != 0) {
			items[i].status = r;
			return r;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		int32_t r = pm_may_commit(client, items[i].ref.slot, items[i].flags, claim);
		if (r != 0) {
			items[i].status = r;
			return r;
		}
	}
	return 0;
}

static void commit_all(pm_client *client, plasmid_item *items, uint32_t count, pm_claim *claim) {
	for (uint32_t i = 0; i < count; i++) {
		/* What was allowed still is; but one before it may have had the same name. */
		if (count > 1)
			pm_may_commit(client, items[i].ref.slot, items[i].flags, claim);
		pm_token_at(client, items[i].token)->kind = PM_TOKEN_HANDLE;
		hand_over(client, items[i].ref.slot, &items[i].ref);
		if (pm_oversize(client, pm_entry_at(client, items[i].ref.slot)))
			pm_oversize_ready(client, items[i].ref.slot);
		pm_commit(client, items[i].ref.slot, claim);
	}
}

/* They are written: what is left, under the lock. */
static int32_t finish(plasmid_store *store, plasmid_item *items, uint32_t count, int32_t r) {
	bool locked = true;
	pm_claim claim;
	if (r == 0)
		r = link_all(store->client, items, count, &claim, &locked);
	if (r == 0)
		commit_all(store->client, items, count, &claim);
	else
		take_back(store->client, items, count, locked);
	if (locked)
		pm_leave(store);
	return r;
}

/* Nobody waits for so many bytes. Apart, for what is small shall not pay for this landing as well. */
static __attribute__((noinline)) int32_t write_unlocked(plasmid_store *store, plasmid_item *items, uint32_t count) {
	pm_client *client = store->client;
	int32_t written = write_all(client, items, count);
	int32_t r = pm_lock(client);
	if (r == 0)
		return finish(store, items, count, written);
	take_back(client, items, count, false);
	return r;
}

static int32_t put_many(plasmid_store *store, plasmid_item *items, uint32_t count) {
	uint64_t bytes = 0;
	bool locked = true;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = begin_all(store, items, count, &bytes, &locked);
	if (r == 0 && bytes <= COPY_LOCKED_BYTES)
		return finish(store, items, count, write_all(store->client, items, count));
	if (locked)
		pm_leave(store);
	return r != 0 ? r : write_unlocked(store, items, count);
}

PLASMID_API int32_t plasmid_put_many(plasmid_store *store, plasmid_item *items, uint32_t count) {
	int32_t r = put_many(store, items, count);
	/* Of one that is oversize: copies of what is in memory too may go for it. */
	if (r == PLASMID_E_SPILL_LIMIT && pm_spill_forget(store->client) >= 0)
		r = put_many(store, items, count);
	return r;
}
