#include "window.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "error.h"
#include "prim/atomic.h"

/* Index 0 is not given: it stands for HEAP where a lease names its window. */
static struct place {
	uint32_t version; /* odd while it changes */
	uint32_t kind, slot;
	uint32_t turn;   /* OBJECT */
	uint32_t leases; /* OBJECT, DISK; under the store's lock */
	uintptr_t address;
	uint64_t bytes, at;
	pm_client *client;
} places[PM_WINDOWS];
static uint32_t high = 1; /* places below may be taken */

/* The first from `from` on that is free; 0: none is. */
static uint32_t take_place(uint32_t from) {
	for (uint32_t i = from; i < PM_WINDOWS; i++) {
		uint32_t none = PM_WINDOW_NONE, seen = pm_load(&high);
		if (pm_load_relaxed(&places[i].kind) != PM_WINDOW_NONE || !pm_cas(&places[i].kind, &none, PM_WINDOW_TAKEN))
			continue;
		while (seen <= i && !pm_cas(&high, &seen, i + 1))
			;
		return i;
	}
	return 0;
}

/* A place that is taken changes to what `window` says. */
static void fill(uint32_t index, const pm_window *window) {
	struct place *place = &places[index];
	pm_store_relaxed(&place->version, place->version + 1);
	pm_fence();
	pm_store_relaxed(&place->slot, window->slot);
	pm_store_relaxed(&place->address, window->address);
	pm_store_relaxed(&place->bytes, window->bytes);
	pm_store_relaxed(&place->at, window->at);
	pm_store_relaxed(&place->client, window->client);
	pm_store_relaxed(&place->turn, PM_CLEAN);
	pm_store(&place->version, place->version + 1);
	pm_store(&place->kind, window->kind);
}

static uint32_t add(const pm_window *window) {
	uint32_t index = take_place(1);
	if (index != 0)
		fill(index, window);
	return index;
}

static void drop(uint32_t index) {
	pm_store(&places[index].kind, PM_WINDOW_TAKEN);
	fill(index, &(pm_window){.kind = PM_WINDOW_NONE});
}

int32_t pm_windows_open(pm_client *client) {
	const pm_window file = {
			.kind = PM_WINDOW_FILE, .address = (uintptr_t)client->base, .bytes = client->plan.file_bytes, .client = client};
	const pm_window heap = {.kind = PM_WINDOW_HEAP,
	                        .address = (uintptr_t)client->heap,
	                        .bytes = client->plan.capacity,
	                        .at = client->plan.heap_at,
	                        .client = client};
	if (add(&file) != 0 && add(&heap) != 0)
		return 0;
	return pm_fail(PLASMID_E_NO_MEMORY, "this process has too many stores open");
}

void pm_windows_close(pm_client *client) {
	uint32_t end = pm_load(&high);
	for (uint32_t i = 1; i < end; i++) {
		uint32_t kind = pm_load(&places[i].kind);
		if (kind <= PM_WINDOW_TAKEN || pm_load_relaxed(&places[i].client) != client)
			continue;
		void *address = (void *)places[i].address;
		uint64_t bytes = places[i].bytes;
		drop(i);
		if (kind >= PM_WINDOW_OBJECT)
			munmap(address, bytes);
	}
}

/* False if it is not taken, or changed meanwhile: then it is not the one in which somebody just faulted. */
static bool look(uint32_t index, pm_window *seen) {
	const struct place *place = &places[index];
	uint32_t version = pm_load(&place->version);
	*seen = (pm_window){.index = index,
	                    .kind = pm_load(&place->kind),
	                    .slot = pm_load_relaxed(&place->slot),
	                    .address = pm_load_relaxed(&place->address),
	                    .bytes = pm_load_relaxed(&place->bytes),
	                    .at = pm_load_relaxed(&place->at),
	                    .client = pm_load_relaxed(&place->client)};
	pm_fence_acquire();
	return seen->kind > PM_WINDOW_TAKEN && (version & 1) == 0 && pm_load_relaxed(&place->version) == version;
}

bool pm_window_find(uintptr_t address, pm_window *seen) {
	uint32_t end = pm_load(&high);
	for (uint32_t i = 1; i < end; i++)
		if (look(i, seen) && address >= seen->address && address - seen->address < seen->bytes)
			return true;
	return false;
}

bool pm_windows_blank(const pm_client *client, uint64_t from, uint64_t to) {
	uint32_t end = pm_load(&high);
	pm_window seen;
	for (uint32_t i = 1; i < end; i++) {
		if (!look(i, &seen) || seen.kind == PM_WINDOW_DISK || seen.client != client || seen.at >= to ||
		    seen.at + seen.bytes <= from)
			continue;
		uint64_t first = from > seen.at ? from - seen.at : 0;
		uint64_t last = to - seen.at < seen.bytes ? to - seen.at : seen.bytes;
		if (mmap((void *)(seen.address + first), last - first, PROT_READ | PROT_WRITE,
		         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
			return false;
	}
	return true;
}

/* ---- turning ------------------------------------------------------------------------------------ */

static uint64_t offset_of(const pm_entry *entry) {
	return (uint64_t)pm_load_relaxed(&entry->start) * PM_GRANULE;
}

static uint64_t extent_of(const pm_entry *entry) {
	return (uint64_t)pm_load_relaxed(&entry->granules) * PM_GRANULE;
}

bool pm_window_turnable(const pm_entry *entry) {
	return offset_of(entry) % PM_PAGE == 0 && extent_of(entry) % PM_PAGE == 0;
}

static void set_turn(uint32_t *word, uint32_t turn) {
	uint32_t was = pm_load_relaxed(word);
	while (!pm_cas(word, &was, (was & ~PM_TURN_BITS) | turn))
		;
}

/* Another thread of ours is in the middle of one system call. It may be of a lower priority, so this one sleeps. */
static void wait_turn(void) {
	const struct timespec pause = {.tv_nsec = 50000};
	nanosleep(&pause, NULL);
}

static bool claim(uint32_t *word) {
	for (;;) {
		uint32_t seen = pm_load(word);
		if ((seen & PM_TURN_BITS) == PM_TURNED)
			return false;
		if ((seen & PM_TURN_BITS) == PM_CLEAN && pm_cas(word, &seen, (seen & ~PM_TURN_BITS) | PM_TURNING))
			return true;
		wait_turn();
	}
}

static int turn_range(uint32_t *word, const pm_window *seen, uintptr_t address, uint64_t bytes) {
	if (!claim(word))
		return 0;
	/* Said first: once it is mapped, another thread's write goes through without a fault, and its next get has to know. */
	pm_add(&seen->client->turned, 1);
	off_t at = (off_t)(seen->at + (address - seen->address));
	void *turned = mmap((void *)address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
	                    seen->client->file, at);
	int error = turned == MAP_FAILED ? errno : 0;
	set_turn(word, error == 0 ? PM_TURNED : PM_CLEAN);
	return error;
}

static int turn_disk(const pm_window *seen) {
	uint32_t *word = &places[seen->index].turn;
	if (!claim(word))
		return 0;
	pm_add(&seen->client->turned, 1);
	int error = mprotect((void *)seen->address, seen->bytes, PROT_READ | PROT_WRITE) != 0 ? errno : 0;
	set_turn(word, error == 0 ? PM_TURNED : PM_CLEAN);
	return error;
}

int pm_window_turn(const pm_window *seen, uint32_t slot) {
	pm_client *client = seen->client;
	if (seen->kind == PM_WINDOW_DISK)
		return turn_disk(seen);
	const pm_entry *entry = pm_entry_at(client, slot);
	if (seen->kind == PM_WINDOW_OBJECT)
		return turn_range(&places[seen->index].turn, seen, seen->address, seen->bytes);
	return turn_range(&client->turns[slot], seen, seen->address + offset_of(entry), extent_of(entry));
}

/* HEAP shows the file again where the object lies. */
static bool show(const pm_client *client, const pm_entry *entry) {
	uint64_t from = offset_of(entry) & ~(uint64_t)(PM_PAGE - 1);
	uint64_t to = pm_align(offset_of(entry) + extent_of(entry), PM_PAGE);
	void *at = (void *)((uintptr_t)client->heap + from);
	return mmap(at, to - from, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, client->file,
	            (off_t)(client->plan.heap_at + from)) != MAP_FAILED;
}

/* The private pages go and the file's are seen, though the mapping stays private: for when there is not one more to be had, which
 * the kernel asks for where it has to cut one in two. */
static bool empty(const pm_client *client, const pm_entry *entry) {
	void *at = (void *)((uintptr_t)client->heap + offset_of(entry));
	return mprotect(at, extent_of(entry), PROT_READ) == 0 && madvise(at, extent_of(entry), MADV_DONTNEED) == 0;
}

/* The object's views in HEAP have ended. */
static bool turn_back(pm_client *client, uint32_t slot) {
	if (!show(client, pm_entry_at(client, slot)) && !empty(client, pm_entry_at(client, slot)))
		return false;
	set_turn(&client->turns[slot], PM_CLEAN);
	return true;
}

/* ---- windows on objects -------------------------------------------------------------------------- */

static bool is_of(const struct place *place, const pm_client *client, uint32_t slot) {
	return pm_load(&place->kind) >= PM_WINDOW_OBJECT && pm_load_relaxed(&place->client) == client &&
	       pm_load_relaxed(&place->slot) == slot;
}

static uint32_t clean_window(const pm_client *client, uint32_t slot) {
	uint32_t end = pm_load(&high);
	for (uint32_t i = PM_WINDOWS_OF_STORES; i < end; i++)
		if (is_of(&places[i], client, slot) && pm_load(&places[i].turn) == PM_CLEAN)
			return i;
	return 0;
}

static uint32_t open_window(pm_client *client, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint64_t at = client->plan.heap_at + offset_of(entry), bytes = extent_of(entry);
	uint32_t index = take_place(PM_WINDOWS_OF_STORES);
	if (index == 0)
		return 0;
	void *fresh = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, client->file, (off_t)at);
	if (fresh == MAP_FAILED) {
		drop(index);
		return 0;
	}
	const pm_window window = {
			.kind = PM_WINDOW_OBJECT, .slot = slot, .address = (uintptr_t)fresh, .bytes = bytes, .at = at, .client = client};
	places[index].leases = 0;
	fill(index, &window);
	return index;
}

/* The object's pages may have been holes once that somebody looked at (cut.h). Nobody does so from now on: they are committed. */
static bool unpatch(const pm_client *client, uint32_t slot) {
	if (client->lease_count[slot] != 0)
		return true;
	while (pm_load(&client->patching) != 0)
		wait_turn();
	return show(client, pm_entry_at(client, slot));
}

const uint8_t *pm_window_enter(pm_client *client, uint32_t slot, uint32_t *window) {
	*window = 0;
	if (__builtin_expect(pm_load(&client->patched) != 0, 0) && !unpatch(client, slot))
		return NULL;
	if (__builtin_expect(pm_load(&client->turned) == 0, 1) || (pm_load(&client->turns[slot]) & PM_TURN_BITS) == PM_CLEAN)
		return client->heap + offset_of(pm_entry_at(client, slot));
	*window = clean_window(client, slot);
	if (*window == 0)
		*window = open_window(client, slot);
	if (*window == 0)
		return NULL;
	places[*window].leases++;
	return pm_window_at(*window);
}

/* ---- windows on the files of oversize objects ------------------------------------------------------ */

uint32_t pm_window_add(pm_client *client, uint32_t slot, void *address, uint64_t bytes, bool draft) {
	const pm_window window = {
			.kind = PM_WINDOW_DISK, .slot = slot, .address = (uintptr_t)address, .bytes = bytes, .client = client};
	uint32_t index = take_place(PM_WINDOWS_OF_STORES);
	if (index == 0)
		return 0;
	places[index].leases = 1;
	fill(index, &window);
	if (draft) {
		set_turn(&places[index].turn, PM_TURNED);
		set_turn(&client->turns[slot], PM_CLEAN);
	}
	return index;
}

bool pm_window_shows(const pm_client *client, uint32_t slot) {
	return clean_window(client, slot) != 0;
}

uint32_t pm_window_share(const pm_client *client, uint32_t slot) {
	uint32_t window = clean_window(client, slot);
	if (window != 0)
		places[window].leases++;
	return window;
}

const uint8_t *pm_window_at(uint32_t window) {
	return (const uint8_t *)places[window].address;
}

const uint8_t *pm_window_again(uint32_t window) {
	places[window].leases++;
	return pm_window_at(window);
}

bool pm_window_spoil(const pm_window *seen, uintptr_t address) {
	pm_client *client = seen->client;
	uintptr_t page = address & ~(uintptr_t)(PM_PAGE - 1);
	if (mmap((void *)page, PM_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
	         0) == MAP_FAILED)
		return false;
	set_turn(&places[seen->index].turn, PM_TURNED);
	if (pm_word_state(pm_load(&pm_entry_at(client, seen->slot)->word)) == PLASMID_CREATED)
		set_turn(&client->turns[seen->slot], PM_TURNED);
	pm_add(&client->turned, 1);
	return true;
}

bool pm_window_spoilt(const pm_client *client, uint32_t slot) {
	return (pm_load(&client->turns[slot]) & PM_TURN_BITS) == PM_TURNED;
}

static uint32_t leases_elsewhere(const pm_client *client, uint32_t slot) {
	uint32_t end = pm_load(&high), leases = 0;
	for (uint32_t i = PM_WINDOWS_OF_STORES; i < end; i++)
		if (is_of(&places[i], client, slot))
			leases += places[i].leases;
	return leases;
}

bool pm_window_leave(pm_client *client, uint32_t slot, uint32_t window) {
	if (window == 0 && pm_load(&client->turned) == 0)
		return true;
	if (window != 0 && --places[window].leases == 0) {
		void *address = (void *)places[window].address;
		uint64_t bytes = places[window].bytes;
		drop(window);
		munmap(address, bytes);
	}
	if ((pm_load(&client->turns[slot]) & PM_TURN_BITS) == PM_CLEAN || pm_oversize(client, pm_entry_at(client, slot)) ||
	    client->lease_count[slot] - 1 > leases_elsewhere(client, slot))
		return true;
	return turn_back(client, slot);
}
