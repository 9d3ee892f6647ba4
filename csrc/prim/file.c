#include "prim/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "prim/clock.h"

int pm_file_directory(const char *directory) {
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return -1;
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct stat info;
	if (fstat(fd, &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 022) != 0) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

int pm_file_lock(const char *directory, uint64_t timeout_ns) {
	const struct timespec pause = {.tv_nsec = 1000000};
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* flock has no timeout of its own, and whoever has the lock may be stopped. */
	for (uint64_t deadline = pm_monotonic_ns() + timeout_ns; flock(fd, LOCK_EX | LOCK_NB) != 0;) {
		if (errno == EWOULDBLOCK && pm_monotonic_ns() < deadline) {
			nanosleep(&pause, NULL);
		} else if (errno != EINTR) {
			int why = errno == EWOULDBLOCK ? ETIMEDOUT : errno;
			close(fd);
			errno = why;
			return -1;
		}
	}
	return fd;
}

void pm_file_unlock(int fd) {
	/* By name: a child forked meanwhile has the same lock, and may live on. */
	flock(fd, LOCK_UN);
	close(fd);
}

int pm_file_is_at(int fd, const char *path) {
	struct stat mine, named;
	if (fstat(fd, &mine) != 0)
		return -1;
	if (stat(path, &named) != 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	return mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

int pm_file_reserve(int fd, uint64_t from, uint64_t to) {
	while (from < to) {
		uint64_t step = to - from < PM_RESERVE_STEP ? to - from : PM_RESERVE_STEP;
		int r;
		/* An interrupted fallocate keeps what it has and may be called again over the same range. */
		do
			r = fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)step);
		while (r != 0 && errno == EINTR);
		if (r != 0)
			return -1;
		from += step;
	}
	return 0;
}

int pm_file_punch(int fd, uint64_t from, uint64_t to) {
	if (from >= to)
		return 0;
	int r;
	do
		r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from));
	while (r != 0 && errno == EINTR);
	return r;
}

int pm_file_space(int fd, uint64_t *total, uint64_t *available) {
	struct statvfs info;
	if (fstatvfs(fd, &info) != 0)
		return -1;
	*total = (uint64_t)info.f_blocks * info.f_frsize;
	*available = (uint64_t)info.f_bavail * info.f_frsize;
	return 0;
}

int pm_file_read(int fd, void *bytes, uint64_t count, uint64_t at) {
	unsigned char *to = bytes;
	while (count > 0) {
		ssize_t got = pread(fd, to, count, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		to += got;
		at += (uint64_t)got;
		count -= (uint64_t)got;
	}
	return 0;
}

int pm_file_write(int fd, const void *bytes, uint64_t count, uint64_t at) {
	const unsigned char *from = bytes;
	while (count > 0) {
		ssize_t put = pwrite(fd, from, count, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		from += put;
		at += (uint64_t)put;
		count -= (uint64_t)put;
	}
	return 0;
}

int pm_file_write_both(int fd, const void *bytes, uint64_t count, const void *behind, uint64_t more, uint64_t at) {
	struct iovec both[2] = {{(void *)(uintptr_t)bytes, count}, {(void *)(uintptr_t)behind, more}};
	ssize_t put;
	do
		put = pwritev(fd, both, 2, (off_t)at);
	while (put < 0 && errno == EINTR);
	if (put <= 0)
		return -1;
	uint64_t done = (uint64_t)put;
	if (done < count) {
		if (pm_file_write(fd, (const unsigned char *)bytes + done, count - done, at + done) != 0)
			return -1;
		done = count;
	}
	return pm_file_write(fd, (const unsigned char *)behind + (done - count), count + more - done, at + done);
}
