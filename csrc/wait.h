/* wait.h - who wants to know when an object or a name changes.
 *
 * Interest is one bit a client in the bucket of the key's hash. A waiter sets its bit, then looks; a sealer publishes, then takes
 * the bits: whichever comes first, one of them sees the other. The bits taken, each client's threads that block are woken, and
 * its helper if an event loop waits; they look again and, if there is nothing yet, set the bit again.
 *
 * The sealer notes the bucket, and takes the bits when it has given the lock back: whoever is woken often gets the waker's core at
 * once, and would wait there for a lock whose owner does not run. Should it die in between, no lock tells that it did; those who wait
 * look for the dead ten times a second, and its reaping wakes everyone. And should it be stopped there: a thread that blocks looks for
 * itself as often, and the helper has the loops look, for its record says that it has something to tell. */
#ifndef PM_WAIT_H
#define PM_WAIT_H

#include "client.h"

void pm_interest(pm_client *client, uint32_t hash);
void pm_interest_in_events(pm_client *client);
/* In whatever anybody gives back; pm_notify_all tells of it. */
void pm_interest_in_room(pm_client *client);

/* Has somebody something to tell, and has not told it? That takes it microseconds, unless it is stopped. */
bool pm_untold(const pm_client *client);

/* Under the lock, after a change was published: who waits for such a key, who is subscribed to events, or everyone, whether they wait or
 * not, shall be told. */
void pm_notify(pm_client *client, uint32_t hash);
void pm_notify_subscribers(pm_client *client);
void pm_notify_all(pm_client *client);

/* Tells them. Right after the exchange that gave the lock back. */
void pm_tell(pm_client *client, pm_owed owed);

/* At once: our own event loops. */
void pm_wake_own(pm_client *client);

/* Everyone, likewise. */
void pm_wake_all(pm_client *client);

#endif
