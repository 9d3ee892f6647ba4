#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "cut.h"
#include "helper.h"
#include "index.h"
#include "lock.h"
#include "prim/atomic.h"
#include "prim/barrier.h"
#include "prim/signal.h"
#include "stray.h"
#include "window.h"

static struct sigaction before_fault, before_loss;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- saying why the process ends: only what may be called in a signal handler ------------------ */

static void say(const char *text, size_t length) {
	ssize_t ignored = write(STDERR_FILENO, text, length);
	(void)ignored;
}

static void say_text(const char *text) {
	say(text, strlen(text));
}

static void say_id(const uint32_t id[4]) {
	char text[32];
	for (int i = 0; i < 32; i++)
		text[i] = "0123456789abcdef"[id[i / 8] >> (28 - 4 * (i % 8)) & 15];
	say(text, sizeof text);
}

static void explain(const pm_client *client, uint32_t slot, const char *why) {
	const pm_entry *entry = pm_entry_at(client, slot);
	say_text("plasmid: a write through a read-only view of the object ");
	say_id(entry->id);
	if (entry->named) {
		say_text(" (\"");
		say((const char *)pm_name_of(client, entry), entry->name_bytes);
		say_text("\")");
	}
	say_text(" in ");
	say_text(client->path);
	say_text(why);
	say_text(". A sealed object never changes: make a copy of your own with .slice() and write to that.\n");
}

/* ---- a write through a view --------------------------------------------------------------------- */

static bool covers(const pm_client *client, uint32_t slot, uint32_t granule) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t start = pm_load_relaxed(&entry->start);
	return !pm_oversize(client, entry) && granule >= start && granule - start < pm_load_relaxed(&entry->granules);
}

/* The object of a view on this granule: one that we lease, so it stays where it is. 0: there is none. */
static uint32_t leased_at(const pm_client *client, uint32_t granule) {
	uint32_t used = pm_load_relaxed(&client->super->entries_used);
	for (uint32_t slot = 1; slot <= used && slot <= client->plan.max_objects; slot++)
		if (pm_load_relaxed(&client->lease_count[slot]) != 0 && covers(client, slot, granule))
			return slot;
	return 0;
}

static uint64_t page_in_file(const pm_window *seen, const siginfo_t *info) {
	return (seen->at + ((uintptr_t)info->si_addr - seen->address)) & ~(uint64_t)(PM_PAGE - 1);
}

static uint32_t written_slot(const pm_window *seen, const siginfo_t *info) {
	uint64_t offset = (uintptr_t)info->si_addr - seen->address;
	return seen->kind == PM_WINDOW_HEAP ? leased_at(seen->client, (uint32_t)(offset / PM_GRANULE)) : seen->slot;
}

/* True if the instruction can be repeated, or the process shall end of it. */
static bool on_write(const pm_window *seen, int number, const siginfo_t *info) {
	pm_client *client = seen->client;
	if (seen->kind == PM_WINDOW_FILE || client->lease_count == NULL)
		return false;
	bool disk = seen->kind == PM_WINDOW_DISK;
	if (pm_load(&client->refused) != 0)
		return disk ? pm_window_turn(seen, seen->slot) == 0
		            : pm_windows_blank(client, page_in_file(seen, info), page_in_file(seen, info) + PM_PAGE);
	uint32_t slot = written_slot(seen, info);
	if (slot == 0)
		return false;
	const char *why = "";
	if (pm_load(&client->trap) == 0) {
		bool turnable = disk || pm_window_turnable(pm_entry_at(client, slot));
		if (turnable && pm_window_turn(seen, slot) == 0) {
			if (pm_stray_note(client, slot))
				pm_helper_nudge(client);
			return true;
		}
		why = turnable ? ", and no memory for a copy of its pages" : ", which shares its pages with others";
	}
	explain(client, slot, why);
	pm_signal_end(number, info);
	return true;
}

static void on_fault(int number, siginfo_t *info, void *context) {
	int error = errno;
	pm_window seen;
	bool done =
			info->si_code == SEGV_ACCERR && pm_window_find((uintptr_t)info->si_addr, &seen) && on_write(&seen, number, info);
	errno = error;
	/* In the core, under the lock: an index led out of its table. */
	if (!done && pm_landing_is_mine())
		pm_land_damaged();
	if (!done)
		pm_signal_pass_on(&before_fault, number, info, context);
}

/* ---- a file that is not there any more ------------------------------------------------------------- */

static void on_loss(int number, siginfo_t *info, void *context) {
	int error = errno;
	pm_window seen;
	bool ours = info->si_code == BUS_ADRERR && pm_window_find((uintptr_t)info->si_addr, &seen);
	bool done = ours && pm_cut_mend(&seen, (uintptr_t)info->si_addr), lands = ours && !done && pm_lock_mine(seen.client);
	if (ours && !done && !lands) {
		say_text("plasmid: ");
		say_text(seen.client->path);
		say_text(" was cut short from outside, and a thread does not let go of its lock: nothing here can go on.\n");
		pm_signal_end(number, info);
		done = true;
	}
	if (lands)
		pm_lock_lose(seen.client);
	if ((done || lands) && pm_load(&seen.client->refused) != 0 && seen.client->helper_runs)
		pm_helper_nudge(seen.client);
	errno = error;
	if (lands)
		pm_land_cut();
	if (!done)
		pm_signal_pass_on(&before_loss, number, info, context);
}

static void install(void) {
	pm_barrier_prepare();
	pm_signal_take(SIGSEGV, on_fault, &before_fault);
	pm_signal_take(SIGBUS, on_loss, &before_loss);
}

void pm_guard_install(void) {
	pthread_once(&once, install);
}
