#include "spill/pour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "prim/file.h"
#include "prim/racy.h"
#include "shape.h"
#include "spill/object.h"

static int32_t flush(pm_pour *pour) {
	pm_sum_add(&pour->sum, pour->chunk, pour->count);
	if (pour->count > 0 && pm_file_write(pour->fd, pour->chunk, pour->count, pour->at) != 0)
		return -1;
	PM_POINT("oversize:chunk");
	pour->at += pour->count;
	pour->count = 0;
	return 0;
}

/* By way of the chunk: the caller's bytes may change meanwhile, and the sum must be of those that are written. Zeros if `from` is NULL. */
static int32_t add(pm_pour *pour, const uint8_t *from, uint64_t bytes) {
	while (bytes > 0) {
		uint32_t room = PM_SPILL_CHUNK - pour->count, some = bytes < room ? (uint32_t)bytes : room;
		if (from == NULL)
			memset(pour->chunk + pour->count, 0, some);
		else
			pm_racy_copy(pour->chunk + pour->count, from, some);
		from = from == NULL ? NULL : from + some;
		bytes -= some;
		pour->count += some;
		if (pour->count == PM_SPILL_CHUNK && flush(pour) != 0)
			return -1;
	}
	return 0;
}

static uint64_t poured(const pm_pour *pour) {
	return pour->at + pour->count - pour->begin;
}

static int32_t skip(pm_pour *pour, uint64_t bytes) {
	int32_t r = flush(pour);
	pour->at += bytes;
	return r;
}

static int32_t add_table(pm_pour *pour, const plasmid_item *item) {
	const plasmid_span *spans = (const plasmid_span *)(uintptr_t)item->buffers;
	uint64_t end = pm_table_end(item->inband_bytes, item->buffer_count);
	int32_t r = add(pour, NULL, pm_table_at(item->inband_bytes) - poured(pour));
	for (uint32_t i = 0; i < item->buffer_count && r == 0; i++) {
		const pm_buffer row = {.offset = pm_buffer_at(end), .bytes = spans[i].bytes};
		end = row.offset + row.bytes;
		r = add(pour, (const uint8_t *)&row, sizeof row);
	}
	return r;
}

static int32_t add_parts(pm_pour *pour, const plasmid_item *item, bool draft, uint64_t *room) {
	const plasmid_span *spans = (const plasmid_span *)(uintptr_t)item->buffers;
	int32_t r = add(pour, (const uint8_t *)(uintptr_t)item->inband, item->inband_bytes);
	if (r == 0 && item->buffer_count > 0)
		r = add_table(pour, item);
	for (uint32_t i = 0; i < item->buffer_count && r == 0; i++) {
		bool empty = spans[i].address == 0;
		r = add(pour, NULL, pm_buffer_at(poured(pour)) - poured(pour));
		if (empty && spans[i].bytes > 0 && *room == 0)
			*room = poured(pour);
		if (r == 0)
			r = empty && draft ? skip(pour, spans[i].bytes)
			                   : add(pour, (const uint8_t *)(uintptr_t)spans[i].address, spans[i].bytes);
	}
	return r == 0 ? flush(pour) : r;
}

int32_t pm_pour_item(pm_pour *pour, int fd, uint64_t at, const plasmid_item *item, bool draft, uint64_t *room) {
	*pour = (pm_pour){.fd = fd, .begin = at, .at = at, .chunk = malloc(PM_SPILL_CHUNK)};
	*room = 0;
	if (pour->chunk == NULL) {
		errno = ENOMEM;
		return -1;
	}
	pm_sum_begin(&pour->sum);
	int32_t r = add_parts(pour, item, draft, room);
	free(pour->chunk);
	return r;
}

int32_t pm_pour_sum(int fd, uint64_t at, uint64_t bytes, uint64_t *sum) {
	uint8_t *chunk = malloc(PM_SPILL_CHUNK);
	pm_sum all;
	int32_t r = chunk == NULL ? -1 : 0;
	pm_sum_begin(&all);
	for (uint64_t done = 0; done < bytes && r == 0; done += PM_SPILL_CHUNK) {
		uint64_t some = bytes - done < PM_SPILL_CHUNK ? bytes - done : PM_SPILL_CHUNK;
		r = pm_file_read(fd, chunk, some, at + done);
		if (r == 0)
			pm_sum_add(&all, chunk, some);
	}
	free(chunk);
	*sum = pm_sum_end(&all);
	return r;
}
