/* segment.h - the file: made whole or not at all, opened only when it can be trusted. */
#ifndef PM_SEGMENT_H
#define PM_SEGMENT_H

#include "client.h"

/* Opens or makes the store's file and fills in the client's files, mapping and pointers; it is nobody's client yet.
 * BAD_NAME, BAD_SEGMENT, VERSION, NO_SPACE, NO_STORE, LOCK_TIMEOUT, SYSTEM, INVALID. */
int32_t pm_segment_open(const char *directory, const char *name, const plasmid_options *options, pm_client *client);

/* 0, or CAPACITY, SPILL_OPTIONS: it has others than are asked for. To be asked once the client has joined: one that has ended is no matter. */
int32_t pm_segment_fits(const pm_client *client, const plasmid_options *options);

/* Unmaps and closes. */
void pm_segment_close(pm_client *client);

/* Removes the spill files of stores that had the name before, unless somebody makes or destroys one just now. */
void pm_segment_clean(const pm_client *client);

/* Unlinks the file, having said so inside of it. 0, or LOCK_TIMEOUT, SYSTEM: whoever opens it next removes it. */
int32_t pm_segment_destroy(pm_client *client);

/* Removes a file of this user that is no store, or another build's. 0, BAD_SEGMENT (not ours), LOCK_TIMEOUT, SYSTEM. */
int32_t pm_segment_remove(const pm_client *client);

#endif
