/* How long the others wait when a process dies: under the lock (the next one to want it rebuilds all that is derived), and with leases
 * (the next one to look reaps it). Half of the objects are held by handles, one in eight has a name, one in eight contains another.
 *
 *   recovery folder objects leases [rounds]     prints a line a round: milliseconds of recovery, of the rebuild alone, of the reap, and of
 *                                               reading all its entries once, which neither can do without
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "lock.h"
#include "plasmid.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "reap.h"
#include "rebuild.h"

static const char *folder, *name;

static void need(int32_t result, const char *what) {
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %s, %s\n", what, plasmid_error_name(result), plasmid_detail());
	exit(1);
}

static plasmid_store *open_store(uint32_t objects) {
	plasmid_options options = {.capacity = ((uint64_t)objects * 192 + (1u << 20)) & ~4095ull,
	                           .max_objects = objects + objects / 8 + 1024};
	plasmid_store *store;
	need(plasmid_open(folder, name, &options, &store), "open");
	return store;
}

static void fill(plasmid_store *store, uint32_t objects, plasmid_ref *refs) {
	uint8_t bytes[64] = {0};
	for (uint32_t i = 0; i < objects; i++) {
		char called[24];
		plasmid_span span = {.address = (uint64_t)(uintptr_t)bytes, .bytes = sizeof bytes};
		plasmid_item item = {.inband = (uint64_t)(uintptr_t)&i, .inband_bytes = sizeof i, .buffer_count = 1};
		item.buffers = (uint64_t)(uintptr_t)&span;
		if (i % 8 == 1) {
			item.name = (uint64_t)(uintptr_t)called;
			item.name_bytes = (uint32_t)snprintf(called, sizeof called, "object/%u", i);
		}
		if (i % 8 == 3) {
			item.references = (uint64_t)(uintptr_t)&refs[i - 1];
			item.reference_count = 1;
		}
		need(plasmid_put_many(store, &item, 1), "put");
		refs[i] = item.ref;
		if (i % 2 != 0)
			need(plasmid_forget(store, item.token), "forget");
	}
}

static void take_leases(plasmid_store *store, const plasmid_ref *refs, uint32_t leases) {
	for (uint32_t i = 0; i < leases; i++)
		need(plasmid_lease(store, refs[i].slot, refs[i].id[0], refs[i].id[1], refs[i].id[2], refs[i].id[3]), "lease");
}

/* A process that does as told with the store, says so, and lives until it is killed. Forked before this one has a store open. */
typedef struct victim {
	pid_t pid;
	int begin[2], ready[2];
} victim;

static victim start(uint32_t objects, const plasmid_ref *refs, uint32_t leases) {
	victim v;
	char byte;
	if (pipe(v.begin) != 0 || pipe(v.ready) != 0 || (v.pid = fork()) < 0)
		exit(1);
	if (v.pid != 0)
		return v;
	if (read(v.begin[0], &byte, 1) != 1)
		_exit(1);
	plasmid_store *store = open_store(objects);
	take_leases(store, refs, leases);
	if (leases == 0 && pm_lock(store->client) != 0)
		_exit(1);
	if (write(v.ready[1], "", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void let_it(const victim *v) {
	char byte;
	if (write(v->begin[1], "", 1) != 1 || read(v->ready[0], &byte, 1) != 1)
		exit(1);
}

static void end(const victim *v) {
	kill(v->pid, SIGKILL);
	waitpid(v->pid, NULL, 0);
}

static double ms_since(uint64_t begin) {
	return (double)(pm_monotonic_ns() - begin) / 1e6;
}

/* Reads each entry that is in use once. */
static double scan_ms(const pm_client *client) {
	const volatile uint64_t *words = (const volatile uint64_t *)client->entries;
	uint64_t count = (uint64_t)(client->super->entries_used + 1) * sizeof(pm_entry) / sizeof *words;
	uint64_t begin = pm_monotonic_ns();
	for (uint64_t i = 0; i < count; i++)
		(void)words[i];
	return ms_since(begin);
}

static void round_of(uint32_t objects, uint32_t leases, plasmid_ref *refs) {
	victim owner = start(objects, refs, 0), reader = start(objects, refs, leases);
	plasmid_store *store = open_store(objects);
	plasmid_stats stats;
	fill(store, objects, refs);

	let_it(&reader);
	end(&reader);
	uint64_t begin = pm_monotonic_ns();
	need(pm_reap_dead(store->client), "reap");
	double reap = ms_since(begin);

	let_it(&owner);
	end(&owner);
	begin = pm_monotonic_ns();
	need(plasmid_stats_of(store, &stats), "the first call after a death");
	double recovery = ms_since(begin);
	if (stats.recovered_total != 1 || stats.objects != objects || stats.reaped_total != (leases > 0))
		exit(1);

	need(pm_lock(store->client), "lock");
	begin = pm_monotonic_ns();
	need(pm_rebuild(store->client), "rebuild");
	double rebuild = ms_since(begin);
	pm_unlock(store->client);
	printf("%.3f %.3f %.3f %.3f\n", recovery, rebuild, reap, scan_ms(store->client));
	need(plasmid_close(store), "close");
	need(plasmid_destroy(folder, name), "destroy");
}

int main(int argc, char **argv) {
	if (argc < 4) {
		fprintf(stderr, "recovery folder objects leases [rounds]\n");
		return 2;
	}
	char called[32];
	snprintf(called, sizeof called, "recovery-%d", (int)getpid());
	folder = argv[1];
	name = called;
	uint32_t objects = (uint32_t)strtoul(argv[2], NULL, 10), leases = (uint32_t)strtoul(argv[3], NULL, 10);
	/* Shared, so that the victims, forked before it is filled, know what was put. */
	plasmid_ref *refs =
			mmap(NULL, ((size_t)objects + 1) * sizeof *refs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (refs == MAP_FAILED)
		return 1;
	for (int rounds = argc > 4 ? atoi(argv[4]) : 1; rounds > 0; rounds--)
		round_of(objects, leases, refs);
	return 0;
}
