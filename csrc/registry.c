#include "registry.h"

#include "error.h"
#include "prim/atomic.h"

pthread_mutex_t pm_registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static pm_client *clients[PM_REGISTRY_SIZE];
static uint32_t last;

pm_client *pm_registry_at(uint32_t index) {
	return index < PM_REGISTRY_SIZE ? pm_load(&clients[index]) : NULL;
}

uint32_t pm_registry_last(void) {
	return last;
}

pm_client *pm_registry_find(dev_t device, ino_t inode) {
	for (uint32_t i = 1; i <= last; i++)
		if (clients[i] != NULL && pm_load(&clients[i]->refused) == 0 && clients[i]->device == device &&
		    clients[i]->inode == inode)
			return clients[i];
	return NULL;
}

/* Index 0 is not given, so that a context is never 0. */
int32_t pm_registry_add(pm_client *client) {
	if (last + 1 >= PM_REGISTRY_SIZE)
		return pm_fail(PLASMID_E_INVALID, "a process attaches to stores at most %u times", PM_REGISTRY_SIZE - 1);
	client->index = ++last;
	pm_store(&clients[client->index], client);
	return 0;
}

void pm_registry_remove(pm_client *client) {
	pm_store(&clients[client->index], NULL);
}

void pm_registry_each(void (*visit)(pm_client *)) {
	for (uint32_t i = 1; i <= last; i++)
		if (pm_load(&clients[i]) != NULL)
			visit(clients[i]);
}
