#include "create.h"

#include <string.h>

#include "entry.h"
#include "crash.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "index.h"
#include "lock.h"
#include "look.h"
#include "place.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "quota.h"
#include "room.h"
#include "slot.h"
#include "wait.h"

#define LINKS_A_HOLD 1024u

/* Has it its name from the beginning? */
static bool reserves(const plasmid_item *item) {
	return item->name_bytes > 0 && (item->flags & PLASMID_ITEM_REPLACE) == 0;
}

/* All but where it stands, and the word. Compiled into both, for a small put is little more than this. */
static inline __attribute__((always_inline)) void fill(pm_client *client, uint32_t slot, uint32_t node,
                                                       const plasmid_item *item, const pm_shape *shape) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint32_t id[4];
	pm_id_make(client, id);
	/* Readers without the lock may be looking: they find out by the word, each field must only be written in one piece. */
	for (int i = 0; i < 4; i++)
		pm_store_relaxed(&entry->id[i], id[i]);
	PM_EXTENT_OWNER(client->nodes[node]) = slot;
	pm_store_relaxed(&entry->bytes, shape->bytes);
	pm_store_relaxed(&entry->inband, item->inband_bytes);
	pm_store_relaxed(&entry->buffers, item->buffer_count);
	pm_store_relaxed(&entry->references, item->reference_count);
	entry->linked = 0;
	entry->creator_epoch = client->epoch;
	entry->name_order = 0;
	entry->pins = (item->flags & PLASMID_ITEM_PIN) != 0;
	pm_store_relaxed(&entry->name_bytes, (uint16_t)item->name_bytes);
	entry->name_room = (uint16_t)item->name_bytes;
	entry->made_s = (uint32_t)(pm_unix_ms() / 1000u);
	entry->contained = 0;
	entry->node = node;
	entry->in_lru = entry->in_drop = 0;
	entry->named = entry->marked = 0;
	entry->reserves = reserves(item);
	const pm_extent *extent = &client->nodes[node];
	uint32_t end = extent->start + extent->size, touched = client->super->touched;
	entry->cold = end <= touched ? 0 : end - (extent->start > touched ? extent->start : touched);
	client->super->touched = end > touched ? end : touched;
}

void pm_entry_fill(pm_client *client, uint32_t slot, uint32_t node, const plasmid_item *item, const pm_shape *shape) {
	pm_entry *entry = pm_entry_at(client, slot);
	fill(client, slot, node, item, shape);
	pm_store_relaxed(&entry->start, client->nodes[node].start);
	pm_store_relaxed(&entry->granules, client->nodes[node].size);
	pm_charge(client, entry);
}

/* The extent is that of its trailer; the payload will be in a file. */
static void fill_oversize(pm_client *client, uint32_t slot, uint32_t node, const plasmid_item *item,
                          const pm_shape *shape, uint64_t where) {
	pm_entry *entry = pm_entry_at(client, slot);
	const pm_extent *extent = &client->nodes[node];
	fill(client, slot, node, item, shape);
	pm_store_relaxed(&entry->start, 0);
	pm_store_relaxed(&entry->granules, shape->granules);
	entry->charged = 0;
	pm_store(&client->places[slot].trailer, pm_span(extent->start, extent->size));
	pm_place_take(client, slot, where);
}

pm_destination pm_destination_of(const pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	return (pm_destination){
			.to = pm_payload_writable(client, entry),
			.file = client->file,
			.at = client->plan.heap_at + (uint64_t)entry->start * PM_GRANULE,
			.cold = (uint64_t)(entry->granules - entry->cold) * PM_GRANULE,
	};
}

/* References and name stand behind the payload, written under the lock: they are the core's, not the caller's. */
static void write_trailer(pm_client *client, pm_entry *entry, const plasmid_item *item) {
	pm_reference *references = (pm_reference *)pm_trailer(client, entry);
	const plasmid_ref *refs = (const plasmid_ref *)(uintptr_t)item->references;
	for (uint32_t i = 0; i < item->reference_count; i++) {
		memcpy(references[i].id, refs[i].id, sizeof refs[i].id);
		references[i].slot = refs[i].slot;
		references[i].reserved = 0;
	}
	if (item->name_bytes > 0)
		memcpy(references + item->reference_count, (const void *)(uintptr_t)item->name, item->name_bytes);
}

/* Who has the name, or 0: a draft whose creator died has it no longer. */
static uint32_t holder_of(pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash) {
	uint32_t slot = pm_index_find_name(client, name, bytes, hash);
	const pm_entry *entry = pm_entry_at(client, slot);
	if (slot == 0 || pm_word_state(entry->word) != PLASMID_CREATED)
		return slot;
	uint32_t creator = pm_word_creator(entry->word) - 1;
	if (creator == client->slot || pm_client_alive(client, creator, entry->creator_epoch))
		return slot;
	pm_remove(client, slot, PLASMID_GONE);
	return 0;
}

static int32_t name_taken(const pm_client *client, uint32_t holder, const uint8_t *name, uint32_t bytes) {
	uint64_t word = pm_entry_at(client, holder)->word;
	if (pm_word_state(word) == PLASMID_CREATED)
		return pm_fail(PLASMID_E_NAME_TAKEN, "the name \"%.*s\" is taken by a draft of process %u, not sealed yet",
		               (int)bytes, (const char *)name, pm_creator_of(client, word)->pid);
	return pm_fail(PLASMID_E_NAME_TAKEN, "the name \"%.*s\" is taken", (int)bytes, (const char *)name);
}

/* May an object be begun under the name that it asks for? */
static int32_t may_reserve(pm_client *client, const plasmid_item *item, uint32_t hash) {
	const uint8_t *name = (const uint8_t *)(uintptr_t)item->name;
	if (!reserves(item))
		return 0;
	uint32_t holder = holder_of(client, name, item->name_bytes, hash);
	return holder == 0 ? 0 : name_taken(client, holder, name, item->name_bytes);
}

/* A slot, and the extent that it has in memory. */
static int32_t take_room(pm_client *client, const plasmid_item *item, const pm_shape *shape, uint64_t where,
                         uint32_t *slot, uint32_t *node, bool *locked) {
	if (where == 0)
		return pm_room_take(client, shape->granules, shape->align, slot, node, locked);
	uint64_t trailer = item->reference_count * sizeof(pm_reference) + item->name_bytes;
	return pm_room_take(client, trailer == 0 ? 1 : pm_trailer_span(shape->bytes, trailer), 1, slot, node, locked);
}

int32_t pm_begin(pm_client *client, const plasmid_item *item, const pm_shape *shape, uint64_t where, uint32_t *slot,
                 bool *locked) {
	uint32_t node, hash = 0;
	*locked = true;
	if (reserves(item))
		hash = pm_name_hash(client, (const uint8_t *)(uintptr_t)item->name, item->name_bytes);
	/* Before anything is evicted for it, and again: the lock may have been let go in between. */
	int32_t r = may_reserve(client, item, hash);
	if (r == 0)
		r = take_room(client, item, shape, where, slot, &node, locked);
	if (r != 0)
		return r;
	r = may_reserve(client, item, hash);
	if (r != 0) {
		pm_room_untake(client, *slot, node);
		return r;
	}
	if (where == 0)
		pm_entry_fill(client, *slot, node, item, shape);
	else
		fill_oversize(client, *slot, node, item, shape, where);
	pm_entry *entry = pm_entry_at(client, *slot);
	write_trailer(client, entry, item);
	PM_POINT("create:filled");
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), client->slot + 1, PLASMID_CREATED));
	PM_POINT("create:published");
	if (entry->reserves)
		pm_index_add_name(client, *slot, hash);
	return 0;
}

/* 1: all are counted; 0: call again. */
static int32_t link_some(pm_client *client, uint32_t slot, uint32_t budget) {
	pm_entry *entry = pm_entry_at(client, slot);
	pm_reference *references = (pm_reference *)pm_trailer(client, entry);
	while (entry->linked < entry->references && budget-- > 0) {
		pm_reference *reference = &references[entry->linked];
		uint32_t target;
		int32_t r = pm_locate_sealed(client, reference->slot, reference->id, &target);
		if (r != 0)
			return pm_fail(r, "contained ref %u of %u is not a sealed object of this store", entry->linked,
			               entry->references);
		reference->slot = target;
		pm_entry_at(client, target)->contained++;
		entry->linked++;
		pm_settle(client, target);
	}
	return entry->linked == entry->references;
}

int32_t pm_link(pm_client *client, uint32_t slot, bool *locked) {
	int32_t r;
	while ((r = link_some(client, slot, LINKS_A_HOLD)) == 0) {
		pm_unlock(client);
		r = pm_lock_again(client);
		*locked = r == 0;
		if (r != 0)
			return r;
	}
	return r < 0 ? r : 0;
}

int32_t pm_may_commit(pm_client *client, uint32_t slot, uint32_t flags, pm_claim *claim) {
	const pm_entry *entry = pm_entry_at(client, slot);
	*claim = (pm_claim){0};
	if (entry->name_bytes == 0)
		return 0;
	const uint8_t *name = pm_name_of(client, entry);
	claim->hash = pm_name_hash(client, name, entry->name_bytes);
	if ((flags & PLASMID_ITEM_REPLACE) == 0)
		return 0;
	claim->replaces = holder_of(client, name, entry->name_bytes, claim->hash);
	if (claim->replaces != 0 && pm_word_state(pm_entry_at(client, claim->replaces)->word) == PLASMID_CREATED)
		return name_taken(client, claim->replaces, name, entry->name_bytes);
	return 0;
}

static void publish(const pm_client *client, pm_entry *entry) {
	uint32_t state = pm_oversize(client, entry) ? PLASMID_SPILLED : PLASMID_SEALED;
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), client->slot + 1, state));
}

void pm_commit(pm_client *client, uint32_t slot, const pm_claim *claim) {
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(entry->linked == entry->references);
	if (entry->name_bytes > 0)
		entry->name_order = ++client->super->order;
	entry->stamp = ++client->super->clock;
	PM_POINT("seal:filled");
	pm_event_add(client, PLASMID_KIND_SEAL, slot);
	PM_IN_ORDER(entry->check = pm_entry_check(entry), publish(client, entry));
	PM_POINT("seal:published");
	if (pm_oversize(client, entry)) {
		client->spill->spilled++;
		client->spill->spilled_bytes += entry->bytes;
	}
	/* Two sealed objects have the name now; the greater order wins, in a rebuild too. */
	if (claim->replaces != 0) {
		pm_index_remove_name(client, claim->replaces);
		pm_store(&pm_entry_at(client, claim->replaces)->name_bytes, 0);
	}
	if (entry->name_bytes > 0 && !entry->named)
		pm_index_add_name(client, slot, claim->hash);
	client->super->sealed_total++;
	pm_settle(client, slot);
	pm_notify(client, entry->id[0]);
	if (entry->name_bytes > 0)
		pm_notify(client, claim->hash);
}
