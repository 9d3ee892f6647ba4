/* A bell is heard when it is rung with its key; what others send to its public name is not, not even an empty datagram, which a reader
 * would take for the end. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "prim/bell.h"
#include "support.h"

static const uint64_t KEY = 0x8123456789abcdefull;

/* The bytes of the next datagram, or -1: there is none. */
static ssize_t heard(int bell) {
	char bytes[64];
	return recv(bell, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void send_raw(int hand, uint64_t name, const void *bytes, size_t count) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "plasmid-%016llx", (unsigned long long)name);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	CHECK(sendto(hand, bytes, count, 0, (struct sockaddr *)&address, size) == (ssize_t)count);
}

int main(void) {
	uint64_t name = 0x600d0000u + (uint64_t)getpid();
	int hand = pm_bell_hand(), bell = pm_bell_make(name, KEY);
	CHECK(hand >= 0 && bell >= 0);
	CHECK(pm_bell_make(name, KEY) == -1); /* one bell a name */

	CHECK(heard(bell) == -1);
	CHECK(pm_bell_ring(hand, name, KEY) && heard(bell) == 8 && heard(bell) == -1);

	for (int bit = 0; bit < 64; bit++)
		CHECK(pm_bell_ring(hand, name, KEY ^ 1ull << bit) && heard(bell) == -1);
	for (size_t count = 0; count < 8; count++) {
		send_raw(hand, name, "\x81\x23\x45\x67\x89\xab\xcd\xef", count);
		CHECK(heard(bell) == -1);
	}

	/* Nobody looks for a while: ringing never blocks, and never fails. */
	for (int i = 0; i < 10000; i++)
		CHECK(pm_bell_ring(hand, name, KEY));
	CHECK(heard(bell) == 8);

	CHECK(!pm_bell_ring(hand, name + 1, KEY));
	close(bell);
	CHECK(!pm_bell_ring(hand, name, KEY));
	close(hand);
	return 0;
}
