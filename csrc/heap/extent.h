/* extent.h - tags of extents: what their links say, how their sizes are ordered, cutting one and joining two. Nobody but the heap
 * sees this. */
#ifndef PM_HEAP_EXTENT_H
#define PM_HEAP_EXTENT_H

#include <stdbool.h>

#include "crash.h"
#include "heap/heap.h"
#include "landing.h"

/* What the links of a node hold; the table is in heap.h. */
enum {
	KIND = 0,
	LEFT = 0,
	RIGHT = 1,
	UP = 2,
	NEXT = 3
};

/* Marks in link[KIND]. A node index there instead says: in a tree, and that is its left child. */
#define FIRST_MARK 0xfffffff0u
#define IS_SLOT 0xfffffff0u /* no extent */
#define IS_USED 0xfffffff1u
#define IS_TOP 0xfffffff2u
#define IS_DV 0xfffffff3u
#define IN_BIN 0xfffffff4u
#define IN_RING 0xfffffff5u

#define ANCHOR 0u /* its next is the first extent; it counts as used; its UP and NEXT are scratch */
#define TOP 1u

#define SMALL_MOST (PM_HEAP_SMALL_BINS - 1u) /* granules that need not hold a whole page */
#define KEY_LEAST 128u                       /* the least key of an extent with a core */
#define KEY_MOST 0x1ffffffffull

static inline uint32_t pages_in(const pm_extent *extent) {
	uint64_t first = ((uint64_t)extent->start + PM_HEAP_PAGE - 1) / PM_HEAP_PAGE;
	uint64_t end = ((uint64_t)extent->start + extent->size) / PM_HEAP_PAGE;
	return end > first ? (uint32_t)(end - first) : 0;
}

/* key = size + 64 * pages = 128 * pages + (size - 64 * pages), and the bracket is at most 126: so keys
 * order extents by pages, then by granules, and the least key >= 128 * p belongs to the best extent for
 * p pages. */
static inline uint64_t key_of(const pm_extent *extent) {
	return extent->size + (uint64_t)PM_HEAP_PAGE * pages_in(extent);
}

static inline uint32_t octave_of(uint64_t key) {
	return 63u - (uint32_t)__builtin_clzll(key);
}

/* Whole pages of an extent that starts somewhere, so that the request fits for certain. */
static inline uint32_t pages_for(uint32_t size) {
	return (uint32_t)(((uint64_t)size + PM_HEAP_PAGE - 1) / PM_HEAP_PAGE);
}

static inline uint32_t lead_of(const pm_extent *extent, uint32_t align) {
	return -extent->start & (align - 1);
}

static inline bool fits(const pm_extent *extent, uint32_t size, uint32_t align) {
	return (uint64_t)lead_of(extent, align) + size <= extent->size;
}

static inline bool is_free(const pm_extent *nodes, uint32_t node) {
	return nodes[node].link[KIND] != IS_USED;
}

/* ---- what a turned bit would lead astray -------------------------------------------------------- */

/* A node that a link names. */
static inline uint32_t known(const pm_heap *heap, uint32_t node) {
	PM_MUST(node < heap->node_high);
	return node;
}

/* The extent stands between its two neighbours, and they say so. */
static inline void must_fit(const pm_heap *heap, const pm_extent *nodes, uint32_t node) {
	const pm_extent *extent = &nodes[node], *previous = &nodes[known(heap, extent->prev)];
	uint32_t end = extent->prev == ANCHOR ? 0 : previous->start + previous->size;
	PM_MUST(previous->next == node && end == extent->start);
	if (node == TOP) {
		PM_MUST((uint64_t)extent->start + extent->size == heap->limit);
		return;
	}
	const pm_extent *next = &nodes[known(heap, extent->next)];
	PM_MUST(next->prev == node && extent->start + extent->size == next->start);
}

/* ---- slots of the side table -------------------------------------------------------------------- */

static inline uint32_t slot_take(pm_heap *heap, pm_extent *nodes) {
	uint32_t slot = heap->node_free;
	PM_ASSERT(heap->spare > 0);
	heap->spare--;
	if (slot) {
		PM_MUST(nodes[known(heap, slot)].link[KIND] == IS_SLOT);
		heap->node_free = nodes[slot].link[NEXT];
		return slot;
	}
	PM_MUST(heap->node_high < heap->node_reserved);
	return heap->node_high++;
}

static inline void slot_return(pm_heap *heap, pm_extent *nodes, uint32_t slot) {
	PM_ASSERT(slot > TOP && slot < heap->node_high);
	nodes[slot].link[KIND] = IS_SLOT;
	nodes[slot].link[NEXT] = heap->node_free;
	heap->node_free = slot;
	heap->spare++;
}

/* ---- cutting and joining ------------------------------------------------------------------------ */

/* Makes the first size granules of a free extent an extent of their own; the node keeps the rest. */
static inline uint32_t cut_front(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size) {
	must_fit(heap, nodes, node);
	PM_MUST(size > 0 && size <= nodes[node].size);
	uint32_t slot = slot_take(heap, nodes), previous = nodes[node].prev;
	nodes[slot].start = nodes[node].start;
	nodes[slot].size = size;
	nodes[slot].prev = previous;
	nodes[slot].next = node;
	nodes[previous].next = slot;
	nodes[node].prev = slot;
	nodes[node].start += size;
	nodes[node].size -= size;
	return slot;
}

/* The same at the other end. */
static inline uint32_t cut_back(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size) {
	must_fit(heap, nodes, node);
	PM_MUST(size > 0 && size < nodes[node].size && nodes[node].next != 0);
	uint32_t slot = slot_take(heap, nodes), next = nodes[node].next;
	nodes[node].size -= size;
	nodes[slot].start = nodes[node].start + nodes[node].size;
	nodes[slot].size = size;
	nodes[slot].prev = node;
	nodes[slot].next = next;
	nodes[next].prev = slot;
	nodes[node].next = slot;
	return slot;
}

/* Joins the extent after node to it and returns its slot. */
static inline void swallow_next(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t next = known(heap, nodes[node].next), after = known(heap, nodes[next].next);
	PM_MUST(next > TOP && nodes[next].prev == node && nodes[node].start + nodes[node].size == nodes[next].start);
	nodes[node].size += nodes[next].size;
	nodes[node].next = after;
	nodes[after].prev = node;
	slot_return(heap, nodes, next);
}

/* Joins the extent before node to it and returns its slot. */
static inline void swallow_previous(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t previous = known(heap, nodes[node].prev), before = known(heap, nodes[previous].prev);
	PM_MUST(previous > TOP && nodes[previous].next == node &&
	        nodes[previous].start + nodes[previous].size == nodes[node].start);
	nodes[node].start = nodes[previous].start;
	nodes[node].size += nodes[previous].size;
	nodes[node].prev = before;
	nodes[before].next = node;
	slot_return(heap, nodes, previous);
}

static inline uint32_t mark_used(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size;
	must_fit(heap, nodes, node);
	nodes[node].link[KIND] = IS_USED;
	PM_EXTENT_OWNER(nodes[node]) = 0;
	heap->used += size;
	heap->free -= size;
	heap->used_count++;
	PM_ASSERT(heap->used + heap->free == heap->limit);
	return node;
}

#endif
