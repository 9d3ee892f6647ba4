#include "shape.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"
#include "prim/copy.h"
#include "prim/file.h"

#define COLD_LEAST 65536u /* bytes from which a system call costs less than the faults it saves */

int32_t pm_shape_of(const plasmid_item *item, pm_shape *shape) {
	uint64_t bytes = item->inband_bytes;
	if (item->buffer_count > 0) {
		const plasmid_span *spans = (const plasmid_span *)(uintptr_t)item->buffers;
		bytes = pm_table_end(item->inband_bytes, item->buffer_count);
		for (uint32_t i = 0; i < item->buffer_count; i++) {
			if (spans[i].bytes > PM_MAX_CAPACITY)
				return pm_fail(PLASMID_E_STORE_FULL, "a buffer of %llu bytes is more than any store holds",
				               (unsigned long long)spans[i].bytes);
			bytes = pm_buffer_at(bytes) + spans[i].bytes;
			if (bytes > PM_MAX_CAPACITY)
				return pm_fail(PLASMID_E_STORE_FULL, "the object is larger than any store");
		}
	}
	if (item->name_bytes > PLASMID_NAME_BYTES)
		return pm_fail(PLASMID_E_BAD_NAME, "a name has at most %u bytes", PLASMID_NAME_BYTES);
	uint64_t extent = pm_name_at(bytes, item->reference_count) + item->name_bytes;
	bool large = extent >= PM_LARGE_BYTES;
	uint64_t unit = large ? PM_PAGE : PM_GRANULE;
	uint64_t granules = pm_align(extent == 0 ? 1 : extent, unit) / PM_GRANULE;
	if (granules > PM_MAX_CAPACITY / PM_GRANULE)
		return pm_fail(PLASMID_E_STORE_FULL, "the object is larger than any store");
	shape->bytes = bytes;
	shape->granules = (uint32_t)granules;
	shape->align = large ? PM_PAGE_GRANULES : 1;
	return 0;
}

bool pm_shape_has_room(const plasmid_item *item) {
	const plasmid_span *spans = (const plasmid_span *)(uintptr_t)item->buffers;
	for (uint32_t i = 0; i < item->buffer_count; i++)
		if (spans[i].address == 0 && spans[i].bytes > 0)
			return true;
	return false;
}

/* One buffer to the object's byte `offset`. */
static void write_buffer(const pm_destination *destination, uint64_t offset, const plasmid_span *span) {
	const uint8_t *from = (const uint8_t *)(uintptr_t)span->address;
	uint64_t warm = destination->cold <= offset ? 0 : destination->cold - offset;
	if (warm >= span->bytes || span->bytes - warm < COLD_LEAST)
		warm = span->bytes;
	pm_copy_bytes(destination->to + offset, from, warm);
	/* The pages are reserved: should the write fail all the same, the memory is there to be copied to. */
	if (warm < span->bytes &&
	    pm_file_write(destination->file, from + warm, span->bytes - warm, destination->at + offset + warm) != 0)
		memcpy(destination->to + offset + warm, from + warm, span->bytes - warm);
}

uint8_t *pm_shape_write(const plasmid_item *item, const pm_destination *destination, bool zero) {
	uint8_t *to = destination->to;
	const plasmid_span *spans = (const plasmid_span *)(uintptr_t)item->buffers;
	pm_buffer *table = (pm_buffer *)(to + pm_table_at(item->inband_bytes));
	uint64_t end = pm_table_end(item->inband_bytes, item->buffer_count);
	uint8_t *room = NULL;
	if (item->inband_bytes > 0)
		memcpy(to, (const void *)(uintptr_t)item->inband, item->inband_bytes);
	for (uint32_t i = 0; i < item->buffer_count; i++) {
		uint64_t at = pm_buffer_at(end);
		end = at + spans[i].bytes;
		table[i] = (pm_buffer){.offset = at, .bytes = spans[i].bytes};
		if (spans[i].address != 0) {
			write_buffer(destination, at, &spans[i]);
			continue;
		}
		if (room == NULL && spans[i].bytes > 0)
			room = to + at;
		if (zero)
			memset(to + at, 0, spans[i].bytes);
	}
	return room;
}
