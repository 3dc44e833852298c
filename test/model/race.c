/* SPDX-License-Identifier: MIT */
/* What -fsanitize=thread calls: atomic accesses are steps, plain ones must be in order. */
#include "inner.h"
#include "redirect.h"

#include <stdio.h>
#include <string.h>

#define CELLS_MAX 8192 /* a power of two */

typedef uint32_t clock_of[MODEL_ACTORS];

/* Eight bytes of memory: when each actor touched them last, by the actor's own clock. */
struct cell {
	uintptr_t at;
	uint32_t run;
	uint8_t wrote_by[8];
	uint32_t wrote[8];
	clock_of read[8];
	clock_of atomic_wrote[2], atomic_read[2]; /* each half */
	clock_of given[2];                        /* what a store released with the value */
};

static struct cell cells[CELLS_MAX];
static uint32_t run;

/* What each actor knows of the others; what it read without acquiring; its last release fence. */
static clock_of known[MODEL_ACTORS], unfenced[MODEL_ACTORS], fence[MODEL_ACTORS];

struct seen model_seen[MODEL_ACTORS + 1];

enum order { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

static bool acquires(int order)
{
	return order == CONSUME || order == ACQUIRE || order >= ACQ_REL;
}

static bool releases(int order)
{
	return order >= RELEASE;
}

void model_race_begin(void)
{
	int a;

	run++;
	memset(known, 0, sizeof known);
	memset(unfenced, 0, sizeof unfenced);
	memset(fence, 0, sizeof fence);
	for (a = 0; a < MODEL_ACTORS; a++)
		known[a][a] = 1;
}

static bool is_watched(void)
{
	return model_self != MODEL_MAIN_ACTOR && model_is_running();
}

static struct cell *cell_at(uintptr_t word)
{
	size_t i = (word ^ word >> 11) & (CELLS_MAX - 1);
	size_t n;

	for (n = 0; n < CELLS_MAX; n++, i = (i + 1) & (CELLS_MAX - 1)) {
		struct cell *c = &cells[i];

		if (c->run != run) {
			memset(c, 0, sizeof *c);
			c->at = word;
			c->run = run;
			return c;
		}
		if (c->at == word)
			return c;
	}
	model_fail(__FILE__, __LINE__, "the model touches too much memory");
}

static void join(uint32_t *into, const uint32_t *from)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++)
		if (from[a] > into[a])
			into[a] = from[a];
}

static _Noreturn void race(const void *at, const char *one, int other, const void *pc)
{
	static char what[160];

	snprintf(what, sizeof what, "data race at %p: actor %d's %s (code at 0x%lx) and actor %d",
		 at, model_self, one, model_code_offset(pc), other);
	model_fail(__FILE__, __LINE__, what);
}

/* Who among the others did it at a time that this actor does not know of; -1: nobody. */
static int unordered(const uint32_t *when)
{
	int a;

	for (a = 0; a < MODEL_ACTORS; a++)
		if (a != model_self && when[a] > known[model_self][a])
			return a;
	return -1;
}

static int unordered_write(const struct cell *c, unsigned byte)
{
	int by = c->wrote_by[byte];

	return c->wrote[byte] && by != model_self && c->wrote[byte] > known[model_self][by] ? by
											    : -1;
}

static void plain_byte(uintptr_t at, bool is_write, const void *pc)
{
	struct cell *c = cell_at(at >> 3);
	unsigned byte = at & 7;
	const char *what = is_write ? "write" : "read";
	int a;

	if ((a = unordered_write(c, byte)) >= 0 || (a = unordered(c->atomic_wrote[byte >> 2])) >= 0)
		race((void *)at, what, a, pc);
	if (!is_write) {
		c->read[byte][model_self] = known[model_self][model_self];
		return;
	}
	if ((a = unordered(c->read[byte])) >= 0 || (a = unordered(c->atomic_read[byte >> 2])) >= 0)
		race((void *)at, what, a, pc);
	c->wrote_by[byte] = (uint8_t)model_self;
	c->wrote[byte] = known[model_self][model_self];
}

static void plain(const void *at, size_t size, bool is_write, const void *pc)
{
	size_t i;

	if (!is_watched() || model_is_own(at))
		return;
	for (i = 0; i < size; i++)
		plain_byte((uintptr_t)at + i, is_write, pc);
}

static void atomic_byte(uintptr_t at, bool is_write, const void *pc)
{
	struct cell *c = cell_at(at >> 3);
	int a = unordered_write(c, at & 7);

	if (a < 0 && is_write)
		a = unordered(c->read[at & 7]);
	if (a >= 0)
		race((void *)at, is_write ? "atomic write" : "atomic read", a, pc);
	if (is_write)
		c->atomic_wrote[at >> 2 & 1][model_self] = known[model_self][model_self];
	else
		c->atomic_read[at >> 2 & 1][model_self] = known[model_self][model_self];
}

/* An atomic access: first it is this actor's turn. False: nobody is looking. */
static bool atomic(const volatile void *at, size_t size, bool is_write, const char *what,
		   const void *pc)
{
	size_t i;

	if (!is_watched())
		return false;
	if (!model_point(
		    (struct op){ .at = WORD_OF(at), .is_write = is_write, .what = what, .pc = pc }))
		return false;
	for (i = 0; i < size; i++)
		atomic_byte((uintptr_t)at + i, is_write, pc);
	return true;
}

static void take_half(struct cell *c, unsigned half, int order)
{
	join(acquires(order) ? known[model_self] : unfenced[model_self], c->given[half]);
}

static void give_half(struct cell *c, unsigned half, int order, bool is_change)
{
	if (!is_change)
		memset(c->given[half], 0, sizeof(clock_of));
	join(c->given[half], releases(order) ? known[model_self] : fence[model_self]);
}

static void halves(const volatile void *at, size_t size, unsigned *ret_from, unsigned *ret_to)
{
	*ret_from = (uintptr_t)at >> 2 & 1;
	*ret_to = size > 4 ? 1 : *ret_from;
}

static void taken(const volatile void *at, size_t size, int order)
{
	struct cell *c = cell_at(WORD_OF(at));
	unsigned h, to;

	for (halves(at, size, &h, &to); h <= to; h++)
		take_half(c, h, order);
}

static void given(const volatile void *at, size_t size, int order, bool is_change)
{
	struct cell *c = cell_at(WORD_OF(at));
	unsigned h, to;

	for (halves(at, size, &h, &to); h <= to; h++)
		give_half(c, h, order, is_change);
	if (releases(order))
		known[model_self][model_self]++;
}

void model_give(const void *of)
{
	struct cell *c = cell_at(LOCK_OF(of));

	if (!is_watched())
		return;
	join(c->given[0], known[model_self]);
	known[model_self][model_self]++;
}

void model_take(const void *of)
{
	if (is_watched())
		join(known[model_self], cell_at(LOCK_OF(of))->given[0]);
}

void model_scribble(void *at, size_t size)
{
	plain(at, size, true, __builtin_return_address(0));
	memset(at, 0xdb, size);
}

void *model_memset(void *at, int byte, size_t size)
{
	plain(at, size, true, __builtin_return_address(0));
	return memset(at, byte, size);
}

void *model_memcpy(void *to, const void *from, size_t size)
{
	plain(from, size, false, __builtin_return_address(0));
	plain(to, size, true, __builtin_return_address(0));
	return memcpy(to, from, size);
}

/* What the compiler calls. */

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

#define PLAIN(name, n, w)             \
	void __tsan_##name(void *at); \
	void __tsan_##name(void *at)  \
	{                             \
		plain(at, n, w, PC);  \
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
	plain(at, size, false, PC);
}

void __tsan_write_range(void *at, unsigned long size);
void __tsan_write_range(void *at, unsigned long size)
{
	plain(at, size, true, PC);
}

#define LOAD(n, type)                                                        \
	type __tsan_atomic##n##_load(const volatile type *at, int order);    \
	type __tsan_atomic##n##_load(const volatile type *at, int order)     \
	{                                                                    \
		if (atomic(at, sizeof(type), false, "load", PC))             \
			taken(at, sizeof(type), order);                      \
		model_seen[model_self] = (struct seen){ at, (uint32_t)*at }; \
		return *at;                                                  \
	}
#define STORE(n, type)                                                       \
	void __tsan_atomic##n##_store(volatile type *at, type v, int order); \
	void __tsan_atomic##n##_store(volatile type *at, type v, int order)  \
	{                                                                    \
		if (atomic(at, sizeof(type), true, "store", PC))             \
			given(at, sizeof(type), order, false);               \
		*at = v;                                                     \
	}
#define CHANGE(n, type, name, expression)                                     \
	type __tsan_atomic##n##_##name(volatile type *at, type v, int order); \
	type __tsan_atomic##n##_##name(volatile type *at, type v, int order)  \
	{                                                                     \
		type old;                                                     \
                                                                              \
		if (atomic(at, sizeof(type), true, #name, PC)) {              \
			taken(at, sizeof(type), order);                       \
			given(at, sizeof(type), order, true);                 \
		}                                                             \
		old = *at;                                                    \
		*at = (type)(expression);                                     \
		return old;                                                   \
	}
/* One that fails is a load. */
#define SWAP(n, type, name)                                                                       \
	int __tsan_atomic##n##_compare_exchange_##name(volatile type *at, type *expected, type v, \
						       int order, int failed);                    \
	int __tsan_atomic##n##_compare_exchange_##name(volatile type *at, type *expected, type v, \
						       int order, int failed)                     \
	{                                                                                         \
		bool is_watching = atomic(at, sizeof(type), true, "compare", PC);                 \
		type old = *at;                                                                   \
		bool is_same = old == *expected;                                                  \
                                                                                                  \
		if (is_watching)                                                                  \
			taken(at, sizeof(type), is_same ? order : failed);                        \
		if (is_watching && is_same)                                                       \
			given(at, sizeof(type), order, true);                                     \
		*expected = old;                                                                  \
		if (is_same)                                                                      \
			*at = v;                                                                  \
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
	if (!is_watched())
		return;
	if (acquires(order))
		join(known[model_self], unfenced[model_self]);
	if (releases(order)) {
		memcpy(fence[model_self], known[model_self], sizeof(clock_of));
		known[model_self][model_self]++;
	}
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}
