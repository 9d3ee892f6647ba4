/* Opening, making and destroying race: one name is one store, whatever was half done; and a file is opened only when what it says
 * of itself can be true. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "support.h"

#include "client.h"
#include "prim/atomic.h"

static bool slow;

/* Instead of libc's: a destroyer that loses the processor between its look at the name and its unlink. */
int unlink(const char *path) {
	if (slow)
		wait_ms(300);
	return unlinkat(AT_FDCWD, path, 0);
}

static plasmid_store *open_store(const char *name) {
	plasmid_options options = {.capacity = 8u << 20};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static void end(plasmid_store *store, const char *name) {
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
}

static void a_late_unlink_takes_no_new_store(void) {
	const char *name = fresh_name();
	plasmid_store *old = open_store(name);
	pid_t destroyer = fork();
	if (destroyer == 0) {
		slow = true;
		WELL(plasmid_destroy(DIRECTORY, name));
		_exit(0);
	}
	while (pm_load(&old->client->super->destroyed) == 0)
		wait_ms(1);
	wait_ms(50);
	plasmid_store *fresh = open_store(name);
	CHECK(waitpid(destroyer, NULL, 0) == destroyer);
	struct stat named;
	CHECK(stat(fresh->client->path, &named) == 0 && named.st_ino == fresh->client->inode);
	WELL(plasmid_close(old));
	end(fresh, name);
}

/* Whoever makes or destroys a store has the folder for that long, and may be stopped. */
static void a_locked_folder_is_waited_for_within_bounds(void) {
	const char *name = fresh_name();
	plasmid_options options = {.capacity = 8u << 20, .lock_timeout_ms = 50};
	plasmid_store *old = open_store(name), *fresh;
	int folder = open(DIRECTORY, O_RDONLY | O_DIRECTORY);
	CHECK(folder >= 0 && flock(folder, LOCK_EX) == 0);
	pm_store(&old->client->super->destroyed, PM_DESTROYED); /* by one who was stopped then */
	CHECK(plasmid_open(DIRECTORY, name, &options, &fresh) == PLASMID_E_LOCK_TIMEOUT);
	CHECK(strstr(plasmid_detail(), "folder") != NULL);
	CHECK(flock(folder, LOCK_UN) == 0 && close(folder) == 0);
	WELL(plasmid_open(DIRECTORY, name, &options, &fresh));
	CHECK(fresh->client->plan.generation != old->client->plan.generation);
	WELL(plasmid_close(old));
	end(fresh, name);
}

static void hostile(const char *what, uint32_t at, uint32_t value) {
	const char *name = fresh_name();
	plasmid_store *store = open_store(name);
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	uint32_t *word = (uint32_t *)(store->client->base + at), before = pm_load(word);
	pm_store(word, value);
	pid_t opener = fork();
	if (opener == 0) {
		plasmid_store *other;
		_exit(plasmid_open(DIRECTORY, name, &options, &other) == PLASMID_E_BAD_SEGMENT ? 0 : 1);
	}
	int status;
	CHECK(waitpid(opener, &status, 0) == opener);
	if (status != 0)
		fprintf(stderr, "a store with %s of %u was opened\n", what, value);
	CHECK(status == 0);
	pm_store(word, before);
	end(store, name);
}

#define HOSTILE(field, value) hostile(#field, offsetof(pm_superblock, field), value)

static uint32_t unfinished(void) {
	FILE *list = popen("ls -A " DIRECTORY " | grep -c '^\\.making'", "r");
	uint32_t count = 0;
	CHECK(list != NULL && fscanf(list, "%u", &count) == 1);
	pclose(list);
	return count;
}

static void a_killed_maker_leaves_nothing(void) {
	const char *name = fresh_name();
	uint32_t before = unfinished();
	pid_t maker = fork();
	if (maker == 0) {
		if (plasmid_test_crash_at("segment:furnished", 1) != 0)
			_exit(0); /* a release build */
		open_store(name);
		_exit(1);
	}
	int status;
	CHECK(waitpid(maker, &status, 0) == maker);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	CHECK(unfinished() == before);
	end(open_store(name), name);
}

int main(void) {
#ifdef __SANITIZE_THREAD__
	printf("the children open stores: their threads may hang in a fork that the thread sanitizer watches\n");
	return 0;
#endif
	a_late_unlink_takes_no_new_store();
	a_locked_folder_is_waited_for_within_bounds();
	HOSTILE(name_buckets, 0x7fffffff);
	HOSTILE(name_buckets, 0);
	HOSTILE(entries_used, 0x7fffffff);
	HOSTILE(entries_reserved, 0x7fffffff);
	HOSTILE(nodes_reserved, 0x7fffffff);
	HOSTILE(committed, 0x7fffffff);
	HOSTILE(plan.max_clients, 2000);
	HOSTILE(plan.hold_words, 100);
	a_killed_maker_leaves_nothing();
	return 0;
}
