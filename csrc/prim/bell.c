#include "prim/bell.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX "plasmid-"

static socklen_t address_of(uint64_t name, struct sockaddr_un *address) {
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	/* The first byte stays 0: abstract. Not by snprintf, which takes microseconds when it was not called for a while. */
	char *path = address->sun_path + 1;
	memcpy(path, PREFIX, sizeof PREFIX - 1);
	path += sizeof PREFIX - 1;
	for (int shift = 60; shift >= 0; shift -= 4)
		*path++ = "0123456789abcdef"[name >> shift & 15];
	return (socklen_t)(path - (char *)address);
}

/* What a ringer sends: the key, big-endian, as the filter loads it. */
static void write_key(uint64_t key, uint8_t bytes[8]) {
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(key >> (56 - 8 * i));
}

static int filter(int fd, uint64_t key) {
	/* A load beyond the datagram's end drops it, too. */
	struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(key >> 32), 0, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)key, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, UINT32_MAX), BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int pm_bell_make(uint64_t name, uint64_t key) {
	struct sockaddr_un address;
	socklen_t length = address_of(name, &address);
	int fd = pm_bell_hand();
	if (fd >= 0 && filter(fd, key) == 0 && bind(fd, (struct sockaddr *)&address, length) == 0)
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

int pm_bell_hand(void) {
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool pm_bell_ring(int hand, uint64_t name, uint64_t key) {
	struct sockaddr_un address;
	socklen_t length = address_of(name, &address);
	uint8_t bytes[8];
	write_key(key, bytes);
	/* A full queue is news enough: its reader has not looked yet. */
	return sendto(hand, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, length) >= 0 ||
	       errno == EAGAIN;
}
