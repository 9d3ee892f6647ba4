#include "index.h"

#include <string.h>

#include "crash.h"
#include "prim/atomic.h"
#include "prim/product.h"
#include "prim/racy.h"

#define FIRST_BUCKETS 64u
#define LONGEST_WALK 4096u /* a reader without the lock may run in a circle that a writer is making */

static uint32_t bucket_of(uint32_t hash, uint32_t buckets) {
	uint32_t mask = buckets <= 1 ? 0 : 0xffffffffu >> __builtin_clz(buckets - 1);
	uint32_t bucket = hash & mask;
	return bucket < buckets ? bucket : bucket & (mask >> 1);
}

/* The head whose share the head `fresh` takes over: the same bits without the highest. */
static uint32_t buddy_of(uint32_t fresh) {
	return fresh & ~(1u << (31 - __builtin_clz(fresh)));
}

void pm_index_clear(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t heads = super->entries_reserved < FIRST_BUCKETS ? super->entries_reserved : FIRST_BUCKETS;
	pm_store_relaxed(&super->name_buckets, heads); /* glances are without the lock */
	super->names = 0;
	for (uint32_t head = 0; head < heads; head++)
		pm_store_relaxed(&client->names[head], 0);
}

/* The last bytes, up to eight, in one word: without a call, for most names are no longer. */
static uint64_t tail_of(const uint8_t *at, uint32_t bytes) {
	uint32_t first, last;
	if (bytes >= sizeof first) {
		memcpy(&first, at, sizeof first);
		memcpy(&last, at + bytes - sizeof last, sizeof last);
		return (uint64_t)first << 32 | last;
	}
	return bytes == 0 ? 0 : (uint64_t)at[0] << 16 | (uint64_t)at[bytes >> 1] << 8 | at[bytes - 1];
}

/* Eight bytes a multiplication, keyed with the store's random number, so that nobody finds names beforehand that share a chain. */
uint32_t pm_name_hash(const pm_client *client, const uint8_t *name, uint32_t bytes) {
	uint64_t key = client->plan.generation, hash = key ^ (bytes + 0x9e3779b97f4a7c15ull), word;
	for (; bytes > sizeof word; bytes -= (uint32_t)sizeof word, name += sizeof word) {
		memcpy(&word, name, sizeof word);
		hash = pm_product(word ^ key, hash ^ 0xa0761d6478bd642full);
	}
	hash = pm_product(tail_of(name, bytes) ^ key, hash ^ 0xe7037ed1a0b428dbull);
	return (uint32_t)(hash ^ hash >> 32);
}

/* Heads in use, under the lock. */
static uint32_t buckets(const pm_client *client) {
	uint32_t count = client->super->name_buckets;
	PM_MUST(count > 0 && count <= client->super->entries_reserved);
	return count;
}

static void split_names(pm_client *client) {
	pm_superblock *super = client->super;
	uint32_t fresh = buckets(client), steps = 0;
	uint32_t *from = &client->names[buddy_of(fresh)];
	pm_store_relaxed(&client->names[fresh], 0);
	while (*from != 0) {
		PM_MUST(steps++ < super->names);
		pm_entry *entry = pm_entry_linked(client, *from);
		if (bucket_of(entry->name_hash, fresh + 1) != fresh) {
			from = &entry->name_next;
			continue;
		}
		uint32_t slot = *from;
		pm_store_relaxed(from, entry->name_next);
		pm_store_relaxed(&entry->name_next, client->names[fresh]);
		pm_store_relaxed(&client->names[fresh], slot);
	}
	pm_store(&super->name_buckets, fresh + 1);
}

void pm_index_add_name(pm_client *client, uint32_t slot, uint32_t hash) {
	pm_superblock *super = client->super;
	pm_entry *entry = pm_entry_at(client, slot);
	PM_ASSERT(!entry->named && entry->name_bytes != 0);
	super->names++;
	if (super->names > super->name_buckets && super->name_buckets < super->entries_reserved)
		split_names(client);
	pm_store_relaxed(&entry->name_hash, hash);
	entry->named = 1;
	uint32_t *head = &client->names[bucket_of(hash, buckets(client))];
	pm_store_relaxed(&entry->name_next, *head);
	pm_store(head, slot);
}

void pm_index_remove_name(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	if (!entry->named)
		return;
	uint32_t *from = &client->names[bucket_of(entry->name_hash, buckets(client))], steps = 0;
	while (*from != slot) {
		PM_MUST(steps++ < client->super->names);
		from = &pm_entry_linked(client, *from)->name_next;
	}
	pm_store_relaxed(from, entry->name_next);
	entry->named = 0;
	client->super->names--;
}

/* Looks at no more than `most` entries of the chain. */
static uint32_t find_name(const pm_client *client, const uint8_t *heap, const uint8_t *name, uint32_t bytes,
                          uint32_t hash, uint32_t most) {
	const pm_superblock *super = client->super;
	uint32_t heads = pm_load(&super->name_buckets);
	if (heads == 0 || heads > client->plan.max_objects)
		return 0;
	uint32_t slot = pm_load(&client->names[bucket_of(hash, heads)]);
	for (uint32_t steps = 0; slot != 0 && steps < most; steps++) {
		if (slot > client->plan.max_objects)
			return 0;
		const pm_entry *entry = pm_entry_at(client, slot);
		if (pm_load_relaxed(&entry->name_hash) == hash && pm_load_relaxed(&entry->name_bytes) == bytes) {
			/* Without the lock the fields may be of two objects: stay inside the heap whatever they say. */
			uint64_t at = (uint64_t)(pm_trailer(client, entry) - client->heap_writable) +
			              pm_load_relaxed(&entry->references) * sizeof(pm_reference);
			if (at + bytes <= client->plan.capacity && pm_racy_equal(heap + at, name, bytes))
				return slot;
		}
		slot = pm_load_relaxed(&entry->name_next);
	}
	return 0;
}

uint32_t pm_index_find_name(const pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash) {
	return find_name(client, client->heap_writable, name, bytes, hash, client->plan.max_objects);
}

uint32_t pm_index_glance_name(const pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash) {
	return find_name(client, client->heap, name, bytes, hash, LONGEST_WALK);
}

bool pm_index_whole(const pm_client *client) {
	const pm_superblock *super = client->super;
	uint32_t found = 0;
	if (super->name_buckets > super->entries_reserved)
		return false;
	for (uint32_t i = 0; i < super->name_buckets; i++)
		for (uint32_t slot = client->names[i]; slot != 0; slot = pm_entry_at(client, slot)->name_next) {
			if (slot > super->entries_used || found++ == super->names)
				return false;
			const pm_entry *entry = pm_entry_at(client, slot);
			if (!entry->named || bucket_of(entry->name_hash, super->name_buckets) != i)
				return false;
		}
	return found == super->names;
}
