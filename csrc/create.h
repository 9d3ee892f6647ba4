/* create.h - an object from nothing to SEALED, in steps that each leave the truth whole.
 *
 *   begin   a slot and an extent; the entry filled; CREATED published; the name reserved
 *   (the payload is written, with or without the lock: only its creator sees it)
 *   link    contained refs are counted, a few a hold
 *   commit  checksum; SEALED published, or SPILLED of one that is oversize: the object is there, its name is bound, a replaced one
 *           loses it
 *
 * All under the lock, which begin may let go in between (`locked` says whether it is held when it fails). */
#ifndef PM_CREATE_H
#define PM_CREATE_H

#include "client.h"
#include "shape.h"

/* `where` its payload will be on disk (place.h); 0: in the heap. */
int32_t pm_begin(pm_client *client, const plasmid_item *item, const pm_shape *shape, uint64_t where, uint32_t *slot,
                 bool *locked);

/* Fills the entry of a slot that was taken, all but its word. */
void pm_entry_fill(pm_client *client, uint32_t slot, uint32_t node, const plasmid_item *item, const pm_shape *shape);

/* Where the payload of a draft is to be written. */
pm_destination pm_destination_of(const pm_client *client, uint32_t slot);

/* Counts the contained refs, letting the lock go now and then. 0, or NOT_SEALED, FREED, LOST: one of them cannot be. *locked becomes
 * false when the lock could not be had again. */
int32_t pm_link(pm_client *client, uint32_t slot, bool *locked);

/* A draft's name, as it is found in one hold of the lock. */
typedef struct pm_claim {
	uint32_t hash;     /* of no matter if it has none */
	uint32_t replaces; /* the slot that the name is bound to, of one that may replace it; or 0 */
} pm_claim;

/* May this draft be sealed under the name it has? 0 or NAME_TAKEN. */
int32_t pm_may_commit(pm_client *client, uint32_t slot, uint32_t flags, pm_claim *claim);

/* In the hold that asked; nothing else was committed since. */
void pm_commit(pm_client *client, uint32_t slot, const pm_claim *claim);

#endif
