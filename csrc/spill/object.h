/* object.h - what stands in a file: objects, one after the other, each behind a header that says what it is.
 *
 *   [file header 64][header 64][payload][pad to 64][header 64][payload] ...
 *
 * The payload of one of PM_LARGE_BYTES or more begins on a page. References and names stay in memory, and so does
 * the checksum: what is written front to back is summed up on the way. */
#ifndef PM_SPILL_OBJECT_H
#define PM_SPILL_OBJECT_H

#include "layout.h"

#define PM_SPILL_FILE_MAGIC 0x31664c4c49505350ull   /* "PSPILLf1" */
#define PM_SPILL_OBJECT_MAGIC 0x316f4c4c49505350ull /* "PSPILLo1" */
#define PM_SPILL_CHUNK (256u << 10) /* bytes read or written by one system call: in the cache when they are summed up */

typedef struct pm_spill_header {
	uint64_t magic;
	uint32_t id[4];
	uint64_t bytes; /* of the payload; of a file's header: its number */
	uint32_t inband, buffers, references, zeros[3];
	uint64_t generation; /* of the store */
} pm_spill_header;

_Static_assert(sizeof(pm_spill_header) == 64, "spill header");

/* Where the payload stands of an object that follows what ends at `at`. */
static inline uint64_t pm_spill_payload_at(uint64_t at, uint64_t bytes) {
	uint64_t after = pm_align(at, PM_GRANULE) + sizeof(pm_spill_header);
	return bytes >= PM_LARGE_BYTES ? pm_align(after, PM_PAGE) : after;
}

#endif
