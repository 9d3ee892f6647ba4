/* The derived is made from the truth alone: after any history, a rebuild changes nothing that can be seen, and the store goes on. */
#include "worker.h"

#include "client.h"
#include "lock.h"
#include "rebuild.h"

static uint32_t list(plasmid_store *store, plasmid_object_row *rows) {
	uint32_t next;
	memset(rows, 0, 4096 * sizeof *rows);
	int32_t count = plasmid_list(store, 1, rows, 4096, &next);
	WELL(count);
	return (uint32_t)count;
}

/* Everything derived that a caller can see, but for high-water marks. */
static void same_stats(const plasmid_stats *a, const plasmid_stats *b) {
	CHECK(a->used == b->used && a->largest == b->largest && a->committed == b->committed);
	CHECK(a->objects == b->objects && a->evictable == b->evictable && a->leases == b->leases && a->handles == b->handles);
}

/* Which object goes first is derived from the stamps: the order must be the same, too. */
static uint32_t order(const pm_client *client, uint32_t *slots) {
	uint32_t count = 0;
	for (uint32_t slot = client->super->lru_head; slot != 0; slot = pm_entry_at(client, slot)->lru_next)
		slots[count++] = slot;
	return count;
}

/* What was here before must not matter: the derived is filled with noise. */
static void scramble(pm_client *client, uint64_t *random) {
	pm_superblock *super = client->super;
	for (uint32_t slot = 1; slot <= super->entries_reserved; slot++) {
		pm_entry *entry = pm_entry_at(client, slot);
		entry->contained = roll(random);
		entry->node = roll(random);
		entry->free_next = roll(random);
		entry->name_next = roll(random);
		entry->lru_prev = roll(random);
		entry->lru_next = roll(random);
		entry->in_lru = entry->in_drop = entry->named = 1;
		entry->name_hash = roll(random);
	}
	for (uint32_t i = 0; i < super->nodes_reserved * sizeof(pm_extent) / 4; i++)
		((uint32_t *)client->nodes)[i] = roll(random);
	for (uint32_t i = 0; i < sizeof super->heap / 4; i++)
		((uint32_t *)&super->heap)[i] = roll(random);
	super->entries_used = super->free_slot = super->objects = super->name_buckets = 77;
	super->names = super->lru_head = super->lru_tail = super->evictable = super->drop_head = super->drop_tail = 99;
	super->clock = super->order = 5;
}

int main(void) {
	plasmid_options options = {.capacity = 4u << 20, .max_objects = 3000};
	plasmid_store *store;
	plasmid_stats before, after;
	plasmid_object_row *rows[2] = {malloc(4096 * sizeof **rows), malloc(4096 * sizeof **rows)};
	uint32_t slots[2][4096];
	const char *name = fresh_name();
	worker w;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	worker_begin(&w, store, 7);
	for (uint32_t round = 0; round < scaled(400); round++) {
		for (uint32_t i = 0; i < 300; i++)
			worker_step(&w);
		WELL(plasmid_drain(store));
		uint32_t count = list(store, rows[0]);
		WELL(plasmid_stats_of(store, &before));
		uint32_t cache = order(store->client, slots[0]);
		WELL(pm_lock(store->client));
		scramble(store->client, &w.random);
		WELL(pm_rebuild(store->client));
		pm_unlock(store->client);
		WELL(plasmid_check(store));
		WELL(plasmid_stats_of(store, &after));
		same_stats(&before, &after);
		CHECK(order(store->client, slots[1]) == cache && memcmp(slots[0], slots[1], cache * sizeof(uint32_t)) == 0);
		CHECK(list(store, rows[1]) == count && memcmp(rows[0], rows[1], count * sizeof **rows) == 0);
	}
	worker_end(&w);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	free(rows[0]);
	free(rows[1]);
	return 0;
}
