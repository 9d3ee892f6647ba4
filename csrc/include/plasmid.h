/* plasmid.h - the public face of the core: shared-memory objects in one mapped file a store.
 *
 * This header is all that the FFI layer, or another language, includes. Fixed-width types only.
 *
 * THE CONTRACT OF EVERY CALL, stated once
 *   - it returns 0 (or a count, a token, a length: said beside it) or a negative code of PLASMID_ERRORS;
 *   - on an error plasmid_detail() says what was wrong in a sentence (of this thread, until its next failing call);
 *   - it blocks at most for the lock timeout given at open, unless it takes a timeout of its own;
 *   - any thread may call, but a plasmid_store belongs to the thread that opened it: when that thread ends, it is closed.
 *
 * GLOSSARY
 *   segment    the file in shared memory that holds one store
 *   client     a process attached to a segment, however many stores it opened on it
 *   slot       the place of an object in the segment's table: 1 .. max_objects; 0 means "not known"
 *   id         128 random bits that name one object for ever
 *   ref        {slot, id}: the slot is a hint, the id is the truth
 *   lease      this process has views of the object's bytes
 *   handle     this process has a ref alive
 *   token      a number for one lease, handle or draft of this process; ended exactly once
 *   draft      an object in the state CREATED, seen by its creator alone
 *   in-band    the encoded value; buffers stand behind it, each 64-byte aligned
 */
#ifndef PLASMID_H
#define PLASMID_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLASMID_API __attribute__((visibility("default")))

/* X(NAME, code, message): the codes, their names and their messages, for C and for TypeScript alike. */
#define PLASMID_ERRORS(X)                                                               \
	X(INVALID, -1, "an argument is not valid")                                            \
	X(NOT_FOUND, -2, "no object is bound to this name")                                   \
	X(TIMED_OUT, -3, "the time given ran out")                                            \
	X(ABORTED, -4, "the call was aborted by its signal")                                  \
	X(NAME_TAKEN, -5, "the name is bound to another object")                              \
	X(NOT_SEALED, -6, "the object is not sealed yet")                                     \
	X(ALREADY_SEALED, -7, "the object is sealed already")                                 \
	X(DRAFT_BUSY, -8, "the draft's view cannot be detached")                              \
	X(FREED, -9, "the object was freed")                                                  \
	X(LOST, -10, "the object is not in the store: evicted, aborted or never there")       \
	X(STORE_FULL, -11, "the object does not fit into the store")                          \
	X(TABLE_FULL, -12, "the store holds as many objects as its table has room for")       \
	X(CLIENTS_FULL, -13, "as many processes have the store open as it allows")            \
	X(LOCK_TIMEOUT, -14, "the store's lock was held too long by a process that is alive") \
	X(BAD_SEGMENT, -15, "the file is not a store that can be trusted")                    \
	X(VERSION, -16, "the store was made by another build")                                \
	X(DESTROYED, -17, "the store was destroyed")                                          \
	X(CLOSED, -18, "the store is closed")                                                 \
	X(PLATFORM, -19, "this platform is not supported")                                    \
	X(NO_SPACE, -20, "the file system behind the store has no room")                      \
	X(SYSTEM, -21, "a system call failed")                                                \
	X(CAPACITY, -22, "the store exists with another capacity")                            \
	X(NO_STORE, -23, "there is no store of this name")                                    \
	X(BAD_NAME, -24, "the name is not allowed")                                           \
	X(FORKED, -25, "a forked child cannot use its parent's store")                        \
	X(CORRUPT, -26, "the segment breaks an invariant")                                    \
	X(NO_MEMORY, -27, "this process is out of memory")                                    \
	X(NOT_PINNED, -28, "the object has no pin to take off")                               \
	X(NOT_DRAFT, -29, "the token is not a draft of this store")                           \
	X(LARGE, -30, "the object is read in place: take a lease")                            \
	X(SPILLED, -31, "the object is on disk: restore it")                                  \
	X(SPILL_LIMIT, -32, "the store may not use more of the disk")                         \
	X(SPILL, -33, "an object could not be written to disk, or read back")                 \
	X(SPILL_OPTIONS, -34, "the store exists with another way of spilling")                \
	X(SUBSCRIPTIONS_FULL, -35, "as many subscriptions are open as one store may have")    \
	X(NO_VIEW, -36, "this process has no place for one more view: take a copy")

enum plasmid_error {
#define X(name, code, message) PLASMID_E_##name = code,
	PLASMID_ERRORS(X)
#undef X
};

typedef struct plasmid_store plasmid_store;

typedef struct plasmid_ref {
	uint32_t slot;
	uint32_t id[4];
} plasmid_ref;

/* Sizes in bytes. 0 asks for the default, said beside each. */
typedef struct plasmid_options {
	uint64_t capacity;        /* of the heap; 0: open what is there, whatever its capacity */
	uint32_t max_objects;     /* capacity / 256, at least 4,096 */
	uint32_t max_clients;     /* 64; 1,024 at most */
	uint32_t lock_timeout_ms; /* 5,000 */
	uint32_t flags;
	uint64_t quota;            /* of the heap, for what this process makes; 0: none. Its first store decides */
	uint64_t spill_folders;    /* address of absolute paths, each ended by a 0 byte */
	uint64_t spill_limit;      /* bytes on disk at most; 0: no limit */
	uint64_t spill_file_bytes; /* of a file that holds several objects: 64 MiB */
	uint32_t spill_count;      /* folders; 0: the store does not spill, or as it was made */
	uint32_t reserved;
} plasmid_options;

enum plasmid_open_flag {
	PLASMID_OPEN_EXISTING = 1,   /* never create: NO_STORE if it is not there */
	PLASMID_OPEN_LAST_CLOSE = 2, /* at creation: the store ends with its last client */
	PLASMID_OPEN_TRAP = 4 /* a write through a view ends the process, whichever of its stores on the segment gave it */
};

/* ---- opening ---------------------------------------------------------------------------------- */

/* Opens, or makes, the store `name` in `directory` (made with mode 0700 if missing). Errors: BAD_NAME, BAD_SEGMENT, VERSION,
 * CAPACITY, SPILL_OPTIONS, CLIENTS_FULL, NO_SPACE, NO_STORE, SYSTEM, LOCK_TIMEOUT, INVALID. */
PLASMID_API int32_t plasmid_open(const char *directory, const char *name, const plasmid_options *options,
                                 plasmid_store **store);

/* Refuses further calls on `store`, aborts its drafts and ends its handles. Its leases end with their views. LOCK_TIMEOUT: it is
 * closed, and what it held ends as soon as the lock is to be had. */
PLASMID_API int32_t plasmid_close(plasmid_store *store);

/* Marks the store destroyed, wakes everyone, removes the file. NO_STORE if there is none. LOCK_TIMEOUT: it is destroyed, and whoever
 * opens it next removes the file. */
PLASMID_API int32_t plasmid_destroy(const char *directory, const char *name);

PLASMID_API const char *plasmid_error_name(int32_t code);
PLASMID_API const char *plasmid_error_message(int32_t code);
PLASMID_API const char *plasmid_detail(void);

/* ---- the exchange: memory through which calls take and give what does not fit in registers ------ */

#define PLASMID_DATA_BYTES 65536u /* an object of up to this size is copied out by peek */
#define PLASMID_NAME_BYTES 512u   /* longest name, UTF-8 */

typedef struct plasmid_exchange {
	plasmid_ref ref;       /*   0: out: the object that the last call made or found */
	uint32_t inband;       /*  20: out: bytes of the in-band part of what peek or lease gave */
	uint32_t buffers;      /*  24: out: number of buffers */
	uint32_t references;   /*  28: out: number of contained refs */
	uint32_t inband_token; /*  32: out: lease: 0, or the token of the lease under which `inband_at` is read */
	uint32_t turned;       /*  36: out: lease: *plasmid_turned before it: while it stays, the views are as sealed */
	uint64_t inband_at;    /*  40: out: lease: where the in-band bytes are if they did not fit into `data`, else 0 */
	uint64_t rows; /*  48: out: lease: address of plasmid_buffer_row[buffers]; valid until this store's next call */
	uint64_t reference_rows;          /*  56: out: lease: address of plasmid_reference_row[references]; likewise */
	uint8_t name[PLASMID_NAME_BYTES]; /*  64: in: a name */
	uint8_t data[PLASMID_DATA_BYTES]; /* 576: in: put_small's bytes; out: peek's bytes, from the object's first on */
} plasmid_exchange;

typedef struct plasmid_buffer_row {
	uint64_t address; /* in this process, for reading: what a write does to it, this process alone sees */
	uint64_t bytes;   /* may be 0: then there is no token */
	uint64_t context; /* what to hand to plasmid_release with the view; 0 if bytes is 0 */
} plasmid_buffer_row;

typedef struct plasmid_reference_row {
	plasmid_ref ref;
	uint32_t group;   /* rows with the same number share one handle context: the first of a group carries it */
	uint64_t context; /* for plasmid_release; 0: as the row before it, or the object is gone */
} plasmid_reference_row;

PLASMID_API plasmid_exchange *plasmid_exchange_of(plasmid_store *store);

/* The exchange is in use beyond the store's close, which otherwise gives it to another store: it stays the caller's for good. */
PLASMID_API int32_t plasmid_keep_exchange(plasmid_store *store);

/* ---- making objects --------------------------------------------------------------------------- */

typedef struct plasmid_span {
	uint64_t address; /* 0: leave room (a draft's view) */
	uint64_t bytes;
} plasmid_span;

enum plasmid_item_flag {
	PLASMID_ITEM_REPLACE = 1, /* rebind the name in one step, at seal */
	PLASMID_ITEM_PIN = 2,     /* sealed with one pin */
	PLASMID_ITEM_ZERO = 4     /* clear the room left for buffers without an address */
};

/* One object to make. Addresses are of this process. */
typedef struct plasmid_item {
	uint64_t inband;          /*  0: address of the encoded value */
	uint64_t buffers;         /*  8: address of plasmid_span[buffer_count] */
	uint64_t references;      /* 16: address of plasmid_ref[reference_count]: the contained objects */
	uint64_t name;            /* 24: address of the name */
	uint32_t inband_bytes;    /* 32 */
	uint32_t buffer_count;    /* 36 */
	uint32_t reference_count; /* 40 */
	uint32_t name_bytes;      /* 44: 0: none */
	uint32_t flags;           /* 48 */
	uint32_t token;           /* 52: out: handle (put) or draft (create) */
	plasmid_ref ref;          /* 56: out */
	int32_t status;           /* 76: out: 0 or what failed */
	uint64_t room;            /* 80: out: create: address of the first buffer, writable; 0 if there is none */
	uint64_t context;         /* 88: out: create: what to hand to plasmid_release with the view of that buffer */
} plasmid_item;

/* An object that is larger than the whole heap: STORE_FULL; in a store that spills it is written to a file of its own, which is read in
 * place: SPILL_LIMIT, SPILL. */

/* Puts the first `bytes` bytes of exchange.data as an object without name, buffers or refs. Returns the token of a handle;
 * exchange.ref says which. STORE_FULL, TABLE_FULL: see plasmid_request_collection for what to try next. */
PLASMID_API int32_t plasmid_put_small(plasmid_store *store, uint32_t bytes);

/* Makes and seals `count` objects: all of them or none. Small ones take one critical section together. */
PLASMID_API int32_t plasmid_put_many(plasmid_store *store, plasmid_item *items, uint32_t count);

/* Makes a draft; its in-band bytes and the buffers with an address are copied now. Returns the draft's token. NO_VIEW, see plasmid_lease, of
 * one that is larger than the heap. */
PLASMID_API int32_t plasmid_create(plasmid_store *store, plasmid_item *item);

/* A draft's view is about to be given up while the draft lives on (`leaving` 1): its deallocator does not end the draft. 0: one has a view
 * again, or still, and the draft ends with it. Without the lock. NOT_DRAFT. */
PLASMID_API int32_t plasmid_unview(plasmid_store *store, uint32_t draft, uint32_t leaving);

/* Seals a draft. Returns the token of a handle; exchange.ref says which. NOT_DRAFT, ALREADY_SEALED, NAME_TAKEN. */
PLASMID_API int32_t plasmid_seal(plasmid_store *store, uint32_t draft);
PLASMID_API int32_t plasmid_abort(plasmid_store *store, uint32_t draft);

/* ---- reading objects -------------------------------------------------------------------------- */

/* Copies an object of at most PLASMID_DATA_BYTES, without contained refs, to exchange.data and returns its length (in-band
 * bytes and buffers; exchange.inband, .buffers). Takes no lock where it can. NOT_SEALED, FREED, LOST, or LARGE: then
 * exchange.ref is right and plasmid_lease is next, as for one that is larger than the heap; or SPILLED: plasmid_restore is. */
PLASMID_API int32_t plasmid_peek(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* The same by the name in exchange.name. NOT_FOUND if it is not bound; exchange.ref says what it is bound to. */
PLASMID_API int32_t plasmid_peek_name(plasmid_store *store, uint32_t name_bytes);

/* Peeks at `count` refs in one crossing: lengths[i] is what plasmid_peek would return, the bytes stand one after the other in
 * exchange.data, each 8-byte aligned; shapes[2i] in-band bytes, shapes[2i+1] buffers. Returns how many were done: fewer than
 * `count` when the data is full (at least one). */
PLASMID_API int32_t plasmid_peek_many(plasmid_store *store, const plasmid_ref *refs, uint32_t count, int32_t *lengths,
                                      uint32_t *shapes);

/* Takes one lease a buffer and one handle a contained ref, in one critical section, for an object of any size. In-band bytes go
 * to exchange.data, or stay in place (exchange.inband_at, under exchange.inband_token: end it with plasmid_end when decoded). SPILLED, FREED,
 * NOT_SEALED, LOST: also if the file of one that is larger than the heap is gone or not what was written, which is looked through whenever
 * this process has no view of it. NO_VIEW: so many views stand apart, for they or others were written to, that there is no place for one
 * more: garbage may keep them (plasmid_drain), else plasmid_lease_apart. */
PLASMID_API int32_t plasmid_lease(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* The same, but SPILLED also if a file would have to be looked through: plasmid_restore_begin is next. */
PLASMID_API int32_t plasmid_lease_at_hand(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                          uint32_t d);

/* The same, but one that is on disk and not larger than the heap, or of which there is NO_VIEW, is had as a copy in memory of this process
 * alone, which lives as long as the views: for when plasmid_restore has no room, and can't make any. What a write does to a copy nobody
 * notices, so no other get may be given its views. SPILL: the disk failed. NO_MEMORY. */
PLASMID_API int32_t plasmid_lease_apart(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                        uint32_t d);

/* How often an object's pages became this process's own because a view on them was written to: a word to look at at any time. A get
 * that follows shows the sealed bytes, if it leases anew. */
PLASMID_API const uint32_t *plasmid_turned(plasmid_store *store);

typedef struct plasmid_stray_row {
	uint32_t id[4];
	uint32_t more; /* 16: not 0: no object's row, but so many more were written to */
	uint32_t name_bytes;
	uint8_t name[PLASMID_NAME_BYTES]; /* 24 */
} plasmid_stray_row;

/* 1 and an object that was written to through a view, once for each; 0: none is left to tell of. Of those that are not asked for the first
 * are told, and how many more there were. */
PLASMID_API int32_t plasmid_stray(plasmid_store *store, plasmid_stray_row *row);

/* 0 if sealed, in memory or on disk, else NOT_SEALED, FREED, LOST. No lock. */
PLASMID_API int32_t plasmid_state(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* The states of `count` refs, as plasmid_state gives them, in one crossing. Returns how many are not NOT_SEALED. */
PLASMID_API int32_t plasmid_states(plasmid_store *store, const plasmid_ref *refs, uint32_t count, int32_t *states);

/* 0 and exchange.ref if the name is bound; NOT_FOUND. */
PLASMID_API int32_t plasmid_find(plasmid_store *store, uint32_t name_bytes);

/* ---- what keeps an object --------------------------------------------------------------------- */

/* Takes a handle on a CREATED or SEALED object; returns its token, exchange.ref the ref with its slot. FREED, LOST. */
PLASMID_API int32_t plasmid_hold(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* The native deallocator of a view or of a handle's buffer: may run on any thread, at any time, takes no lock. */
PLASMID_API void plasmid_release(void *bytes, void *context);

/* What a token's buffer hands to plasmid_release; never 0. A number below 2^53. */
PLASMID_API uint64_t plasmid_context(plasmid_store *store, uint32_t token);

/* Ends a lease or handle now, once, however often it is called; the context's release must still follow. `context` as given with
 * the row. */
PLASMID_API int32_t plasmid_end(plasmid_store *store, uint64_t context);

/* Ends a token that no buffer stands for: ends it and recycles it. */
PLASMID_API int32_t plasmid_forget(plasmid_store *store, uint32_t token);

PLASMID_API int32_t plasmid_pin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);
PLASMID_API int32_t plasmid_unpin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* Makes the object the most recently used, as a get does, without reading or holding it. Of one that is held nothing changes: it will be
 * that when it is held no more. NOT_SEALED, FREED, LOST. */
PLASMID_API int32_t plasmid_refresh(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                    uint32_t d);
PLASMID_API int32_t plasmid_free(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* Ends everything that was released; returns how many steps that took, 0 if there was nothing. Every other call does a bounded part
 * of it. */
PLASMID_API int32_t plasmid_drain(plasmid_store *store);

/* ---- spilling --------------------------------------------------------------------------------- */

/* Moves referenced objects that nobody leases to disk, the least recently used first, until about `bytes` of the heap were given back.
 * Returns how many objects went; 0: there is none, or the store does not spill. SPILL_LIMIT, SPILL: nothing is lost. Blocks
 * for the writing. */
PLASMID_API int32_t plasmid_spill_out(plasmid_store *store, uint64_t bytes);

/* Reads a spilled object back. 0: it is in memory, or larger than that and leased where it is. Waits for at most `timeout_ms` for another
 * that does so: TIMED_OUT. STORE_FULL: there is no room, and none to be made by spilling others, for all are leased. SPILL_LIMIT: none to be
 * made because disk takes no more, be it the limit or a full disk: plasmid_lease_apart. LOST: the file is gone or its bytes are not what was
 * written, and the object with it. SPILL: the disk failed; it may be tried again. FREED, NOT_SEALED. */
PLASMID_API int32_t plasmid_restore(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                    uint32_t timeout_ms);

/* The same by another thread, for a caller that does not block: an order, from 1 on. 0: too many are under way. In both cases the
 * store's loop is woken, once, when one may have ended. NO_MEMORY, SYSTEM. */
PLASMID_API int32_t plasmid_restore_begin(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c,
                                          uint32_t d);

/* 1: the order has not ended, and the store's loop is woken, once, when that may have changed. 0: a lease keeps the object where it is,
 * read or mapped, until plasmid_restore_end. Or as plasmid_restore. */
PLASMID_API int32_t plasmid_restore_look(plasmid_store *store, uint32_t order);

/* The order is not needed any more, whether it has ended or not; to be called once for each. */
PLASMID_API int32_t plasmid_restore_end(plasmid_store *store, uint32_t order);

/* Removes files that nobody needs, and rewrites those that are less than half alive; done by itself. Returns how many files went. */
PLASMID_API int32_t plasmid_tidy(plasmid_store *store);

/* ---- waiting ---------------------------------------------------------------------------------- */

/* Returns 0 when there is something to look at (sealed, freed, lost, bound); 1 when not: then this store's loop is woken when
 * that may have changed, once; watch again after each wake. */
PLASMID_API int32_t plasmid_watch(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d);
PLASMID_API int32_t plasmid_watch_name(plasmid_store *store, uint32_t name_bytes);

/* Nothing is waited for through this store's loop any more. While something is, the helper looks for dead clients 10 times a
 * second; without this it would go on after a wait that was given up. */
PLASMID_API int32_t plasmid_unwatch(plasmid_store *store);

/* Blocks this thread until plasmid_watch would return 0, for at most `timeout_ms`: TIMED_OUT. 1: not yet, but plasmid_collection_asked
 * would return 1; block again after that. */
PLASMID_API int32_t plasmid_block(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                  uint32_t timeout_ms);
PLASMID_API int32_t plasmid_block_name(plasmid_store *store, uint32_t name_bytes, uint32_t timeout_ms);

/* The descriptor on which this store's event loop is woken: a byte means "call plasmid_events". The caller owns it. */
PLASMID_API int32_t plasmid_wake_fd(plasmid_store *store);

enum plasmid_event {
	PLASMID_EVENT_WAKE = 1,    /* look at what is pending */
	PLASMID_EVENT_COLLECT = 2, /* another process needs room: look at plasmid_collection_asked */
	PLASMID_EVENT_DESTROYED = 4,
	PLASMID_EVENT_STRAY = 8 /* an object was written to through a view: plasmid_stray says which */
};

/* The events since the last call, as bits of plasmid_event. */
PLASMID_API int32_t plasmid_events(plasmid_store *store);

/* Asks every process, and every thread of this one, for a garbage collection. */
PLASMID_API int32_t plasmid_request_collection(plasmid_store *store);

/* 1, once for all that was asked so far: a garbage collection, then plasmid_drain, is wanted of this store's thread. 0: not. For
 * threads that have no turn of their loop, and no lock. */
PLASMID_API int32_t plasmid_collection_asked(plasmid_store *store);

/* Blocks until something may have been given back to the store since the last call of this, or of plasmid_request_collection, for at most
 * `timeout_ms`: 0 or TIMED_OUT, by when the dead have been reaped. */
PLASMID_API int32_t plasmid_wait_room(plasmid_store *store, uint32_t timeout_ms);

/* Asks to be woken (PLASMID_EVENT_WAKE) when something is given back to the store. */
PLASMID_API int32_t plasmid_watch_room(plasmid_store *store);

/* ---- being told what happens ------------------------------------------------------------------- */

enum plasmid_event_kind {
	PLASMID_KIND_GAP = 0,      /* events were missed: the reader was too slow. Always told */
	PLASMID_KIND_EXISTING = 1, /* there already when the subscription began */
	PLASMID_KIND_SEAL = 2,
	PLASMID_KIND_EVICT = 3,
	PLASMID_KIND_SPILL = 4,
	PLASMID_KIND_RESTORE = 5,
	PLASMID_KIND_FREE = 6,
	PLASMID_KIND_LOST = 7, /* quarantined: it is not what was sealed */
	PLASMID_KIND_DEATH = 8 /* of a client, when it is reaped */
};

typedef struct plasmid_event_row {
	uint64_t number; /* grows by 1 with each event of the store; 0 for what exists and for gaps */
	uint64_t at_ms;  /*  8: Unix time; of what exists: when it was made */
	uint64_t bytes;  /* 16: of payload; of a gap: how many events were missed, of whatever kind */
	plasmid_ref ref; /* 24 */
	uint32_t pid;    /* 44: who did it; the maker of what exists, 0 if it has ended; who died */
	uint32_t kind;   /* 48 */
	uint32_t name_bytes;
	uint8_t name[PLASMID_NAME_BYTES]; /* 56 */
} plasmid_event_row;

/* From now on this store is told of the events whose bit (1 << kind) is set in `kinds`, and first, if `existing` is not 0, of every sealed
 * object. Returns a number for the calls below. While anybody is subscribed, small puts take the lock. LOCK_TIMEOUT also if a process
 * has been in the middle of a put for that long; NO_SPACE: for the ring; SUBSCRIPTIONS_FULL. */
PLASMID_API int32_t plasmid_subscribe(plasmid_store *store, uint32_t kinds, uint32_t existing);

/* Up to `limit` events; returns how many. 0: there is none now, and this store's loop is woken when there is (PLASMID_EVENT_WAKE). */
PLASMID_API int32_t plasmid_next_events(plasmid_store *store, uint32_t subscription, plasmid_event_row *rows,
                                        uint32_t limit);

/* A token of the subscription, for a buffer that stands for it: the buffer's release ends the subscription, if nobody has before. To be
 * asked once, and the buffer is to be made: the token is recycled by its release alone. */
PLASMID_API int32_t plasmid_subscription_token(plasmid_store *store, uint32_t subscription);

/* Ends it. The store's close does, too. */
PLASMID_API int32_t plasmid_unsubscribe(plasmid_store *store, uint32_t subscription);

/* ---- looking at a store ------------------------------------------------------------------------ */

typedef struct plasmid_stats {
	uint64_t capacity;     /* bytes of the heap */
	uint64_t committed;    /* bytes of it that are reserved in the file */
	uint64_t used;         /* bytes of it that objects take, padding and the stashes of others included */
	uint64_t largest;      /* largest object that fits now, without eviction */
	uint64_t metadata;     /* bytes reserved for tables */
	uint64_t file;         /* length of the file */
	uint64_t sealed_total; /* since the store was made: */
	uint64_t evicted_total;
	uint64_t freed_total;
	uint64_t recovered_total; /* rebuilds after a death under the lock */
	uint64_t reaped_total;    /* clients that died without closing */
	uint64_t quarantined_total;
	uint64_t quota;          /* of this process; 0: none */
	uint64_t charged;        /* with one: what the objects that it made take */
	uint64_t spilled_total;  /* objects written out, or dropped because disk had them still */
	uint64_t restored_total; /* and read back */
	uint64_t spilled_bytes;  /* payload that is on disk alone, now */
	uint64_t disk_bytes;     /* of all files */
	uint32_t objects;        /* slots in use, freed ones that are still held included */
	uint32_t evictable;
	uint32_t max_objects;
	uint32_t max_clients;
	uint32_t clients;
	uint32_t leases;  /* objects that this process leases */
	uint32_t handles; /* objects that this process has handles on */
	uint32_t tokens;  /* leases, handles, drafts and subscriptions of this process that have not ended */
	uint32_t subscribers;
	uint32_t spilled; /* objects that are on disk alone, now */
	uint32_t spill_files;
	uint32_t spill_folders; /* 0: the store does not spill */
} plasmid_stats;

PLASMID_API int32_t plasmid_stats_of(plasmid_store *store, plasmid_stats *stats);

enum plasmid_object_state {
	PLASMID_ABSENT = 0,
	PLASMID_CREATED = 1,
	PLASMID_SEALED = 2,
	PLASMID_FREED = 3,  /* gone for readers; the bytes go with the last lease, the slot with the last handle */
	PLASMID_GONE = 4,   /* aborted or quarantined while somebody had a handle */
	PLASMID_SPILLED = 5 /* sealed, and on disk: plasmid_restore brings it back, unless it is larger than the heap */
};

typedef struct plasmid_object_row {
	plasmid_ref ref;
	uint32_t state;
	uint64_t bytes;   /* 24: payload */
	uint64_t extent;  /* 32: bytes taken in the heap */
	uint64_t made_ms; /* 40: Unix time */
	uint32_t pins;
	uint32_t contained;  /* in how many sealed objects */
	uint32_t references; /* how many refs it contains */
	uint32_t leases;     /* by how many processes */
	uint32_t handles;    /* by how many processes */
	uint32_t creator;    /* pid */
	uint32_t name_bytes;
	uint32_t mine;                    /* bits of plasmid_mine */
	uint8_t name[PLASMID_NAME_BYTES]; /* 80 */
} plasmid_object_row;

/* What this process has to do with an object. */
enum plasmid_mine {
	PLASMID_MINE_LEASED = 1,
	PLASMID_MINE_HANDLED = 2,
	PLASMID_MINE_MADE = 4
};

/* Rows of up to `limit` objects from slot `cursor` (1 to begin) on; returns how many, and the next cursor in *next (0: end). */
PLASMID_API int32_t plasmid_list(plasmid_store *store, uint32_t cursor, plasmid_object_row *rows, uint32_t limit,
                                 uint32_t *next);

/* Some objects together. */
typedef struct plasmid_hold_sum {
	uint64_t bytes;    /* taken in the heap */
	uint32_t count;    /* objects */
	uint32_t oldest_s; /* Unix time at which the oldest of them was made; 0: there is none */
} plasmid_hold_sum;

typedef struct plasmid_holder_row {
	uint32_t pid; /* 0: the row of what no process holds */
	uint32_t reserved;
	plasmid_hold_sum leased;  /*  8: or pinned, in row 0 */
	plasmid_hold_sum handled; /* 24: or contained, in row 0 */
	plasmid_hold_sum draft;   /* 40: or held by nobody, to be evicted for room, in row 0 */
} plasmid_holder_row;

/* Who holds how much: row 0 what no process holds, then a row a live client. Returns the number of rows. */
PLASMID_API int32_t plasmid_holders(plasmid_store *store, plasmid_holder_row *rows, uint32_t limit);

enum plasmid_hold_kind {
	PLASMID_HOLD_DRAFT = 0,
	PLASMID_HOLD_LEASE = 1,
	PLASMID_HOLD_HANDLE = 2,
	PLASMID_HOLD_PIN = 3,        /* of no process: pid 0 */
	PLASMID_HOLD_CONTAINMENT = 4 /* likewise */
};

typedef struct plasmid_hold_row {
	uint32_t pid;
	uint32_t kind;  /* enum plasmid_hold_kind */
	uint32_t count; /* of this process, pins and containers: how many; of another process: 1, for it counts for itself */
} plasmid_hold_row;

/* Who holds one object, in whatever state it is: up to `limit` rows. Returns how many. FREED, LOST. */
PLASMID_API int32_t plasmid_holds(plasmid_store *store, uint32_t slot, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                  plasmid_hold_row *rows, uint32_t limit);

/* Walks the whole segment under the lock and re-derives every count. 0, or CORRUPT with the first fault as detail: the next call then
 * makes all that is derived anew. */
PLASMID_API int32_t plasmid_check(plasmid_store *store);

/* Gives whole free pages at the top of the heap back to the system; returns how many MiB. */
PLASMID_API int32_t plasmid_trim(plasmid_store *store);

/* Looks for clients that died and ends what they held; returns how many. Done anyway while somebody waits, for an object or for
 * room; and at open for the one whose place is taken. */
PLASMID_API int32_t plasmid_reap(plasmid_store *store);

/* ---- for tests: the ways to stop at a place ------------------------------------------------------ */

/* Holds the store's lock for `ms`, as a slow or stopped owner would. */
PLASMID_API int32_t plasmid_test_hold_lock(plasmid_store *store, uint32_t ms);

/* Debug builds: kill this process (SIGKILL) at the `nth` passage of the named crash point, or stop it (SIGSTOP) if the name is led by
 * "stop:". PLATFORM in release builds. */
PLASMID_API int32_t plasmid_test_crash_at(const char *point, uint32_t nth);

#ifdef __cplusplus
}
#endif

#endif
