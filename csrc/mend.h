/* mend.h - a store that nobody has open is looked through before it is used.
 *
 * Between two uses a bit may turn, by failing memory or by somebody's write into the file: nothing in the store would notice before it
 * had followed a wrong link. So the first client checks all that is derived, and what is wrong is made anew from the truth, whose
 * checksums say which objects can be believed. */
#ifndef PM_MEND_H
#define PM_MEND_H

#include "client.h"

/* Under the lock, while nobody else uses the store. 0, or CORRUPT, NO_MEMORY: then it is not to be used. */
int32_t pm_mend(pm_client *client);

/* Under the lock, whoever uses the store: all that is derived, and the marks that say too little, made anew. */
int32_t pm_repair(pm_client *client);

#endif
