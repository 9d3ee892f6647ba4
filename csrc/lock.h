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

/* 0, LOCK_TIMEOUT, what the recovery says, or why the client refuses all calls. */
int32_t pm_lock(pm_client *client);

/* The same with a bound of its own instead of the client's. */
int32_t pm_lock_within(pm_client *client, uint64_t timeout_ns);

/* true when it was free and is ours now. */
bool pm_lock_try(pm_client *client);
void pm_unlock(pm_client *client);

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
