#include "stash.h"

#include <string.h>

#include "entry.h"
#include "crash.h"
#include "create.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "prim/racy.h"
#include "quota.h"
#include "room.h"
#include "slot.h"
#include "token.h"

/* A stash is at most this part of the table, and of the heap: who looks for the last free slot or byte should not miss it for long. */
#define PART 256u

bool pm_stash_wanted(plasmid_store *store, uint32_t granules) {
	if (granules > PM_STASH_SIZES || pm_subscribed(store->client))
		return false;
	pm_stash *stash = &store->stashes[granules - 1];
	if (stash->puts < PM_STASH_SLOTS) {
		stash->puts++;
		return false;
	}
	const pm_client *client = store->client;
	const uint32_t least = PART * PM_STASH_SLOTS;
	return client->plan.max_objects >= least && pm_heap_granules(client) >= least * granules;
}

static void publish(plasmid_store *store, uint32_t slot, uint32_t node, uint32_t granules) {
	pm_client *client = store->client;
	const plasmid_item nothing = {0};
	const pm_shape shape = {.granules = granules, .align = 1};
	pm_entry_fill(client, slot, node, &nothing, &shape);
	pm_entry *entry = pm_entry_at(client, slot);
	entry->stamp = ++client->super->clock;
	pm_add(&client->records[client->slot].stashed, 1);
	client->super->sealed_total++;
	PM_POINT("stash:filled");
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), client->slot + 1, PLASMID_CREATED) | PM_WORD_STASHED);
	PM_POINT("stash:published");
}

/* Is there room for more than the one that is needed, or room to be made by eviction? */
static bool plenty(const pm_client *client, uint32_t granules) {
	const pm_superblock *super = client->super;
	if (!pm_quota_allows(client, granules))
		return false;
	if (super->lru_tail != 0)
		return true;
	bool slots = pm_slot_free(client) || super->entries_reserved < client->plan.max_objects;
	return slots && (super->committed < pm_heap_granules(client) || super->heap.free >= 2 * PM_STASH_SLOTS * granules);
}

int32_t pm_stash_fill(plasmid_store *store, uint32_t granules, bool *locked) {
	pm_client *client = store->client;
	pm_stash *stash = &store->stashes[granules - 1];
	int32_t r = 0;
	while (stash->count < PM_STASH_SLOTS && (stash->count == 0 || plenty(client, granules))) {
		uint32_t slot, node;
		r = pm_room_take(client, granules, 1, &slot, &node, locked);
		if (r != 0)
			break;
		/* Somebody may have subscribed while the lock was let go: from then on nothing is put without it. */
		if (pm_subscribed(client)) {
			pm_room_untake(client, slot, node);
			break;
		}
		uint32_t token = pm_token_take(client, PM_TOKEN_STASH, slot, store->index);
		if (token == 0) {
			pm_room_untake(client, slot, node);
			r = pm_fail(PLASMID_E_NO_MEMORY, "no memory for a handle");
			break;
		}
		publish(store, slot, node, granules);
		pm_token_at(client, token)->count = pm_word_version(pm_entry_at(client, slot)->word);
		stash->tokens[stash->count++] = token;
	}
	return stash->count > 0 && *locked ? 0 : r;
}

/* An entry that was taken back may be anybody's by now. The swap then changes nothing; but for the thread sanitizer it is a write all the
 * same, beside the plain reads of whoever holds the lock. */
PM_RACY static bool claim_word(uint64_t *word, uint64_t stashed, uint64_t claimed) {
	return pm_cas(word, &stashed, claimed);
}

/* The token of an entry that nobody takes back any more, or 0. */
static uint32_t claim(plasmid_store *store, pm_stash *stash) {
	pm_client *client = store->client;
	while (stash->count > 0) {
		uint32_t token = stash->tokens[--stash->count];
		const pm_token *at = pm_token_at(client, token);
		uint64_t created = pm_word(at->count, client->slot + 1, PLASMID_CREATED);
		if (claim_word(&pm_entry_at(client, at->slot)->word, created | PM_WORD_STASHED, created | PM_WORD_CLAIMED))
			return token;
		/* Somebody needed the room more than speed. */
		pm_token_released(client, token);
		stash->puts = 0;
	}
	return 0;
}

uint32_t pm_stash_put(plasmid_store *store, uint32_t granules, uint32_t bytes) {
	pm_client *client = store->client;
	uint32_t token = claim(store, &store->stashes[granules - 1]);
	if (token == 0)
		return 0;
	pm_token *at = pm_token_at(client, token);
	uint32_t slot = at->slot;
	pm_entry *entry = pm_entry_at(client, slot);
	PM_POINT("stash:claimed");
	pm_handle_add(client, slot);
	pm_store_relaxed(&entry->bytes, bytes);
	pm_store_relaxed(&entry->inband, bytes);
	entry->made_s = (uint32_t)(pm_unix_ms() / 1000u);
	memcpy(pm_payload_writable(client, entry), store->exchange->data, bytes);
	entry->check = pm_entry_check(entry);
	pm_ref_of(client, slot, &store->exchange->ref);
	PM_POINT("put:filled");
	pm_store(&entry->word, pm_word(at->count, client->slot + 1, PLASMID_SEALED));
	PM_POINT("put:published");
	at->kind = PM_TOKEN_HANDLE;
	pm_add(&client->records[client->slot].stashed, -1);
	return token;
}

void pm_stash_end(plasmid_store *store) {
	pm_client *client = store->client;
	for (uint32_t i = 0; i < PM_STASH_SIZES; i++) {
		pm_stash *stash = &store->stashes[i];
		while (stash->count > 0) {
			uint32_t token = stash->tokens[--stash->count];
			pm_token_end(client, token);
			pm_token_recycle(client, token);
		}
	}
}
