/* guard.h - faults in what this process sees of its segments.
 *
 * Views for reading are mapped read-only, so a write through one raises SIGSEGV. Then its object is turned (window.h): the write goes
 * on, and this process alone sees it; the store is told of it, and warns. With PLASMID_OPEN_TRAP the process ends instead, after
 * a sentence that names the object. SIGBUS means that the file was taken away: see cut.h. Whatever is not ours goes to the handler that was there before. */
#ifndef PM_GUARD_H
#define PM_GUARD_H

/* Once a process. */
void pm_guard_install(void);

#endif
