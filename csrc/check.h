/* check.h - walks a segment and derives everything derived again. */
#ifndef PM_CHECK_H
#define PM_CHECK_H

#include "client.h"

/* Under the lock. 0, or CORRUPT with the first fault as detail. */
int32_t pm_check(const pm_client *client);

#endif
