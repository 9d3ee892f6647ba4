/* slot.h - the places of the table: which are free, and what became of the ids that are gone. */
#ifndef PM_SLOT_H
#define PM_SLOT_H

#include <string.h>

#include "client.h"
#include "prim/atomic.h"

/* Is there one to take? */
static inline bool pm_slot_free(const pm_client *client) {
	return client->super->free_slot != 0 || client->super->entries_used < client->super->entries_reserved;
}

/* A free slot with its version grown, or 0: none below the reserved mark. The slot stays ABSENT until its word is stored. */
uint32_t pm_slot_take(pm_client *client);

/* Gives back a slot that was taken and never published. */
void pm_slot_untake(pm_client *client, uint32_t slot);

/* The object in the slot is gone for good: the slot becomes ABSENT. */
void pm_slot_give(pm_client *client, uint32_t slot);

/* `at` may be written meanwhile, by whoever holds the lock. */
static inline bool pm_id_equal(const uint32_t at[4], const uint32_t id[4]) {
	return pm_load_relaxed(&at[0]) == id[0] && pm_load_relaxed(&at[1]) == id[1] && pm_load_relaxed(&at[2]) == id[2] &&
	       pm_load_relaxed(&at[3]) == id[3];
}

/* How others name the object in the slot. */
static inline void pm_ref_of(const pm_client *client, uint32_t slot, plasmid_ref *ref) {
	ref->slot = slot;
	memcpy(ref->id, pm_entry_at(client, slot)->id, sizeof ref->id);
}

/* Is there anything in the slot that those who look at a store are shown? A stashed entry is no object yet. */
static inline bool pm_slot_is_object(uint64_t word) {
	return pm_word_state(word) != PLASMID_ABSENT && !pm_word_stashed(word);
}

/* Entries in all stashes (stash.h): they count as objects, and are none yet. */
uint32_t pm_slots_stashed(const pm_client *client);

/* So many entries of a client's stash will not be the objects that they count as. Under the lock. */
void pm_slots_unstash(pm_client *client, uint32_t record, uint32_t count);

/* 128 random bits, never given before. */
void pm_id_make(pm_client *client, uint32_t id[4]);

void pm_tomb_add(pm_client *client, const uint32_t id[4]);
bool pm_tomb_has(const pm_client *client, const uint32_t id[4]);

#endif
