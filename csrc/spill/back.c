#include "spill/back.h"

#include <string.h>

#include "entry.h"
#include "crash.h"
#include "error.h"
#include "event.h"
#include "fate.h"
#include "lock.h"
#include "look.h"
#include "place.h"
#include "prim/atomic.h"
#include "prim/clock.h"
#include "prim/futex.h"
#include "quota.h"
#include "room.h"
#include "spill/out.h"
#include "spill/reading.h"
#include "wait.h"

#define TURN_NS 10000000u /* how long one waits for another reader before it looks whether that one lives */
#define WAIT 1            /* somebody else reads it */

/* ---- claim ----------------------------------------------------------------------------------------- */

/* Under the lock: 0: nobody reads it; WAIT; or why it is not to be read. *sealed: it need not be. */
static int32_t look(pm_client *client, uint32_t slot, const uint32_t id[4], uint32_t *found, bool *sealed) {
	int32_t r = pm_locate_sealed(client, slot, id, found);
	/* What is oversize is had where it is. */
	*sealed = r == 0 && (pm_word_state(pm_entry_at(client, *found)->word) == PLASMID_SEALED ||
	                     pm_oversize(client, pm_entry_at(client, *found)));
	if (r != 0)
		return pm_fail(r, "the object is not in the store any more");
	if (*sealed)
		return 0;
	uint32_t restorer = client->places[*found].restorer;
	if (restorer == 0)
		return 0;
	if (restorer == client->lock_word || pm_word_alive(client, restorer))
		return WAIT;
	pm_place_abandon(client, *found);
	return 0;
}

/* Under the lock. */
static void claim(pm_client *client, uint32_t slot, uint32_t node, pm_reading *reading) {
	pm_place *place = &client->places[slot];
	const pm_extent *extent = &client->nodes[node];
	PM_EXTENT_OWNER(client->nodes[node]) = slot;
	place->target_node = node;
	pm_store(&place->target, pm_span(extent->start, extent->size));
	PM_POINT("restore:placed");
	pm_store(&place->restorer, client->lock_word);
	*reading = pm_reading_of(client, slot, client->heap_writable + (uint64_t)extent->start * PM_GRANULE);
}

/* 0 and a claim; WAIT; *sealed; or a code. */
static int32_t claim_once(pm_client *client, uint32_t slot, const uint32_t id[4], pm_reading *reading, bool *sealed) {
	uint32_t found, node = 0;
	bool locked = true;
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = look(client, slot, id, &found, sealed);
	if (r == 0 && !*sealed) {
		uint32_t granules = pm_entry_at(client, found)->granules;
		r = pm_room_extent(client, granules, granules * PM_GRANULE >= PM_LARGE_BYTES ? PM_PAGE_GRANULES : 1, &node,
		                   &locked);
		if (!locked)
			return r;
	}
	/* The lock may have been let go: it may be back, gone, or somebody else's to read. */
	if (r == 0 && node != 0) {
		r = look(client, slot, id, &found, sealed);
		if (r == 0 && !*sealed)
			claim(client, found, node, reading);
		else
			pm_heap_free(&client->super->heap, client->nodes, node);
	}
	pm_unlock(client);
	return r;
}

/* ---- publish --------------------------------------------------------------------------------------- */

static void publish(pm_client *client, uint32_t slot) {
	pm_entry *entry = pm_entry_at(client, slot);
	pm_place *place = &client->places[slot];
	uint32_t node = place->target_node, trailer = entry->node;
	uint8_t *to = client->heap_writable + (uint64_t)pm_span_start(place->target) * PM_GRANULE;
	if (place->trailer != 0)
		memcpy(to + pm_references_at(entry->bytes), pm_trailer(client, entry), pm_trailer_bytes(entry));
	pm_store_relaxed(&entry->start, pm_span_start(place->target));
	pm_store_relaxed(&entry->granules, pm_span_granules(place->target));
	entry->stamp = ++client->super->clock;
	entry->check = pm_entry_check(entry);
	PM_POINT("restore:filled");
	pm_event_add(client, PLASMID_KIND_RESTORE, slot);
	pm_store(&entry->word, pm_word(pm_word_version(entry->word) + 1, pm_word_creator(entry->word), PLASMID_SEALED));
	PM_POINT("restore:published");
	entry->node = node;
	place->target_node = 0;
	pm_store(&place->restorer, 0);
	pm_store(&place->target, 0);
	pm_store(&place->trailer, 0);
	if (trailer != 0)
		pm_heap_free(&client->super->heap, client->nodes, trailer);
	pm_charge_again(client, entry);
	client->spill->spilled--;
	client->spill->spilled_bytes -= entry->bytes;
	client->spill->restored_total++;
	pm_settle(client, slot);
}

/* What the reading has come to: `r`. */
static int32_t end(pm_client *client, const pm_reading *reading, int32_t r) {
	pm_place *place = &client->places[reading->slot];
	pm_entry *entry = pm_entry_at(client, reading->slot);
	int32_t locked = pm_lock(client);
	if (locked != 0)
		return locked; /* the claim ends with this process */
	uint32_t hash = entry->id[0];
	bool ours = place->restorer == client->lock_word;
	bool same = entry->word == reading->word;
	if (ours && same && r == 0 && place->target_node != 0) {
		publish(client, reading->slot);
	} else if (ours) {
		pm_place_abandon(client, reading->slot);
		if (same && r == PLASMID_E_LOST)
			pm_lose(client, reading->slot);
		else
			pm_settle(client, reading->slot);
		/* Freed meanwhile, and its file another's perhaps; or taken from us by a recovery: look again. */
		r = same && r != 0 ? r : WAIT;
	} else {
		r = WAIT;
	}
	pm_notify(client, hash);
	pm_room_given(client);
	pm_unlock(client);
	return r;
}

/* ---- all of it ------------------------------------------------------------------------------------- */

static void wait_turn(pm_client *client, uint32_t hash) {
	uint32_t *blocked = &client->records[client->slot].blocked, *wake = &client->records[client->slot].wake;
	pm_add(blocked, 1);
	uint32_t seen = pm_load(wake);
	pm_interest(client, hash);
	pm_futex_wait(wake, seen, TURN_NS);
	pm_add(blocked, UINT32_MAX);
}

/* The pass that should have made some gave `gone`. */
static int32_t no_room(int32_t gone, uint64_t bytes) {
	if (gone == PLASMID_E_SPILL)
		return PLASMID_E_SPILL_LIMIT; /* to whoever needs room a full disk is one */
	if (gone < 0)
		return gone;
	return pm_fail(PLASMID_E_STORE_FULL, "there is no room to read a spilled object of %llu bytes back",
	               (unsigned long long)bytes);
}

int32_t pm_spill_back(pm_client *client, uint32_t slot, const uint32_t id[4], uint64_t timeout_ns) {
	uint64_t deadline = pm_monotonic_ns() + timeout_ns;
	for (;;) {
		pm_reading reading;
		bool sealed = false;
		int32_t r = claim_once(client, slot, id, &reading, &sealed);
		if (sealed)
			return 0;
		if (r == 0) {
			PM_POINT("restore:claimed");
			r = end(client, &reading, pm_reading_file(client, &reading));
			if (r <= 0)
				return r;
		} else if (r == PLASMID_E_STORE_FULL) {
			uint64_t bytes = pm_load_relaxed(&pm_entry_at(client, slot)->bytes);
			int32_t gone = pm_spill_pass(client, bytes);
			if (gone <= 0)
				return no_room(gone, bytes);
		} else if (r == WAIT) {
			wait_turn(client, id[0]);
		} else {
			return r;
		}
		if (pm_monotonic_ns() > deadline)
			return pm_fail(PLASMID_E_TIMED_OUT, "the object was not read back within %llu ms",
			               (unsigned long long)(timeout_ns / 1000000u));
	}
}
