#include "spill/reading.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "error.h"
#include "place.h"
#include "prim/atomic.h"
#include "prim/file.h"
#include "prim/sum.h"
#include "spill/files.h"
#include "spill/folders.h"
#include "spill/object.h"

pm_reading pm_reading_of(const pm_client *client, uint32_t slot, uint8_t *to) {
	const pm_entry *entry = pm_entry_at(client, slot);
	const pm_place *place = &client->places[slot];
	pm_reading reading = {
			.slot = slot, .word = entry->word, .where = place->where, .bytes = entry->bytes, .sum = place->sum, .to = to};
	memcpy(reading.id, entry->id, sizeof reading.id);
	return reading;
}

static bool is_its_header(const pm_client *client, const pm_reading *reading, const pm_spill_header *header) {
	return header->magic == PM_SPILL_OBJECT_MAGIC && header->bytes == reading->bytes &&
	       header->generation == client->plan.generation && memcmp(header->id, reading->id, sizeof header->id) == 0;
}

static int32_t lost(const char *path, const char *why) {
	return pm_fail(PLASMID_E_LOST, "the object was spilled to %s, %s", path, why);
}

/* `short_file`: nothing failed, there was just less than there should be. */
static int32_t failed(const char *path, bool short_file) {
	if (short_file || errno == ENOENT || errno == ELOOP)
		return lost(path, short_file ? "which is shorter than it was" : "which is not there any more");
	return pm_fail(PLASMID_E_SPILL, "reading %s: %s", path, strerror(errno));
}

static int32_t read_payload(const pm_client *client, const pm_reading *reading, int fd, const char *path) {
	pm_spill_header header;
	uint64_t from = pm_where_offset(reading->where);
	pm_sum sum;
	errno = 0;
	if (pm_file_read(fd, &header, sizeof header, from - sizeof header) != 0)
		return failed(path, errno == 0);
	if (!is_its_header(client, reading, &header))
		return lost(path, "where something else stands in its place");
	pm_sum_begin(&sum);
	for (uint64_t at = 0; at < reading->bytes; at += PM_SPILL_CHUNK) {
		uint64_t bytes = reading->bytes - at < PM_SPILL_CHUNK ? reading->bytes - at : PM_SPILL_CHUNK;
		errno = 0;
		if (pm_file_read(fd, reading->to + at, bytes, from + at) != 0)
			return failed(path, errno == 0);
		pm_sum_add(&sum, reading->to + at, bytes);
		PM_POINT("restore:chunk");
	}
	return pm_sum_end(&sum) == reading->sum ? 0 : lost(path, "whose bytes are not what was written (checksum)");
}

int32_t pm_reading_file(const pm_client *client, pm_reading *reading) {
	char path[PM_SPILL_PATH_ROOM];
	for (;;) {
		int fd = pm_files_open(client, reading->where, path);
		int32_t r = fd < 0 ? failed(path, false) : read_payload(client, reading, fd, path);
		if (fd >= 0)
			close(fd);
		uint64_t now = pm_load(&client->places[reading->slot].where);
		if (r == 0 || now == reading->where || now == 0)
			return r;
		reading->where = now; /* the file was rewritten under our hands */
	}
}
