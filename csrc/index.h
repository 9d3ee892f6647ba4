/* index.h - from an id or a name to a slot.
 *
 * Two chained hash tables whose heads live in the segment. They grow by linear hashing, one head at a time, so that a store of a
 * million slots costs nothing until it holds a million objects: n heads are in use; a hash takes the head of its low bits, one bit
 * fewer if that head is not in use yet; the next head to come takes its share from the head with the same low bits.
 *
 * Writers hold the lock. Readers may walk without it: a chain can change under them, so a find that fails proves nothing (take the
 * lock and look again) and one that succeeds is checked against the entry's word afterwards. */
#ifndef PM_INDEX_H
#define PM_INDEX_H

#include "client.h"

void pm_index_clear(pm_client *client);
void pm_index_add_id(pm_client *client, uint32_t slot);
void pm_index_remove_id(pm_client *client, uint32_t slot);

/* Asks the cache for what removing this id will touch: its head first, a turn later the entry at the head. */
void pm_index_prefetch_head(const pm_client *client, const pm_entry *entry);
void pm_index_prefetch_chain(const pm_client *client, const pm_entry *entry);

/* The slot of the object with this id, in whatever state, or 0. */
uint32_t pm_index_find_id(const pm_client *client, const uint32_t id[4]);

uint32_t pm_name_hash(const uint8_t *name, uint32_t bytes);

/* Binds entry's own name (its name_bytes, behind its payload) to it. */
void pm_index_add_name(pm_client *client, uint32_t slot);
void pm_index_remove_name(pm_client *client, uint32_t slot);

/* The slot that the name is bound to or, being CREATED, has reserved it; or 0. */
uint32_t pm_index_find_name(const pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash);

static inline const uint8_t *pm_name_of(const pm_client *client, const pm_entry *entry) {
	return pm_payload(client, entry) + pm_name_at(entry->bytes, entry->references);
}
static inline bool pm_id_equal(const uint32_t a[4], const uint32_t b[4]) {
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

#endif
