#include "check.h"

#include <stdlib.h>

#include "error.h"
#include "hold.h"
#include "index.h"
#include "prim/atomic.h"
#include "quota.h"
#include "slot.h"

static uint64_t mix(uint64_t hash, uint64_t value) {
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

uint32_t pm_entry_check(const pm_entry *entry) {
	uint64_t hash = 0x706c61736d6964ull;
	hash = mix(hash, (uint64_t)entry->id[0] << 32 | entry->id[1]);
	hash = mix(hash, (uint64_t)entry->id[2] << 32 | entry->id[3]);
	hash = mix(hash, entry->bytes);
	hash = mix(hash, (uint64_t)entry->start << 32 | entry->granules);
	hash = mix(hash, (uint64_t)entry->inband << 32 | entry->buffers);
	hash = mix(hash, (uint64_t)entry->references << 32 | entry->name_room);
	hash = mix(hash, entry->name_order);
	return (uint32_t)(hash ^ hash >> 29);
}

#define FAULT(...) return pm_fail(PLASMID_E_CORRUPT, __VA_ARGS__)

#define RECORD(entry) (&client->records[pm_word_creator((entry)->word) - 1])

/* What a walk over the slots adds up, to be held against the superblock. */
typedef struct totals {
	uint32_t objects, extents, evictable, names, free_slots;
	uint64_t granules;
	uint32_t *contained; /* by slot: in how many containers */
	uint32_t *charged;   /* by record: granules */
} totals;

static int32_t check_extent(const pm_client *client, uint32_t slot, uint32_t state, totals *sums) {
	const pm_superblock *super = client->super;
	const pm_entry *entry = pm_entry_at(client, slot);
	bool needed = state == PLASMID_CREATED || state == PLASMID_SEALED || entry->in_drop ||
	              (state == PLASMID_FREED && pm_leased(client, slot));
	/* A draft that ended under its view; one that was quarantined has none. */
	bool allowed = needed || (state == PLASMID_GONE && pm_leased(client, slot));
	if (entry->node == 0 ? needed : !allowed)
		FAULT("slot %u: state %u, %s extent", slot, state, needed ? "but no" : "and still an");
	if (entry->node == 0)
		return 0;
	if (entry->node >= super->nodes_reserved)
		FAULT("slot %u: node %u of %u", slot, entry->node, super->nodes_reserved);
	const pm_extent *extent = &client->nodes[entry->node];
	if (extent->start != entry->start || extent->size < entry->granules || PM_EXTENT_OWNER(*extent) != slot)
		FAULT("slot %u: extent %u+%u, but node %u has %u+%u of slot %u", slot, entry->start, entry->granules, entry->node,
		      extent->start, extent->size, PM_EXTENT_OWNER(*extent));
	if (pm_name_at(pm_load_relaxed(&entry->bytes), entry->references) + entry->name_room >
	    (uint64_t)entry->granules * PM_GRANULE)
		FAULT("slot %u: parts do not fit into %u granules", slot, entry->granules);
	sums->extents++;
	sums->granules += extent->size;
	if (entry->charged && RECORD(entry)->charge >> 32 == entry->creator_epoch)
		sums->charged[RECORD(entry) - client->records] += entry->granules;
	return 0;
}

static int32_t check_slot(const pm_client *client, uint32_t slot, totals *sums) {
	const uint32_t *contained = sums->contained;
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(pm_load(&entry->word));
	bool leased = pm_leased(client, slot), handled = pm_handled(client, slot);
	if (state == PLASMID_ABSENT) {
		if (leased || handled)
			FAULT("slot %u is free, but held", slot);
		return 0;
	}
	if (state > PLASMID_GONE)
		FAULT("slot %u: state %u", slot, state);
	sums->objects++;
	sums->names += entry->named;
	sums->evictable += entry->in_lru;
	if (state == PLASMID_SEALED && entry->check != pm_entry_check(entry))
		FAULT("slot %u: checksum", slot);
	if ((state == PLASMID_FREED || state == PLASMID_GONE) && !leased && !handled && !entry->in_drop)
		FAULT("slot %u: gone, held by nobody, still there", slot);
	if (state == PLASMID_SEALED && entry->contained != contained[slot])
		FAULT("slot %u: contained %u times, counted %u", slot, contained[slot], entry->contained);
	bool cache = state == PLASMID_SEALED && !leased && !handled && entry->pins == 0 && entry->contained == 0;
	if (cache != entry->in_lru)
		FAULT("slot %u: %s", slot, cache ? "cache, but not in the LRU list" : "kept, but in the LRU list");
	bool named = entry->name_bytes != 0 && (state == PLASMID_SEALED || (state == PLASMID_CREATED && entry->reserves));
	if (named != entry->named)
		FAULT("slot %u: %s", slot, named ? "its name is not bound" : "bound to a name it has no right to");
	if (named && pm_index_find_name(client, pm_name_of(client, entry), entry->name_bytes, entry->name_hash) != slot)
		FAULT("slot %u is not found by its name", slot);
	return check_extent(client, slot, state, sums);
}

/* Counts containment anew, from every container that counts. */
static int32_t count_contained(const pm_client *client, uint32_t *contained) {
	for (uint32_t slot = 1; slot <= client->super->entries_used; slot++) {
		const pm_entry *entry = pm_entry_at(client, slot);
		if (entry->linked == 0 || pm_word_state(pm_load(&entry->word)) == PLASMID_ABSENT)
			continue;
		if (entry->linked > entry->references)
			FAULT("slot %u: %u of %u refs linked", slot, entry->linked, entry->references);
		const pm_reference *references = (const pm_reference *)(pm_payload(client, entry) + pm_references_at(entry->bytes));
		for (uint32_t i = 0; i < entry->linked; i++)
			if (references[i].slot <= client->super->entries_used &&
			    pm_id_equal(pm_entry_at(client, references[i].slot)->id, references[i].id))
				contained[references[i].slot]++;
	}
	return 0;
}

static int32_t check_lists(const pm_client *client, totals *sums) {
	const pm_superblock *super = client->super;
	uint32_t steps = 0, last = 0;
	for (uint32_t slot = super->lru_head; slot != 0; last = slot, slot = pm_entry_at(client, slot)->lru_next) {
		const pm_entry *entry = pm_entry_at(client, slot);
		if (++steps > super->evictable || !entry->in_lru || entry->lru_prev != last)
			FAULT("the LRU list is broken at slot %u", slot);
		if (last != 0 && entry->stamp > pm_entry_at(client, last)->stamp)
			FAULT("slot %u is newer than slot %u before it in the LRU list", slot, last);
	}
	if (steps != super->evictable || last != super->lru_tail)
		FAULT("the LRU list has %u of %u", steps, super->evictable);
	for (uint32_t slot = super->free_slot; slot != 0; slot = pm_entry_at(client, slot)->free_next) {
		if (slot > super->entries_used || pm_word_state(pm_entry_at(client, slot)->word) != PLASMID_ABSENT)
			FAULT("slot %u in the free list is not free", slot);
		if (++sums->free_slots > super->entries_used)
			FAULT("the free list runs in a circle");
	}
	return 0;
}

/* Of the old ones, which nobody passes who looks for its own. */
static int32_t check_oldest(const pm_client *client, totals *sums) {
	uint32_t *passed = sums->charged; /* no longer needed: 1 for each record whose `oldest` was met */
	for (uint32_t i = 0; i < client->super->max_clients; i++) {
		if (sums->charged[i] != pm_charged(&client->records[i]))
			FAULT("client %u: %u granules charged, counted %u", i, pm_charged(&client->records[i]), sums->charged[i]);
		passed[i] = client->records[i].oldest == 0;
	}
	for (uint32_t slot = client->super->lru_tail; slot != 0; slot = pm_entry_at(client, slot)->lru_prev) {
		const pm_entry *entry = pm_entry_at(client, slot);
		for (uint32_t i = 0; entry->marked && i < client->super->max_clients; i++)
			passed[i] |= client->records[i].oldest == slot;
		if (entry->charged && RECORD(entry)->charge >> 32 == entry->creator_epoch &&
		    !passed[RECORD(entry) - client->records])
			FAULT("slot %u is older than what its client takes for its oldest", slot);
	}
	return 0;
}

static int32_t check_sums(const pm_client *client, const totals *sums) {
	const pm_superblock *super = client->super;
	if (sums->objects != super->objects || sums->objects + sums->free_slots != super->entries_used)
		FAULT("%u objects and %u free slots, counted %u of %u", sums->objects, sums->free_slots, super->objects,
		      super->entries_used);
	if (sums->evictable != super->evictable || sums->names != super->names)
		FAULT("%u evictable, %u names, counted %u and %u", sums->evictable, sums->names, super->evictable, super->names);
	if (sums->granules != super->heap.used || sums->extents != super->heap.used_count)
		FAULT("%u extents of %llu granules, the heap counts %u of %u", sums->extents, (unsigned long long)sums->granules,
		      super->heap.used_count, super->heap.used);
	if (super->heap.limit != super->committed)
		FAULT("the heap ends at %u, %u are committed", super->heap.limit, super->committed);
	return 0;
}

static int32_t check_with(const pm_client *client, uint32_t *contained, uint32_t *charged) {
	const pm_superblock *super = client->super;
	totals sums = {.contained = contained, .charged = charged};
	if (super->entries_used > super->entries_reserved || super->entries_reserved > super->max_objects)
		FAULT("%u of %u entries used, at most %u", super->entries_used, super->entries_reserved, super->max_objects);
	int32_t r = count_contained(client, contained);
	for (uint32_t slot = 1; r == 0 && slot <= super->entries_used; slot++)
		r = check_slot(client, slot, &sums);
	if (r == 0)
		r = check_lists(client, &sums);
	if (r == 0)
		r = check_sums(client, &sums);
	if (r == 0)
		r = check_oldest(client, &sums);
	if (r != 0)
		return r;
	uint32_t where;
	const char *fault = pm_heap_check(&super->heap, client->nodes, super->nodes_reserved, &where);
	return fault == NULL ? 0 : pm_fail(PLASMID_E_CORRUPT, "heap node %u: %s", where, fault);
}

int32_t pm_check(const pm_client *client) {
	uint32_t *contained = calloc((uint64_t)client->super->entries_used + 1, sizeof *contained);
	uint32_t *charged = calloc(client->super->max_clients, sizeof *charged);
	int32_t r = PLASMID_E_NO_MEMORY;
	if (contained == NULL || charged == NULL)
		pm_fail(r, "no memory to check the store");
	else
		r = check_with(client, contained, charged);
	free(contained);
	free(charged);
	return r;
}
