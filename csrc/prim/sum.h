/* sum.h - a checksum of many bytes, taken piece by piece: finds accidents, not attacks.
 *
 * Four lanes of 8 bytes, multiplied and rotated apart from one another, so that it runs as fast as memory is read. */
#ifndef PM_SUM_H
#define PM_SUM_H

#include <stdint.h>

#define PM_SUM_STEP 32u /* bytes: every piece but the last is a multiple of it */
#define PM_SUM_FACTOR 0x9fb21c651e98df25ull

typedef struct pm_sum {
	uint64_t lanes[4], bytes;
} pm_sum;

static inline void pm_sum_begin(pm_sum *sum) {
	*sum =
			(pm_sum){.lanes = {0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull, 0x510e527fade682d1ull, 0x9b05688c2b3e6c1full}};
}

static inline uint64_t pm_sum_mix(uint64_t lane, uint64_t word) {
	lane = (lane ^ word) * PM_SUM_FACTOR;
	return lane << 29 | lane >> 35;
}

/* The bytes may change meanwhile: then the sum is of nothing, and whoever asked for it finds that out otherwise. */
void pm_sum_add(pm_sum *sum, const uint8_t *from, uint64_t count);

static inline uint64_t pm_sum_end(const pm_sum *sum) {
	uint64_t all = sum->bytes * PM_SUM_FACTOR;
	for (int i = 0; i < 4; i++)
		all = pm_sum_mix(all, sum->lanes[i]);
	return all ^ all >> 32;
}

#endif
