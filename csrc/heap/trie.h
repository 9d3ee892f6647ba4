/* trie.h - free extents with a core, by key: bitwise tries, two an octave.
 *
 * A node d steps below the root of its trie agrees with all nodes below it in the first d steering bits, and stands on the side that
 * its next bit names. It need not be less or greater than they are. */
#ifndef PM_HEAP_TRIE_H
#define PM_HEAP_TRIE_H

#include "heap/extent.h"

/* Two bins an octave: the two highest bits of the key choose the bin, the bits below steer in its trie. */
static inline uint32_t tree_bin_of(uint64_t key) {
	uint32_t octave = octave_of(key);
	PM_MUST(key >= KEY_LEAST && key <= KEY_MOST);
	return (octave - 7) * 2 + (uint32_t)(key >> (octave - 1) & 1);
}

/* Steps down a trie: one steers by at most 33 bits. */
#define DEEPEST 34u

/* A node below another, or 0. */
static inline uint32_t child_of(const pm_heap *heap, const pm_extent *nodes, uint32_t node, uint32_t side) {
	uint32_t child = known(heap, nodes[node].link[side]);
	PM_MUST(child == 0 || (nodes[child].link[KIND] < FIRST_MARK && nodes[child].link[UP] == node));
	return child;
}

/* The steering bits, the first in bit 63. */
static inline uint64_t steer_of(uint64_t key) {
	return key << (65 - octave_of(key));
}

static inline void ring_remove(const pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t next = known(heap, nodes[node].link[NEXT]), previous = known(heap, nodes[node].link[UP]);
	PM_MUST(nodes[previous].link[NEXT] == node);
	nodes[previous].link[NEXT] = next;
	nodes[next].link[UP] = previous;
}

void pm_trie_insert(pm_heap *heap, pm_extent *nodes, uint32_t node);

/* One that is in no ring; of its ring the first takes its place. */
void pm_trie_remove(pm_heap *heap, pm_extent *nodes, uint32_t node);

/* The node of the least key that is at least the one wanted; 0 = none. */
uint32_t pm_trie_at_least(const pm_heap *heap, const pm_extent *nodes, uint64_t wanted);

/* The node of the greatest key that is at most the one given; 0 = none. */
uint32_t pm_trie_at_most(const pm_heap *heap, const pm_extent *nodes, uint64_t given);

#endif
