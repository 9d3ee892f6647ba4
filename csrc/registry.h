/* registry.h - the segments that this process has attached to. */
#ifndef PM_REGISTRY_H
#define PM_REGISTRY_H

#include "client.h"

#define PM_REGISTRY_SIZE (1u << 20) /* indexes are not used again: a late deallocator must not meet another client */

/* Held while a client is made, found, joined or left. Never by a deallocator, never while the store's lock is held. */
extern pthread_mutex_t pm_registry_mutex;

/* The client with this index, or NULL. Without the mutex: clients are never freed once they are in it. */
pm_client *pm_registry_at(uint32_t index);

/* The greatest index given. */
uint32_t pm_registry_last(void);

/* Under the mutex. */
pm_client *pm_registry_find(dev_t device, ino_t inode);
int32_t pm_registry_add(pm_client *client);
void pm_registry_remove(pm_client *client);

/* Also from a forked child, where the mutex cannot be had. */
void pm_registry_each(void (*visit)(pm_client *));

#endif
