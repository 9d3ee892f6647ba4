#include "lru.h"

#include "crash.h"
#include "prim/atomic.h"

/* The first of its client's in the list: where to look for its oldest. */
static void point_to(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	pm_client_record *record = pm_creator_of(client, entry->word);
	if (record->oldest != PM_NOTHING_OLD)
		return;
	record->oldest = slot;
	entry->marked = 1;
}

/* What pointed to an entry that leaves the list points to the next younger one. */
static void point_past(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	entry->marked = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		if (client->records[i].oldest != slot)
			continue;
		client->records[i].oldest = entry->lru_prev != 0 ? entry->lru_prev : PM_NOTHING_OLD;
		if (entry->lru_prev != 0)
			pm_entry_linked(client, entry->lru_prev)->marked = 1;
	}
}

void pm_lru_push(pm_client *client, uint32_t slot) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(!entry->in_lru && !entry->in_drop);
	entry->stamp = ++super->clock;
	entry->lru_prev = 0;
	entry->lru_next = super->lru_head;
	if (super->lru_head != 0)
		pm_entry_linked(client, super->lru_head)->lru_prev = slot;
	else
		super->lru_tail = slot;
	pm_store_relaxed(&super->lru_head, slot);
	pm_store_relaxed(&entry->in_lru, 1);
	super->evictable++;
	if (entry->charged)
		point_to(client, slot);
}

void pm_lru_refresh(pm_client *client, uint32_t slot) {
	if (!pm_entry_at(client, slot)->in_lru)
		return;
	pm_lru_remove(client, slot);
	pm_lru_push(client, slot);
}

void pm_lru_append(pm_client *client, uint32_t slot) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	entry->lru_next = 0;
	entry->lru_prev = super->lru_tail;
	if (super->lru_tail != 0)
		pm_entry_linked(client, super->lru_tail)->lru_next = slot;
	else
		super->lru_head = slot;
	super->lru_tail = slot;
	entry->in_lru = 1;
	super->evictable++;
}

void pm_lru_remove(pm_client *client, uint32_t slot) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	if (!entry->in_lru)
		return;
	uint32_t *before = entry->lru_prev != 0 ? &pm_entry_linked(client, entry->lru_prev)->lru_next : &super->lru_head;
	uint32_t *behind = entry->lru_next != 0 ? &pm_entry_linked(client, entry->lru_next)->lru_prev : &super->lru_tail;
	PM_MUST(*before == slot && *behind == slot);
	if (entry->marked)
		point_past(client, slot);
	pm_store_relaxed(before, entry->lru_next);
	*behind = entry->lru_prev;
	pm_store_relaxed(&entry->in_lru, 0);
	super->evictable--;
}
