/* disk.c - spilling, from outside. */
#include "error.h"
#include "spill/back.h"
#include "spill/out.h"
#include "spill/tidy.h"
#include "store.h"

PLASMID_API int32_t plasmid_spill_out(plasmid_store *store, uint64_t bytes) {
	int32_t r = pm_usable(store);
	return r != 0 ? r : pm_spill_pass(store->client, bytes);
}

PLASMID_API int32_t plasmid_restore(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                    uint32_t timeout_ms) {
	const uint32_t id[4] = {a, b, c, d};
	int32_t r = pm_usable(store);
	if (r == 0 && store->client->spill == NULL)
		r = pm_fail(PLASMID_E_INVALID, "the store does not spill");
	return r != 0 ? r : pm_spill_back(store->client, slot, id, (uint64_t)timeout_ms * 1000000u);
}

PLASMID_API int32_t plasmid_tidy(plasmid_store *store) {
	int32_t r = pm_usable(store);
	return r != 0 ? r : pm_spill_tidy(store->client);
}
