/* A process dies at each named place of putting, building, reading and freeing objects that are larger than the store. Whoever opens the
 * store next finds what was sealed word for word, no file that nobody needs, in no folder, and the checker content. And nobody who opens
 * a store ever removes the file of a living process.
 *
 * The places are in debug builds only: elsewhere only what is killed at any time runs. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "spilling.h"

#define OBJECTS 2
#define WORDS (CAPACITY / 2)

static const char *const POINTS[] = {"spill:reserved",    "create:filled",   "create:published", "oversize:made",
                                     "oversize:reserved", "oversize:chunk",  "oversize:written", "oversize:renamed",
                                     "spill:whole",       "seal:filled",     "seal:published",   "oversize:reading",
                                     "remove:published",  "slot:absent",     "tidy:dying",       "tidy:removed",
                                     "rebuild:judged",    "rebuild:indexed", "rebuild:done",     "reap:swept"};

static spilling s;
static plasmid_ref *refs; /* shared with the children */

static void furnish(uint64_t unused) {
	(void)unused;
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < OBJECTS; i++)
		refs[i] = put_number(store, i, WORDS + i, i % 2, &refs[0], i);
	WELL(plasmid_close(store));
}

/* A draft that contains the first, with a name. */
static void draft(plasmid_store *store, int how) {
	plasmid_span span = {.bytes = WORDS * 4 + 100};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1,
	                     .references = (uint64_t)(uintptr_t)refs,
	                     .reference_count = 1,
	                     .name = (uint64_t)(uintptr_t) "draft",
	                     .name_bytes = 5};
	int32_t token = plasmid_create(store, &item);
	WELL(token);
	memset((void *)(uintptr_t)item.room, 5, span.bytes);
	if (how == 0) {
		WELL(plasmid_unview(store, (uint32_t)token, 1));
		plasmid_release(NULL, (void *)(uintptr_t)item.context);
		int32_t handle = plasmid_seal(store, (uint32_t)token);
		WELL(handle);
		WELL(plasmid_forget(store, (uint32_t)handle));
		CHECK(plasmid_state(store, REF(item.ref)) == PLASMID_E_LOST);
	} else {
		WELL(plasmid_abort(store, (uint32_t)token));
		plasmid_release(NULL, (void *)(uintptr_t)item.context);
	}
}

static void operate(uint64_t seed) {
	plasmid_store *store = spilling_open(&s);
	for (uint32_t turn = 0; turn < 2; turn++) {
		plasmid_ref mine = put_number(store, 77, WORDS + 9, 1, refs, 1);
		check_number(store, mine, 77, WORDS + 9);
		uint32_t number = (uint32_t)(seed + turn) % OBJECTS;
		check_number(store, refs[number], number, WORDS + number);
		WELL(plasmid_free(store, REF(mine)));
		draft(store, (int)(seed + turn) % 2);
		WELL(plasmid_drain(store));
		WELL(plasmid_tidy(store));
	}
	WELL(plasmid_close(store));
}

/* What the dead had put and not freed is pinned still, under its name. */
static void verify(uint64_t unused) {
	(void)unused;
	plasmid_store *store = spilling_open(&s);
	memcpy(plasmid_exchange_of(store)->name, "s/77", 4);
	if (plasmid_find(store, 4) == 0) {
		plasmid_ref left = plasmid_exchange_of(store)->ref;
		check_number(store, left, 77, WORDS + 9);
		WELL(plasmid_free(store, REF(left)));
		WELL(plasmid_drain(store));
		WELL(plasmid_close(store));
		store = spilling_open(&s);
	}
	WELL(plasmid_check(store));
	plasmid_stats stats = stats_of(store);
	CHECK(stats.objects == OBJECTS && stats.spilled == OBJECTS && stats.quarantined_total == 0 && stats.leases == 0);
	CHECK(stats.spill_files == OBJECTS && spilling_files(&s, NULL) == OBJECTS);
	for (uint32_t i = 0; i < OBJECTS; i++)
		check_number(store, refs[i], i, WORDS + i);
	WELL(plasmid_close(store));
}

static int in_child(void (*what)(uint64_t), uint64_t seed, const char *point, uint32_t nth, uint32_t kill_after_ms) {
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (point != NULL)
			CHECK(plasmid_test_crash_at(point, nth) == 0);
		what(seed);
		_exit(0);
	}
	if (kill_after_ms > 0) {
		wait_ms(kill_after_ms);
		kill(pid, SIGKILL);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	return WIFEXITED(status);
}

#ifndef __SANITIZE_THREAD__ /* it watches forks of processes with threads, and may hang */
/* ---- who opens cleans up ------------------------------------------------------------------------------ */

static void touch(const char *folder, const char *name) {
	char path[1400];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0 && close(fd) == 0);
}

static void die_writing(uint64_t unused) {
	(void)unused;
	plasmid_store *store = spilling_open(&s);
	plasmid_span span = {.bytes = WORDS * 4};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
	raise(SIGKILL);
}

/* While this process lives: a draft in progress, what another died with, and files of nobody. */
static void who_opens_cleans_up(void) {
	plasmid_store *store = spilling_open(&s);
	plasmid_span span = {.bytes = WORDS * 4};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1, .flags = PLASMID_ITEM_PIN};
	int32_t token = plasmid_create(store, &item);
	WELL(token);
	CHECK(!in_child(die_writing, 0, NULL, 0, 0));
	CHECK(spilling_files(&s, NULL) == OBJECTS + 2);
	char path[1024], former[1200];
	spilling_files(&s, path);
	*strrchr(path, '/') = 0;
	touch(path, "00000000deadbeef.making");
	touch(path, "00000000deadbee0.spill");
	touch(path, "of-somebody-else");
	snprintf(former, sizeof former, "%.*s0123456789abcdef", (int)(strlen(path) - 16), path);
	CHECK(mkdir(former, 0700) == 0);
	touch(former, "0000000000000001.making");
	CHECK(spilling_files(&s, NULL) == OBJECTS + 6);
	plasmid_store *again = spilling_open(&s);
	CHECK(spilling_files(&s, NULL) == OBJECTS + 2 && access(former, F_OK) != 0);
	snprintf(former, sizeof former, "%s/of-somebody-else", path);
	CHECK(unlink(former) == 0);
	WELL(plasmid_close(again));
	CHECK(!in_child(die_writing, 0, NULL, 0, 0));
	CHECK(spilling_files(&s, NULL) == OBJECTS + 2);
	CHECK(plasmid_reap(store) == 1 && spilling_files(&s, NULL) == OBJECTS + 1);
	memset((void *)(uintptr_t)item.room, 3, span.bytes);
	WELL(plasmid_seal(store, (uint32_t)token));
	plasmid_release(NULL, (void *)(uintptr_t)item.context);
	WELL(plasmid_free(store, REF(item.ref)));
	WELL(plasmid_drain(store));
	WELL(plasmid_close(store));
	CHECK(spilling_files(&s, NULL) == OBJECTS);
}

#endif

int main(void) {
	refs = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(refs != MAP_FAILED);
	spilling_begin(&s, 2);
	CHECK(in_child(furnish, 0, NULL, 0, 0));
	CHECK(in_child(verify, 0, NULL, 0, 0));
	uint32_t deaths = 0, whole = 0;
	for (uint32_t i = 0; plasmid_test_crash_at("none", 0) == 0 && i < sizeof POINTS / sizeof POINTS[0]; i++)
		for (uint32_t nth = 1; nth <= 4; nth += getenv("PLASMID_TEST_QUICK") != NULL ? 3 : 1) {
			int ended = in_child(operate, i + nth, POINTS[i], nth, 0);
			deaths += !ended;
			whole += ended;
			CHECK(in_child(verify, 0, NULL, 0, 0));
		}
	uint32_t kills = 0;
	for (uint32_t i = 0; i < 30; i++) {
		kills += !in_child(operate, i, NULL, 0, 1 + i);
		CHECK(in_child(verify, 0, NULL, 0, 0));
	}
	printf("%u deaths at named places (%u not reached), %u at any\n", deaths, whole, kills);
#ifndef __SANITIZE_THREAD__
	who_opens_cleans_up();
#endif
	spilling_end(&s);
	return 0;
}
