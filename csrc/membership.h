/* membership.h - becoming a client of a segment, and ceasing to be one. */
#ifndef PM_MEMBERSHIP_H
#define PM_MEMBERSHIP_H

#include "client.h"

/* Takes a slot of the segment: the byte lock first, which the kernel gives to one; then its epoch; then, if a dead client was never
 * reaped, all that it left; then its place among the living. CLIENTS_FULL, LOCK_TIMEOUT, NO_MEMORY, DESTROYED. */
int32_t pm_join(pm_client *client);

/* Gives the slot back. Nothing is held any more. */
void pm_part(pm_client *client);

/* A store that was to live as long as its clients: destroys it if there is none besides this one but lingering ones. */
void pm_end_with_last(pm_client *client);

#endif
