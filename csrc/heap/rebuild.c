/* rebuild.c - the heap from nothing, and from the truth. */
#include <string.h>

#include "heap/bins.h"

void pm_heap_init(pm_heap *heap, pm_extent *nodes, uint32_t node_reserved, uint32_t limit, uint32_t maximum) {
	PM_ASSERT(node_reserved >= PM_HEAP_NODES_AT_LEAST && node_reserved <= FIRST_MARK);
	PM_ASSERT(limit <= maximum);
	memset(heap, 0, sizeof *heap);
	heap->limit = heap->free = limit;
	heap->maximum = maximum;
	heap->node_reserved = node_reserved;
	heap->node_high = TOP + 1;
	heap->spare = node_reserved - heap->node_high;
	nodes[ANCHOR] = (pm_extent){.next = TOP, .prev = TOP, .link = {IS_USED, 0, 0, 0}};
	nodes[TOP] = (pm_extent){.start = 0, .size = limit, .link = {IS_TOP, 0, 0, 0}};
}

/* The index of the first extent that can't be, or count; *gaps: how many free extents lie between. */
static uint32_t used_wrong(const pm_used *used, uint32_t count, uint32_t limit, uint32_t *gaps) {
	uint64_t end = 0;
	*gaps = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!used[i].size || used[i].start < end)
			return i;
		if (used[i].start > end)
			++*gaps;
		end = (uint64_t)used[i].start + used[i].size;
		if (end > limit)
			return i;
	}
	return count;
}

uint32_t pm_heap_rebuild(pm_heap *heap, pm_extent *nodes, uint32_t node_reserved, uint32_t limit, uint32_t maximum,
                         pm_used *used, uint32_t count) {
	uint32_t gaps, wrong = used_wrong(used, count, limit, &gaps), node;
	if (wrong < count)
		return wrong;
	if ((uint64_t)count + gaps + PM_HEAP_NODES_AT_LEAST > node_reserved)
		return PM_HEAP_NEEDS_NODES;
	pm_heap_init(heap, nodes, node_reserved, limit, maximum);
	for (uint32_t i = 0; i < count; i++) {
		/* All before the top is done; the gap before this extent, and then this one, are cut off its front. */
		uint32_t gap = used[i].start - nodes[TOP].start;
		if (gap)
			free_insert(heap, nodes, cut_front(heap, nodes, TOP, gap));
		node = mark_used(heap, nodes, cut_front(heap, nodes, TOP, used[i].size));
		PM_EXTENT_OWNER(nodes[node]) = used[i].owner;
		used[i].node = node;
	}
	PM_ASSERT(heap->node_high == count + gaps + PM_HEAP_NODES_AT_LEAST);
	return count;
}
