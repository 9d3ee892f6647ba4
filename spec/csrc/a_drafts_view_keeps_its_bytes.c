/* Who has the view of a draft can write to its bytes: they are nobody else's before that view's deallocator has run, whatever became of
 * the draft. */
#include "support.h"

#include "client.h"
#include "lock.h"
#include "rebuild.h"

#define BYTES (256u << 10)

static plasmid_store *open_store(const char *name) {
	plasmid_options options = {.capacity = 2u << 20};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static plasmid_item draft(plasmid_store *store) {
	plasmid_span span = {.bytes = BYTES};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	int32_t r = plasmid_create(store, &item);
	item.status = r < 0 ? r : 0;
	return item;
}

static void release(const plasmid_item *item) {
	plasmid_release(NULL, (void *)(uintptr_t)item->context);
}

/* Drafts until the store is full, all of them dropped again: how many, none of them where `view` is. */
static uint32_t fill(plasmid_store *store, uint64_t view) {
	plasmid_item items[16];
	uint32_t count = 0;
	while (count < 16 && (items[count] = draft(store)).status == 0) {
		CHECK(items[count].room + BYTES <= view || view + BYTES <= items[count].room);
		count++;
	}
	for (uint32_t i = 0; i < count; i++)
		release(&items[i]);
	WELL(plasmid_drain(store));
	return count;
}

static void rebuild(plasmid_store *store) {
	WELL(pm_lock(store->client));
	WELL(pm_rebuild(store->client));
	pm_unlock(store->client);
	WELL(plasmid_check(store));
}

/* Where it stands is not known to be free: anywhere but at no address. */
static void aborted(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	uint32_t all = fill(store, 0);
	plasmid_item item = draft(store);
	WELL(item.status);
	WELL(plasmid_abort(store, item.token));
	CHECK(fill(store, item.room) < all);
	rebuild(store);
	CHECK(fill(store, item.room) < all);
	memset((void *)(uintptr_t)item.room, 1, BYTES);
	release(&item);
	WELL(plasmid_drain(store));
	CHECK(fill(store, 0) == all);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static void closed(void) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name), *other = open_store(name);
	uint32_t all = fill(other, 0);
	plasmid_item item = draft(store);
	WELL(item.status);
	WELL(plasmid_close(store));
	CHECK(fill(other, item.room) < all);
	/* The mapping is there as long as the view is. */
	WELL(plasmid_close(other));
	memset((void *)(uintptr_t)item.room, 1, BYTES);
	other = open_store(name);
	CHECK(fill(other, item.room) < all);
	release(&item);
	WELL(plasmid_drain(other));
	CHECK(fill(other, 0) == all);
	WELL(plasmid_check(other));
	WELL(plasmid_close(other));
	WELL(plasmid_destroy(DIRECTORY, name));
}

int main(void) {
	aborted();
	closed();
	return 0;
}
