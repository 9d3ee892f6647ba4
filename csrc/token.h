/* token.h - one number for each buffer that native code owns on behalf of JavaScript.
 *
 * A token ends once: by its buffer's deallocator, by an early end, or with its store, whichever comes first. It is recycled when
 * the deallocator has run, so a number in the collector's hands never comes to mean something else.
 *
 *   take --> live --end--> ended --released--> recycled
 *              \------------released-----------^
 *
 * The deallocator may run on any thread, at any time: it pushes the token on a stack (no lock, no call). Whoever calls next, with
 * the lock, drains it, a bounded number a call. */
#ifndef PM_TOKEN_H
#define PM_TOKEN_H

#include "client.h"

#define PM_DRAIN_SOME 256u /* tokens ended by any one call on its way */

/* A token, or 0: no memory. */
uint32_t pm_token_take(pm_client *client, uint8_t kind, uint32_t slot, uint32_t store);

/* Ends it, if it has not ended. */
void pm_token_end(pm_client *client, uint32_t token);

/* Its work is done otherwise: it counts as ended. */
void pm_token_retire(pm_client *client, uint32_t token);

/* The draft's bytes can be written to until the token is released: a lease keeps them, and the token counts, though the draft end. */
void pm_token_view(pm_client *client, uint32_t token);

/* The number is free for another. */
void pm_token_recycle(pm_client *client, uint32_t token);

/* From the deallocator: no lock. */
void pm_token_released(pm_client *client, uint32_t token);

/* Ends and recycles released tokens, at most `budget`; returns how many. */
uint32_t pm_drain(pm_client *client, uint32_t budget);

/* What a token's buffer hands to the deallocator: which client of this process, and which token. Never 0, below 2^53. */
static inline uint64_t pm_context(const pm_client *client, uint32_t token) {
	return (uint64_t)client->index << 32 | token;
}

/* Frees the memory of all tokens, unless a deallocator is still to run that would look at one. */
void pm_tokens_free(pm_client *client);

#endif
