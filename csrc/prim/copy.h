/* copy.h - copying what is larger than any cache. */
#ifndef PM_PRIM_COPY_H
#define PM_PRIM_COPY_H

#include <stdint.h>
#include <string.h>

#define PM_STREAM_LEAST (4u << 20) /* bytes from which the copy would push everything else out of the caches */

/* memcpy past the caches: a line that is written whole need not be read first, and the C library goes this way only far above the
 * size of the last level, as the machine reports it. */
void pm_copy_stream(uint8_t *to, const uint8_t *from, uint64_t bytes);

/* memcpy, of anything from a byte to the whole store. */
static inline void pm_copy_bytes(uint8_t *to, const uint8_t *from, uint64_t bytes) {
	if (bytes < PM_STREAM_LEAST)
		memcpy(to, from, bytes);
	else
		pm_copy_stream(to, from, bytes);
}

#endif
