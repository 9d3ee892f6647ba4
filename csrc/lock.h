/* lock.h - the one lock of a segment.
 *
 * The word is 0, or its owner's {slot + 1 : 11, epoch : 20} and, on top, a bit that says "somebody sleeps". Taking and giving it
 * costs no system call while nobody waits. Whoever has waited a few milliseconds looks whether the owner lives (the kernel drops
 * a dead one's lock byte); if not, it takes the word over from {dead} to {itself} in one step and runs the recovery before anything
 * else. Should it die in there, the word names it, and the next one does the same.
 *
 * A stopped owner is alive. The others give up after their bound with LOCK_TIMEOUT; nobody takes its lock away. */
#ifndef PM_LOCK_H
#define PM_LOCK_H

#include "client.h"
#include "crash.h"
#include "landing.h"

/* Debug builds see to it: whoever gives the lock back is called by the function that landed, or is that function. */
#ifdef PLASMID_DEBUG_CHECK
extern __thread const void *pm_landing_frame;
#define PM_LANDS_HERE() (pm_landing_frame = __builtin_frame_address(0), sigsetjmp(pm_landing_here.step, 0))
#else
#define PM_LANDS_HERE() sigsetjmp(pm_landing_here.step, 0)
#endif

/* `call`, which may return with the lock, from a function that will not return before the lock is given back. What that function changes
 * of its own variables under the lock is lost in a landing: it shall do no more than return. */
#define PM_LANDS(client, call)                       \
	__extension__({                                    \
		int32_t landed_;                                 \
		pm_landing_here.holder = &(client)->lock_thread; \
		if (PM_LANDS_HERE() == 0)                        \
			landed_ = (call);                              \
		else                                             \
			landed_ = pm_landed(client);                   \
		landed_;                                         \
	})

/* What a step says that failed in a landing. */
int32_t pm_landed(pm_client *client);

/* 0, LOCK_TIMEOUT, what the recovery says, or why the client refuses all calls. */
#define pm_lock(client) PM_LANDS(client, pm_lock_again(client))

/* The same with a bound of its own instead of the client's. */
#define pm_lock_within(client, timeout_ns) PM_LANDS(client, pm_lock_again_within(client, timeout_ns))

/* The same, for who was called with the lock, gave it back, and takes it again for its caller. */
int32_t pm_lock_again(pm_client *client);
int32_t pm_lock_again_within(pm_client *client, uint64_t timeout_ns);

/* The same for a lock that is free: LOCK_TIMEOUT at once if it is not. */
#define pm_lock_try(client) PM_LANDS(client, pm_lock_try_once(client))
int32_t pm_lock_try_once(pm_client *client);

/* Does this thread have the lock? Then a signal handler may send it to its landing, having said that it has not. */
bool pm_lock_mine(const pm_client *client);
void pm_lock_lose(pm_client *client);

/* Gives it back, and then tells who is to be told of what was done under it (wait.h). */
void pm_lock_give(pm_client *client);
static inline __attribute__((always_inline)) void pm_unlock(pm_client *client) {
	PM_ASSERT(!pm_lock_mine(client) || (uintptr_t)__builtin_frame_address(0) <= (uintptr_t)pm_landing_frame);
	pm_lock_give(client);
}

/* A client is alive for the others as long as it has the lock on its byte, which a foreign hand may close. Once it was reaped, and maybe
 * another has its record, it refuses all calls: true. */
bool pm_taken_for_dead(pm_client *client);
static inline bool pm_reaped_alive(pm_client *client) {
	const pm_client_record *record = &client->records[client->slot];
	bool whole = !client->enlisted ||
	             (pm_load_relaxed(&record->epoch) == client->epoch && pm_load_relaxed(&record->state) != PM_CLIENT_FREE);
	return __builtin_expect(!whole, 0) && pm_taken_for_dead(client);
}

/* No call shall be made any more, for the file was cut short; a thread that is to take the lock shows in `lock_thread`, or sees that.
 * From a signal handler, too. */
void pm_refuse(pm_client *client);

/* Is the file shorter than it was? One system call. */
bool pm_cut_short(const pm_client *client);

/* The error of a client that refuses all calls. */
int32_t pm_refusal(const pm_client *client);

/* Is the client that a record or a lock word names alive? `epoch` of which the low 20 bits count. */
bool pm_client_alive(const pm_client *client, uint32_t slot, uint32_t epoch);

static inline uint32_t pm_lock_word(uint32_t slot, uint32_t epoch) {
	return (slot + 1) << 20 | (epoch & 0xfffff);
}

/* Is the client that such a word names alive? */
static inline bool pm_word_alive(const pm_client *client, uint32_t word) {
	return word == client->lock_word || (word != 0 && pm_client_alive(client, (word >> 20) - 1, word));
}

#endif
