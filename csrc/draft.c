/* draft.c - objects built in place: create, write into the view, seal or abort. */
#include "crash.h"
#include "create.h"
#include "error.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "prim/atomic.h"
#include "slot.h"
#include "store.h"
#include "token.h"

/* The token is taken before the object is begun, so that nothing can fail once it is CREATED. */
PLASMID_API int32_t plasmid_create(plasmid_store *store, plasmid_item *item) {
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
	               : pm_begin(client, item, &shape, &slot, &locked);
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
	pm_destination destination = pm_destination_of(client, slot);
	item->token = token;
	pm_ref_of(client, slot, &item->ref);
	pm_leave(store);

	uint8_t *room = pm_shape_write(item, &destination, (item->flags & PLASMID_ITEM_ZERO) != 0);
	PM_ASSERT(at->buffered == (room != NULL));
	item->room = (uint64_t)(uintptr_t)room;
	item->context = room != NULL ? pm_context(client, token) : 0;
	item->status = 0;
	return (int32_t)token;
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

PLASMID_API int32_t plasmid_seal(plasmid_store *store, uint32_t draft) {
	pm_client *client = store->client;
	pm_token *at;
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	r = draft_of(store, draft, &at);
	bool locked = true;
	if (r == 0)
		r = pm_link(client, at->slot, &locked);
	if (!locked)
		return r;
	if (r == 0)
		r = pm_may_commit(client, at->slot, at->flags);
	if (r == 0) {
		uint32_t slot = at->slot;
		uint32_t token = pm_token_take(client, PM_TOKEN_HANDLE, slot, store->index);
		if (token == 0) {
			r = pm_fail(PLASMID_E_NO_MEMORY, "no memory for a handle");
		} else {
			pm_handle_add(client, slot);
			pm_commit(client, slot, at->flags);
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
