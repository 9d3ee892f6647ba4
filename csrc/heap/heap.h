/* heap.h: which granules of a store are used, which are free, and which to hand out next.
 *
 * Glossary
 *   granule   64 bytes, the unit of every size and position here
 *   page      64 granules (4096 bytes)
 *   extent    a run of granules that is wholly used or wholly free
 *   node      an extent's tag: a slot of the side table; payload memory is never read or written
 *   core      the whole pages inside a free extent; its lead and its tail are what lies before, after
 *   bin       a list of free extents without a core, one bin a size (a "small bin"), or
 *             a bitwise trie of free extents with one, two bins an octave (a "tree bin")
 *   dv        the designated victim: what was left of the extent last split for a small request;
 *             the next ones are cut from it, so that neighbours in time are neighbours in memory
 *   top       the free extent that ends at the limit; used last, so that warm memory is reused first
 *   limit     where committed memory ends; it may grow up to the maximum
 *
 * The algorithm is dlmalloc's. The order of "best" is: fewest whole pages, then fewest granules; so a
 * request for pages never breaks a longer run than it must, however ragged the edges of the runs are.
 *
 * All of this is derived state: pm_heap_rebuild makes it from the list of used extents alone, so a
 * process may die at any instruction in here. Nothing here locks: the caller holds the store's lock. */
#ifndef PM_HEAP_H
#define PM_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum {
	PM_HEAP_GRANULE = 64,       /* bytes */
	PM_HEAP_PAGE = 64,          /* granules */
	PM_HEAP_SMALL_BINS = 127,   /* an extent of 127 granules always holds a whole page */
	PM_HEAP_TREE_BINS = 52,     /* two an octave from key 2^7 to key 2^33 */
	PM_HEAP_NODES_AT_LEAST = 2, /* slot 0 is null and anchors the list, slot 1 is the top */
};

#define PM_HEAP_NEEDS_NODES UINT32_MAX

/* A tag of 32 bytes. Over the address list, from nodes[0].next to the top:
 *
 *   first.start == 0,  node.start + node.size == nodes[node.next].start,  top.start + top.size == limit
 *
 * and of two neighbours at most one is free (the top, always last, may be empty). What the links hold:
 *
 *              link[0]      link[1]       link[2]            link[3]
 *   used       a mark       the owner     -                  -
 *   in a bin   a mark       -             previous in bin    next in bin
 *   in a tree  left child   right child   parent             first of its ring
 *   in a ring  a mark       -             previous in ring   next in ring
 *   dv, top    a mark       -             -                  -
 *   no extent  a mark       -             -                  next free slot
 *
 * A ring is the list of extents whose place in the tree is taken by one of the same key. */
typedef struct pm_extent {
	uint32_t start;      /* granules from the heap's base */
	uint32_t size;       /* granules */
	uint32_t prev, next; /* address neighbours, 0 = none */
	uint32_t link[4];
} pm_extent;

_Static_assert(sizeof(pm_extent) == 32, "a node is half a cache line");

/* The caller's word of a used extent, kept until it is freed; 0 after allocation. */
#define PM_EXTENT_OWNER(node) ((node).link[1])

/* The fixed part, in the superblock.
 *
 *   used + free == limit <= maximum
 *   used_count + free_count + 1 (the top) + |free slots| == node_high - 1 < node_reserved
 *   spare == |free slots| + node_reserved - node_high
 *   small[k] != 0 <=> bit k of small_map,  tree[k] != 0 <=> bit k of tree_map
 *   {free extents} == {top} + {dv, if any} + {in small bins} + {in tree bins} */
typedef struct pm_heap {
	uint64_t small_map[2];
	uint64_t tree_map;
	uint32_t limit, maximum;         /* granules */
	uint32_t used, free;             /* granules, the top's included */
	uint32_t used_count, free_count; /* extents, without the top */
	uint32_t dv;                     /* node, 0 = none */
	uint32_t node_reserved;          /* slots that may be touched, slot 0 included */
	uint32_t node_high;              /* slots from here on were never used */
	uint32_t node_free;              /* the slot freed last, 0 = none */
	uint32_t spare;                  /* slots left for new nodes */
	uint32_t tree[PM_HEAP_TREE_BINS];
	uint32_t small[PM_HEAP_SMALL_BINS + 1]; /* small[k]: extents of k granules; small[0] is unused */
	uint32_t zero;                          /* fills the struct up to a multiple of 8 */
} pm_heap;

_Static_assert(sizeof(pm_heap) == 792, "the heap shares the superblock's page, and has no hidden padding");

/* An extent that the truth says is used; node is filled in by pm_heap_rebuild. */
typedef struct pm_used {
	uint32_t start, size, owner, node;
} pm_used;

/* An empty heap of limit granules. node_reserved is at least PM_HEAP_NODES_AT_LEAST. */
void pm_heap_init(pm_heap *heap, pm_extent *nodes, uint32_t node_reserved, uint32_t limit, uint32_t maximum);

/* More memory was committed: the top grows to new_limit (limit <= new_limit <= maximum). */
void pm_heap_grow(pm_heap *heap, pm_extent *nodes, uint32_t new_limit);

/* The limit the heap has to grow to so that the request fits into the top; 0 = more than the maximum.
 * Not above the current limit if the request already fits there. */
uint32_t pm_heap_wanted_limit(const pm_heap *heap, const pm_extent *nodes, uint32_t size, uint32_t align);

/* Lowers the limit to the end of the last used extent + keep granules, rounded up to a page.
 * Returns the granules given back: [limit, limit + returned) may now be decommitted. */
uint32_t pm_heap_trim(pm_heap *heap, pm_extent *nodes, uint32_t keep);

/* More slots of the side table may be touched. */
void pm_heap_reserve_nodes(pm_heap *heap, uint32_t node_reserved);

/* Takes size granules (> 0) at a multiple of align (1 or PM_HEAP_PAGE; with the latter size is whole pages).
 * Returns the node, 0 if no free extent fits, or PM_HEAP_NEEDS_NODES if fewer than 3 slots are spare. */
uint32_t pm_heap_allocate(pm_heap *heap, pm_extent *nodes, uint32_t size, uint32_t align);

/* Gives a used extent back and joins it with its free neighbours. */
void pm_heap_free(pm_heap *heap, pm_extent *nodes, uint32_t node);

/* Gives back a used extent's granules behind its first `size` of more. Needs one spare slot. */
void pm_heap_shrink(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size);

/* Granules of the top's committed part. */
uint32_t pm_heap_top(const pm_extent *nodes);

/* The largest free extent in granules, the top's committed part included. */
uint32_t pm_heap_largest(const pm_heap *heap, const pm_extent *nodes);

/* Makes the heap anew from the used extents, sorted by start and disjoint; trusts nothing of what heap
 * and nodes held before. Returns count when all went well; else nothing was written but used[].node
 * and it is the index of the first extent that is empty, out of order, overlapping or past the limit
 * (take it out and call again), or PM_HEAP_NEEDS_NODES (reserve more slots; 2 * count + 2 are always
 * enough, and so is what an earlier heap of these extents had). */
uint32_t pm_heap_rebuild(pm_heap *heap, pm_extent *nodes, uint32_t node_reserved, uint32_t limit, uint32_t maximum,
                         pm_used *used, uint32_t count);

/* Derives every invariant above again. NULL, or what is wrong (*where, if given: at which node).
 * Reads no slot at or past node_mapped, whatever heap and nodes hold: safe on garbage. */
const char *pm_heap_check(const pm_heap *heap, const pm_extent *nodes, uint32_t node_mapped, uint32_t *where);

#endif
