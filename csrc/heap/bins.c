#include "heap/bins.h"

/* The first of a bin that the map says is not empty. */
static inline uint32_t binned(const pm_heap *heap, uint32_t size) {
	PM_MUST(heap->small[size] != 0);
	return known(heap, heap->small[size]);
}

static inline uint32_t small_at_least(const pm_heap *heap, uint32_t size) {
	uint64_t word = size / 64 == 0 ? heap->small_map[0] & (~0ull << size % 64) : 0;
	if (word)
		return binned(heap, (uint32_t)__builtin_ctzll(word));
	if (size > SMALL_MOST)
		return 0;
	word = heap->small_map[1] & (size < 64 ? ~0ull : ~0ull << size % 64);
	return word ? binned(heap, 64 + (uint32_t)__builtin_ctzll(word)) : 0;
}

/* The best extent of the bins for size granules anywhere. One of p pages has at most 64 * p + 126 granules: so begin
 * at the fewest pages that can hold size, and when the best key there belongs to an extent too short, go on from its
 * pages. The last step is at pages_for(size), after at most three. */
static uint32_t best_anywhere(const pm_heap *heap, const pm_extent *nodes, uint32_t size) {
	uint32_t node = small_at_least(heap, size);
	if (node || !heap->tree_map)
		return node;
	uint64_t pages = size > SMALL_MOST ? pages_for(size - SMALL_MOST) : 1, wanted;
	PM_ASSERT(pages > 0);
	for (;;) {
		wanted = PM_HEAP_PAGE * pages + size;
		if (wanted < 2 * PM_HEAP_PAGE * pages)
			wanted = 2 * PM_HEAP_PAGE * pages;
		node = pm_trie_at_least(heap, nodes, wanted);
		if (!node || nodes[node].size >= size)
			return node;
		PM_MUST(pages_in(&nodes[node]) > pages);
		pages = pages_in(&nodes[node]);
	}
}

uint32_t pm_bins_best(const pm_heap *heap, const pm_extent *nodes, uint32_t size, uint32_t align) {
	uint32_t node = align == 1 ? best_anywhere(heap, nodes, size) : pm_trie_at_least(heap, nodes, 2 * (uint64_t)size),
					 dv = known(heap, heap->dv);
	PM_MUST(!node || fits(&nodes[node], size, align));
	if (dv && fits(&nodes[dv], size, align) && (!node || key_of(&nodes[dv]) <= key_of(&nodes[node])))
		node = dv;
	/* Of its ring the latest to come is the warmest, and leaves the tree alone when it goes. */
	if (node && nodes[node].link[KIND] < FIRST_MARK && nodes[node].link[NEXT])
		node = known(heap, nodes[node].link[NEXT]);
	return node;
}
