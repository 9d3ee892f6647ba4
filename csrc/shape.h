/* shape.h - where the parts of an object to be made will stand.
 *
 *   [in-band][pad 8][table: {offset, bytes} a buffer][pad 64][buffer][pad 64][buffer]...[pad 8][references][name]
 *   |<----------------------------- payload: `bytes` ------------------------------->|
 *   |<------------------------------------- extent: granules, pages from PM_LARGE_BYTES up ---------------------->| */
#ifndef PM_SHAPE_H
#define PM_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

typedef struct pm_shape {
	uint64_t bytes;
	uint32_t granules, align;
} pm_shape;

/* 0, INVALID or STORE_FULL (more than any store holds). */
int32_t pm_shape_of(const plasmid_item *item, pm_shape *shape);

/* Is there a buffer for the caller to write to? */
bool pm_shape_has_room(const plasmid_item *item);

/* Where the next buffer begins, the one before having ended at `end`. */
static inline uint64_t pm_buffer_at(uint64_t end) {
	return pm_align(end, PM_GRANULE);
}
static inline uint64_t pm_table_end(uint64_t inband, uint64_t buffers) {
	return pm_table_at(inband) + buffers * sizeof(pm_buffer);
}

/* Where an object's bytes go. Pages that nobody has touched are written through the file: the kernel then neither clears them
 * first nor takes a fault for each (0.6 of the time of a memcpy); warm ones by memcpy. */
typedef struct pm_destination {
	uint8_t *to; /* the object's first byte */
	int file;
	uint64_t at;   /* of that byte in the file */
	uint64_t cold; /* from this byte of the object on its pages are cold */
} pm_destination;

/* Copies the in-band bytes, the table and the buffers that have an address. Gives back where the first buffer without an address
 * stands, or NULL; clears those when `zero`. */
uint8_t *pm_shape_write(const plasmid_item *item, const pm_destination *destination, bool zero);

#endif
