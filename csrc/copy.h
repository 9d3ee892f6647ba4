/* copy.h - an object's payload in memory of this process alone: it lives as long as a view on it, and nobody else knows of it. */
#ifndef PM_COPY_H
#define PM_COPY_H

#include <stdalign.h>
#include <stdint.h>

#include "layout.h"

typedef struct pm_copy {
	uint32_t views;
	alignas(PM_GRANULE) uint8_t payload[];
} pm_copy;

/* With one view; NULL: no memory. */
pm_copy *pm_copy_new(uint64_t bytes);

/* One view more. */
pm_copy *pm_copy_share(pm_copy *copy);

/* One view less: the last frees it. */
void pm_copy_drop(pm_copy *copy);

#endif
