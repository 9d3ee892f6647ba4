/* The checker against what it is for. First a list of corruptions, each with the words it has to be reported in;
 * some are consistent in all but one respect. Then every word that means something, of the heap and of every slot,
 * is set to a number of wrong values: each has to be found. Then garbage: no crash, no read past the mapped slots
 * (under ASan), no approval. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"

enum {
	NODES = 4096,
	LIMIT = 1 << 22,
	TOP = 1,
	RANDOM_VALUES = 12
};
enum {
	KIND = 0,
	LEFT = 0,
	RIGHT = 1,
	UP = 2,
	NEXT = 3
};
enum {
	IS_SLOT,
	IS_USED,
	IS_TOP,
	IS_DV,
	IN_BIN,
	IN_RING,
	IN_TREE
};

static pm_heap sound, heap;
static pm_extent *sound_nodes, *nodes; /* of just NODES slots, for ASan's sake */
static uint64_t random_state = 7;
static int failures;

static uint64_t random_next(void) {
	uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t below(uint32_t bound) {
	return (uint32_t)(random_next() % bound);
}

static const char *check(void) {
	return pm_heap_check(&heap, nodes, NODES, NULL);
}

static void restore(void) {
	heap = sound;
	memcpy(nodes, sound_nodes, NODES * sizeof *nodes);
}

static int kind_of(uint32_t node) {
	uint32_t mark = sound_nodes[node].link[KIND];
	return mark >= 0xfffffff0u ? (int)(mark - 0xfffffff0u) : IN_TREE;
}

/* The first slot of a kind, from `after` on. */
static uint32_t find(int kind, uint32_t after) {
	for (uint32_t i = after + 1; i < sound.node_high; i++)
		if (i > TOP && kind_of(i) == kind)
			return i;
	fprintf(stderr, "the heap of the test has no node of kind %d\n", kind);
	exit(1);
}

/* A tree node with a child on the side (0 or 1), or with a ring (NEXT). */
static uint32_t find_tree(uint32_t link) {
	for (uint32_t i = find(IN_TREE, 0);; i = find(IN_TREE, i))
		if (sound_nodes[i].link[link])
			return i;
}

/* Many sizes, many of them again and again, everything of every kind. */
static void make_sound(void) {
	static uint32_t live[NODES];
	uint32_t count = 0;
	pm_heap_init(&sound, sound_nodes, NODES, LIMIT, LIMIT + 1000);
	for (uint32_t step = 0; step < 6000; step++) {
		if (count > 900 || (count && below(100) < 40)) {
			uint32_t i = below(count);
			pm_heap_free(&sound, sound_nodes, live[i]);
			live[i] = live[--count];
			continue;
		}
		bool pages = below(2);
		uint32_t size = pages ? 64 * (below(3) ? 1 + below(300) : 8) : 1 + below(below(2) ? 12 : 511);
		uint32_t node = pm_heap_allocate(&sound, sound_nodes, size, pages ? 64 : 1);
		if (node && node != PM_HEAP_NEEDS_NODES)
			live[count++] = node;
	}
	for (uint32_t i = 0; i < count; i += 3)
		pm_heap_free(&sound, sound_nodes, live[i]);
	for (uint32_t size = 1; size < 30 && !sound.dv; size++)
		pm_heap_allocate(&sound, sound_nodes, size, 1);
}

/* ---- the list ------------------------------------------------------------------------------------------ */

static uint32_t used_before_used(void) {
	for (uint32_t i = find(IS_USED, 0);; i = find(IS_USED, i))
		if (sound_nodes[i].next > TOP && kind_of(sound_nodes[i].next) == IS_USED)
			return i;
}

static void plant_overlap(void) {
	nodes[used_before_used()].size++;
}

static void plant_gap(void) {
	uint32_t node = used_before_used();
	nodes[node].size--, heap.used--, heap.free++;
}

static void plant_lost_extent(void) { /* out of the list, its neighbour covering it, every count right */
	uint32_t node = used_before_used(), gone = nodes[node].next;
	nodes[node].size += nodes[gone].size;
	nodes[node].next = nodes[gone].next;
	nodes[nodes[gone].next].prev = node;
	heap.used_count--;
}

static void plant_two_free(void) { /* a free extent cut in two, both binned */
	uint32_t node = find(IN_BIN, 0), slot = heap.node_high++;
	while (nodes[node].size < 5 || heap.small[nodes[node].size] != node || nodes[node].link[NEXT])
		node = find(IN_BIN, node);
	nodes[slot] = nodes[node];
	heap.small_map[nodes[node].size / 64] ^= 1ull << nodes[node].size % 64;
	heap.small[nodes[node].size] = 0;
	nodes[node].size = 2, nodes[slot].size -= 2, nodes[slot].start += 2;
	nodes[node].next = slot, nodes[slot].prev = node, nodes[nodes[slot].next].prev = slot;
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t at = i ? slot : node, size = nodes[at].size;
		nodes[at].link[NEXT] = heap.small[size], nodes[heap.small[size]].link[UP] = at, nodes[at].link[UP] = 0;
		heap.small[size] = at, heap.small_map[size / 64] |= 1ull << size % 64;
	}
	heap.free_count++, heap.spare--;
}

static void plant_free_before_top(void) {
	uint32_t node = nodes[TOP].prev;
	nodes[node].link[KIND] = nodes[find(IN_BIN, 0)].link[KIND];
}

static void plant_wrong_bin(void) {
	uint32_t from = (uint32_t)__builtin_ctzll(heap.small_map[0]), to = from + 1;
	uint32_t node = heap.small[from], next = nodes[node].link[NEXT];
	heap.small[from] = next, nodes[next].link[UP] = 0;
	if (!next)
		heap.small_map[0] &= ~(1ull << from);
	nodes[node].link[NEXT] = heap.small[to], nodes[heap.small[to]].link[UP] = node;
	heap.small[to] = node, heap.small_map[0] |= 1ull << to;
}

static void plant_binless(void) {
	uint32_t bin = (uint32_t)__builtin_ctzll(heap.small_map[0]), node = heap.small[bin], next = nodes[node].link[NEXT];
	heap.small[bin] = next, nodes[next].link[UP] = 0;
	if (!next)
		heap.small_map[0] &= ~(1ull << bin);
}

static void plant_circle_in_bin(void) {
	uint32_t node = heap.small[__builtin_ctzll(heap.small_map[0])];
	nodes[node].link[NEXT] = node, nodes[node].link[UP] = node;
}

static void plant_used_in_bin(void) {
	uint32_t bin = (uint32_t)__builtin_ctzll(heap.small_map[0]);
	heap.small[bin] = find(IS_USED, 0);
}

static void plant_swapped_children(void) {
	uint32_t node = find_tree(RIGHT), left = nodes[node].link[LEFT];
	nodes[node].link[LEFT] = nodes[node].link[RIGHT], nodes[node].link[RIGHT] = left;
}

static void plant_twin_in_tree(void) { /* of a ring's member, a child */
	uint32_t node = find_tree(NEXT), twin = nodes[node].link[NEXT], next = nodes[twin].link[NEXT], side = 0, at = node;
	nodes[node].link[NEXT] = next, nodes[next].link[UP] = node;
	uint64_t first = (nodes[node].start + 63ull) / 64, end = ((uint64_t)nodes[node].start + nodes[node].size) / 64;
	uint64_t key = nodes[node].size + 64 * (end - first), depth = 0;
	for (uint32_t up = nodes[node].link[UP]; up; up = nodes[up].link[UP])
		depth++;
	uint64_t steer = key << (65 - (63 - __builtin_clzll(key))) << depth;
	for (; at; steer <<= 1) {
		side = (uint32_t)(steer >> 63);
		if (!nodes[at].link[side])
			break;
		at = nodes[at].link[side];
	}
	nodes[at].link[side] = twin;
	nodes[twin].link[LEFT] = nodes[twin].link[RIGHT] = nodes[twin].link[NEXT] = 0, nodes[twin].link[UP] = at;
}

static void plant_wrong_tree(void) {
	uint32_t bin = (uint32_t)__builtin_ctzll(heap.tree_map), to = bin + 1;
	while (heap.tree[to])
		to++;
	heap.tree[to] = heap.tree[bin], heap.tree[bin] = 0;
	heap.tree_map ^= 1ull << bin | 1ull << to;
}

static void plant_adoption(void) { /* two parents of one child */
	uint32_t node = find_tree(LEFT), other = find(IN_TREE, 0);
	while (other == node || nodes[other].link[RIGHT])
		other = find(IN_TREE, other);
	nodes[other].link[RIGHT] = nodes[node].link[LEFT];
}

static void plant_in_bin_nought(void) {
	heap.small[0] = find(IN_BIN, 0), heap.small_map[0] |= 1;
}
static void plant_in_last_bin(void) {
	heap.small[127] = find(IN_BIN, 0), heap.small_map[1] |= 1ull << 63;
}
static void plant_slot_mark(void) {
	nodes[used_before_used()].link[KIND] = 0xfffffff0u;
}
static void plant_unknown_mark(void) {
	nodes[used_before_used()].link[KIND] = 0xfffffff9u;
}
static void plant_used_in_tree(void) {
	heap.tree[__builtin_ctzll(heap.tree_map)] = find(IS_USED, 0);
}

static void plant_small_in_tree(void) { /* out of its bin, the only one of a tree */
	uint32_t bin = (uint32_t)__builtin_ctzll(heap.small_map[0]), node = heap.small[bin], tree = 0;
	plant_binless();
	while (heap.tree[tree])
		tree++;
	memset(nodes[node].link, 0, sizeof nodes[node].link);
	heap.tree[tree] = node, heap.tree_map |= 1ull << tree;
}

static void plant_lost_slot(void) {
	heap.node_free = nodes[heap.node_free].link[NEXT], heap.spare--;
}
static void plant_slot_circle(void) {
	nodes[heap.node_free].link[NEXT] = heap.node_free;
}
static void plant_extent_as_slot(void) {
	uint32_t node = find(IS_USED, 0);
	nodes[node].link[NEXT] = heap.node_free, heap.node_free = node, heap.spare++;
}
static void plant_bit(void) {
	heap.small_map[1] ^= 1ull << 40;
}
static void plant_tree_bit(void) {
	heap.tree_map ^= heap.tree_map & -heap.tree_map;
}
static void plant_wild_bit(void) {
	heap.tree_map |= 1ull << 60;
}
static void plant_count(void) {
	heap.used++, heap.free--;
}
static void plant_sum(void) {
	heap.free++;
}
static void plant_used_count(void) {
	heap.used_count++;
}
static void plant_free_count(void) {
	heap.free_count--;
}
static void plant_limit(void) {
	heap.limit += 64, heap.free += 64;
}
static void plant_far_limit(void) {
	heap.limit = heap.maximum + 1;
}
static void plant_second_victim(void) {
	nodes[find(IN_BIN, 0)].link[KIND] = nodes[heap.dv].link[KIND];
}
static void plant_no_victim(void) {
	heap.dv = 0;
}
static void plant_wild_victim(void) {
	heap.dv = NODES + 5;
}
static void plant_wild_neighbour(void) {
	nodes[used_before_used()].next = 0x7fffffff;
}
static void plant_wild_child(void) {
	nodes[find_tree(LEFT)].link[LEFT] = 0x7fffffff;
}
static void plant_wild_ring(void) {
	nodes[find_tree(NEXT)].link[NEXT] = 0x7fffffff;
}
static void plant_wild_slot(void) {
	heap.node_free = heap.node_high;
}
static void plant_more_slots(void) {
	heap.node_reserved = NODES + 1, heap.spare++;
}
static void plant_high(void) {
	heap.node_high = heap.node_reserved + 1;
}
static void plant_empty_extent(void) { /* a used extent without granules, in order */
	uint32_t node = used_before_used(), next = nodes[node].next;
	heap.used -= nodes[node].size, heap.free += nodes[node].size;
	nodes[next].start = nodes[node].start, heap.used += nodes[node].size, heap.free -= nodes[node].size;
	nodes[next].size += nodes[node].size, nodes[node].size = 0;
}

static const struct {
	const char *name, *message;
	void (*plant)(void);
} plants[] = {
		{"an overlap", "a gap or an overlap", plant_overlap},
		{"a gap", "a gap or an overlap", plant_gap},
		{"an extent that nobody lists", "a slot is neither an extent nor free", plant_lost_extent},
		{"a free extent cut in two", "two free neighbours", plant_two_free},
		{"a free extent before the top", "two free neighbours", plant_free_before_top},
		{"an extent in the next bin", "in the wrong bin or ring", plant_wrong_bin},
		{"a free extent in no bin", "a free extent that is in no bin", plant_binless},
		{"a bin in a circle", "a bin or ring disagrees with itself", plant_circle_in_bin},
		{"a used extent in a bin", "in a bin or ring and not marked so", plant_used_in_bin},
		{"swapped children", "on the wrong side of a tree", plant_swapped_children},
		{"a key twice in a tree", "a key twice in a tree", plant_twin_in_tree},
		{"a tree in the wrong place", "in the wrong tree", plant_wrong_tree},
		{"a child of two parents", "a child does not name its parent", plant_adoption},
		{"something in the bin of size 0", "a bin for nothing", plant_in_bin_nought},
		{"something in the bin of size 127", "a small bin for whole pages", plant_in_last_bin},
		{"an extent marked as a free slot", "an extent marked as none", plant_slot_mark},
		{"an extent with a new mark", "an unknown mark", plant_unknown_mark},
		{"a used extent in a tree", "in a tree and not marked so", plant_used_in_tree},
		{"a small extent in a tree", "no whole page and in a tree", plant_small_in_tree},
		{"a lost slot", "a slot is neither an extent nor free", plant_lost_slot},
		{"free slots in a circle", "the free slots run in a circle", plant_slot_circle},
		{"an extent among the free slots", "a free slot that is an extent", plant_extent_as_slot},
		{"a bit of an empty bin", "a small bin and its bit differ", plant_bit},
		{"no bit for a tree", "a tree bin and its bit differ", plant_tree_bit},
		{"a bit past the trees", "a tree bin past the last", plant_wild_bit},
		{"used and free shifted", "wrong count of used granules", plant_count},
		{"used and free apart", "used + free is not the limit", plant_sum},
		{"a used extent too many", "wrong count of used extents", plant_used_count},
		{"a free extent too few", "wrong count of free extents", plant_free_count},
		{"another limit", "the top does not end at the limit", plant_limit},
		{"a limit past the maximum", "limit above the maximum", plant_far_limit},
		{"a second victim", "a victim too many", plant_second_victim},
		{"a victim forgotten", "a victim too many", plant_no_victim},
		{"a victim out of range", "the victim is no node", plant_wild_victim},
		{"a neighbour out of range", "the address list leaves the side table", plant_wild_neighbour},
		{"a child out of range", "a tree leaves the side table", plant_wild_child},
		{"a ring out of range", "a bin leaves the side table", plant_wild_ring},
		{"a free slot out of range", "the free slots leave the side table", plant_wild_slot},
		{"more slots than mapped", "more slots reserved than mapped", plant_more_slots},
		{"a high-water mark past the slots", "bad high-water mark", plant_high},
		{"an empty extent", "an empty extent", plant_empty_extent},
};

static void check_plants(void) {
	for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
		restore();
		plants[i].plant();
		const char *wrong = check();
		if (wrong && !strcmp(wrong, plants[i].message))
			continue;
		fprintf(stderr, "%s: reported as: %s\n", plants[i].name, wrong ? wrong : "nothing");
		failures++;
	}
}

/* ---- every word -------------------------------------------------------------------------------------------- */

static void check_word(uint32_t *word, const char *what, uint32_t index) {
	uint32_t right = *word;
	for (uint32_t i = 0; i < RANDOM_VALUES + 6; i++) {
		const uint32_t values[] = {0, right + 1, right - 1, ~right, right ^ 1u << below(32), 0xfffffff0u + below(6)};
		uint32_t value = i < 6 ? values[i] : below(2) ? below(sound.node_high) : (uint32_t)random_next();
		if (value == right)
			continue;
		*word = value;
		if (!check())
			fprintf(stderr, "%s %u: %#x instead of %#x is not found\n", what, index, value, right), failures++;
	}
	*word = right;
}

/* Which links mean something, by the table in heap.h. */
static bool link_counts(int kind, uint32_t link) {
	if (link == KIND || kind == IN_TREE)
		return true;
	if (kind == IS_SLOT)
		return link == NEXT;
	return (kind == IN_BIN || kind == IN_RING) && link >= UP;
}

static void check_words(void) {
	restore();
	uint32_t *words = (uint32_t *)&heap, maximum = (uint32_t)(&heap.maximum - words);
	for (uint32_t i = 0; i < sizeof heap / 4; i++)
		if (i != maximum)
			check_word(&words[i], "word of the heap", i);
	for (uint32_t i = TOP; i < sound.node_high; i++) {
		int kind = kind_of(i);
		if (kind != IS_SLOT) {
			check_word(&nodes[i].start, "start of node", i);
			check_word(&nodes[i].size, "size of node", i);
			check_word(&nodes[i].prev, "prev of node", i);
			check_word(&nodes[i].next, "next of node", i);
		}
		for (uint32_t link = 0; link < 4; link++)
			if (link_counts(kind, link))
				check_word(&nodes[i].link[link], "link of node", i);
	}
	check_word(&nodes[0].next, "next of node", 0);
	check_word(&nodes[0].link[KIND], "link of node", 0);
}

static void check_garbage(uint32_t rounds) {
	for (uint32_t round = 0; round < rounds; round++) {
		restore();
		uint32_t words = 1 + below(40), sane = below(2);
		for (uint32_t i = 0; i < words; i++) {
			uint32_t value = below(2) ? below(NODES + 9) : (uint32_t)random_next();
			if (below(2))
				((uint32_t *)&heap)[below(sizeof heap / 4)] = value;
			else
				((uint32_t *)nodes)[below((sane ? sound.node_high : NODES) * 8)] = value;
		}
		check();
	}
	for (uint32_t round = 0; round < rounds / 8; round++) {
		for (uint32_t i = 0; i < sizeof heap / 4; i++)
			((uint32_t *)&heap)[i] = (uint32_t)random_next();
		if (!check())
			fprintf(stderr, "garbage is approved\n"), failures++;
	}
}

int main(void) {
	const char *quick = getenv("PLASMID_TEST_QUICK");
	sound_nodes = calloc(NODES, sizeof *nodes);
	nodes = calloc(NODES, sizeof *nodes);
	if (!sound_nodes || !nodes)
		return 1;
	make_sound();
	restore();
	const char *wrong = check();
	if (wrong)
		fprintf(stderr, "the sound heap: %s\n", wrong), failures++;
	check_plants();
	check_words();
	check_garbage(quick && *quick != '0' ? 2000 : 40000);
	printf("%zu planted corruptions, every word of %u slots\n", sizeof plants / sizeof *plants, sound.node_high);
	free(sound_nodes), free(nodes);
	return failures != 0;
}
