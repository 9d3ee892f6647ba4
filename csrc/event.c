#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "index.h"
#include "lock.h"
#include "prim/clock.h"
#include "wait.h"

const pm_event *pm_event_at(const pm_client *client, uint64_t cell) {
	return &client->events[cell % PM_EVENT_CELLS];
}

uint32_t pm_event_cells(const pm_event *event) {
	return 1 + (event->name_bytes + (uint32_t)sizeof *event - 1) / (uint32_t)sizeof *event;
}

uint64_t pm_event_first(const pm_client *client) {
	const pm_superblock *super = client->super;
	return super->event_tail == super->event_head ? super->event_next : pm_event_at(client, super->event_tail)->number;
}

/* A name may go round the ring's end. */
static void *name_part(const pm_client *client, uint64_t cell, uint32_t part) {
	return &client->events[(cell + 1 + part) % PM_EVENT_CELLS];
}

void pm_event_name(const pm_client *client, uint64_t cell, uint8_t *name) {
	uint32_t left = pm_event_at(client, cell)->name_bytes, size = sizeof(pm_event);
	left = left < PLASMID_NAME_BYTES ? left : PLASMID_NAME_BYTES;
	for (uint32_t part = 0; left > 0; part++) {
		uint32_t bytes = left < size ? left : size;
		memcpy(name + part * size, name_part(client, cell, part), bytes);
		left -= bytes;
	}
}

/* The oldest records give way. */
static void make_room(pm_client *client, uint32_t cells) {
	pm_superblock *super = client->super;
	uint64_t tail = super->event_tail;
	if (super->event_head - tail > PM_EVENT_CELLS)
		tail = super->event_head; /* not to be believed */
	while (super->event_head + cells - tail > PM_EVENT_CELLS)
		tail += pm_event_cells(pm_event_at(client, tail));
	pm_store(&super->event_tail, tail);
}

/* Those that died and were not reaped yet would have everybody write records for ever. */
static void drop_dead(pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (client->records[i].subscriptions != 0 && !pm_client_alive(client, i, client->records[i].epoch))
			pm_subscribers_drop(client, i);
}

static void write(pm_client *client, pm_event event, const uint8_t *name) {
	pm_superblock *super = client->super;
	uint64_t head = super->event_head;
	uint32_t cells = pm_event_cells(&event);
	if ((head ^ (head + cells)) >= PM_EVENT_CELLS)
		drop_dead(client);
	make_room(client, cells);
	event.number = super->event_next;
	event.at_ms = pm_unix_ms();
	client->events[head % PM_EVENT_CELLS] = event;
	for (uint32_t part = 0; part + 1 < cells; part++) {
		uint32_t left = event.name_bytes - part * (uint32_t)sizeof event;
		memcpy(name_part(client, head, part), name + part * sizeof event, left < sizeof event ? left : sizeof event);
	}
	PM_POINT("event:filled");
	pm_store(&super->event_head, head + cells);
	super->event_next++;
	PM_POINT("event:published");
	pm_notify_subscribers(client);
}

static void write_object(pm_client *client, uint32_t kind, uint32_t slot, const uint8_t *name, uint16_t name_bytes) {
	const pm_entry *entry = pm_entry_at(client, slot);
	pm_event event = {
			.bytes = entry->bytes,
			.slot = slot,
			.pid = client->records[client->slot].pid,
			.kind = (uint16_t)kind,
			.name_bytes = name_bytes,
	};
	memcpy(event.id, entry->id, sizeof event.id);
	write(client, event, name);
}

void pm_event_write(pm_client *client, uint32_t kind, uint32_t slot) {
	const pm_entry *entry = pm_entry_at(client, slot);
	write_object(client, kind, slot, entry->name_bytes > 0 ? pm_name_of(client, entry) : NULL, entry->name_bytes);
}

void pm_event_lost(pm_client *client, uint32_t slot) {
	if (pm_subscribed(client))
		write_object(client, PLASMID_KIND_LOST, slot, NULL, 0);
}

void pm_event_death(pm_client *client, uint32_t record) {
	const pm_client_record *dead = &client->records[record];
	pm_event event = {.bytes = dead->opened_ms, .slot = record, .pid = dead->pid, .kind = PLASMID_KIND_DEATH};
	if (pm_subscribed(client))
		write(client, event, NULL);
}

void pm_subscribers_add(pm_client *client, int32_t count) {
	client->records[client->slot].subscriptions += (uint32_t)count;
	pm_store(&client->super->subscribers, client->super->subscribers + (uint32_t)count);
}

void pm_subscribers_drop(pm_client *client, uint32_t record) {
	uint32_t count = client->records[record].subscriptions;
	if (count == 0)
		return;
	client->records[record].subscriptions = 0;
	pm_store(&client->super->subscribers, client->super->subscribers - count);
}

void pm_subscription_end(plasmid_store *store, uint32_t number) {
	if (number > store->subscription_count || !store->subscriptions[number - 1].open)
		return;
	store->subscriptions[number - 1].open = false;
	pm_subscribers_add(store->client, -1);
}

void pm_subscriptions_end(plasmid_store *store) {
	for (uint32_t number = 1; number <= store->subscription_count; number++)
		pm_subscription_end(store, number);
	free(store->subscriptions);
	store->subscriptions = NULL;
	store->subscription_count = 0;
}

/* Did what the last record tells of happen? */
static bool happened(const pm_client *client, const pm_event *event) {
	if (event->kind == PLASMID_KIND_DEATH) {
		const pm_client_record *dead = &client->records[event->slot % client->plan.max_clients];
		return dead->state == PM_CLIENT_FREE || dead->opened_ms != event->bytes;
	}
	const pm_entry *entry = pm_entry_at(client, event->slot);
	bool same = memcmp(entry->id, event->id, sizeof event->id) == 0;
	uint32_t state = pm_word_state(entry->word);
	if (event->kind == PLASMID_KIND_SEAL)
		return same && state != PLASMID_ABSENT && state != PLASMID_CREATED;
	if (event->kind == PLASMID_KIND_EVICT || event->kind == PLASMID_KIND_FREE || event->kind == PLASMID_KIND_LOST)
		return !same || !pm_state_sealed(state);
	if (event->kind == PLASMID_KIND_SPILL || event->kind == PLASMID_KIND_RESTORE)
		return !same || state != (event->kind == PLASMID_KIND_SPILL ? PLASMID_SEALED : PLASMID_SPILLED);
	return true;
}

/* NULL, or what is wrong; *last is where the last record stands, if there is one. */
static const char *walk(const pm_client *client, uint64_t *last) {
	const pm_superblock *super = client->super;
	if (super->event_head < super->event_tail || super->event_head - super->event_tail > PM_EVENT_CELLS)
		return "the ring of events holds more than it can";
	uint64_t number = pm_event_first(client), cell = super->event_tail;
	for (; cell < super->event_head; number++) {
		const pm_event *event = pm_event_at(client, cell);
		if (event->number != number || event->name_bytes > PLASMID_NAME_BYTES ||
		    (event->kind != PLASMID_KIND_DEATH && event->slot > super->entries_reserved))
			return "a record in the ring of events is out of order";
		*last = cell;
		cell += pm_event_cells(event);
	}
	return cell == super->event_head ? NULL : "the last record in the ring of events is too long";
}

void pm_events_recover(pm_client *client, const uint8_t *living) {
	pm_superblock *super = client->super;
	uint64_t last = UINT64_MAX;
	super->subscribers = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		if (!living[i])
			client->records[i].subscriptions = 0;
		super->subscribers += client->records[i].subscriptions;
	}
	if (walk(client, &last) != NULL) {
		/* One at least is missed, nobody knows how many. */
		super->event_next++;
		super->event_tail = super->event_head;
	} else if (last != UINT64_MAX) {
		const pm_event *event = pm_event_at(client, last);
		bool true_ = happened(client, event);
		super->event_next = event->number + true_;
		if (!true_)
			pm_store(&super->event_head, last);
	}
}

const char *pm_events_check(const pm_client *client) {
	uint64_t last = UINT64_MAX;
	uint32_t subscribers = 0;
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		subscribers += client->records[i].subscriptions;
	if (subscribers != client->super->subscribers)
		return "the subscribers are not the sum of the clients'";
	const char *fault = walk(client, &last);
	if (fault == NULL && last != UINT64_MAX && pm_event_at(client, last)->number + 1 != client->super->event_next)
		return "the next event has another number";
	return fault;
}
