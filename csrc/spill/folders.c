#include "spill/folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "prim/file.h"

#define FILE_BYTES (64ull << 20)
#define FILE_BYTES_LEAST (64ull << 10)
#define FILE_BYTES_MOST (1ull << 40)
#define NAME_MOST 200 /* bytes of the store's name in the folder's */
#define REMOVALS 16   /* turns: somebody who did not see the end yet may be making a file */

static int32_t read_folders(const char *at, uint32_t count, pm_spill *spill) {
	for (uint32_t i = 0; i < count; i++, at += strlen(at) + 1) {
		size_t length = strlen(at);
		if (at[0] != '/' || length >= PM_SPILL_PATH)
			return pm_fail(PLASMID_E_INVALID, "a folder to spill to is an absolute path of at most %u bytes",
			               PM_SPILL_PATH - 1);
		memcpy(spill->folders[i], at, length + 1);
	}
	return 0;
}

int32_t pm_folders_read(const plasmid_options *options, pm_spill *spill) {
	memset(spill, 0, sizeof *spill);
	if (options->spill_count == 0)
		return 0;
	if (options->spill_count > PM_SPILL_FOLDERS)
		return pm_fail(PLASMID_E_INVALID, "a store spills to at most %u folders, not %u", PM_SPILL_FOLDERS,
		               options->spill_count);
	spill->limit = options->spill_limit;
	spill->file_bytes = options->spill_file_bytes != 0 ? options->spill_file_bytes : FILE_BYTES;
	if (spill->file_bytes < FILE_BYTES_LEAST || spill->file_bytes > FILE_BYTES_MOST)
		return pm_fail(PLASMID_E_INVALID, "a file of spilled objects has 64 KiB to 1 TiB, not %llu bytes",
		               (unsigned long long)spill->file_bytes);
	return read_folders((const char *)(uintptr_t)options->spill_folders, options->spill_count, spill);
}

static uint64_t fold(uint64_t hash, uint64_t value) {
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 31;
}

static uint64_t fold_text(uint64_t hash, const char *text) {
	for (; *text != 0; text++)
		hash = fold(hash, (unsigned char)*text);
	return fold(hash, 256);
}

uint32_t pm_folders_sum(const pm_spill *spill) {
	uint64_t hash = fold(fold(3, spill->limit), spill->file_bytes);
	for (uint32_t i = 0; i < PM_SPILL_FOLDERS; i++) {
		if (memchr(spill->folders[i], 0, PM_SPILL_PATH) == NULL)
			return 0;
		hash = fold_text(hash, spill->folders[i]);
	}
	return (uint32_t)(hash ^ hash >> 32) | 1;
}

int32_t pm_folders_fit(const pm_client *client, const plasmid_options *options) {
	pm_spill asked;
	if (options->spill_count == 0)
		return 0;
	int32_t r = pm_folders_read(options, &asked);
	if (r != 0)
		return r;
	if (client->spill == NULL)
		return pm_fail(PLASMID_E_SPILL_OPTIONS, "the store was made without folders to spill to");
	if (options->spill_count == client->plan.spill_folders && pm_folders_sum(&asked) == pm_folders_sum(client->spill))
		return 0;
	return pm_fail(PLASMID_E_SPILL_OPTIONS,
	               "the store spills to %s%s in files of %llu bytes, %llu bytes at most (0: no limit)",
	               client->spill->folders[0], client->plan.spill_folders > 1 ? " and others" : "",
	               (unsigned long long)client->spill->file_bytes, (unsigned long long)client->spill->limit);
}

/* NAME.HASH- ; returns its length. */
static int prefix_of(const pm_client *client, char *to, size_t room) {
	const char *name = strrchr(client->path, '/') + 1;
	return snprintf(to, room, "%.*s.%08x-", NAME_MOST, name, client->spill->path_hash);
}

void pm_folders_own(const pm_client *client, uint32_t folder, char path[PM_SPILL_PATH_ROOM]) {
	int length = snprintf(path, PM_SPILL_PATH_ROOM, "%s/", client->spill->folders[folder]);
	length += prefix_of(client, path + length, PM_SPILL_PATH_ROOM - (size_t)length);
	snprintf(path + length, PM_SPILL_PATH_ROOM - (size_t)length, "%016llx", (unsigned long long)client->plan.generation);
}

void pm_folders_path(const pm_client *client, uint32_t folder, uint64_t number, bool making,
                     char path[PM_SPILL_PATH_ROOM]) {
	pm_folders_own(client, folder, path);
	size_t length = strlen(path);
	snprintf(path + length, PM_SPILL_PATH_ROOM - length, "/%016llx.%s", (unsigned long long)number,
	         making ? "making" : "spill");
}

int32_t pm_folders_failed(const pm_client *client, uint32_t folder, uint64_t number, const char *what) {
	char path[PM_SPILL_PATH_ROOM];
	int why = errno;
	pm_folders_path(client, folder, number, true, path);
	if (pm_load(&client->super->destroyed) == PM_DESTROYED)
		return pm_fail(PLASMID_E_DESTROYED, "%s was destroyed", client->path);
	return pm_fail(PLASMID_E_SPILL, "%s %s: %s", what, path, strerror(why));
}

/* A folder of this store or of one before it; nothing else is touched. */
static void remove_folder(const char *path) {
	for (int turn = 0; turn < REMOVALS; turn++) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		DIR *listing = fd < 0 ? NULL : fdopendir(fd);
		if (listing == NULL) {
			if (fd >= 0)
				close(fd);
			return;
		}
		for (struct dirent *each = readdir(listing); each != NULL; each = readdir(listing))
			if (strcmp(each->d_name, ".") != 0 && strcmp(each->d_name, "..") != 0)
				unlinkat(fd, each->d_name, 0);
		closedir(listing);
		if (rmdir(path) == 0 || errno != ENOTEMPTY)
			return;
	}
}

/* What stores left that had this one's name before it, and were not destroyed but vanished. */
static void remove_former(const pm_client *client, uint32_t folder) {
	char prefix[NAME_MOST + 16], mine[PM_SPILL_PATH_ROOM], path[PM_SPILL_PATH_ROOM + 256];
	int length = prefix_of(client, prefix, sizeof prefix);
	pm_folders_own(client, folder, mine);
	DIR *listing = opendir(client->spill->folders[folder]);
	if (listing == NULL)
		return;
	for (struct dirent *each = readdir(listing); each != NULL; each = readdir(listing)) {
		if (strncmp(each->d_name, prefix, (size_t)length) != 0 || strlen(each->d_name) != (size_t)length + 16)
			continue;
		snprintf(path, sizeof path, "%s/%s", client->spill->folders[folder], each->d_name);
		if (strcmp(path, mine) != 0)
			remove_folder(path);
	}
	closedir(listing);
}

void pm_folders_remove_former(const pm_client *client) {
	for (uint32_t i = 0; client->spill != NULL && i < client->plan.spill_folders; i++)
		remove_former(client, i);
}

int32_t pm_folders_make(const pm_client *client) {
	char path[PM_SPILL_PATH_ROOM];
	uint64_t hash = fold_text(4, client->path);
	client->spill->path_hash = (uint32_t)(hash ^ hash >> 32);
	for (uint32_t i = 0; i < client->plan.spill_folders; i++) {
		const char *folder = client->spill->folders[i];
		if (mkdir(folder, 0700) != 0 && errno != EEXIST)
			return pm_fail(PLASMID_E_SPILL, "the folder %s cannot be made: %s", folder, strerror(errno));
		remove_former(client, i);
		pm_folders_own(client, i, path);
		int fd = pm_file_directory(path);
		if (fd < 0)
			return pm_fail(PLASMID_E_SPILL, "%s cannot be made, or is not this user's own: %s", path, strerror(errno));
		close(fd);
	}
	return 0;
}

void pm_folders_remove(const pm_client *client) {
	char path[PM_SPILL_PATH_ROOM];
	for (uint32_t i = 0; client->spill != NULL && i < client->plan.spill_folders; i++) {
		pm_folders_own(client, i, path);
		remove_folder(path);
	}
}
