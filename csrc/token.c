#include "token.h"

#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "crash.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "prim/atomic.h"
#include "window.h"

#define DRAIN_AHEAD 8u /* tokens */

uint32_t pm_token_take(pm_client *client, uint8_t kind, uint32_t slot, uint32_t store) {
	uint32_t token = client->token_free;
	if (token != 0) {
		client->token_free = pm_token_at(client, token)->next;
	} else {
		token = client->token_high;
		uint32_t chunk = token / PM_TOKEN_CHUNK;
		if (chunk >= PM_TOKEN_CHUNKS)
			return 0;
		if (client->chunks[chunk] == NULL) {
			pm_token *fresh = calloc(PM_TOKEN_CHUNK, sizeof(pm_token));
			if (fresh == NULL)
				return 0;
			pm_store(&client->chunks[chunk], fresh);
		}
		client->token_high++;
	}
	pm_token *at = pm_token_at(client, token);
	*at = (pm_token){.slot = slot, .store = store, .kind = kind};
	pm_store_relaxed(&client->tokens, client->tokens + 1);
	return token;
}

static void drop_lease(pm_client *client, uint32_t slot, uint32_t window) {
	if (pm_window_leave(client, slot, window) && pm_lease_drop(client, slot))
		pm_settle(client, slot);
}

static void drop_handle(pm_client *client, uint32_t slot) {
	if (pm_handle_drop(client, slot))
		pm_settle(client, slot);
}

void pm_token_retire(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	at->slot = 0;
	if (at->viewed == 0)
		pm_store_relaxed(&client->tokens, client->tokens - 1); /* whoever closes looks without the lock */
}

void pm_token_view(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	at->viewed = at->slot;
	pm_lease_add(client, at->viewed, 1);
}

/* The deallocator of a draft's view has run: nobody can write to the bytes any more. */
static void end_view(pm_client *client, pm_token *at) {
	uint32_t slot = at->viewed;
	if (slot == 0)
		return;
	at->viewed = 0;
	if (at->slot == 0)
		pm_store_relaxed(&client->tokens, client->tokens - 1);
	if (pm_load(&client->refused) == 0)
		drop_lease(client, slot, at->count);
}

static void free_memory(pm_token *at) {
	if (at->kind == PM_TOKEN_GROUP)
		free(at->group);
	else if (at->kind == PM_TOKEN_COPY)
		pm_copy_drop(at->copy);
	at->group = NULL;
}

void pm_token_end(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	uint32_t slot = at->slot;
	if (slot == 0)
		return;
	pm_token_retire(client, token);
	if (pm_load(&client->refused) != 0) {
		free_memory(at);
		return; /* there is nothing left to give it back to */
	}
	switch (at->kind) {
	case PM_TOKEN_LEASE:
		drop_lease(client, slot, at->count);
		break;
	case PM_TOKEN_HANDLE:
		drop_handle(client, slot);
		break;
	case PM_TOKEN_GROUP:
		for (uint32_t i = 0; i < at->count; i++)
			drop_handle(client, at->group[i]);
		free_memory(at);
		break;
	case PM_TOKEN_COPY:
		free_memory(at);
		break;
	case PM_TOKEN_STASH:
		/* If it is there still: who needed room may have taken it back, and the slot be another's. */
		if (pm_word_version(pm_load(&pm_entry_at(client, slot)->word)) == at->count)
			pm_unstash(client, slot);
		break;
	case PM_TOKEN_SUBSCRIPTION:
		pm_subscription_end(at->subscriber, slot);
		break;
	case PM_TOKEN_DRAFT:
		/* Sealing and aborting end the token themselves: a draft that still has one was dropped unsealed. */
		pm_remove(client, slot, PLASMID_GONE);
		break;
	}
}

void pm_token_recycle(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	PM_ASSERT(at->slot == 0 && at->viewed == 0 && at->kind != PM_TOKEN_FREE);
	at->kind = PM_TOKEN_FREE;
	at->next = client->token_free;
	client->token_free = token;
}

void pm_token_released(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	uint32_t head = pm_load_relaxed(&client->released);
	do
		pm_store_relaxed(&at->next, head);
	while (!pm_cas(&client->released, &head, token));
}

/* Takes the whole stack off at once, so that nobody can pop beneath us, and turns it round: what was released first is the least
 * recently used. The rest of it is ours alone. */
static uint32_t take_released(pm_client *client) {
	uint32_t token = pm_exchange(&client->released, 0), turned = 0;
	while (token != 0) {
		pm_token *at = pm_token_at(client, token);
		uint32_t next = at->next;
		at->next = turned;
		turned = token;
		token = next;
	}
	return turned;
}

/* Released in the collector's order, which is none: what ending this token will touch is asked for now. */
static void prefetch_end(const pm_client *client, uint32_t token) {
	uint32_t slot = pm_token_at(client, token)->slot;
	const char *entry = (const char *)pm_entry_at(client, slot);
	__builtin_prefetch(entry, 1);
	__builtin_prefetch(entry + 64, 1);
	__builtin_prefetch(pm_handles_at(client, slot), 1);
	__builtin_prefetch(&client->handle_count[slot], 1);
}

/* A draft whose view left it is still a draft. */
static void end_released(pm_client *client, uint32_t token) {
	pm_token *at = pm_token_at(client, token);
	end_view(client, at);
	if (at->kind == PM_TOKEN_DRAFT && at->slot != 0 && pm_load(&at->leaving) != 0) {
		at->buffered = 0;
		return;
	}
	pm_token_end(client, token);
	pm_token_recycle(client, token);
}

uint32_t pm_drain(pm_client *client, uint32_t budget) {
	uint32_t done = 0, ahead = client->draining;
	for (uint32_t i = 0; i < DRAIN_AHEAD && ahead != 0; i++, ahead = pm_token_at(client, ahead)->next)
		prefetch_end(client, ahead);
	while (done < budget) {
		if (client->draining == 0) {
			if (pm_load_relaxed(&client->released) == 0)
				break;
			pm_store_relaxed(&client->draining, take_released(client));
			ahead = client->draining;
		}
		if (ahead != 0) {
			prefetch_end(client, ahead);
			ahead = pm_token_at(client, ahead)->next;
		}
		uint32_t token = client->draining;
		pm_store_relaxed(&client->draining, pm_token_at(client, token)->next);
		end_released(client, token);
		done++;
	}
	return done;
}

void pm_tokens_free(pm_client *client) {
	for (uint32_t token = 1; token < client->token_high; token++)
		if (pm_token_at(client, token)->kind != PM_TOKEN_FREE)
			return;
	client->token_high = 1;
	client->token_free = 0;
	for (uint32_t i = 0; i < PM_TOKEN_CHUNKS; i++) {
		free(client->chunks[i]);
		client->chunks[i] = NULL;
	}
}
