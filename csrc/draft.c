/* draft.c - objects built in place: create, write into the view, seal or abort. */
#include "crash.h"
#include "create.h"
#include "error.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "prim/atomic.h"
#include "slot.h"
#include "spill/out.h"
#include "spill/oversize.h"
#include "store.h"
#include "token.h"

/* What has an address is copied; *room is where the first buffer without one stands. The draft is ended if that fails. */
static int32_t write(pm_client *client, uint32_t token, const plasmid_item *item, uint8_t **room) {
	pm_token *at = pm_token_at(client, token);
	if (!pm_oversize(client, pm_entry_at(client, at->slot))) {
		pm_destination destination = pm_destination_of(client, at->slot);
		*room = pm_shape_write(item, &destination, (item->flags & PLASMID_ITEM_ZERO) != 0);
		return 0;
	}
	int32_t r = pm_oversize_draft(client, at->slot, item, room, &at->count);
	if (r == 0)
		return 0;
	pm_token_released(client, token);
	if (pm_lock(client) == 0) {
		pm_drain(client, UINT32_MAX);
		pm_unlock(client);
	}
	return r;
}

/* The token is taken before the object is begun, so that nothing can fail once it is CREATED. */
static int32_t create(plasmid_store *store, plasmid_item *item) {
	pm_client *client = store->client;
	pm_shape shape;
	bool locked = true;
	uint32_t slot;
	int32_t r = pm_shape_of(item, &shape);
	if (r == 0)
		r = pm_enter(store);
	if (r != 0)
		return r;
	uint32_t token = pm_token_take(client, PM_TOKEN_DRAFT, 0, store->index);
	r = token == 0 ? pm_fail(PLASMID_E_NO_MEMORY, "no memory for a draft")
	               : pm_begin_item(client, item, &shape, &slot, &locked);
	if (r != 0) {
		if (token != 0 && !locked)
			pm_token_released(client, token);
		if (token != 0 && locked) {
			pm_token_retire(client, token);
			pm_token_recycle(client, token);
		}
		if (locked)
			pm_leave(store);
		return r;
	}
	pm_token *at = pm_token_at(client, token);
	at->slot = slot;
	at->flags = (uint8_t)item->flags;
	at->buffered = pm_shape_has_room(item);
	if (at->buffered)
		pm_token_view(client, token);
	item->token = token;
	pm_ref_of(client, slot, &item->ref);
	pm_leave(store);

	uint8_t *room;
	r = write(client, token, item, &room);
	if (r != 0)
		return r;
	PM_ASSERT(at->buffered == (room != NULL));
	item->room = (uint64_t)(uintptr_t)room;
	item->context = room != NULL ? pm_context(client, token) : 0;
	item->status = 0;
	return (int32_t)token;
}

PLASMID_API int32_t plasmid_create(plasmid_store *store, plasmid_item *item) {
	int32_t r = create(store, item);
	/* Of one that is oversize: copies of what is in memory too may go for it. */
	if (r == PLASMID_E_SPILL_LIMIT && pm_spill_forget(store->client) >= 0)
		r = create(store, item);
	return r;
}

/* The draft that the token stands for, or NOT_DRAFT, ALREADY_SEALED. Under the lock. */
static int32_t draft_of(plasmid_store *store, uint32_t draft, pm_token **at) {
	pm_client *client = store->client;
	if (draft == 0 || draft >= client->token_high)
		return pm_fail(PLASMID_E_NOT_DRAFT, "%u is not a token", draft);
	*at = pm_token_at(client, draft);
	if ((*at)->kind != PM_TOKEN_DRAFT || (*at)->store != store->index)
		return pm_fail(PLASMID_E_NOT_DRAFT, "token %u is not a draft of this store", draft);
	/* The view went just before, and its token may wait behind many others. */
	if ((*at)->buffered && pm_load(&(*at)->leaving) != 0)
		pm_drain(client, UINT32_MAX);
	if ((*at)->slot == 0)
		return pm_fail(PLASMID_E_ALREADY_SEALED, "the draft was sealed or aborted");
	return 0;
}

PLASMID_API int32_t plasmid_unview(plasmid_store *store, uint32_t draft, uint32_t leaving) {
	if (draft == 0 || draft >= store->client->token_high)
		return pm_fail(PLASMID_E_NOT_DRAFT, "%u is not a token", draft);
	pm_token *at = pm_token_at(store->client, draft);
	if (at->kind != PM_TOKEN_DRAFT)
		return pm_fail(PLASMID_E_NOT_DRAFT, "token %u is not a draft", draft);
	pm_store(&at->leaving, leaving != 0);
	if (leaving == 0)
		pm_store(&at->buffered, 1);
	return 0;
}

/* The token has done its work; with a view it is recycled when the view's deallocator has run. */
static void retire(pm_client *client, uint32_t draft, pm_token *at) {
	pm_token_retire(client, draft);
	if (!at->buffered)
		pm_token_recycle(client, draft);
}

/* Its bytes are summed up, and its file gets its name, without the lock. */
static int32_t close_oversize(plasmid_store *store, uint32_t draft, pm_token **at, bool *locked) {
	pm_client *client = store->client;
	uint32_t slot = (*at)->slot;
	pm_claim claim;
	int32_t r = pm_may_commit(client, slot, (*at)->flags, &claim);
	if (r != 0)
		return r;
	pm_leave(store);
	r = pm_oversize_close(client, slot);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	if (taken != 0 || r != 0)
		return taken != 0 ? taken : r;
	return draft_of(store, draft, at);
}

PLASMID_API int32_t plasmid_seal(plasmid_store *store, uint32_t draft) {
	pm_client *client = store->client;
	pm_token *at;
	pm_claim claim;
	bool locked = true;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = draft_of(store, draft, &at);
	if (r == 0 && pm_oversize(client, pm_entry_at(client, at->slot)))
		r = close_oversize(store, draft, &at, &locked);
	if (!locked)
		return r;
	if (r == 0)
		r = pm_link(client, at->slot, &locked);
	if (!locked)
		return r;
	if (r == 0)
		r = pm_may_commit(client, at->slot, at->flags, &claim);
	if (r == 0) {
		uint32_t slot = at->slot;
		uint32_t token = pm_token_take(client, PM_TOKEN_HANDLE, slot, store->index);
		if (token == 0) {
			r = pm_fail(PLASMID_E_NO_MEMORY, "no memory for a handle");
		} else {
			pm_handle_add(client, slot);
			if (pm_oversize(client, pm_entry_at(client, slot)))
				pm_oversize_ready(client, slot);
			pm_commit(client, slot, &claim);
			retire(client, draft, at);
			pm_ref_of(client, slot, &store->exchange->ref);
			r = (int32_t)token;
		}
	}
	pm_leave(store);
	return r;
}

PLASMID_API int32_t plasmid_abort(plasmid_store *store, uint32_t draft) {
	pm_client *client = store->client;
	pm_token *at;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = draft_of(store, draft, &at);
	if (r == 0) {
		uint32_t slot = at->slot;
		retire(client, draft, at);
		pm_remove(client, slot, PLASMID_GONE);
	}
	pm_leave(store);
	return r;
}
