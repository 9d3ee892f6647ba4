/* window.h - the stretches of this process's memory that show parts of a segment.
 *
 *   FILE     all of it, to read and write: the core's own
 *   HEAP     the heap, read-only: views on objects stand here
 *   OBJECT   one object's extent once more, read-only: views on an object whose pages in HEAP were written to
 *   DISK     the payload of an oversize object in its file: read-only and private; of a draft, to read and write
 *
 * A WRITE THROUGH A VIEW faults. Its object is then *turned*: its extent is mapped anew at the same place, writable and private. The
 * kernel copies the pages that are written to, as they are; this process alone sees them, and however many pages of the
 * object are written to, they are one mapping of the 65,530 that a process may have.
 *
 *   CLEAN --a fault claims it--> TURNING --mapped--> TURNED --its last view ends: mapped as it was--> CLEAN
 *
 * DISK is private from the start, and only becomes writable. What of its file is not there any more raises SIGBUS: zeros are put there, and
 * the window counts as turned, so that the next get has the file looked through anew.
 *
 * A thread that faults while another turns the object waits, and repeats its instruction. A get of a turned object gets a window
 * of its own, so that it sees the sealed bytes; an OBJECT window is turned like HEAP, and the next get gets another.
 *
 *   HEAP shows private pages of an object  =>  the process has a lease on it
 *
 * so that an extent never becomes another object's while stale pages stand in front of it: the pages go before the lease does.
 * Objects turn whole, so they must own their pages: the smaller ones are never shown to anyone, only copied.
 *
 * There may be no place for one more OBJECT or DISK window, in the table or among the kernel's mappings. Who asks for it gets none, and
 * makes do with a copy (lease.c).
 *
 * A fault's handler looks for its window without a lock: a window is read between two equal, even versions. */
#ifndef PM_WINDOW_H
#define PM_WINDOW_H

#include "client.h"

#define PM_WINDOWS 4096u /* of a process, all stores together */
#define PM_WINDOWS_OF_STORES \
	512u /* of these: for FILE and HEAP alone, so that a store can be opened however many views stand apart */

enum pm_window_kind {
	PM_WINDOW_NONE,
	PM_WINDOW_TAKEN, /* not filled in yet */
	PM_WINDOW_FILE,
	PM_WINDOW_HEAP,
	PM_WINDOW_OBJECT,
	PM_WINDOW_DISK
};

/* In the two low bits of pm_client.turns[slot], for HEAP; above them is the version of the object that was told of. */
enum pm_turn {
	PM_CLEAN,
	PM_TURNING,
	PM_TURNED
};
#define PM_TURN_BITS 3u

/* A window as one moment showed it. */
typedef struct pm_window {
	uint32_t index, kind;
	uint32_t slot; /* OBJECT, DISK */
	uintptr_t address;
	uint64_t bytes;
	uint64_t at; /* of its first byte in the store's file; of DISK: nothing */
	pm_client *client;
} pm_window;

/* The windows of a client that has just been mapped. NO_MEMORY: there are too many. */
int32_t pm_windows_open(pm_client *client);

/* None of this client's is a window any more; those on objects are unmapped. */
void pm_windows_close(pm_client *client);

/* The window that shows this address. From a signal handler, too. */
bool pm_window_find(uintptr_t address, pm_window *seen);

/* Does the object own its pages? */
bool pm_window_turnable(const pm_entry *entry);

/* Turns the object in `slot`, which this process leases and `seen` shows: 0, or the errno that prevents it. From a signal
 * handler; the instruction that faulted can be repeated then. */
int pm_window_turn(const pm_window *seen, uint32_t slot);

/* The page of a DISK window where SIGBUS was raised shows zeros from now on, and the window is as if turned. False: no memory. From a
 * signal handler. */
bool pm_window_spoil(const pm_window *seen, uintptr_t address);

/* Zeros in front of [from, to) of the file, in every window of the client, to read and write. False: no memory. From a signal
 * handler. */
bool pm_windows_blank(const pm_client *client, uint64_t from, uint64_t to);

/* Under the lock: where a new view on the object stands, and in *window its window's number (0: HEAP); NULL: there is no place. The
 * object is, or is about to be, leased. */
const uint8_t *pm_window_enter(pm_client *client, uint32_t slot, uint32_t *window);

/* Under the lock: a DISK window on the object in `slot`, of memory that is the window's from now on, with one lease; 0: there are too many.
 * That of a draft (`draft`) is nobody else's. */
uint32_t pm_window_add(pm_client *client, uint32_t slot, void *address, uint64_t bytes, bool draft);

/* Under the lock: is there a DISK window of the object that shows what was sealed? */
bool pm_window_shows(const pm_client *client, uint32_t slot);

/* Under the lock: one lease more on a DISK window of the object that shows what was sealed; 0: there is none. */
uint32_t pm_window_share(const pm_client *client, uint32_t slot);

/* Where a window that has a lease stands. */
const uint8_t *pm_window_at(uint32_t window);

/* Under the lock: one lease more on a window that has one. Where it stands. */
const uint8_t *pm_window_again(uint32_t window);

/* Was something that was written through the draft's window lost? */
bool pm_window_spoilt(const pm_client *client, uint32_t slot);

/* Under the lock, before the lease of a view in that window is dropped: where no view is left, sealed bytes are shown again. False: they
 * can't be, and the lease must stay. */
bool pm_window_leave(pm_client *client, uint32_t slot, uint32_t window);

#endif
