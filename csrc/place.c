#include "place.h"

#include "crash.h"
#include "prim/atomic.h"

uint64_t pm_trailer_bytes(const pm_entry *entry) {
	return entry->references * sizeof(pm_reference) + entry->name_room;
}

uint32_t pm_trailer_span(uint64_t payload, uint64_t trailer) {
	uint64_t before = pm_references_at(payload) % PM_GRANULE;
	return trailer == 0 ? 0 : (uint32_t)(pm_align(before + trailer, PM_GRANULE) / PM_GRANULE);
}

uint32_t pm_trailer_granules(const pm_entry *entry) {
	return pm_trailer_span(entry->bytes, pm_trailer_bytes(entry));
}

static uint64_t mix(uint64_t hash, uint64_t value) {
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

uint32_t pm_place_check(const pm_entry *entry, const pm_place *place) {
	uint64_t hash = mix(0x7370696c6cull, place->sum);
	hash = mix(hash, (uint64_t)entry->id[0] << 32 | entry->id[1]);
	hash = mix(hash, (uint64_t)entry->id[2] << 32 | entry->id[3]);
	hash = mix(hash, entry->bytes);
	hash = mix(hash, (uint64_t)entry->inband << 32 | entry->buffers);
	hash = mix(hash, (uint64_t)entry->references << 32 | entry->granules);
	return (uint32_t)(hash ^ hash >> 29);
}

/* Does it name a file, of one of these states, in which there is room for the object? */
static bool stands(const pm_client *client, uint32_t slot, uint32_t state, uint32_t or_state) {
	uint64_t where = client->places[slot].where;
	uint32_t number = pm_where_file(where);
	if (number == 0 || number >= PM_SPILL_FILES)
		return false;
	const pm_spill_file *file = &client->spill_files[number];
	return (file->state == state || file->state == or_state) &&
	       pm_where_offset(where) + pm_entry_at(client, slot)->bytes <= file->bytes;
}

bool pm_place_good(const pm_client *client, uint32_t slot) {
	const pm_place *place = &client->places[slot];
	return stands(client, slot, PM_FILE_WHOLE, PM_FILE_WHOLE) &&
	       place->check == pm_place_check(pm_entry_at(client, slot), place);
}

bool pm_place_reserved(const pm_client *client, uint32_t slot) {
	return pm_oversize(client, pm_entry_at(client, slot)) && stands(client, slot, PM_FILE_WRITING, PM_FILE_WHOLE);
}

void pm_place_take(pm_client *client, uint32_t slot, uint64_t where) {
	pm_spill_file *file = &client->spill_files[pm_where_file(where)];
	pm_store(&client->places[slot].where, where);
	file->live++;
	file->live_bytes += pm_place_bytes(pm_entry_at(client, slot));
}

void pm_place_drop(pm_client *client, uint32_t slot) {
	if (client->places == NULL || client->places[slot].where == 0)
		return;
	pm_spill_file *file = &client->spill_files[pm_where_file(client->places[slot].where)];
	pm_store(&client->places[slot].where, 0);
	PM_ASSERT(file->live > 0);
	file->live--;
	file->live_bytes -= pm_place_bytes(pm_entry_at(client, slot));
	if (file->live_bytes < file->bytes / 2)
		pm_store_relaxed(&client->spill->untidy, 1);
}

void pm_place_abandon(pm_client *client, uint32_t slot) {
	pm_place *place = &client->places[slot];
	pm_store(&place->restorer, 0);
	if (place->target_node != 0)
		pm_heap_free(&client->super->heap, client->nodes, place->target_node);
	place->target_node = 0;
	pm_store(&place->target, 0);
}
