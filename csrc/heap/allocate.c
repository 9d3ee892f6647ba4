/* allocate.c - extents handed out and given back. */
#include "heap/bins.h"

/* Whether a small request costs fewer whole pages when it is cut from an extent's end: where the lead is too short
 * for it and the tail is less so. */
static inline bool better_from_back(const pm_extent *extent, uint32_t size) {
	uint32_t lead = -extent->start & (PM_HEAP_PAGE - 1);
	uint32_t tail = (extent->start + extent->size) & (PM_HEAP_PAGE - 1);
	if (!pages_in(extent))
		return false;
	return pages_for(size > tail ? size - tail : 0) < pages_for(size > lead ? size - lead : 0);
}

static void dv_become(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	if (heap->dv) {
		PM_MUST(nodes[known(heap, heap->dv)].link[KIND] == IS_DV);
		heap->free_count--;
		free_insert(heap, nodes, heap->dv);
	}
	nodes[node].link[KIND] = IS_DV;
	heap->dv = node;
	heap->free_count++;
}

/* Cuts the lead off an extent that is in no bin, so that it starts aligned. */
static inline void drop_lead(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t align) {
	uint32_t lead = lead_of(&nodes[node], align);
	if (lead)
		free_insert(heap, nodes, cut_front(heap, nodes, node, lead));
}

/* Cuts its tail off, so that it ends aligned. */
static inline void drop_tail(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t align) {
	uint32_t tail = (nodes[node].start + nodes[node].size) & (align - 1);
	if (tail)
		free_insert(heap, nodes, cut_back(heap, nodes, node, tail));
}

static inline uint32_t take_from_dv(pm_heap *heap, pm_extent *nodes, uint32_t size) {
	uint32_t node = heap->dv;
	PM_MUST(nodes[node].link[KIND] == IS_DV);
	if (nodes[node].size > size)
		return mark_used(heap, nodes, cut_front(heap, nodes, node, size));
	free_remove(heap, nodes, node);
	return mark_used(heap, nodes, node);
}

static uint32_t take_from_top(pm_heap *heap, pm_extent *nodes, uint32_t size, uint32_t align) {
	if (!fits(&nodes[TOP], size, align))
		return 0;
	drop_lead(heap, nodes, TOP, align);
	return mark_used(heap, nodes, cut_front(heap, nodes, TOP, size));
}

/* From which end: pages stand beside the larger neighbour, which leaves what is left beside the smaller (over 1,000
 * traces of perf/heap.c the mean occupancy rose from 0.925 to 0.928 at p = 0.45, from 0.888 to 0.898 at 0.48; beside
 * the smaller it fell to 0.921 and 0.878). */
static inline bool from_back(const pm_extent *nodes, uint32_t node, uint32_t size, uint32_t align) {
	if (align == 1)
		return better_from_back(&nodes[node], size);
	return nodes[nodes[node].next].size > nodes[nodes[node].prev].size;
}

/* What is left over becomes the victim of the next small requests, if this is one, and else goes to a bin. */
static uint32_t take_from_bin(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size, uint32_t align) {
	uint32_t rest = node;
	bool back = from_back(nodes, node, size, align);
	PM_MUST(fits(&nodes[node], size, align));
	must_fit(heap, nodes, node);
	free_remove(heap, nodes, node);
	if (back)
		drop_tail(heap, nodes, node, align);
	else
		drop_lead(heap, nodes, node, align);
	if (nodes[node].size == size)
		return mark_used(heap, nodes, node);
	node = back ? cut_back(heap, nodes, rest, size) : cut_front(heap, nodes, rest, size);
	if (align == 1 && size <= SMALL_MOST)
		dv_become(heap, nodes, rest);
	else
		free_insert(heap, nodes, rest);
	return mark_used(heap, nodes, node);
}

uint32_t pm_heap_allocate(pm_heap *heap, pm_extent *nodes, uint32_t size, uint32_t align) {
	uint32_t node;
	PM_ASSERT(size > 0 && (align == 1 || align == PM_HEAP_PAGE));
	PM_ASSERT(size % align == 0);
	if (heap->spare < 3)
		return PM_HEAP_NEEDS_NODES;
	if (align == 1 && size <= SMALL_MOST) {
		node = known(heap, heap->small[size]);
		if (node) {
			PM_MUST(nodes[node].size == size);
			heap->free_count--;
			bin_remove(heap, nodes, node);
			return mark_used(heap, nodes, node);
		}
		if (heap->dv && nodes[known(heap, heap->dv)].size >= size)
			return take_from_dv(heap, nodes, size);
	}
	node = pm_bins_best(heap, nodes, size, align);
	if (node)
		return take_from_bin(heap, nodes, node, size, align);
	return take_from_top(heap, nodes, size, align);
}

void pm_heap_free(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	PM_MUST(node > TOP && node < heap->node_high && nodes[node].link[KIND] == IS_USED);
	must_fit(heap, nodes, node);
	uint32_t size = nodes[node].size, previous = nodes[node].prev, next = nodes[node].next;
	heap->used -= size;
	heap->free += size;
	heap->used_count--;
	/* The top and the victim keep their slots and grow; elsewhere this extent's slot stays. */
	if (next == TOP || (next == heap->dv && next)) {
		swallow_previous(heap, nodes, next);
		if (!is_free(nodes, previous))
			return;
		free_remove(heap, nodes, previous);
		swallow_previous(heap, nodes, next);
		return;
	}
	if (is_free(nodes, next)) {
		free_remove(heap, nodes, next);
		swallow_next(heap, nodes, node);
	}
	if (previous == heap->dv && previous) {
		swallow_next(heap, nodes, previous);
		return;
	}
	if (is_free(nodes, previous)) {
		free_remove(heap, nodes, previous);
		swallow_previous(heap, nodes, node);
	}
	free_insert(heap, nodes, node);
}

void pm_heap_shrink(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size) {
	uint32_t rest = cut_back(heap, nodes, node, nodes[node].size - size);
	nodes[rest].link[KIND] = IS_USED;
	heap->used_count++;
	pm_heap_free(heap, nodes, rest);
}
