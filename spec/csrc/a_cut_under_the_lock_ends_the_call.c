/* A store's file is cut short while a process changes its tables under the lock: at each table's begin, and after any of the changes
 * that an operation makes. The call ends with DESTROYED, as all that follow; the process goes on; whoever waits for that lock is
 * told the same. */
#include "stepper.h"

#include "check.h"
#include "client.h"
#include "lock.h"
#include "rebuild.h"

#define POINTS 8u /* an operation and length, spread over its changes */

/* What is stepped through is what is shipped. */
#if defined(PLASMID_DEBUG_CHECK) || defined(__SANITIZE_ADDRESS__)
#define SHIPPED false
#else
#define SHIPPED true
#endif

static const char *name;
static plasmid_store *store;
static uint32_t landed, token;

static void open_store(void) {
	plasmid_options options = {.capacity = 1u << 20, .max_objects = 64, .max_clients = 8, .lock_timeout_ms = 60000};
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
}

static int32_t put(uint32_t bytes, const char *label, plasmid_ref *ref, const plasmid_ref *inner, uint32_t flags) {
	static uint8_t data[5000];
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)data,
	                     .inband_bytes = bytes,
	                     .references = (uint64_t)(uintptr_t)inner,
	                     .reference_count = inner != NULL,
	                     .name = (uint64_t)(uintptr_t)label,
	                     .name_bytes = label == NULL ? 0 : (uint16_t)strlen(label),
	                     .flags = flags};
	int32_t r = plasmid_put_many(store, &item, 1);
	*ref = item.ref;
	token = item.token;
	return r;
}

static plasmid_ref inner, outer;

static void furnish(void) {
	open_store();
	WELL(put(300, NULL, &inner, NULL, 0));
	WELL(put(700, "outer", &outer, &inner, PLASMID_ITEM_PIN));
	for (uint32_t i = 0; i < 20; i++) {
		plasmid_ref cache;
		WELL(put(100 + 150 * i, NULL, &cache, NULL, 0));
		WELL(plasmid_forget(store, token));
	}
}

/* ---- operations ------------------------------------------------------------------------------------ */

static int32_t put_container(void) {
	plasmid_ref ref;
	return put(900, "outer", &ref, &inner, PLASMID_ITEM_REPLACE);
}
static int32_t free_container(void) {
	return plasmid_free(store, REF(outer));
}
static int32_t make_room(void) {
	plasmid_span span = {.bytes = 900u << 10};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	int32_t r = plasmid_create(store, &item);
	return r == PLASMID_E_STORE_FULL ? 0 : r;
}
static int32_t lease(void) {
	return plasmid_lease(store, REF(outer));
}
static int32_t trim(void) {
	return plasmid_trim(store);
}
static int32_t subscribe(void) {
	return plasmid_subscribe(store, UINT32_MAX, 1);
}
static int32_t rebuild(void) {
	int32_t r = pm_lock(store->client);
	if (r != 0)
		return r;
	r = pm_rebuild(store->client);
	pm_unlock(store->client);
	return r;
}

static const struct operation {
	const char *what;
	int32_t (*act)(void);
} OPERATIONS[] = {{"put", put_container}, {"free", free_container}, {"make room", make_room},
                  {"trim", trim},         {"subscribe", subscribe}, {"rebuild", rebuild}};
#define OPERATIONS_COUNT (sizeof OPERATIONS / sizeof OPERATIONS[0])

/* Zeros may be seen in the call that met the cut; after that nothing is done any more. */
static void all_is_over(void) {
	plasmid_stats stats;
	CHECK(plasmid_stats_of(store, &stats) == PLASMID_E_DESTROYED);
	CHECK(put_container() == PLASMID_E_DESTROYED && lease() == PLASMID_E_DESTROYED);
	CHECK(plasmid_put_small(store, 10) == PLASMID_E_DESTROYED && plasmid_check(store) == PLASMID_E_DESTROYED);
	CHECK(plasmid_drain(store) == PLASMID_E_DESTROYED);
	WELL(plasmid_close(store));
}

/* Where each table begins, and the middle of some. */
static off_t length_of(const pm_superblock *super, uint32_t which) {
	const uint64_t lengths[] = {0,
	                            super->plan.names_at,
	                            super->plan.entries_at,
	                            super->plan.entries_at + PM_PAGE,
	                            super->plan.holds_at,
	                            super->plan.nodes_at,
	                            super->plan.heap_at,
	                            super->plan.heap_at + PM_PAGE};
	return which < sizeof lengths / sizeof lengths[0] ? (off_t)lengths[which] : -1;
}

/* ---- at the begin of the hold ------------------------------------------------------------------------ */

static int32_t cut_and_act(off_t length, int32_t (*walk)(pm_client *client)) {
	volatile bool cut = false;
	int32_t r = pm_lock(store->client);
	if (r != 0) {
		CHECK(cut);
		return r;
	}
	CHECK(truncate(path_of_store(name), length) == 0);
	cut = true;
	r = walk(store->client);
	pm_unlock(store->client);
	return r;
}

static int32_t check(pm_client *client) {
	return pm_check(client);
}

static void in_a_hold(uint32_t which, int32_t (*walk)(pm_client *client)) {
	int status;
	name = fresh_name();
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		furnish();
		off_t length = length_of(store->client->super, which);
		bool tables = length <= (off_t)store->client->super->plan.nodes_at;
		int32_t r = cut_and_act(length, walk);
		CHECK(r == PLASMID_E_DESTROYED || !tables);
		all_is_over();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(unlink(path_of_store(name)) == 0);
}

/* ---- after any change ------------------------------------------------------------------------------- */

static const struct operation *now_stepped;

static void stepped(void) {
	furnish();
	pause_here();
	int32_t r = now_stepped->act();
	pause_here();
	CHECK(r >= 0 || r == PLASMID_E_DESTROYED);
	all_is_over();
	_exit(r < 0 ? 7 : 0);
}

/* A second process, waiting for the lock that the first will never give back. */
static pid_t neighbour(void) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid != 0)
		return pid;
	CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	open_store();
	raise(SIGSTOP);
	CHECK(put_container() == PLASMID_E_DESTROYED);
	all_is_over();
	_exit(0);
}

static void run_on(pid_t pid, int *status) {
	int number = 0;
	do {
		CHECK(ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)number) == 0);
		CHECK(waitpid(pid, status, 0) == pid);
		number = WIFSTOPPED(*status) && WSTOPSIG(*status) != SIGSTOP ? WSTOPSIG(*status) : 0;
	} while (WIFSTOPPED(*status));
}

/* Cuts after that many changes under the lock; 0: never. How many there were. */
static uint32_t step_and_cut(const struct operation *what, uint32_t which, uint32_t change) {
	segment_view view;
	shadow last = {0};
	uint32_t changes = 0;
	int status;
	name = fresh_name();
	now_stepped = what;
	pid_t other = neighbour();
	CHECK(waitpid(other, &status, WUNTRACED) == other && WIFSTOPPED(status));
	pid_t pid = start_child(stepped, true);
	CHECK(view_segment(name, &view));
	changed(&view, &last);
	off_t length = length_of(view.super, which);
	bool cut = false;
	while (!cut && step(pid)) {
		if (!changed(&view, &last) || view.super->lock == 0)
			continue;
		changes++;
		cut = changes == change;
	}
	leave_segment(&view);
	free(last.bytes);
	if (cut) {
		kill(other, SIGCONT);
		wait_ms(6);
		CHECK(truncate(path_of_store(name), length) == 0);
		run_on(pid, &status);
		if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 7))
			fprintf(stderr, "%s: cut to %lld after change %u: status %x\n", what->what, (long long)length, changes,
			        (unsigned)status);
		CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7));
		landed += WEXITSTATUS(status) == 7;
		CHECK(waitpid(other, &status, 0) == other && status == 0);
	} else {
		end_child(pid);
		end_child(other);
	}
	unlink(path_of_store(name));
	return changes;
}

int main(int count, char **arguments) {
	CHECK(count > 0);
#ifdef __SANITIZE_THREAD__
	printf("skipped: for the thread sanitizer, memory that is mapped anew is written to by who maps it\n");
	return 0;
#endif
	mkdir(DIRECTORY, 0700);
	for (uint32_t which = 0; which < 8; which++) {
		in_a_hold(which, check);
		in_a_hold(which, pm_rebuild);
	}
	if (!SHIPPED)
		return 0;
	uint32_t cuts = 0;
	without_string_instructions(arguments);
	if (!may_step())
		return 0;
	stay_on_one_core();
	for (size_t i = 0; i < OPERATIONS_COUNT; i++) {
		uint32_t changes = step_and_cut(&OPERATIONS[i], 0, 0);
		for (uint32_t k = 0; k < POINTS && k < changes; k++, cuts++)
			step_and_cut(&OPERATIONS[i], k % 8, 1 + (uint32_t)((uint64_t)k * changes / POINTS));
		printf("%-12s %5u changes under the lock\n", OPERATIONS[i].what, changes);
	}
	printf("%u cuts, %u calls ended with DESTROYED\n", cuts, landed);
	CHECK(landed > cuts / 3);
	return 0;
}
