#include "mend.h"

#include "check.h"
#include "entry.h"
#include "error.h"
#include "prim/atomic.h"
#include "rebuild.h"
#include "room.h"

/* A mark that says too little would hide what is there. One that says too much only costs pages. */
static int32_t raise_tables(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t entries = super->entries_reserved, nodes = super->nodes_reserved;
	uint32_t most = pm_most_nodes(client->plan.max_objects);
	if (super->entries_used > entries && super->entries_used <= client->plan.max_objects)
		entries = super->entries_used;
	if (super->heap.node_high > nodes && super->heap.node_high <= most)
		nodes = super->heap.node_high;
	int32_t r = pm_room_reserve(client, super->entries_reserved, entries, super->nodes_reserved, nodes);
	if (r != 0)
		return r;
	pm_store(&super->entries_reserved, entries);
	pm_store(&super->nodes_reserved, nodes);
	return 0;
}

/* The end of the last object that can be believed. */
static uint32_t end_of_objects(const pm_client *client) {
	const pm_superblock *super = client->super;
	uint64_t end = 0;
	for (uint32_t slot = 1; slot <= super->entries_reserved; slot++) {
		const pm_entry *entry = pm_entry_at(client, slot);
		uint64_t to = (uint64_t)entry->start + entry->granules;
		if (client->places != NULL && pm_word_state(entry->word) == PLASMID_SPILLED)
			to = pm_span_start(client->places[slot].trailer) + (uint64_t)pm_span_granules(client->places[slot].trailer);
		else if (pm_word_state(entry->word) != PLASMID_SEALED || entry->check != pm_entry_check(entry))
			continue;
		if (to > end)
			end = to;
	}
	return end <= pm_heap_granules(client) ? (uint32_t)end : 0;
}

static int32_t raise_heap(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t end = (uint32_t)pm_align(end_of_objects(client), PM_PAGE_GRANULES);
	if (end <= super->committed)
		return 0;
	int32_t r = pm_room_commit(client, super->committed, end);
	if (r == 0)
		pm_store(&super->committed, end);
	return r;
}

int32_t pm_repair(pm_client *client) {
	int32_t r = raise_tables(client);
	if (r == 0)
		r = raise_heap(client);
	return r != 0 ? r : pm_recover(client);
}

int32_t pm_mend(pm_client *client) {
	int32_t r = pm_check(client);
	if (r != PLASMID_E_CORRUPT)
		return r;
	r = pm_repair(client);
	return r != 0 ? r : pm_check(client);
}
