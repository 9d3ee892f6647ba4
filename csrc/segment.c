#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "error.h"
#include "fingerprint.h"
#include "index.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "prim/random.h"
#include "room.h"
#include "spill/folders.h"
#include "wait.h"
#include "window.h"

#define SUFFIX ".plasmid"
#define FIRST_NODES 1024u
#define MOST_OBJECTS (1u << 30)
#define LOCK_TIMEOUT_MS 5000u
#define ATTEMPTS 64 /* openers and destroyers may race; each turn somebody got further */

/* ---- names and layout ------------------------------------------------------------------------- */

static bool name_allowed(const char *name) {
	size_t length = strlen(name);
	if (length == 0 || length > 200 || name[0] == '/' || name[length - 1] == '/')
		return false;
	for (const char *part = name; part != NULL; part = strchr(part, '/') != NULL ? strchr(part, '/') + 1 : NULL)
		if (part[0] == '.' && part[1] == '.' && (part[2] == '/' || part[2] == 0))
			return false;
	return true;
}

/* A file name has no slash: everything but letters, digits, '-', '_' and '.' becomes %XX. */
static int32_t path_of(const char *directory, const char *name, char **path) {
	if (!name_allowed(name))
		return pm_fail(PLASMID_E_BAD_NAME, "a store's name has 1 to 200 bytes, no '/' at either end, no '..'");
	*path = malloc(strlen(directory) + 3 * strlen(name) + sizeof SUFFIX + 2);
	if (*path == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a path");
	char *to = *path + sprintf(*path, "%s/", directory);
	size_t begin = (size_t)(to - *path);
	for (const unsigned char *c = (const unsigned char *)name; *c != 0; c++) {
		bool plain =
				(*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-_.", *c) != NULL;
		to += plain ? sprintf(to, "%c", *c) : sprintf(to, "%%%02X", *c);
	}
	sprintf(to, SUFFIX);
	if (strlen(*path) - begin <= 255)
		return 0;
	free(*path);
	return pm_fail(PLASMID_E_BAD_NAME, "the store's name is too long for a file name once it is encoded");
}

static uint64_t seal_of(const pm_plan *plan) {
	uint64_t hash = 2, word;
	for (size_t at = 0; at < offsetof(pm_plan, seal); at += sizeof word) {
		memcpy(&word, (const char *)plan + at, sizeof word);
		hash = pm_fold(hash, word);
	}
	return hash;
}

static void lay_out(pm_plan *plan) {
	uint64_t at = pm_align(sizeof(pm_superblock), PM_PAGE);
	uint64_t objects = plan->max_objects;
	plan->clients_at = at;
	at = pm_align(at + (uint64_t)plan->max_clients * sizeof(pm_client_record), PM_PAGE);
	plan->waits_at = at;
	at = pm_align(at + (uint64_t)(PM_WAIT_BUCKETS + 1) * plan->hold_words * 8, PM_PAGE);
	plan->names_at = at;
	at = pm_align(at + objects * 4, PM_PAGE);
	plan->entries_at = at;
	at = pm_align(at + (objects + 1) * sizeof(pm_entry), PM_PAGE);
	plan->holds_at = at;
	at = pm_align(at + (objects + 1) * 16 * plan->hold_words, PM_PAGE);
	plan->nodes_at = at;
	at = pm_align(at + (uint64_t)pm_most_nodes(plan->max_objects) * sizeof(pm_extent), PM_PAGE);
	plan->events_at = at;
	at = pm_align(at + PM_EVENT_CELLS * sizeof(pm_event), PM_PAGE);
	plan->spill_at = plan->places_at = plan->files_at = 0;
	if (plan->spill_folders > 0) {
		plan->spill_at = at;
		plan->files_at = at = pm_align(at + sizeof(pm_spill), PM_PAGE);
		plan->places_at = at = pm_align(at + PM_SPILL_FILES * sizeof(pm_spill_file), PM_PAGE);
		at = pm_align(at + (objects + 1) * sizeof(pm_place), PM_PAGE);
	}
	plan->heap_at = at;
	plan->file_bytes = at + plan->capacity;
}

static int32_t describe(const plasmid_options *options, pm_plan *plan) {
	memset(plan, 0, sizeof *plan);
	uint64_t capacity = pm_align(options->capacity, PM_PAGE);
	if (options->capacity < PM_MIN_CAPACITY || options->capacity > PM_MAX_CAPACITY)
		return pm_fail(PLASMID_E_INVALID, "a capacity is between 1 MiB and 128 GiB, not %llu bytes",
		               (unsigned long long)options->capacity);
	uint64_t objects = options->max_objects != 0 ? options->max_objects : capacity / 256 < 4096 ? 4096 : capacity / 256;
	if (options->max_objects == 0 && objects > (1u << 26))
		objects = 1u << 26;
	if (objects > MOST_OBJECTS || objects < 16)
		return pm_fail(PLASMID_E_INVALID, "maxObjects is between 16 and 2^30, not %llu", (unsigned long long)objects);
	uint32_t clients = options->max_clients != 0 ? options->max_clients : 64;
	if (clients > PM_MAX_CLIENTS)
		return pm_fail(PLASMID_E_INVALID, "maxClients is at most %u, not %u", PM_MAX_CLIENTS, clients);
	plan->magic = PM_MAGIC;
	plan->version = PM_LAYOUT_VERSION;
	plan->page = PM_PAGE;
	plan->fingerprint = pm_fingerprint();
	plan->capacity = capacity;
	plan->max_objects = (uint32_t)objects;
	plan->max_clients = clients;
	plan->hold_words = (clients + 63) / 64;
	plan->flags = options->flags & PLASMID_OPEN_LAST_CLOSE;
	pm_spill spill;
	int32_t r = pm_folders_read(options, &spill);
	if (r != 0)
		return r;
	plan->spill_folders = options->spill_count;
	plan->spill_sum = options->spill_count > 0 ? pm_folders_sum(&spill) : 0;
	lay_out(plan);
	if (pm_random(&plan->generation, sizeof plan->generation) != 0)
		return pm_fail_errno("reading random bytes");
	plan->seal = seal_of(plan);
	return 0;
}

/* ---- mapping ---------------------------------------------------------------------------------- */

static void point(pm_client *client) {
	const pm_plan *plan = &client->plan;
	client->records = (pm_client_record *)(client->base + plan->clients_at);
	client->waits = (uint64_t *)(client->base + plan->waits_at);
	client->names = (uint32_t *)(client->base + plan->names_at);
	client->entries = (pm_entry *)(client->base + plan->entries_at);
	client->holds = (uint64_t *)(client->base + plan->holds_at);
	client->nodes = (pm_extent *)(client->base + plan->nodes_at);
	client->events = (pm_event *)(client->base + plan->events_at);
	client->spill = plan->spill_at == 0 ? NULL : (pm_spill *)(client->base + plan->spill_at);
	client->spill_files = plan->files_at == 0 ? NULL : (pm_spill_file *)(client->base + plan->files_at);
	client->places = plan->places_at == 0 ? NULL : (pm_place *)(client->base + plan->places_at);
	client->heap_writable = client->base + plan->heap_at;
	client->edge = client->heap_writable - 1;
}

static int32_t map(pm_client *client, const pm_plan *plan) {
	client->plan = *plan;
	client->base = mmap(NULL, plan->file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, client->file, 0);
	if (client->base == MAP_FAILED) {
		client->base = NULL;
		return pm_fail_errno("mapping the store's file");
	}
	client->super = (pm_superblock *)client->base;
	void *heap = mmap(NULL, plan->capacity, PROT_READ, MAP_SHARED | MAP_NORESERVE, client->file, (off_t)plan->heap_at);
	if (heap == MAP_FAILED)
		return pm_fail_errno("mapping the store's heap");
	client->heap = heap;
	client->cut_at = plan->file_bytes;
	point(client);
	return pm_windows_open(client);
}

void pm_segment_close(pm_client *client) {
	pm_windows_close(client);
	if (client->heap != NULL)
		munmap((void *)(uintptr_t)client->heap, client->plan.capacity);
	if (client->base != NULL)
		munmap(client->base, client->plan.file_bytes);
	client->heap = NULL;
	client->base = NULL;
	int *files[] = {&client->file, &client->lock_file, &client->probe_file, &client->hand};
	for (int i = 0; i < 4; i++) {
		if (*files[i] >= 0)
			close(*files[i]);
		*files[i] = -1;
	}
}

/* ---- making ----------------------------------------------------------------------------------- */

static int32_t too_large(const pm_plan *plan, uint64_t total, const char *directory) {
	return pm_fail(PLASMID_E_NO_SPACE, "%s holds %llu MiB in all, a store of %llu MiB cannot fit", directory,
	               (unsigned long long)(total >> 20), (unsigned long long)(plan->capacity >> 20));
}

/* Everything a store needs before its first object, in a file that has no name yet. */
static int32_t furnish(pm_client *client, const plasmid_options *options, const pm_plan *plan) {
	if (ftruncate(client->file, (off_t)plan->file_bytes) != 0)
		return pm_fail_errno("sizing the store's file");
	uint32_t entries = plan->max_objects < 1024 ? plan->max_objects : 1024;
	uint32_t nodes = pm_most_nodes(plan->max_objects) < FIRST_NODES ? pm_most_nodes(plan->max_objects) : FIRST_NODES;
	if (pm_file_reserve(client->file, 0, plan->names_at) != 0 ||
	    pm_file_reserve(client->file, plan->heap_at - PM_PAGE, plan->heap_at) != 0 || /* see pm_lock */
	    pm_file_write(client->file, plan, sizeof *plan, 0) != 0)
		return pm_fail_errno("reserving room for the store");
	if (plan->spill_at != 0 && pm_file_reserve(client->file, plan->spill_at, plan->places_at) != 0)
		return pm_fail_errno("reserving room for the store");
	int32_t r = map(client, plan);
	if (r == 0 && client->spill != NULL)
		r = pm_folders_read(options, client->spill);
	if (r == 0)
		r = pm_room_reserve(client, 0, entries, 0, nodes);
	if (r != 0)
		return r;
	pm_superblock *super = client->super;
	super->entries_reserved = entries;
	super->nodes_reserved = nodes;
	super->event_next = 1;
	pm_heap_init(&super->heap, client->nodes, nodes, 0, (uint32_t)(plan->capacity / PM_GRANULE));
	pm_index_clear(client);
	return 0;
}

/* A file without a name, so that it goes if its maker dies; where the file system has none such, under the name `temporary`. */
static int32_t make_file(int folder, pm_client *client, char *temporary, size_t room) {
	uint64_t mark;
	temporary[0] = 0;
	client->file = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (client->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		if (pm_random(&mark, sizeof mark) != 0)
			return pm_fail_errno("reading random bytes");
		snprintf(temporary, room, ".making-%016llx", (unsigned long long)mark);
		client->file = openat(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (client->file < 0)
		return pm_fail_errno("making the store's file");
	return fchmod(client->file, 0600) != 0 ? pm_fail_errno("setting the file's mode") : 0;
}

static int link_file(int folder, const pm_client *client, const char *temporary) {
	const char *name = strrchr(client->path, '/') + 1;
	char self[64];
	if (temporary[0] != 0)
		return linkat(folder, temporary, folder, name, 0);
	snprintf(self, sizeof self, "/proc/self/fd/%d", client->file);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW);
}

/* Locks the folder of the store's file, whose name ends at the path's last slash. */
static int try_folder(const pm_client *client, uint64_t timeout_ns) {
	char *name = strndup(client->path, (size_t)(strrchr(client->path, '/') - client->path));
	int folder = name == NULL ? -1 : pm_file_lock(name, timeout_ns);
	free(name);
	return folder;
}

static int32_t lock_folder(const pm_client *client, int *folder) {
	*folder = try_folder(client, client->lock_timeout_ns);
	if (*folder >= 0)
		return 0;
	if (errno != ETIMEDOUT)
		return pm_fail_errno("locking the folder of stores");
	return pm_fail(
			PLASMID_E_LOCK_TIMEOUT,
			"a process that makes or destroys a store there has had the folder of stores locked for more than %llu ms: "
			"is it stopped?",
			(unsigned long long)(client->lock_timeout_ns / 1000000u));
}

/* Does the path still name the client's file? */
static bool is_named(const pm_client *client) {
	return pm_file_is_at(client->file, client->path) == 1;
}

void pm_segment_clean(const pm_client *client) {
	int folder = client->spill == NULL ? -1 : try_folder(client, 0);
	if (folder < 0)
		return;
	if (is_named(client))
		pm_folders_remove_former(client);
	pm_file_unlock(folder);
}

/* Two makers of one name and their destroyers take turns: see pm_segment_destroy. */
static int32_t found(pm_client *client) {
	if (client->spill == NULL)
		return 0;
	int folder;
	int32_t r = lock_folder(client, &folder);
	if (r != 0)
		return r;
	if (is_named(client)) {
		r = pm_folders_make(client);
		if (r != 0)
			unlink(client->path);
	}
	pm_file_unlock(folder);
	return r;
}

/* Whole before it gets its name: nobody sees half a store. EEXIST: somebody else was first. */
static int32_t make(const char *directory, int folder, const plasmid_options *options, pm_client *client,
                    bool *lost_race) {
	pm_plan plan;
	uint64_t total, available;
	char temporary[32];
	int32_t r = describe(options, &plan);
	if (r != 0)
		return r;
	if (pm_file_space(folder, &total, &available) != 0)
		return pm_fail_errno("asking the file system for its size");
	if (total != 0 && plan.capacity > total)
		return too_large(&plan, total, directory);
	r = make_file(folder, client, temporary, sizeof temporary);
	if (r == 0)
		r = furnish(client, options, &plan);
	PM_POINT("segment:furnished");
	if (r == 0 && link_file(folder, client, temporary) != 0) {
		*lost_race = errno == EEXIST;
		r = pm_fail_errno("naming the store's file");
	}
	if (temporary[0] != 0)
		unlinkat(folder, temporary, 0);
	if (r == 0)
		r = found(client);
	return r;
}

/* ---- opening what is there -------------------------------------------------------------------- */

/* Marks that index memory. Whoever has the lock may be moving them: held against what never changes. */
static bool marks_allowed(const pm_superblock *super) {
	const pm_plan *plan = &super->plan;
	return plan->spill_folders <= PM_SPILL_FOLDERS && plan->max_clients >= 1 && plan->max_clients <= PM_MAX_CLIENTS &&
	       plan->hold_words == (plan->max_clients + 63) / 64 && plan->max_objects >= 16 &&
	       plan->max_objects <= MOST_OBJECTS && plan->capacity <= PM_MAX_CAPACITY &&
	       super->entries_reserved <= plan->max_objects && super->entries_used <= plan->max_objects &&
	       super->name_buckets >= 1 && super->name_buckets <= plan->max_objects &&
	       super->nodes_reserved <= pm_most_nodes(plan->max_objects) &&
	       (uint64_t)super->committed * PM_GRANULE <= plan->capacity;
}

static int32_t judge(int fd, pm_superblock *super) {
	const pm_plan *plan = &super->plan;
	struct stat info;
	if (fstat(fd, &info) != 0)
		return pm_fail_errno("looking at the store's file");
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the file is not a regular file of this user alone (mode 0600)");
	if ((uint64_t)info.st_size < sizeof *super || pm_file_read(fd, super, sizeof *super, 0) != 0)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the file is too short for a store: %lld bytes", (long long)info.st_size);
	if (plan->magic != PM_MAGIC)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the file does not begin as a store does");
	if (plan->version != PM_LAYOUT_VERSION || plan->fingerprint != pm_fingerprint() || plan->page != PM_PAGE)
		return pm_fail(PLASMID_E_VERSION,
		               "the store has layout version %u of another build; this one has %u: destroy it, or use that build",
		               plan->version, PM_LAYOUT_VERSION);
	if (plan->seal != seal_of(plan))
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the superblock's checksum is wrong");
	pm_plan again = *plan;
	lay_out(&again);
	if (memcmp(&again, plan, offsetof(pm_plan, seal)) != 0 || (uint64_t)info.st_size != plan->file_bytes)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the file has %lld bytes, its superblock says %llu", (long long)info.st_size,
		               (unsigned long long)plan->file_bytes);
	if (!marks_allowed(super))
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the superblock's marks are out of bounds");
	return 0;
}

/* What is there, if it can be trusted. *again: it has ended. */
static int32_t attach(pm_client *client, bool *again) {
	pm_superblock super;
	int32_t r = judge(client->file, &super);
	if (r == 0)
		r = map(client, &super.plan);
	if (r != 0)
		return r;
	if (client->spill != NULL && pm_folders_sum(client->spill) != client->plan.spill_sum)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "the checksum of what the store says of spilling is wrong");
	if (pm_load(&client->super->destroyed) == PM_DESTROYED) {
		/* Whoever destroyed it may have died before the unlink. */
		r = pm_segment_destroy(client);
		*again = r == 0;
	}
	return r;
}

static int open_named(int folder, const pm_client *client) {
	return openat(folder, strrchr(client->path, '/') + 1, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
}

/* One turn: open what is there, or make it. *again: somebody was faster, or destroyed it under our hands. */
static int32_t open_once(const char *directory, int folder, const plasmid_options *options, pm_client *client,
                         bool *again) {
	client->file = open_named(folder, client);
	if (client->file >= 0)
		return attach(client, again);
	if (errno == ELOOP)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "%s is a symbolic link", client->path);
	if (errno == EISDIR)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "%s is a directory", client->path);
	if (errno != ENOENT)
		return pm_fail_errno("opening the store's file");
	if ((options->flags & PLASMID_OPEN_EXISTING) != 0)
		return pm_fail(PLASMID_E_NO_STORE, "there is no %s", client->path);
	if (options->capacity == 0)
		return pm_fail(PLASMID_E_NO_STORE, "there is no %s, and no capacity to make it with", client->path);
	return make(directory, folder, options, client, again);
}

/* The two descriptions apart from the mapped one: see prim/bytelock.h. */
static int32_t open_lock_files(int folder, pm_client *client) {
	struct stat info, other;
	client->lock_file = open_named(folder, client);
	client->probe_file = open_named(folder, client);
	if (client->lock_file < 0 || client->probe_file < 0 || fstat(client->file, &info) != 0)
		return pm_fail_errno("opening the store's file for its locks");
	if (fstat(client->lock_file, &other) != 0 || other.st_ino != info.st_ino || fstat(client->probe_file, &other) != 0 ||
	    other.st_ino != info.st_ino) {
		errno = ENOENT;
		return pm_fail_errno("the store was replaced while it was opened");
	}
	client->device = info.st_dev;
	client->inode = info.st_ino;
	return 0;
}

int32_t pm_segment_open(const char *directory, const char *name, const plasmid_options *options, pm_client *client) {
	client->file = client->lock_file = client->probe_file = client->hand = -1;
	client->lock_timeout_ns =
			(uint64_t)(options->lock_timeout_ms != 0 ? options->lock_timeout_ms : LOCK_TIMEOUT_MS) * 1000000u;
	int32_t r = path_of(directory, name, &client->path);
	if (r != 0)
		return r;
	int folder = pm_file_directory(directory);
	if (folder < 0 && errno == EPERM)
		return pm_fail(PLASMID_E_BAD_SEGMENT, "%s is not a directory of this user that only they can write to", directory);
	if (folder < 0)
		return pm_fail_errno("opening the directory of stores");
	for (int turn = 0; turn < ATTEMPTS; turn++) {
		bool again = false;
		r = open_once(directory, folder, options, client, &again);
		if (r == 0 && !again) {
			r = open_lock_files(folder, client);
			again = r != 0 && errno == ENOENT;
		}
		if (!again)
			break;
		pm_segment_close(client);
		r = pm_fail(PLASMID_E_SYSTEM, "%s is made and destroyed all the time", client->path);
	}
	close(folder);
	if (r != 0)
		pm_segment_close(client);
	return r;
}

int32_t pm_segment_fits(const pm_client *client, const plasmid_options *options) {
	uint64_t capacity = client->plan.capacity;
	if (options->capacity == 0 || pm_align(options->capacity, PM_PAGE) == capacity)
		return pm_folders_fit(client, options);
	return pm_fail(PLASMID_E_CAPACITY, "the store has a capacity of %llu bytes, not %llu", (unsigned long long)capacity,
	               (unsigned long long)options->capacity);
}

int32_t pm_segment_remove(const pm_client *client) {
	struct stat info;
	int folder;
	int32_t r = lock_folder(client, &folder);
	if (r != 0)
		return r;
	if (lstat(client->path, &info) != 0)
		r = pm_fail_errno("looking at the store's file");
	else if (info.st_uid != geteuid() || S_ISDIR(info.st_mode))
		r = pm_fail(PLASMID_E_BAD_SEGMENT, "%s is not a file of this user", client->path);
	else if (unlink(client->path) != 0)
		r = pm_fail_errno("removing the file");
	pm_file_unlock(folder);
	return r;
}

int32_t pm_segment_destroy(pm_client *client) {
	pm_store(&client->super->destroyed, PM_DESTROYED);
	pm_wake_all(client);
	PM_POINT("destroy:said");
	/* One destroyer at a time: between another's look and its unlink the name may have become a new store's. */
	int folder;
	int32_t r = lock_folder(client, &folder);
	if (r != 0)
		return r; /* the file says that the store has ended: whoever opens it next removes it */
	if (is_named(client))
		unlink(client->path);
	pm_folders_remove(client);
	pm_file_unlock(folder);
	return 0;
}
