/* apart.h - a spilled object read into memory of this process alone.
 *
 * To read one back takes room in the heap, which others make by going to disk. When disk takes no more, be it full or at the limit, the
 * object is had like this, and stays where it is: what was sealed can be read whatever is full. */
#ifndef PM_SPILL_APART_H
#define PM_SPILL_APART_H

#include "client.h"
#include "copy.h"

/* The object in `slot`, which is SPILLED, with one view. With the lock, which is let go in between: *locked says whether it is held. SPILLED: it
 * is to be looked at again. FREED; LOST: the file is not what was written; SPILL, NO_MEMORY. */
int32_t pm_spill_apart(pm_client *client, uint32_t slot, pm_copy **copy, bool *locked);

#endif
