#include "prim/sum.h"

#include <string.h>

#include "prim/racy.h"

/* Whole steps, the lanes in registers. */
PM_RACY static void add_steps(pm_sum *sum, const uint8_t *from, uint64_t steps) {
	uint64_t a = sum->lanes[0], b = sum->lanes[1], c = sum->lanes[2], d = sum->lanes[3], words[4];
	for (; steps > 0; steps--, from += PM_SUM_STEP) {
		memcpy(words, from, PM_SUM_STEP);
		a = pm_sum_mix(a, words[0]);
		b = pm_sum_mix(b, words[1]);
		c = pm_sum_mix(c, words[2]);
		d = pm_sum_mix(d, words[3]);
	}
	sum->lanes[0] = a;
	sum->lanes[1] = b;
	sum->lanes[2] = c;
	sum->lanes[3] = d;
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
