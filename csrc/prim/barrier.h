/* barrier.h - a barrier in all threads of the process, that those who run often need not pay for. */
#ifndef PM_BARRIER_H
#define PM_BARRIER_H

/* Once, before the first of the others. */
void pm_barrier_prepare(void);

/* Every thread of the process passes a full barrier between the call and its return. From a signal handler, too. */
void pm_barrier_everywhere(void);

#endif
