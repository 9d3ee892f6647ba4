#include "prim/sum.h"

#include <string.h>

#include "prim/racy.h"

#define LOW 0xffffffffull
#define FACTOR 0x9fb21c651e98df25ull

typedef uint64_t pair __attribute__((vector_size(16)));

/* Whole steps, the sums in registers: of the low halves of 8 bytes, and of the high ones. */
PM_RACY static void add_steps(pm_sum *sum, const uint8_t *from, uint64_t steps) {
	pair first[4], second[4], a, b;
	memcpy(first, sum->first, sizeof first);
	memcpy(second, sum->second, sizeof second);
	for (; steps > 0; steps--, from += PM_SUM_STEP) {
		memcpy(&a, from, sizeof a);
		memcpy(&b, from + sizeof a, sizeof b);
		second[0] += first[0] += a & LOW;
		second[1] += first[1] += a >> 32;
		second[2] += first[2] += b & LOW;
		second[3] += first[3] += b >> 32;
	}
	memcpy(sum->first, first, sizeof first);
	memcpy(sum->second, second, sizeof second);
}

void pm_sum_add(pm_sum *sum, const uint8_t *from, uint64_t count) {
	uint64_t steps = count / PM_SUM_STEP, rest = count % PM_SUM_STEP;
	uint8_t last[PM_SUM_STEP] = {0};
	add_steps(sum, from, steps);
	if (rest > 0) {
		pm_racy_copy(last, from + steps * PM_SUM_STEP, rest);
		add_steps(sum, last, 1);
	}
	sum->bytes += count;
}

static uint64_t mix(uint64_t all, uint64_t word) {
	all = (all ^ word) * FACTOR;
	return all ^ all >> 29;
}

uint64_t pm_sum_end(const pm_sum *sum) {
	uint64_t all = mix(0, sum->bytes + 1);
	for (int i = 0; i < 8; i++)
		all = mix(mix(all, sum->first[i]), sum->second[i]);
	return all ^ all >> 32;
}
