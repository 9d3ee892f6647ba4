#include "prim/random.h"

#include <errno.h>
#include <sys/random.h>

int pm_random(void *bytes, size_t count) {
	unsigned char *at = bytes;
	while (count > 0) {
		ssize_t got = getrandom(at, count, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		at += got;
		count -= (size_t)got;
	}
	return 0;
}
