#include "prim/barrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void pm_barrier_prepare(void) {
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

void pm_barrier_everywhere(void) {
	const struct timespec while_all_run = {.tv_nsec = 50000000};
	/* Where the kernel has none: a store does not stay in a processor's buffer for that long. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
		nanosleep(&while_all_run, NULL);
}
