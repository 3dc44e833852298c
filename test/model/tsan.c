/* SPDX-License-Identifier: MIT */
/* What the compiler calls for each access, as it does for its thread sanitizer. */
#include "inner.h"
#include "redirect.h"

#define PC __builtin_return_address(0)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

#define PLAIN(name, n, w)                  \
	void __tsan_##name(void *at);      \
	void __tsan_##name(void *at)       \
	{                                  \
		model_plain(at, n, w, PC); \
	}
#define PLAINS(n)                          \
	PLAIN(read##n, n, false)           \
	PLAIN(write##n, n, true)           \
	PLAIN(unaligned_read##n, n, false) \
	PLAIN(unaligned_write##n, n, true) \
	PLAIN(volatile_read##n, n, false)  \
	PLAIN(volatile_write##n, n, true)
PLAINS(1)
PLAINS(2)
PLAINS(4)
PLAINS(8)
PLAINS(16)

void __tsan_read_range(void *at, unsigned long size);
void __tsan_read_range(void *at, unsigned long size)
{
	model_plain(at, size, false, PC);
}

void __tsan_write_range(void *at, unsigned long size);
void __tsan_write_range(void *at, unsigned long size)
{
	model_plain(at, size, true, PC);
}

#define LOAD(n, type)                                                             \
	type __tsan_atomic##n##_load(const volatile type *at, int order);         \
	type __tsan_atomic##n##_load(const volatile type *at, int order)          \
	{                                                                         \
		struct access x = { at, sizeof(type), order, order, "load", PC }; \
		type v = (type)(model_access(&x, false) ? model_read(&x) : *at);  \
                                                                                  \
		model_seen[model_self] = (struct seen){ at, (uint32_t)v };        \
		return v;                                                         \
	}
#define STORE(n, type)                                                             \
	void __tsan_atomic##n##_store(volatile type *at, type v, int order);       \
	void __tsan_atomic##n##_store(volatile type *at, type v, int order)        \
	{                                                                          \
		struct access x = { at, sizeof(type), order, order, "store", PC }; \
                                                                                   \
		if (!model_access(&x, true) || model_write(&x, v))                 \
			*at = v;                                                   \
	}
#define CHANGE(n, type, name, expression)                                        \
	type __tsan_atomic##n##_##name(volatile type *at, type v, int order);    \
	type __tsan_atomic##n##_##name(volatile type *at, type v, int order)     \
	{                                                                        \
		struct access x = { at, sizeof(type), order, order, #name, PC }; \
		bool is_watched = model_access(&x, true);                        \
		type old = (type)(is_watched ? model_change(&x, NULL) : *at);    \
		type new = (type)(expression);                                   \
                                                                                 \
		if (!is_watched || model_changed(&x, new))                       \
			*at = new;                                               \
		return old;                                                      \
	}
/* One that fails is a load. */
#define SWAP(n, type, name)                                                                       \
	int __tsan_atomic##n##_compare_exchange_##name(volatile type *at, type *expected, type v, \
						       int order, int failed);                    \
	int __tsan_atomic##n##_compare_exchange_##name(volatile type *at, type *expected, type v, \
						       int order, int failed)                     \
	{                                                                                         \
		struct access x = { at, sizeof(type), order, failed, "compare", PC };             \
		uint64_t wanted = *expected;                                                      \
		bool is_watched = model_access(&x, true);                                         \
		type old = (type)(is_watched ? model_change(&x, &wanted) : *at);                  \
		bool is_same = old == *expected;                                                  \
                                                                                                  \
		if (is_same && (!is_watched || model_changed(&x, v)))                             \
			*at = v;                                                                  \
		*expected = old;                                                                  \
		return is_same;                                                                   \
	}
/* The other compiler's form. */
#define SWAP_VALUE(n, type)                                                                    \
	type __tsan_atomic##n##_compare_exchange_val(volatile type *at, type expected, type v, \
						     int order, int failed);                   \
	type __tsan_atomic##n##_compare_exchange_val(volatile type *at, type expected, type v, \
						     int order, int failed)                    \
	{                                                                                      \
		__tsan_atomic##n##_compare_exchange_strong(at, &expected, v, order, failed);   \
		return expected;                                                               \
	}

#define ATOMICS(n, type)                    \
	LOAD(n, type)                       \
	STORE(n, type)                      \
	CHANGE(n, type, exchange, v)        \
	CHANGE(n, type, fetch_add, old + v) \
	CHANGE(n, type, fetch_sub, old - v) \
	CHANGE(n, type, fetch_and, old &v)  \
	CHANGE(n, type, fetch_or, old | v)  \
	CHANGE(n, type, fetch_xor, old ^ v) \
	SWAP(n, type, strong)               \
	SWAP(n, type, weak)                 \
	SWAP_VALUE(n, type)
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

void *__tsan_memset(void *at, int byte, unsigned long size);
void *__tsan_memset(void *at, int byte, unsigned long size)
{
	return model_memset(at, byte, size);
}

void *__tsan_memcpy(void *to, const void *from, unsigned long size);
void *__tsan_memcpy(void *to, const void *from, unsigned long size)
{
	return model_memcpy(to, from, size);
}

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	model_fence(order, PC);
}

/* For the compiler alone. */
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}
