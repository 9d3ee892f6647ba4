/* spilling.h - what the tests of spilling share: a store with a folder of its own on disk, objects whose bytes follow from their number. */
#ifndef SPEC_SPILLING_H
#define SPEC_SPILLING_H

#include <dirent.h>
#include <sys/stat.h>

#include "support.h"

#define CAPACITY (2u << 20)

typedef struct spilling {
	char folders[2][128]; /* ended by 0 bytes, one after the other: packed in `list` */
	char list[256];
	char name[64];
	plasmid_options options;
} spilling;

static inline void spilling_begin(spilling *s, uint32_t folders) {
	memset(s, 0, sizeof *s);
	snprintf(s->name, sizeof s->name, "%s", fresh_name());
	size_t length = 0;
	for (uint32_t i = 0; i < folders; i++) {
		snprintf(s->folders[i], sizeof s->folders[i], "/tmp/plasmid-spec-%s-%u", s->name, i);
		CHECK(mkdir(s->folders[i], 0700) == 0);
		memcpy(s->list + length, s->folders[i], strlen(s->folders[i]) + 1);
		length += strlen(s->folders[i]) + 1;
	}
	s->options = (plasmid_options){.capacity = CAPACITY,
	                               .max_objects = 4096,
	                               .spill_folders = (uint64_t)(uintptr_t)s->list,
	                               .spill_count = folders,
	                               .spill_file_bytes = 256u << 10};
}

static inline plasmid_store *spilling_open(spilling *s) {
	plasmid_store *store;
	WELL(plasmid_open(DIRECTORY, s->name, &s->options, &store));
	return store;
}

/* Files in the store's own folders; -1: there is no such folder. Their path in `path`, of the last. */
static inline int spilling_files(const spilling *s, char *path) {
	int count = -1;
	for (uint32_t i = 0; i < s->options.spill_count; i++) {
		DIR *outer = opendir(s->folders[i]);
		CHECK(outer != NULL);
		for (struct dirent *each = readdir(outer); each != NULL; each = readdir(outer)) {
			if (each->d_name[0] == '.')
				continue;
			char own[512];
			snprintf(own, sizeof own, "%s/%s", s->folders[i], each->d_name);
			DIR *inner = opendir(own);
			CHECK(inner != NULL);
			count = count < 0 ? 0 : count;
			for (struct dirent *file = readdir(inner); file != NULL; file = readdir(inner)) {
				if (file->d_name[0] == '.')
					continue;
				count++;
				if (path != NULL)
					snprintf(path, 1024, "%s/%s", own, file->d_name);
			}
			closedir(inner);
		}
		closedir(outer);
	}
	return count;
}

/* Destroys the store: nothing of it may be left in its folders. */
static inline void spilling_end(spilling *s) {
	WELL(plasmid_destroy(DIRECTORY, s->name));
	CHECK(spilling_files(s, NULL) == -1);
	for (uint32_t i = 0; i < s->options.spill_count; i++)
		CHECK(rmdir(s->folders[i]) == 0);
}

/* Pinned, with a name if `named`; makes room by spilling. Why it can't be, if it can't. */
static inline int32_t try_number(plasmid_store *store, uint32_t number, uint32_t words, int named,
                                 const plasmid_ref *refs, uint32_t count, plasmid_ref *ref) {
	char label[16];
	uint32_t *values = malloc(words * 4u);
	for (uint32_t i = 0; i < words; i++)
		values[i] = number * 2654435761u + i;
	plasmid_span span = {.address = (uint64_t)(uintptr_t)values, .bytes = words * 4u};
	plasmid_item item = {.inband = (uint64_t)(uintptr_t)&number,
	                     .inband_bytes = 4,
	                     .buffers = (uint64_t)(uintptr_t)&span,
	                     .buffer_count = 1,
	                     .name = (uint64_t)(uintptr_t)label,
	                     .references = (uint64_t)(uintptr_t)refs,
	                     .reference_count = count,
	                     .flags = PLASMID_ITEM_PIN};
	if (named)
		item.name_bytes = (uint32_t)snprintf(label, sizeof label, "s/%u", number);
	int32_t r = plasmid_put_many(store, &item, 1);
	for (int turn = 0; r == PLASMID_E_STORE_FULL && turn < 100; turn++) {
		int32_t gone = plasmid_spill_out(store, words * 4u);
		if (gone <= 0) {
			r = gone < 0 ? gone : r;
			break;
		}
		r = plasmid_put_many(store, &item, 1);
	}
	if (r >= 0)
		WELL(plasmid_forget(store, item.token));
	free(values);
	*ref = item.ref;
	return r;
}

static inline plasmid_ref put_number(plasmid_store *store, uint32_t number, uint32_t words, int named,
                                     const plasmid_ref *refs, uint32_t count) {
	plasmid_ref ref;
	WELL(try_number(store, number, words, named, refs, count, &ref));
	return ref;
}

/* Every word of the object that was leased just now; the lease ends. */
static inline void check_leased(plasmid_store *store, uint32_t number, uint32_t words) {
	plasmid_exchange *exchange = plasmid_exchange_of(store);
	CHECK(*(const uint32_t *)exchange->data == number);
	const plasmid_buffer_row *row = (const plasmid_buffer_row *)(uintptr_t)exchange->rows;
	CHECK(row->bytes == words * 4u);
	const uint32_t *values = (const uint32_t *)(uintptr_t)row->address;
	for (uint32_t i = 0; i < words; i++)
		CHECK(values[i] == number * 2654435761u + i);
	uint32_t references = exchange->references;
	const plasmid_reference_row *others = (const plasmid_reference_row *)(uintptr_t)exchange->reference_rows;
	plasmid_release(NULL, (void *)(uintptr_t)row->context);
	for (uint32_t i = 0; i < references; i++)
		if (others[i].context != 0)
			plasmid_release(NULL, (void *)(uintptr_t)others[i].context);
}

/* Leases the object, read back if it must be, and compares every word. */
static inline void check_number(plasmid_store *store, plasmid_ref ref, uint32_t number, uint32_t words) {
	int32_t r;
	while ((r = plasmid_lease(store, REF(ref))) == PLASMID_E_SPILLED)
		WELL(plasmid_restore(store, REF(ref), 10000));
	WELL(r);
	check_leased(store, number, words);
}

static inline plasmid_stats stats_of(plasmid_store *store) {
	plasmid_stats stats;
	WELL(plasmid_stats_of(store, &stats));
	return stats;
}

#endif
