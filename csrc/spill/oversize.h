/* oversize.h - objects larger than the whole heap: in a file of their own from the start, and mapped from there.
 *
 *   begin    with the lock: a row for the file, a slot, an extent for references and name; CREATED, its place in the file that will be
 *   fill     without: NUMBER.making, reserved to its end; the parts are written to it, or it is mapped for the draft's view
 *   close    without: checksum, headers, NUMBER.spill
 *   commit   with: SPILLED by one store (create.h)
 *   show     without: header and bytes are read and held against the checksum, then mapped read-only and private: for as long as a lease
 *            of this process stands on it (window.h)
 *
 * It is SPILLED for good: there is no room to read it back into, and its file, which has nothing else in it, is never rewritten. The
 * file's row has no owner once the object is CREATED: it ends with the object's place, which stays until the last lease has ended. */
#ifndef PM_SPILL_OVERSIZE_H
#define PM_SPILL_OVERSIZE_H

#include "client.h"
#include "shape.h"

/* As pm_begin, wherever the object goes: to the heap or, if it is larger and the store spills, to a file: SPILL_LIMIT. Under the lock. */
int32_t pm_begin_item(pm_client *client, const plasmid_item *item, const pm_shape *shape, uint32_t *slot, bool *locked);

/* Writes the item to the file of the CREATED object and closes it. Without the lock. SPILL: it is to be given up. */
int32_t pm_oversize_write(pm_client *client, uint32_t slot, const plasmid_item *item);

/* The same for a draft: what has an address is written, *room is where the first buffer without one stands, or NULL, in a window that has
 * one lease. */
int32_t pm_oversize_draft(pm_client *client, uint32_t slot, const plasmid_item *item, uint8_t **room, uint32_t *window);

/* Closes the file of a draft; again is no error. Without the lock. SPILL. */
int32_t pm_oversize_close(pm_client *client, uint32_t slot);

/* The file is closed: the object may be committed. Under the lock. */
void pm_oversize_ready(pm_client *client, uint32_t slot);

/* A lease on the object, which is SPILLED, for a store, and a window for its token. With the lock, which is let go in between: *locked
 * says whether it is held. FREED; LOST: the file is not what was written; SPILL, NO_MEMORY. */
int32_t pm_oversize_lease(pm_client *client, uint32_t slot, uint32_t store, uint32_t *token, bool *locked);

#endif
