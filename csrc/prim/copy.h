/* copy.h - copying what is larger than any cache. */
#ifndef PM_PRIM_COPY_H
#define PM_PRIM_COPY_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define PM_STREAM_LEAST (4u << 20) /* bytes from which the copy would push everything else out of the caches */

/* memcpy, for large copies past the caches: a line that is written whole need not be read first, and the C library goes this way
 * only far above the size of the last level, as the machine reports it. */
static inline void pm_copy_bytes(uint8_t *to, const uint8_t *from, uint64_t bytes) {
#if defined(__x86_64__)
	if (bytes >= PM_STREAM_LEAST && ((uintptr_t)to & 15) == 0) {
		uint64_t lines = bytes / 64;
		for (uint64_t i = 0; i < lines; i++, to += 64, from += 64) {
			__m128i a = _mm_loadu_si128((const __m128i *)(const void *)from);
			__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(from + 16));
			__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(from + 32));
			__m128i d = _mm_loadu_si128((const __m128i *)(const void *)(from + 48));
			_mm_stream_si128((__m128i *)(void *)to, a);
			_mm_stream_si128((__m128i *)(void *)(to + 16), b);
			_mm_stream_si128((__m128i *)(void *)(to + 32), c);
			_mm_stream_si128((__m128i *)(void *)(to + 48), d);
		}
		_mm_sfence(); /* before SEALED is published */
		bytes %= 64;
	}
#endif
	memcpy(to, from, bytes);
}

#endif
