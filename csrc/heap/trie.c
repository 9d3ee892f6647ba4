#include "heap/trie.h"

static inline void ring_insert(const pm_heap *heap, pm_extent *nodes, uint32_t holder, uint32_t node) {
	uint32_t next = known(heap, nodes[holder].link[NEXT]);
	nodes[node].link[KIND] = IN_RING;
	nodes[node].link[UP] = holder;
	nodes[node].link[NEXT] = next;
	nodes[next].link[UP] = node;
	nodes[holder].link[NEXT] = node;
}

/* The root of a bin's trie, or 0. */
static inline uint32_t root_of(const pm_heap *heap, const pm_extent *nodes, uint32_t bin) {
	uint32_t root = known(heap, heap->tree[bin]);
	PM_MUST(root == 0 || (nodes[root].link[KIND] < FIRST_MARK && nodes[root].link[UP] == 0));
	return root;
}

/* The root of a bin that the map says is not empty. */
static inline uint32_t filled(const pm_heap *heap, const pm_extent *nodes, uint32_t bin) {
	PM_MUST(bin < PM_HEAP_TREE_BINS && heap->tree[bin] != 0);
	return root_of(heap, nodes, bin);
}

void pm_trie_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint64_t key = key_of(&nodes[node]), steer = steer_of(key);
	uint32_t bin = tree_bin_of(key), at = root_of(heap, nodes, bin), side, depth = 0;
	nodes[node].link[LEFT] = nodes[node].link[RIGHT] = nodes[node].link[UP] = nodes[node].link[NEXT] = 0;
	if (!at) {
		heap->tree[bin] = node;
		heap->tree_map |= 1ull << bin;
		return;
	}
	while (key_of(&nodes[at]) != key) {
		PM_MUST(depth++ < DEEPEST);
		side = (uint32_t)(steer >> 63);
		steer <<= 1;
		if (!nodes[at].link[side]) {
			nodes[at].link[side] = node;
			nodes[node].link[UP] = at;
			return;
		}
		at = child_of(heap, nodes, at, side);
	}
	ring_insert(heap, nodes, at, node);
}

/* Takes some leaf below node off the tree and returns it; 0 if node is a leaf itself. */
static uint32_t leaf_remove(const pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t leaf = node, up = 0, side = 0, *link = nodes[leaf].link;
	for (uint32_t depth = 0; (link[LEFT] | link[RIGHT]) != 0; depth++) {
		PM_MUST(depth < DEEPEST);
		side = link[RIGHT] ? RIGHT : LEFT;
		up = leaf;
		leaf = child_of(heap, nodes, leaf, side);
		link = nodes[leaf].link;
	}
	if (!up)
		return 0;
	nodes[up].link[side] = 0;
	return leaf;
}

void pm_trie_remove(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t *link = nodes[node].link, heir = known(heap, link[NEXT]), bin = tree_bin_of(key_of(&nodes[node]));
	PM_MUST(link[KIND] < FIRST_MARK);
	PM_MUST(link[UP] != 0 || heap->tree[bin] == node);
	PM_MUST(heir == 0 || (nodes[heir].link[KIND] == IN_RING && nodes[heir].link[UP] == node));
	/* Of the same key there may be another; else any leaf may stand in, for it shares this place's prefix. */
	if (!heir)
		heir = leaf_remove(heap, nodes, node);
	if (heir) {
		nodes[heir].link[LEFT] = child_of(heap, nodes, node, LEFT);
		nodes[heir].link[RIGHT] = child_of(heap, nodes, node, RIGHT);
		nodes[heir].link[UP] = link[UP];
		if (link[LEFT])
			nodes[link[LEFT]].link[UP] = heir;
		if (link[RIGHT])
			nodes[link[RIGHT]].link[UP] = heir;
	}
	if (link[UP]) {
		uint32_t *up = nodes[known(heap, link[UP])].link;
		PM_MUST(up[LEFT] == node || up[RIGHT] == node);
		up[up[LEFT] == node ? LEFT : RIGHT] = heir;
		return;
	}
	heap->tree[bin] = heir;
	if (!heir)
		heap->tree_map &= ~(1ull << bin);
}

/* The node of the least key in a trie. */
static uint32_t trie_least(const pm_heap *heap, const pm_extent *nodes, uint32_t at) {
	uint32_t best = at;
	uint64_t best_key = key_of(&nodes[at]), key;
	for (uint32_t depth = 0;; depth++) {
		PM_MUST(depth <= DEEPEST);
		at = child_of(heap, nodes, at, nodes[at].link[LEFT] ? LEFT : RIGHT);
		if (!at)
			return best;
		key = key_of(&nodes[at]);
		if (key < best_key)
			best = at, best_key = key;
	}
}

/* The node of the greatest key in a trie. */
static uint32_t trie_most(const pm_heap *heap, const pm_extent *nodes, uint32_t at) {
	uint32_t best = at;
	uint64_t best_key = key_of(&nodes[at]), key;
	for (uint32_t depth = 0;; depth++) {
		PM_MUST(depth <= DEEPEST);
		at = child_of(heap, nodes, at, nodes[at].link[RIGHT] ? RIGHT : LEFT);
		if (!at)
			return best;
		key = key_of(&nodes[at]);
		if (key > best_key)
			best = at, best_key = key;
	}
}

/* Along the path that the wanted key steers, every right side not taken holds greater keys only; the deepest of them holds the
 * least. */
uint32_t pm_trie_at_least(const pm_heap *heap, const pm_extent *nodes, uint64_t wanted) {
	if (wanted > KEY_MOST)
		return 0;
	uint32_t bin = tree_bin_of(wanted), at = root_of(heap, nodes, bin), best = 0, beside = 0, depth = 0;
	uint64_t steer = steer_of(wanted), best_key = UINT64_MAX, key;
	for (; at; steer <<= 1) {
		PM_MUST(depth++ <= DEEPEST);
		key = key_of(&nodes[at]);
		if (key == wanted)
			return at;
		if (key > wanted && key < best_key)
			best = at, best_key = key;
		if (steer >> 63) {
			at = child_of(heap, nodes, at, RIGHT);
		} else {
			if (nodes[at].link[RIGHT])
				beside = child_of(heap, nodes, at, RIGHT);
			at = child_of(heap, nodes, at, LEFT);
		}
	}
	if (beside) {
		beside = trie_least(heap, nodes, beside);
		if (key_of(&nodes[beside]) < best_key)
			best = beside;
	}
	if (best)
		return best;
	uint64_t above = heap->tree_map & (~1ull << bin);
	return above ? trie_least(heap, nodes, filled(heap, nodes, (uint32_t)__builtin_ctzll(above))) : 0;
}

/* The mirror image of the above. */
uint32_t pm_trie_at_most(const pm_heap *heap, const pm_extent *nodes, uint64_t given) {
	if (given < KEY_LEAST)
		return 0;
	uint32_t bin = tree_bin_of(given), at = root_of(heap, nodes, bin), best = 0, beside = 0, depth = 0;
	uint64_t steer = steer_of(given), best_key = 0, key;
	for (; at; steer <<= 1) {
		PM_MUST(depth++ <= DEEPEST);
		key = key_of(&nodes[at]);
		if (key == given)
			return at;
		if (key < given && key > best_key)
			best = at, best_key = key;
		if (!(steer >> 63)) {
			at = child_of(heap, nodes, at, LEFT);
		} else {
			if (nodes[at].link[LEFT])
				beside = child_of(heap, nodes, at, LEFT);
			at = child_of(heap, nodes, at, RIGHT);
		}
	}
	if (beside) {
		beside = trie_most(heap, nodes, beside);
		if (key_of(&nodes[beside]) > best_key)
			best = beside;
	}
	if (best)
		return best;
	uint64_t below = heap->tree_map & ((1ull << bin) - 1);
	return below ? trie_most(heap, nodes, filled(heap, nodes, octave_of(below))) : 0;
}
