/* out.h - objects written to a file, to give their memory to others.
 *
 * WHO GOES  SEALED, kept by somebody, leased by nobody; the longest unused first. Recency of what is kept is no list, for that would be a
 *           lock a get: who uses an object says so in its place, once a pass (place.h), and the pass sorts.
 * HOW       A pass looks for victims and writes their bytes without the lock. Nothing is marked: an object that still has the word that
 *           it had is the same one in the same extent, and its bytes never changed. With the lock again, each that is still what it was
 *           becomes SPILLED by one store, a few a hold. Those that disk still has from before are not written again.
 * DEATH     Before the file has its name, and until an object points into it, it is swept (files.h); after, it is whole. */
#ifndef PM_SPILL_OUT_H
#define PM_SPILL_OUT_H

#include "client.h"

/* One pass, for `bytes` of the heap or somewhat more. One process at a time does so; the others wait for it. Returns how many objects
 * went (another's pass counts as one), 0: there is none to go. SPILL_LIMIT, SPILL, NO_MEMORY, LOCK_TIMEOUT. */
int32_t pm_spill_pass(pm_client *client, uint64_t bytes);

/* For the file that could not be begun for want of room: copies on disk of what is in memory too are given up, then files are rewritten
 * that have something in them that is gone. LOCK_TIMEOUT. */
int32_t pm_spill_forget(pm_client *client);

#endif
