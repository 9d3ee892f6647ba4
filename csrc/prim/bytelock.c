#include "prim/bytelock.h"

#include <fcntl.h>
#include <unistd.h>

static struct flock one_byte(short type, uint64_t byte) {
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1, .l_pid = 0};
	return lock;
}

int pm_bytelock_take(int fd, uint64_t byte) {
	struct flock lock = one_byte(F_WRLCK, byte);
	return fcntl(fd, F_OFD_SETLK, &lock);
}

void pm_bytelock_drop(int fd, uint64_t byte) {
	struct flock lock = one_byte(F_UNLCK, byte);
	fcntl(fd, F_OFD_SETLK, &lock);
}

int pm_bytelock_held(int fd, uint64_t byte, uint32_t count) {
	struct flock lock = one_byte(F_WRLCK, byte);
	lock.l_len = count;
	if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
		return -1;
	return lock.l_type != F_UNLCK;
}
