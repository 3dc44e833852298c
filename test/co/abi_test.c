/* SPDX-License-Identifier: MIT */
/* What a machine's calls promise holds on stacks of their own, on hosts and on boards. */
#include "abi_hold.h"

#include <kit.h>
#include <pawl/co.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>

#if PAWL_LARGE_
#include <stdarg.h>
#include <stdio.h>
#endif
#if defined(__x86_64__) || defined(__aarch64__) || defined(__i386__)
#if PAWL_LARGE_
#define UNWINDS 1
#include <unwind.h>
#endif
#endif

/* On boards the memory is the program's. */
#if PAWL_LARGE_
#define STACKS(i) NULL
#else
static char memory[2][1536] PAWL_ALIGNED_(16);
static const pawl_stack_options stacks[2] = {
	{ .memory = memory[0], .size = sizeof memory[0], .paint = true },
	{ .memory = memory[1], .size = sizeof memory[1], .paint = true },
};
#define STACKS(i) (&stacks[i])
#endif

static void fill(struct abi *a, unsigned seed)
{
	unsigned i;

	for (i = 0; i < ABI_SLOTS; i++) {
		a->in[i] = (uintptr_t)seed * 0x01010101u + i;
		a->out[i] = 0;
		a->fp_in[i] = (double)(seed * 100 + i);
		a->fp_out[i] = 0;
	}
}

static void check_kept(const struct abi *a)
{
	CHECK_MEM(a->out, a->in, ABI_INTS * sizeof a->in[0]);
	CHECK_MEM(a->fp_out, a->fp_in, ABI_FPS * sizeof a->fp_in[0]);
}

static void ask(void *g)
{
	void *v = NULL;

	CHECK_INT(pawl_next(g, &v), 0);
}

static void answer(void *g)
{
	CHECK_INT(pawl_yield(g, g), 0);
}

enum { ROUNDS = 4 };

static int holder(pawl_gen *g)
{
	struct abi a;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		fill(&a, 0x40 + i);
		abi_hold(&a, answer, g);
		check_kept(&a);
	}
	return 0;
}

/* Both sides hold other values in every register that a call keeps. */
TEST(registers_are_kept_on_both_sides)
{
	struct abi a;
	pawl_gen g;
	void *v;
	unsigned i;

	pawl_gen_init_with(&g, holder, NULL, STACKS(0));
	for (i = 0; i < ROUNDS; i++) {
		fill(&a, 0x20 + i);
		abi_hold(&a, ask, &g);
		check_kept(&a);
	}
	CHECK_INT(pawl_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int panics_full(pawl_gen *g)
{
	struct abi a;

	fill(&a, 0x60);
	abi_hold(&a, answer, g);
	pawl_panic("with full registers");
}

static void ask_for_panic(void *g)
{
	void *v;

	CHECK_INT(pawl_next(g, &v), PAWL_EPANIC);
}

/* Who asks a generator that panics has its own back. */
TEST(registers_are_kept_over_a_panic)
{
	struct abi a;
	pawl_gen g;

	pawl_gen_init_with(&g, panics_full, NULL, STACKS(0));
	ask(&g);
	fill(&a, 0x21);
	abi_hold(&a, ask_for_panic, &g);
	check_kept(&a);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

#if PAWL_LARGE_
static int overruns(int n)
{
	volatile char b[256];

	b[0] = (char)n;
	return n < 0 ? b[0] : overruns(n + 1) + b[0];
}

static int overruns_full(pawl_gen *g)
{
	struct abi a;

	fill(&a, 0x61);
	abi_hold(&a, answer, g);
	return overruns(0);
}

static void ask_for_overrun(void *g)
{
	void *v;

	CHECK_INT(pawl_next(g, &v), PAWL_ESTACK);
}

TEST(registers_are_kept_over_an_overrun)
{
	struct abi a;
	pawl_gen g;

	pawl_gen_init(&g, overruns_full, NULL);
	ask(&g);
	fill(&a, 0x22);
	abi_hold(&a, ask_for_overrun, &g);
	check_kept(&a);
	CHECK_INT(pawl_gen_fini(&g), 0);
}
#endif

/* What is said to be aligned is, in a first function and below it. */
static uintptr_t hidden(const volatile void *p)
{
	uintptr_t n = (uintptr_t)p;

	__asm__ volatile("" : "+r"(n));
	return n;
}

#if defined(__arm__)
#define ALIGNMENT 8
#else
#define ALIGNMENT 16
#endif

__attribute__((noinline)) static unsigned misaligned(int depth)
{
	volatile char room[3] = { 0 };
	volatile char aligned[ALIGNMENT] PAWL_ALIGNED_(ALIGNMENT) = { 0 };
	unsigned n = hidden(aligned) % ALIGNMENT != 0;

	return depth ? n + misaligned(depth - 1) + (unsigned)room[2] : n;
}

static int aligns(pawl_gen *g)
{
	static unsigned n;

	n = misaligned(5);
	return pawl_yield(g, &n);
}

TEST(frames_are_aligned)
{
	pawl_gen g;
	void *v = NULL;

	pawl_gen_init_with(&g, aligns, NULL, STACKS(0));
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_UINT(*(unsigned *)v, 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

struct rounder {
	pawl_task task;
	pawl_co co;
	int way, polls;
};

static int rounds(pawl_co *co)
{
	struct rounder *r = PAWL_OF(co, struct rounder, co);
	volatile float third = 1; /* small units know no more */

	CHECK_INT(abi_rounding(), 0);
	abi_set_rounding(r->way);
	while (r->polls++ < 3) {
		third = 1 / (third + 2);
		pawl_wake(&r->task);
		pawl_co_suspend(co);
		CHECK_INT(abi_rounding(), r->way);
	}
	return 0;
}

/* Two coroutines that round differently, on a thread that rounds to the nearest. */
TEST(a_coroutine_keeps_its_modes)
{
	struct rounder a = { .way = ABI_MODES }, b = { .way = ABI_MODES * 2 };
	int outcome = 1;
	pawl_local l;

	pawl_local_init(&l);
	abi_forget_inexact();
	CHECK_INT(pawl_co_spawn_with(pawl_local_exec(&l), &a, rounds, NULL, STACKS(0)), 0);
	CHECK_INT(pawl_co_spawn_with(pawl_local_exec(&l), &b, rounds, NULL, STACKS(1)), 0);
	while (!pawl_task_is_finished(&a.task) || !pawl_task_is_finished(&b.task)) {
		pawl_local_run(&l);
		CHECK_INT(abi_rounding(), 0);
	}
	CHECK_INT(a.polls + b.polls, 8);
	/* What was noted is the thread's. */
	CHECK_INT(abi_is_inexact(), ABI_NOTES);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &a.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &b.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_local_fini(&l);
}

static int rounds_for_all(pawl_gen *g)
{
	abi_set_rounding(ABI_MODES);
	return pawl_yield(g, g);
}

TEST(a_generator_shares_its_modes)
{
	pawl_gen g;
	void *v;

	pawl_gen_init_with(&g, rounds_for_all, NULL, STACKS(0));
	CHECK_INT(abi_rounding(), 0);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_INT(abi_rounding(), ABI_MODES);
	abi_set_rounding(0);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

#if PAWL_LARGE_
__attribute__((noinline, format(printf, 3, 4))) static int print(char *buf, size_t size,
								 const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf, size, format, args);
	va_end(args);
	return n;
}

static int prints(pawl_gen *g)
{
	static char text[80];
	long double third = 1.0L / 3;

	print(text, sizeof text, "%d %.3f %.3Lf %s %lld %.1f", 1, 2.5, third, "x", -5ll, 0.5);
	return pawl_yield(g, text);
}

TEST(libc_prints_on_it)
{
	pawl_gen g;
	void *v = NULL;

	pawl_gen_init(&g, prints, NULL);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_STR(v, "1 2.500 0.333 x -5 0.5");
	CHECK_INT(pawl_gen_fini(&g), 0);
}
#endif

#if defined(UNWINDS)
static _Unwind_Reason_Code count_frame(struct _Unwind_Context *c, void *arg)
{
	(void)c;
	return ++*(int *)arg < 50 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static int unwinds(pawl_gen *g)
{
	static int frames;

	CHECK_INT(_Unwind_Backtrace(count_frame, &frames), _URC_END_OF_STACK);
	return pawl_yield(g, &frames);
}

/* This function and what called it: there is nothing above. */
TEST(unwinding_ends_at_its_entry)
{
	pawl_gen g;
	void *v = NULL;

	pawl_gen_init(&g, unwinds, NULL);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK(*(int *)v >= 1 && *(int *)v <= 3);
	CHECK_INT(pawl_gen_fini(&g), 0);
}
#endif

static const struct kit_case cases[] = {
	CASE(registers_are_kept_on_both_sides),
	CASE(registers_are_kept_over_a_panic),
	CASE(frames_are_aligned),
	CASE(a_coroutine_keeps_its_modes),
	CASE(a_generator_shares_its_modes),
#if PAWL_LARGE_
	CASE(registers_are_kept_over_an_overrun),
	CASE(libc_prints_on_it),
#endif
#if defined(UNWINDS)
	CASE(unwinding_ends_at_its_entry),
#endif
};

KIT_MAIN(cases)
