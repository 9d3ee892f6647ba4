/* check.c - every invariant of the heap, derived again.
 *
 * No scratch memory, and yet a proof. The address list's starts ascend, so it never meets a node twice; the list of
 * free slots ends, so neither does it; the marks set the two apart, and if together they are as many as there are
 * slots, every slot is in just one of them. So what a bin holds and what is not marked as a free slot is an extent
 * of the address list; a bin's members are distinct (a list that ends; a trie whose children name their parent and
 * keep to their side), and as many as the list has binned extents: the bins hold each of them once. */
#include "heap/trie.h"

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
