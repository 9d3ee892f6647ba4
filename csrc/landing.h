/* landing.h - where a thread goes on that has the lock of a segment and can't go on where it is: at the step that took the lock, which
 * then is as if it had failed. Of the outermost step there is one a thread, whatever the segment.
 *
 *   cut       the file was cut short under its hands (cut.h). The lock's word stays ours: nobody may go on with tables that are half
 *             changed, and who waits sees the cut.
 *   damaged   a table says what can't be: a bit turned in it, or somebody else wrote to it. The lock is given back with a word that has
 *             whoever takes it next make all that is derived anew, as after a death (lock.c). */
#ifndef PM_LANDING_H
#define PM_LANDING_H

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>

typedef struct pm_landing {
	sigjmp_buf step;
	const pthread_t *holder; /* of the lock that the step took: whose it is */
	bool damaged;
} pm_landing;

extern __thread pm_landing pm_landing_here;

/* Does this thread have a lock that it took in a step with a landing? */
bool pm_landing_is_mine(void);

/* From anywhere under the lock, signal handlers too. */
_Noreturn void pm_land_cut(void);
_Noreturn void pm_land_damaged(void);

/* What is under the lock may only be so. */
#define PM_MUST(condition) (__builtin_expect(!(condition), 0) ? pm_land_damaged() : (void)0)

#endif
