/* racy.h - reading bytes that somebody else may be writing, to find out afterwards whether they were.
 *
 * Whoever reads payload without the lock compares the entry's word before and after. The thread sanitizer cannot know that: for it
 * the bytes are read one by one, uninstrumented. */
#ifndef PM_RACY_H
#define PM_RACY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SANITIZE_THREAD__
#define PM_RACY \
	__attribute__((no_sanitize("thread"), noinline)) /* of a function that reads what may change meanwhile */
__attribute__((no_sanitize("thread"), noinline, unused)) static void pm_racy_copy(uint8_t *to, const uint8_t *from,
                                                                                  uint64_t bytes) {
	for (uint64_t i = 0; i < bytes; i++)
		((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
}
__attribute__((no_sanitize("thread"), noinline, unused)) static bool pm_racy_equal(const uint8_t *a, const uint8_t *b,
                                                                                   uint64_t bytes) {
	for (uint64_t i = 0; i < bytes; i++)
		if (((const volatile uint8_t *)a)[i] != ((const volatile uint8_t *)b)[i])
			return false;
	return true;
}
#else
#define PM_RACY
static inline void pm_racy_copy(uint8_t *to, const uint8_t *from, uint64_t bytes) {
	memcpy(to, from, bytes);
}
static inline bool pm_racy_equal(const uint8_t *a, const uint8_t *b, uint64_t bytes) {
	return memcmp(a, b, bytes) == 0;
}
#endif

#endif
