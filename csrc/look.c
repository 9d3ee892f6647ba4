#include "look.h"

#include "entry.h"
#include "error.h"
#include "index.h"
#include "lock.h"
#include "prim/atomic.h"
#include "slot.h"

int32_t pm_state_code(uint32_t state) {
	switch (state) {
	case PLASMID_SEALED:
		return 0;
	case PLASMID_CREATED:
		return PLASMID_E_NOT_SEALED;
	case PLASMID_FREED:
		return PLASMID_E_FREED;
	case PLASMID_SPILLED:
		return PLASMID_E_SPILLED;
	default:
		return PLASMID_E_LOST;
	}
}

/* Is the object still in the slot, in whatever state? */
static bool is_there(const pm_client *client, uint32_t slot, const uint32_t id[4]) {
	const pm_entry *entry = pm_entry_at(client, slot);
	return pm_word_state(pm_load(&entry->word)) != PLASMID_ABSENT && pm_id_equal(entry->id, id);
}

/* Reads the entry in the slot. False if it is not this object, or changed meanwhile. */
static inline __attribute__((always_inline)) bool read_entry(const pm_client *client, uint32_t slot, const uint32_t *id,
                                                             pm_sight *sight) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint64_t word = pm_load(&entry->word);
	if (id != NULL && !pm_id_equal(entry->id, id))
		return false;
	sight->slot = slot;
	sight->word = word;
	sight->bytes = pm_load_relaxed(&entry->bytes);
	uint64_t extent = pm_load_relaxed(&entry->extent), parts = pm_load_relaxed(&entry->parts);
	sight->start = (uint32_t)extent;
	sight->inband = (uint32_t)parts;
	sight->buffers = (uint32_t)(parts >> 32);
	sight->references = pm_load_relaxed(&entry->references);
	sight->good =
			(uint16_t)pm_load_relaxed(&entry->check) == pm_entry_stands(sight->bytes, extent, parts, sight->references);
	pm_fence_acquire();
	return pm_load_relaxed(&entry->word) == word && pm_word_state(word) != PLASMID_ABSENT;
}

/* A sealed entry is not as it was: everything derived is made anew, which puts the object aside. 0: look again. */
static __attribute__((noinline, cold)) int32_t distrust(pm_client *client, uint32_t slot) {
	int32_t r = pm_lock(client);
	if (r == PLASMID_E_CORRUPT)
		r = pm_lock(client); /* we landed; whoever takes the lock next mends */
	if (r != 0)
		return r;
	const pm_entry *entry = pm_entry_at(client, slot);
	PM_MUST(pm_word_state(entry->word) != PLASMID_SEALED || pm_entry_good(client, entry));
	pm_unlock(client);
	return 0;
}

static int32_t gone(const pm_client *client, const uint32_t id[4]) {
	return pm_tomb_has(client, id) ? PLASMID_E_FREED : PLASMID_E_LOST;
}

/* It isn't there, or not as it was, or changed under the look. Apart, for a look that finds it shall not pay for this. */
static __attribute__((noinline)) int32_t look_again(pm_client *client, uint32_t slot, const uint32_t id[4],
                                                    pm_sight *sight) {
	for (;;) {
		/* Each turn but the last means that the object changed its state meanwhile, which it does a few times in its life. */
		while (!read_entry(client, slot, id, sight))
			if (!is_there(client, slot, id))
				return gone(client, id);
		uint32_t state = pm_word_state(sight->word);
		if (sight->good || state != PLASMID_SEALED)
			return pm_state_code(state);
		int32_t r = distrust(client, slot);
		if (r != 0)
			return r;
	}
}

int32_t pm_look(pm_client *client, uint32_t slot, const uint32_t id[4], pm_sight *sight) {
	if (slot == 0 || slot > pm_load_relaxed(&client->super->entries_reserved) || slot > client->plan.max_objects)
		return gone(client, id);
	if (read_entry(client, slot, id, sight) && sight->good && pm_word_state(sight->word) == PLASMID_SEALED)
		return 0;
	return look_again(client, slot, id, sight);
}

int32_t pm_look_name(pm_client *client, const uint8_t *name, uint32_t bytes, pm_sight *sight) {
	return pm_look_name_within(client, name, bytes, client->lock_timeout_ns, sight);
}

/* The chain may have changed under the glance. Apart, for the glance shall not pay for the landing. */
static __attribute__((noinline)) int32_t look_locked(pm_client *client, const uint8_t *name, uint32_t bytes,
                                                     uint32_t hash, uint64_t timeout_ns, pm_sight *sight) {
	int32_t r = pm_lock_within(client, timeout_ns);
	if (r != 0)
		return r;
	uint32_t slot = pm_index_find_name(client, name, bytes, hash);
	r = PLASMID_E_NOT_FOUND;
	if (slot != 0 && read_entry(client, slot, NULL, sight) && pm_state_sealed(pm_word_state(sight->word))) {
		PM_MUST(sight->good || pm_word_state(sight->word) == PLASMID_SPILLED);
		r = pm_state_code(pm_word_state(sight->word));
	}
	pm_unlock(client);
	return r;
}

int32_t pm_look_name_within(pm_client *client, const uint8_t *name, uint32_t bytes, uint64_t timeout_ns,
                            pm_sight *sight) {
	uint32_t hash = pm_name_hash(client, name, bytes);
	uint32_t slot = pm_index_glance_name(client, name, bytes, hash);
	/* The name was compared before the word is read: compare it again between two equal words. */
	if (slot != 0 && read_entry(client, slot, NULL, sight) && pm_state_sealed(pm_word_state(sight->word)) &&
	    (sight->good || pm_word_state(sight->word) == PLASMID_SPILLED) &&
	    pm_index_glance_name(client, name, bytes, hash) == slot && pm_still(client, sight))
		return pm_state_code(pm_word_state(sight->word));
	return look_locked(client, name, bytes, hash, timeout_ns, sight);
}

bool pm_still(const pm_client *client, const pm_sight *sight) {
	pm_fence_acquire();
	return pm_load_relaxed(&pm_entry_at(client, sight->slot)->word) == sight->word;
}

uint32_t pm_locate(const pm_client *client, uint32_t slot, const uint32_t id[4], int32_t *code) {
	bool here = slot != 0 && slot <= pm_slots_used(client) && is_there(client, slot, id);
	*code = here ? 0 : gone(client, id);
	return here ? slot : 0;
}

int32_t pm_locate_sealed(const pm_client *client, uint32_t slot, const uint32_t id[4], uint32_t *found) {
	int32_t code;
	*found = pm_locate(client, slot, id, &code);
	if (*found == 0)
		return code;
	uint32_t state = pm_word_state(pm_entry_at(client, *found)->word);
	return pm_state_sealed(state) ? 0 : pm_state_code(state);
}
