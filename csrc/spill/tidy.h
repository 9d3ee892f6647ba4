/* tidy.h - files that nobody needs go; those of which much is gone are rewritten, several into one, so that one object never keeps a large
 * file, nor a few small ones a row each. */
#ifndef PM_SPILL_TIDY_H
#define PM_SPILL_TIDY_H

#include "client.h"

/* `idle`: nobody waits for it. Takes the lock in between. How many files went; LOCK_TIMEOUT. A file that can't be rewritten stays as it is. */
int32_t pm_spill_tidy(pm_client *client, bool idle);

/* Rewrites files, those first of which the most is gone, until one of `bytes` may be begun or there is nothing to gain. 0; LOCK_TIMEOUT. */
int32_t pm_spill_squeeze(pm_client *client, uint64_t bytes);

#endif
