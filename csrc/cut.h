/* cut.h - a file that is taken away under our hands.
 *
 *   cut short   What lies beyond its end raises SIGBUS, in views and in the core alike. Zeros are mapped there, so that whoever ran
 *               into it goes on, and the client refuses every call from then on (DESTROYED). Until its call ends, who ran into it may
 *               see zeros. A read error of a disk is taken for the same.
 *               But the thread that has the lock must not go on with tables that become zeros in the middle of a change: they
 *               would lead it astray. Others wait until it has let go of the lock; if it runs into the cut itself, it leaves
 *               what it was doing for the step that took the lock (lock.h), and what it had begun is lost with the store.
 *   unlinked    Or moved: others can't open it any more, and will make another of its name. Whoever notices says that it is destroyed: to
 *               everyone.
 *   of DISK     The file of one oversize object was cut short, and the store goes on: zeros until the next get (window.h).
 *   a hole      Not a loss: a trim gave back pages that somebody reads without the lock, and the file system has none to show
 *               instead. Zeros are mapped there, to which that reader's check puts an end; `patched` says that no such read
 *               can be trusted from now on, and a view that comes to stand there has its pages mapped again. */
#ifndef PM_CUT_H
#define PM_CUT_H

#include "window.h"

/* From the handler of SIGBUS at `address`, which the window shows: true if the instruction can be repeated;
 * false if not: this thread has the lock, or one that has it did not let go of it within seconds. */
bool pm_cut_mend(const pm_window *seen, uintptr_t address);

/* Looks whether the file is what it was, and where it was. Two system calls. */
void pm_cut_look(pm_client *client);

#endif
