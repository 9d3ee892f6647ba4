#include "spill/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "crash.h"
#include "error.h"
#include "lock.h"
#include "prim/atomic.h"
#include "spill/folders.h"

#define SWEEP_SOME 64u /* files a turn */
#define KEPT_PART 16u  /* of the limit */

/* Nobody writes it, points into it, or will. */
static bool is_over(const pm_client *client, const pm_spill_file *file) {
	if (file->state == PM_FILE_FREE || file->live > 0)
		return false;
	return file->state == PM_FILE_DYING || file->owner == 0 || !pm_word_alive(client, file->owner);
}

bool pm_files_is_seen(const pm_client *client, const pm_spill_file *file) {
	return file->bytes > client->plan.capacity;
}

static bool to_be_reused(const pm_client *client, const pm_spill_file *file) {
	return file->state == PM_FILE_WHOLE && is_over(client, file) && !pm_files_is_seen(client, file);
}

/* The index of a row to take: of a dead file if there is one. 0: the table is full. */
static uint32_t choose(const pm_client *client) {
	uint32_t free = 0;
	for (uint32_t i = 1; i < PM_SPILL_FILES; i++) {
		const pm_spill_file *file = &client->spill_files[i];
		if (to_be_reused(client, file))
			return i;
		if (free == 0 && file->state == PM_FILE_FREE)
			free = i;
	}
	return free;
}

static uint64_t kept_back(const pm_client *client) {
	return client->spill->limit / KEPT_PART;
}

uint64_t pm_files_most(const pm_client *client) {
	uint64_t bytes = client->spill->file_bytes, kept = kept_back(client), heap = client->plan.capacity;
	if (client->spill->limit != 0 && kept < bytes)
		bytes = kept;
	return heap < bytes ? heap : bytes;
}

/* Of all files but that one. */
static uint64_t others_of(const pm_client *client, uint32_t index) {
	const pm_spill_file *file = &client->spill_files[index];
	bool dead = index != 0 && file->state != PM_FILE_FREE;
	return client->spill->disk_bytes - (dead ? file->bytes : 0);
}

static uint64_t allowed(const pm_client *client, bool rewriting) {
	const pm_spill *spill = client->spill;
	return spill->limit == 0 ? UINT64_MAX : spill->limit - (rewriting ? 0 : kept_back(client));
}

bool pm_files_may_begin(const pm_client *client, uint64_t bytes) {
	uint32_t index = choose(client);
	return index != 0 && others_of(client, index) + bytes <= allowed(client, false);
}

int32_t pm_files_begin(pm_client *client, uint64_t bytes, bool rewriting) {
	pm_spill *spill = client->spill;
	uint32_t index = choose(client);
	pm_spill_file *file = &client->spill_files[index];
	uint64_t others = others_of(client, index), most = allowed(client, rewriting);
	if (!rewriting)
		pm_store_relaxed(&client->short_of, bytes);
	if (others + bytes > most)
		return pm_fail(
				PLASMID_E_SPILL_LIMIT,
				"%llu bytes more would pass the limit on disk use: %llu bytes, %llu of them for rewriting files, %llu in use",
				(unsigned long long)bytes, (unsigned long long)spill->limit, (unsigned long long)(spill->limit - most),
				(unsigned long long)others);
	if (index == 0)
		return 0;
	if (file->state == PM_FILE_FREE) {
		file->number = ++spill->numbers;
		file->folder = (uint32_t)(file->number % client->plan.spill_folders);
	}
	file->bytes = bytes;
	file->owner = client->lock_word;
	file->live = 0;
	file->live_bytes = 0;
	PM_POINT("spill:reserved");
	pm_store(&file->state, PM_FILE_WRITING);
	spill->disk_bytes = others + bytes;
	return (int32_t)index;
}

void pm_files_whole(pm_client *client, uint32_t index) {
	pm_store(&client->spill_files[index].state, PM_FILE_WHOLE);
	PM_POINT("spill:whole");
}

void pm_files_let_go(pm_client *client, uint32_t index) {
	pm_store(&client->spill_files[index].owner, 0);
}

void pm_files_finish(pm_client *client, uint32_t index) {
	pm_files_let_go(client, index);
	pm_store(&client->spill->untidy, 1);
}

static void remove_one(const pm_client *client, const pm_spill_file *file) {
	char path[PM_SPILL_PATH_ROOM];
	for (int making = 0; making < 2; making++) {
		pm_folders_path(client, file->folder, file->number, making != 0, path);
		unlink(path);
	}
}

/* Up to SWEEP_SOME from *from on. */
static int32_t sweep_some(pm_client *client, uint32_t *from) {
	pm_spill_file rows[SWEEP_SOME];
	uint32_t indexes[SWEEP_SOME], count = 0;
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	for (; *from < PM_SPILL_FILES && count < SWEEP_SOME; ++*from) {
		pm_spill_file *file = &client->spill_files[*from];
		if (!is_over(client, file))
			continue;
		pm_store(&file->state, PM_FILE_DYING);
		PM_POINT("tidy:dying");
		rows[count] = *file;
		indexes[count++] = *from;
	}
	pm_unlock(client);
	for (uint32_t i = 0; i < count; i++)
		remove_one(client, &rows[i]);
	PM_POINT("tidy:removed");
	if (count == 0)
		return 0;
	r = pm_lock(client);
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		pm_spill_file *file = &client->spill_files[indexes[i]];
		if (file->state != PM_FILE_DYING || file->number != rows[i].number)
			continue;
		pm_store(&file->state, PM_FILE_FREE);
		client->spill->disk_bytes -= file->bytes;
	}
	pm_unlock(client);
	return (int32_t)count;
}

int32_t pm_files_sweep(pm_client *client) {
	int32_t sum = 0;
	for (uint32_t from = 1; from < PM_SPILL_FILES;) {
		int32_t r = sweep_some(client, &from);
		if (r < 0)
			return r;
		sum += r;
	}
	return sum;
}

int pm_files_open(const pm_client *client, uint64_t where, char *path) {
	const pm_spill_file *file = &client->spill_files[where >> 48];
	pm_folders_path(client, pm_load_relaxed(&file->folder), pm_load_relaxed(&file->number), false, path);
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}
