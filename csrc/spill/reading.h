/* reading.h - the payload of a spilled object, from its file to memory. */
#ifndef PM_SPILL_READING_H
#define PM_SPILL_READING_H

#include "client.h"

typedef struct pm_reading {
	uint32_t slot, id[4];
	uint64_t word, where, bytes, sum;
	uint8_t *to;
} pm_reading;

/* What is to be read of the object, which is SPILLED. Under the lock. */
pm_reading pm_reading_of(const pm_client *client, uint32_t slot, uint8_t *to);

/* Header, payload, checksum. Without the lock: the object may be in another file by then, or gone. LOST: what stands there is not what was
 * written; SPILL. */
int32_t pm_reading_file(const pm_client *client, pm_reading *reading);

#endif
