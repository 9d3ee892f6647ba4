/* store.h - the first step of every public call. */
#ifndef PM_STORE_H
#define PM_STORE_H

#include "client.h"
#include "error.h"
#include "prim/atomic.h"

/* 0, or why no call can be made: CLOSED, FORKED, DESTROYED. */
static inline int32_t pm_usable(const plasmid_store *store) {
	if (__builtin_expect(pm_load_relaxed(&store->closed) != 0, 0))
		return pm_fail(PLASMID_E_CLOSED, "the store was closed in this process");
	if (__builtin_expect(store->client->forked, 0))
		return pm_fail(PLASMID_E_FORKED, "this process was forked from the one that opened the store");
	if (__builtin_expect(pm_load_relaxed(&store->client->super->destroyed) != 0, 0))
		return pm_fail(PLASMID_E_DESTROYED, "%s was destroyed", store->client->path);
	return 0;
}

/* Usable, locked, a part of what was released drained. The lock is to be given back with pm_leave. */
int32_t pm_enter(plasmid_store *store);
void pm_leave(plasmid_store *store);

#endif
