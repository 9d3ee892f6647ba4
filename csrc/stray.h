/* stray.h - objects that were written to through a view: from the handler that saw it to whoever tells the user.
 *
 * told <= noted <= told + PM_STRAYS, and the notes [told, noted) wait. When they are that many, an object more is only counted:
 *
 *   objects written to == noted + those counted
 *
 * The count is told when the notes before it were. */
#ifndef PM_STRAY_H
#define PM_STRAY_H

#include "client.h"

/* Notes or counts the object in `slot`, once in its life; false if whoever tells need not be woken: it was before, or is counted like
 * others that wait. From a signal handler. */
bool pm_stray_note(pm_client *client, uint32_t slot);

/* Is there a note, or a count? */
bool pm_stray_waits(const pm_client *client);

/* Takes the oldest note, or else the count (stray->more); false if there is neither. */
bool pm_stray_tell(pm_client *client, pm_stray *stray);

#endif
