/* SPDX-License-Identifier: MIT */
/* A coroutine asks a generator, with nothing but the two files; on hosts a stack runs over. */
#include "pawl.h"

/* Without a system the memory of stacks is the program's. */
#if defined(PAWL_PORT_POSIX)
#define MEMORY(n) NULL
#else
static char memory[2][1536];
#define MEMORY(n) memory[n]
#endif

struct summer {
	pawl_task task;
	pawl_co co;
	int sum;
};

PAWL_GEN(numbers, int);

static int count(pawl_gen *g)
{
	int i, r = 0;

	for (i = 1; r == 0; i++)
		r = numbers_yield(g, i);
	return r;
}

static int add(pawl_co *co)
{
	struct summer *s = PAWL_OF(co, struct summer, co);
	pawl_stack_options options = { .memory = MEMORY(1), .size = MEMORY(1) ? 1536 : 0 };
	pawl_gen g;
	int n, r = 0;

	pawl_gen_init_with(&g, count, NULL, &options);
	while (r == 0 && (r = numbers_next(&g, &n)) == 0 && n <= 4) {
		s->sum += n;
		PAWL_CO_AWAIT(co, r, pawl_task_yield(pawl_co_task(co)));
	}
	return pawl_gen_fini(&g) < 0 || r < 0 ? PAWL_EINVAL : 0;
}

static int run(pawl_co_fn *fn, int *ret_sum)
{
	static struct summer s;
	pawl_stack_options options = { .memory = MEMORY(0), .size = MEMORY(0) ? 1536 : 0 };
	int outcome = 1;

	s.sum = 0;
	pawl_co_spawn_with(pawl_current_executor(), &s, fn, NULL, &options);
	pawl_block_on(pawl_current_executor(), &s.task, &outcome);
	*ret_sum = s.sum;
	return outcome;
}

#if PAWL_PANICS
static int fail(pawl_co *co)
{
	(void)co;
	pawl_panic("as it should");
}
#endif

#if defined(PAWL_PORT_POSIX)
static int fill(int depth)
{
	volatile char frame[256];

	frame[0] = (char)depth;
	return depth ? fill(depth - 1) + frame[0] : 0;
}

static int overrun(pawl_co *co)
{
	(void)co;
	return fill(100000) & 0;
}
#endif

int main(void)
{
	int sum = 0, ignored;

	if (run(add, &sum) != 0 || sum != 10)
		return 1;
#if PAWL_PANICS
	if (run(fail, &ignored) != PAWL_EPANIC)
		return 2;
#endif
#if defined(PAWL_PORT_POSIX)
	if (run(overrun, &ignored) != PAWL_ESTACK || run(overrun, &ignored) != PAWL_ESTACK)
		return 3;
#endif
	(void)ignored;
	return 0;
}
