/* random.h - random bytes from the system. */
#ifndef PM_RANDOM_H
#define PM_RANDOM_H

#include <stddef.h>

/* 0, or -1 with errno. */
int pm_random(void *bytes, size_t count);

#endif
