/* event.h - what happened in a segment, told to whoever subscribed, in order, from every process.
 *
 * A ring of cells in the segment; a record takes one, and more for its name. It is written under the lock, and only while somebody is
 * subscribed: `subscribers` is the sum of what the client records count, so that who dies is reaped out of it.
 *
 *   event_tail <= event_head <= event_tail + PM_EVENT_CELLS     in cells, counted since the store was made
 *   records stand at [event_tail, event_head), numbered one after the other, the last event_next - 1
 *
 * A record is added just BEFORE the store that makes it true, by which the operation commits. So should its writer die in between, the
 * last record, and no other, may tell of what never was; nobody can have read it, for readers take the lock. The rebuild looks, and
 * takes it back. Who is too slow finds its place overwritten: it goes on at the tail and knows, by the numbers, how many it missed.
 *
 * What is put without the lock (stash.h) cannot be told of: while anybody is subscribed, there is no stash. */
#ifndef PM_EVENT_H
#define PM_EVENT_H

#include "client.h"
#include "prim/atomic.h"

static inline bool pm_subscribed(const pm_client *client) {
	return __builtin_expect(pm_load_relaxed(&client->super->subscribers) != 0, 0);
}

/* The record of an enum plasmid_event_kind; who waits for one is told when the lock is given back. See pm_event_add. */
void pm_event_write(pm_client *client, uint32_t kind, uint32_t slot);

/* Tells that something is about to happen to the object in the slot, of which the entry says id, bytes and name. To be called under
 * the lock, right before the store to the truth that makes it happen. */
static inline void pm_event_add(pm_client *client, uint32_t kind, uint32_t slot) {
	if (pm_subscribed(client))
		pm_event_write(client, kind, slot);
}

/* An object is quarantined, and of its entry nothing may be right: its name is not told. */
void pm_event_lost(pm_client *client, uint32_t slot);

/* The same for the death of the client with that record: before its record is free. */
void pm_event_death(pm_client *client, uint32_t record);

/* The record at a cell, and the number of the first one that is still there. */
const pm_event *pm_event_at(const pm_client *client, uint64_t cell);
uint64_t pm_event_first(const pm_client *client);
uint32_t pm_event_cells(const pm_event *event);

/* Copies its name. */
void pm_event_name(const pm_client *client, uint64_t cell, uint8_t *name);

/* Counts this client's subscriptions up or down. */
void pm_subscribers_add(pm_client *client, int32_t count);

/* A client is dead: its subscriptions are none. */
void pm_subscribers_drop(pm_client *client, uint32_t record);

/* Ends one of a store's subscriptions, as far as its token does not: it is no subscriber any more. Again is no harm. */
void pm_subscription_end(plasmid_store *store, uint32_t number);

/* All those of a store that is closed. */
void pm_subscriptions_end(plasmid_store *store);

/* After a death under the lock: the ring as it should be, before anything is judged by it; who subscribes, by who lives. */
void pm_events_recover(pm_client *client, const uint8_t *living);

/* NULL, or what is wrong. */
const char *pm_events_check(const pm_client *client);

#endif
