/* pour.h - the parts of an object written to a file one after the other, and summed up on the way. */
#ifndef PM_SPILL_POUR_H
#define PM_SPILL_POUR_H

#include <stdbool.h>
#include <stdint.h>

#include "plasmid.h"
#include "prim/sum.h"

typedef struct pm_pour {
	int fd;
	uint8_t *chunk;
	uint64_t begin, at; /* in the file: of the payload; of what is in the chunk */
	uint32_t count;
	pm_sum sum;
} pm_pour;

/* The payload of the item from `at` on. Buffers without an address are left as the file has them if they are a draft's, and the sum is of
 * nothing then; else zeros. *room: where the first of them stands from the payload's first byte on, or 0. 0, or -1 with errno. */
int32_t pm_pour_item(pm_pour *pour, int fd, uint64_t at, const plasmid_item *item, bool draft, uint64_t *room);

/* The sum of [at, at + bytes) of a file: 0, or -1 with errno, which a file that is too short leaves as it was. */
int32_t pm_pour_sum(int fd, uint64_t at, uint64_t bytes, uint64_t *sum);

#endif
