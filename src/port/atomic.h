/* SPDX-License-Identifier: MIT */
/* Atomic words: the compiler's own, or the port's lock where it would call a library. */
#ifndef PAWL_PORT_ATOMIC_H
#define PAWL_PORT_ATOMIC_H

#include "port/port.h"

/*
 * One core without read-modify-write instructions: a plain access is whole, anything more goes
 * under the interrupt lock.
 */
#if defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_atomic))
#define PAWL_ATOMIC_BY_LOCK 1
#else
#define PAWL_ATOMIC_BY_LOCK 0
#endif

#if PAWL_ATOMIC_BY_LOCK

static inline uint32_t pawl_load(const uint32_t *p)
{
	uint32_t v = *(const volatile uint32_t *)p;

	__asm__ volatile("" ::: "memory");
	return v;
}

static inline void pawl_store(uint32_t *p, uint32_t v)
{
	__asm__ volatile("" ::: "memory");
	*(volatile uint32_t *)p = v;
}

static inline bool pawl_cas(uint32_t *p, uint32_t *expected, uint32_t v)
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

static inline uint32_t pawl_fetch_xor(uint32_t *p, uint32_t v)
{
	uint32_t seen = pawl_load(p);

	while (!pawl_cas(p, &seen, seen ^ v)) {}
	return seen;
}

static inline uint32_t pawl_fetch_or(uint32_t *p, uint32_t v)
{
	uint32_t seen = pawl_load(p);

	while (!pawl_cas(p, &seen, seen | v)) {}
	return seen;
}

static inline uint32_t pawl_fetch_and(uint32_t *p, uint32_t v)
{
	uint32_t seen = pawl_load(p);

	while (!pawl_cas(p, &seen, seen & v)) {}
	return seen;
}

static inline uint32_t pawl_fetch_add(uint32_t *p, uint32_t v)
{
	uint32_t seen = pawl_load(p);

	while (!pawl_cas(p, &seen, seen + v)) {}
	return seen;
}

static inline uintptr_t pawl_load_ptr(const uintptr_t *p)
{
	return *(const volatile uintptr_t *)p;
}

static inline void pawl_store_ptr(uintptr_t *p, uintptr_t v)
{
	*(volatile uintptr_t *)p = v;
}

#else

/* Sees what was written before the store that it reads. */
static inline uint32_t pawl_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void pawl_store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

/* When it fails, `*expected` is what was seen instead. */
static inline bool pawl_cas(uint32_t *p, uint32_t *expected, uint32_t v)
{
	return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

static inline uint32_t pawl_fetch_xor(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_xor(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t pawl_fetch_or(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t pawl_fetch_and(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_and(p, v, __ATOMIC_ACQ_REL);
}

static inline uint32_t pawl_fetch_add(uint32_t *p, uint32_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}

static inline uintptr_t pawl_load_ptr(const uintptr_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void pawl_store_ptr(uintptr_t *p, uintptr_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

#endif

#endif
