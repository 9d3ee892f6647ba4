/* disk.c - spilling, from outside. */
#include "error.h"
#include "helper.h"
#include "spill/back.h"
#include "spill/out.h"
#include "spill/porter.h"
#include "spill/tidy.h"
#include "store.h"

PLASMID_API int32_t plasmid_spill_out(plasmid_store *store, uint64_t bytes) {
	int32_t r = pm_usable(store);
	return r != 0 ? r : pm_spill_pass(store->client, bytes);
}

static int32_t may_restore(const plasmid_store *store) {
	int32_t r = pm_usable(store);
	return r != 0 || store->client->spill != NULL ? r : pm_fail(PLASMID_E_INVALID, "the store does not spill");
}

PLASMID_API int32_t plasmid_restore(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                    uint32_t timeout_ms) {
	const uint32_t id[4] = {a, b, c, d};
	int32_t r = may_restore(store);
	return r != 0 ? r : pm_spill_back(store->client, slot, id, (uint64_t)timeout_ms * 1000000u);
}

PLASMID_API int32_t plasmid_restore_begin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                          uint32_t d) {
	const uint32_t id[4] = {a, b, c, d};
	int32_t r = may_restore(store);
	if (r != 0)
		return r;
	pm_arm(store);
	return pm_porter_order(store->client, store->index, slot, id);
}

PLASMID_API int32_t plasmid_restore_look(plasmid_store *store, uint32_t order) {
	int32_t r = may_restore(store);
	if (r != 0)
		return r;
	pm_arm(store);
	return pm_porter_look(store->client, store->index, order);
}

PLASMID_API int32_t plasmid_restore_end(plasmid_store *store, uint32_t order) {
	int32_t r = may_restore(store);
	if (r == 0)
		pm_porter_done(store->client, store->index, order);
	return r;
}

PLASMID_API int32_t plasmid_tidy(plasmid_store *store) {
	int32_t r = pm_usable(store);
	return r != 0 ? r : pm_spill_tidy(store->client, true);
}
