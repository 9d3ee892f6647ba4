/* How full a store gets before its first failure, and what an allocation costs.
 *
 * Sizes are log-uniform from 64 B to 64 MiB in a store of 8 GiB; each step frees a uniformly random live object with
 * probability p, else allocates; nothing is evicted. Occupancy is the bytes asked for by live objects over the
 * capacity, at the first request that does not fit. The peer is address-ordered first fit with immediate coalescing
 * under the same rules of rounding and alignment, on the same trace.
 *
 *   heap [seeds [capacity in MiB [most MiB of an object]]]
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heap/heap.h"

#define LARGE_BYTES 32768u
#define PAGE_BYTES 4096u

/* ---- the trace ------------------------------------------------------------------------------------ */

typedef struct random_source {
	uint64_t state;
} random_source;

/* splitmix64 */
static uint64_t random_next(random_source *source) {
	uint64_t z = source->state += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static double random_unit(random_source *source) {
	return (double)(random_next(source) >> 11) * 0x1p-53;
}

static uint64_t random_size(random_source *source, uint64_t least, uint64_t most) {
	return (uint64_t)((double)least * exp2(random_unit(source) * log2((double)most / (double)least)));
}

static uint32_t granules_of(uint64_t bytes) {
	uint64_t unit = bytes >= LARGE_BYTES ? PAGE_BYTES : PM_HEAP_GRANULE;
	return (uint32_t)((bytes + unit - 1) / unit * unit / PM_HEAP_GRANULE);
}

static uint32_t align_of(uint64_t bytes) {
	return bytes >= LARGE_BYTES ? PM_HEAP_PAGE : 1;
}

/* ---- the two allocators, as one face ---------------------------------------------------------------- */

typedef struct allocator {
	const char *name;
	void *(*make)(uint32_t granules);
	bool (*allocate)(void *self, uint32_t size, uint32_t align, uint32_t *handle);
	void (*release)(void *self, uint32_t handle);
	void (*end)(void *self);
} allocator;

typedef struct tagged_heap {
	pm_heap heap;
	uint32_t node_count;
	pm_extent nodes[];
} tagged_heap;

enum {
	NODES = 1 << 17
};

static void *tagged_make(uint32_t granules) {
	tagged_heap *self = malloc(sizeof *self + NODES * sizeof(pm_extent));
	if (!self)
		abort();
	self->node_count = NODES;
	pm_heap_init(&self->heap, self->nodes, NODES, granules, granules);
	return self;
}

static bool tagged_allocate(void *opaque, uint32_t size, uint32_t align, uint32_t *handle) {
	tagged_heap *self = opaque;
	uint32_t node = pm_heap_allocate(&self->heap, self->nodes, size, align);
	if (node == PM_HEAP_NEEDS_NODES)
		abort();
	*handle = node;
	return node != 0;
}

static void tagged_release(void *opaque, uint32_t handle) {
	tagged_heap *self = opaque;
	pm_heap_free(&self->heap, self->nodes, handle);
}

static void tagged_end(void *opaque) {
	free(opaque);
}

/* First fit: all free extents in one array by address; the handle is where the extent starts. */
typedef struct first_fit {
	uint32_t count;
	uint32_t granules;
	uint32_t *sizes; /* of the used extents, by start */
	struct {
		uint32_t start, size;
	} free[NODES];
} first_fit;

static void *first_make(uint32_t granules) {
	first_fit *self = malloc(sizeof *self);
	if (!self)
		abort();
	self->sizes = calloc(granules, sizeof(uint32_t));
	if (!self->sizes)
		abort();
	self->count = 1;
	self->granules = granules;
	self->free[0].start = 0;
	self->free[0].size = granules;
	return self;
}

static void first_open(first_fit *self, uint32_t at) {
	if (self->count == NODES)
		abort();
	memmove(&self->free[at + 1], &self->free[at], (self->count - at) * sizeof self->free[0]);
	self->count++;
}

static void first_close(first_fit *self, uint32_t at) {
	self->count--;
	memmove(&self->free[at], &self->free[at + 1], (self->count - at) * sizeof self->free[0]);
}

static bool first_allocate(void *opaque, uint32_t size, uint32_t align, uint32_t *handle) {
	first_fit *self = opaque;
	for (uint32_t i = 0; i < self->count; i++) {
		uint32_t start = self->free[i].start, end = start + self->free[i].size;
		uint32_t at = (start + align - 1) & ~(align - 1);
		if (at > end || end - at < size)
			continue;
		*handle = at;
		self->sizes[at] = size;
		self->free[i].size = at - start;
		if (at + size < end) {
			if (at > start)
				first_open(self, ++i);
			self->free[i].start = at + size;
			self->free[i].size = end - at - size;
		} else if (at == start) {
			first_close(self, i);
		}
		return true;
	}
	return false;
}

static void first_release(void *opaque, uint32_t handle) {
	first_fit *self = opaque;
	uint32_t low = 0, high = self->count, size = self->sizes[handle];
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (self->free[middle].start < handle)
			low = middle + 1;
		else
			high = middle;
	}
	bool before = low > 0 && self->free[low - 1].start + self->free[low - 1].size == handle;
	bool after = low < self->count && handle + size == self->free[low].start;
	if (before) {
		self->free[low - 1].size += size;
		if (after)
			self->free[low - 1].size += self->free[low].size, first_close(self, low);
		return;
	}
	if (!after) {
		first_open(self, low);
		self->free[low].size = 0;
	}
	self->free[low].start = handle;
	self->free[low].size += size;
}

static void first_end(void *opaque) {
	first_fit *self = opaque;
	free(self->sizes);
	free(self);
}

static const allocator best = {"plasmid", tagged_make, tagged_allocate, tagged_release, tagged_end};
static const allocator first = {"first fit", first_make, first_allocate, first_release, first_end};

/* ---- occupancy at the first failure ------------------------------------------------------------------- */

typedef struct workload {
	uint64_t capacity, most; /* bytes */
	double p;                /* of freeing */
} workload;

typedef struct live {
	uint32_t handle;
	uint64_t bytes;
} live;

static double occupancy_at_failure(const allocator *with, const workload *work, uint64_t seed) {
	static live lives[NODES];
	random_source source = {seed * 0x2545f4914f6cdd1dull + 1};
	uint32_t count = 0;
	uint64_t bytes = 0;
	void *self = with->make((uint32_t)(work->capacity / PM_HEAP_GRANULE));
	for (;;) {
		if (random_unit(&source) < work->p) {
			if (!count)
				continue;
			live *gone = &lives[random_next(&source) % count];
			with->release(self, gone->handle);
			bytes -= gone->bytes;
			*gone = lives[--count];
			continue;
		}
		live *born = &lives[count];
		born->bytes = random_size(&source, 64, work->most);
		if (!with->allocate(self, granules_of(born->bytes), align_of(born->bytes), &born->handle))
			break;
		bytes += born->bytes;
		if (++count == NODES)
			abort();
	}
	with->end(self);
	return (double)bytes / (double)work->capacity;
}

static int by_value(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median_of(const double *sorted, uint32_t count) {
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void occupancy_row(const workload *work, uint32_t seeds) {
	const allocator *rivals[2] = {&best, &first};
	double *results[2];
	uint32_t wins = 0;
	for (int r = 0; r < 2; r++) {
		results[r] = malloc(seeds * sizeof(double));
		if (!results[r])
			abort();
		for (uint32_t seed = 0; seed < seeds; seed++)
			results[r][seed] = occupancy_at_failure(rivals[r], work, seed);
	}
	for (uint32_t seed = 0; seed < seeds; seed++)
		wins += results[0][seed] > results[1][seed];
	for (int r = 0; r < 2; r++) {
		qsort(results[r], seeds, sizeof(double), by_value);
		printf("  %.2f  %-9s  %.4f   %.4f   %.4f", work->p, rivals[r]->name, median_of(results[r], seeds), results[r][0],
		       results[r][seeds - 1]);
		if (r == 0)
			printf("   fuller on %u of %u traces", wins, seeds);
		printf("\n");
		free(results[r]);
	}
}

/* ---- time ------------------------------------------------------------------------------------------------- */

static double now_ns(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Allocates and frees beside `standing` live objects of log-uniform size, most bytes at most; ns a pair, the best of
 * five. With `churn`, the object freed is a random one of those standing; without, the one just made. */
static double pair_ns(uint32_t standing, uint64_t most, bool churn) {
	enum {
		PAIRS = 1 << 20
	};
	random_source source = {42};
	tagged_heap *self = tagged_make(UINT32_MAX / 64 * 64);
	uint32_t *handles = malloc(standing * sizeof(uint32_t)), *sizes = malloc(PAIRS * sizeof(uint32_t));
	uint32_t *picks = malloc(PAIRS * sizeof(uint32_t));
	double least = 1e9;
	if (!handles || !sizes || !picks)
		abort();
	for (uint32_t i = 0; i < standing; i++) {
		uint64_t bytes = random_size(&source, 64, most);
		if (!tagged_allocate(self, granules_of(bytes), align_of(bytes), &handles[i]))
			abort();
	}
	for (uint32_t i = 0; i < PAIRS; i++) {
		sizes[i] = granules_of(random_size(&source, 64, most));
		picks[i] = (uint32_t)(random_next(&source) % standing);
	}
	for (int round = 0; round < 5; round++) {
		double began = now_ns();
		for (uint32_t i = 0; i < PAIRS; i++) {
			uint32_t made =
					pm_heap_allocate(&self->heap, self->nodes, sizes[i], sizes[i] < LARGE_BYTES / 64 ? 1 : PM_HEAP_PAGE);
			uint32_t gone = churn ? handles[picks[i]] : made;
			if (churn)
				handles[picks[i]] = made;
			pm_heap_free(&self->heap, self->nodes, gone);
		}
		double took = (now_ns() - began) / PAIRS;
		if (took < least)
			least = took;
	}
	free(handles), free(sizes), free(picks), tagged_end(self);
	return least;
}

int main(int argc, char **argv) {
	uint32_t seeds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20;
	uint64_t capacity = (argc > 2 ? strtoull(argv[2], NULL, 10) : 8192) << 20;
	uint64_t most = (argc > 3 ? strtoull(argv[3], NULL, 10) : 64) << 20;
	const double chances[] = {0.40, 0.45, 0.48};
	printf("occupancy at the first failure: %u seeds, %llu MiB, objects of 64 B to %llu MiB\n", seeds,
	       (unsigned long long)(capacity >> 20), (unsigned long long)(most >> 20));
	printf("  p     allocator  median   minimum  maximum\n");
	for (size_t i = 0; i < sizeof chances / sizeof *chances; i++) {
		workload work = {capacity, most, chances[i]};
		occupancy_row(&work, seeds);
	}
	printf("\nan allocate and a free, ns (best of 5 times 2^20)\n");
	printf("  64 B, freed at once                             %6.1f\n", pair_ns(1000, 64, false));
	printf("  64 B, a random one of 50,000                    %6.1f\n", pair_ns(50000, 64, true));
	printf("  64 B to 4 KiB, a random one of 50,000           %6.1f\n", pair_ns(50000, 4096, true));
	printf("  64 B to 64 MiB, a random one of 2,000           %6.1f\n", pair_ns(2000, 64u << 20, true));
	return 0;
}
