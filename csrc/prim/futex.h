/* futex.h - sleeping on a word of shared memory, across processes. */
#ifndef PM_FUTEX_H
#define PM_FUTEX_H

#include <stdint.h>

/* Sleeps while *word == seen, for at most timeout_ns (0: do not sleep). Returns 0 when woken or changed, 1 when the time ran out.
 * A signal counts as a wake: callers look at their condition again in any case. */
int pm_futex_wait(uint32_t *word, uint32_t seen, uint64_t timeout_ns);
void pm_futex_wake(uint32_t *word, int count);

#endif
