/* files.h - the table of files: begun, whole, removed.
 *
 *   FREE --begin--> WRITING --whole--> WHOLE --finish (no owner)--> WHOLE --nobody points into it--> DYING --unlinked--> FREE
 *                      \--failed, or the owner died----------------------------------------------------^
 *
 * That of an oversize object is let go of while it is WRITING: the object points to it already, and it is WHOLE when that is sealed.
 *
 * A dead file is written over rather than removed and another one made: the file system has its blocks and its pages already.
 *
 *   WHOLE (no owner, nobody points into it) --begin--> WRITING, under the number that it had
 *
 * What a file is called follows from its number alone, which is not given again once it is DYING: so whoever finishes a removal that
 * another began removes nothing else. */
#ifndef PM_SPILL_FILES_H
#define PM_SPILL_FILES_H

#include "client.h"

/* Bytes of a file of several objects at most: as the store was made, no more than is kept back, nor than the heap. */
uint64_t pm_files_most(const pm_client *client);

/* One larger than the heap is of an object that is looked at where it stands: somebody may see it still. */
bool pm_files_is_seen(const pm_client *client, const pm_spill_file *file);

/* Takes a row for a file of `bytes`, or a file that is dead. Under the lock. Its index, or SPILL_LIMIT; 0: the table is full. What the limit
 * allows but for a sixteenth, which is kept for `rewriting`: so that the room of what is gone can be had again when all else is full. */
int32_t pm_files_begin(pm_client *client, uint64_t bytes, bool rewriting);

/* Would there be one? Under the lock. */
bool pm_files_may_begin(const pm_client *client, uint64_t bytes);

/* It has got its name. Under the lock. */
void pm_files_whole(pm_client *client, uint32_t index);

/* It lives as long as what points into it, whole or not. Under the lock. */
void pm_files_let_go(pm_client *client, uint32_t index);

/* Nothing more will point into it, or it failed. Under the lock. */
void pm_files_finish(pm_client *client, uint32_t index);

/* Removes the files that nobody needs. Takes the lock in between. How many, or LOCK_TIMEOUT. */
int32_t pm_files_sweep(pm_client *client);

/* Opens the file that `where` is in, as of this moment; -1 with errno. `path` as well, for messages. Under no lock: the row may be of
 * another file by then, and the caller looks again. */
int pm_files_open(const pm_client *client, uint64_t where, char *path);

#endif
