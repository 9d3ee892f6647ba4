#include "check.h"

#include <stdlib.h>

#include "entry.h"
#include "error.h"
#include "event.h"
#include "hold.h"
#include "index.h"
#include "prim/atomic.h"
#include "place.h"
#include "quota.h"
#include "slot.h"

#define FAULT(...) return pm_fail(PLASMID_E_CORRUPT, __VA_ARGS__)

#define RECORD(entry) (&client->records[pm_word_creator((entry)->word) - 1])

/* What a walk over the slots adds up, to be held against the superblock. */
typedef struct totals {
	uint32_t objects, extents, evictable, names, free_slots, dropping;
	uint64_t granules;
	uint32_t *contained; /* by slot: in how many containers */
	uint32_t *charged;   /* by record: granules */
	uint32_t spilled;
	uint32_t *live; /* by file: places */
	uint64_t spilled_bytes;
} totals;

static int32_t check_extent(const pm_client *client, uint32_t slot, uint32_t state, totals *sums) {
	const pm_superblock *super = client->super;
	const pm_entry *entry = pm_entry_at(client, slot);
	bool oversize = pm_oversize(client, entry), leased = !oversize && pm_leased(client, slot);
	bool needed = state == PLASMID_CREATED || state == PLASMID_SEALED || entry->in_drop ||
	              (state == PLASMID_FREED && leased) || (state == PLASMID_SPILLED && oversize) ||
	              (state == PLASMID_SPILLED && pm_trailer_granules(entry) > 0 && client->places[slot].trailer != 0);
	/* A draft that ended under its view; one that was quarantined has none. */
	bool allowed = needed || (state == PLASMID_GONE && leased);
	if (entry->node == 0 ? needed : !allowed)
		FAULT("slot %u: state %u, %s extent", slot, state, needed ? "but no" : "and still an");
	if (entry->node == 0)
		return 0;
	if (entry->node >= super->nodes_reserved)
		FAULT("slot %u: node %u of %u", slot, entry->node, super->nodes_reserved);
	const pm_extent *extent = &client->nodes[entry->node];
	uint64_t apart = client->places == NULL ? 0 : client->places[slot].trailer;
	uint32_t start = apart != 0 ? pm_span_start(apart) : entry->start;
	uint32_t granules = apart != 0 ? pm_span_granules(apart) : entry->granules;
	if (extent->start != start || extent->size < granules || PM_EXTENT_OWNER(*extent) != slot)
		FAULT("slot %u: extent %u+%u, but node %u has %u+%u of slot %u", slot, start, granules, entry->node, extent->start,
		      extent->size, PM_EXTENT_OWNER(*extent));
	sums->extents++;
	sums->granules += extent->size;
	if (entry->charged && RECORD(entry)->charge >> 32 == entry->creator_epoch)
		sums->charged[RECORD(entry) - client->records] += entry->granules;
	return 0;
}

/* What an entry says of itself alone: before anything is read where it points to. */
static int32_t check_entry(const pm_client *client, uint32_t slot) {
	const pm_superblock *super = client->super;
	const pm_entry *entry = pm_entry_at(client, slot);
	uint64_t word = pm_load(&entry->word);
	uint32_t state = pm_word_state(word);
	bool stashed = pm_word_stashed(word);
	bool spills = client->places != NULL;
	if (state > (spills ? PLASMID_SPILLED : PLASMID_GONE) || pm_word_creator(word) > client->plan.max_clients ||
	    (stashed && state != PLASMID_CREATED))
		FAULT("slot %u: word %llx", slot, (unsigned long long)word);
	if (state == PLASMID_SEALED && entry->check != pm_entry_check(entry))
		FAULT("slot %u: checksum", slot);
	/* What is on disk has its references elsewhere: check_place. */
	bool apart = state == PLASMID_SPILLED || (spills && client->places[slot].trailer != 0);
	bool extent =
			!apart && (state == PLASMID_CREATED || state == PLASMID_SEALED || (state != PLASMID_ABSENT && entry->node != 0));
	if (extent && !(stashed ? pm_entry_placed(client, entry) : pm_entry_sound(client, entry)))
		FAULT("slot %u: its parts do not fit into %u granules", slot, entry->granules);
	if (entry->charged && pm_word_creator(word) == 0)
		FAULT("slot %u is charged to nobody", slot);
	if (apart && entry->linked > entry->references)
		FAULT("slot %u: %u of %u refs linked", slot, entry->linked, entry->references);
	if (!extent && !apart && entry->linked != 0)
		FAULT("slot %u: %u refs linked, and no extent", slot, entry->linked);
	if (state == PLASMID_SEALED && (entry->stamp > super->clock || entry->name_order > super->order))
		FAULT("slot %u: later than the clock", slot);
	return 0;
}

/* A client that is none holds nothing. */
static int32_t check_holds(const pm_client *client, uint32_t slot) {
	const uint64_t *leases = pm_leases_at(client, slot), *handles = pm_handles_at(client, slot);
	for (uint32_t i = 0; i < client->plan.hold_words; i++)
		for (uint64_t bits = pm_load(&leases[i]) | pm_load(&handles[i]); bits != 0; bits &= bits - 1) {
			uint32_t record = i * 64 + (uint32_t)__builtin_ctzll(bits);
			if (record >= client->plan.max_clients || pm_load(&client->records[record].state) == PM_CLIENT_FREE)
				FAULT("slot %u is held by client %u, which is none", slot, record);
		}
	return 0;
}

/* Of a store that spills. */
static int32_t check_place(const pm_client *client, uint32_t slot, uint32_t state, totals *sums) {
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_place *place = &client->places[slot];
	if (state == PLASMID_SPILLED) {
		sums->spilled++;
		sums->spilled_bytes += entry->bytes;
		if (!pm_place_good(client, slot))
			FAULT("slot %u: spilled, and no file has it", slot);
		if ((pm_leased(client, slot) && !pm_oversize(client, entry)) || entry->in_lru)
			FAULT("slot %u: spilled, and %s", slot, entry->in_lru ? "in the LRU list" : "leased");
	} else if (state == PLASMID_SEALED && place->trailer != 0) {
		FAULT("slot %u: in memory, its name elsewhere", slot);
	}
	if (state == PLASMID_CREATED && pm_oversize(client, entry) && !pm_place_reserved(client, slot))
		FAULT("slot %u: larger than the heap, and no file for it", slot);
	if (place->where != 0) {
		if (pm_state_sealed(state) ? !pm_place_good(client, slot) : !pm_place_reserved(client, slot))
			FAULT("slot %u: state %u, and on disk", slot, state);
		sums->live[pm_where_file(place->where)]++;
	}
	if (place->target_node == 0)
		return 0;
	const pm_extent *extent = &client->nodes[place->target_node];
	if (place->restorer == 0 || place->target_node >= client->super->nodes_reserved ||
	    extent->start != pm_span_start(place->target) || PM_EXTENT_OWNER(*extent) != slot)
		FAULT("slot %u: the extent that it is read into", slot);
	sums->extents++;
	sums->granules += extent->size;
	return 0;
}

static int32_t check_files(const pm_client *client, const totals *sums) {
	const pm_spill *spill = client->spill;
	uint64_t bytes = 0;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++) {
		const pm_spill_file *file = &client->spill_files[i];
		bytes += file->state == PM_FILE_FREE ? 0 : file->bytes;
		if (file->live != sums->live[i])
			FAULT("spill file %u: %u objects, counted %u", i, sums->live[i], file->live);
	}
	if (bytes != spill->disk_bytes || sums->spilled != spill->spilled || sums->spilled_bytes != spill->spilled_bytes)
		FAULT("%u spilled of %llu bytes, counted %u of %llu; %llu bytes of files, counted %llu", sums->spilled,
		      (unsigned long long)sums->spilled_bytes, spill->spilled, (unsigned long long)spill->spilled_bytes,
		      (unsigned long long)bytes, (unsigned long long)spill->disk_bytes);
	return 0;
}

static int32_t check_slot(const pm_client *client, uint32_t slot, totals *sums) {
	const uint32_t *contained = sums->contained;
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(pm_load(&entry->word));
	bool leased = pm_leased(client, slot), handled = pm_handled(client, slot);
	if ((leased || handled) && check_holds(client, slot) != 0)
		return PLASMID_E_CORRUPT;
	if (state == PLASMID_ABSENT) {
		if (leased || handled)
			FAULT("slot %u is free, but held", slot);
		return 0;
	}
	sums->objects++;
	sums->names += entry->named;
	sums->evictable += entry->in_lru;
	sums->dropping += entry->in_drop;
	if ((state == PLASMID_FREED || state == PLASMID_GONE) && !leased && !handled && !entry->in_drop &&
	    !pm_place_busy(client, slot))
		FAULT("slot %u: gone, held by nobody, still there", slot);
	if (pm_state_sealed(state) && entry->contained != contained[slot])
		FAULT("slot %u: contained %u times, counted %u", slot, contained[slot], entry->contained);
	bool cache = state == PLASMID_SEALED && !leased && !handled && entry->pins == 0 && entry->contained == 0;
	if (cache != entry->in_lru)
		FAULT("slot %u: %s", slot, cache ? "cache, but not in the LRU list" : "kept, but in the LRU list");
	bool named = entry->name_bytes != 0 && (pm_state_sealed(state) || (state == PLASMID_CREATED && entry->reserves));
	if (named != entry->named)
		FAULT("slot %u: %s", slot, named ? "its name is not bound" : "bound to a name it has no right to");
	if (named && pm_index_find_name(client, pm_name_of(client, entry), entry->name_bytes,
	                                pm_name_hash(client, pm_name_of(client, entry), entry->name_bytes)) != slot)
		FAULT("slot %u is not found by its name", slot);
	if (client->places != NULL) {
		int32_t r = check_place(client, slot, state, sums);
		if (r != 0)
			return r;
	}
	return check_extent(client, slot, state, sums);
}

/* Counts containment anew, from every container that counts. */
static int32_t count_contained(const pm_client *client, uint32_t *contained) {
	for (uint32_t slot = 1; slot <= client->super->entries_used; slot++) {
		const pm_entry *entry = pm_entry_at(client, slot);
		if (entry->linked == 0 || pm_word_state(pm_load(&entry->word)) == PLASMID_ABSENT)
			continue;
		const pm_reference *references = (const pm_reference *)pm_trailer(client, entry);
		for (uint32_t i = 0; i < entry->linked; i++)
			if (references[i].slot <= client->super->entries_used &&
			    pm_id_equal(pm_entry_at(client, references[i].slot)->id, references[i].id))
				contained[references[i].slot]++;
	}
	return 0;
}

static int32_t check_drops(const pm_client *client, const totals *sums) {
	const pm_superblock *super = client->super;
	uint32_t steps = 0, last = 0;
	for (uint32_t slot = super->drop_head; slot != 0; last = slot, slot = pm_entry_at(client, slot)->lru_next) {
		if (slot > super->entries_used || ++steps > sums->dropping)
			FAULT("the drop queue is broken at slot %u", slot);
		const pm_entry *entry = pm_entry_at(client, slot);
		uint32_t state = pm_word_state(pm_load(&entry->word));
		if (!entry->in_drop || (state != PLASMID_FREED && state != PLASMID_GONE))
			FAULT("slot %u in the drop queue is of state %u", slot, state);
	}
	if (steps != sums->dropping || last != super->drop_tail)
		FAULT("the drop queue has %u of %u", steps, sums->dropping);
	return 0;
}

static int32_t check_lists(const pm_client *client, totals *sums) {
	const pm_superblock *super = client->super;
	uint32_t steps = 0, last = 0;
	for (uint32_t slot = super->lru_head; slot != 0; last = slot, slot = pm_entry_at(client, slot)->lru_next) {
		if (slot > super->entries_used)
			FAULT("the LRU list leaves the table at slot %u", slot);
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
	return check_drops(client, sums);
}

/* Of the old ones, which nobody passes who looks for its own. */
static int32_t check_oldest(const pm_client *client, totals *sums) {
	uint32_t *passed = sums->charged; /* no longer needed: 1 for each record whose `oldest` was met */
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		if (sums->charged[i] != pm_charged(&client->records[i]))
			FAULT("client %u: %u granules charged, counted %u", i, pm_charged(&client->records[i]), sums->charged[i]);
		passed[i] = client->records[i].oldest == 0;
	}
	for (uint32_t slot = client->super->lru_tail; slot != 0; slot = pm_entry_at(client, slot)->lru_prev) {
		const pm_entry *entry = pm_entry_at(client, slot);
		for (uint32_t i = 0; entry->marked && i < client->plan.max_clients; i++)
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
	if (super->heap.limit != super->committed || super->heap.maximum != pm_heap_granules(client))
		FAULT("the heap ends at %u of %u, %u are committed", super->heap.limit, super->heap.maximum, super->committed);
	return 0;
}

/* Of clients that are none, nothing is stashed: who subscribes waits until nothing is. */
static int32_t check_records(const pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (pm_load(&client->records[i].state) == PM_CLIENT_FREE && pm_load(&client->records[i].stashed) != 0)
			FAULT("client %u is none, and has %u objects stashed", i, client->records[i].stashed);
	return 0;
}

static int32_t check_with(const pm_client *client, uint32_t *contained, uint32_t *charged, uint32_t *live) {
	const pm_superblock *super = client->super;
	totals sums = {.contained = contained, .charged = charged, .live = live};
	if (super->entries_used > super->entries_reserved || super->entries_reserved > client->plan.max_objects)
		FAULT("%u of %u entries used, at most %u", super->entries_used, super->entries_reserved, client->plan.max_objects);
	int32_t r = 0;
	for (uint32_t slot = 1; r == 0 && slot <= super->entries_used; slot++)
		r = check_entry(client, slot);
	if (r == 0)
		r = count_contained(client, contained);
	if (r == 0 && !pm_index_whole(client))
		FAULT("the chains of names do not hold the %u names", super->names);
	for (uint32_t slot = 1; r == 0 && slot <= super->entries_used; slot++)
		r = check_slot(client, slot, &sums);
	if (r == 0)
		r = check_lists(client, &sums);
	if (r == 0 && client->spill != NULL)
		r = check_files(client, &sums);
	if (r == 0)
		r = check_sums(client, &sums);
	if (r == 0)
		r = check_oldest(client, &sums);
	if (r == 0)
		r = check_records(client);
	if (r != 0)
		return r;
	const char *told = pm_events_check(client);
	if (told != NULL)
		FAULT("%s", told);
	uint32_t where;
	const char *fault = pm_heap_check(&super->heap, client->nodes, super->nodes_reserved, &where);
	return fault == NULL ? 0 : pm_fail(PLASMID_E_CORRUPT, "heap node %u: %s", where, fault);
}

int32_t pm_check(const pm_client *client) {
	if (client->super->entries_used > client->plan.max_objects)
		FAULT("%u entries used, of %u", client->super->entries_used, client->plan.max_objects);
	uint32_t *contained = calloc((uint64_t)client->super->entries_used + 1, sizeof *contained);
	uint32_t *charged = calloc(client->plan.max_clients, sizeof *charged);
	uint32_t *live = calloc(PM_SPILL_FILES, sizeof *live);
	int32_t r = PLASMID_E_NO_MEMORY;
	if (contained == NULL || charged == NULL || live == NULL)
		pm_fail(r, "no memory to check the store");
	else
		r = check_with(client, contained, charged, live);
	free(contained);
	free(charged);
	free(live);
	return r;
}
