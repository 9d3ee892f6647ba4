/* holders.c - who holds what: of a whole store, summed up by process; of one object, hold by hold. */
#include <stdlib.h>

#include "hold.h"
#include "lock.h"
#include "look.h"
#include "slot.h"
#include "store.h"

#define LIST_STEP 512u /* slots looked at in one hold of the lock */

static void add(plasmid_hold_sum *sum, const pm_entry *entry, uint64_t extent_bytes) {
	sum->count++;
	sum->bytes += extent_bytes;
	if (sum->oldest_s == 0 || entry->made_s < sum->oldest_s)
		sum->oldest_s = entry->made_s;
}

/* A draft's lease is its own view's. */
static uint64_t lease_bits(const pm_client *client, uint32_t slot, uint32_t word) {
	bool is_draft = pm_word_state(pm_entry_at(client, slot)->word) == PLASMID_CREATED;
	return is_draft ? 0 : pm_leases_at(client, slot)[word];
}

/* Adds what one slot means to its holders. rows[i + 1] is the client in record i for now. */
static void add_holders(const pm_client *client, uint32_t slot, plasmid_holder_row *rows) {
	const pm_entry *entry = pm_entry_at(client, slot);
	uint32_t state = pm_word_state(entry->word);
	if (entry->node == 0 || !pm_slot_is_object(pm_load(&entry->word)))
		return;
	uint64_t bytes = (uint64_t)client->nodes[entry->node].size * PM_GRANULE;
	/* A freed object keeps its pins' number, but it is the views that keep its bytes. */
	if (entry->pins > 0 && pm_state_sealed(state))
		add(&rows[0].leased, entry, bytes);
	if (entry->contained > 0 && pm_state_sealed(state))
		add(&rows[0].handled, entry, bytes);
	if (entry->in_lru)
		add(&rows[0].draft, entry, bytes);
	if (state == PLASMID_CREATED && pm_word_creator(entry->word) != 0)
		add(&rows[pm_word_creator(entry->word)].draft, entry, bytes);
	for (uint32_t i = 0; i < client->plan.hold_words; i++) {
		for (uint64_t bits = lease_bits(client, slot, i); bits != 0; bits &= bits - 1)
			add(&rows[i * 64 + (uint32_t)__builtin_ctzll(bits) + 1].leased, entry, bytes);
		for (uint64_t bits = pm_handles_at(client, slot)[i]; bits != 0; bits &= bits - 1)
			add(&rows[i * 64 + (uint32_t)__builtin_ctzll(bits) + 1].handled, entry, bytes);
	}
}

PLASMID_API int32_t plasmid_holders(plasmid_store *store, plasmid_holder_row *rows, uint32_t limit) {
	int32_t usable = pm_usable(store);
	if (usable != 0)
		return usable;
	pm_client *client = store->client;
	uint32_t clients = client->plan.max_clients, count = 0, used;
	plasmid_holder_row *all = calloc((uint64_t)client->plan.hold_words * 64 + 1, sizeof *all);
	if (all == NULL)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for the holders");
	uint32_t slot = 1;
	do {
		int32_t r = pm_enter(store);
		if (r != 0) {
			free(all);
			return r;
		}
		used = pm_slots_used(client);
		for (uint32_t steps = 0; slot <= used && steps < LIST_STEP; slot++, steps++)
			add_holders(client, slot, all);
		pm_leave(store);
	} while (slot <= used);
	for (uint32_t i = 0; i <= clients && count < limit; i++) {
		if (i > 0 && client->records[i - 1].state == PM_CLIENT_FREE)
			continue;
		rows[count] = all[i];
		rows[count++].pid = i == 0 ? 0 : client->records[i - 1].pid;
	}
	free(all);
	return (int32_t)count;
}

typedef struct hold_list {
	plasmid_hold_row *rows;
	uint32_t count, limit;
} hold_list;

static void list_hold(hold_list *list, uint32_t pid, uint32_t kind, uint32_t times) {
	if (times > 0 && list->count < list->limit)
		list->rows[list->count++] = (plasmid_hold_row){.pid = pid, .kind = kind, .count = times};
}

/* How often the others hold it stands in their own memory. */
static void list_bits(const pm_client *client, uint64_t bits, uint32_t word, uint32_t kind, uint32_t own,
                      hold_list *list) {
	for (; bits != 0; bits &= bits - 1) {
		uint32_t record = word * 64 + (uint32_t)__builtin_ctzll(bits);
		list_hold(list, client->records[record].pid, kind, record == client->slot ? own : 1);
	}
}

PLASMID_API int32_t plasmid_holds(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                  plasmid_hold_row *rows, uint32_t limit) {
	pm_client *client = store->client;
	const uint32_t id[4] = {a, b, c, d};
	hold_list list = {.rows = rows, .limit = limit};
	int32_t r = pm_enter(store);
	if (r != 0)
		return r;
	uint32_t found = pm_locate(client, slot, id, &r);
	if (found != 0) {
		const pm_entry *entry = pm_entry_at(client, found);
		uint32_t state = pm_word_state(entry->word), creator = pm_word_creator(entry->word);
		if (state == PLASMID_CREATED && creator != 0)
			list_hold(&list, client->records[creator - 1].pid, PLASMID_HOLD_DRAFT, 1);
		for (uint32_t i = 0; i < client->plan.hold_words; i++) {
			list_bits(client, lease_bits(client, found, i), i, PLASMID_HOLD_LEASE, client->lease_count[found], &list);
			list_bits(client, pm_handles_at(client, found)[i], i, PLASMID_HOLD_HANDLE, client->handle_count[found], &list);
		}
		list_hold(&list, 0, PLASMID_HOLD_PIN, pm_state_sealed(state) ? entry->pins : 0);
		list_hold(&list, 0, PLASMID_HOLD_CONTAINMENT, pm_state_sealed(state) ? entry->contained : 0);
	}
	pm_leave(store);
	return found != 0 ? (int32_t)list.count : r;
}
