/* What a row of the table is held against where JavaScript has no such call: copying, touching fresh pages, a call that
 * does nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define API __attribute__((visibility("default")))
#define PAGE 4096u

API int32_t limits_nothing(int32_t a, int32_t b, int32_t c, int32_t d) {
	return a + b + c + d;
}

/* ---- copies of memory that is there --------------------------------------------------------------- */

typedef struct span {
	uint8_t *to;
	const uint8_t *from;
	uint64_t bytes;
} span;

/* Stores that go past the caches; both sides aligned to 16 bytes, the rest by memcpy. */
static void stream(uint8_t *to, const uint8_t *from, uint64_t bytes) {
	uint64_t at = 0;
#if defined(__x86_64__)
	if (((uintptr_t)to & 15) == 0 && ((uintptr_t)from & 15) == 0) {
		for (; at + 64 <= bytes; at += 64) {
			__m128i a = _mm_load_si128((const __m128i *)(from + at));
			__m128i b = _mm_load_si128((const __m128i *)(from + at + 16));
			__m128i c = _mm_load_si128((const __m128i *)(from + at + 32));
			__m128i d = _mm_load_si128((const __m128i *)(from + at + 48));
			_mm_stream_si128((__m128i *)(to + at), a);
			_mm_stream_si128((__m128i *)(to + at + 16), b);
			_mm_stream_si128((__m128i *)(to + at + 32), c);
			_mm_stream_si128((__m128i *)(to + at + 48), d);
		}
		_mm_sfence();
	}
#endif
	memcpy(to + at, from + at, bytes - at);
}

static void *copy_half(void *argument) {
	span *half = argument;
	stream(half->to, half->from, half->bytes);
	return NULL;
}

enum copy {
	COPY_MEMCPY,
	COPY_STREAM,
	COPY_TWO_THREADS
};

API void limits_copy(void *to, const void *from, uint64_t bytes, int32_t how) {
	if (how == COPY_MEMCPY) {
		memcpy(to, from, bytes);
		return;
	}
	uint64_t half = how == COPY_TWO_THREADS ? bytes / 2 & ~63ull : 0;
	span first = {to, from, half};
	pthread_t thread;
	int threaded = half > 0 && pthread_create(&thread, NULL, copy_half, &first) == 0;
	if (!threaded)
		half = 0;
	stream((uint8_t *)to + half, (const uint8_t *)from + half, bytes - half);
	if (threaded)
		pthread_join(thread, NULL);
}

/* ---- fresh pages ------------------------------------------------------------------------------------ */

static uint64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CLOCK_MONOTONIC, which all processes share, in ns; as a double, for it has room for months. */
API double limits_now(void) {
	return (double)now_ns();
}

/* Maps a new file at `path`, touches each of its pages once, or copies `from` into it if there is one, and takes it away again.
 * Returns how long the middle part took, in ns as a double; negative on failure. */
API double limits_fresh(const char *path, const void *from, uint64_t bytes) {
	double took = -1;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return took;
	unlink(path);
	if (ftruncate(fd, (off_t)bytes) == 0) {
		volatile uint8_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at != MAP_FAILED) {
			uint64_t start = now_ns();
			if (from != NULL)
				memcpy((void *)at, from, bytes);
			else
				for (uint64_t i = 0; i < bytes; i += PAGE)
					at[i] = 1;
			took = (double)(now_ns() - start);
			munmap((void *)at, bytes);
		}
	}
	close(fd);
	return took;
}
