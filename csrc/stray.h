/* stray.h - objects that were written to through a view: from the handler that saw it to whoever tells the user.
 *
 * told <= noted <= told + PM_STRAYS, and the notes [told, noted) wait. When they are that many, an object more goes unnoted. */
#ifndef PM_STRAY_H
#define PM_STRAY_H

#include "client.h"

/* Notes the object in `slot`, once in its life; false if there is nothing new to tell. From a signal handler. */
bool pm_stray_note(pm_client *client, uint32_t slot);

/* Is there a note? */
bool pm_stray_waits(const pm_client *client);

/* Takes the oldest note; false if there is none. */
bool pm_stray_tell(pm_client *client, pm_stray *stray);

#endif
