/* clean.h - what the dead left in the store's folders: files of clients that died with one in progress, and files of which no row knows.
 *
 * A row is taken before its file is made, and a number is not given again once it has none: a file that was listed, and then has no row,
 * is nobody's. */
#ifndef PM_SPILL_CLEAN_H
#define PM_SPILL_CLEAN_H

#include "client.h"

/* Reaps the dead and removes such files. Takes the lock in between. How many went; LOCK_TIMEOUT, NO_MEMORY. */
int32_t pm_spill_clean(pm_client *client);

#endif
