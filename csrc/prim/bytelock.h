/* bytelock.h - a lock on one byte of a file that the kernel drops when its holder dies.
 *
 * Open-file-description locks belong to the description, not to the process: they survive the closing of other descriptors of
 * the same file, are seen between two descriptions of one process, and end with the last descriptor, at the latest at death. */
#ifndef PM_BYTELOCK_H
#define PM_BYTELOCK_H

#include <stdint.h>

/* 0, or -1 with errno: EAGAIN when another description has it. */
int pm_bytelock_take(int fd, uint64_t byte);
void pm_bytelock_drop(int fd, uint64_t byte);

/* 1 when another description than fd's has one of `count` bytes, 0 when nobody has, -1 with errno. */
int pm_bytelock_held(int fd, uint64_t byte, uint32_t count);

#endif
