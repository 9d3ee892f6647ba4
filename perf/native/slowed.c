/* A peek that is slower than the core's own, by as many turns of a loop as the environment says: the slowdown that
 * `bun perf self-test` plants and has to find. In this library the core's plasmid_peek has another name (CMakeLists.txt).
 */
#include <stdlib.h>

#include "plasmid.h"

#undef plasmid_peek

static uint32_t turns;

__attribute__((constructor)) static void read_turns(void) {
	const char *text = getenv("PLASMID_PERF_TURNS");
	turns = text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

PLASMID_API int32_t plasmid_peek(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	for (volatile uint32_t i = 0; i < turns; i++)
		;
	return plasmid_peek_unslowed(store, slot, a, b, c, d);
}
