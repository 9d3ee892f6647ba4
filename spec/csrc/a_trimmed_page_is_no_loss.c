/* A reader without the lock looks at a page that a trim gave back, on a file system that has none to put there: it gets zeros, the
 * store goes on, and an object that comes to stand there is seen by peek and in views as it is. Needs the right to mount. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "support.h"

#include "client.h"

#define LARGE (1u << 20)

static char folder[128];

/* A small file system of this process's own; false if we may not. */
static bool mounted(void) {
	snprintf(folder, sizeof folder, "/tmp/plasmid-trimmed-%d", (int)getpid());
	CHECK(mkdir(folder, 0700) == 0);
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", folder, "tmpfs", 0, "size=8m,mode=0700") == 0)
		return true;
	rmdir(folder);
	return false;
}

static int filled(void) {
	static const char bytes[1 << 16];
	char path[192];
	snprintf(path, sizeof path, "%s/fill", folder);
	int file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	CHECK(file >= 0);
	for (size_t step = sizeof bytes; step > 0;)
		if (write(file, bytes, step) <= 0)
			step /= 2;
	CHECK(errno == ENOSPC);
	return file;
}

static void put(plasmid_store *store, uint8_t value, plasmid_ref *ref) {
	static uint8_t bytes[LARGE];
	memset(bytes, value, sizeof bytes);
	plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = sizeof bytes};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_put_many(store, &item, 1));
	*ref = item.ref;
}

int main(void) {
	plasmid_options options = {.capacity = 4u << 20};
	plasmid_store *store;
	plasmid_ref small, ref;
	if (!mounted()) {
		printf("no right to mount: skipped\n");
		return 0;
	}
	WELL(plasmid_open(folder, "trimmed", &options, &store));
	const pm_client *client = store->client;
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	strcpy((char *)exchange->data, "small");
	WELL(plasmid_put_small(store, 6));
	small = exchange->ref;
	int file = filled();
	uint64_t hole = (uint64_t)client->super->committed * PM_GRANULE;
	for (uint64_t at = hole; at < hole + LARGE; at += PM_PAGE)
		CHECK(((const volatile uint8_t *)client->heap)[at] == 0);
	CHECK(client->patched == 1 && client->refused == 0);
	exchange->data[0] = 0;
	CHECK(plasmid_peek(store, REF(small)) == 6 && strcmp((char *)exchange->data, "small") == 0);
	CHECK(ftruncate(file, 0) == 0);
	close(file);
	for (uint8_t value = 1; value <= 3; value++) {
		put(store, value, &ref);
		WELL(plasmid_lease(store, REF(ref)));
		const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)exchange->rows;
		const volatile uint8_t *view = (const volatile uint8_t *)(uintptr_t)row->address;
		for (uint32_t i = 0; i < LARGE; i++)
			CHECK(view[i] == value);
		plasmid_release(NULL, (void *)(uintptr_t)row->context);
	}
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(folder, "trimmed"));
	umount(folder);
	rmdir(folder);
	return 0;
}
