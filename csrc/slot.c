#include "slot.h"

#include <string.h>

#include "crash.h"

/* One that was never used. Nothing looks at such a slot, so that what a turned bit says in it would be believed from now on. */
static uint32_t take_unused(pm_client *client) {
	pm_superblock *super = client->super;
	if (pm_slots_used(client) == super->entries_reserved)
		return 0;
	uint32_t slot = ++super->entries_used;
	memset(pm_leases_at(client, slot), 0, client->plan.hold_words * 2 * sizeof(uint64_t));
	if (client->places != NULL)
		memset(&client->places[slot], 0, sizeof(pm_place));
	return slot;
}

uint32_t pm_slot_take(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t slot = super->free_slot;
	if (slot != 0)
		super->free_slot = pm_entry_linked(client, slot)->free_next;
	else if ((slot = take_unused(client)) == 0)
		return 0;
	pm_entry *entry = pm_entry_at(client, slot);
	PM_MUST(pm_word_state(entry->word) == PLASMID_ABSENT && slot <= super->entries_reserved);
	/* From here on a reader that still has the old word in hand finds another one. */
	pm_store(&entry->word, pm_word(pm_word_version(entry->word) + 1, 0, PLASMID_ABSENT));
	pm_fence_release();
	super->objects++;
	return slot;
}

void pm_slot_untake(pm_client *client, uint32_t slot) {
	pm_superblock *super = client->super;
	pm_store_relaxed(&pm_entry_at(client, slot)->free_next, super->free_slot);
	super->free_slot = slot;
	super->objects--;
}

void pm_slot_give(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(entry->node == 0 && !entry->in_lru && !entry->in_drop && !entry->named);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), 0, PLASMID_ABSENT));
	PM_POINT("slot:absent");
	pm_slot_untake(client, slot);
}

uint32_t pm_slots_stashed(const pm_client *client) {
	uint32_t sum = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		sum += pm_load_relaxed(&client->records[i].stashed);
	return sum;
}

void pm_slots_unstash(pm_client *client, uint32_t record, uint32_t count) {
	client->super->sealed_total -= count;
	pm_add(&client->records[record].stashed, -count);
}

static uint64_t rotate(uint64_t x, int by) {
	return x << by | x >> (64 - by);
}

/* xoshiro256** (Blackman and Vigna, 2018), seeded by the system with 256 bits when the client joins: an id need not be a secret,
 * for who may open the store may list it, only unique; and a system call for every few hundred would cost 40 ns an id. */
static uint64_t draw(uint64_t *state) {
	uint64_t result = rotate(state[1] * 5, 7) * 9, carry = state[1] << 17;
	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= carry;
	state[3] = rotate(state[3], 45);
	return result;
}

void pm_id_make(pm_client *client, uint32_t id[4]) {
	const uint64_t bits[2] = {draw(client->random), draw(client->random)};
	memcpy(id, bits, sizeof bits);
}

void pm_tomb_add(pm_client *client, const uint32_t id[4]) {
	pm_superblock *super = client->super;
	for (int i = 0; i < 4; i++)
		pm_store_relaxed(&super->tombs[super->tomb_cursor % PM_TOMBSTONES][i], id[i]);
	super->tomb_cursor++;
}

bool pm_tomb_has(const pm_client *client, const uint32_t id[4]) {
	for (uint32_t i = 0; i < PM_TOMBSTONES; i++)
		if (pm_id_equal(client->super->tombs[i], id))
			return true;
	return false;
}
