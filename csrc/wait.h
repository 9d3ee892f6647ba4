/* wait.h - who wants to know when an object or a name changes.
 *
 * Interest is one bit a client in the bucket of the key's hash. A waiter sets its bit, then looks; a sealer publishes, then takes
 * the bits: whichever comes first, one of them sees the other. The bits taken, each client's threads that block are woken, and
 * its helper if an event loop waits; they look again and, if there is nothing yet, set the bit again. */
#ifndef PM_WAIT_H
#define PM_WAIT_H

#include "client.h"

void pm_interest(pm_client *client, uint32_t hash);

/* After a change was published, under the lock: were we to die before the wake, the recovery wakes everyone. */
void pm_notify(pm_client *client, uint32_t hash);

/* The same for whoever is subscribed to events, under the lock. */
void pm_interest_in_events(pm_client *client);
void pm_notify_subscribers(pm_client *client);

/* Our own event loops. */
void pm_wake_own(pm_client *client);

/* Everyone, whether they wait or not. */
void pm_wake_all(pm_client *client);

#endif
