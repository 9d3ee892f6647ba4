#include "membership.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "lock.h"
#include "mend.h"
#include "prim/atomic.h"
#include "prim/bell.h"
#include "prim/bytelock.h"
#include "prim/clock.h"
#include "prim/random.h"
#include "reap.h"
#include "segment.h"

static int32_t counts(pm_client *client) {
	uint64_t bytes = ((uint64_t)client->plan.max_objects + 1) * sizeof(uint32_t);
	client->count_bytes = bytes;
	uint32_t **all[] = {&client->lease_count, &client->handle_count, &client->turns};
	for (int i = 0; i < 3; i++) {
		void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (at == MAP_FAILED)
			return pm_fail_errno("memory for counting holds");
		*all[i] = at;
	}
	return 0;
}

static int32_t take_slot(pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++) {
		if (pm_bytelock_take(client->lock_file, PM_LOCK_BYTES_AT + i) == 0) {
			client->slot = i;
			return 0;
		}
		if (errno != EAGAIN && errno != EACCES)
			return pm_fail_errno("locking a client's byte");
	}
	return pm_fail(PLASMID_E_CLIENTS_FULL, "%u processes have the store open, which is its maxClients",
	               client->plan.max_clients);
}

static bool others_active(const pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (i != client->slot && client->records[i].state == PM_CLIENT_ACTIVE &&
		    pm_client_alive(client, i, client->records[i].epoch))
			return true;
	return false;
}

static bool ever_had_clients(const pm_client *client) {
	for (uint32_t i = 0; i < client->plan.max_clients; i++)
		if (client->records[i].epoch > (i == client->slot))
			return true;
	return false;
}

/* A store that lives as long as its clients, and the last one was killed: it has ended, though nobody was left to say so. */
static bool abandoned(const pm_client *client) {
	return (client->plan.flags & PLASMID_OPEN_LAST_CLOSE) != 0 && ever_had_clients(client) && !others_active(client);
}

/* Under the lock: a reaper that took the record for a dead one's has ended or sees our epoch, and who ends the store with its last
 * client sees us, or we that it has ended. */
static int32_t enlist(pm_client *client, uint64_t key) {
	pm_client_record *record = &client->records[client->slot];
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	if (pm_load(&client->super->destroyed) != PM_DESTROYED && abandoned(client))
		pm_segment_destroy(client);
	if (pm_load(&client->super->destroyed) == PM_DESTROYED) {
		r = pm_fail(PLASMID_E_DESTROYED, "the store was destroyed while it was opened");
	} else {
		record->blocked = record->looped = 0;
		record->bell = 0;
		client->bell_key = record->bell_key = key;
		record->pid = (uint32_t)getpid();
		record->opened_ms = pm_unix_ms();
		record->collect = pm_load(&client->super->collect);
		record->quota = client->quota;
		record->charge = (uint64_t)client->epoch << 32; /* what the one before us left is charged to nobody */
		record->oldest = 0;
		record->subscriptions = record->stashed = record->telling = 0;
		pm_store(&record->state, PM_CLIENT_ACTIVE);
		client->enlisted = true;
	}
	pm_unlock(client);
	return r;
}

/* Before the first step that follows a link. */
static int32_t mend(pm_client *client) {
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	if (!others_active(client))
		r = pm_mend(client);
	pm_unlock(client);
	return r;
}

int32_t pm_join(pm_client *client) {
	uint64_t key = 0;
	int32_t r = counts(client);
	if (r == 0 && (pm_random(client->random, sizeof client->random) != 0 || pm_random(&key, sizeof key) != 0))
		r = pm_fail_errno("reading random bytes");
	if (r == 0 && (client->hand = pm_bell_hand()) < 0)
		r = pm_fail_errno("making a socket");
	if (r == 0)
		r = take_slot(client);
	if (r != 0)
		return r;
	pm_client_record *record = &client->records[client->slot];
	/* From here on a lock word or a sweep that names the one before us names a dead one. */
	client->epoch = pm_load(&record->epoch) + 1;
	pm_store(&record->epoch, client->epoch);
	client->lock_word = pm_lock_word(client->slot, client->epoch);
	r = mend(client);
	if (r == 0 && pm_load(&record->state) != PM_CLIENT_FREE)
		r = pm_reap(client, client->slot, client->epoch);
	if (r == 0)
		r = enlist(client, key);
	if (r != 0) {
		/* The record stays as it was: if the one before us was not swept, whoever comes next must see that. */
		pm_bytelock_drop(client->lock_file, PM_LOCK_BYTES_AT + client->slot);
		client->lock_word = 0;
	}
	return r;
}

void pm_part(pm_client *client) {
	uint64_t bytes = client->count_bytes;
	bool reaped = pm_reaped_alive(client);
	client->enlisted = false;
	/* The record may be another's by now, and the descriptors' numbers other files'. */
	if (reaped)
		client->file = client->lock_file = client->probe_file = client->hand = -1;
	else if (client->lock_word != 0) {
		pm_store(&client->records[client->slot].state, PM_CLIENT_FREE);
		pm_bytelock_drop(client->lock_file, PM_LOCK_BYTES_AT + client->slot);
	}
	if (client->lease_count != NULL)
		munmap(client->lease_count, bytes);
	if (client->handle_count != NULL)
		munmap(client->handle_count, bytes);
	if (client->turns != NULL)
		munmap(client->turns, bytes);
	client->lease_count = client->handle_count = client->turns = NULL;
}

void pm_end_with_last(pm_client *client) {
	if ((client->plan.flags & PLASMID_OPEN_LAST_CLOSE) == 0 || pm_lock(client) != 0)
		return;
	if (!others_active(client))
		pm_segment_destroy(client);
	pm_unlock(client);
}
