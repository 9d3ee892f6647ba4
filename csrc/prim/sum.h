/* sum.h - a checksum of many bytes, taken piece by piece: finds accidents, not attacks.
 *
 * Eight columns of 4-byte words, each summed up, and the sums summed up again, in 8 bytes: what differs in one or two words of a column
 * differs in its sums for certain, in other ways by all chances but one in 2^64; at the end all of it is mixed into 8 bytes. After J. G.
 * Fletcher, "An Arithmetic Checksum for Serial Transmissions" (1982). Additions alone, for a processor multiplies fewer bytes at a time. */
#ifndef PM_SUM_H
#define PM_SUM_H

#include <stdint.h>

#define PM_SUM_STEP 32u /* bytes: every piece but the last is a multiple of it */

typedef struct pm_sum {
	uint64_t first[8], second[8], bytes;
} pm_sum;

static inline void pm_sum_begin(pm_sum *sum) {
	*sum = (pm_sum){.bytes = 0};
}

/* The bytes may change meanwhile: then the sum is of nothing, and whoever asked for it finds that out otherwise. */
void pm_sum_add(pm_sum *sum, const uint8_t *from, uint64_t count);

uint64_t pm_sum_end(const pm_sum *sum);

#endif
