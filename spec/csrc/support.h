/* support.h - what the core's tests share: a store of their own, checks that say where, a seeded generator. */
#ifndef SPEC_SUPPORT_H
#define SPEC_SUPPORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plasmid.h"

#define DIRECTORY "/dev/shm/plasmid-spec"

#define CHECK(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                      \
			fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, plasmid_detail()); \
			abort();                                                                               \
		}                                                                                        \
	} while (0)

#define WELL(call)                                                                                   \
	do {                                                                                               \
		int32_t result_ = (call);                                                                        \
		if (result_ < 0) {                                                                               \
			fprintf(stderr, "%s:%d: %s: %s, %s\n", __FILE__, __LINE__, #call, plasmid_error_name(result_), \
			        plasmid_detail());                                                                     \
			abort();                                                                                       \
		}                                                                                                \
	} while (0)

#define REF(ref) (ref).slot, (ref).id[0], (ref).id[1], (ref).id[2], (ref).id[3]

static inline uint32_t roll(uint64_t *state) {
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33);
}

/* The name of a store that no other test has. */
static inline const char *fresh_name(void) {
	static char name[64];
	static int count;
	snprintf(name, sizeof name, "c%d-%d", (int)getpid(), count++);
	return name;
}

/* Work is scaled down where every access is watched. */
static inline uint32_t scaled(uint32_t count) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(PLASMID_DEBUG_CHECK)
	return count / 20 + 1;
#else
	return count;
#endif
}

static inline void wait_ms(uint32_t ms) {
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

/* Before a process with threads forks. One that is just starting or ending has a lock of the address sanitizer, which a child would
 * have for ever: it hung once in some twenty runs. */
static inline void let_threads_settle(void) {
#ifdef __SANITIZE_ADDRESS__
	wait_ms(3);
#endif
}

static inline pid_t fork_beside_threads(void) {
	let_threads_settle();
	return fork();
}

#endif
