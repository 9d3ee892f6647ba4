/* clock.h - time. Every duration in the core is in milliseconds or nanoseconds, and its name says which. */
#ifndef PM_CLOCK_H
#define PM_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t pm_monotonic_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t pm_unix_ms(void) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

#endif
