/* What takes no lock is stepped through, and before each of its instructions in turn everything else happens: the object is freed and
 * its room used again, the stash is taken back, the derived is rebuilt. The call's answer is right all the same, and so is the store. */
#include "stepper.h"

#include "client.h"
#include "lock.h"
#include "rebuild.h"

#define BYTES 200u

static const char *name;
static plasmid_store *store;
static plasmid_ref target;

static void open_store(void) {
	plasmid_options options = {.capacity = 1u << 20, .max_objects = 8192, .max_clients = 4};
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
}

static plasmid_ref put_named(uint32_t bytes, const char *label, uint32_t flags) {
	static uint8_t data[4096];
	memset(data, (int)(uint8_t)bytes, sizeof data);
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)data,
	                     .inband_bytes = bytes,
	                     .name = (uint64_t)(uintptr_t)label,
	                     .name_bytes = (uint16_t)strlen(label),
	                     .flags = flags};
	WELL(plasmid_put_many(store, &item, 1));
	return item.ref;
}

static void put_small(uint32_t bytes) {
	memset(plasmid_exchange_of(store)->data, (int)(uint8_t)bytes, bytes);
	WELL(plasmid_put_small(store, bytes));
}

static plasmid_ref find(const char *label) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	memcpy(exchange->name, label, strlen(label));
	WELL(plasmid_find(store, (uint32_t)strlen(label)));
	return exchange->ref;
}

/* The object itself or none: never half of one, never another's bytes. */
static void right_or_gone(int32_t length) {
	const uint8_t *data = plasmid_exchange_of(store)->data;
	if (length == PLASMID_E_FREED || length == PLASMID_E_LOST || length == PLASMID_E_NOT_FOUND)
		return;
	CHECK(length > 0);
	for (int32_t i = 0; i < length; i++)
		CHECK(data[i] == (uint8_t)length);
}

/* ---- calls ------------------------------------------------------------------------------------------ */

static void furnish(void) {
	open_store();
	target = put_named(BYTES, "target", PLASMID_ITEM_PIN);
	for (uint32_t i = 0; i < PM_STASH_SLOTS + 1; i++)
		put_small(33);
}

static int32_t answer;

static void peek(void) {
	answer = plasmid_peek(store, REF(target));
}

static void was_peeked(void) {
	CHECK(answer < 0 || answer == (int32_t)BYTES);
	right_or_gone(answer);
}

static void peek_by_name(void) {
	answer = plasmid_peek_name(store, 6);
}

/* Bound anew meanwhile, it may be the one or the other. */
static void was_peeked_by_name(void) {
	right_or_gone(answer);
}

static void state(void) {
	answer = plasmid_state(store, REF(target));
}

static void was_told(void) {
	CHECK(answer == 0 || answer == PLASMID_E_FREED || answer == PLASMID_E_LOST);
}

static void put_from_stash(void) {
	answer = plasmid_put_small(store, 33);
}

static void was_put(void) {
	WELL(answer);
	plasmid_ref ref = plasmid_exchange_of(store)->ref;
	CHECK(plasmid_peek(store, REF(ref)) == 33);
	right_or_gone(33);
}

/* ---- what happens meanwhile --------------------------------------------------------------------------- */

static void nothing(void) {}

/* Another object in its slot and in its bytes, under its name. */
static void replace(void) {
	plasmid_ref old = find("target");
	WELL(plasmid_unpin(store, REF(old)));
	WELL(plasmid_free(store, REF(old)));
	for (uint32_t i = 0; i < 4; i++)
		put_small(40 + i);
	put_named(BYTES - 8, "target", PLASMID_ITEM_PIN);
}

/* Its own bytes under another name, and it under that. */
static void rebind(void) {
	put_named(BYTES + 11, "target", PLASMID_ITEM_REPLACE | PLASMID_ITEM_PIN);
}

static void rebuild(void) {
	WELL(pm_lock(store->client));
	WELL(pm_rebuild(store->client));
	pm_unlock(store->client);
}

/* All room that was taken ahead, and all of the cache. */
static void take_back(void) {
	plasmid_span span = {.bytes = (1u << 20) - 4096};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	CHECK(plasmid_create(store, &item) == PLASMID_E_STORE_FULL);
}

/* ---- stepping ------------------------------------------------------------------------------------------ */

static void (*call)(void), (*was_right)(void), (*meanwhile)(void);

static void stepped(void) {
	furnish();
	memcpy(plasmid_exchange_of(store)->name, "target", 6);
	memset(plasmid_exchange_of(store)->data, 33, 33);
	pause_here();
	call();
	pause_here();
	was_right();
	WELL(plasmid_close(store));
}

static void interrupt(void) {
	open_store();
	meanwhile();
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	_exit(0);
}

static void verify(void) {
	plasmid_stats stats;
	open_store();
	WELL(plasmid_check(store));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.clients == 1 && stats.handles == 0 && stats.leases == 0 && stats.quarantined_total == 0);
	for (uint32_t i = 0; i < 100; i++)
		put_small(20);
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	_exit(0);
}

static void in_child(void (*what)(void)) {
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		what();
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* Interrupts the call before its nth instruction. False if it has fewer. */
static bool interrupt_at(uint32_t nth) {
	int status;
	name = fresh_name();
	pid_t pid = start_child(stepped, true);
	bool there = true;
	for (uint32_t i = 0; i < nth && there; i++)
		there = step(pid);
	if (there) {
		in_child(interrupt);
		CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	}
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid && status == 0);
	in_child(verify);
	CHECK(plasmid_destroy(DIRECTORY, name) == 0);
	return there;
}

static const struct {
	const char *what;
	void (*call)(void), (*was_right)(void), (*meanwhile)(void);
} PAIRS[] = {
		{"peek, nothing", peek, was_peeked, nothing},
		{"peek, replaced", peek, was_peeked, replace},
		{"peek, rebuilt", peek, was_peeked, rebuild},
		{"peek by name, replaced", peek_by_name, was_peeked_by_name, replace},
		{"peek by name, rebound", peek_by_name, was_peeked_by_name, rebind},
		{"peek by name, rebuilt", peek_by_name, was_peeked_by_name, rebuild},
		{"state, replaced", state, was_told, replace},
		{"put, taken back", put_from_stash, was_put, take_back},
		{"put, rebuilt", put_from_stash, was_put, rebuild},
};

int main(int count, char **arguments) {
#if defined(PLASMID_DEBUG_CHECK) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	printf("what is stepped through is what is shipped: in the release build\n");
	return 0;
#endif
	without_string_instructions(arguments);
	if (!may_step())
		return 0;
	stay_on_one_core();
	for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
		if (count > 1 && strcmp(arguments[1], PAIRS[i].what) != 0)
			continue;
		uint32_t points = 0;
		call = PAIRS[i].call;
		was_right = PAIRS[i].was_right;
		meanwhile = PAIRS[i].meanwhile;
		while (interrupt_at(points))
			points++;
		printf("%-24s interrupted at %u instructions\n", PAIRS[i].what, points);
		fflush(stdout);
	}
	return 0;
}
