#include "landing.h"

#include <stdlib.h>
#include <unistd.h>

#include "prim/atomic.h"

__thread pm_landing pm_landing_here;

bool pm_landing_is_mine(void) {
	const pthread_t *holder = pm_landing_here.holder;
	return holder != NULL && pm_load(holder) != 0 && pthread_equal(pm_load(holder), pthread_self());
}

void pm_land_cut(void) {
	pm_landing_here.damaged = false;
	siglongjmp(pm_landing_here.step, 1);
}

void pm_land_damaged(void) {
	static const char sentence[] = "plasmid: a table that nobody else has is damaged: nothing here can go on.\n";
	if (!pm_landing_is_mine()) {
		ssize_t ignored = write(STDERR_FILENO, sentence, sizeof sentence - 1);
		(void)ignored;
		abort();
	}
	pm_landing_here.damaged = true;
	siglongjmp(pm_landing_here.step, 1);
}
