/* Each bit of a small segment's metadata is turned, one at a time, while nobody has it open. Whoever opens it next refuses it, or
 * finds every object but at most one as it was, and works on: no loop, no crash, no write where none belongs. */
#include <sys/mman.h>

#include "stepper.h"
#include "worker.h"

#include "client.h"

#define MOST 256u
#define BATCH 256u     /* flips that a child does */
#define BATCH_LIMIT 60 /* seconds for all of them */

/* A small object in the pristine segment. */
typedef struct known {
	plasmid_ref ref;
	uint32_t word, bytes;
} known;

typedef struct outcome {
	uint64_t refused, mended, unnoticed, lost, at, bit;
} outcome;

static known objects[MOST];
static uint32_t object_count;
static uint8_t *image;
static part parts[PARTS];
static int part_count;
static uint64_t image_bytes;
static outcome *sums;
static bool all_bits; /* of each byte; else one */

static plasmid_store *open_store(const char *name) {
	plasmid_options options = {.capacity = 1u << 20, .max_objects = 96, .max_clients = 5};
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, name, &options, &store));
	return store;
}

/* A client's life, and its end: in peace, or with all that it holds. */
static void live(const char *name, bool dies) {
	plasmid_store *store = open_store(name);
	worker w;
	worker_begin(&w, store, 11);
	for (uint32_t i = 0; i < 300; i++)
		worker_step(&w);
	char label[16];
	for (uint32_t i = 0; i < 6; i++) {
		plasmid_item item = {.inband = (uint64_t)(uintptr_t)&i,
		                     .inband_bytes = 4,
		                     .name = (uint64_t)(uintptr_t)label,
		                     .name_bytes = (uint32_t)snprintf(label, sizeof label, "kept/%u", i),
		                     .flags = PLASMID_ITEM_PIN};
		WELL(plasmid_put_many(store, &item, 1));
	}
	if (dies)
		kill(getpid(), SIGKILL);
	worker_end(&w);
	WELL(plasmid_close(store));
	_exit(0);
}

/* What every later opener must find. Reaped first, so that no flip is blamed for what a death costs. */
static void learn(const char *name, bool dies) {
	segment_view view;
	int status;
	pid_t pid = fork();
	if (pid == 0)
		live(name, dies);
	CHECK(waitpid(pid, &status, 0) == pid && (dies ? WIFSIGNALED(status) : status == 0));
	CHECK(view_segment(name, &view));
	part_count = parts_of(&view, parts);
	image_bytes = view.bytes;
	image = malloc(image_bytes);
	CHECK(image != NULL);
	memcpy(image, view.base, image_bytes);
	object_count = 0;
	const pm_entry *entries = (const pm_entry *)(image + view.super->plan.entries_at);
	for (uint32_t slot = 1; slot <= view.super->entries_used; slot++) {
		const pm_entry *entry = &entries[slot];
		if (pm_word_state(entry->word) != PLASMID_SEALED || entry->references != 0 || entry->bytes > 4096)
			continue;
		known *at = &objects[object_count++];
		*at = (known){.ref.slot = slot, .bytes = (uint32_t)entry->bytes};
		memcpy(at->ref.id, entry->id, sizeof at->ref.id);
		memcpy(&at->word, image + view.super->plan.heap_at + (uint64_t)entry->start * PM_GRANULE, 4);
	}
	CHECK(object_count > 10);
	leave_segment(&view);
}

static void write_image(const char *name, uint64_t at, uint32_t bit) {
	uint8_t turned = image[at] ^ (uint8_t)(1u << bit);
	int fd = open(path_of_store(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const pm_superblock *super = (const pm_superblock *)image;
	CHECK(fd >= 0 && ftruncate(fd, (off_t)image_bytes) == 0);
	CHECK(fallocate(fd, 0, (off_t)super->plan.heap_at, (off_t)super->committed * PM_GRANULE) == 0);
	for (int i = 0; i < part_count; i++)
		CHECK(pwrite(fd, image + parts[i].at, parts[i].bytes, (off_t)parts[i].at) == (ssize_t)parts[i].bytes);
	CHECK(pwrite(fd, &turned, 1, (off_t)at) == 1);
	close(fd);
}

static bool refusal(int32_t r) {
	return r == PLASMID_E_BAD_SEGMENT || r == PLASMID_E_VERSION || r == PLASMID_E_CORRUPT || r == PLASMID_E_NO_SPACE;
}

static uint32_t count_lost(plasmid_store *store) {
	uint32_t lost = 0, word;
	for (uint32_t i = 0; i < object_count; i++) {
		int32_t r = plasmid_peek(store, REF(objects[i].ref));
		if (r == PLASMID_E_LOST || r == PLASMID_E_FREED || r == PLASMID_E_NOT_SEALED) {
			lost++;
			continue;
		}
		WELL(r);
		memcpy(&word, plasmid_exchange_of(store)->data, 4);
		CHECK((uint32_t)r == objects[i].bytes && word == objects[i].word);
	}
	return lost;
}

/* The slots that nobody had used, too; and who subscribes waits for nobody. */
static void fill_table(plasmid_store *store) {
	uint32_t tokens[MOST], count = 0;
	int32_t subscription = plasmid_subscribe(store, UINT32_MAX, 0);
	WELL(subscription);
	while (count < MOST) {
		plasmid_exchange_of(store)->data[0] = (uint8_t)count;
		int32_t token = plasmid_put_small(store, 1);
		if (token == PLASMID_E_TABLE_FULL || token == PLASMID_E_STORE_FULL)
			break;
		WELL(token);
		tokens[count++] = (uint32_t)token;
	}
	WELL(plasmid_check(store));
	for (uint32_t i = 0; i < count; i++)
		WELL(plasmid_forget(store, tokens[i]));
	WELL(plasmid_unsubscribe(store, (uint32_t)subscription));
	WELL(plasmid_check(store));
}

static void open_flipped(const char *name) {
	plasmid_options options = {.flags = PLASMID_OPEN_EXISTING};
	plasmid_store *store;
	plasmid_stats stats;
	worker w;
	int32_t r = plasmid_open(DIRECTORY, name, &options, &store);
	if (r != 0) {
		if (!refusal(r))
			WELL(r);
		sums->refused++;
		return;
	}
	WELL(plasmid_stats_of(store, &stats));
	if (stats.recovered_total == 1)
		sums->mended++;
	else
		sums->unnoticed++;
	WELL(plasmid_check(store));
	WELL(plasmid_reap(store));
	uint32_t lost = count_lost(store);
	CHECK(lost <= 1);
	sums->lost += lost;
	worker_begin(&w, store, sums->at * 8 + sums->bit);
	for (uint32_t i = 0; i < 20; i++)
		worker_step(&w);
	WELL(plasmid_check(store));
	fill_table(store);
	worker_end(&w);
	WELL(plasmid_close(store));
}

/* Of the tombstones a few: they are all alike. */
static bool wanted(uint64_t at, uint32_t stride) {
	uint64_t tombs = offsetof(pm_superblock, tombs);
	if (at >= tombs && at < tombs + sizeof(((pm_superblock *)0)->tombs))
		return at % 512 == 0;
	return at % stride == 0 || at < tombs;
}

/* The bytes at which bits are turned, in order. */
static uint32_t list_places(uint64_t *places, uint32_t most, uint32_t stride) {
	const pm_superblock *super = (const pm_superblock *)image;
	const uint64_t ends[] = {sizeof *super,
	                         super->plan.names_at,
	                         super->plan.names_at + super->plan.max_objects * 4ull,
	                         super->plan.entries_at + (super->entries_used + 2ull) * sizeof(pm_entry),
	                         super->plan.holds_at + (super->entries_used + 2ull) * 16 * super->plan.hold_words,
	                         super->plan.nodes_at + (super->heap.node_high + 1ull) * sizeof(pm_extent)};
	const uint64_t begins[] = {0,
	                           super->plan.clients_at,
	                           super->plan.names_at,
	                           super->plan.entries_at,
	                           super->plan.holds_at,
	                           super->plan.nodes_at};
	uint32_t count = 0;
	for (int i = 0; i < 6; i++)
		for (uint64_t at = begins[i]; at < ends[i]; at++) {
			if (!wanted(at, stride))
				continue;
			CHECK(count < most);
			places[count++] = at;
		}
	return count;
}

static void flip(const char *name, uint64_t at, uint32_t bit) {
	sums->at = at;
	sums->bit = bit;
	write_image(name, at, bit);
	open_flipped(name);
}

static void flip_batch(const uint64_t *places, uint32_t from, uint32_t to) {
	const char *name = fresh_name();
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(BATCH_LIMIT);
		for (uint32_t i = from; i < to; i++)
			for (uint32_t bit = 0; bit < 8; bit++)
				if (all_bits || bit == places[i] * 5 % 8)
					flip(name, places[i], bit);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (status == 0) {
		unlink(path_of_store(name));
		return;
	}
	fprintf(stderr, "byte %llu, bit %llu: status %x\n", (unsigned long long)sums->at, (unsigned long long)sums->bit,
	        (unsigned)status);
	if (getenv("PLASMID_TEST_KEEP") == NULL)
		unlink(path_of_store(name));
	exit(1);
}

static void flip_all(bool dies, uint32_t stride) {
	char name[64];
	strcpy(name, fresh_name());
	uint64_t *places = malloc((1u << 16) * sizeof *places);
	memset(sums, 0, sizeof *sums);
	learn(name, dies);
	uint32_t count = list_places(places, 1u << 16, stride);
	for (uint32_t from = 0; from < count; from += BATCH / 8)
		flip_batch(places, from, from + BATCH / 8 < count ? from + BATCH / 8 : count);
	printf("%s: %u bits turned: %llu refused, %llu mended, %llu unnoticed, %llu objects lost\n",
	       dies ? "after a death" : "at rest", count * (all_bits ? 8 : 1), (unsigned long long)sums->refused,
	       (unsigned long long)sums->mended, (unsigned long long)sums->unnoticed, (unsigned long long)sums->lost);
	fflush(stdout);
	free(places);
	free(image);
	WELL(plasmid_destroy(DIRECTORY, name));
}

/* With an argument: all bits of every so-many-th byte, of every one with 1. Else one bit of each of a sample, of another place in the
 * next byte. */
int main(int count, char **arguments) {
#ifdef __SANITIZE_THREAD__
	puts("skipped under the thread sanitizer: it has no threads, and maps a store for each bit");
	return 0;
#endif
	sums = mmap(NULL, sizeof *sums, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(sums != MAP_FAILED);
	uint32_t stride = count > 1 ? (uint32_t)atoi(arguments[1]) : 11;
	all_bits = count > 1;
	flip_all(false, stride);
	flip_all(true, stride);
	return 0;
}
