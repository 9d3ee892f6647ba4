#include "hold.h"

#include "crash.h"
#include "prim/atomic.h"

static void set(uint64_t *words, uint32_t record) {
	pm_store(&words[record / 64], words[record / 64] | 1ull << (record % 64));
}

static void clear(uint64_t *words, uint32_t record) {
	pm_store(&words[record / 64], words[record / 64] & ~(1ull << (record % 64)));
}

static bool any(const uint64_t *words, uint32_t count) {
	uint64_t all = 0;
	for (uint32_t i = 0; i < count; i++)
		all |= pm_load_relaxed(&words[i]);
	return all != 0;
}

static uint32_t bits(const uint64_t *words, uint32_t count) {
	uint32_t sum = 0;
	for (uint32_t i = 0; i < count; i++)
		sum += (uint32_t)__builtin_popcountll(pm_load_relaxed(&words[i]));
	return sum;
}

void pm_lease_add(pm_client *client, uint32_t slot, uint32_t count) {
	if (client->lease_count[slot] == 0)
		set(pm_leases_at(client, slot), client->slot);
	pm_store_relaxed(&client->lease_count[slot], client->lease_count[slot] + count); /* a fault's handler reads it */
}

void pm_handle_add(pm_client *client, uint32_t slot) {
	if (client->handle_count[slot]++ == 0)
		set(pm_handles_at(client, slot), client->slot);
}

bool pm_lease_drop(pm_client *client, uint32_t slot) {
	PM_ASSERT(client->lease_count[slot] > 0);
	pm_store_relaxed(&client->lease_count[slot], client->lease_count[slot] - 1);
	if (client->lease_count[slot] != 0)
		return false;
	clear(pm_leases_at(client, slot), client->slot);
	return true;
}

bool pm_handle_drop(pm_client *client, uint32_t slot) {
	PM_ASSERT(client->handle_count[slot] > 0);
	if (--client->handle_count[slot] != 0)
		return false;
	clear(pm_handles_at(client, slot), client->slot);
	return true;
}

bool pm_leased(const pm_client *client, uint32_t slot) {
	return any(pm_leases_at(client, slot), client->plan.hold_words);
}

bool pm_handled(const pm_client *client, uint32_t slot) {
	return any(pm_handles_at(client, slot), client->plan.hold_words);
}

uint32_t pm_lease_clients(const pm_client *client, uint32_t slot) {
	return bits(pm_leases_at(client, slot), client->plan.hold_words);
}

uint32_t pm_handle_clients(const pm_client *client, uint32_t slot) {
	return bits(pm_handles_at(client, slot), client->plan.hold_words);
}

bool pm_hold_clear(pm_client *client, uint32_t slot, uint32_t record) {
	uint64_t bit = 1ull << (record % 64);
	uint64_t *leases = pm_leases_at(client, slot) + record / 64;
	uint64_t *handles = pm_handles_at(client, slot) + record / 64;
	if (((*leases | *handles) & bit) == 0)
		return false;
	pm_store(leases, *leases & ~bit);
	pm_store(handles, *handles & ~bit);
	return true;
}
