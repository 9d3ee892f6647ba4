/* place.h - where an object stands on disk, and what it still has in memory then.
 *
 *   file.live == |{slots: place.where in the file}|,  spill.spilled == |{slots: SPILLED}|
 *   spill.disk_bytes == sum of the bytes of all files that are not FREE
 *
 * All under the lock, and only of stores that spill (client->places is not NULL). */
#ifndef PM_PLACE_H
#define PM_PLACE_H

#include "client.h"

static inline uint64_t pm_where(uint32_t file, uint64_t offset) {
	return (uint64_t)file << 48 | offset;
}
static inline uint32_t pm_where_file(uint64_t where) {
	return (uint32_t)(where >> 48);
}
static inline uint64_t pm_where_offset(uint64_t where) {
	return where & 0xffffffffffffull;
}

/* Bytes that an object takes in a file: payload and header, each on lines of its own. */
static inline uint64_t pm_place_bytes(const pm_entry *entry) {
	return pm_align(entry->bytes, PM_GRANULE) + PM_GRANULE;
}

/* Granules of the extent that keeps an object's references and name; 0: it has none. */
uint32_t pm_trailer_granules(const pm_entry *entry);

/* The same for one with `trailer` bytes of them behind `payload` bytes. */
uint32_t pm_trailer_span(uint64_t payload, uint64_t trailer);
uint64_t pm_trailer_bytes(const pm_entry *entry);

/* Checksum of the sum and of what of the entry never changes. */
uint32_t pm_place_check(const pm_entry *entry, const pm_place *place);

/* Does the place name a whole file, and is it of this object? */
bool pm_place_good(const pm_client *client, uint32_t slot);

/* Does the place of an oversize object name a file that is as long as it should be, whole or being written? */
bool pm_place_reserved(const pm_client *client, uint32_t slot);

/* The object is in the file from now on, which it was not. */
void pm_place_take(pm_client *client, uint32_t slot, uint64_t where);

/* Nobody needs it there any more. */
void pm_place_drop(pm_client *client, uint32_t slot);

/* Gives back the extent that somebody was reading it into. */
void pm_place_abandon(pm_client *client, uint32_t slot);

/* Is somebody reading it back? The slot is not to be given away. */
static inline bool pm_place_busy(const pm_client *client, uint32_t slot) {
	return client->places != NULL && client->places[slot].restorer != 0;
}

/* The object was used: it is not among the next to be spilled. No lock. */
static inline void pm_place_use(const pm_client *client, uint32_t slot, uint64_t word) {
	pm_place *place = &client->places[slot];
	if (pm_load_relaxed(&place->used_version) == pm_word_version(word) &&
	    pm_load_relaxed(&place->used) >= pm_load_relaxed(&client->spill->mark))
		return;
	pm_store_relaxed(&place->used, pm_load_relaxed(&client->super->clock));
	pm_store_relaxed(&place->used_version, pm_word_version(word));
}

#endif
