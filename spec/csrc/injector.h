/* injector.h - the Nth call into the system or the allocator fails, with an error of the test's choice.
 *
 * The linker gives the core these functions for the C library's (--wrap, see CMakeLists.txt): each counts itself and, when its turn has
 * come, fails without having done anything. Only calls of the thread that armed it count: the helper's come at any time. */
#ifndef SPEC_INJECTOR_H
#define SPEC_INJECTOR_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support.h"

static __thread uint32_t armed; /* calls until the one that fails; 0: none does */
static __thread int injected;   /* its error */
static __thread bool failed;    /* it has */

static bool turn(void) {
	if (armed == 0 || --armed != 0)
		return false;
	failed = true;
	errno = injected;
	return true;
}

/* The call with that number from now on fails once. */
static inline void arm(uint32_t nth, int error) {
	armed = nth;
	injected = error;
	failed = false;
}

/* No call fails any more. Has one? */
static inline bool disarm(void) {
	armed = 0;
	return failed;
}

#define WRAP(type, name, parameters, arguments, failure) \
	type __real_##name parameters;                         \
	type __wrap_##name parameters;                         \
	type __wrap_##name parameters { return turn() ? (failure) : __real_##name arguments; }

WRAP(int, ftruncate, (int fd, off_t bytes), (fd, bytes), -1)
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t bytes), (fd, mode, at, bytes), -1)
WRAP(void *, mmap, (void *at, size_t bytes, int protection, int flags, int fd, off_t from),
     (at, bytes, protection, flags, fd, from), MAP_FAILED)
WRAP(int, fstat, (int fd, struct stat *info), (fd, info), -1)
WRAP(int, fstatvfs, (int fd, struct statvfs *info), (fd, info), -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), -1)
WRAP(ssize_t, pread, (int fd, void *to, size_t bytes, off_t at), (fd, to, bytes, at), -1)
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t bytes, off_t at), (fd, from, bytes, at), -1)
WRAP(ssize_t, pwritev, (int fd, const struct iovec *from, int count, off_t at), (fd, from, count, at), -1)
WRAP(ssize_t, getrandom, (void *to, size_t bytes, unsigned flags), (to, bytes, flags), -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(int, bind, (int fd, const struct sockaddr *to, socklen_t bytes), (fd, to, bytes), -1)
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t bytes),
     (fd, level, name, value, bytes), -1)
WRAP(int, pthread_create, (pthread_t * thread, const pthread_attr_t *how, void *(*what)(void *), void *argument),
     (thread, how, what, argument), injected)
WRAP(void *, malloc, (size_t bytes), (bytes), NULL)
WRAP(void *, calloc, (size_t count, size_t bytes), (count, bytes), NULL)
WRAP(void *, aligned_alloc, (size_t align, size_t bytes), (align, bytes), NULL)

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode) {
	return turn() ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode) {
	return turn() ? -1 : __real_openat(folder, path, flags, mode);
}

/* A look at a lock byte that fails says "it is held"; that one may not fail by itself is no reason to trust it. */
int __real_fcntl(int fd, int command, void *argument);
int __wrap_fcntl(int fd, int command, void *argument);
int __wrap_fcntl(int fd, int command, void *argument) {
	return turn() ? -1 : __real_fcntl(fd, command, argument);
}

#endif
