/* Lets a program that runs under Callgrind say which part of it is counted: starting up takes a hundred times as many
 * instructions as what is looked at, and Callgrind runs ten times as fast where it does not count.
 */
#include <stdint.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif

#define API __attribute__((visibility("default")))

/* From here on it is counted, from nothing. 0; -1 without Callgrind. */
API int32_t counting_start(void) {
#ifdef CALLGRIND_START_INSTRUMENTATION
	if (RUNNING_ON_VALGRIND) {
		CALLGRIND_START_INSTRUMENTATION;
		CALLGRIND_ZERO_STATS;
		return 0;
	}
#endif
	return -1;
}

/* Up to here: what was counted goes to a profile of its own, and is forgotten. */
API void counting_stop(void) {
#ifdef CALLGRIND_START_INSTRUMENTATION
	CALLGRIND_DUMP_STATS;
	CALLGRIND_STOP_INSTRUMENTATION;
#endif
}
