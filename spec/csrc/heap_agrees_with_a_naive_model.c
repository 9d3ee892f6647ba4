/* The heap against a model that always tells the truth: a sorted array of the used extents. The free ones are the
 * gaps between them, the last gap is the top, and every answer of the heap has to follow from that.
 *
 * After every operation: the extents are the model's, no two free ones touch, the largest is the largest. Every
 * allocation is aligned, comes from the best gap there is, and fails only if there is none. Every few: the checker;
 * a rebuild over garbage into the same extents; everything given back and one free extent left.
 *
 *   heap_agrees_with_a_naive_model [operations a profile [first seed]] */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"

#define SMALL_MOST (PM_HEAP_SMALL_BINS - 1u)

static struct {
	const char *profile;
	uint64_t seed, step;
} now;

static void fail(const char *what, uint32_t detail) {
	fprintf(stderr, "%s (%u): profile %s, seed %llu, step %llu\n", what, detail, now.profile,
	        (unsigned long long)now.seed, (unsigned long long)now.step);
	exit(1);
}

#define EXPECT(condition, what, detail) \
	do {                                  \
		if (!(condition))                   \
			fail(what, detail);               \
	} while (0)

static uint64_t random_state;

static uint64_t random_next(void) {
	uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t below(uint64_t bound) {
	return (uint32_t)(random_next() % bound);
}

/* ---- the model -------------------------------------------------------------------------------------- */

enum {
	LIVE_MOST = 4096,
	NODES = 2 * LIVE_MOST + 8
};

typedef struct model {
	uint32_t limit, maximum, count, reserved, pad;
	pm_used live[LIVE_MOST]; /* by start */
} model;

typedef struct gap {
	uint32_t start, size;
	bool top;
} gap;

/* The gap before live extent i; the top for i == count. */
static gap gap_before(const model *truth, uint32_t i) {
	uint64_t start = i ? (uint64_t)truth->live[i - 1].start + truth->live[i - 1].size : 0;
	uint64_t end = i < truth->count ? truth->live[i].start : truth->limit;
	return (gap){(uint32_t)start, (uint32_t)(end - start), i == truth->count};
}

static uint64_t aligned_up(uint64_t value, uint32_t align) {
	return (value + align - 1) / align * align;
}

static bool gap_fits(gap free, uint32_t size, uint32_t align) {
	return free.size && aligned_up(free.start, align) + size <= (uint64_t)free.start + free.size;
}

/* Fewest whole pages, then fewest granules. */
static uint64_t rank_of(gap free) {
	uint64_t first = aligned_up(free.start, PM_HEAP_PAGE), end = (uint64_t)free.start + free.size;
	uint64_t pages = end > first ? (end - first) / PM_HEAP_PAGE : 0;
	return pages << 32 | free.size;
}

static uint32_t place_of(const model *truth, uint32_t start) {
	uint32_t low = 0, high = truth->count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (truth->live[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- the heap under test ------------------------------------------------------------------------------ */

static pm_heap heap;
static pm_extent nodes[NODES + 64];
static model truth;

static void check_all(void) {
	uint32_t where, reserved = truth.reserved;
	const char *wrong = pm_heap_check(&heap, nodes, reserved, &where);
	EXPECT(!wrong, wrong, where);
	for (uint32_t i = reserved; i < NODES + 64; i++)
		EXPECT(nodes[i].link[0] == 0xabababab, "a slot not reserved was touched", i);
}

/* The address list is what the model says, the gaps merged. */
static void check_extents(void) {
	uint32_t node = nodes[0].next, gaps = 0, largest = 0, used = 0;
	for (uint32_t i = 0; i <= truth.count; i++) {
		gap free = gap_before(&truth, i);
		if (free.size > largest)
			largest = free.size;
		if (free.size || free.top) {
			EXPECT(nodes[node].start == free.start && nodes[node].size == free.size, "another free extent", i);
			EXPECT((node == 1) == free.top, "a top that is none", node);
			gaps += !free.top;
			node = nodes[node].next;
		}
		if (i == truth.count)
			break;
		EXPECT(nodes[node].start == truth.live[i].start && nodes[node].size == truth.live[i].size, "another used extent",
		       i);
		EXPECT(node == truth.live[i].node, "another node", i);
		EXPECT(PM_EXTENT_OWNER(nodes[node]) == truth.live[i].owner, "another owner", i);
		used += truth.live[i].size;
		node = nodes[node].next;
	}
	EXPECT(node == 0, "more extents than there are", node);
	EXPECT(heap.used == used && heap.free == truth.limit - used && heap.limit == truth.limit, "granules counted wrong",
	       used);
	EXPECT(heap.used_count == truth.count && heap.free_count == gaps, "extents counted wrong", gaps);
	EXPECT(heap.spare == truth.reserved - 2 - truth.count - gaps, "spare slots counted wrong", heap.spare);
	EXPECT(pm_heap_largest(&heap, nodes) == largest, "not the largest", largest);
}

/* What allocate has to do: the rank of the gap it takes from, 0 if none. The victim's rule: a small request, if no
 * extent without a whole page is just its size, is cut from the victim if that is long enough. */
static uint64_t expected_rank(uint32_t size, uint32_t align, gap *victim, bool *from_victim) {
	uint64_t best = 0;
	bool small = align == 1 && size <= SMALL_MOST;
	*victim = (gap){0};
	if (heap.dv)
		*victim = (gap){nodes[heap.dv].start, nodes[heap.dv].size, false};
	*from_victim = small && gap_fits(*victim, size, 1);
	for (uint32_t i = 0; i <= truth.count; i++) {
		gap free = gap_before(&truth, i);
		bool is_victim = victim->size && free.start == victim->start;
		if (!gap_fits(free, size, align) || free.top)
			continue;
		if (small && rank_of(free) == size && !is_victim)
			*from_victim = false;
		if (!best || rank_of(free) < best)
			best = rank_of(free);
	}
	return best;
}

static void do_allocate(uint32_t size, uint32_t align) {
	gap victim, top = gap_before(&truth, truth.count);
	bool from_victim;
	uint64_t rank = expected_rank(size, align, &victim, &from_victim);
	uint64_t wanted = aligned_up(top.start, align) + size;
	uint32_t spare = heap.spare, node = pm_heap_allocate(&heap, nodes, size, align);
	EXPECT((node == PM_HEAP_NEEDS_NODES) == (spare < 3), "asks for slots when it need not, or does not", spare);
	if (node == PM_HEAP_NEEDS_NODES) {
		if (truth.reserved < NODES)
			pm_heap_reserve_nodes(&heap, truth.reserved += below(3) + 1);
		return;
	}
	EXPECT(pm_heap_wanted_limit(&heap, nodes, size, align) <= heap.maximum, "wants more than the maximum", size);
	if (!node) {
		EXPECT(!rank && !gap_fits(top, size, align), "failed though it fits", size);
		EXPECT(pm_heap_wanted_limit(&heap, nodes, size, align) == (wanted <= truth.maximum ? wanted : 0), "wants wrong",
		       size);
		/* The caller grows the heap by just that and has to succeed. */
		if (wanted > truth.maximum || below(3))
			return;
		pm_heap_grow(&heap, nodes, truth.limit = (uint32_t)wanted);
		top = gap_before(&truth, truth.count);
		node = pm_heap_allocate(&heap, nodes, size, align);
	}
	EXPECT(node > 1 && node < truth.reserved, "no node", node);
	uint32_t start = nodes[node].start, at = place_of(&truth, start);
	gap from = gap_before(&truth, at);
	EXPECT(nodes[node].size == size && start % align == 0, "another size or alignment", start);
	EXPECT(start >= from.start && (uint64_t)start + size <= (uint64_t)from.start + from.size, "overlaps", start);
	if (!rank)
		EXPECT(from.top && start == aligned_up(top.start, align), "not from the top's low end", start);
	else if (from_victim)
		EXPECT(start == victim.start, "not from the victim", start);
	else
		EXPECT(!from.top && rank_of(from) == rank, "not from the best", start);
	/* At one end of the gap, or the first or last place there that is aligned: never in the middle. */
	uint64_t end = (uint64_t)from.start + from.size;
	EXPECT(start == aligned_up(from.start, align) || start + (uint64_t)size == end / align * align, "in the middle",
	       start);
	memmove(&truth.live[at + 1], &truth.live[at], (truth.count - at) * sizeof truth.live[0]);
	truth.live[at] = (pm_used){start, size, (uint32_t)random_next(), node};
	PM_EXTENT_OWNER(nodes[node]) = truth.live[at].owner;
	truth.count++;
}

static void do_free(uint32_t i) {
	pm_heap_free(&heap, nodes, truth.live[i].node);
	truth.count--;
	memmove(&truth.live[i], &truth.live[i + 1], (truth.count - i) * sizeof truth.live[0]);
}

static void do_shrink(uint32_t i) {
	if (truth.live[i].size < 2 || heap.spare == 0)
		return;
	truth.live[i].size = 1 + below(truth.live[i].size - 1);
	pm_heap_shrink(&heap, nodes, truth.live[i].node, truth.live[i].size);
}

static void do_trim(void) {
	gap top = gap_before(&truth, truth.count);
	uint32_t keep = below(2) ? 0 : below(1000), before = truth.limit;
	uint64_t limit = aligned_up((uint64_t)top.start + keep, PM_HEAP_PAGE);
	if (limit < truth.limit)
		truth.limit = (uint32_t)limit;
	EXPECT(pm_heap_trim(&heap, nodes, keep) == before - truth.limit, "gave back another part", keep);
}

static void do_grow(void) {
	truth.limit += below((uint64_t)(truth.maximum - truth.limit) / (1 + below(8)) + 1);
	pm_heap_grow(&heap, nodes, truth.limit);
}

/* As after a death: nothing of the old heap can be read, only the used extents are known. */
static void do_rebuild(void) {
	for (uint32_t i = 0; i < sizeof heap / 4; i++)
		((uint32_t *)&heap)[i] = (uint32_t)random_next();
	for (uint32_t i = 0; i < truth.reserved * (sizeof *nodes / 4); i++)
		((uint32_t *)nodes)[i] = (uint32_t)random_next();
	for (uint32_t i = 0; i < truth.count; i++)
		truth.live[i].node = UINT32_MAX;
	uint32_t done = pm_heap_rebuild(&heap, nodes, truth.reserved, truth.limit, truth.maximum, truth.live, truth.count);
	EXPECT(done == truth.count, "not rebuilt", done);
	check_all();
}

static void do_empty(void) {
	while (truth.count)
		do_free(below(truth.count));
	EXPECT(heap.free_count == 0 && nodes[0].next == 1 && nodes[1].size == truth.limit, "not one free extent",
	       heap.free_count);
	EXPECT(!heap.tree_map && !heap.small_map[0] && !heap.small_map[1] && !heap.dv, "an empty heap with bins", heap.dv);
}

/* ---- profiles ------------------------------------------------------------------------------------------- */

typedef struct profile {
	const char *name;
	uint32_t limit, maximum; /* granules */
	uint32_t small_most;     /* of unaligned requests */
	uint32_t page_octaves;   /* of requests for pages: 1 to 2^octaves pages; 0 = none */
	uint32_t small_percent;
	uint32_t free_percent;
	uint32_t live_most;
} profile;

static const profile profiles[] = {
		{"one-granule objects", 300, 300, 1, 0, 100, 48, 300},
		{"within a page", 1 << 14, 1 << 14, 63, 0, 100, 45, 600},
		{"small", 1 << 15, 1 << 16, 511, 0, 100, 45, 400},
		{"pages", 1 << 16, 1 << 16, 1, 7, 0, 45, 500},
		{"both", 1 << 17, 1 << 17, 511, 8, 50, 45, 500},
		{"many of both", 1 << 18, 1 << 20, 511, 6, 80, 49, 3000},
		{"nearly full", 1 << 14, 1 << 14, 200, 5, 60, 30, 400},
		{"two page sizes", 1 << 14, 1 << 15, 130, 1, 50, 45, 300},
		{"256 GiB", UINT32_MAX, UINT32_MAX, UINT32_MAX / 64, 23, 40, 45, 300},
		{"grown from nothing", 0, 1 << 17, 511, 8, 50, 45, 300},
};

static uint32_t log_uniform(uint32_t most) {
	uint32_t bits = 32 - (uint32_t)__builtin_clz(most), size = below(1ull << (below(bits) + 1)) + 1;
	return size > most ? most : size;
}

static void one_step(const profile *how) {
	uint32_t dice = below(10000);
	if (dice < 4)
		do_empty();
	else if (dice < 20)
		do_rebuild();
	else if (dice < 40)
		do_trim();
	else if (dice < 80)
		do_grow();
	else if (truth.count && dice < 300)
		do_shrink(below(truth.count));
	else if (truth.count && (below(100) < how->free_percent || truth.count == how->live_most))
		do_free(below(truth.count));
	else if (truth.count == how->live_most)
		return;
	else if (below(100) < how->small_percent || !how->page_octaves)
		do_allocate(log_uniform(how->small_most), 1);
	else
		do_allocate(log_uniform(1u << how->page_octaves) * PM_HEAP_PAGE, PM_HEAP_PAGE);
}

static void run(const profile *how, uint64_t seed, uint64_t steps) {
	now.profile = how->name;
	now.seed = random_state = seed;
	memset(nodes, 0xab, sizeof nodes);
	truth.count = 0;
	truth.limit = how->limit;
	truth.maximum = how->maximum;
	truth.reserved = PM_HEAP_NODES_AT_LEAST;
	pm_heap_init(&heap, nodes, truth.reserved, truth.limit, truth.maximum);
	check_all();
	for (now.step = 0; now.step < steps; now.step++) {
		one_step(how);
		if (truth.count < 700 || now.step % 8 == 0)
			check_extents();
		if (now.step % 64 == 0 || now.step < 2000)
			check_all();
	}
	check_all();
	do_empty();
	check_all();
	check_extents();
}

int main(int argc, char **argv) {
	const char *quick = getenv("PLASMID_TEST_QUICK");
	uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 10) : quick && *quick != '0' ? 10000 : 110000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t count = sizeof profiles / sizeof *profiles;
	for (uint64_t i = 0; i < count; i++)
		run(&profiles[i], seed + i, steps);
	printf("%llu operations in %llu profiles\n", (unsigned long long)(steps * count), (unsigned long long)count);
	return 0;
}
