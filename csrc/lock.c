#include "lock.h"

#include <sched.h>
#include <sys/stat.h>

#include "crash.h"
#include "error.h"
#include "prim/atomic.h"
#include "prim/barrier.h"
#include "prim/bytelock.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "wait.h"

#define WAITERS 0x80000000u
#define LOOK_NS 4000000u /* how long one sleeps before looking whether the owner lives */

/* Who finds the lock taken looks again every few microseconds, not at once: an owner that is left alone for that long does several
 * operations on lines that stay in its cache, where taking turns moves all of them for each one (two processes that only put reach
 * 0.92 of one's throughput together, 0.68 when the word is watched closely). Sleeping comes much later: a wake costs more still. */
#define PAUSES_A_LOOK 300
#define SPIN_NS 1000000u
#define SPIN_ALONE_NS 20000u /* then whoever else wants the core gets it: it may be the owner */

#ifdef PLASMID_DEBUG_CHECK
__thread const void *pm_landing_frame;
#endif

bool pm_client_alive(const pm_client *client, uint32_t slot, uint32_t epoch) {
	if (slot >= client->plan.max_clients)
		return false;
	if ((pm_load(&client->records[slot].epoch) & 0xfffff) != (epoch & 0xfffff))
		return false; /* another process has taken the slot since, which it could not while this one lived */
	return pm_bytelock_held(client->probe_file, PM_LOCK_BYTES_AT + slot, 1) != 0;
}

void pm_refuse(pm_client *client) {
	uint32_t none = 0;
	pm_cas(&client->refused, &none, PM_REFUSED_CUT);
	pm_store(&client->patched, 1);
	pm_barrier_everywhere();
}

bool pm_taken_for_dead(pm_client *client) {
	uint32_t none = 0;
	/* All zeros: the file was cut short, and is long again. */
	if (client->super->plan.magic != PM_MAGIC)
		pm_refuse(client);
	else
		pm_cas(&client->refused, &none, PM_REFUSED_REAPED);
	return true;
}

bool pm_cut_short(const pm_client *client) {
	struct stat info;
	return fstat(client->file, &info) == 0 && (uint64_t)info.st_size < client->plan.file_bytes;
}

/* Somebody landed in the middle of a change: as if it had died there. */
static __attribute__((noinline, cold)) int32_t repair(pm_client *client) {
	int32_t r = client->repair(client);
	if (r == 0)
		pm_store(&client->super->damaged, 0);
	else
		pm_lock_give(client);
	return r;
}

int32_t pm_landed(pm_client *client) {
	if (!pm_landing_here.damaged)
		return pm_refusal(client);
	pm_store(&client->super->damaged, 1);
	pm_lock_give(client);
	return pm_fail(PLASMID_E_CORRUPT, "a table in %s was damaged; the next call makes it anew", client->path);
}

/* The lock is this thread's. Whoever makes the client refuse its calls has every thread of the process pass a barrier between
 * that and the look at `lock_thread` (cut.c): so it sees us there, or we see the refusal. */
static int32_t own(pm_client *client) {
	pm_store_relaxed(&client->lock_thread, pthread_self());
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(pm_load_relaxed(&client->refused) != 0 || pm_reaped_alive(client), 0)) {
		pm_lock_give(client);
		return pm_refusal(client);
	}
	return __builtin_expect(pm_load_relaxed(&client->super->damaged) != 0, 0) ? repair(client) : 0;
}

int32_t pm_refusal(const pm_client *client) {
	if (pm_load(&client->refused) == PM_REFUSED_FORKED)
		return pm_fail(PLASMID_E_FORKED, "this process was forked from the one that opened the store");
	if (pm_load(&client->refused) == PM_REFUSED_REAPED)
		return pm_fail(
				PLASMID_E_CLOSED,
				"the others took this process for dead, and ended what it held: something here closed the descriptors "
				"of %s. Open the store again",
				client->path);
	return pm_fail(PLASMID_E_DESTROYED,
	               "%s was cut short from outside, or can't be read: what was last read from it may be zeros",
	               client->path);
}

/* A file that was cut short shows here, before its tables are in anybody's hands: the look at their last byte raises SIGBUS. */
static bool take(pm_client *client) {
	uint32_t expected = 0;
	(void)*(const volatile uint8_t *)client->edge;
	return pm_cas(&client->super->lock, &expected, client->lock_word);
}

int32_t pm_lock_try_once(pm_client *client) {
	return take(client) ? own(client) : PLASMID_E_LOCK_TIMEOUT;
}

static int32_t timed_out(pm_client *client, uint32_t seen, uint64_t timeout_ns) {
	uint32_t owner = (seen & ~WAITERS) >> 20;
	uint32_t pid = owner == 0 ? 0 : client->records[owner - 1].pid;
	return pm_fail(PLASMID_E_LOCK_TIMEOUT,
	               "process %u has held the lock for more than %llu ms; it is alive: is it stopped?", pid,
	               (unsigned long long)(timeout_ns / 1000000u));
}

/* The lock is ours by inheritance: nothing derived can be believed. If it can't be made anew, the lock stays the dead one's: whoever
 * comes next tries again. */
static int32_t recover(pm_client *client, uint32_t dead) {
	int32_t r = own(client);
	if (r != 0)
		return r;
	r = client->recover(client);
	if (r != 0) {
		pm_store_relaxed(&client->lock_thread, 0);
		pm_store(&client->super->lock, dead | WAITERS);
		pm_futex_wake(&client->super->lock, 1);
	}
	return r;
}

static int32_t lock_slowly(pm_client *client, uint64_t timeout_ns) {
	uint32_t *word = &client->super->lock;
	uint64_t from = pm_monotonic_ns();
	for (uint64_t spun = 0; spun < SPIN_NS; spun = pm_monotonic_ns() - from) {
		if (pm_load_relaxed(word) == 0 && take(client))
			return own(client);
		if (spun > SPIN_ALONE_NS)
			sched_yield();
		for (int i = 0; i < PAUSES_A_LOOK; i++)
			pm_relax();
	}
	uint64_t deadline = pm_monotonic_ns() + timeout_ns;
	do {
		uint32_t seen = pm_load(word);
		if (seen == 0) {
			/* Others may sleep still: take it with the bit set, and wake one of them in turn. */
			if (pm_cas(word, &seen, client->lock_word | WAITERS))
				return own(client);
			continue;
		}
		if ((seen & WAITERS) == 0) {
			if (!pm_cas(word, &seen, seen | WAITERS))
				continue;
			seen |= WAITERS;
		}
		bool slept_out = pm_futex_wait(word, seen, LOOK_NS) != 0;
		/* One that lost the tables never gives the lock back. */
		if (slept_out && pm_cut_short(client))
			pm_refuse(client);
		if (pm_load(&client->refused) != 0)
			return pm_refusal(client);
		if (slept_out && !pm_client_alive(client, ((seen & ~WAITERS) >> 20) - 1, seen)) {
			if (pm_cas(word, &seen, client->lock_word | WAITERS))
				return recover(client, seen);
		}
	} while (pm_monotonic_ns() <= deadline);
	return timed_out(client, pm_load(word), timeout_ns);
}

int32_t pm_lock_again_within(pm_client *client, uint64_t timeout_ns) {
	int32_t r = take(client) ? own(client) : lock_slowly(client, timeout_ns);
	if (r == 0)
		PM_POINT("lock:taken");
	return r;
}

int32_t pm_lock_again(pm_client *client) {
	return pm_lock_again_within(client, client->lock_timeout_ns);
}

bool pm_lock_mine(const pm_client *client) {
	pthread_t owner = pm_load(&client->lock_thread);
	return owner != 0 && pthread_equal(owner, pthread_self());
}

void pm_lock_lose(pm_client *client) {
	pm_store(&client->lock_thread, 0);
}

void pm_lock_give(pm_client *client) {
	pm_owed owed = client->owed;
	bool owes = owed.buckets != 0 || owed.subscribers || owed.everyone;
	PM_ASSERT((pm_load(&client->super->lock) & ~WAITERS) == client->lock_word);
	if (owes) {
		client->owed = (pm_owed){.buckets = 0};
		pm_store_relaxed(&client->records[client->slot].telling, 1);
	}
	pm_store_relaxed(&client->lock_thread, 0);
	if (pm_exchange(&client->super->lock, 0) & WAITERS)
		pm_futex_wake(&client->super->lock, 1);
	if (owes) {
		PM_POINT("lock:given");
		pm_tell(client, owed);
	}
}
