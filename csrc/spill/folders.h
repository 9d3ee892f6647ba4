/* folders.h - where a store's files of spilled objects stand.
 *
 * In each folder that the store was made with it has one of its own, for this user alone (0700): NAME.HASH-GENERATION, the hash being of
 * the path of the store's file. So a store that takes the place of another finds what that one left, and removes it. In there:
 *
 *   NUMBER.spill    a whole file; numbers are never given again
 *   NUMBER.making   one that is being written */
#ifndef PM_SPILL_FOLDERS_H
#define PM_SPILL_FOLDERS_H

#include "client.h"

#define PM_SPILL_PATH_ROOM (PM_SPILL_PATH + 320u) /* bytes of a file's path */

/* What the options say of spilling; all zeros if nothing. INVALID. */
int32_t pm_folders_read(const plasmid_options *options, pm_spill *spill);
uint32_t pm_folders_sum(const pm_spill *spill);

/* 0, or SPILL_OPTIONS: the store was made with others. Options without folders fit any. */
int32_t pm_folders_fit(const pm_client *client, const plasmid_options *options);

/* Makes the store's own folders, and removes those of the stores before it. SPILL. */
int32_t pm_folders_make(const pm_client *client);

/* The path of the store's own folder in the one with that number. */
void pm_folders_own(const pm_client *client, uint32_t folder, char path[PM_SPILL_PATH_ROOM]);

/* Removes what stores of this name left that were there before. Nobody may be making or destroying one meanwhile. */
void pm_folders_remove_former(const pm_client *client);

/* Removes them with all that is in them. */
void pm_folders_remove(const pm_client *client);

/* Something was done to a file that is being written, and errno says why not: SPILL, or DESTROYED. */
int32_t pm_folders_failed(const pm_client *client, uint32_t folder, uint64_t number, const char *what);

/* The path of a file, whole or being written. */
void pm_folders_path(const pm_client *client, uint32_t folder, uint64_t number, bool making,
                     char path[PM_SPILL_PATH_ROOM]);

#endif
