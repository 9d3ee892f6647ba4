#include "rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "crash.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "hold.h"
#include "index.h"
#include "lock.h"
#include "lru.h"
#include "place.h"
#include "prim/atomic.h"
#include "quota.h"
#include "slot.h"
#include "wait.h"

/* What one slot becomes:
 *
 *   found                                          becomes
 *   ABSENT                                         ABSENT, hold bits cleared
 *   CREATED, creator alive                         CREATED; a stashed one may be sealed by its creator meanwhile (stash.h)
 *   CREATED, oversize, in a file that is reserved  CREATED, with the extent of its trailer
 *   CREATED, creator dead                          GONE if somebody has a handle, else ABSENT
 *   SEALED, fields sound, checksum right           SEALED
 *   SEALED, else (quarantine)                      GONE of 0 granules if somebody has a handle or lease, else ABSENT
 *   SPILLED, in a whole file, checksum right       SPILLED, with the extent that a living client reads it into
 *   SPILLED, else (quarantine)                     as SEALED
 *   FREED or GONE, leased, fields sound            the same with its extent
 *   FREED or GONE, leased, oversize                the same, without extent: its file stays
 *   FREED or GONE, handled or being read back      the same, without extent
 *   FREED or GONE, not held                        ABSENT
 *   anything else                                  ABSENT
 */

#define READ_INTO 0x80000000u /* with a slot: the extent is its place's target */

typedef struct list {
	pm_used *used;
	uint32_t count;
} list;

static bool alive(const pm_client *client, uint32_t record, const uint8_t *living) {
	return record < client->plan.max_clients && living[record] != 0;
}

/* 1 for each client that is alive; the bits of the others are cleared in the rebuild. */
static void look_for_living(const pm_client *client, uint8_t *living) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		const pm_client_record *record = &client->records[i];
		living[i] = i == client->slot || (record->state != PM_CLIENT_FREE && pm_client_alive(client, i, record->epoch));
	}
}

static void clear_dead_bits(pm_client *client, uint32_t slot, const uint64_t *mask) {
	uint64_t *leases = pm_leases_at(client, slot), *handles = pm_handles_at(client, slot);
	for (uint32_t i = 0; i < client->plan.hold_words; i++) {
		if ((leases[i] & ~mask[i]) != 0)
			pm_store(&leases[i], leases[i] & mask[i]);
		if ((handles[i] & ~mask[i]) != 0)
			pm_store(&handles[i], handles[i] & mask[i]);
	}
}

static void become(const pm_client *client, pm_entry *entry, uint32_t state) {
	uint32_t creator = pm_word_creator(entry->word);
	bool kept = state != PLASMID_ABSENT && creator <= client->plan.max_clients;
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), kept ? creator : 0, state));
}

static bool within(const pm_client *client, uint64_t span) {
	return pm_span_granules(span) > 0 &&
	       (uint64_t)pm_span_start(span) + pm_span_granules(span) <= client->super->committed;
}

/* Of one that is on disk, or on its way there. */
static bool sound_apart(const pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	if (entry->linked > entry->references || entry->name_bytes > entry->name_room)
		return false;
	uint64_t trailer = client->places[slot].trailer;
	return trailer == 0 ? pm_trailer_granules(entry) == 0
	                    : within(client, trailer) && pm_span_granules(trailer) >= pm_trailer_granules(entry);
}

static bool sound_spilled(const pm_client *client, uint32_t slot) {
	return client->places != NULL && pm_place_good(client, slot) && sound_apart(client, slot);
}

/* Has the slot's file something that is needed? */
static bool needs_place(const pm_client *client, uint32_t slot, uint32_t state) {
	if (state == PLASMID_CREATED || ((state == PLASMID_FREED || state == PLASMID_GONE) && pm_leased(client, slot)))
		return pm_place_reserved(client, slot);
	return pm_state_sealed(state) && pm_place_good(client, slot);
}

/* What the place of a slot says, brought in line with what the slot became. */
static void judge_place(pm_client *client, uint32_t slot) {
	pm_place *place = &client->places[slot];
	uint32_t state = pm_word_state(pm_entry_at(client, slot)->word);
	uint64_t where = place->where;
	bool good = needs_place(client, slot, state);
	place->target_node = 0;
	/* Never taken away meanwhile: a death in this rebuild loses nothing either. */
	if (good)
		pm_place_take(client, slot, where);
	else
		pm_store(&place->where, 0);
	if (state != PLASMID_SPILLED && (state != PLASMID_CREATED || !good))
		pm_store(&place->trailer, 0);
	/* Published, it is the object's own extent. */
	bool reading = state != PLASMID_ABSENT && state != PLASMID_SEALED && pm_word_alive(client, place->restorer) &&
	               within(client, place->target);
	if (!reading) {
		pm_store(&place->restorer, 0);
		pm_store(&place->target, 0);
	}
	if (state == PLASMID_SPILLED) {
		client->spill->spilled++;
		client->spill->spilled_bytes += pm_entry_at(client, slot)->bytes;
	}
}

/* Decides what the slot becomes; true if it has an extent. */
static bool judge(pm_client *client, uint32_t slot, const uint8_t *living) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	uint64_t word = pm_load(&entry->word);
	uint32_t state = pm_word_state(word);
	bool leased = pm_leased(client, slot), handled = pm_handled(client, slot);
	if (state == PLASMID_CREATED) {
		uint32_t record = pm_word_creator(word) - 1;
		bool kept = alive(client, record, living) && entry->creator_epoch == client->records[record].epoch;
		if (kept && pm_oversize(client, entry) && pm_place_reserved(client, slot) && sound_apart(client, slot))
			return false;
		if (kept && (pm_word_stashed(word) ? pm_entry_placed(client, entry) : pm_entry_sound(client, entry)))
			return true;
		/* A stashed one counted as sealed, and a living client counts it. */
		if (pm_word_stashed(word))
			super->sealed_total--;
		if (pm_word_stashed(word) && alive(client, record, living))
			pm_add(&client->records[record].stashed, -1);
		state = PLASMID_GONE;
		entry->linked = 0;
	} else if (state == PLASMID_SPILLED && sound_spilled(client, slot)) {
		return false;
	} else if (pm_state_sealed(state)) {
		if (state == PLASMID_SEALED && pm_entry_sound(client, entry) && entry->check == pm_entry_check(entry)) {
			/* Only who it is from may be wrong: nothing depends on that. */
			if (pm_word_creator(word) > client->plan.max_clients || pm_word_stashed(word))
				pm_store(&entry->word, pm_word(pm_word_version(word), 0, PLASMID_SEALED));
			return true;
		}
		super->quarantined++;
		pm_event_lost(client, slot);
		state = PLASMID_GONE;
		entry->linked = 0;
	} else if ((state == PLASMID_FREED || state == PLASMID_GONE) && leased && pm_entry_sound(client, entry)) {
		entry->linked = 0;
		return true;
	}
	entry->linked = 0;
	bool keep =
			(state == PLASMID_FREED || state == PLASMID_GONE) &&
			(leased || handled || (pm_place_busy(client, slot) && pm_word_alive(client, client->places[slot].restorer)));
	if (leased && !(pm_oversize(client, entry) && pm_place_reserved(client, slot)))
		pm_store_relaxed(&entry->granules, 0);
	become(client, entry, keep ? state : PLASMID_ABSENT);
	if (!keep) {
		memset(pm_leases_at(client, slot), 0, client->plan.hold_words * sizeof(uint64_t));
		memset(pm_handles_at(client, slot), 0, client->plan.hold_words * sizeof(uint64_t));
	}
	return false;
}

static int by_start(const void *a, const void *b) {
	const pm_used *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Two extents overlap, that at `at` and the one before: which goes? The one that was used less lately is what was left in a slot when
 * the other took its place, and has come back by a broken word. */
static uint32_t older_of(const pm_client *client, const list *extents, uint32_t at) {
	const pm_used *used = extents->used;
	if (at == 0 || pm_entry_at(client, used[at].owner & ~READ_INTO)->stamp <
	                   pm_entry_at(client, used[at - 1].owner & ~READ_INTO)->stamp)
		return at;
	return at - 1;
}

/* The extent overlaps another's. */
static void quarantine(pm_client *client, uint32_t owner) {
	uint32_t slot = owner & ~READ_INTO;
	pm_entry *entry = pm_entry_at(client, slot);
	if (slot != owner) {
		pm_store(&client->places[slot].restorer, 0);
		pm_store(&client->places[slot].target, 0);
		return;
	}
	if (pm_state_sealed(pm_word_state(entry->word)))
		pm_event_lost(client, slot);
	pm_uncharge(client, entry);
	entry->linked = 0;
	pm_store_relaxed(&entry->granules, 0);
	if (client->places != NULL)
		pm_store(&client->places[slot].trailer, 0);
	if (pm_word_state(entry->word) == PLASMID_SPILLED) {
		client->spill->spilled--;
		client->spill->spilled_bytes -= entry->bytes;
	}
	bool held = pm_leased(client, slot) || pm_handled(client, slot) || pm_place_busy(client, slot);
	become(client, entry, held ? PLASMID_GONE : PLASMID_ABSENT);
	pm_place_drop(client, slot);
}

/* Heap nodes from the extents. */
static int32_t rebuild_heap(pm_client *client, list *extents) {
	pm_superblock *super = client->super;
	qsort(extents->used, extents->count, sizeof *extents->used, by_start);
	for (;;) {
		uint32_t at = pm_heap_rebuild(&super->heap, client->nodes, super->nodes_reserved, super->committed,
		                              pm_heap_granules(client), extents->used, extents->count);
		if (at == extents->count)
			break;
		if (at == PM_HEAP_NEEDS_NODES)
			return pm_fail(PLASMID_E_CORRUPT, "the heap's table is too small for %u extents", extents->count);
		super->quarantined++;
		at = older_of(client, extents, at);
		quarantine(client, extents->used[at].owner);
		memmove(&extents->used[at], &extents->used[at + 1], (extents->count - at - 1) * sizeof *extents->used);
		extents->count--;
	}
	for (uint32_t i = 0; i < extents->count; i++) {
		uint32_t slot = extents->used[i].owner & ~READ_INTO, node = extents->used[i].node;
		if (slot != extents->used[i].owner)
			client->places[slot].target_node = node;
		else
			pm_entry_at(client, slot)->node = node;
		PM_EXTENT_OWNER(client->nodes[node]) = slot;
	}
	return 0;
}

static void count_references(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(entry->word);
	if (!pm_state_sealed(state) && state != PLASMID_CREATED)
		return;
	const pm_reference *references = (const pm_reference *)pm_trailer(client, entry);
	for (uint32_t i = 0; i < entry->linked; i++) {
		if (references[i].slot == 0 || references[i].slot > client->super->entries_used)
			continue;
		pm_entry *target = pm_entry_at(client, references[i].slot);
		if (pm_word_state(target->word) != PLASMID_ABSENT && pm_id_equal(target->id, references[i].id))
			target->contained++;
	}
}

/* Two that carry one name: the greater order is bound; a replaced one loses it for good. */
static void bind_name(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(entry->word);
	if (entry->name_bytes == 0 || (!pm_state_sealed(state) && state != PLASMID_CREATED))
		return;
	if (state == PLASMID_CREATED && !entry->reserves)
		return;
	const uint8_t *name = pm_name_of(client, entry);
	uint32_t hash = pm_name_hash(client, name, entry->name_bytes);
	uint32_t other = pm_index_find_name(client, name, entry->name_bytes, hash);
	if (other != 0) {
		pm_entry *bound = pm_entry_at(client, other);
		if (bound->name_order >= entry->name_order) {
			pm_store(&entry->name_bytes, 0);
			return;
		}
		pm_index_remove_name(client, other);
		pm_store(&bound->name_bytes, 0);
	}
	pm_index_add_name(client, slot, hash);
}

typedef struct aged {
	uint64_t stamp;
	uint32_t slot;
} aged;

static int newest_first(const void *a, const void *b) {
	const aged *x = a, *y = b;
	return x->stamp > y->stamp ? -1 : x->stamp < y->stamp;
}

static void rebuild_lru(pm_client *client, aged *order) {
	pm_superblock *super = client->super;
	uint32_t count = 0;
	for (uint32_t slot = 1; slot <= super->entries_used; slot++) {
		pm_entry *entry = pm_entry_at(client, slot);
		if (pm_word_state(entry->word) == PLASMID_SEALED && entry->pins == 0 && entry->contained == 0 &&
		    !pm_leased(client, slot) && !pm_handled(client, slot))
			order[count++] = (aged){.stamp = entry->stamp, .slot = slot};
	}
	qsort(order, count, sizeof *order, newest_first);
	for (uint32_t i = 0; i < count; i++)
		pm_lru_append(client, order[i].slot);
}

/* All that is derived and not per slot, as in an empty store. */
static void clear_derived(pm_superblock *super) {
	super->free_slot = super->objects = super->entries_used = 0;
	super->lru_head = super->lru_tail = super->evictable = 0;
	super->drop_head = super->drop_tail = 0;
	super->clock = super->order = 0;
}

static void clear_charges(pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		client->records[i].charge &= ~(uint64_t)UINT32_MAX;
		client->records[i].oldest = 0;
	}
}

/* The extents of an object that is on disk: of its trailer, and where it is read to. */
static void add_spilled(pm_client *client, uint32_t slot, list *extents) {
	judge_place(client, slot);
	const uint64_t spans[] = {client->places[slot].trailer, client->places[slot].target};
	for (uint32_t i = 0; i < 2; i++)
		if (spans[i] != 0)
			extents->used[extents->count++] = (pm_used){.start = pm_span_start(spans[i]),
			                                            .size = pm_span_granules(spans[i]),
			                                            .owner = slot | (i == 1 ? READ_INTO : 0)};
}

static void clear_files(pm_client *client) {
	pm_spill *spill = client->spill;
	spill->disk_bytes = spill->spilled_bytes = 0;
	spill->spilled = 0;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++) {
		pm_spill_file *file = &client->spill_files[i];
		file->live = 0;
		file->live_bytes = 0;
		spill->disk_bytes += file->state == PM_FILE_FREE ? 0 : file->bytes;
	}
	pm_store(&spill->untidy, 1);
}

/* Judges every slot, and makes the table's own lists. */
static void rebuild_slots(pm_client *client, const uint8_t *living, const uint64_t *mask, list *extents) {
	pm_superblock *super = client->super;
	for (uint32_t slot = 1; slot <= super->entries_reserved; slot++) {
		pm_entry *entry = pm_entry_at(client, slot);
		clear_dead_bits(client, slot, mask);
		bool extent = judge(client, slot, living);
		entry->contained = entry->node = 0;
		entry->in_lru = entry->in_drop = 0;
		entry->named = entry->charged = entry->marked = 0;
		if (extent)
			pm_charge_again(client, entry);
		if (extent)
			extents->used[extents->count++] = (pm_used){.start = entry->start, .size = entry->granules, .owner = slot};
		if (client->places != NULL)
			add_spilled(client, slot, extents);
		if (pm_word_state(entry->word) == PLASMID_ABSENT)
			continue;
		super->entries_used = slot;
		super->clock = entry->stamp > super->clock ? entry->stamp : super->clock;
		super->order = entry->name_order > super->order ? entry->name_order : super->order;
	}
}

/* From the last used slot down, so that low slots are taken first. */
static void list_free_slots(pm_client *client) {
	pm_superblock *super = client->super;
	for (uint32_t slot = super->entries_used; slot > 0; slot--) {
		if (pm_word_state(pm_entry_at(client, slot)->word) == PLASMID_ABSENT) {
			pm_store_relaxed(&pm_entry_at(client, slot)->free_next, super->free_slot);
			super->free_slot = slot;
			continue;
		}
		super->objects++;
	}
}

static int32_t rebuild_with(pm_client *client, uint8_t *living, list *extents, aged *order) {
	pm_superblock *super = client->super;
	uint64_t mask[PM_MAX_CLIENTS / 64] = {0};
	look_for_living(client, living);
	pm_events_recover(client, living); /* before anything is judged: the last event is true if its object is as it says */
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (living[i])
			mask[i / 64] |= 1ull << (i % 64);
		else
			pm_store(&client->records[i].stashed, 0);
	clear_derived(super);
	clear_charges(client);
	if (client->spill != NULL)
		clear_files(client);
	rebuild_slots(client, living, mask, extents);
	PM_POINT("rebuild:judged");
	int32_t r = rebuild_heap(client, extents);
	if (r != 0)
		return r;
	pm_index_clear(client);
	list_free_slots(client);
	PM_POINT("rebuild:indexed");
	for (uint32_t slot = 1; slot <= super->entries_used; slot++) {
		count_references(client, slot);
		bind_name(client, slot);
	}
	rebuild_lru(client, order);
	for (uint32_t slot = 1; client->places != NULL && slot <= super->entries_used; slot++)
		if (pm_word_state(pm_entry_at(client, slot)->word) == PLASMID_SPILLED)
			pm_settle(client, slot); /* who kept it may have died */
	PM_POINT("rebuild:done");
	return 0;
}

int32_t pm_rebuild(pm_client *client) {
	uint64_t slots = (uint64_t)client->super->entries_reserved + 1;
	uint8_t *living = calloc(client->plan.max_clients, 1);
	list extents = {.used = malloc((client->places != NULL ? 2 : 1) * slots * sizeof(pm_used)), .count = 0};
	aged *order = malloc(slots * sizeof *order);
	int32_t r = PLASMID_E_NO_MEMORY;
	if (living == NULL || extents.used == NULL || order == NULL)
		pm_fail(r, "no memory to rebuild a store of %llu slots", (unsigned long long)slots);
	else
		r = rebuild_with(client, living, &extents, order);
	free(living);
	free(extents.used);
	free(order);
	return r;
}

int32_t pm_recover(pm_client *client) {
	int32_t r = pm_rebuild(client);
	if (r != 0)
		return r;
	client->super->recovered++;
	pm_notify_all(client);
	return 0;
}
