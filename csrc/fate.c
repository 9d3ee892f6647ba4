#include "fate.h"

#include "crash.h"
#include "entry.h"
#include "event.h"
#include "hold.h"
#include "index.h"
#include "lru.h"
#include "place.h"
#include "prim/atomic.h"
#include "quota.h"
#include "slot.h"
#include "wait.h"

#define UNLINK_NOW 64u /* refs of a container that are released at once; the others a few a call */

void pm_room_given(pm_client *client) {
	if (pm_load_relaxed(&client->super->room_watchers) != 0)
		pm_notify_all(client);
}

/* The extent that an entry names is the one that names it. */
static inline void must_own(const pm_client *client, uint32_t slot) {
	uint32_t node = pm_entry_at(client, slot)->node;
	PM_MUST(node < client->super->nodes_reserved && PM_EXTENT_OWNER(client->nodes[node]) == slot);
}

static void release_extent(pm_client *client, pm_entry *entry) {
	uint32_t slot = (uint32_t)(entry - client->entries);
	pm_uncharge(client, entry);
	must_own(client, slot);
	pm_heap_free(&client->super->heap, client->nodes, entry->node);
	entry->node = 0;
	if (client->places != NULL)
		pm_store(&client->places[slot].trailer, 0);
	pm_room_given(client);
}

void pm_settle(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(entry->word);
	if (state == PLASMID_SEALED) {
		bool kept = entry->pins != 0 || entry->contained != 0 || pm_handled(client, slot) || pm_leased(client, slot);
		if (kept && entry->in_lru)
			pm_lru_remove(client, slot);
		if (!kept && !entry->in_lru) {
			pm_lru_push(client, slot);
			pm_room_given(client);
		}
		return;
	}
	if (state == PLASMID_SPILLED) {
		/* What nobody keeps is cache, and there is none on disk. Only what is oversize is leased. */
		if (entry->pins == 0 && entry->contained == 0 && !pm_handled(client, slot) && !pm_leased(client, slot))
			pm_remove(client, slot, PLASMID_GONE);
		return;
	}
	if (state != PLASMID_FREED && state != PLASMID_GONE)
		return;
	bool leased = pm_leased(client, slot), oversize = pm_oversize(client, entry);
	if (entry->node != 0 && (!leased || oversize) && !entry->in_drop)
		release_extent(client, entry);
	if (oversize && !leased) {
		pm_place_drop(client, slot);
		pm_room_given(client);
	}
	if (!leased && !entry->in_drop && !pm_handled(client, slot) && !pm_place_busy(client, slot)) {
		pm_slot_give(client, slot);
		pm_room_given(client);
	}
}

bool pm_unlink(pm_client *client, uint32_t budget) {
	pm_superblock *super = client->super;
	while (super->drop_head != 0 && budget > 0) {
		uint32_t slot = super->drop_head;
		pm_entry *entry = pm_entry_linked(client, slot);
		PM_MUST(entry->in_drop && entry->linked <= entry->references);
		const pm_reference *references = (const pm_reference *)pm_trailer(client, entry);
		while (entry->linked > 0 && budget > 0) {
			const pm_reference *reference = &references[--entry->linked];
			budget--;
			pm_entry *target = pm_entry_linked(client, reference->slot);
			if (!pm_id_equal(target->id, reference->id) || target->contained == 0)
				continue;
			target->contained--;
			pm_settle(client, reference->slot);
		}
		if (entry->linked > 0)
			break;
		super->drop_head = entry->lru_next;
		if (super->drop_head == 0)
			super->drop_tail = 0;
		entry->in_drop = 0;
		pm_settle(client, slot);
	}
	return super->drop_head != 0;
}

static void remove_as(pm_client *client, uint32_t slot, uint32_t state, uint32_t kind) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(pm_state_sealed(pm_word_state(entry->word)) || pm_word_state(entry->word) == PLASMID_CREATED);
	/* Its name, its references and its extent are looked for where it says. */
	PM_MUST(pm_word_state(entry->word) != PLASMID_SEALED || pm_entry_good(client, entry));
	bool spilled = pm_word_state(entry->word) == PLASMID_SPILLED;
	bool awaited = pm_word_state(entry->word) == PLASMID_CREATED;
	if (!awaited)
		pm_event_add(client, kind, slot);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), pm_word_creator(entry->word), state));
	pm_fence_release(); /* before its bytes are another's */
	PM_POINT("remove:published");
	if (spilled) {
		client->spill->spilled--;
		client->spill->spilled_bytes -= entry->bytes;
	}
	if (!pm_oversize(client, entry))
		pm_place_drop(client, slot); /* else once no view stands on it */
	if (awaited || spilled)
		pm_notify(client, entry->id[0]);
	pm_index_remove_name(client, slot);
	pm_lru_remove(client, slot);
	if (entry->linked > 0) {
		entry->in_drop = 1;
		entry->lru_next = 0;
		bool first = super->drop_tail == 0;
		*(first ? &super->drop_head : &pm_entry_linked(client, super->drop_tail)->lru_next) = slot;
		super->drop_tail = slot;
		/* Behind others it has its turn with them: they may be what this is removed for. */
		if (first)
			pm_unlink(client, UNLINK_NOW);
	} else {
		pm_settle(client, slot);
	}
}

void pm_remove(pm_client *client, uint32_t slot, uint32_t state) {
	remove_as(client, slot, state, state == PLASMID_FREED ? PLASMID_KIND_FREE : PLASMID_KIND_EVICT);
}

void pm_lose(pm_client *client, uint32_t slot) {
	client->super->quarantined++;
	remove_as(client, slot, PLASMID_GONE, PLASMID_KIND_LOST);
}

bool pm_unstash(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint64_t word = pm_load(&entry->word);
	uint32_t creator = pm_word_creator(word);
	if ((word & PM_WORD_STASHED) == 0 ||
	    !pm_cas(&entry->word, &word, pm_word(pm_word_version(word), creator, PLASMID_GONE)))
		return false;
	PM_POINT("unstash:published");
	pm_slots_unstash(client, creator - 1, 1);
	pm_settle(client, slot);
	return true;
}

bool pm_unstash_all(pm_client *client) {
	uint32_t stashed = pm_slots_stashed(client), taken = 0;
	/* One that is claimed counts for a moment more, and can't be taken. */
	for (uint32_t slot = 1; slot <= pm_slots_used(client) && taken < stashed; slot++)
		taken += pm_unstash(client, slot);
	return taken > 0;
}

/* Before anything is done to whoever is next to go. */
static void must_be_cache(const pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_linked(client, slot);
	PM_MUST(entry->in_lru && pm_word_state(entry->word) == PLASMID_SEALED);
}

/* A full store evicts one object a put, and its oldest are in no cache: what the next turns will touch is asked for now. Two
 * stages, the second reading only what the first asked for. */
static void prefetch_next(const pm_client *client, uint32_t slot) {
	uint32_t first = pm_entry_at(client, slot)->lru_prev;
	if (first == 0)
		return;
	const pm_entry *next = pm_entry_linked(client, first);
	__builtin_prefetch(&client->nodes[next->node], 1);
	__builtin_prefetch(pm_leases_at(client, first), 1);
	__builtin_prefetch(client->heap_writable + (uint64_t)next->start * PM_GRANULE, 1);
	if (next->lru_prev == 0)
		return;
	const char *second = (const char *)pm_entry_linked(client, next->lru_prev);
	__builtin_prefetch(second, 1);
	__builtin_prefetch(second + 64, 1);
}

uint32_t pm_evict_exactly(pm_client *client, uint32_t granules, uint32_t align) {
	uint32_t slot = client->super->lru_tail;
	if (slot == 0)
		return 0;
	pm_entry *entry = pm_entry_linked(client, slot);
	if (entry->granules != granules || (entry->start & (align - 1)) != 0 || entry->linked > 0)
		return 0;
	must_be_cache(client, slot);
	must_own(client, slot);
	PM_MUST(client->nodes[entry->node].start == entry->start && client->nodes[entry->node].size >= granules);
	prefetch_next(client, slot);
	client->super->evicted_total++;
	pm_uncharge(client, entry);
	pm_event_add(client, PLASMID_KIND_EVICT, slot);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word) + 1, 0, PLASMID_ABSENT));
	pm_fence_release();
	PM_POINT("evict:absent");
	pm_place_drop(client, slot);
	pm_index_remove_name(client, slot);
	pm_lru_remove(client, slot);
	return slot;
}

bool pm_evict(pm_client *client) {
	uint32_t slot = client->super->lru_tail;
	if (slot == 0)
		return false;
	must_be_cache(client, slot);
	prefetch_next(client, slot);
	client->super->evicted_total++;
	pm_remove(client, slot, PLASMID_GONE);
	return true;
}

bool pm_evict_own(pm_client *client, bool *more) {
	uint32_t slot = pm_oldest_own(client, more);
	if (slot == 0)
		return false;
	client->super->evicted_total++;
	pm_remove(client, slot, PLASMID_GONE);
	return true;
}
