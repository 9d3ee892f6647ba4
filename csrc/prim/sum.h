/* sum.h - a checksum of many bytes, taken piece by piece: finds accidents, not attacks.
 *
 * Four lanes of 8 bytes, multiplied and rotated apart from one another, so that it runs as fast as memory is read. */
#ifndef PM_SUM_H
#define PM_SUM_H

#include <stdint.h>
#include <string.h>

#include "prim/racy.h"

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

/* Whole steps, the lanes in registers. The bytes may change meanwhile: then the sum is of nothing, and whoever asked for it finds that
 * out otherwise. */
PM_RACY static inline void pm_sum_steps(pm_sum *sum, const uint8_t *from, uint64_t steps) {
	uint64_t a = sum->lanes[0], b = sum->lanes[1], c = sum->lanes[2], d = sum->lanes[3], words[4];
	for (; steps > 0; steps--, from += PM_SUM_STEP) {
		memcpy(words, from, PM_SUM_STEP);
		a = pm_sum_mix(a, words[0]);
		b = pm_sum_mix(b, words[1]);
		c = pm_sum_mix(c, words[2]);
		d = pm_sum_mix(d, words[3]);
	}
	sum->lanes[0] = a, sum->lanes[1] = b, sum->lanes[2] = c, sum->lanes[3] = d;
}

PM_RACY static inline void pm_sum_add(pm_sum *sum, const uint8_t *from, uint64_t count) {
	uint64_t steps = count / PM_SUM_STEP, rest = count % PM_SUM_STEP;
	pm_sum_steps(sum, from, steps);
	if (rest > 0) {
		uint8_t last[PM_SUM_STEP] = {0};
		memcpy(last, from + steps * PM_SUM_STEP, rest);
		pm_sum_steps(sum, last, 1);
	}
	sum->bytes += count;
}

static inline uint64_t pm_sum_end(const pm_sum *sum) {
	uint64_t all = sum->bytes * PM_SUM_FACTOR;
	for (int i = 0; i < 4; i++)
		all = pm_sum_mix(all, sum->lanes[i]);
	return all ^ all >> 32;
}

#endif
