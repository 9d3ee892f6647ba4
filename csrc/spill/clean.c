#include "spill/clean.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "lock.h"
#include "reap.h"
#include "spill/files.h"
#include "spill/folders.h"

#define LISTED 8192u /* more than there are rows: some of so many are nobody's */

typedef struct listed {
	uint64_t number;
	bool making;
} listed;

/* NUMBER.spill and NUMBER.making; nothing else is ours. */
static bool read_name(const char *name, listed *out) {
	char end;
	unsigned long long number;
	if (strlen(name) < 18 || sscanf(name, "%16llx%c", &number, &end) != 2 || end != '.')
		return false;
	out->number = number;
	out->making = strcmp(name + 16, ".making") == 0;
	return out->making || strcmp(name + 16, ".spill") == 0;
}

static uint32_t list_folder(const char *path, listed *files) {
	uint32_t count = 0;
	DIR *listing = opendir(path);
	if (listing == NULL)
		return 0;
	for (struct dirent *each = readdir(listing); each != NULL && count < LISTED; each = readdir(listing))
		count += read_name(each->d_name, &files[count]);
	closedir(listing);
	return count;
}

static int by_number(const void *a, const void *b) {
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* The numbers that have a row, in order. How many, or LOCK_TIMEOUT. */
static int32_t read_rows(pm_client *client, uint64_t *numbers) {
	int32_t count = 0, r = pm_lock(client);
	if (r != 0)
		return r;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++)
		if (client->spill_files[i].state != PM_FILE_FREE)
			numbers[count++] = client->spill_files[i].number;
	pm_unlock(client);
	qsort(numbers, (size_t)count, sizeof *numbers, by_number);
	return count;
}

static int32_t clean_folder(pm_client *client, uint32_t folder, listed *files, uint64_t *numbers) {
	char path[PM_SPILL_PATH_ROOM];
	int32_t gone = 0;
	pm_folders_own(client, folder, path);
	uint32_t count = list_folder(path, files);
	int32_t rows = count == 0 ? 0 : read_rows(client, numbers);
	for (uint32_t i = 0; i < count && rows >= 0; i++) {
		if (bsearch(&files[i].number, numbers, (size_t)rows, sizeof *numbers, by_number) != NULL)
			continue;
		pm_folders_path(client, folder, files[i].number, files[i].making, path);
		gone += unlink(path) == 0;
	}
	return rows < 0 ? rows : gone;
}

int32_t pm_spill_clean(pm_client *client) {
	if (client->spill == NULL)
		return 0;
	int32_t r = pm_reap_dead(client);
	int32_t gone = r < 0 ? r : pm_files_sweep(client);
	listed *files = malloc(LISTED * sizeof *files);
	uint64_t *numbers = malloc(PM_SPILL_FILES * sizeof *numbers);
	if (gone >= 0 && (files == NULL || numbers == NULL))
		gone = pm_fail(PLASMID_E_NO_MEMORY, "no memory to list the files of a store");
	for (uint32_t i = 0; i < client->plan.spill_folders && gone >= 0; i++) {
		r = clean_folder(client, i, files, numbers);
		gone = r < 0 ? r : gone + r;
	}
	free(files);
	free(numbers);
	return gone;
}
