/* The heap at its edges, case by case: nothing committed, slots running out, what a rebuild refuses, what a trim
 * leaves, the last granule of the largest heap. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"

enum {
	NODES = 64,
	PAGE = PM_HEAP_PAGE
};

static pm_heap heap;
static pm_extent nodes[NODES];
static int failures;

#define EXPECT(condition)                                                         \
	do {                                                                            \
		if (!(condition))                                                             \
			fprintf(stderr, "%s:%d: %s\n", __func__, __LINE__, #condition), failures++; \
	} while (0)

static void expect_sound(int line) {
	uint32_t where;
	const char *wrong = pm_heap_check(&heap, nodes, NODES, &where);
	if (wrong)
		fprintf(stderr, "line %d: %s at node %u\n", line, wrong, where), failures++;
}

#define EXPECT_SOUND() expect_sound(__LINE__)

static uint32_t start_of(uint32_t node) {
	return nodes[node].start;
}

static void nothing_committed_then_grown(void) {
	pm_heap_init(&heap, nodes, PM_HEAP_NODES_AT_LEAST, 0, 10 * PAGE);
	EXPECT_SOUND();
	EXPECT(pm_heap_allocate(&heap, nodes, 1, 1) == PM_HEAP_NEEDS_NODES);
	pm_heap_reserve_nodes(&heap, NODES);
	EXPECT(pm_heap_largest(&heap, nodes) == 0);
	EXPECT(pm_heap_allocate(&heap, nodes, 1, 1) == 0);
	EXPECT(pm_heap_wanted_limit(&heap, nodes, 3, 1) == 3);
	EXPECT(pm_heap_wanted_limit(&heap, nodes, 11 * PAGE, PAGE) == 0);
	pm_heap_grow(&heap, nodes, 3);
	uint32_t small = pm_heap_allocate(&heap, nodes, 3, 1);
	EXPECT(small > 0 && small < NODES && start_of(small) == 0);
	EXPECT(pm_heap_wanted_limit(&heap, nodes, PAGE, PAGE) == 2 * PAGE);
	pm_heap_grow(&heap, nodes, 2 * PAGE);
	uint32_t large = pm_heap_allocate(&heap, nodes, PAGE, PAGE);
	EXPECT(start_of(large) == PAGE && pm_heap_largest(&heap, nodes) == PAGE - 3);
	EXPECT_SOUND();
}

static void slots_run_out_only_when_said(void) {
	pm_heap_init(&heap, nodes, 4, 100 * PAGE, 100 * PAGE);
	EXPECT(pm_heap_allocate(&heap, nodes, 1, 1) == PM_HEAP_NEEDS_NODES); /* two spare */
	pm_heap_reserve_nodes(&heap, 5);
	uint32_t node = pm_heap_allocate(&heap, nodes, 1, 1);
	EXPECT(node == 2);
	EXPECT(pm_heap_allocate(&heap, nodes, 1, 1) == PM_HEAP_NEEDS_NODES);
	EXPECT_SOUND();
	pm_heap_free(&heap, nodes, node);                     /* needs none */
	EXPECT(pm_heap_allocate(&heap, nodes, 1, 1) == node); /* and the lowest slot is used again */
	EXPECT_SOUND();
}

static void trim_keeps_what_it_says(void) {
	pm_heap_init(&heap, nodes, NODES, 100 * PAGE, 100 * PAGE);
	uint32_t node = pm_heap_allocate(&heap, nodes, 10, 1), other = pm_heap_allocate(&heap, nodes, 5 * PAGE, PAGE);
	EXPECT(pm_heap_trim(&heap, nodes, 2 * PAGE + 1) == (100 - 9) * PAGE && heap.limit == 9 * PAGE);
	EXPECT(pm_heap_trim(&heap, nodes, 4 * PAGE) == 0 && heap.limit == 9 * PAGE);
	pm_heap_free(&heap, nodes, other); /* what was below it is free too: the top begins after node */
	EXPECT(pm_heap_trim(&heap, nodes, 0) == 8 * PAGE && heap.limit == PAGE);
	EXPECT_SOUND();
	pm_heap_free(&heap, nodes, node);
	EXPECT(pm_heap_trim(&heap, nodes, UINT32_MAX) == 0);
	EXPECT(pm_heap_trim(&heap, nodes, 0) == PAGE && heap.limit == 0 && heap.free == 0);
	EXPECT_SOUND();
	pm_heap_grow(&heap, nodes, 7);
	EXPECT(pm_heap_largest(&heap, nodes) == 7);
	EXPECT_SOUND();
}

/* The first bad one is named, and nothing is written. */
static void rebuild_refuses(void) {
	static const struct {
		const char *what;
		uint32_t node_reserved, limit, count, answer;
		pm_used used[3];
	} cases[] = {
			{"none", NODES, 100, 0, 0, {{0}}},
			{"sound", NODES, 100, 3, 3, {{.start = 0, .size = 10}, {.start = 10, .size = 5}, {.start = 95, .size = 5}}},
			{"just enough slots", 7, 100, 3, 3, {{.start = 1, .size = 1}, {.start = 3, .size = 1}, {.start = 4, .size = 5}}},
			{"a slot short",
	     6,
	     100,
	     3,
	     PM_HEAP_NEEDS_NODES,
	     {{.start = 1, .size = 1}, {.start = 3, .size = 1}, {.start = 4, .size = 5}}},
			{"empty", NODES, 100, 2, 1, {{.start = 0, .size = 10}, {.start = 10, .size = 0}}},
			{"overlapping", NODES, 100, 3, 1, {{.start = 0, .size = 10}, {.start = 9, .size = 5}, {.start = 95, .size = 5}}},
			{"out of order", NODES, 100, 2, 1, {{.start = 50, .size = 10}, {.start = 9, .size = 5}}},
			{"past the limit", NODES, 100, 1, 0, {{.start = 95, .size = 6}}},
			{"past 2^32", NODES, UINT32_MAX, 1, 0, {{.start = UINT32_MAX - 1, .size = UINT32_MAX}}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pm_used used[3];
		memcpy(used, cases[i].used, sizeof used);
		memset(&heap, 0x5a, sizeof heap);
		memset(nodes, 0x5a, sizeof nodes);
		uint32_t answer =
				pm_heap_rebuild(&heap, nodes, cases[i].node_reserved, cases[i].limit, UINT32_MAX, used, cases[i].count);
		if (answer != cases[i].answer)
			fprintf(stderr, "rebuild of %s: %u\n", cases[i].what, answer), failures++;
		if (answer == cases[i].count)
			EXPECT_SOUND();
		else
			EXPECT(heap.limit == 0x5a5a5a5a && nodes[1].size == 0x5a5a5a5a && used[0].node == 0);
	}
}

/* What a rebuild after a death part way through an operation may rely on: any used extents of a heap, and those of
 * it but one, need no more slots than the heap had. */
static void rebuild_fits_the_slots_there_were(void) {
	pm_heap_init(&heap, nodes, 5, 64, 64);
	pm_used used[8];
	uint32_t count = 0;
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t node = pm_heap_allocate(&heap, nodes, 2, 1);
		if (node == PM_HEAP_NEEDS_NODES)
			pm_heap_reserve_nodes(&heap, heap.node_reserved + 1);
		else if (i % 2)
			pm_heap_free(&heap, nodes, node);
	}
	uint32_t reserved = heap.node_reserved;
	for (uint32_t node = nodes[0].next; node; node = nodes[node].next)
		if (nodes[node].link[0] == 0xfffffff1u && count < 8)
			used[count++] = (pm_used){nodes[node].start, nodes[node].size, 0, 0};
	EXPECT(count > 2);
	for (uint32_t without = 0; without <= count; without++) {
		pm_used rest[8];
		uint32_t left = 0;
		for (uint32_t i = 0; i < count; i++)
			if (i != without)
				rest[left++] = used[i];
		EXPECT(pm_heap_rebuild(&heap, nodes, reserved, 64, 64, rest, left) == left);
		EXPECT_SOUND();
	}
}

static void the_last_granule(void) {
	pm_heap_init(&heap, nodes, NODES, UINT32_MAX, UINT32_MAX);
	uint32_t most = UINT32_MAX / PAGE * PAGE, low = pm_heap_allocate(&heap, nodes, most, PAGE);
	EXPECT(low && pm_heap_allocate(&heap, nodes, PAGE, PAGE) == 0);
	EXPECT(pm_heap_wanted_limit(&heap, nodes, PAGE, 1) == 0);
	uint32_t high = pm_heap_allocate(&heap, nodes, 63, 1);
	EXPECT(start_of(high) == most && pm_heap_largest(&heap, nodes) == 0);
	EXPECT(pm_heap_trim(&heap, nodes, 0) == 0);
	EXPECT_SOUND();
	pm_heap_free(&heap, nodes, low); /* the greatest key a tree can hold */
	EXPECT_SOUND();
	EXPECT(pm_heap_largest(&heap, nodes) == most);
	EXPECT(pm_heap_allocate(&heap, nodes, most, PAGE) == low || start_of(low) == 0);
	EXPECT_SOUND();
}

static void a_ragged_extent_gives_its_pages(void) {
	pm_heap_init(&heap, nodes, NODES, 6 * PAGE, 6 * PAGE);
	uint32_t left = pm_heap_allocate(&heap, nodes, 10, 1), ragged = pm_heap_allocate(&heap, nodes, 3 * PAGE - 20, 1);
	uint32_t right = pm_heap_allocate(&heap, nodes, 10, 1), even = pm_heap_allocate(&heap, nodes, 2 * PAGE, PAGE);
	uint32_t wall = pm_heap_allocate(&heap, nodes, 1, 1);
	pm_heap_free(&heap, nodes, ragged); /* one whole page, 172 granules */
	pm_heap_free(&heap, nodes, even);   /* two whole pages, 128 granules */
	EXPECT(pm_heap_largest(&heap, nodes) == 3 * PAGE - 20);
	uint32_t page = pm_heap_allocate(&heap, nodes, PAGE, PAGE);
	EXPECT(start_of(page) == PAGE); /* the fewer pages, though more granules */
	EXPECT_SOUND();
	pm_heap_free(&heap, nodes, page);
	pm_heap_free(&heap, nodes, left), pm_heap_free(&heap, nodes, right), pm_heap_free(&heap, nodes, wall);
	EXPECT(nodes[0].next == 1 && pm_heap_largest(&heap, nodes) == 6 * PAGE);
	EXPECT_SOUND();
}

/* A small request goes where it breaks no page, if the extent it gets has such an end. */
static void small_ones_fill_ragged_ends(void) {
	pm_heap_init(&heap, nodes, NODES, 20 * PAGE, 20 * PAGE);
	uint32_t free_one = pm_heap_allocate(&heap, nodes, 4 * PAGE + 30, 1), wall = pm_heap_allocate(&heap, nodes, 1, 1);
	pm_heap_free(&heap, nodes, free_one);
	uint32_t small = pm_heap_allocate(&heap, nodes, 20, 1);
	EXPECT(start_of(small) == 4 * PAGE + 10);
	uint32_t pages = pm_heap_allocate(&heap, nodes, 4 * PAGE, PAGE);
	EXPECT(start_of(pages) == 0 && start_of(wall) == 4 * PAGE + 30);
	EXPECT_SOUND();
}

/* Of two ends the one beside the larger neighbour, so that what is left lies beside the smaller. */
static void pages_stand_beside_the_larger_neighbour(void) {
	for (uint32_t larger_after = 0; larger_after < 2; larger_after++) {
		pm_heap_init(&heap, nodes, NODES, 40 * PAGE, 40 * PAGE);
		pm_heap_allocate(&heap, nodes, (larger_after ? 2 : 3) * PAGE, PAGE);
		uint32_t hole = pm_heap_allocate(&heap, nodes, 8 * PAGE, PAGE), start = start_of(hole);
		pm_heap_allocate(&heap, nodes, (larger_after ? 3 : 2) * PAGE, PAGE);
		pm_heap_free(&heap, nodes, hole);
		uint32_t node = pm_heap_allocate(&heap, nodes, PAGE, PAGE);
		EXPECT(start_of(node) == (larger_after ? start + 7 * PAGE : start));
		EXPECT_SOUND();
	}
}

static void of_equals_the_warmest_is_taken(void) {
	pm_heap_init(&heap, nodes, NODES, 40 * PAGE, 40 * PAGE);
	uint32_t three[3], starts[3];
	for (uint32_t i = 0; i < 3; i++) {
		three[i] = pm_heap_allocate(&heap, nodes, 4 * PAGE, PAGE), starts[i] = start_of(three[i]);
		pm_heap_allocate(&heap, nodes, PAGE, PAGE);
	}
	pm_heap_free(&heap, nodes, three[1]), pm_heap_free(&heap, nodes, three[0]), pm_heap_free(&heap, nodes, three[2]);
	uint32_t first = pm_heap_allocate(&heap, nodes, 4 * PAGE, PAGE),
					 second = pm_heap_allocate(&heap, nodes, 4 * PAGE, PAGE);
	EXPECT(start_of(first) == starts[2] && start_of(second) == starts[0]);
	EXPECT_SOUND();
}

static void an_owner_is_forgotten(void) {
	pm_heap_init(&heap, nodes, NODES, PAGE, PAGE);
	uint32_t node = pm_heap_allocate(&heap, nodes, 3, 1);
	EXPECT(PM_EXTENT_OWNER(nodes[node]) == 0);
	pm_heap_allocate(&heap, nodes, 1, 1);
	PM_EXTENT_OWNER(nodes[node]) = 77;
	pm_heap_free(&heap, nodes, node);
	EXPECT(pm_heap_allocate(&heap, nodes, 3, 1) == node && PM_EXTENT_OWNER(nodes[node]) == 0);
}

int main(void) {
	nothing_committed_then_grown();
	slots_run_out_only_when_said();
	trim_keeps_what_it_says();
	rebuild_refuses();
	rebuild_fits_the_slots_there_were();
	the_last_granule();
	a_ragged_extent_gives_its_pages();
	small_ones_fill_ragged_ends();
	pages_stand_beside_the_larger_neighbour();
	of_equals_the_warmest_is_taken();
	an_owner_is_forgotten();
	return failures != 0;
}
