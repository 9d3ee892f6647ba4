/* What a store finds and says is right where chains are long, heaps have holes, objects are gone in part or contents are wrong. */
#include <stddef.h>

#include "support.h"

#include "client.h"
#include "index.h"

static plasmid_store *store;

static plasmid_item put(const char *name, uint64_t bytes, uint32_t flags) {
	static plasmid_span span;
	static uint8_t zeros[1u << 20];
	span = (plasmid_span){.address = (uint64_t)(uintptr_t)zeros, .bytes = bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = bytes > 0,
	                     .name = (uint64_t)(uintptr_t)name,
	                     .name_bytes = name == NULL ? 0 : (uint32_t)strlen(name),
	                     .flags = flags};
	item.status = plasmid_put_many(store, &item, 1);
	return item;
}

static plasmid_item draft(uint64_t bytes) {
	static plasmid_span span;
	span = (plasmid_span){.bytes = bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	item.status = plasmid_create(store, &item);
	return item;
}

/* Its bytes are free when its view is gone, too. */
static void drop(const plasmid_item *item) {
	WELL(plasmid_abort(store, item->token));
	plasmid_release(NULL, (void *)(uintptr_t)item->context);
	WELL(plasmid_drain(store));
}

/* More names than a reader without the lock would follow stand in one chain. */
static inline void names_that_collide_stay_bound(void) {
	char name[8] = "", first[8] = "";
	uint32_t made = 0;
	for (uint32_t i = 0; made < 4500; i++) {
		for (uint32_t k = 0; k < 6; k++)
			name[k] = (char)('@' + (i >> (5 * k)) % 32);
		if ((pm_name_hash(store->client, (const uint8_t *)name, 6) & 0x1fff) != 5)
			continue;
		if (made++ == 0)
			strcpy(first, name);
		plasmid_item item = put(name, 0, PLASMID_ITEM_PIN);
		WELL(item.status);
		WELL(plasmid_forget(store, item.token));
	}
	memcpy(plasmid_exchange_of(store)->name, first, strlen(first));
	WELL(plasmid_find(store, (uint32_t)strlen(first)));
	CHECK(put(first, 0, 0).status == PLASMID_E_NAME_TAKEN);
	WELL(plasmid_check(store));
}

/* Names that share a chain in this store don't in another. */
static inline void chains_cannot_be_planned(void) {
	plasmid_options options = {.capacity = 1u << 20};
	plasmid_store *other;
	char name[8] = "", path[64];
	uint32_t made = 0, chains[256] = {0}, longest = 0;
	snprintf(path, sizeof path, "c%d-other", (int)getpid());
	WELL(plasmid_open(DIRECTORY, path, &options, &other));
	for (uint32_t i = 0; made < 256; i++) {
		for (uint32_t k = 0; k < 6; k++)
			name[k] = (char)('@' + (i >> (5 * k)) % 32);
		if ((pm_name_hash(store->client, (const uint8_t *)name, 6) & 0xff) != 5)
			continue;
		made++;
		uint32_t *chain = &chains[pm_name_hash(other->client, (const uint8_t *)name, 6) & 0xff];
		longest = ++*chain > longest ? *chain : longest;
	}
	CHECK(longest <= 16); /* of 256 names in as many chains more than that stand in one with a chance of 10^-12 */
	WELL(plasmid_close(other));
	WELL(plasmid_destroy(DIRECTORY, path));
}

static void the_largest_that_fits_does(void) {
	plasmid_stats stats;
	plasmid_item hole = draft(24u << 20), above = draft(1u << 20);
	WELL(hole.status);
	WELL(above.status);
	drop(&hole);
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.largest >= 24u << 20);
	/* But for the ends of pages: a large object has whole ones. */
	plasmid_item item = draft(stats.largest - 3 * 4096);
	WELL(item.status);
	drop(&item);
	drop(&above);
}

static void a_freed_object_is_nobody_s_pin(void) {
	plasmid_holder_row rows[8], after[8];
	WELL(plasmid_holders(store, rows, 8));
	plasmid_item item = put(NULL, 1u << 20, PLASMID_ITEM_PIN);
	WELL(item.status);
	WELL(plasmid_lease(store, REF(item.ref)));
	WELL(plasmid_free(store, REF(item.ref)));
	WELL(plasmid_holders(store, after, 8));
	CHECK(after[0].leased.count == rows[0].leased.count);
	CHECK(after[1].leased.count == rows[1].leased.count + 1);
}

static void an_object_outside_of_the_heap_is_lost(void) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	WELL(plasmid_put_small(store, 3));
	plasmid_ref ref = exchange->ref;
	pm_entry *entry = pm_entry_at(store->client, ref.slot);
	entry->start = 0x7fffffff;
	CHECK(plasmid_peek(store, REF(ref)) == PLASMID_E_LOST);
	WELL(plasmid_check(store));
}

int main(void) {
	plasmid_options options = {.capacity = 64u << 20};
	const char *name = fresh_name();
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	the_largest_that_fits_does();
	a_freed_object_is_nobody_s_pin();
	an_object_outside_of_the_heap_is_lost();
	chains_cannot_be_planned();
#ifndef __SANITIZE_THREAD__ /* 40 million hashes, by one thread */
	names_that_collide_stay_bound();
#endif
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
