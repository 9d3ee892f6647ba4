/* index.h - from a name to a slot. (An id needs no index: whoever has one has the slot beside it, and an object never moves.)
 *
 * A chained hash table whose heads live in the segment. It grows by linear hashing, one head at a time, so that a store of a
 * million slots costs nothing until it holds a million objects: n heads are in use; a hash takes the head of its low bits, one bit
 * fewer if that head is not in use yet; the next head to come takes its share from the head with the same low bits.
 *
 * Writers hold the lock. Readers may walk without it: a chain can change under them, so a find that fails proves nothing (take the
 * lock and look again) and one that succeeds is checked against the entry's word afterwards. */
#ifndef PM_INDEX_H
#define PM_INDEX_H

#include "client.h"

void pm_index_clear(pm_client *client);

/* Another one in each store. */
uint32_t pm_name_hash(const pm_client *client, const uint8_t *name, uint32_t bytes);

/* Binds entry's own name (its name_bytes, behind its payload), of this hash, to it. */
void pm_index_add_name(pm_client *client, uint32_t slot, uint32_t hash);
void pm_index_remove_name(pm_client *client, uint32_t slot);

/* The slot that the name is bound to or, being CREATED, has reserved it; or 0. Under the lock. */
uint32_t pm_index_find_name(const pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash);

/* The same without the lock: 0 proves nothing. */
uint32_t pm_index_glance_name(const pm_client *client, const uint8_t *name, uint32_t bytes, uint32_t hash);

/* Do the chains hold each bound name once, in its place, and nothing else? Under the lock; whatever the table says. */
bool pm_index_whole(const pm_client *client);

static inline const uint8_t *pm_name_of(const pm_client *client, const pm_entry *entry) {
	return pm_trailer(client, entry) + entry->references * sizeof(pm_reference);
}

#endif
