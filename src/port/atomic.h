/* SPDX-License-Identifier: MIT */
/* Atomic words: the compiler's own, or the port's lock where it would call a library. */
#ifndef PAWL_PORT_ATOMIC_H
#define PAWL_PORT_ATOMIC_H

#include "port/port.h"

/*
 * One core and no operating system: a plain access is whole, and anything more goes under the
 * interrupt lock, which costs less than exclusive accesses and barriers. A port of your own for
 * several cores says PAWL_ONE_CORE=0.
 */
#ifndef PAWL_ONE_CORE
#if !defined(__linux__) && !defined(__FreeBSD__) && \
	((defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') || defined(__riscv))
#define PAWL_ONE_CORE 1
#else
#define PAWL_ONE_CORE 0
#endif
#endif

/*
 * For what runs with each poll: inline, also where the compiler looks for the smallest code. What
 * looks at variables of the thread is never part of a function that is left for another stack:
 * that one would look at those of the thread on which it began.
 */
#if defined(__GNUC__)
#define PAWL_FLAT_ static inline __attribute__((always_inline))
#define PAWL_APART_ static __attribute__((noinline))
#define PAWL_OF_THREAD_ __attribute__((noinline))
#else
#define PAWL_FLAT_ static inline
#define PAWL_APART_ static
#define PAWL_OF_THREAD_
#endif

#if defined(__SANITIZE_THREAD__)
#define PAWL_TSAN_ 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PAWL_TSAN_ 1
#endif
#endif

#if PAWL_ONE_CORE

PAWL_FLAT_ uint32_t pawl_load(const uint32_t *p)
{
	uint32_t v = *(const volatile uint32_t *)p;

	__asm__ volatile("" ::: "memory");
	return v;
}

PAWL_FLAT_ void pawl_store(uint32_t *p, uint32_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint32_t *)p = v;
}

PAWL_FLAT_ bool pawl_cas(uint32_t *p, uint32_t *expected, uint32_t v)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t seen = *(volatile uint32_t *)p;
	bool same = seen == *expected;

	if (same)
		*(volatile uint32_t *)p = v;
	pawl_port_unlock(p, was);
	*expected = seen;
	return same;
}

PAWL_FLAT_ uint32_t pawl_fetch_xor(uint32_t *p, uint32_t v)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t seen = *(volatile uint32_t *)p;

	*(volatile uint32_t *)p = seen ^ v;
	pawl_port_unlock(p, was);
	return seen;
}

PAWL_FLAT_ uint32_t pawl_fetch_or(uint32_t *p, uint32_t v)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t seen = *(volatile uint32_t *)p;

	*(volatile uint32_t *)p = seen | v;
	pawl_port_unlock(p, was);
	return seen;
}

PAWL_FLAT_ uint32_t pawl_fetch_and(uint32_t *p, uint32_t v)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t seen = *(volatile uint32_t *)p;

	*(volatile uint32_t *)p = seen & v;
	pawl_port_unlock(p, was);
	return seen;
}

PAWL_FLAT_ uint32_t pawl_fetch_add(uint32_t *p, uint32_t v)
{
	uintptr_t was = pawl_port_lock(p);
	uint32_t seen = *(volatile uint32_t *)p;

	*(volatile uint32_t *)p = seen + v;
	pawl_port_unlock(p, was);
	return seen;
}

PAWL_FLAT_ uintptr_t pawl_load_ptr(const uintptr_t *p)
{
	return *(const volatile uintptr_t *)p;
}

PAWL_FLAT_ void pawl_store_ptr(uintptr_t *p, uintptr_t v)
{
	*(volatile uintptr_t *)p = v;
}

#else

/*
 * Tests build with -DPAWL_ATOMIC_POINT=fn to hear of each shared access just before it happens:
 * they delay it, or let somebody else go first. Every function below begins with its PAWL_POINT_.
 */
#ifdef PAWL_ATOMIC_POINT
enum pawl_point { PAWL_POINT_LOAD, PAWL_POINT_STORE, PAWL_POINT_CHANGE };
void PAWL_ATOMIC_POINT(const void *of, enum pawl_point kind);
#define PAWL_POINT_(of, kind) PAWL_ATOMIC_POINT((of), PAWL_POINT_##kind)
#else
#define PAWL_POINT_(of, kind) ((void)0)
#endif

/* Sees what was written before the store that it reads. */
PAWL_FLAT_ uint32_t pawl_load(const uint32_t *p)
{
	PAWL_POINT_(p, LOAD);
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

PAWL_FLAT_ void pawl_store(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, STORE);
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

/* When it fails, `*expected` is what was seen instead. */
PAWL_FLAT_ bool pawl_cas(uint32_t *p, uint32_t *expected, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

PAWL_FLAT_ uint32_t pawl_fetch_xor(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_fetch_xor(p, v, __ATOMIC_ACQ_REL);
}

PAWL_FLAT_ uint32_t pawl_fetch_or(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL);
}

PAWL_FLAT_ uint32_t pawl_fetch_and(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_fetch_and(p, v, __ATOMIC_ACQ_REL);
}

PAWL_FLAT_ uint32_t pawl_fetch_add(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

PAWL_FLAT_ uintptr_t pawl_load_ptr(const uintptr_t *p)
{
	PAWL_POINT_(p, LOAD);
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

PAWL_FLAT_ void pawl_store_ptr(uintptr_t *p, uintptr_t v)
{
	PAWL_POINT_(p, STORE);
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

PAWL_FLAT_ uintptr_t pawl_exchange_ptr(uintptr_t *p, uintptr_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL);
}

PAWL_FLAT_ bool pawl_cas_ptr(uintptr_t *p, uintptr_t *expected, uintptr_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

PAWL_FLAT_ uint32_t pawl_exchange(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, CHANGE);
	return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL);
}

/* What was written before is seen by whoever reads after a fence of his own what is read after. */
PAWL_FLAT_ void pawl_fence(uint32_t *p)
{
	PAWL_POINT_(p, CHANGE);
#if (defined(__x86_64__) || defined(__i386__) || defined(PAWL_TSAN_)) && !defined(PAWL_PLAIN_FENCE)
	/* Cheaper there than a fence, and known to the sanitizer. */
	__atomic_fetch_add(p, 0, __ATOMIC_SEQ_CST);
#else
	(void)p;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Orders nothing: for what one thread alone writes and others only look at. */
PAWL_FLAT_ uint32_t pawl_peek(const uint32_t *p)
{
	PAWL_POINT_(p, LOAD);
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

PAWL_FLAT_ void pawl_poke(uint32_t *p, uint32_t v)
{
	PAWL_POINT_(p, STORE);
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

#endif

#endif
