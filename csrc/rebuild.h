/* rebuild.h - everything derived, made anew from the truth. This is the recovery; there is no log. */
#ifndef PM_REBUILD_H
#define PM_REBUILD_H

#include "client.h"

/* Under the lock. Drops what the dead left unsealed, quarantines what cannot be believed, makes all that is derived. Idempotent:
 * whoever dies in it is followed by one who begins again. 0, NO_MEMORY or CORRUPT. */
int32_t pm_rebuild(pm_client *client);

/* What pm_lock calls when it inherits the lock of a dead client: rebuild, count, have everyone told. */
int32_t pm_recover(pm_client *client);

#endif
