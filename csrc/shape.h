/* shape.h - where the parts of an object to be made will stand.
 *
 *   [in-band][pad 8][table: {offset, bytes} a buffer][pad 64][buffer][pad 64][buffer]...[pad 8][references][name]
 *   |<----------------------------- payload: `bytes` ------------------------------->|
 *   |<------------------------------------- extent: granules, pages from PM_LARGE_BYTES up ---------------------->| */
#ifndef PM_SHAPE_H
#define PM_SHAPE_H

#include <stdint.h>

#include "layout.h"

typedef struct pm_shape {
	uint64_t bytes;
	uint32_t granules, align;
} pm_shape;

/* 0, INVALID or STORE_FULL (more than any store holds). */
int32_t pm_shape_of(const plasmid_item *item, pm_shape *shape);

/* Where the next buffer begins, the one before having ended at `end`. */
static inline uint64_t pm_buffer_at(uint64_t end) {
	return pm_align(end, PM_GRANULE);
}
static inline uint64_t pm_table_end(uint64_t inband, uint64_t buffers) {
	return pm_table_at(inband) + buffers * sizeof(pm_buffer);
}

/* Copies the in-band bytes, the table and the buffers that have an address to `to`, the object's first byte. Gives back where the
 * first buffer without an address stands, or NULL; clears those when `zero`. */
uint8_t *pm_shape_write(const plasmid_item *item, uint8_t *to, int zero);

#endif
