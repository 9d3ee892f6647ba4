/* crash.h - named places at which a test may kill the process, or stop it, and assertions.
 *
 * Release builds compile both away. A place is named "operation:what-was-just-done". */
#ifndef PM_CRASH_H
#define PM_CRASH_H

#include <stdint.h>

#ifdef PLASMID_DEBUG_CHECK
void pm_crash_point(const char *name);
#define PM_POINT(name) pm_crash_point(name)
#include <assert.h>
#define PM_ASSERT(condition) assert(condition)
#else
#define PM_POINT(name) ((void)0)
#define PM_ASSERT(condition) ((void)0)
#endif

/* Does the first before the second. In a build of its own it is the other way round: the tests must notice. */
#ifdef PLASMID_PLANTED_BUG
#define PM_IN_ORDER(first, second) \
	do {                             \
		second;                        \
		first;                         \
	} while (0)
#else
#define PM_IN_ORDER(first, second) \
	do {                             \
		first;                         \
		second;                        \
	} while (0)
#endif

/* At the nth time that `name` is passed the process is killed; with "stop:" before the name it is stopped. */
int32_t pm_crash_at(const char *name, uint32_t nth);

#endif
