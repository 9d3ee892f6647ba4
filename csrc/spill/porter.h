/* porter.h - the thread that waits for the disk, so that no event loop has to, nor the helper that wakes them.
 *
 * A loop orders an object, and is woken when the order has ended:
 *
 *   FREE --order--> WAITING --its turn--> READING --read back, or not--> ENDED --done--> FREE
 *                      \-----done-----> FREE  \---done---> LEFT --read back, or not--------^
 *
 * In an order that ended well a lease keeps the object where it is, until whoever ordered it has had a look. One thread a client, which is
 * started by the first order and ends with the client. */
#ifndef PM_SPILL_PORTER_H
#define PM_SPILL_PORTER_H

#include "client.h"

#define PM_ORDERS 64u

/* Orders an object that is SPILLED for the store with that index: a number from 1 on, or 0: there are too many. NO_MEMORY, SYSTEM. */
int32_t pm_porter_order(pm_client *client, uint32_t store, uint32_t slot, const uint32_t id[4]);

/* 1: it has not ended; 0: the object is leased, read or mapped; or why not: as pm_spill_back, or as for a lease. */
int32_t pm_porter_look(pm_client *client, uint32_t store, uint32_t order);

/* The order is not needed any more, whether it has ended or not. */
void pm_porter_done(pm_client *client, uint32_t store, uint32_t order);

/* The same for all orders of a store; waits for the one that is being read. */
void pm_porter_forget(pm_client *client, uint32_t store);

/* Files are to be looked after (tidy.h). */
void pm_porter_tidy(pm_client *client);

/* Ends the thread and waits for that. */
void pm_porter_stop(pm_client *client);

#endif
