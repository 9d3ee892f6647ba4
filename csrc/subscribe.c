/* subscribe.c - being told what happens, and first what there is.
 *
 * What exists is told a few slots a hold of the lock, in the order of the slots. Each hold first takes all that is new in the ring, and
 * drops what concerns slots that are still to be looked at: the look will find it done. So every object is told of just once, sealed
 * or existing, whatever happens meanwhile. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "event.h"
#include "fate.h"
#include "helper.h"
#include "index.h"
#include "lock.h"
#include "prim/clock.h"
#include "prim/file.h"
#include "prim/futex.h"
#include "reap.h"
#include "slot.h"
#include "store.h"
#include "token.h"
#include "wait.h"

#define MOST_SUBSCRIPTIONS 1024u /* of one store */
#define SWEEP 4096u              /* slots a hold, for what is stashed */
#define WALK 512u                /* slots a hold, for what exists */
#define STEPS 1024u              /* records a hold */
#define NAP_NS 200000u

/* Takes back an entry that is stashed. True if it is stashed still: claimed, and about to be sealed. */
static bool take_back(pm_client *client, uint32_t slot) {
	return !pm_unstash(client, slot) && pm_word_stashed(pm_load(&pm_entry_at(client, slot)->word));
}

/* Takes back what is stashed, and waits until what was claimed is sealed: after that, as there is a subscriber, nothing is put without
 * the lock. What the clients count only says when there is nothing to look for. Holds the lock at its end if it is 0; LOCK_TIMEOUT. */
static int32_t end_stashes(pm_client *client) {
	uint64_t deadline = pm_monotonic_ns() + client->lock_timeout_ns;
	uint32_t nobody = 0;
	bool claimed = false;
	for (uint32_t from = 1;;) {
		int32_t r = pm_lock_again(client);
		if (r != 0)
			return r;
		uint32_t used = pm_slots_used(client), to = used < from + SWEEP ? used + 1 : from + SWEEP;
		for (; from < to && pm_slots_stashed(client) > 0; from++)
			claimed |= take_back(client, from);
		if (pm_slots_stashed(client) == 0 || (from > used && !claimed))
			return 0;
		pm_unlock(client);
		if (from <= used)
			continue;
		from = 1;
		claimed = false;
		r = pm_reap_dead(client); /* it may be a dead one's, never to be sealed */
		if (r < 0)
			return r;
		if (pm_monotonic_ns() > deadline)
			return pm_fail(PLASMID_E_LOCK_TIMEOUT,
			               "a process is in the middle of a put for more than %llu ms: is it stopped?",
			               (unsigned long long)(client->lock_timeout_ns / 1000000u));
		pm_futex_wait(&nobody, 0, NAP_NS);
	}
}

/* The number of a free place; SUBSCRIPTIONS_FULL, NO_MEMORY. Under the lock. */
static int32_t place(plasmid_store *store) {
	for (uint32_t i = 0; i < store->subscription_count; i++)
		if (!store->subscriptions[i].open)
			return (int32_t)i + 1;
	if (store->subscription_count == MOST_SUBSCRIPTIONS)
		return pm_fail(PLASMID_E_SUBSCRIPTIONS_FULL, "%u subscriptions are open, the most of one Store",
		               MOST_SUBSCRIPTIONS);
	pm_subscription *more = realloc(store->subscriptions, (store->subscription_count + 1) * sizeof *more);
	if (more == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a subscription");
	store->subscriptions = more;
	more[store->subscription_count] = (pm_subscription){0};
	return (int32_t)++store->subscription_count;
}

/* A place, taken, and the token that ends it. Under the lock. */
static int32_t begin(plasmid_store *store, uint32_t kinds, uint32_t existing) {
	pm_client *client = store->client;
	int32_t number = place(store);
	if (number < 0)
		return number;
	uint32_t token = pm_token_take(client, PM_TOKEN_SUBSCRIPTION, (uint32_t)number, store->index);
	if (token == 0)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a token");
	pm_token_at(client, token)->subscriber = store;
	store->subscriptions[number - 1] =
			(pm_subscription){.open = true, .token = token, .kinds = kinds, .walk = existing != 0};
	pm_subscribers_add(client, 1);
	return number;
}

static void end(plasmid_store *store, const pm_subscription *at) {
	uint32_t token = at->token;
	pm_token_end(store->client, token);
	if (!pm_token_at(store->client, token)->buffered)
		pm_token_recycle(store->client, token);
}

/* Without the lock; again is no harm. */
static int32_t reserve_ring(const pm_client *client) {
	uint64_t from = client->plan.events_at, to = from + PM_EVENT_CELLS * sizeof(pm_event);
	return pm_file_reserve(client->file, from, to) != 0 ? pm_fail_errno("reserving room for events") : 0;
}

PLASMID_API int32_t plasmid_subscribe(plasmid_store *store, uint32_t kinds, uint32_t existing) {
	pm_client *client = store->client;
	int32_t r = pm_usable(store);
	if (r == 0)
		r = reserve_ring(client);
	if (r == 0)
		r = pm_enter(store);
	if (r != 0)
		return r;
	int32_t number = begin(store, kinds, existing);
	pm_leave(store);
	if (number < 0)
		return number;
	pm_subscription *at = &store->subscriptions[number - 1];
	r = PM_LANDS(client, end_stashes(client));
	if (r != 0) {
		if (pm_lock(client) == 0) {
			end(store, at);
			pm_unlock(client);
		}
		return r; /* if it can't be ended now, it ends with the store */
	}
	at->cell = client->super->event_head;
	at->number = client->super->event_next;
	pm_leave(store);
	return number;
}

static pm_subscription *subscription_of(plasmid_store *store, uint32_t subscription) {
	if (subscription == 0 || subscription > store->subscription_count || !store->subscriptions[subscription - 1].open) {
		pm_fail(PLASMID_E_INVALID, "%u is no subscription of this store", subscription);
		return NULL;
	}
	return &store->subscriptions[subscription - 1];
}

PLASMID_API int32_t plasmid_subscription_token(plasmid_store *store, uint32_t subscription) {
	int32_t r = pm_usable(store);
	if (r != 0)
		return r;
	/* Without the lock: until there is a buffer, only this thread ends it. */
	const pm_subscription *at = subscription_of(store, subscription);
	if (at == NULL)
		return PLASMID_E_INVALID;
	pm_token_at(store->client, at->token)->buffered = 1;
	return (int32_t)at->token;
}

PLASMID_API int32_t plasmid_unsubscribe(plasmid_store *store, uint32_t subscription) {
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	pm_subscription *at = subscription_of(store, subscription);
	if (at != NULL)
		end(store, at);
	pm_leave(store);
	return at == NULL ? PLASMID_E_INVALID : 0;
}

typedef struct row_list {
	plasmid_event_row *rows;
	uint32_t count, limit;
} row_list;

/* All but the name. */
static plasmid_event_row *next_row(row_list *list, uint32_t kind) {
	plasmid_event_row *row = &list->rows[list->count++];
	memset(row, 0, offsetof(plasmid_event_row, name));
	row->kind = kind;
	return row;
}

static void tell(const pm_client *client, const pm_event *event, uint64_t cell, row_list *list) {
	plasmid_event_row *row = next_row(list, event->kind);
	row->number = event->number;
	row->at_ms = event->at_ms;
	row->pid = event->pid;
	if (event->kind == PLASMID_KIND_DEATH)
		return;
	row->bytes = event->bytes;
	row->ref.slot = event->slot;
	memcpy(row->ref.id, event->id, sizeof row->ref.id);
	row->name_bytes = event->name_bytes < PLASMID_NAME_BYTES ? event->name_bytes : PLASMID_NAME_BYTES;
	pm_event_name(client, cell, row->name);
}

/* Is it asked for, and of no slot that is still to be looked at? */
static bool concerns(const pm_subscription *at, const pm_event *event) {
	if (event->kind > PLASMID_KIND_DEATH || (at->kinds >> event->kind & 1) == 0)
		return false;
	return event->kind == PLASMID_KIND_DEATH || at->walk == 0 || event->slot < at->walk;
}

static void tell_ring(const pm_client *client, pm_subscription *at, row_list *list) {
	const pm_superblock *super = client->super;
	if (at->cell < super->event_tail || at->number < pm_event_first(client)) {
		uint64_t first = pm_event_first(client);
		next_row(list, PLASMID_KIND_GAP)->bytes = first - at->number;
		at->number = first;
		at->cell = super->event_tail;
	}
	for (uint32_t steps = 0; at->cell < super->event_head && list->count < list->limit && steps < STEPS; steps++) {
		const pm_event *event = pm_event_at(client, at->cell);
		if (concerns(at, event))
			tell(client, event, at->cell, list);
		at->cell += pm_event_cells(event);
		at->number = event->number + 1;
	}
}

/* 0: it has ended. */
static uint32_t maker_of(const pm_client *client, const pm_entry *entry) {
	uint32_t creator = pm_word_creator(entry->word);
	if (creator == 0 || creator > client->plan.max_clients)
		return 0;
	const pm_client_record *maker = &client->records[creator - 1];
	return maker->epoch == entry->creator_epoch ? maker->pid : 0;
}

static void tell_existing(const pm_client *client, pm_subscription *at, row_list *list) {
	uint32_t used = pm_slots_used(client);
	for (uint32_t steps = 0; at->walk <= used && list->count < list->limit && steps < WALK; at->walk++, steps++) {
		const pm_entry *entry = pm_entry_at(client, at->walk);
		if (!pm_state_sealed(pm_word_state(entry->word)))
			continue;
		plasmid_event_row *row = next_row(list, PLASMID_KIND_EXISTING);
		row->at_ms = (uint64_t)entry->made_s * 1000u;
		row->bytes = entry->bytes;
		row->pid = maker_of(client, entry);
		row->name_bytes = entry->name_bytes < PLASMID_NAME_BYTES ? entry->name_bytes : PLASMID_NAME_BYTES;
		pm_ref_of(client, at->walk, &row->ref);
		if (entry->name_bytes > 0)
			memcpy(row->name, pm_name_of(client, entry), row->name_bytes);
	}
	if (at->walk > used)
		at->walk = 0;
}

PLASMID_API int32_t plasmid_next_events(plasmid_store *store, uint32_t subscription, plasmid_event_row *rows,
                                        uint32_t limit) {
	pm_client *client = store->client;
	row_list list = {.rows = rows, .limit = limit};
	bool more = true;
	while (list.count == 0 && more) {
		int32_t r = pm_enter(store);
		if (r != 0)
			return r;
		pm_subscription *at = subscription_of(store, subscription);
		if (at != NULL && limit > 0) {
			tell_ring(client, at, &list);
			if (at->walk != 0 && at->cell == client->super->event_head)
				tell_existing(client, at, &list);
			more = at->walk != 0 || at->cell < client->super->event_head;
		}
		/* In the hold that found nothing: whoever adds a record sees it. */
		if (at != NULL && !more && list.count == 0) {
			pm_arm(store);
			pm_interest_in_events(client);
		}
		pm_leave(store);
		if (at == NULL || limit == 0)
			return PLASMID_E_INVALID;
	}
	return (int32_t)list.count;
}
