/* Processes at random in one store, killed at random: the others go on, and afterwards all that the dead held is reclaimed, the
 * checker is content and the whole capacity is usable. */
#include <signal.h>

#include "leftovers.h"
#include "worker.h"

#define WORKERS 3

static pid_t start(const char *name, uint64_t seed) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid != 0)
		return pid;
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING, .lock_timeout_ms = 20000};
	plasmid_store *store;
	worker w;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	worker_begin(&w, store, seed);
	for (;;)
		worker_step(&w);
}

/* Nothing is opened in this process while it forks: a forked child could not use it. */
static void make(const char *name) {
	plasmid_options options = {.capacity = 8u << 20, .max_objects = 5000};
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		plasmid_store *store;
		WELL(plasmid_open(DIRECTORY, name, &options, &store));
		WELL(plasmid_close(store));
		exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	CHECK(status == 0);
}

int main(void) {
	const char *name = fresh_name();
	pid_t workers[WORKERS];
	uint64_t random = 42, seed = 1;
	make(name);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start(name, seed++);
	uint32_t kills = scaled(200) < 40 ? 40 : scaled(200);
	for (uint32_t i = 0; i < kills; i++) {
		int status, who = (int)(roll(&random) % WORKERS);
		wait_ms(5 + roll(&random) % 40);
		kill(workers[who], SIGKILL);
		waitpid(workers[who], &status, 0);
		if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
			fprintf(stderr, "a worker ended by itself: status %x\n", status);
			for (int k = 0; k < WORKERS; k++)
				kill(workers[k], SIGKILL);
			return 1;
		}
		workers[who] = start(name, seed++);
	}
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	plasmid_stats stats;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	WELL(plasmid_reap(store));
	WELL(plasmid_stats_of(store, &stats));
	printf("%u kills: %llu sealed, %llu recoveries, %llu reaped, %llu quarantined, %u objects, %u evictable\n", kills,
	       (unsigned long long)stats.sealed_total, (unsigned long long)stats.recovered_total,
	       (unsigned long long)stats.reaped_total, (unsigned long long)stats.quarantined_total, stats.objects,
	       stats.evictable);
	check_all_is_usable(store);
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	return 0;
}
