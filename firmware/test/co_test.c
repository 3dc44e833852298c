/* SPDX-License-Identifier: MIT */
/* Tests of coroutines and generators on boards: stacks of the program, and interrupts on them. */
#include "fix.h"

#include <pawl/co.h>
#include <pawl/gen.h>

#define ROOM 1024

static char memory[3][ROOM] PAWL_ALIGNED_(16);

static pawl_stack_options stack_in(unsigned i)
{
	return (pawl_stack_options){ .memory = memory[i], .size = ROOM, .paint = true };
}

PAWL_GEN(ints, int);

static int count(pawl_gen *g)
{
	for (int i = 0; i < *(int *)g->arg; i++)
		if (ints_yield(g, i) < 0)
			return PAWL_ECANCELED;
	return 0;
}

TEST(values_come_in_order)
{
	pawl_stack_options stack = stack_in(0);
	int limit = 5, v = -1;
	size_t used = 0;
	pawl_gen g;

	pawl_gen_init_with(&g, count, &limit, &stack);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(ints_next(&g, &v), 0);
		CHECK_INT(v, i);
	}
	CHECK_INT(pawl_stack_high_water(pawl_gen_stack(&g), &used), 0);
	CHECK(used > 0 && used < ROOM / 2);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* There are no stacks but those that the program brings. */
TEST(without_memory_there_is_no_stack)
{
	pawl_stack_options small = { .memory = memory[0], .size = PAWL_STACK_SIZE_MIN - 1 };
	int limit = 1, v;
	pawl_gen g;

	pawl_gen_init(&g, count, &limit);
	CHECK_INT(ints_next(&g, &v), PAWL_ENOMEM);
	CHECK_INT(pawl_gen_fini(&g), 0);
	pawl_gen_init_with(&g, count, &limit, &small);
	CHECK_INT(ints_next(&g, &v), PAWL_EINVAL);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

struct napper {
	pawl_task task;
	pawl_co co;
	unsigned naps;
	bool panics;
};

static struct napper nappers[2];

static int nap(pawl_co *co, pawl_time time)
{
	int r;

	PAWL_CO_AWAIT(co, r, pawl_sleep(pawl_co_task(co), time));
	return r;
}

static int naps(pawl_co *co)
{
	struct napper *n = PAWL_OF(co, struct napper, co);
	int r = 0;

	while (r == 0 && n->naps < 5) {
		r = nap(co, PAWL_MS(1));
		n->naps++;
		if (n->panics)
			pawl_panic("after a nap");
	}
	return r;
}

static void start(unsigned i, enum fix_level level, pawl_co_fn *fn)
{
	pawl_stack_options stack = stack_in(i);

	CHECK_INT(pawl_co_spawn_with(fix_exec(level), &nappers[i], fn, NULL, &stack), 0);
}

/* On a thread, and in interrupts of two priorities. */
TEST(it_waits_at_a_depth)
{
	nappers[0] = (struct napper){ .naps = 0 };
	start(0, (enum fix_level)param, naps);
	CHECK_INT(fix_join(&nappers[0].task), 0);
	CHECK_UINT(nappers[0].naps, 5);
}

TEST(a_panic_ends_it_alone)
{
	nappers[0] = (struct napper){ .panics = true };
	nappers[1] = (struct napper){ .naps = 0 };
	start(0, (enum fix_level)param, naps);
	start(1, (enum fix_level)param, naps);
	CHECK_INT(fix_join(&nappers[0].task), PAWL_EPANIC);
	CHECK_INT(fix_join(&nappers[1].task), 0);
	CHECK_UINT(nappers[0].naps, 1);
	CHECK_UINT(nappers[1].naps, 5);
}

/* Enough values at once to need all registers of a floating-point unit. */
static float compute(float seed, unsigned rounds)
{
	float v[16];

	for (unsigned i = 0; i < PAWL_COUNT(v); i++)
		v[i] = seed + (float)i;
	for (unsigned n = 0; n < rounds; n++)
		for (unsigned i = 0; i < PAWL_COUNT(v); i++)
			v[i] = v[i] * 0.75f + v[(i + 7) % PAWL_COUNT(v)] * 0.25f;
	for (unsigned i = 1; i < PAWL_COUNT(v); i++)
		v[0] += v[i];
	return v[0];
}

static volatile unsigned interrupts;
static volatile bool is_over;
static float want[2];

static void interrupt(void)
{
	interrupts = interrupts + 1;
	pawl_wake(&nappers[1].task);
}

/* It computes on its stack while interrupts come, which lie there, too. */
static int computes(pawl_co *co)
{
	struct napper *n = PAWL_OF(co, struct napper, co);

	for (n->naps = 0; n->naps < 40; n->naps++) {
		fix_sensor_at(pawl_port_now() + PAWL_US(23) * n->naps);
		if (compute(1, 10) != want[0])
			return PAWL_EINVAL;
		pawl_wake(&n->task);
		pawl_co_suspend(co);
	}
	return 0;
}

/* Another one, in an interrupt, computes on its own. */
static int computes_above(pawl_co *co)
{
	struct napper *n = PAWL_OF(co, struct napper, co);

	while (!is_over) {
		if (compute(2, 2) != want[1])
			return PAWL_EINVAL;
		n->naps++;
		pawl_co_suspend(co);
	}
	return 0;
}

TEST(interrupts_may_come_while_it_runs)
{
	size_t used = 0;

	want[0] = compute(1, 10);
	want[1] = compute(2, 2);
	nappers[0] = nappers[1] = (struct napper){ .naps = 0 };
	interrupts = 0;
	is_over = false;
	start(1, (enum fix_level)param, computes_above);
	fix_on_sensor = interrupt;
	start(0, FIX_THREAD, computes);
	CHECK_INT(fix_join(&nappers[0].task), 0);
	fix_on_sensor = NULL;
	CHECK(interrupts > 20);
	CHECK(nappers[1].naps > interrupts / 2);
	CHECK_INT(pawl_stack_high_water(pawl_co_stack(&nappers[1].co), &used), 0);
	CHECK(used > 0 && used < ROOM);
	is_over = true;
	pawl_wake(&nappers[1].task);
	CHECK_INT(fix_join(&nappers[1].task), 0);
}

static const struct kit_case cases[] = {
	CASE(values_come_in_order),
	CASE(without_memory_there_is_no_stack),
	CASE_N(it_waits_at_a_depth, FIX_THREAD),
	CASE_N(it_waits_at_a_depth, FIX_MID),
	CASE_N(it_waits_at_a_depth, FIX_HIGH),
	CASE_N(a_panic_ends_it_alone, FIX_THREAD),
	CASE_N(a_panic_ends_it_alone, FIX_MID),
	CASE_N(a_panic_ends_it_alone, FIX_HIGH),
	CASE_N(interrupts_may_come_while_it_runs, FIX_MID),
	CASE_N(interrupts_may_come_while_it_runs, FIX_HIGH),
};

KIT_MAIN(cases)
