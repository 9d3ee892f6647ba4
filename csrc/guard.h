/* guard.h - writes through a read view.
 *
 * Readers map the payload read-only; JavaScript cannot freeze a typed array. A stray write faults: the process says which object it
 * was and what to do, and ends. The store cannot be changed by a reader. Faults elsewhere go to the handler that was there before. */
#ifndef PM_GUARD_H
#define PM_GUARD_H

/* Installs the handler, once a process. */
void pm_guard_install(void);

#endif
