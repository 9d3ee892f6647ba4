/* A day's work in miniature: processes that do all there is to do in a store, and in one that spills and is full, at random, for
 * PLASMID_SOAK_SECONDS (30), while one of them is killed, or stopped for a while, every few hundred milliseconds. One process lives through all of it. Afterwards every byte is
 * usable, the checker is content, and nothing is left: no file, no descriptor, no mapping. */
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "leftovers.h"
#include "worker.h"

#include "prim/clock.h"

#define WORKERS 3
#define SURVIVOR WORKERS
#define CAPACITY (8u << 20)
#define SPILLING_CAPACITY (1u << 20)
#define SPILL_LIMIT (8u << 20)
#define OBJECTS 5000u
#define STEPS_A_LIFE 50000u /* then a worker closes the store and opens the other */
#define LIVES_BITS 20u      /* of a seed: below, those of one process */
#define LEAST_STEPS 10000000u
#define LEAST_SECONDS_FOR_THEM 120u

/* What all of them see. */
typedef struct shared {
	uint32_t over;
	uint64_t steps[WORKERS + 1];
	uint64_t lives;
} shared;

static shared *common;
static const char *name;
static char spilling[96], folder[96];

static plasmid_store *open_store(const char *called, uint32_t flags) {
	plasmid_options options = {.capacity = CAPACITY, .max_objects = OBJECTS, .lock_timeout_ms = 20000, .flags = flags};
	plasmid_store *store;
	if (called == spilling) {
		options.capacity = SPILLING_CAPACITY;
		options.spill_folders = (uint64_t)(uintptr_t)folder;
		options.spill_count = 1;
		options.spill_limit = SPILL_LIMIT;
	}
	WELL(plasmid_open(DIRECTORY, called, &options, &store));
	return store;
}

/* A store of one's own that ends with its last client: with this process, however it ends. */
static void brief_store(uint64_t seed) {
	char called[64];
	snprintf(called, sizeof called, "%s-own%d", name, (int)(seed % 4));
	plasmid_store *store = open_store(called, PLASMID_OPEN_LAST_CLOSE);
	worker w;
	worker_begin(&w, store, seed);
	for (int i = 0; i < 200; i++)
		worker_step(&w);
	worker_end(&w);
	WELL(plasmid_close(store));
}

static bool over(void) {
	return __atomic_load_n(&common->over, __ATOMIC_RELAXED) != 0;
}

static void one_life(uint32_t who, uint64_t seed, const char *called) {
	plasmid_store *store = open_store(called, PLASMID_OPEN_EXISTING);
	worker w;
	worker_begin(&w, store, seed);
	for (uint32_t i = 0; i < STEPS_A_LIFE && !over(); i++) {
		worker_step(&w);
		__atomic_add_fetch(&common->steps[who], 1, __ATOMIC_RELAXED);
	}
	worker_end(&w);
	WELL(plasmid_close(store));
	__atomic_add_fetch(&common->lives, 1, __ATOMIC_RELAXED);
}

static pid_t start(uint32_t who, uint64_t seed) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid != 0)
		return pid;
	bool spills = (seed >> LIVES_BITS) % 2 != 0;
	/* The first life makes what a process has once. */
	one_life(who, seed, spills ? spilling : name);
	uint32_t descriptors = entries_in("/proc/self/fd", "");
	while (!over()) {
		brief_store(++seed);
		spills = !spills;
		one_life(who, ++seed, spills ? spilling : name);
	}
	CHECK(entries_in("/proc/self/fd", "") == descriptors && mappings_of(name) == 0);
	exit(0);
}

static void end(pid_t pid) {
	int status;
	kill(pid, SIGCONT);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	fprintf(stderr, "a worker ended by itself: status %x\n", status);
	exit(1);
}

static uint32_t seconds(void) {
	const char *given = getenv("PLASMID_SOAK_SECONDS");
	return given == NULL ? 30 : (uint32_t)strtoul(given, NULL, 10);
}

/* Kills and stops until the time is over. Returns how many were killed. */
static uint32_t harass(pid_t *workers, uint64_t *random, uint64_t *seed) {
	uint64_t until = pm_monotonic_ns() + (uint64_t)seconds() * 1000000000u;
	uint32_t kills = 0;
	while (pm_monotonic_ns() < until) {
		uint32_t who = roll(random) % WORKERS;
		wait_ms(100 + roll(random) % 300);
		if (roll(random) % 5 == 0) {
			kill(workers[who], SIGSTOP);
			wait_ms(20 + roll(random) % 100);
			kill(workers[who], SIGCONT);
			continue;
		}
		end(workers[who]);
		kills++;
		workers[who] = start(who, (*seed)++ << LIVES_BITS);
	}
	return kills;
}

/* Nothing is lost, and nothing left. What had happened by then. */
static plasmid_stats look_through(const char *called) {
	plasmid_store *store = open_store(called, PLASMID_OPEN_EXISTING);
	plasmid_stats stats;
	WELL(plasmid_stats_of(store, &stats));
	check_all_is_usable(store);
	WELL(plasmid_close(store));
	return stats;
}

/* Those whose last client was killed end when the next one opens them. */
static void end_brief_stores(void) {
	for (uint64_t i = 0; i < 4; i++)
		brief_store(i);
	WELL(plasmid_destroy(DIRECTORY, name));
	WELL(plasmid_destroy(DIRECTORY, spilling));
	CHECK(rmdir(folder) == 0);
	CHECK(entries_in(DIRECTORY, name) == 0 && entries_in("/tmp", name) == 0);
}

int main(void) {
	pid_t workers[WORKERS + 1];
	uint64_t random = 42, seed = 1, steps = 0;
	int status;
	name = fresh_name();
	snprintf(spilling, sizeof spilling, "%s-disk", name);
	snprintf(folder, sizeof folder, "/tmp/plasmid-soak-%s", name);
	CHECK(mkdir(folder, 0700) == 0);
	common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(common != MAP_FAILED);
	/* In a child: a process that has a store open can't be forked. */
	pid_t maker = fork();
	if (maker == 0) {
		WELL(plasmid_close(open_store(name, 0)));
		WELL(plasmid_close(open_store(spilling, 0)));
		exit(0);
	}
	CHECK(waitpid(maker, &status, 0) == maker && status == 0);
	for (uint32_t i = 0; i <= WORKERS; i++)
		workers[i] = start(i, seed++ << LIVES_BITS);
	uint32_t kills = harass(workers, &random, &seed);
	for (uint32_t i = 0; i < WORKERS; i++)
		end(workers[i]);
	__atomic_store_n(&common->over, 1, __ATOMIC_RELAXED);
	CHECK(waitpid(workers[SURVIVOR], &status, 0) == workers[SURVIVOR] && status == 0);
	for (uint32_t i = 0; i <= WORKERS; i++)
		steps += common->steps[i];
	printf("%u s: %llu operations, %u kills, %llu lives that ended well\n", seconds(), (unsigned long long)steps, kills,
	       (unsigned long long)common->lives);
	CHECK(kills > 0 && (seconds() < LEAST_SECONDS_FOR_THEM || steps >= LEAST_STEPS));
	look_through(name);
	plasmid_stats stats = look_through(spilling);
	printf("%llu objects went to disk, %llu came back\n", (unsigned long long)stats.spilled_total,
	       (unsigned long long)stats.restored_total);
	CHECK(stats.spilled_total > 1000 && stats.restored_total > 1000);
	end_brief_stores();
	return 0;
}
