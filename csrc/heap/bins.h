/* bins.h - where free extents wait: lists of those without a core, tries of those with one, and the victim. */
#ifndef PM_HEAP_BINS_H
#define PM_HEAP_BINS_H

#include "heap/trie.h"

static inline void bin_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size, next = heap->small[size];
	PM_ASSERT(size > 0 && size <= SMALL_MOST);
	nodes[node].link[KIND] = IN_BIN;
	nodes[node].link[UP] = 0;
	nodes[node].link[NEXT] = next;
	nodes[known(heap, next)].link[UP] = node; /* the anchor's is scratch */
	heap->small[size] = node;
	heap->small_map[size / 64] |= 1ull << size % 64;
}

static inline void bin_remove(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size, next = known(heap, nodes[node].link[NEXT]), previous = nodes[node].link[UP];
	PM_MUST(nodes[node].link[KIND] == IN_BIN && size > 0 && size <= SMALL_MOST);
	nodes[next].link[UP] = previous;
	if (previous) {
		PM_MUST(nodes[known(heap, previous)].link[NEXT] == node);
		nodes[previous].link[NEXT] = next;
		return;
	}
	PM_MUST(heap->small[size] == node);
	heap->small[size] = next;
	if (!next)
		heap->small_map[size / 64] &= ~(1ull << size % 64);
}

static inline void free_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	heap->free_count++;
	if (pages_in(&nodes[node]))
		pm_trie_insert(heap, nodes, node);
	else
		bin_insert(heap, nodes, node);
}

/* Off its bin, or no victim any more: the node belongs to nothing then but the address list. */
static inline void free_remove(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t kind = nodes[node].link[KIND];
	heap->free_count--;
	if (kind == IN_BIN)
		bin_remove(heap, nodes, node);
	else if (kind == IN_RING)
		ring_remove(heap, nodes, node);
	else if (kind == IS_DV)
		heap->dv = 0;
	else
		pm_trie_remove(heap, nodes, node);
}

/* The free extent that is best for the request, the top aside; 0 = none fits. */
uint32_t pm_bins_best(const pm_heap *heap, const pm_extent *nodes, uint32_t size, uint32_t align);

#endif
