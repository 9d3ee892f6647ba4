#include "copy.h"

#include <stdlib.h>

#include "prim/atomic.h"

pm_copy *pm_copy_new(uint64_t bytes) {
	pm_copy *copy = aligned_alloc(alignof(pm_copy), pm_align(sizeof(pm_copy) + bytes, alignof(pm_copy)));
	if (copy != NULL)
		copy->views = 1;
	return copy;
}

pm_copy *pm_copy_share(pm_copy *copy) {
	pm_add(&copy->views, 1);
	return copy;
}

void pm_copy_drop(pm_copy *copy) {
	if (pm_add(&copy->views, UINT32_MAX) == 1)
		free(copy);
}
