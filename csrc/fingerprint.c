#include "fingerprint.h"

#include <stddef.h>

#include "layout.h"

typedef struct fact {
	const char *name;
	size_t at, bytes;
} fact;

/* clang-format off */
#define F(field) {#field, offsetof(T, field), sizeof(((T *)0)->field)}
#define BIT(field) {#field, 0, 0} /* has no offset; its place in the list is a fact, too */
#define ALL {"", 0, sizeof(T)}

#define T pm_plan
static const fact of_plan[] = {
	ALL, F(magic), F(version), F(page), F(fingerprint), F(capacity), F(max_objects), F(max_clients), F(hold_words),
	F(flags), F(clients_at), F(waits_at), F(names_at), F(entries_at), F(holds_at), F(nodes_at), F(events_at),
	F(heap_at), F(file_bytes), F(spill_at), F(places_at), F(files_at), F(spill_folders), F(spill_sum), F(generation),
	F(seal)
};
#undef T

#define T pm_superblock
static const fact of_superblock[] = {
	ALL, F(plan), F(lock), F(destroyed), F(recovered), F(reaped), F(quarantined), F(subscribers), F(damaged),
	F(collect), F(room_watchers), F(tomb_cursor), F(entries_reserved), F(nodes_reserved), F(committed), F(touched), F(trims),
	F(entries_used), F(free_slot), F(objects), F(name_buckets), F(names), F(lru_head), F(lru_tail), F(evictable),
	F(drop_head), F(drop_tail), F(clock), F(order), F(event_head), F(event_tail), F(event_next), F(sealed_total),
	F(evicted_total), F(freed_total), F(heap), F(tombs)
};
#undef T

#define T pm_heap
static const fact of_heap[] = {
	ALL, F(small_map), F(tree_map), F(limit), F(maximum), F(used), F(free), F(used_count), F(free_count), F(dv),
	F(node_reserved), F(node_high), F(node_free), F(spare), F(tree), F(small), F(zero)
};
#undef T

#define T pm_extent
static const fact of_extent[] = {
	ALL, F(start), F(size), F(prev), F(next), F(link)
};
#undef T

#define T pm_client_record
static const fact of_client_record[] = {
	ALL, F(epoch), F(state), F(pid), F(reserved), F(opened_ms), F(charge), F(quota), F(oldest), F(subscriptions),
	F(pad), F(wake), F(blocked), F(ring), F(looped), F(collect), F(stashed), F(bell), F(bell_key), F(news), F(telling), F(tail)
};
#undef T

#define T pm_entry
static const fact of_entry[] = {
	ALL, F(word), F(id), F(bytes), F(start), F(granules), F(extent), F(inband), F(buffers), F(parts), F(references),
	F(linked), F(check),
	F(creator_epoch), F(name_order), F(stamp), F(pins), F(name_bytes), F(name_room), F(made_s), F(contained), F(node),
	F(free_next), F(name_next), F(lru_prev), F(lru_next), F(in_lru), F(in_drop), BIT(named), BIT(charged), BIT(marked),
	F(reserves), F(name_hash), F(cold)
};
#undef T

#define T pm_reference
static const fact of_reference[] = {
	ALL, F(id), F(slot), F(reserved)
};
#undef T

#define T pm_buffer
static const fact of_buffer[] = {
	ALL, F(offset), F(bytes)
};
#undef T

#define T pm_event
static const fact of_event[] = {
	ALL, F(number), F(at_ms), F(bytes), F(id), F(slot), F(pid), F(kind), F(name_bytes), F(pad)
};
#undef T

#define T pm_spill
static const fact of_spill[] = {
	ALL, F(folders), F(limit), F(file_bytes), F(numbers), F(busy), F(untidy), F(mark), F(spilled_total),
	F(restored_total), F(disk_bytes), F(spilled_bytes), F(spilled), F(path_hash)
};
#undef T

#define T pm_spill_file
static const fact of_spill_file[] = {
	ALL, F(number), F(bytes), F(state), F(owner), F(folder), F(live), F(live_bytes)
};
#undef T

#define T pm_place
static const fact of_place[] = {
	ALL, F(where), F(sum), F(trailer), F(target), F(restorer), F(check), F(target_node), F(used_version), F(used),
	F(reserved)
};
#undef T

/* clang-format on */

static const uint32_t numbers[] = {PM_LAYOUT_VERSION, PM_PAGE,          PM_GRANULE,     PM_LARGE_BYTES,
                                   PM_WAIT_BUCKETS,   PM_EVENT_CELLS,   PM_TOMBSTONES,  PM_HEAP_SMALL_BINS,
                                   PM_HEAP_TREE_BINS, PM_SPILL_FOLDERS, PM_SPILL_FILES, PM_SPILL_PATH};

uint64_t pm_fold(uint64_t hash, uint64_t value) {
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 31;
}

static uint64_t fold_facts(uint64_t hash, const fact *facts, size_t count) {
	for (size_t i = 0; i < count; i++) {
		for (const char *c = facts[i].name; *c != 0; c++)
			hash = pm_fold(hash, (unsigned char)*c);
		hash = pm_fold(pm_fold(hash, facts[i].at), facts[i].bytes);
	}
	return hash;
}

#define FOLD(facts) hash = fold_facts(hash, facts, sizeof(facts) / sizeof((facts)[0]))

uint64_t pm_fingerprint(void) {
	uint64_t hash = 1;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		hash = pm_fold(hash, numbers[i]);
	FOLD(of_plan);
	FOLD(of_superblock);
	FOLD(of_heap);
	FOLD(of_extent);
	FOLD(of_client_record);
	FOLD(of_entry);
	FOLD(of_reference);
	FOLD(of_buffer);
	FOLD(of_event);
	FOLD(of_spill);
	FOLD(of_spill_file);
	FOLD(of_place);
	return hash;
}
