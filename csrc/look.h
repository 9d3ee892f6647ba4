/* look.h - finding an object and reading its state, without the lock where that can be proved right.
 *
 * The proof: an entry's word changes with every change of state and its version with every new object in the slot, so what was read
 * between two equal words belongs to one object in one state; and what is read is at worst another object's bytes, never memory
 * that is not there. */
#ifndef PM_LOOK_H
#define PM_LOOK_H

#include "client.h"

/* What one moment showed of an object. */
typedef struct pm_sight {
	uint32_t slot;
	uint64_t word;
	uint64_t bytes;
	uint32_t start, inband, buffers, references;
	bool good; /* the entry's checksum of where its bytes stand */
} pm_sight;

/* 0: SEALED, and `sight` says it all. NOT_SEALED or SPILLED (sight->slot is right), FREED, LOST. Without the lock. */
int32_t pm_look(pm_client *client, uint32_t slot, const uint32_t id[4], pm_sight *sight);

/* The same for a name: NOT_FOUND if nothing that was sealed is bound to it; LOCK_TIMEOUT. */
int32_t pm_look_name(pm_client *client, const uint8_t *name, uint32_t bytes, pm_sight *sight);

/* The same, waiting for the lock, if it takes one, for at most `timeout_ns`: LOCK_TIMEOUT. */
int32_t pm_look_name_within(pm_client *client, const uint8_t *name, uint32_t bytes, uint64_t timeout_ns,
                            pm_sight *sight);

/* Does the sight still hold? To be asked after reading what it showed. */
bool pm_still(const pm_client *client, const pm_sight *sight);

/* Under the lock: the slot of a ref whose object is there in whatever state, or 0 and the code that says why not. */
uint32_t pm_locate(const pm_client *client, uint32_t slot, const uint32_t id[4], int32_t *code);

/* Under the lock: 0 and *slot of a SEALED or SPILLED object; else NOT_SEALED, FREED, LOST. */
int32_t pm_locate_sealed(const pm_client *client, uint32_t slot, const uint32_t id[4], uint32_t *found);

/* How a state other than SEALED is told. */
int32_t pm_state_code(uint32_t state);

#endif
