/* Spilling, reading back, freeing and rewriting what is spilled, and what is larger than the heap, stepped through instruction by instruction. After each one that changed the
 * segment, segment and files are opened as if the process had died there: the checker finds nothing, every object is there word for word,
 * no file that nobody needs; and when all is freed, no byte is used.
 *
 * What changes files alone is between two such changes: the files are those of the moment at which the segment changed. */
#include <sys/sendfile.h>

#include "spilling.h"
#include "stepper.h"

#define OBJECTS 10u
#define HEAP (1u << 20)
#define LARGE_WORDS (HEAP / 4 + 1000)
#define MOST_POINTS 4000u
#define NOBODY 7u /* a client's place that none has */

static spilling s;
static plasmid_store *store;
static struct shared {
	plasmid_ref refs[OBJECTS];
	uint32_t words[OBJECTS]; /* 0: there is none */
	bool may_go[OBJECTS];
} * shared;
static uint32_t *values; /* of the object that is larger than the heap */
static int32_t drafted;  /* its draft */

/* ---- operations ------------------------------------------------------------------------------------ */

static void make(uint32_t number, uint32_t words, int named, uint32_t contains) {
	shared->words[number] = words;
	shared->refs[number] = put_number(store, number, words, named, &shared->refs[number - contains], contains);
}

/* Small ones, one in pages, with names and references and without. */
static void furnish(void) {
	store = spilling_open(&s);
	for (uint32_t i = 0; i < 6; i++)
		make(i, 20 + 30 * i, i % 2, i % 3);
	make(6, 4500, 1, 2);
}

static void spill_all(void) {
	while (plasmid_spill_out(store, CAPACITY) > 0) {
	}
	CHECK(stats_of(store).spilled > 0);
}

static void begin_spilled(void) {
	furnish();
	spill_all();
}

/* One is back in memory, and on disk as well. */
static void begin_copied(void) {
	begin_spilled();
	check_number(store, shared->refs[6], 6, shared->words[6]);
	WELL(plasmid_drain(store));
}

/* A file that nobody needs any more, and something to spill. */
static void begin_dead_file(void) {
	store = spilling_open(&s);
	make(0, 100, 0, 0);
	spill_all();
	WELL(plasmid_free(store, REF(shared->refs[0])));
	shared->words[0] = 0;
	for (uint32_t i = 1; i < 4; i++)
		make(i, 40 * i, i % 2, 0);
}

/* Full to the last granule, with names: a trailer finds no room but in its object's own extent. */
static void begin_full(void) {
	store = spilling_open(&s);
	make(1, 200, 1, 0);
	for (uint32_t bytes = 32768; bytes > 0; bytes /= 2) {
		plasmid_span span = {.bytes = bytes};
		plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
		while (plasmid_create(store, &item) >= 0) {
		}
	}
	plasmid_item least = {.inband = (uint64_t)(uintptr_t)&least, .inband_bytes = 1};
	while (plasmid_create(store, &least) >= 0) {
	}
	CHECK(stats_of(store).used == stats_of(store).capacity);
}

static void begin_mostly_dead(void) {
	begin_spilled();
	for (uint32_t i = 0; i < 7; i++)
		if (i != 1 && i != 4) {
			WELL(plasmid_free(store, REF(shared->refs[i])));
			shared->words[i] = 0;
		}
	WELL(plasmid_drain(store));
}

/* Two files of which little is alive: they are rewritten as one. */
static void begin_two_files(void) {
	store = spilling_open(&s);
	for (uint32_t i = 0; i < 7; i++) {
		make(i, 60, i % 2, 0);
		if (i == 3 || i == 6)
			spill_all();
	}
	CHECK(stats_of(store).spill_files == 2);
	for (uint32_t i = 0; i < 7; i++)
		if (i != 1 && i != 4) {
			WELL(plasmid_free(store, REF(shared->refs[i])));
			shared->words[i] = 0;
		}
	WELL(plasmid_drain(store));
}

/* Number 5, larger than the heap: `words` of it, or a draft if that is NULL. */
static plasmid_item large_item(plasmid_span *span, const uint32_t *words) {
	static const uint32_t number = 5;
	*span = (plasmid_span){.address = (uint64_t)(uintptr_t)words, .bytes = LARGE_WORDS * 4u};
	return (plasmid_item){.inband = (uint64_t)(uintptr_t)&number,
	                      .inband_bytes = sizeof number,
	                      .buffers = (uint64_t)(uintptr_t)span,
	                      .buffer_count = 1,
	                      .references = (uint64_t)(uintptr_t)&shared->refs[1],
	                      .reference_count = 2,
	                      .name = (uint64_t)(uintptr_t) "s/5",
	                      .name_bytes = 3,
	                      .flags = PLASMID_ITEM_PIN};
}

static void begin_small(void) {
	store = spilling_open(&s);
	for (uint32_t i = 1; i < 4; i++)
		make(i, 40 * i, i % 2, 0);
	shared->words[5] = LARGE_WORDS;
}

static void begin_values(void) {
	begin_small();
	values = malloc(LARGE_WORDS * 4u);
	for (uint32_t i = 0; i < LARGE_WORDS; i++)
		values[i] = 5 * 2654435761u + i;
}

static void begin_draft(void) {
	plasmid_span span;
	begin_values();
	plasmid_item item = large_item(&span, NULL);
	drafted = plasmid_create(store, &item);
	WELL(drafted);
	memcpy((void *)(uintptr_t)item.room, values, LARGE_WORDS * 4u);
}

static void do_create(void) {
	plasmid_span span;
	plasmid_item item = large_item(&span, NULL);
	WELL(plasmid_create(store, &item));
}

static void do_seal(void) {
	WELL(plasmid_seal(store, (uint32_t)drafted));
}

static void do_put(void) {
	plasmid_span span;
	plasmid_item item = large_item(&span, values);
	WELL(plasmid_put_many(store, &item, 1));
	shared->refs[5] = item.ref;
}

static void begin_large(void) {
	begin_values();
	do_put();
}

static void do_lease(void) {
	WELL(plasmid_lease(store, REF(shared->refs[5])));
}

static void do_spill(void) {
	CHECK(plasmid_spill_out(store, 1) > 0);
}

static void do_restore(void) {
	WELL(plasmid_restore(store, REF(shared->refs[5]), 1000));
}

static void do_lease_apart(void) {
	WELL(plasmid_lease_apart(store, REF(shared->refs[5])));
}

static void do_free(void) {
	WELL(plasmid_free(store, REF(shared->refs[5])));
}

static void do_tidy(void) {
	WELL(plasmid_tidy(store));
}

typedef struct operation {
	const char *what;
	void (*prepare)(void), (*act)(void);
	bool unsure;      /* object 5: there, or not */
	uint32_t changes; /* not 0: it dies after so many under the lock, and the recovery is stepped */
} operation;

static const operation OPERATIONS[] = {
		{.what = "spill", .prepare = furnish, .act = do_spill},
		{.what = "spill, over a dead file", .prepare = begin_dead_file, .act = do_spill},
		{.what = "spill, from a full heap", .prepare = begin_full, .act = do_spill},
		{.what = "spill, of what disk has", .prepare = begin_copied, .act = do_spill},
		{.what = "restore", .prepare = begin_spilled, .act = do_restore},
		{.what = "free what is spilled", .prepare = begin_spilled, .act = do_free, .unsure = true},
		{.what = "rewrite", .prepare = begin_mostly_dead, .act = do_tidy},
		{.what = "rewrite, two files", .prepare = begin_two_files, .act = do_tidy},
		{.what = "lease, apart", .prepare = begin_spilled, .act = do_lease_apart},
		{.what = "create, on disk", .prepare = begin_small, .act = do_create, .unsure = true},
		{.what = "seal, on disk", .prepare = begin_draft, .act = do_seal, .unsure = true},
		{.what = "put, on disk", .prepare = begin_values, .act = do_put, .unsure = true},
		{.what = "lease, from disk", .prepare = begin_large, .act = do_lease},
		{.what = "free, from disk", .prepare = begin_large, .act = do_free, .unsure = true},
		{.what = "recover, spilling", .prepare = furnish, .act = do_spill, .changes = 60},
		{.what = "recover, restoring", .prepare = begin_spilled, .act = do_restore, .changes = 20},
};

static const operation *now_stepped;

static void stepped(void) {
	now_stepped->prepare();
	shared->may_go[5] = now_stepped->unsure;
	pause_here();
	now_stepped->act();
	pause_here();
}

static void recover(void) {
	pause_here();
	store = spilling_open(&s);
	WELL(plasmid_reap(store));
	pause_here();
}

/* ---- what is found after a death ------------------------------------------------------------------- */

static void copy_file(int from_folder, int to_folder, const char *file) {
	int from = openat(from_folder, file, O_RDONLY | O_CLOEXEC);
	int to = openat(to_folder, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(from >= 0 && to >= 0);
	while (sendfile(to, from, NULL, 1u << 20) > 0) {
	}
	close(from);
	close(to);
}

/* The store's own folder, as that of a store of another name whose segment is a copy of its. */
static void copy_files(const char *image) {
	char path[600];
	DIR *outer = opendir(s.folders[0]);
	CHECK(outer != NULL);
	for (struct dirent *own = readdir(outer); own != NULL; own = readdir(outer)) {
		size_t length = strlen(s.name);
		if (strncmp(own->d_name, s.name, length) != 0 || own->d_name[length] != '.')
			continue;
		snprintf(path, sizeof path, "%s%s", image, own->d_name + length);
		CHECK(mkdirat(dirfd(outer), path, 0700) == 0);
		int to = openat(dirfd(outer), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *inner = fdopendir(openat(dirfd(outer), own->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		CHECK(to >= 0 && inner != NULL);
		for (struct dirent *each = readdir(inner); each != NULL; each = readdir(inner))
			if (each->d_name[0] != '.')
				copy_file(dirfd(inner), to, each->d_name);
		closedir(inner);
		close(to);
		break;
	}
	closedir(outer);
}

static bool is_named(uint32_t number) {
	char label[16];
	int bytes = snprintf(label, sizeof label, "s/%u", number);
	memcpy(plasmid_exchange_of(store)->name, label, (size_t)bytes);
	int32_t r = plasmid_find(store, (uint32_t)bytes);
	CHECK(r >= 0 || r == PLASMID_E_NOT_FOUND);
	return r >= 0;
}

/* Those with an odd number have a name. */
static void examine_objects(void) {
	for (uint32_t i = 0; i < OBJECTS; i++) {
		if (shared->words[i] == 0)
			continue;
		bool named = i % 2 == 1 && is_named(i);
		if (shared->may_go[i] && !named)
			continue;
		plasmid_ref ref = named ? plasmid_exchange_of(store)->ref : shared->refs[i];
		CHECK(named || i % 2 == 0);
		CHECK(shared->may_go[i] || memcmp(ref.id, shared->refs[i].id, sizeof ref.id) == 0);
		check_number(store, ref, i, shared->words[i]);
	}
}

static void free_everything(void) {
	plasmid_object_row rows[64];
	uint32_t cursor = 1;
	do {
		int32_t count = plasmid_list(store, cursor, rows, 64, &cursor);
		WELL(count);
		for (int32_t i = 0; i < count; i++)
			plasmid_free(store, REF(rows[i].ref));
	} while (cursor != 0);
	WELL(plasmid_drain(store));
	WELL(plasmid_tidy(store));
	plasmid_stats stats = stats_of(store);
	CHECK(stats.used == 0 && stats.objects == 0 && stats.spill_files == 0 && stats.disk_bytes == 0);
}

static void examine(const char *image) {
	spilling other = s;
	snprintf(other.name, sizeof other.name, "%.60s", image);
	store = spilling_open(&other);
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	examine_objects();
	WELL(plasmid_drain(store));
	WELL(plasmid_tidy(store));
	WELL(plasmid_check(store));
	CHECK(stats_of(store).quarantined_total == 0);
	free_everything();
	WELL(plasmid_check(store));
	WELL(plasmid_close(store));
	WELL(plasmid_destroy(DIRECTORY, image));
	_exit(0);
}

static void look_at_death(const segment_view *view, uint32_t point, uint64_t instruction) {
	char image[80];
	int status;
	snprintf(image, sizeof image, "%s-%u", s.name, point);
	int nobody = copy_segment(view, image, NOBODY);
	copy_files(image);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		examine(image);
	CHECK(waitpid(pid, &status, 0) == pid);
	close(nobody);
	if (status != 0) {
		fprintf(stderr, "%s: dead after instruction %llu, change %u: status %x\n", now_stepped->what,
		        (unsigned long long)instruction, point, (unsigned)status);
		exit(1);
	}
}

/* ---- stepping -------------------------------------------------------------------------------------- */

/* The process to be stepped through: that of the operation, or one that comes after its death. */
static pid_t start(const operation *what) {
	pid_t pid = start_child(stepped, true);
	if (what->changes == 0)
		return pid;
	segment_view view;
	shadow last = {0};
	CHECK(view_segment(s.name, &view));
	changed(&view, &last);
	for (uint32_t left = what->changes; left > 0;) {
		CHECK(step(pid));
		if (changed(&view, &last) && view.super->lock != 0)
			left--;
	}
	end_child(pid);
	leave_segment(&view);
	free(last.bytes);
	return start_child(recover, true);
}

static uint32_t step_through(const operation *what) {
	segment_view view;
	shadow last = {0};
	uint32_t points = 0;
	uint64_t instructions = 0;
	now_stepped = what;
	memset(shared, 0, sizeof *shared);
	spilling_begin(&s, 1);
	s.options.capacity = HEAP;
	s.options.max_objects = 64;
	s.options.max_clients = 8;
	pid_t pid = start(what);
	CHECK(view_segment(s.name, &view));
	changed(&view, &last);
	while (step(pid)) {
		instructions++;
		if (!changed(&view, &last))
			continue;
		CHECK(points < MOST_POINTS);
		look_at_death(&view, points++, instructions);
	}
	end_child(pid);
	leave_segment(&view);
	free(last.bytes);
	spilling_end(&s);
	printf("%-24s %6llu instructions, %5u deaths\n", what->what, (unsigned long long)instructions, points);
	fflush(stdout);
	return points;
}

int main(int count, char **arguments) {
#if defined(PLASMID_DEBUG_CHECK) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	printf("what is stepped through is what is shipped: in the release build\n");
	return 0;
#endif
	uint32_t deaths = 0;
	without_string_instructions(arguments);
	if (!may_step())
		return 0;
	stay_on_one_core();
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	for (size_t i = 0; i < sizeof OPERATIONS / sizeof OPERATIONS[0]; i++)
		if (count < 2 || strcmp(arguments[1], OPERATIONS[i].what) == 0)
			deaths += step_through(&OPERATIONS[i]);
	printf("%u deaths\n", deaths);
	return 0;
}
