/* atomic.h - the few atomic operations the core uses, on plain fields of mapped memory.
 *
 * C11's _Atomic says nothing about memory shared between processes; lock-free word operations on it are address-free on every
 * target we support, and the builtins work on the plain integers of layout.h. */
#ifndef PM_ATOMIC_H
#define PM_ATOMIC_H

#include <stdint.h>

#define pm_load(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define pm_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define pm_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define pm_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define pm_exchange(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define pm_or(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define pm_and(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define pm_add(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define pm_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* The same right behind an exchange, which is one by itself on x64. */
#ifdef __x86_64__
#define pm_fence_after_exchange() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#else
#define pm_fence_after_exchange() pm_fence()
#endif
#define pm_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define pm_fence_release() \
	__atomic_thread_fence(__ATOMIC_RELEASE) /* what was stored is seen before what is stored from here on */
#define pm_cas(p, expected, desired) \
	__atomic_compare_exchange_n((p), (expected), (desired), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

static inline void pm_relax(void) {
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
