/* limit.c - how much there is: committed memory, tags, the largest free extent. */
#include "heap/bins.h"

void pm_heap_grow(pm_heap *heap, pm_extent *nodes, uint32_t new_limit) {
	uint32_t more = new_limit - heap->limit;
	PM_MUST(new_limit >= heap->limit && new_limit <= heap->maximum);
	must_fit(heap, nodes, TOP);
	nodes[TOP].size += more;
	heap->free += more;
	heap->limit = new_limit;
	PM_ASSERT(nodes[TOP].start + nodes[TOP].size == heap->limit);
}

uint32_t pm_heap_wanted_limit(const pm_heap *heap, const pm_extent *nodes, uint32_t size, uint32_t align) {
	uint64_t end = (uint64_t)nodes[TOP].start + lead_of(&nodes[TOP], align) + size;
	PM_ASSERT(size > 0 && (align == 1 || align == PM_HEAP_PAGE));
	return end <= heap->maximum ? (uint32_t)end : 0;
}

uint32_t pm_heap_trim(pm_heap *heap, pm_extent *nodes, uint32_t keep) {
	must_fit(heap, nodes, TOP);
	uint64_t wanted = (uint64_t)nodes[TOP].start + keep;
	wanted = (wanted + PM_HEAP_PAGE - 1) / PM_HEAP_PAGE * PM_HEAP_PAGE;
	if (wanted >= heap->limit)
		return 0;
	uint32_t less = heap->limit - (uint32_t)wanted;
	PM_MUST(less <= nodes[TOP].size);
	nodes[TOP].size -= less;
	heap->free -= less;
	heap->limit -= less;
	return less;
}

void pm_heap_reserve_nodes(pm_heap *heap, uint32_t node_reserved) {
	PM_ASSERT(node_reserved >= heap->node_reserved && node_reserved <= FIRST_MARK);
	heap->spare += node_reserved - heap->node_reserved;
	heap->node_reserved = node_reserved;
}

uint32_t pm_heap_top(const pm_extent *nodes) {
	return nodes[TOP].size;
}

uint32_t pm_heap_largest(const pm_heap *heap, const pm_extent *nodes) {
	uint32_t most = nodes[TOP].size, node;
	if (heap->dv && nodes[known(heap, heap->dv)].size > most)
		most = nodes[heap->dv].size;
	node = pm_trie_at_most(heap, nodes, KEY_MOST);
	if (node) {
		if (nodes[node].size > most)
			most = nodes[node].size;
		/* One of a page less may be longer, by its ragged edges; one of two pages less can't. */
		node = pm_trie_at_most(heap, nodes, 2 * PM_HEAP_PAGE * (uint64_t)pages_in(&nodes[node]) - 1);
		if (node && nodes[node].size > most)
			most = nodes[node].size;
	}
	for (uint32_t word = 2; word-- > 0;) {
		if (!heap->small_map[word])
			continue;
		uint32_t size = 64 * word + octave_of(heap->small_map[word]);
		if (size > most)
			most = size;
		break;
	}
	return most;
}
