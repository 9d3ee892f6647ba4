#include "spill/oversize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crash.h"
#include "create.h"
#include "error.h"
#include "fate.h"
#include "hold.h"
#include "lock.h"
#include "look.h"
#include "place.h"
#include "prim/file.h"
#include "spill/files.h"
#include "spill/folders.h"
#include "spill/object.h"
#include "spill/pour.h"
#include "token.h"
#include "window.h"

/* ---- begin ----------------------------------------------------------------------------------------- */

int32_t pm_begin_item(pm_client *client, const plasmid_item *item, const pm_shape *shape, uint32_t *slot,
                      bool *locked) {
	*locked = true;
	if (client->spill == NULL || shape->granules <= pm_heap_granules(client))
		return pm_begin(client, item, shape, 0, slot, locked);
	uint64_t at = pm_spill_payload_at(sizeof(pm_spill_header), shape->bytes);
	int32_t file = pm_files_begin(client, at + pm_align(shape->bytes, PM_GRANULE), false);
	if (file == 0)
		return pm_fail(PLASMID_E_SPILL_LIMIT, "all %u files are in use", PM_SPILL_FILES - 1);
	if (file < 0)
		return file;
	int32_t r = pm_begin(client, item, shape, pm_where((uint32_t)file, at), slot, locked);
	if (r == 0)
		pm_files_let_go(client, (uint32_t)file);
	else if (*locked)
		pm_files_finish(client, (uint32_t)file);
	return r;
}

/* ---- the file -------------------------------------------------------------------------------------- */

static const pm_spill_file *file_of(const pm_client *client, uint32_t slot) {
	return &client->spill_files[pm_where_file(client->places[slot].where)];
}

static int32_t failed(const pm_client *client, uint32_t slot, const char *what) {
	return pm_folders_failed(client, file_of(client, slot)->folder, file_of(client, slot)->number, what);
}

static int open_file(const pm_client *client, uint32_t slot, bool making, int flags) {
	char path[PM_SPILL_PATH_ROOM];
	const pm_spill_file *file = file_of(client, slot);
	pm_folders_path(client, file->folder, file->number, making, path);
	return open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
}

/* NUMBER.making, as long as it will be, and all of it real. */
static int32_t make_file(const pm_client *client, uint32_t slot, int *fd) {
	const pm_spill_file *file = file_of(client, slot);
	const pm_spill_header header = {
			.magic = PM_SPILL_FILE_MAGIC, .bytes = file->number, .generation = client->plan.generation};
	/* A dead file, whose row it has now, may stand there still. */
	char dead[PM_SPILL_PATH_ROOM];
	pm_folders_path(client, file->folder, file->number, false, dead);
	unlink(dead);
	*fd = open_file(client, slot, true, O_CREAT | O_EXCL);
	if (*fd < 0)
		return failed(client, slot, "making");
	PM_POINT("oversize:made");
	if (ftruncate(*fd, (off_t)file->bytes) != 0 || pm_file_write(*fd, &header, sizeof header, 0) != 0)
		return failed(client, slot, "making");
	/* Where the file system can't, the writes themselves say when it is full. */
	if (pm_file_reserve(*fd, 0, file->bytes) != 0 && errno != EOPNOTSUPP)
		return failed(client, slot, "reserving room in");
	PM_POINT("oversize:reserved");
	return 0;
}

/* It has all that it should: header, name. */
static int32_t close_file(pm_client *client, uint32_t slot, int fd, uint64_t sum) {
	char from[PM_SPILL_PATH_ROOM], to[PM_SPILL_PATH_ROOM];
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_spill_file *file = file_of(client, slot);
	pm_place *place = &client->places[slot];
	pm_spill_header header = {.magic = PM_SPILL_OBJECT_MAGIC,
	                          .bytes = entry->bytes,
	                          .inband = entry->inband,
	                          .buffers = entry->buffers,
	                          .references = entry->references,
	                          .generation = client->plan.generation};
	memcpy(header.id, entry->id, sizeof header.id);
	place->sum = sum;
	if (pm_file_write(fd, &header, sizeof header, pm_where_offset(place->where) - sizeof header) != 0)
		return failed(client, slot, "writing to");
	PM_POINT("oversize:written");
	pm_folders_path(client, file->folder, file->number, true, from);
	pm_folders_path(client, file->folder, file->number, false, to);
	/* A seal that failed since has named it. */
	if (rename(from, to) != 0 && (errno != ENOENT || access(to, F_OK) != 0))
		return failed(client, slot, "naming");
	PM_POINT("oversize:renamed");
	return 0;
}

int32_t pm_oversize_write(pm_client *client, uint32_t slot, const plasmid_item *item) {
	pm_pour pour;
	int fd;
	int32_t r = make_file(client, slot, &fd);
	if (r == 0) {
		uint64_t room;
		r = pm_pour_item(&pour, fd, pm_where_offset(client->places[slot].where), item, false, &room);
		if (r != 0)
			r = failed(client, slot, "writing to");
		else
			r = close_file(client, slot, fd, pm_sum_end(&pour.sum));
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- a draft --------------------------------------------------------------------------------------- */

static int32_t map_draft(pm_client *client, uint32_t slot, int fd, uint64_t room, uint8_t **to, uint32_t *window) {
	uint64_t bytes = pm_align(pm_entry_at(client, slot)->bytes, PM_PAGE);
	void *at =
			mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)pm_where_offset(client->places[slot].where));
	if (at == MAP_FAILED)
		return failed(client, slot, "mapping");
	*window = pm_window_add(client, slot, at, bytes, true);
	if (*window == 0) {
		munmap(at, bytes);
		return pm_fail(PLASMID_E_NO_VIEW, "this process has too many objects of stores mapped");
	}
	*to = (uint8_t *)at + room;
	return 0;
}

int32_t pm_oversize_draft(pm_client *client, uint32_t slot, const plasmid_item *item, uint8_t **room,
                          uint32_t *window) {
	pm_pour pour;
	uint64_t at;
	int fd;
	*room = NULL;
	int32_t r = make_file(client, slot, &fd);
	if (r == 0 && pm_pour_item(&pour, fd, pm_where_offset(client->places[slot].where), item, true, &at) != 0)
		r = failed(client, slot, "writing to");
	if (r == 0 && at != 0)
		r = map_draft(client, slot, fd, at, room, window);
	if (fd >= 0)
		close(fd);
	return r;
}

int32_t pm_oversize_close(pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint64_t sum;
	if (pm_window_spoilt(client, slot)) {
		errno = EIO;
		return failed(client, slot, "writing to");
	}
	int fd = open_file(client, slot, true, 0);
	if (fd < 0 && errno == ENOENT)
		fd = open_file(client, slot, false, 0);
	if (fd < 0)
		return failed(client, slot, "opening");
	errno = EIO; /* of a file that is shorter than it was */
	int32_t r = pm_pour_sum(fd, pm_where_offset(client->places[slot].where), entry->bytes, &sum);
	r = r != 0 ? failed(client, slot, "reading") : close_file(client, slot, fd, sum);
	close(fd);
	return r;
}

void pm_oversize_ready(pm_client *client, uint32_t slot) {
	pm_place *place = &client->places[slot];
	place->check = pm_place_check(pm_entry_at(client, slot), place);
	pm_files_whole(client, pm_where_file(place->where));
}

/* ---- show ------------------------------------------------------------------------------------------ */

/* What one looks for in the file; none of it changes. */
typedef struct sought {
	uint64_t bytes, sum, where;
	uint32_t id[4];
} sought;

static int32_t lost(const char *path, const char *why) {
	return pm_fail(PLASMID_E_LOST, "the object was written to %s, %s", path, why);
}

static int32_t look_through(const pm_client *client, int fd, const char *path, const sought *it) {
	pm_spill_header header;
	uint64_t sum, at = pm_where_offset(it->where);
	errno = 0;
	if (pm_file_read(fd, &header, sizeof header, at - sizeof header) != 0 || pm_pour_sum(fd, at, it->bytes, &sum) != 0)
		return errno == 0 ? lost(path, "which is shorter than it was")
		                  : pm_fail(PLASMID_E_SPILL, "reading %s: %s", path, strerror(errno));
	if (header.magic != PM_SPILL_OBJECT_MAGIC || header.bytes != it->bytes ||
	    header.generation != client->plan.generation || memcmp(header.id, it->id, sizeof it->id) != 0)
		return lost(path, "where something else stands in its place");
	return sum == it->sum ? 0 : lost(path, "whose bytes are not what was written (checksum)");
}

static int32_t map_file(const pm_client *client, const sought *it, void **at) {
	char path[PM_SPILL_PATH_ROOM];
	int fd = pm_files_open(client, it->where, path);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? lost(path, "which is not there any more")
		                                         : pm_fail(PLASMID_E_SPILL, "opening %s: %s", path, strerror(errno));
	int32_t r = look_through(client, fd, path, it);
	if (r == 0) {
		*at = mmap(NULL, pm_align(it->bytes, PM_PAGE), PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd,
		           (off_t)pm_where_offset(it->where));
		if (*at == MAP_FAILED)
			r = pm_fail(PLASMID_E_NO_VIEW, "mapping %s: %s", path, strerror(errno));
	}
	close(fd);
	return r;
}

/* Under the lock again: the object may be gone, or another thread have mapped it as well. */
static int32_t enter(pm_client *client, uint32_t slot, uint64_t word, void *at, uint64_t bytes, uint32_t *window) {
	uint64_t now = pm_entry_at(client, slot)->word;
	int32_t r = now == word ? 0 : pm_state_code(pm_word_state(now));
	if (r == 0)
		*window = pm_window_share(client, slot);
	if (r == 0 && *window == 0) {
		*window = pm_window_add(client, slot, at, bytes, false);
		if (*window != 0)
			return 0;
		r = pm_fail(PLASMID_E_NO_VIEW, "this process has too many objects of stores mapped");
	}
	munmap(at, bytes);
	return r;
}

/* Without the lock in between: the lease keeps the file meanwhile. */
static int32_t show(pm_client *client, uint32_t slot, uint32_t token, bool *locked) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t *window = &pm_token_at(client, token)->count;
	uint64_t word = entry->word;
	void *at;
	*locked = true;
	*window = pm_window_share(client, slot);
	if (*window != 0)
		return 0;
	sought it = {.bytes = entry->bytes, .sum = client->places[slot].sum, .where = client->places[slot].where};
	memcpy(it.id, entry->id, sizeof it.id);
	pm_unlock(client);
	PM_POINT("oversize:reading");
	int32_t r = map_file(client, &it, &at);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	if (r == 0 && taken == 0)
		return enter(client, slot, word, at, pm_align(it.bytes, PM_PAGE), window);
	if (r == 0)
		munmap(at, pm_align(it.bytes, PM_PAGE));
	else if (r == PLASMID_E_LOST && taken == 0 && entry->word == word)
		pm_lose(client, slot);
	return taken != 0 ? taken : r;
}

int32_t pm_oversize_lease(pm_client *client, uint32_t slot, uint32_t store, uint32_t *token, bool *locked) {
	uint32_t mine = pm_token_take(client, PM_TOKEN_LEASE, slot, store);
	*locked = true;
	*token = 0;
	if (mine == 0)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a lease");
	pm_lease_add(client, slot, 1);
	int32_t r = show(client, slot, mine, locked);
	if (r == 0) {
		*token = mine;
	} else if (*locked) {
		pm_token_end(client, mine);
		pm_token_recycle(client, mine);
	} else {
		pm_token_released(client, mine);
	}
	return r;
}
