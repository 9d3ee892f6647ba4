/* entry.h - what an entry says of itself, and whether that can be. */
#ifndef PM_ENTRY_H
#define PM_ENTRY_H

#include "client.h"
#include "prim/product.h"

/* Of where its bytes stand: 16 bits that a read of ten bytes makes each time, so that they take no more than a handful of cycles. A bit
 * that turns in one of the words turns others in the sum, for the factors are odd. */
static inline uint16_t pm_entry_stands(uint64_t bytes, uint64_t extent, uint64_t parts, uint32_t references) {
	uint64_t sum = bytes * 0x9e3779b97f4a7c15ull + extent * 0xd6e8feb86659fd93ull + parts * 0xa0761d6478bd642full +
	               references * 0xe7037ed1a0b428dbull;
	return (uint16_t)(sum >> 48 ^ sum >> 24);
}

/* The checksums of what of it never changes once it is sealed: below, of where its bytes stand; above, of what it is called. Under the
 * lock, or of one's own. */
static inline uint32_t pm_entry_check(const pm_entry *entry) {
	uint64_t name = pm_product((uint64_t)entry->id[0] << 32 | entry->id[1], 0x9e3779b97f4a7c15ull);
	name ^= pm_product((uint64_t)entry->id[2] << 32 | entry->id[3], 0xa0761d6478bd642full);
	name ^= pm_product(entry->name_order, 0xe7037ed1a0b428dbull) + entry->name_room;
	name ^= name >> 32;
	return (uint32_t)(name ^ name >> 16) << 16 |
	       pm_entry_stands(entry->bytes, entry->extent, entry->parts, entry->references);
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
