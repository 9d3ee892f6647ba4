/* tidy.h - files that nobody needs go; those less than half alive are rewritten, so that one object never keeps a large file. */
#ifndef PM_SPILL_TIDY_H
#define PM_SPILL_TIDY_H

#include "client.h"

/* `idle`: nobody waits for it. Takes the lock in between. How many files went; LOCK_TIMEOUT. A file that can't be rewritten stays as it is. */
int32_t pm_spill_tidy(pm_client *client, bool idle);

#endif
