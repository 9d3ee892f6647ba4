/* A process dies at each named place of spilling, of reading back and of tidying; another finds every object word for word, no file that
 * nobody needs, no byte that nobody has, and the checker content. Then one is killed at any time, many times over.
 *
 * The places are in debug builds only: elsewhere only the second half runs. */
#include <signal.h>
#include <sys/mman.h>

#include "spilling.h"

#define OBJECTS 48

static const char *const POINTS[] = {
		"spill:turn",      "spill:reserved",    "spill:begun",    "spill:again",      "spill:made",
		"spill:written",   "spill:renamed",     "spill:whole",    "spill:placed",     "spill:filled",
		"spill:published", "spill:moved",       "restore:placed", "restore:claimed",  "restore:chunk",
		"restore:filled",  "restore:published", "tidy:claimed",   "tidy:moved",       "tidy:dying",
		"tidy:removed",    "rebuild:judged",    "rebuild:done",   "remove:published", "reap:swept"};

static spilling s;
static plasmid_ref *refs; /* shared with the children */

static uint32_t words_of(uint32_t number) {
	return number % 3 == 0 ? 200 + number : 15000 + number * 16;
}

static void furnish(void) {
	plasmid_store *store = spilling_open(&s);
	for (uint32_t i = 0; i < OBJECTS; i++)
		refs[i] = put_number(store, i, words_of(i), i % 2, &refs[i > 0 ? i - 1 : 0], i % 4 == 3);
	WELL(plasmid_close(store));
	_exit(0);
}

/* Reads all, which spills others; frees what it made itself, so that files die and are rewritten. */
static void operate(uint64_t seed) {
	plasmid_store *store = spilling_open(&s);
	uint64_t random = seed;
	for (uint32_t turn = 0; turn < 60; turn++) {
		uint32_t number = roll(&random) % OBJECTS;
		plasmid_ref mine[8];
		check_number(store, refs[number], number, words_of(number));
		for (uint32_t i = 0; i < 8; i++)
			mine[i] = put_number(store, 1000 + i, 3000, 0, NULL, 0);
		if (turn % 4 == 0)
			WELL(plasmid_spill_out(store, CAPACITY));
		for (uint32_t i = 0; i < 8; i++)
			if (i != turn % 8)
				WELL(plasmid_free(store, REF(mine[i])));
		WELL(plasmid_drain(store));
		WELL(plasmid_tidy(store));
		WELL(plasmid_free(store, REF(mine[turn % 8])));
	}
	WELL(plasmid_close(store));
	_exit(0);
}

/* What the dead had made and not freed is pinned still, and not known to anyone: it goes. */
static void free_strangers(plasmid_store *store) {
	plasmid_object_row rows[64];
	uint32_t cursor = 1;
	do {
		int32_t count = plasmid_list(store, cursor, rows, 64, &cursor);
		WELL(count);
		for (int32_t i = 0; i < count; i++) {
			int known = 0;
			for (uint32_t k = 0; k < OBJECTS; k++)
				known |= memcmp(rows[i].ref.id, refs[k].id, sizeof refs[k].id) == 0;
			if (!known)
				WELL(plasmid_free(store, REF(rows[i].ref)));
		}
	} while (cursor != 0);
}

static void verify(void) {
	plasmid_store *store = spilling_open(&s);
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	free_strangers(store);
	for (uint32_t i = 0; i < OBJECTS; i++)
		check_number(store, refs[i], i, words_of(i));
	WELL(plasmid_drain(store));
	WELL(plasmid_tidy(store));
	WELL(plasmid_check(store));
	plasmid_stats stats = stats_of(store);
	CHECK(stats.objects == OBJECTS && stats.quarantined_total == 0 && stats.leases == 0);
	CHECK((int)stats.spill_files == spilling_files(&s, NULL));
	WELL(plasmid_close(store));
	_exit(0);
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

static void run_furnish(uint64_t unused) {
	(void)unused;
	furnish();
}

static void run_verify(uint64_t unused) {
	(void)unused;
	verify();
}

int main(void) {
	refs = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(refs != MAP_FAILED);
	spilling_begin(&s, 2);
	CHECK(in_child(run_furnish, 0, NULL, 0, 0));
	CHECK(in_child(run_verify, 0, NULL, 0, 0));
	uint32_t deaths = 0, whole = 0;
	for (uint32_t i = 0; plasmid_test_crash_at("none", 0) == 0 && i < sizeof POINTS / sizeof POINTS[0]; i++)
		for (uint32_t nth = 1; nth <= 9; nth += getenv("PLASMID_TEST_QUICK") != NULL ? 8 : 2) {
			int ended = in_child(operate, i * 10 + nth, POINTS[i], nth, 0);
			deaths += !ended;
			whole += ended;
			CHECK(in_child(run_verify, 0, NULL, 0, 0));
		}
	uint32_t kills = 0;
	for (uint32_t i = 0; i < 30; i++) {
		kills += !in_child(operate, i, NULL, 0, 1 + i * 2);
		CHECK(in_child(run_verify, 0, NULL, 0, 0));
	}
	printf("%u deaths at named places (%u not reached), %u at any\n", deaths, whole, kills);
	spilling_end(&s);
	return 0;
}
