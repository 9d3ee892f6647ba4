#include "cut.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "lock.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "wait.h"

#define MENDS_MOST 10000u
#define PAUSE_NS 1000000
#define PAUSES_MOST 2000u

/* Waits until no thread of ours is inside of the lock; none enters any more. False if one stays. */
static bool outside(const pm_client *client) {
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	for (uint32_t i = 0; i < PAUSES_MOST; i++) {
		if (pm_load(&client->lock_thread) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* A page that is not the heap's any more shows zeros, to whoever looked a moment too late. Whoever leases an object waits until
 * `patching` is 0, or its pages were committed before we looked. */
static bool patch(const pm_window *seen, uint64_t at) {
	pm_client *client = seen->client;
	pm_store(&client->patched, 1);
	pm_add(&client->patching, 1);
	bool hole = at - seen->at >= (uint64_t)pm_load(&client->super->committed) * PM_GRANULE;
	uintptr_t page = (seen->address + (at - seen->at)) & ~(uintptr_t)(PM_PAGE - 1);
	if (hole)
		hole = mmap((void *)page, PM_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
	pm_add(&client->patching, UINT32_MAX);
	return hole;
}

/* Whoever moves the mark puts the zeros there. */
static bool blank(pm_client *client, uint64_t from, uint64_t heap_at) {
	if (from < heap_at && !outside(client))
		return false;
	uint64_t to = pm_load(&client->cut_at);
	while (from < to)
		if (pm_cas(&client->cut_at, &to, from))
			return pm_windows_blank(client, from, to);
	return true; /* another thread is about to */
}

bool pm_cut_mend(const pm_window *seen, uintptr_t address) {
	if (seen->kind == PM_WINDOW_DISK)
		return pm_window_spoil(seen, address);
	pm_client *client = seen->client;
	uint64_t at = seen->at + (address - seen->address), page = at & ~(uint64_t)(PM_PAGE - 1);
	struct stat info;
	if (fstat(client->file, &info) != 0)
		return false;
	bool cut = (uint64_t)info.st_size < client->plan.file_bytes;
	if (!cut && seen->kind == PM_WINDOW_HEAP && patch(seen, at))
		return true;
	/* What is there again, or about to be, needs no zeros: it may be the file, or another thread's work. */
	bool waits = !cut || page >= pm_load(&client->cut_at);
	if (waits && pm_add(&client->mends, 1) < MENDS_MOST) {
		sched_yield();
		return true;
	}
	pm_refuse(client);
	if (pm_lock_mine(client))
		return false;
	if (waits && seen->kind == PM_WINDOW_FILE && at < client->plan.file_bytes - client->plan.capacity && !outside(client))
		return false;
	if (waits)
		return pm_windows_blank(client, page, page + PM_PAGE);
	return blank(client, pm_align((uint64_t)info.st_size, PM_PAGE), client->plan.file_bytes - client->plan.capacity);
}

/* A relative path may have come to mean another place. */
static bool is_elsewhere(const pm_client *client) {
	return client->path[0] == '/' && pm_file_is_at(client->file, client->path) == 0;
}

void pm_cut_look(pm_client *client) {
	struct stat info;
	if (pm_load(&client->refused) != 0 || fstat(client->file, &info) != 0)
		return;
	if ((uint64_t)info.st_size < client->plan.file_bytes || client->super->plan.magic != PM_MAGIC) {
		pm_refuse(client);
	} else if (pm_load(&client->super->destroyed) != PM_DESTROYED && (info.st_nlink == 0 || is_elsewhere(client))) {
		pm_store(&client->super->destroyed, PM_DESTROYED);
		pm_wake_all(client);
	}
}
