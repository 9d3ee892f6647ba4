/* client.h - what this process knows of a segment: where it is mapped, who we are in it, what our threads hold.
 *
 * One pm_client a process and segment, however many stores and Workers use it. Everything here is private memory: when the
 * process dies it is gone, and what it meant to others stands in the segment (its record and its hold bits). */
#ifndef PM_CLIENT_H
#define PM_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "landing.h"
#include "layout.h"
#include "prim/atomic.h"

#define PM_TOKEN_CHUNK 65536u
#define PM_TOKEN_CHUNKS 1024u

enum pm_token_kind {
	PM_TOKEN_FREE = 0,
	PM_TOKEN_LEASE,
	PM_TOKEN_HANDLE,
	PM_TOKEN_GROUP,
	PM_TOKEN_DRAFT,
	PM_TOKEN_STASH,
	PM_TOKEN_COPY,
	PM_TOKEN_SUBSCRIPTION
};

/* What one native-owned buffer stands for. It ends once (`slot` becomes 0) and is recycled when its buffer's deallocator has run. */
typedef struct pm_token {
	uint32_t next; /* free list, or the stack of released ones */
	uint32_t slot; /* 0: ended already; PM_TOKEN_SUBSCRIPTION: its number */
	union {
		uint32_t *group;                  /* PM_TOKEN_GROUP: slots of the handles, `count` of them */
		struct pm_copy *copy;             /* PM_TOKEN_COPY: what its view stands on */
		struct plasmid_store *subscriber; /* PM_TOKEN_SUBSCRIPTION */
	};
	uint32_t
			count; /* PM_TOKEN_STASH: the version that the entry has in the stash; PM_TOKEN_LEASE, _DRAFT: the view's window */
	uint32_t store; /* index of the plasmid_store that asked for it */
	uint32_t
			viewed; /* PM_TOKEN_DRAFT: slot of the bytes that its view stands on, until that view's deallocator has run */
	uint8_t kind;
	uint8_t flags;    /* PM_TOKEN_DRAFT: of its item */
	uint8_t buffered; /* PM_TOKEN_DRAFT, _SUBSCRIPTION: a view stands for it, whose deallocator recycles it */
	uint8_t leaving;  /* PM_TOKEN_DRAFT: that view goes, the draft stays */
} pm_token;

enum pm_refusal {
	PM_REFUSED_FORKED = 1,
	PM_REFUSED_CUT,   /* see cut.h */
	PM_REFUSED_REAPED /* its lock byte went while it lived, and others took it for dead */
};

#define PM_STRAYS 16u

/* Who is to be told of something when the lock is given back; see wait.h. */
typedef struct pm_owed {
	uint64_t buckets; /* a bit each */
	bool subscribers, everyone;
} pm_owed;
_Static_assert(PM_WAIT_BUCKETS <= 64, "a bit each");

/* An object that somebody wrote to through a view; see stray.h. */
typedef struct pm_stray {
	uint32_t number; /* of the note, from 1 on: the rest is filled in */
	uint32_t more;   /* not a note: so many objects went without */
	uint32_t id[4];
	uint32_t name_bytes;
	uint8_t name[PLASMID_NAME_BYTES];
} pm_stray;

typedef struct pm_client {
	/* the mapping */
	uint8_t *base;       /* whole file, read and write */
	const uint8_t *heap; /* payload, read only: what views stand on */
	uint8_t *heap_writable;
	pm_superblock *super;
	pm_plan plan; /* as it was when we opened */
	pm_client_record *records;
	uint64_t *waits;
	uint32_t *names;
	pm_entry *entries;
	uint64_t *holds;
	pm_extent *nodes;
	pm_event *events;
	pm_spill *spill; /* NULL, as the next two: the store does not spill */
	pm_place *places;
	pm_spill_file *spill_files;
	uint64_t short_of; /* bytes of the file on disk that was asked for last */
	dev_t device;
	ino_t inode;
	char *path;
	int file;       /* for growth */
	int lock_file;  /* holds our byte; never mapped, never used to probe */
	int probe_file; /* looks at the others' bytes */
	int hand;       /* rings bells */

	/* who we are */
	uint32_t slot, epoch, lock_word;
	uint64_t lock_timeout_ns;
	pthread_t lock_thread; /* of ours that has the lock, or 0 */
	pm_owed owed;          /* under the store's lock */
	uint32_t quota;        /* granules; 0: none */
	uint32_t index;        /* in the registry of this process */
	bool enlisted;         /* the record is ours until we part */
	uint32_t refused;      /* enum pm_refusal: 0, or why no call can be made any more */
	int32_t (*recover)(
			struct pm_client *client); /* after a death; set by whoever opens: the lock stands below the rebuild */
	int32_t (*repair)(struct pm_client *client); /* of tables that were damaged; likewise */

	/* holds of this process, by slot; under the store's lock */
	uint32_t *lease_count, *handle_count;
	uint64_t count_bytes; /* of each */

	/* writes through views; see window.h and stray.h */
	uint32_t *turns; /* by slot */
	uint32_t turned; /* how often an object was */
	uint32_t trap;   /* such a write ends the process */
	uint32_t strays_noted, strays_told, strays_more;
	pm_stray strays[PM_STRAYS];

	/* a file that is taken away; see cut.h */
	const uint8_t *edge; /* the last byte of the tables */
	uint64_t cut_at;     /* zeros stand in front of the file from here on */
	uint32_t patched;    /* `heap` may show zeros: no reading from it without the lock */
	uint32_t patching;   /* threads that may be putting them there */
	uint32_t mends;      /* faults that were to heal by themselves */

	uint32_t unchecked; /* debug builds: calls since the checker walked */

	/* tokens; under the store's lock but for `released` */
	pm_token *chunks[PM_TOKEN_CHUNKS];
	uint32_t token_high, token_free, tokens;
	uint32_t draining; /* taken off `released`, not ended yet */
	uint32_t released; /* stack of tokens whose deallocator has run: pushed without a lock by any thread */

	/* ids are drawn from here */
	uint64_t random[4];

	/* the stores that this process opened on it; under the registry's mutex */
	struct plasmid_store *stores;
	uint32_t store_count;
	uint32_t store_indexes;

	uint32_t spin_ns; /* for how long a thread that blocks spins first; see await.c */

	/* what the helper shall map ahead of a reader; see pm_map_ahead */
	uint64_t ahead_at, ahead_bytes;

	/* the helper thread */
	pthread_t helper;
	bool helper_runs;
	bool (*let_go)(struct pm_client *client);   /* lets go of the segment if nothing is held; set by whoever opens */
	void (*end_late)(struct pm_client *client); /* ends what a close left for want of the lock; likewise */
	uint32_t late;                              /* there is such a store */
	uint32_t tidying;                           /* the helper was asked to have the spill files looked after */
	struct pm_porter *porter; /* the thread that waits for the disk, once there was something to wait for */
	uint32_t stop;
	uint32_t closing;  /* no store is left; leases are: the deallocator nudges the helper */
	uint32_t nudges;   /* futex of this process */
	uint64_t bell_key; /* as in our record, which may be cut off */
} pm_client;

#define PM_STASH_SIZES 8u  /* objects of 1 to so many granules */
#define PM_STASH_SLOTS 32u /* entries that one hold of the lock takes */

/* Entries of one size that wait for a put; see stash.h. */
typedef struct pm_stash {
	uint32_t count, puts;
	uint32_t tokens[PM_STASH_SLOTS];
} pm_stash;

#define PM_MISSED 1024u /* gets that a store remembers until it has the lock */

/* An object that was used when the lock was another's. */
typedef struct pm_use {
	uint32_t slot, version;
} pm_use;

/* One who is told what happens; see subscribe.c. */
typedef struct pm_subscription {
	bool open;
	uint32_t token; /* counts as one of the client's, so that it does not part before this has ended */
	uint32_t kinds; /* bits of enum plasmid_event_kind */
	uint32_t walk;  /* the next slot to look at for what exists; 0: done */
	uint64_t cell;  /* of the next record, which has this number if it is not overwritten */
	uint64_t number;
} pm_subscription;

struct plasmid_store {
	pm_client *client;
	struct plasmid_store *next;
	pthread_t owner;
	uint32_t index;
	uint32_t closed;
	bool late;       /* closed, but its tokens have not ended: the lock was not to be had */
	bool kept;       /* its exchange outlives it */
	bool bell_given; /* the loop owns it */
	int bell;        /* the loop reads it */
	uint64_t bell_name;
	uint32_t armed; /* the loop waits for something */
	uint32_t poked; /* a byte is on its way */
	uint32_t events;
	uint32_t told;      /* that the store was destroyed */
	uint32_t room_seen; /* our wake word, as it was before room was looked for last */
	uint32_t collected; /* what of superblock.collect this store's thread has answered: its own alone */
	plasmid_exchange *exchange;
	void *rows;
	uint64_t rows_bytes;
	void *reference_rows;
	uint64_t reference_rows_bytes;
	pm_stash stashes[PM_STASH_SIZES];
	pm_subscription *subscriptions; /* under the lock */
	uint32_t subscription_count;
	uint32_t missed_count;
	pm_use missed[PM_MISSED]; /* in the order of use */
};

static inline pm_entry *pm_entry_at(const pm_client *client, uint32_t slot) {
	return &client->entries[slot];
}
/* The entry that a link names, under the lock. */
static inline pm_entry *pm_entry_linked(const pm_client *client, uint32_t slot) {
	PM_MUST(slot != 0 && slot <= client->plan.max_objects);
	return pm_entry_at(client, slot);
}
/* How many slots were ever used. */
static inline uint32_t pm_slots_used(const pm_client *client) {
	uint32_t used = client->super->entries_used;
	PM_MUST(used <= client->super->entries_reserved && used <= client->plan.max_objects);
	return used;
}
/* The record of whoever made the object with this word. */
static inline pm_client_record *pm_creator_of(const pm_client *client, uint64_t word) {
	PM_MUST(pm_word_creator(word) - 1 < client->plan.max_clients);
	return &client->records[pm_word_creator(word) - 1];
}
static inline uint64_t *pm_leases_at(const pm_client *client, uint32_t slot) {
	return client->holds + (uint64_t)slot * 2 * client->plan.hold_words;
}
static inline uint64_t *pm_handles_at(const pm_client *client, uint32_t slot) {
	return pm_leases_at(client, slot) + client->plan.hold_words;
}
static inline pm_token *pm_token_at(const pm_client *client, uint32_t token) {
	return &client->chunks[token / PM_TOKEN_CHUNK][token % PM_TOKEN_CHUNK];
}
/* Granules of the whole heap. */
static inline uint32_t pm_heap_granules(const pm_client *client) {
	return (uint32_t)(client->plan.capacity / PM_GRANULE);
}
/* Is the object larger than the whole heap? Then its payload is in a file of its own, in whatever state it is: see spill/oversize.h. */
static inline bool pm_oversize(const pm_client *client, const pm_entry *entry) {
	return __builtin_expect(client->places != NULL, 0) && pm_load_relaxed(&entry->granules) > pm_heap_granules(client);
}
/* What the core reads under the lock: never the pages of window.h that show something else. */
static inline const uint8_t *pm_payload(const pm_client *client, const pm_entry *entry) {
	return client->heap_writable + (uint64_t)entry->start * PM_GRANULE;
}
static inline uint8_t *pm_payload_writable(const pm_client *client, const pm_entry *entry) {
	return client->heap_writable + (uint64_t)entry->start * PM_GRANULE;
}

/* References and name: behind the payload or, spilled, in an extent of their own. */
static inline uint8_t *pm_trailer(const pm_client *client, const pm_entry *entry) {
	uint64_t at = pm_references_at(pm_load_relaxed(&entry->bytes));
	uint64_t apart = client->places == NULL ? 0 : pm_load_relaxed(&client->places[entry - client->entries].trailer);
	if (__builtin_expect(apart != 0, 0))
		return client->heap_writable + (uint64_t)pm_span_start(apart) * PM_GRANULE + at % PM_GRANULE;
	return pm_payload_writable(client, entry) + at;
}

#endif
