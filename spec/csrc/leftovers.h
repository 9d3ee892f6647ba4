/* leftovers.h - what may be left of a process, or in a store, when all is over. */
#ifndef SPEC_LEFTOVERS_H
#define SPEC_LEFTOVERS_H

#include <dirent.h>
#include <stdbool.h>

#include "support.h"

/* Entries of a folder whose names begin so. */
static inline uint32_t entries_in(const char *path, const char *prefix) {
	DIR *folder = opendir(path);
	uint32_t count = 0;
	CHECK(folder != NULL);
	for (const struct dirent *at = readdir(folder); at != NULL; at = readdir(folder))
		count += strncmp(at->d_name, prefix, strlen(prefix)) == 0;
	closedir(folder);
	return count;
}

/* Mappings of this process on files whose paths contain `part`. */
static inline uint32_t mappings_of(const char *part) {
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	uint32_t count = 0;
	CHECK(maps != NULL);
	while (fgets(line, sizeof line, maps) != NULL)
		count += strstr(line, part) != NULL;
	fclose(maps);
	return count;
}

/* Every other client of the store has ended: only what is pinned, and what that contains, may be left. When that is freed too the store
 * is as new: one object takes all of it. */
static inline void check_all_is_usable(plasmid_store *store) {
	plasmid_stats stats;
	uint32_t next;
	WELL(plasmid_reap(store));
	WELL(plasmid_check(store));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.quarantined_total == 0 && stats.leases == 0 && stats.handles == 0 && stats.clients == 1);
	plasmid_object_row *rows = malloc((stats.objects + 1) * sizeof *rows);
	CHECK(rows != NULL);
	int32_t count = plasmid_list(store, 1, rows, stats.objects + 1, &next);
	WELL(count);
	for (int32_t i = 0; i < count; i++) {
		bool spilled = rows[i].state == PLASMID_SPILLED;
		CHECK((spilled || rows[i].state == PLASMID_SEALED) && rows[i].leases == 0 && rows[i].handles == 0);
		/* On disk there is no cache: it may have gone with what contained it. */
		int32_t r = plasmid_free(store, REF(rows[i].ref));
		if (r != PLASMID_E_LOST || !spilled)
			WELL(r);
	}
	free(rows);
	WELL(plasmid_drain(store));
	WELL(plasmid_tidy(store));
	WELL(plasmid_check(store));
	WELL(plasmid_stats_of(store, &stats));
	CHECK(stats.objects == 0 && stats.used == 0 && stats.spill_files == 0 && stats.disk_bytes == 0);
	plasmid_span span = {.bytes = stats.capacity - 64};
	plasmid_item item = {.buffers = (uint64_t)(uintptr_t)&span, .buffer_count = 1};
	WELL(plasmid_create(store, &item));
}

#endif
