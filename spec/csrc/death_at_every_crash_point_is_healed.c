/* A process dies at each named place of each operation; another opens the store, dies at each place of the recovery; a third finds
 * every sealed object as it was, nothing of the dead but its pins, the checker content and the store of use.
 *
 * The places are in debug builds only: elsewhere this says so. */
#include <errno.h>
#include <signal.h>

#include "support.h"

#define SEALED 40

static const char *const OPERATIONS[] = {"lock:taken",    "lock:given",        "slot:absent",  "remove:published",
                                         "create:filled", "create:published",  "seal:filled",  "seal:published",
                                         "put:filled",    "put:published",     "reap:swept",   "trim:published",
                                         "destroy:said",  "segment:furnished", "stash:filled", "stash:published",
                                         "stash:claimed", "unstash:published", "evict:absent"};
static const char *const RECOVERIES[] = {"none",       "rebuild:judged", "rebuild:indexed", "rebuild:done",
                                         "reap:swept", "lock:taken",     "lock:given"};

static const char *name;
static char story[128]; /* what happened before, for whoever reads a failure */

static plasmid_store *open_store(uint64_t capacity) {
	plasmid_options options = {.capacity = capacity, .max_objects = 8192};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

static void put_named(plasmid_store *store, uint32_t number, uint32_t flags, const plasmid_ref *refs, uint32_t count) {
	char label[16];
	uint32_t words[600];
	for (int i = 0; i < 600; i++)
		words[i] = number;
	plasmid_span span = {.address = (uint64_t)(uintptr_t)words, .bytes = sizeof words};
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)words,
	                     .inband_bytes = 4,
	                     .buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1,
	                     .name = (uint64_t)(uintptr_t)label,
	                     .references = (uint64_t)(uintptr_t)refs,
	                     .reference_count = count,
	                     .flags = flags};
	item.name_bytes = (uint32_t)snprintf(label, sizeof label, "s/%u", number);
	WELL(plasmid_put_many(store, &item, 1));
}

/* Pinned, so that they are there whatever is evicted. */
static void furnish(void) {
	plasmid_store *store = open_store(1u << 20);
	for (uint32_t i = 0; i < SEALED; i++)
		put_named(store, i, PLASMID_ITEM_PIN, NULL, 0);
	WELL(plasmid_close(store));
	exit(0);
}

static void put_and_drop(plasmid_store *store, uint32_t bytes, uint32_t times) {
	for (uint32_t i = 0; i < times; i++) {
		int32_t token = plasmid_put_small(store, bytes);
		WELL(token);
		WELL(plasmid_forget(store, (uint32_t)token));
	}
}

/* Everything that can be done, in an order that reaches every place several times. */
static void operate(plasmid_store *store) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	for (uint32_t turn = 0; turn < 30; turn++) {
		int32_t token = 0;
		WELL(plasmid_watch_room(store)); /* so that there is somebody to be told */
		put_and_drop(store, 10, 40);
		if (turn == 10)
			put_and_drop(store, 4000, 300); /* more than there is room for: each takes over another's */
		WELL(token = plasmid_put_small(store, 100 + turn));
		plasmid_ref ref = exchange->ref;
		put_named(store, 1000, PLASMID_ITEM_REPLACE, &ref, 1);
		plasmid_span span = {.bytes = 40000};
		plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
		int32_t draft = plasmid_create(store, &item);
		WELL(draft);
		if (turn % 3 == 0)
			WELL(plasmid_abort(store, (uint32_t)draft));
		else
			WELL(plasmid_seal(store, (uint32_t)draft));
		plasmid_release(NULL, (void *)(uintptr_t)item.context);
		if (turn % 3 == 1) {
			WELL(plasmid_lease(store, REF(item.ref)));
			WELL(plasmid_free(store, REF(item.ref)));
		}
		if (turn % 4 == 0)
			WELL(plasmid_forget(store, (uint32_t)token));
		if (turn % 5 == 4) {
			/* Larger than what the pinned objects leave: everything else has to go first. */
			plasmid_span all = {.bytes = (1u << 20) - 4096};
			plasmid_item most = {.buffers = (uint64_t)(uintptr_t)&all, .buffer_count = 1};
			CHECK(plasmid_create(store, &most) == PLASMID_E_STORE_FULL);
		}
		WELL(plasmid_reap(store));
		WELL(plasmid_trim(store));
	}
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, name));
	exit(0);
}

/* A child that dies somewhere leaves a record behind that has to be reaped. */
static void leave_a_dead_client(void) {
	plasmid_store *store = open_store(0);
	WELL(plasmid_put_small(store, 10));
	kill(getpid(), SIGKILL);
}

static void verify(void) {
	plasmid_store *store = open_store(1u << 20);
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	plasmid_stats stats;
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < SEALED; i++) {
		int bytes = snprintf((char *)exchange->name, PLASMID_NAME_BYTES, "s/%u", i);
		int32_t r = plasmid_peek_name(store, (uint32_t)bytes);
		/* Destroyed half-way, it is another store, with nothing in it. */
		if (r == PLASMID_E_NOT_FOUND && i == 0)
			break;
		WELL(r);
		for (int32_t k = 24; k < r / 4 && k < 600; k++)
			CHECK(((uint32_t *)exchange->data)[k] == i);
	}
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.leases == 0 && stats.handles == 0 && stats.quarantined_total == 0 && stats.clients == 1);
	CHECK(stats.objects - stats.evictable <= SEALED + stats.evictable); /* pinned, or contained in what is cached */
	WELL(plasmid_put_small(store, 5000));
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	exit(0);
}

/* Runs `what` in a process of its own; true if it ended well, false if it was killed. */
static int in_child(void (*what)(void), const char *point, uint32_t nth) {
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (strcmp(point, "none") != 0)
			CHECK(plasmid_test_crash_at(point, nth) == 0);
		what();
		exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return 0;
	fprintf(stderr, "at %s (%u), after %s: status %x\n", point, nth, story, (unsigned)status);
	abort();
}

static void open_and_operate(void) {
	operate(open_store(1u << 20));
}

int main(void) {
	if (plasmid_test_crash_at("none", 0) == PLASMID_E_PLATFORM) {
		printf("crash points are in debug builds only\n");
		return 0;
	}
	uint32_t deaths = 0, seconds = 0;
	for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++) {
		uint32_t reached = 0;
		for (size_t k = 0; k < sizeof RECOVERIES / sizeof RECOVERIES[0]; k++) {
			for (uint32_t nth = 1; nth <= 41; nth += 1 + nth / 3) {
				name = fresh_name();
				snprintf(story, sizeof story, "%s %u, %s", OPERATIONS[i], nth, RECOVERIES[k]);
				in_child(furnish, "none", 0);
				in_child(leave_a_dead_client, "none", 0);
				int died = !in_child(open_and_operate, OPERATIONS[i], nth);
				reached += (uint32_t)died;
				deaths += (uint32_t)died;
				seconds += (uint32_t)!in_child(verify, RECOVERIES[k], 1);
				in_child(verify, "none", 0);
				if (plasmid_destroy(DIRECTORY, name) != 0)
					CHECK(died);
				if (!died)
					break;
			}
		}
		if (reached == 0 && strcmp(OPERATIONS[i], "segment:furnished") != 0) {
			fprintf(stderr, "nothing passed %s\n", OPERATIONS[i]);
			return 1;
		}
	}
	printf("%u deaths in operations, %u in what came after\n", deaths, seconds);
	return deaths > 100 && seconds > 50 ? 0 : 1;
}
