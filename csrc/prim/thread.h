/* thread.h - a thread of the core's own in somebody else's process. */
#ifndef PM_PRIM_THREAD_H
#define PM_PRIM_THREAD_H

#include <pthread.h>

/* It takes none of the process's signals, but those of its own faults: see guard.c. 0, or -1 and errno. */
int pm_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *argument);

#endif
