#include "prim/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int pm_futex_wait(uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
	if (timeout_ns == 0)
		return 1;
	struct timespec limit = {.tv_sec = (time_t)(timeout_ns / 1000000000u), .tv_nsec = (long)(timeout_ns % 1000000000u)};
	long r = syscall(SYS_futex, word, FUTEX_WAIT, seen, &limit, NULL, 0);
	return r == -1 && errno == ETIMEDOUT;
}

void pm_futex_wake(uint32_t *word, int count) {
	syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}
