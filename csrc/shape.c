#include "shape.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"

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

uint8_t *pm_shape_write(const plasmid_item *item, uint8_t *to, int zero) {
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
			memcpy(to + at, (const void *)(uintptr_t)spans[i].address, spans[i].bytes);
			continue;
		}
		if (room == NULL && spans[i].bytes > 0)
			room = to + at;
		if (zero)
			memset(to + at, 0, spans[i].bytes);
	}
	return room;
}
