#include "spill/porter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "hold.h"
#include "lock.h"
#include "look.h"
#include "prim/thread.h"
#include "spill/back.h"
#include "spill/oversize.h"
#include "spill/tidy.h"
#include "token.h"
#include "wait.h"

#define RESTORE_NS 60000000000ull /* for how long another process may take to read the same object */
#define TURNS 8u                  /* as often it may be spilled again before it is leased */

enum order_state {
	FREE,
	WAITING,
	READING,
	ENDED,
	LEFT
};

typedef struct order {
	uint32_t state;
	uint32_t store, slot, id[4];
	uint64_t number; /* of all orders: the oldest goes first */
	int32_t code;
	uint32_t token; /* ENDED well: of its lease */
	char detail[512];
} order;

typedef struct pm_porter {
	pthread_mutex_t mutex; /* for all of it; nobody has the segment's lock meanwhile */
	pthread_cond_t work, ended;
	pthread_t thread;
	bool runs, stop, tidy, full; /* full: an order found no place */
	uint64_t count;
	order orders[PM_ORDERS];
} pm_porter;

/* ---- what is done ---------------------------------------------------------------------------------- */

static int32_t lease_locked(pm_client *client, order *it, uint32_t slot, bool *locked) {
	if (pm_oversize(client, pm_entry_at(client, slot)))
		return pm_oversize_lease(client, slot, it->store, &it->token, locked);
	it->token = pm_token_take(client, PM_TOKEN_LEASE, slot, it->store);
	if (it->token == 0)
		return pm_fail(PLASMID_E_NO_MEMORY, "no memory for a lease");
	pm_token_at(client, it->token)->count = 0;
	pm_lease_add(client, slot, 1);
	return 0;
}

/* SPILLED: it is to be read back first. */
static int32_t lease(pm_client *client, order *it) {
	uint32_t found;
	bool locked = true;
	int32_t r = pm_lock(client);
	if (r != 0)
		return r;
	r = pm_locate_sealed(client, it->slot, it->id, &found);
	if (r == 0 && !pm_oversize(client, pm_entry_at(client, found)))
		r = pm_state_code(pm_word_state(pm_entry_at(client, found)->word));
	if (r == 0)
		r = lease_locked(client, it, found, &locked);
	else if (r != PLASMID_E_SPILLED)
		pm_fail(r, "the object is not in the store any more");
	if (locked)
		pm_unlock(client);
	return r;
}

static int32_t carry(pm_client *client, order *it) {
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		int32_t r = lease(client, it);
		if (r != PLASMID_E_SPILLED)
			return r;
		r = pm_spill_back(client, it->slot, it->id, RESTORE_NS);
		if (r != 0)
			return r;
	}
	return pm_fail(PLASMID_E_STORE_FULL, "the object was spilled again before it could be leased");
}

/* ---- the thread ------------------------------------------------------------------------------------ */

static void clear(pm_client *client, order *it) {
	if (it->token != 0)
		pm_token_released(client, it->token);
	it->token = 0;
	it->state = FREE;
}

static order *oldest(pm_porter *porter) {
	order *first = NULL;
	for (order *it = porter->orders; it < porter->orders + PM_ORDERS; it++)
		if (it->state == WAITING && (first == NULL || it->number < first->number))
			first = it;
	return first;
}

/* With the mutex, which it lets go of in between. */
static void serve(pm_client *client, pm_porter *porter, order *it) {
	it->state = READING;
	pthread_mutex_unlock(&porter->mutex);
	int32_t code = carry(client, it);
	pthread_mutex_lock(&porter->mutex);
	it->code = code;
	snprintf(it->detail, sizeof it->detail, "%s", code < 0 ? plasmid_detail() : "");
	if (it->state == LEFT)
		clear(client, it);
	else
		it->state = ENDED;
	pthread_cond_broadcast(&porter->ended);
	/* What was lost leaves a dead file. */
	if (pm_load_relaxed(&client->spill->untidy) != 0)
		pm_store(&client->tidying, 1);
	pm_wake_own(client);
}

static void *run(void *argument) {
	pm_client *client = argument;
	pm_porter *porter = client->porter;
	pthread_mutex_lock(&porter->mutex);
	while (!porter->stop) {
		order *it = oldest(porter);
		if (it != NULL) {
			serve(client, porter, it);
		} else if (porter->tidy) {
			porter->tidy = false;
			pthread_mutex_unlock(&porter->mutex);
			pm_spill_tidy(client, true);
			pthread_mutex_lock(&porter->mutex);
		} else {
			pthread_cond_wait(&porter->work, &porter->mutex);
		}
	}
	pthread_mutex_unlock(&porter->mutex);
	return NULL;
}

/* With the mutex. */
static int32_t start(pm_client *client, pm_porter *porter) {
	if (porter->runs)
		return 0;
	if (pm_thread_start(&porter->thread, "plasmid disk", run, client) != 0)
		return pm_fail_errno("starting the thread that reads from disk");
	porter->runs = true;
	return 0;
}

/* Of this client, running and with its mutex, or NULL. */
static pm_porter *enter(pm_client *client, int32_t *code) {
	pm_porter *porter = pm_load(&client->porter), *none = NULL;
	if (porter == NULL) {
		porter = calloc(1, sizeof *porter);
		if (porter == NULL) {
			*code = pm_fail(PLASMID_E_NO_MEMORY, "no memory to read from disk");
			return NULL;
		}
		pthread_mutex_init(&porter->mutex, NULL);
		pthread_cond_init(&porter->work, NULL);
		pthread_cond_init(&porter->ended, NULL);
		if (!pm_cas(&client->porter, &none, porter)) {
			free(porter);
			porter = none;
		}
	}
	pthread_mutex_lock(&porter->mutex);
	*code = start(client, porter);
	if (*code == 0)
		return porter;
	pthread_mutex_unlock(&porter->mutex);
	return NULL;
}

/* ---- orders ---------------------------------------------------------------------------------------- */

int32_t pm_porter_order(pm_client *client, uint32_t store, uint32_t slot, const uint32_t id[4]) {
	int32_t number = 0;
	pm_porter *porter = enter(client, &number);
	if (porter == NULL)
		return number;
	for (uint32_t i = 0; i < PM_ORDERS && number == 0; i++) {
		order *it = &porter->orders[i];
		if (it->state != FREE)
			continue;
		*it = (order){.state = WAITING, .store = store, .slot = slot, .number = porter->count++};
		memcpy(it->id, id, sizeof it->id);
		number = (int32_t)i + 1;
	}
	porter->full |= number == 0;
	if (number != 0)
		pthread_cond_signal(&porter->work);
	pthread_mutex_unlock(&porter->mutex);
	return number;
}

/* Under the mutex. */
static order *find(pm_porter *porter, uint32_t store, uint32_t number) {
	order *it = number - 1 < PM_ORDERS ? &porter->orders[number - 1] : NULL;
	return it != NULL && it->state != FREE && it->state != LEFT && it->store == store ? it : NULL;
}

int32_t pm_porter_look(pm_client *client, uint32_t store, uint32_t number) {
	int32_t code = 0;
	pm_porter *porter = enter(client, &code);
	if (porter == NULL)
		return code;
	order *it = find(porter, store, number);
	if (it == NULL)
		code = pm_fail(PLASMID_E_INVALID, "there is no order %u", number);
	else if (it->state != ENDED)
		code = 1;
	else
		code = it->code < 0 ? pm_fail(it->code, "%s", it->detail) : 0;
	pthread_mutex_unlock(&porter->mutex);
	return code;
}

static void leave(pm_client *client, order *it) {
	if (it->state == READING)
		it->state = LEFT;
	else
		clear(client, it);
}

void pm_porter_done(pm_client *client, uint32_t store, uint32_t number) {
	pm_porter *porter = pm_load(&client->porter);
	if (porter == NULL)
		return;
	pthread_mutex_lock(&porter->mutex);
	order *it = find(porter, store, number);
	if (it != NULL)
		leave(client, it);
	bool full = it != NULL && porter->full;
	porter->full &= !full;
	pthread_mutex_unlock(&porter->mutex);
	if (full)
		pm_wake_own(client);
}

void pm_porter_forget(pm_client *client, uint32_t store) {
	pm_porter *porter = pm_load(&client->porter);
	if (porter == NULL)
		return;
	pthread_mutex_lock(&porter->mutex);
	for (order *it = porter->orders; it < porter->orders + PM_ORDERS; it++) {
		if (it->state == FREE || it->store != store)
			continue;
		if (it->state != LEFT)
			leave(client, it);
		while (it->state == LEFT)
			pthread_cond_wait(&porter->ended, &porter->mutex);
	}
	pthread_mutex_unlock(&porter->mutex);
}

void pm_porter_tidy(pm_client *client) {
	int32_t code;
	pm_porter *porter = enter(client, &code);
	if (porter == NULL)
		return;
	porter->tidy = true;
	pthread_cond_signal(&porter->work);
	pthread_mutex_unlock(&porter->mutex);
}

void pm_porter_stop(pm_client *client) {
	pm_porter *porter = pm_load(&client->porter);
	if (porter == NULL)
		return;
	pthread_mutex_lock(&porter->mutex);
	porter->stop = true;
	bool runs = porter->runs;
	pthread_cond_signal(&porter->work);
	pthread_mutex_unlock(&porter->mutex);
	if (runs)
		pthread_join(porter->thread, NULL);
	client->porter = NULL;
	pthread_cond_destroy(&porter->work);
	pthread_cond_destroy(&porter->ended);
	pthread_mutex_destroy(&porter->mutex);
	free(porter);
}
