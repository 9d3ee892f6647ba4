#include "heap.h"

#include <stdbool.h>
#include <string.h>

#include "crash.h"

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

/* ---- keys ---------------------------------------------------------------------------------------
 * key = size + 64 * pages = 128 * pages + (size - 64 * pages), and the bracket is at most 126: so keys
 * order extents by pages, then by granules, and the least key >= 128 * p belongs to the best extent for
 * p pages. */

static inline uint32_t pages_in(const pm_extent *extent) {
	uint64_t first = ((uint64_t)extent->start + PM_HEAP_PAGE - 1) / PM_HEAP_PAGE;
	uint64_t end = ((uint64_t)extent->start + extent->size) / PM_HEAP_PAGE;
	return end > first ? (uint32_t)(end - first) : 0;
}

static inline uint64_t key_of(const pm_extent *extent) {
	return extent->size + (uint64_t)PM_HEAP_PAGE * pages_in(extent);
}

static inline uint32_t octave_of(uint64_t key) {
	return 63u - (uint32_t)__builtin_clzll(key);
}

/* Two bins an octave: the two highest bits of the key choose the bin, the bits below steer in its trie. */
static inline uint32_t tree_bin_of(uint64_t key) {
	uint32_t octave = octave_of(key);
	PM_ASSERT(key >= KEY_LEAST && key <= KEY_MOST);
	return (octave - 7) * 2 + (uint32_t)(key >> (octave - 1) & 1);
}

/* The steering bits, the first in bit 63. */
static inline uint64_t steer_of(uint64_t key) {
	return key << (65 - octave_of(key));
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

/* ---- slots of the side table -------------------------------------------------------------------- */

static inline uint32_t slot_take(pm_heap *heap, pm_extent *nodes) {
	uint32_t slot = heap->node_free;
	PM_ASSERT(heap->spare > 0);
	heap->spare--;
	if (slot) {
		PM_ASSERT(nodes[slot].link[KIND] == IS_SLOT);
		heap->node_free = nodes[slot].link[NEXT];
		return slot;
	}
	PM_ASSERT(heap->node_high < heap->node_reserved);
	return heap->node_high++;
}

static inline void slot_return(pm_heap *heap, pm_extent *nodes, uint32_t slot) {
	PM_ASSERT(slot > TOP && slot < heap->node_high);
	nodes[slot].link[KIND] = IS_SLOT;
	nodes[slot].link[NEXT] = heap->node_free;
	heap->node_free = slot;
	heap->spare++;
}

/* ---- lists: small bins, and the rings of trees ---------------------------------------------------- */

static inline void bin_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size, next = heap->small[size];
	PM_ASSERT(size > 0 && size <= SMALL_MOST);
	nodes[node].link[KIND] = IN_BIN;
	nodes[node].link[UP] = 0;
	nodes[node].link[NEXT] = next;
	nodes[next].link[UP] = node; /* the anchor's is scratch */
	heap->small[size] = node;
	heap->small_map[size / 64] |= 1ull << size % 64;
}

static inline void bin_remove(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size, next = nodes[node].link[NEXT], previous = nodes[node].link[UP];
	PM_ASSERT(nodes[node].link[KIND] == IN_BIN);
	nodes[next].link[UP] = previous;
	if (previous) {
		nodes[previous].link[NEXT] = next;
		return;
	}
	PM_ASSERT(heap->small[size] == node);
	heap->small[size] = next;
	if (!next)
		heap->small_map[size / 64] &= ~(1ull << size % 64);
}

static inline void ring_insert(pm_extent *nodes, uint32_t holder, uint32_t node) {
	uint32_t next = nodes[holder].link[NEXT];
	nodes[node].link[KIND] = IN_RING;
	nodes[node].link[UP] = holder;
	nodes[node].link[NEXT] = next;
	nodes[next].link[UP] = node;
	nodes[holder].link[NEXT] = node;
}

static inline void ring_remove(pm_extent *nodes, uint32_t node) {
	uint32_t next = nodes[node].link[NEXT], previous = nodes[node].link[UP];
	PM_ASSERT(nodes[previous].link[NEXT] == node);
	nodes[previous].link[NEXT] = next;
	nodes[next].link[UP] = previous;
}

/* ---- tree bins ------------------------------------------------------------------------------------
 * A node d steps below the root of its trie agrees with all nodes below it in the first d steering bits,
 * and stands on the side that its next bit names. It need not be less or greater than they are. */

static void tree_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint64_t key = key_of(&nodes[node]), steer = steer_of(key);
	uint32_t bin = tree_bin_of(key), at = heap->tree[bin], side;
	nodes[node].link[LEFT] = nodes[node].link[RIGHT] = nodes[node].link[UP] = nodes[node].link[NEXT] = 0;
	if (!at) {
		heap->tree[bin] = node;
		heap->tree_map |= 1ull << bin;
		return;
	}
	while (key_of(&nodes[at]) != key) {
		side = (uint32_t)(steer >> 63);
		steer <<= 1;
		if (!nodes[at].link[side]) {
			nodes[at].link[side] = node;
			nodes[node].link[UP] = at;
			return;
		}
		at = nodes[at].link[side];
	}
	ring_insert(nodes, at, node);
}

/* Takes some leaf below node off the tree and returns it; 0 if node is a leaf itself. */
static uint32_t leaf_remove(pm_extent *nodes, uint32_t node) {
	uint32_t leaf = node, up = 0, side = 0, *link = nodes[leaf].link;
	while (link[LEFT] | link[RIGHT]) {
		side = link[RIGHT] ? RIGHT : LEFT;
		up = leaf;
		leaf = link[side];
		link = nodes[leaf].link;
	}
	if (!up)
		return 0;
	nodes[up].link[side] = 0;
	return leaf;
}

static void tree_remove(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t *link = nodes[node].link, heir = link[NEXT];
	PM_ASSERT(link[KIND] < FIRST_MARK);
	/* Of the same key there may be another; else any leaf may stand in, for it shares this place's prefix. */
	if (!heir)
		heir = leaf_remove(nodes, node);
	if (heir) {
		nodes[heir].link[LEFT] = link[LEFT];
		nodes[heir].link[RIGHT] = link[RIGHT];
		nodes[heir].link[UP] = link[UP];
		if (link[LEFT])
			nodes[link[LEFT]].link[UP] = heir;
		if (link[RIGHT])
			nodes[link[RIGHT]].link[UP] = heir;
	}
	if (link[UP]) {
		uint32_t *up = nodes[link[UP]].link;
		PM_ASSERT(up[LEFT] == node || up[RIGHT] == node);
		up[up[LEFT] == node ? LEFT : RIGHT] = heir;
		return;
	}
	uint32_t bin = tree_bin_of(key_of(&nodes[node]));
	PM_ASSERT(heap->tree[bin] == node);
	heap->tree[bin] = heir;
	if (!heir)
		heap->tree_map &= ~(1ull << bin);
}

/* The node of the least key in a trie. */
static uint32_t trie_least(const pm_extent *nodes, uint32_t at) {
	uint32_t best = at;
	uint64_t best_key = key_of(&nodes[at]), key;
	for (;;) {
		at = nodes[at].link[LEFT] ? nodes[at].link[LEFT] : nodes[at].link[RIGHT];
		if (!at)
			return best;
		key = key_of(&nodes[at]);
		if (key < best_key)
			best = at, best_key = key;
	}
}

/* The node of the greatest key in a trie. */
static uint32_t trie_most(const pm_extent *nodes, uint32_t at) {
	uint32_t best = at;
	uint64_t best_key = key_of(&nodes[at]), key;
	for (;;) {
		at = nodes[at].link[RIGHT] ? nodes[at].link[RIGHT] : nodes[at].link[LEFT];
		if (!at)
			return best;
		key = key_of(&nodes[at]);
		if (key > best_key)
			best = at, best_key = key;
	}
}

/* The node of the least key that is at least the one wanted; 0 = none. Along the path that the wanted key steers,
 * every right side not taken holds greater keys only; the deepest of them holds the least. */
static uint32_t tree_at_least(const pm_heap *heap, const pm_extent *nodes, uint64_t wanted) {
	if (wanted > KEY_MOST)
		return 0;
	uint32_t bin = tree_bin_of(wanted), at = heap->tree[bin], best = 0, beside = 0;
	uint64_t steer = steer_of(wanted), best_key = UINT64_MAX, key;
	for (; at; steer <<= 1) {
		key = key_of(&nodes[at]);
		if (key == wanted)
			return at;
		if (key > wanted && key < best_key)
			best = at, best_key = key;
		if (steer >> 63) {
			at = nodes[at].link[RIGHT];
		} else {
			if (nodes[at].link[RIGHT])
				beside = nodes[at].link[RIGHT];
			at = nodes[at].link[LEFT];
		}
	}
	if (beside) {
		beside = trie_least(nodes, beside);
		if (key_of(&nodes[beside]) < best_key)
			best = beside;
	}
	if (best)
		return best;
	uint64_t above = heap->tree_map & (~1ull << bin);
	return above ? trie_least(nodes, heap->tree[__builtin_ctzll(above)]) : 0;
}

/* The node of the greatest key that is at most the one given (the mirror image of the above); 0 = none. */
static uint32_t tree_at_most(const pm_heap *heap, const pm_extent *nodes, uint64_t given) {
	if (given < KEY_LEAST)
		return 0;
	uint32_t bin = tree_bin_of(given), at = heap->tree[bin], best = 0, beside = 0;
	uint64_t steer = steer_of(given), best_key = 0, key;
	for (; at; steer <<= 1) {
		key = key_of(&nodes[at]);
		if (key == given)
			return at;
		if (key < given && key > best_key)
			best = at, best_key = key;
		if (!(steer >> 63)) {
			at = nodes[at].link[LEFT];
		} else {
			if (nodes[at].link[LEFT])
				beside = nodes[at].link[LEFT];
			at = nodes[at].link[RIGHT];
		}
	}
	if (beside) {
		beside = trie_most(nodes, beside);
		if (key_of(&nodes[beside]) > best_key)
			best = beside;
	}
	if (best)
		return best;
	uint64_t below = heap->tree_map & ((1ull << bin) - 1);
	return below ? trie_most(nodes, heap->tree[octave_of(below)]) : 0;
}

/* ---- free extents in bins ------------------------------------------------------------------------- */

static inline void free_insert(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	heap->free_count++;
	if (pages_in(&nodes[node]))
		tree_insert(heap, nodes, node);
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
		ring_remove(nodes, node);
	else if (kind == IS_DV)
		heap->dv = 0;
	else
		tree_remove(heap, nodes, node);
}

static inline uint32_t small_at_least(const pm_heap *heap, uint32_t size) {
	uint64_t word = size / 64 == 0 ? heap->small_map[0] & (~0ull << size % 64) : 0;
	if (word)
		return heap->small[__builtin_ctzll(word)];
	if (size > SMALL_MOST)
		return 0;
	word = heap->small_map[1] & (size < 64 ? ~0ull : ~0ull << size % 64);
	return word ? heap->small[64 + __builtin_ctzll(word)] : 0;
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
		node = tree_at_least(heap, nodes, wanted);
		if (!node || nodes[node].size >= size)
			return node;
		PM_ASSERT(pages_in(&nodes[node]) > pages);
		pages = pages_in(&nodes[node]);
	}
}

static uint32_t best_fit(const pm_heap *heap, const pm_extent *nodes, uint32_t size, uint32_t align) {
	uint32_t node = align == 1 ? best_anywhere(heap, nodes, size) : tree_at_least(heap, nodes, 2 * (uint64_t)size),
					 dv = heap->dv;
	PM_ASSERT(!node || fits(&nodes[node], size, align));
	if (dv && fits(&nodes[dv], size, align) && (!node || key_of(&nodes[dv]) <= key_of(&nodes[node])))
		node = dv;
	/* Of its ring the latest to come is the warmest, and leaves the tree alone when it goes. */
	if (node && nodes[node].link[KIND] < FIRST_MARK && nodes[node].link[NEXT])
		node = nodes[node].link[NEXT];
	return node;
}

/* ---- cutting --------------------------------------------------------------------------------------- */

/* Makes the first size granules of a free extent an extent of their own; the node keeps the rest. */
static inline uint32_t cut_front(pm_heap *heap, pm_extent *nodes, uint32_t node, uint32_t size) {
	uint32_t slot = slot_take(heap, nodes), previous = nodes[node].prev;
	PM_ASSERT(size > 0 && size <= nodes[node].size);
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
	uint32_t slot = slot_take(heap, nodes), next = nodes[node].next;
	PM_ASSERT(size > 0 && size < nodes[node].size && next);
	nodes[node].size -= size;
	nodes[slot].start = nodes[node].start + nodes[node].size;
	nodes[slot].size = size;
	nodes[slot].prev = node;
	nodes[slot].next = next;
	nodes[next].prev = slot;
	nodes[node].next = slot;
	return slot;
}

/* Whether a small request costs fewer whole pages when it is cut from an extent's end: where the lead is too short
 * for it and the tail is less so. */
static inline bool better_from_back(const pm_extent *extent, uint32_t size) {
	uint32_t lead = -extent->start & (PM_HEAP_PAGE - 1);
	uint32_t tail = (extent->start + extent->size) & (PM_HEAP_PAGE - 1);
	if (!pages_in(extent))
		return false;
	return pages_for(size > tail ? size - tail : 0) < pages_for(size > lead ? size - lead : 0);
}

static inline uint32_t mark_used(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size;
	nodes[node].link[KIND] = IS_USED;
	PM_EXTENT_OWNER(nodes[node]) = 0;
	heap->used += size;
	heap->free -= size;
	heap->used_count++;
	PM_ASSERT(heap->used + heap->free == heap->limit);
	return node;
}

static void dv_become(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	if (heap->dv) {
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
	PM_ASSERT(fits(&nodes[node], size, align));
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
		node = heap->small[size];
		if (node) {
			heap->free_count--;
			bin_remove(heap, nodes, node);
			return mark_used(heap, nodes, node);
		}
		if (heap->dv && nodes[heap->dv].size >= size)
			return take_from_dv(heap, nodes, size);
	}
	node = best_fit(heap, nodes, size, align);
	if (node)
		return take_from_bin(heap, nodes, node, size, align);
	return take_from_top(heap, nodes, size, align);
}

/* ---- giving back ----------------------------------------------------------------------------------- */

static inline bool is_free(const pm_extent *nodes, uint32_t node) {
	return nodes[node].link[KIND] != IS_USED;
}

/* Joins the extent after node to it and returns its slot. */
static inline void swallow_next(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t next = nodes[node].next, after = nodes[next].next;
	PM_ASSERT(next > TOP && nodes[node].start + nodes[node].size == nodes[next].start);
	nodes[node].size += nodes[next].size;
	nodes[node].next = after;
	nodes[after].prev = node;
	slot_return(heap, nodes, next);
}

/* Joins the extent before node to it and returns its slot. */
static inline void swallow_previous(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t previous = nodes[node].prev, before = nodes[previous].prev;
	PM_ASSERT(previous > TOP && nodes[previous].start + nodes[previous].size == nodes[node].start);
	nodes[node].start = nodes[previous].start;
	nodes[node].size += nodes[previous].size;
	nodes[node].prev = before;
	nodes[before].next = node;
	slot_return(heap, nodes, previous);
}

void pm_heap_free(pm_heap *heap, pm_extent *nodes, uint32_t node) {
	uint32_t size = nodes[node].size, previous = nodes[node].prev, next = nodes[node].next;
	PM_ASSERT(node > TOP && node < heap->node_high);
	PM_ASSERT(nodes[node].link[KIND] == IS_USED);
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

/* ---- the limit and the side table -------------------------------------------------------------------- */

void pm_heap_grow(pm_heap *heap, pm_extent *nodes, uint32_t new_limit) {
	uint32_t more = new_limit - heap->limit;
	PM_ASSERT(new_limit >= heap->limit && new_limit <= heap->maximum);
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
	uint64_t wanted = (uint64_t)nodes[TOP].start + keep;
	wanted = (wanted + PM_HEAP_PAGE - 1) / PM_HEAP_PAGE * PM_HEAP_PAGE;
	if (wanted >= heap->limit)
		return 0;
	uint32_t less = heap->limit - (uint32_t)wanted;
	PM_ASSERT(less <= nodes[TOP].size && less <= heap->free);
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
	if (heap->dv && nodes[heap->dv].size > most)
		most = nodes[heap->dv].size;
	node = tree_at_most(heap, nodes, KEY_MOST);
	if (node) {
		if (nodes[node].size > most)
			most = nodes[node].size;
		/* One of a page less may be longer, by its ragged edges; one of two pages less can't. */
		node = tree_at_most(heap, nodes, 2 * PM_HEAP_PAGE * (uint64_t)pages_in(&nodes[node]) - 1);
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

/* ---- from nothing, and from the truth ------------------------------------------------------------------ */

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

/* ---- the checker ------------------------------------------------------------------------------------------
 * No scratch memory, and yet a proof. The address list's starts ascend, so it never meets a node twice; the list of
 * free slots ends, so neither does it; the marks set the two apart, and if together they are as many as there are
 * slots, every slot is in just one of them. So what a bin holds and what is not marked as a free slot is an extent
 * of the address list; a bin's members are distinct (a list that ends; a trie whose children name their parent and
 * keep to their side), and as many as the list has binned extents: the bins hold each of them once. */

typedef struct checking {
	const pm_heap *heap;
	const pm_extent *nodes;
	uint32_t node;   /* what is looked at */
	uint32_t binned; /* extents the address list says are in bins, less those found there */
	uint32_t dv_count;
} checking;

#define REQUIRE(condition, message) \
	do {                              \
		if (!(condition))               \
			return message;               \
	} while (0)

static const char *check_head(const pm_heap *heap, const pm_extent *nodes, uint32_t node_mapped) {
	REQUIRE(heap->node_reserved <= node_mapped && heap->node_reserved <= FIRST_MARK, "more slots reserved than mapped");
	REQUIRE(heap->node_high >= PM_HEAP_NODES_AT_LEAST && heap->node_high <= heap->node_reserved, "bad high-water mark");
	REQUIRE(heap->limit <= heap->maximum, "limit above the maximum");
	REQUIRE((uint64_t)heap->used + heap->free == heap->limit, "used + free is not the limit");
	REQUIRE(heap->dv != TOP && heap->dv < heap->node_high, "the victim is no node");
	REQUIRE(!heap->dv || nodes[heap->dv].link[KIND] == IS_DV, "the victim is not marked so");
	REQUIRE(nodes[ANCHOR].link[KIND] == IS_USED, "the anchor is not marked as used");
	REQUIRE(nodes[TOP].link[KIND] == IS_TOP, "the top is not marked so");
	REQUIRE(!heap->zero, "the padding is not zero");
	REQUIRE(!(heap->small_map[0] & 1) && !heap->small[0], "a bin for nothing");
	REQUIRE(!(heap->small_map[1] >> 63) && !heap->small[PM_HEAP_SMALL_BINS], "a small bin for whole pages");
	REQUIRE(!(heap->tree_map >> PM_HEAP_TREE_BINS), "a tree bin past the last");
	for (uint32_t i = 0; i <= PM_HEAP_SMALL_BINS; i++)
		REQUIRE(!heap->small[i] == !(heap->small_map[i / 64] >> i % 64 & 1), "a small bin and its bit differ");
	for (uint32_t i = 0; i < PM_HEAP_TREE_BINS; i++)
		REQUIRE(!heap->tree[i] == !(heap->tree_map >> i & 1), "a tree bin and its bit differ");
	return NULL;
}

static const char *check_address_list(checking *check) {
	const pm_heap *heap = check->heap;
	const pm_extent *nodes = check->nodes;
	uint64_t end = 0, used = 0;
	uint32_t previous = ANCHOR, node = nodes[ANCHOR].next, used_count = 0, free_count = 0, kind;
	bool after_free = false;
	for (;; previous = node, node = nodes[node].next) {
		check->node = node;
		REQUIRE(node != ANCHOR && node < heap->node_high, "the address list leaves the side table");
		REQUIRE(nodes[node].prev == previous, "neighbours disagree");
		REQUIRE(nodes[node].start == end, "a gap or an overlap");
		end += nodes[node].size;
		kind = nodes[node].link[KIND];
		REQUIRE(kind < FIRST_MARK || kind <= IN_RING, "an unknown mark");
		REQUIRE(kind != IS_SLOT && (kind != IS_TOP || node == TOP), "an extent marked as none");
		REQUIRE(kind == IS_USED || !after_free, "two free neighbours");
		if (node == TOP)
			break;
		REQUIRE(nodes[node].size > 0, "an empty extent");
		after_free = kind != IS_USED;
		free_count += after_free;
		used_count += !after_free;
		if (!after_free)
			used += nodes[node].size;
		check->dv_count += kind == IS_DV;
		check->binned += after_free && kind != IS_DV;
	}
	REQUIRE(nodes[TOP].next == ANCHOR, "something follows the top");
	REQUIRE(end == heap->limit, "the top does not end at the limit");
	REQUIRE(used == heap->used, "wrong count of used granules");
	REQUIRE(used_count == heap->used_count, "wrong count of used extents");
	REQUIRE(free_count == heap->free_count, "wrong count of free extents");
	REQUIRE(check->dv_count == (heap->dv != 0), "a victim too many");
	return NULL;
}

static const char *check_slots(checking *check) {
	const pm_heap *heap = check->heap;
	uint32_t extents = heap->used_count + heap->free_count + 1, slots = 0, node = heap->node_free;
	for (; node; node = check->nodes[node].link[NEXT]) {
		check->node = node;
		REQUIRE(node > TOP && node < heap->node_high, "the free slots leave the side table");
		REQUIRE(check->nodes[node].link[KIND] == IS_SLOT, "a free slot that is an extent");
		REQUIRE(++slots < heap->node_high, "the free slots run in a circle");
	}
	check->node = 0;
	REQUIRE(extents + slots == heap->node_high - 1, "a slot is neither an extent nor free");
	REQUIRE(heap->spare == slots + heap->node_reserved - heap->node_high, "wrong count of spare slots");
	return NULL;
}

static const char *check_list(checking *check, uint32_t previous, uint32_t kind, uint64_t key) {
	uint32_t node = kind == IN_BIN ? check->heap->small[key] : check->nodes[previous].link[NEXT];
	for (; node; previous = node, node = check->nodes[node].link[NEXT]) {
		check->node = node;
		REQUIRE(node > TOP && node < check->heap->node_high, "a bin leaves the side table");
		REQUIRE(check->nodes[node].link[KIND] == kind, "in a bin or ring and not marked so");
		REQUIRE(check->nodes[node].link[UP] == previous, "a bin or ring disagrees with itself");
		REQUIRE(key_of(&check->nodes[node]) == key, "in the wrong bin or ring");
		REQUIRE(check->binned-- > 0, "more in bins than there are");
	}
	return NULL;
}

/* A place in a trie: depth steering bits led there, the latest in bit 0 of prefix. */
typedef struct trie_place {
	uint32_t node, up, depth, prefix;
} trie_place;

#define TRIE_LEVELS 32 /* the highest key has 31 steering bits */

/* Whether a node further up has the key too: then this one belongs into its ring. */
static bool repeats_above(const pm_extent *nodes, uint32_t node) {
	uint64_t key = key_of(&nodes[node]);
	while ((node = nodes[node].link[UP]))
		if (key_of(&nodes[node]) == key)
			return true;
	return false;
}

/* Depth first, with a stack: it holds at most one place a level beside the path, and no path is longer than the
 * keys' bits, for the keys on it differ. */
static const char *check_trie(checking *check, uint32_t bin) {
	const pm_extent *nodes = check->nodes;
	trie_place stack[TRIE_LEVELS + 2];
	uint32_t count = 0;
	stack[count++] = (trie_place){.node = check->heap->tree[bin]};
	while (count) {
		trie_place at = stack[--count];
		check->node = at.node;
		REQUIRE(at.node > TOP && at.node < check->heap->node_high, "a tree leaves the side table");
		const uint32_t *link = nodes[at.node].link;
		REQUIRE(link[KIND] < FIRST_MARK, "in a tree and not marked so");
		REQUIRE(link[UP] == at.up, "a child does not name its parent");
		uint64_t key = key_of(&nodes[at.node]);
		REQUIRE(key >= KEY_LEAST, "no whole page and in a tree");
		REQUIRE(tree_bin_of(key) == bin, "in the wrong tree");
		REQUIRE(!at.depth || steer_of(key) >> (64 - at.depth) == at.prefix, "on the wrong side of a tree");
		REQUIRE(!repeats_above(nodes, at.node), "a key twice in a tree");
		PM_ASSERT(at.depth < TRIE_LEVELS);
		REQUIRE(check->binned-- > 0, "more in bins than there are");
		const char *wrong = check_list(check, at.node, IN_RING, key);
		if (wrong)
			return wrong;
		for (uint32_t side = LEFT; side <= RIGHT; side++)
			if (link[side])
				stack[count++] = (trie_place){link[side], at.node, at.depth + 1, at.prefix << 1 | side};
	}
	return NULL;
}

static const char *check_bins(checking *check) {
	const char *wrong = NULL;
	for (uint32_t i = 1; i <= SMALL_MOST && !wrong; i++)
		wrong = check_list(check, ANCHOR, IN_BIN, i);
	for (uint32_t i = 0; i < PM_HEAP_TREE_BINS && !wrong; i++)
		if (check->heap->tree[i])
			wrong = check_trie(check, i);
	if (wrong)
		return wrong;
	check->node = 0;
	REQUIRE(check->binned == 0, "a free extent that is in no bin");
	return NULL;
}

const char *pm_heap_check(const pm_heap *heap, const pm_extent *nodes, uint32_t node_mapped, uint32_t *where) {
	checking check = {.heap = heap, .nodes = nodes};
	const char *wrong = check_head(heap, nodes, node_mapped);
	if (!wrong)
		wrong = check_address_list(&check);
	if (!wrong)
		wrong = check_slots(&check);
	if (!wrong)
		wrong = check_bins(&check);
	if (where)
		*where = check.node;
	return wrong;
}
