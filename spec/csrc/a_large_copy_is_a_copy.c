/* What goes past the caches arrives whole, from any alignment to any, and nothing else is written; by the shorter stores, too. */
#include <stdlib.h>

#include "support.h"

#include "prim/copy.c"

#define MOST 4096u
#define ROOM (MOST + 512u)

static uint8_t from[ROOM], to[ROOM];

static void must_copy(void (*copy)(uint8_t *, const uint8_t *, uint64_t), uint32_t at, uint32_t off, uint32_t bytes) {
	memset(to, 0xee, sizeof to);
	copy(to + at, from + off, bytes);
	CHECK(memcmp(to + at, from + off, bytes) == 0);
	for (uint32_t i = 0; i < sizeof to; i++)
		CHECK((i >= at && i < at + bytes) || to[i] == 0xee);
}

#if defined(__x86_64__)
static void by_shorter_stores(uint8_t *to_line, const uint8_t *source, uint64_t bytes) {
	stream16(to_line, source, bytes / STEP);
	_mm_sfence();
}
#endif

int main(void) {
	for (uint32_t i = 0; i < sizeof from; i++)
		from[i] = (uint8_t)(i * 31 + (i >> 8));
	static const uint32_t lengths[] = {0, 1, 63, 64, 127, 128, 129, 191, 1000, 2048, MOST - 1, MOST};
	for (uint32_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		for (uint32_t at = 64; at < 130; at += at % 5 + 1)
			for (uint32_t off = 0; off < 66; off += off % 3 + 1)
				must_copy(pm_copy_stream, at, off, lengths[i]);
#if defined(__x86_64__)
	uint32_t line = (uint32_t)(-(uintptr_t)to & 63);
	for (uint32_t steps = 0; steps <= MOST / STEP; steps++)
		for (uint32_t off = 0; off < 17; off++)
			must_copy(by_shorter_stores, line, off, steps * STEP);
#endif
	return 0;
}
