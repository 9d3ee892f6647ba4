/* layout.h - every byte of a segment that is not payload.
 *
 *   0            superblock: what the file is, the lock, the shared words, the heads of all derived structures
 *   clients_at   pm_client_record[max_clients]
 *   waits_at     pm_wait_bucket: one bit a client, for each of PM_WAIT_BUCKETS, and one more for events
 *   names_at     u32[max_objects]: heads of the name chains         \
 *   entries_at   pm_entry[max_objects + 1]: the table; slot 0 unused | reserved as they are used
 *   holds_at     u64[max_objects + 1][2 * words]: who leases, who has handles
 *   nodes_at     pm_extent[2 * max_objects + 8]: the heap's tags    /
 *   events_at    pm_event[PM_EVENT_CELLS]: the ring of events, reserved by the first who subscribes
 *   spill_at     pm_spill, pm_place[max_objects + 1], pm_spill_file[PM_SPILL_FILES]: of stores that spill, see place.h
 *   heap_at      the payload
 *
 * TRUTH AND WHAT IS DERIVED
 *   Truth: an entry's word, id, extent (start, granules), shape (bytes, inband, buffers, references), name, pins, stamp, creator,
 *   linked; of its place where, sum, trailer, target, restorer; the spill files' number, bytes, state, owner; the hold bits; the client
 *   records; the reserved and committed marks; the rings of tombstones and of events.
 *   Derived: everything else (chains, free lists, recency order, containment counts, heap nodes and bins, statistics).
 *   pm_rebuild() makes the derived from the truth. An operation commits by ONE store to the truth; whatever it does to the derived
 *   before or after, a death in between is healed by the rebuild.
 *
 *   Offsets, slots and node indexes only: a segment is mapped at another address in every process.
 */
#ifndef PM_LAYOUT_H
#define PM_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "heap/heap.h"
#include "plasmid.h"

#define PM_MAGIC 0x31644d534c50ull /* "PLSMd1" */
#define PM_LAYOUT_VERSION 5u
#define PM_PAGE 4096u
#define PM_GRANULE 64u        /* bytes: the heap's unit and the alignment of every buffer */
#define PM_PAGE_GRANULES 64u  /* granules in a page */
#define PM_LARGE_BYTES 32768u /* from here up an object owns whole pages and is read in place */
#define PM_WAIT_BUCKETS 64u   /* interest is filtered by hash: a wake for another key of the bucket is only spurious */
#define PM_EVENT_CELLS 16384u /* a power of two */
#define PM_TOMBSTONES 1024u   /* ids that `free` remembers after the slot is gone */
#define PM_MAX_CLIENTS 1024u
#define PM_MIN_CAPACITY (1u << 20)
#define PM_MAX_CAPACITY (1ull << 37) /* 2^31 granules */
#define PM_NOTHING_OLD UINT32_MAX    /* see quota.h */
#define PM_DESTROYED 0x64616564u     /* a word that no single flipped bit makes */
#define PM_SPILL_FOLDERS 8u
#define PM_SPILL_PATH 256u            /* bytes of a folder's path, its end included */
#define PM_SPILL_FILES 4096u          /* files there may be at a time */
#define PM_LOCK_BYTES_AT (1ull << 40) /* OFD lock bytes of the clients stand here, far beyond the file's end */

/* ---- a client's record (128 bytes) --------------------------------------------------------------
 * A slot's epoch grows each time a process takes it: {slot, epoch} never comes again while anyone could remember it. */
typedef struct pm_client_record {
	uint32_t epoch;
	uint32_t state; /* enum pm_client_state */
	uint32_t pid;   /* for people; liveness is the OFD lock */
	uint32_t reserved;
	uint64_t opened_ms;
	uint64_t charge;        /* derived: granules of its objects, below its epoch; see quota.h */
	uint32_t quota;         /* granules that they may take; 0: any */
	uint32_t oldest;        /* derived: where its oldest may stand in the LRU list */
	uint32_t subscriptions; /* of its stores: super.subscribers counts them */
	uint8_t pad[20];
	uint32_t wake;     /* 64: futex of threads that block: grows when they should look */
	uint32_t blocked;  /* how many do; nobody is woken for none */
	uint32_t ring;     /* futex of the helper thread: grows when an event loop should look */
	uint32_t looped;   /* an event loop waits; the helper is not rung for none */
	uint32_t collect;  /* what of superblock.collect this client has answered */
	uint32_t stashed;  /* entries in its stash; superblock.objects and sealed_total count them already */
	uint64_t bell;     /* of the one event loop that waits, or 0: ring the helper, which tells all of them */
	uint64_t bell_key; /* of all bells of this client */
	uint32_t news;     /* grows before `ring` does when another client rings: what the helper hands on */
	uint32_t telling;  /* it has given the lock back, and who waits has not been told yet */
	uint8_t tail[16];
} pm_client_record;

/* LINGERING: it has closed all its stores, views of its leases are still alive. */
enum pm_client_state {
	PM_CLIENT_FREE = 0,
	PM_CLIENT_ACTIVE = 1,
	PM_CLIENT_LINGERING = 2
};

/* ---- an object's entry (128 bytes) ---------------------------------------------------------------
 *
 *   word   [ version:32 | creator slot + 1 : 16 | stash : 8 | state : 8 ]   the commit point: one store changes the state
 *
 *   (absent) --create--> CREATED --seal--> SEALED --free--> FREED --last lease and handle--> (absent)
 *                           |                 \--evict (nothing refers to it)--------------> (absent)
 *                           \--abort, or its creator died--> GONE (somebody has a handle) --last handle--> (absent)
 *
 *   SEALED <--spill, restore--> SPILLED --free, or nothing keeps it--> as from SEALED
 *   CREATED --seal, larger than the heap--> SPILLED, for good; see spill/oversize.h
 *
 * A CREATED entry may be stashed: its creator took it ahead of a put, which will seal it without the lock; see stash.h.
 *
 * extent in use  <=>  CREATED or SEALED (SPILLED: that of its trailer, if it has one), or FREED or GONE, a lease bit is set and the granules are not 0
 * of one with more granules than the heap: CREATED or SPILLED (that of its trailer; `start` is 0)
 * slot in use    <=>  state is not ABSENT
 * hold bits != 0  =>  slot in use
 * The version grows when a slot is taken, so a reader that saw the same word before and after its copy saw one object. */
typedef struct pm_entry {
	uint64_t word;
	uint32_t id[4];
	uint64_t bytes; /* payload: in-band bytes, table, buffers */
	union {
		struct {
			uint32_t start;    /* extent: first granule */
			uint32_t granules; /* extent: length */
		};
		uint64_t extent; /* both in one look, as the next */
	};
	union {
		struct {
			uint32_t inband;  /* bytes */
			uint32_t buffers; /* count: a table {offset, bytes}[buffers] follows the in-band bytes, 8-aligned */
		};
		uint64_t parts;
	};
	uint32_t references; /* count: pm_reference[] stands behind the payload, 8-aligned */
	uint32_t linked;     /* of the references: how many are counted in `contained` of their objects */
	uint32_t check;      /* checksums of the immutable fields, written before SEALED: see entry.h */
	uint32_t creator_epoch;
	uint64_t name_order; /* of two SEALED with one name the greater is bound */
	uint64_t stamp;      /* recency: superblock.clock when it was last used; orders the LRU list on a rebuild */
	uint32_t pins;
	uint16_t name_bytes; /* the name stands behind the references; 0: none, or unbound */
	uint16_t name_room;  /* bytes of name written at creation (immutable) */
	uint32_t made_s;     /* Unix time */
	/* derived from here on */
	uint32_t contained; /* in how many linked containers */
	uint32_t node;      /* heap node of the extent, 0: none */
	uint32_t free_next; /* ABSENT: the free list */
	uint32_t name_next;
	uint32_t lru_prev, lru_next; /* LRU list; lru_next also the drop queue */
	uint8_t in_lru, in_drop;
	uint8_t named : 1, charged : 1, marked : 1; /* marked: some record's `oldest` may be this one */
	uint8_t reserves;                           /* truth: CREATED has its name reserved already */
	uint32_t name_hash;
	uint32_t cold; /* granules at the extent's end that were never touched when it was taken */
} pm_entry;

/* A contained ref, behind the payload. */
typedef struct pm_reference {
	uint32_t id[4];
	uint32_t slot;
	uint32_t reserved;
} pm_reference;

/* One entry of an object's table of buffers; offsets from the object's first byte. */
typedef struct pm_buffer {
	uint64_t offset;
	uint64_t bytes;
} pm_buffer;

/* A record in the ring of events (64 bytes); see event.h. */
typedef struct pm_event {
	uint64_t number;
	uint64_t at_ms; /* Unix time */
	uint64_t bytes; /* payload; of a DEATH: opened_ms of the client */
	uint32_t id[4];
	uint32_t slot;       /* of the object; of a DEATH: of the client */
	uint32_t pid;        /* who did it, or died */
	uint16_t kind;       /* enum plasmid_event_kind */
	uint16_t name_bytes; /* the name stands in the cells that follow */
	uint8_t pad[12];
} pm_event;

/* ---- where an object stands on disk (64 bytes, one a slot, in stores that spill) -------------------
 *
 *   where != 0  <=>  a file has the payload: SPILLED, or SEALED and read back since; or it is oversize, and CREATED, or leased still
 *   An extent is start | granules << 32, so that one store changes it. A SPILLED object keeps its references and its name in memory,
 *   in an extent of their own; one that is being read back has a second one, that it will move into. */
typedef struct pm_place {
	uint64_t where; /* file << 48 | offset of the payload */
	uint64_t sum;   /* checksum of the payload */
	uint64_t trailer;
	uint64_t target;   /* in use while `restorer` lives */
	uint32_t restorer; /* lock word of who reads it back, or 0 */
	uint32_t check;    /* of the sum and what of the entry never changes */
	/* derived from here on, or a hint */
	uint32_t target_node;
	uint32_t used_version; /* `used` is of the object with this version */
	uint64_t used;         /* superblock.clock when it was last used, as of the pass before: see spill.h */
	uint64_t reserved;
} pm_place;

/* WRITING: its owner puts objects into it. WHOLE: it is complete; without an owner and without a live object it can go. DYING: it is
 * being removed. */
enum pm_spill_file_state {
	PM_FILE_FREE = 0,
	PM_FILE_WRITING = 1,
	PM_FILE_WHOLE = 2,
	PM_FILE_DYING = 3
};

typedef struct pm_spill_file {
	uint64_t number; /* never given again: the file's name */
	uint64_t bytes;
	uint32_t state;
	uint32_t owner; /* lock word, or 0 */
	uint32_t folder;
	uint32_t live; /* derived: places that point into it */
	uint64_t live_bytes;
} pm_spill_file;

/* What a store that spills knows of it. */
typedef struct pm_spill {
	char folders[PM_SPILL_FOLDERS]
							[PM_SPILL_PATH]; /* immutable; the plan's spill_sum is their checksum, and the limits' */
	uint64_t limit;              /* bytes of all files; immutable */
	uint64_t file_bytes;         /* of a file of several objects; immutable */
	uint64_t numbers;            /* the last that was given */
	uint32_t busy;               /* lock word of who spills */
	uint32_t untidy;             /* a file is less than half alive */
	uint64_t mark;               /* superblock.clock when the last pass began */
	uint64_t spilled_total, restored_total;
	/* derived */
	uint64_t disk_bytes;
	uint64_t spilled_bytes;
	uint32_t spilled;
	uint32_t path_hash; /* of the path by which the store was made; immutable */
} pm_spill;

/* ---- what was decided when the store was made -----------------------------------------------------
 * `seal` is the checksum of what stands before it. Each client goes by a copy of its own: a bit that turns in the file later leads
 * nobody astray. */
typedef struct pm_plan {
	uint64_t magic;
	uint32_t version;
	uint32_t page;
	uint64_t fingerprint; /* of every struct's size and offsets: another build's file is refused */
	uint64_t capacity;    /* bytes of the heap */
	uint32_t max_objects;
	uint32_t max_clients;
	uint32_t hold_words; /* u64 words a kind */
	uint32_t flags;      /* PLASMID_OPEN_LAST_CLOSE */
	uint64_t clients_at, waits_at, names_at, entries_at, holds_at, nodes_at, events_at, heap_at, file_bytes;
	uint64_t spill_at, places_at, files_at; /* 0: the store does not spill */
	uint32_t spill_folders;
	uint32_t spill_sum;
	uint64_t generation; /* random: two stores of one name differ */
	uint64_t seal;
} pm_plan;

/* ---- the superblock ------------------------------------------------------------------------------
 * entries_used <= entries_reserved <= max_objects; heap.limit == committed granules */
typedef struct pm_superblock {
	pm_plan plan; /* immutable after creation */

	uint32_t lock __attribute__((aligned(64))); /* see lock.c */
	uint32_t destroyed;                         /* PM_DESTROYED, set once, before the file is unlinked */
	uint32_t recovered;                         /* statistics that outlive a rebuild */
	uint32_t reaped, quarantined;
	uint32_t subscribers; /* sum of the records' subscriptions; beside `destroyed`, which every call reads anyway */
	uint32_t damaged;     /* a thread landed in the middle of a change: see landing.h */

	uint32_t collect __attribute__((aligned(64))); /* grows with each request for a garbage collection */
	uint32_t room_watchers;                        /* somebody waits for room: givers wake everyone */
	uint32_t tomb_cursor;

	/* marks: truth about the file, they only grow (but for trim) */
	uint32_t entries_reserved __attribute__((aligned(64)));
	uint32_t nodes_reserved;
	uint32_t committed; /* granules of the heap that are real */
	uint32_t touched;   /* granules below have been written to once: their pages are warm (a hint, no promise) */
	uint32_t trims;     /* grows with each trim, so that a concurrent growth starts anew */

	/* derived, under the lock */
	uint32_t entries_used __attribute__((aligned(64))); /* high-water mark of slots */
	uint32_t free_slot;                                 /* free list of slots below it, through free_next */
	uint32_t objects;                                   /* slots in use */
	uint32_t name_buckets;                              /* linear hashing: heads in use, see index.c */
	uint32_t names;                                     /* bound names */
	uint32_t lru_head, lru_tail, evictable;
	uint32_t drop_head, drop_tail;               /* containers whose references are being released, a few a call */
	uint64_t clock;                              /* recency, grows with each use */
	uint64_t order;                              /* of names */
	uint64_t event_head, event_tail, event_next; /* see event.h */
	uint64_t sealed_total, evicted_total, freed_total;
	pm_heap heap;

	uint32_t tombs[PM_TOMBSTONES][4] __attribute__((aligned(64)));
} pm_superblock;

_Static_assert(sizeof(pm_plan) == 168, "plan");
_Static_assert(sizeof(pm_client_record) == 128, "client record");
_Static_assert(sizeof(pm_entry) == 128, "entry");
_Static_assert(sizeof(pm_reference) == 24, "reference");
_Static_assert(sizeof(pm_event) == 64, "event");
_Static_assert(sizeof(pm_extent) == 32, "extent");
_Static_assert(sizeof(pm_place) == 64, "place");
_Static_assert(sizeof(pm_spill_file) == 40, "spill file");

/* In the word of a CREATED entry. */
#define PM_WORD_STASHED 0x100u /* in a stash: whoever has the lock may take it back */
#define PM_WORD_CLAIMED 0x200u /* out of it: its creator is about to seal it */

static inline uint32_t pm_word_state(uint64_t word) {
	return (uint32_t)(word & 0xff);
}
static inline uint32_t pm_word_version(uint64_t word) {
	return (uint32_t)(word >> 32);
}
static inline uint32_t pm_word_creator(uint64_t word) {
	return (uint32_t)(word >> 16 & 0xffff);
}
static inline bool pm_word_stashed(uint64_t word) {
	return (word & (PM_WORD_STASHED | PM_WORD_CLAIMED)) != 0;
}
static inline uint64_t pm_word(uint32_t version, uint32_t creator, uint32_t state) {
	return (uint64_t)version << 32 | (uint64_t)creator << 16 | state;
}

static inline uint64_t pm_align(uint64_t n, uint64_t to) {
	return (n + to - 1) & ~(to - 1);
}

/* Where the parts of an object stand, from its first byte on. */
static inline uint64_t pm_table_at(uint64_t inband) {
	return pm_align(inband, 8);
}
static inline uint64_t pm_references_at(uint64_t bytes) {
	return pm_align(bytes, 8);
}
static inline uint64_t pm_name_at(uint64_t bytes, uint64_t references) {
	return pm_references_at(bytes) + references * sizeof(pm_reference);
}

/* An extent as one word. */
static inline uint64_t pm_span(uint32_t start, uint32_t granules) {
	return (uint64_t)granules << 32 | start;
}
static inline uint32_t pm_span_start(uint64_t span) {
	return (uint32_t)span;
}
static inline uint32_t pm_span_granules(uint64_t span) {
	return (uint32_t)(span >> 32);
}

/* Is it an object that can be had, in memory or on disk? */
static inline bool pm_state_sealed(uint32_t state) {
	return state == PLASMID_SEALED || state == PLASMID_SPILLED;
}

#endif
