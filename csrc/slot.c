#include "slot.h"

#include <string.h>

#include "crash.h"
#include "error.h"
#include "index.h"
#include "prim/atomic.h"
#include "prim/random.h"

uint32_t pm_slot_take(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t slot = super->free_slot;
	if (slot != 0) {
		super->free_slot = pm_entry_at(client, slot)->id_next;
	} else {
		if (super->entries_used >= super->entries_reserved)
			return 0;
		slot = ++super->entries_used;
	}
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(pm_word_state(entry->word) == PLASMID_ABSENT);
	/* From here on a reader that still has the old word in hand finds another one. */
	pm_store(&entry->word, pm_word(pm_word_version(entry->word) + 1, 0, PLASMID_ABSENT));
	super->objects++;
	return slot;
}

void pm_slot_untake(pm_client *client, uint32_t slot) {
	pm_superblock *super = client->super;
	pm_store_relaxed(&pm_entry_at(client, slot)->id_next, super->free_slot);
	super->free_slot = slot;
	super->objects--;
}

void pm_slot_give(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(entry->node == 0 && !entry->in_lru && !entry->in_drop && !entry->named);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word), 0, PLASMID_ABSENT));
	PM_POINT("slot:absent");
	pm_index_remove_id(client, slot);
	pm_slot_untake(client, slot);
}

int32_t pm_id_make(pm_client *client, uint32_t id[4]) {
	if (client->random_left < 4) {
		if (pm_random(client->random, sizeof client->random) != 0)
			return pm_fail_errno("reading random bytes");
		client->random_left = sizeof client->random / sizeof client->random[0];
	}
	client->random_left -= 4;
	memcpy(id, client->random + client->random_left, 16);
	return 0;
}

void pm_tomb_add(pm_client *client, const uint32_t id[4]) {
	pm_superblock *super = client->super;
	memcpy(super->tombs[super->tomb_cursor % PM_TOMBSTONES], id, 16);
	super->tomb_cursor++;
}

bool pm_tomb_has(const pm_client *client, const uint32_t id[4]) {
	for (uint32_t i = 0; i < PM_TOMBSTONES; i++)
		if (pm_id_equal(client->super->tombs[i], id))
			return true;
	return false;
}
