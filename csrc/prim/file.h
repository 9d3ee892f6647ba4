/* file.h - files of the user's own, in shared memory. */
#ifndef PM_FILE_H
#define PM_FILE_H

#include <stdint.h>

#define PM_RESERVE_STEP (16u << 20) /* bytes reserved by one system call: bounds how long it blocks */

/* Makes sure that `directory` exists, is a directory (no link) of this user and closed to others. Returns a descriptor (O_PATH
 * semantics are not needed: it is read) or -1 with errno; EPERM when owner or mode are wrong. */
int pm_file_directory(const char *directory);

/* Locks `directory` against others that do, and gives a descriptor for pm_file_unlock; or -1 with errno, ETIMEDOUT when somebody kept
 * it for all that time. Death unlocks, too. */
int pm_file_lock(const char *directory, uint64_t timeout_ns);
void pm_file_unlock(int fd);

/* Is the open file the one at `path`? -1 when that can't be told. */
int pm_file_is_at(int fd, const char *path);

/* Makes bytes [from, to) of the file real, in steps of at most PM_RESERVE_STEP, so that no write to them can fail later.
 * 0, or -1 with errno (ENOSPC). */
int pm_file_reserve(int fd, uint64_t from, uint64_t to);

/* Gives bytes [from, to) back; they read as zero afterwards. */
int pm_file_punch(int fd, uint64_t from, uint64_t to);

/* Bytes that the file system of fd has in all, and free. 0 or -1. */
int pm_file_space(int fd, uint64_t *total, uint64_t *available);

/* pread of exactly `count` bytes: 0, or -1 (short files included). */
int pm_file_read(int fd, void *bytes, uint64_t count, uint64_t at);

/* pwrite of `count` bytes and of `more` behind them, with one call: 0, or -1. */
int pm_file_write_both(int fd, const void *bytes, uint64_t count, const void *behind, uint64_t more, uint64_t at);

/* pwrite of exactly `count` bytes: 0, or -1. */
int pm_file_write(int fd, const void *bytes, uint64_t count, uint64_t at);

#endif
