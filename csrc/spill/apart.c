#include "spill/apart.h"

#include "crash.h"
#include "error.h"
#include "fate.h"
#include "lock.h"
#include "look.h"
#include "spill/reading.h"

/* Under the lock again: what was read is of an object that never changes, and may be gone. */
static int32_t settle(pm_client *client, const pm_reading *reading, int32_t r) {
	uint32_t found;
	int32_t there = pm_locate_sealed(client, reading->slot, reading->id, &found);
	if (there != 0)
		return pm_fail(there, "the object is not in the store any more");
	if (r != PLASMID_E_LOST)
		return r;
	if (pm_entry_at(client, found)->word != reading->word)
		return PLASMID_E_SPILLED; /* read back meanwhile, and the file not needed any more */
	pm_lose(client, found);
	return r;
}

int32_t pm_spill_apart(pm_client *client, uint32_t slot, pm_copy **copy, bool *locked) {
	uint64_t bytes = pm_entry_at(client, slot)->bytes;
	pm_copy *fresh = pm_copy_new(bytes);
	*locked = true;
	if (fresh == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a copy of %llu bytes", (unsigned long long)bytes);
	pm_reading reading = pm_reading_of(client, slot, fresh->payload);
	pm_unlock(client);
	PM_POINT("apart:reading");
	int32_t r = pm_reading_file(client, &reading);
	int32_t taken = pm_lock_again(client);
	*locked = taken == 0;
	r = taken != 0 ? taken : settle(client, &reading, r);
	if (r == 0)
		*copy = fresh;
	else
		pm_copy_drop(fresh);
	return r;
}
