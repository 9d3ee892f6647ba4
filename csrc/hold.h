/* hold.h - leases and handles: one bit an object and client for each kind in the segment, how many of them in our own memory.
 *
 * bit(slot, client) == (count(slot) of that client > 0), for each kind.
 * Only a first hold and a last one touch the segment, each by one store: truth with nothing half done. Under the lock. */
#ifndef PM_HOLD_H
#define PM_HOLD_H

#include "client.h"

void pm_lease_add(pm_client *client, uint32_t slot, uint32_t count);
void pm_handle_add(pm_client *client, uint32_t slot);

/* true when this was the last of this process: the object's fate is to be settled. */
bool pm_lease_drop(pm_client *client, uint32_t slot);
bool pm_handle_drop(pm_client *client, uint32_t slot);

bool pm_leased(const pm_client *client, uint32_t slot);
bool pm_handled(const pm_client *client, uint32_t slot);
uint32_t pm_lease_clients(const pm_client *client, uint32_t slot);
uint32_t pm_handle_clients(const pm_client *client, uint32_t slot);

/* Ends whatever the client with that record holds on the object; true when it held something. */
bool pm_hold_clear(pm_client *client, uint32_t slot, uint32_t record);

#endif
