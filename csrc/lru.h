/* lru.h - the sealed objects that nothing refers to, most recently used first. */
#ifndef PM_LRU_H
#define PM_LRU_H

#include "client.h"

/* Puts an object in front, with a new stamp. */
void pm_lru_push(pm_client *client, uint32_t slot);
void pm_lru_remove(pm_client *client, uint32_t slot);

/* The object was used: in front with it, if it is in the list. */
void pm_lru_refresh(pm_client *client, uint32_t slot);

/* Appends at the old end, with the stamp it has: for a rebuild, which comes in order. */
void pm_lru_append(pm_client *client, uint32_t slot);

#endif
