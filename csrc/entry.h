/* entry.h - what an entry says of itself, and whether that can be. */
#ifndef PM_ENTRY_H
#define PM_ENTRY_H

#include "client.h"
#include "prim/atomic.h"
#include "prim/product.h"

/* The checksum of what of it never changes once it is sealed. Four products that don't wait for one another: a read of ten bytes makes
 * it each time. */
static inline uint32_t pm_entry_check(const pm_entry *entry) {
#define PAIR(high, low) ((uint64_t)pm_load_relaxed(&entry->high) << 32 | pm_load_relaxed(&entry->low))
	uint64_t hash = pm_product(PAIR(id[0], id[1]) ^ 0xa0761d6478bd642full, PAIR(id[2], id[3]) ^ 0xe7037ed1a0b428dbull);
	hash ^=
			pm_product(pm_load_relaxed(&entry->bytes) ^ 0x8ebc6af09c88c6e3ull, PAIR(start, granules) ^ 0x589965cc75374cc3ull);
	hash ^=
			pm_product(PAIR(inband, buffers) ^ 0x1d8e4e27c47d124full, PAIR(references, name_room) ^ 0xeb44accab455d165ull);
	hash ^= pm_product(pm_load_relaxed(&entry->name_order) ^ 0x9e3779b97f4a7c15ull, 0x706c61736d6964ull);
#undef PAIR
	return (uint32_t)(hash ^ hash >> 32);
}

/* Does its extent lie in the heap? */
bool pm_entry_placed(const pm_client *client, const pm_entry *entry);

/* Do its parts lie in its extent? */
bool pm_entry_sound(const pm_client *client, const pm_entry *entry);

/* Of one that is SEALED: is it as it was then? */
static inline bool pm_entry_good(const pm_client *client, const pm_entry *entry) {
	return entry->check == pm_entry_check(entry) && pm_entry_sound(client, entry);
}

#endif
