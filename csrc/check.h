/* check.h - walks a segment and derives everything derived again. */
#ifndef PM_CHECK_H
#define PM_CHECK_H

#include "client.h"

/* The checksum of an entry's immutable fields. */
uint32_t pm_entry_check(const pm_entry *entry);

/* Does its extent lie in the heap? */
bool pm_entry_placed(const pm_client *client, const pm_entry *entry);

/* Do its parts lie in its extent? */
bool pm_entry_sound(const pm_client *client, const pm_entry *entry);

/* Under the lock. 0, or CORRUPT with the first fault as detail. */
int32_t pm_check(const pm_client *client);

#endif
