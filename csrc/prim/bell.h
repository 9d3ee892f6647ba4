/* bell.h - waking an event loop of any process with one system call.
 *
 * A bell is a datagram socket in the abstract namespace. An event loop polls it; whoever knows its name and its key rings it. The name
 * is public (the system lists it), so a filter in the kernel drops what does not begin with the key. */
#ifndef PM_BELL_H
#define PM_BELL_H

#include <stdbool.h>
#include <stdint.h>

/* A bell: its descriptor, or -1 and errno. */
int pm_bell_make(uint64_t name, uint64_t key);

/* What bells are rung with: a descriptor, or -1 and errno. */
int pm_bell_hand(void);

/* False if there is no such bell here: it is gone, or in another network namespace. */
bool pm_bell_ring(int hand, uint64_t name, uint64_t key);

#endif
