/* SPDX-License-Identifier: MIT */
/* What gdb_test.sh looks at: coroutines and generators that are suspended, and some that run. */
#define _GNU_SOURCE
#include <pawl/co.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>

#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone))

/* Whatever comes after a call keeps it from being the last thing that its caller does. */
static volatile int after;

static int stays_forever;

struct one {
	pawl_task task;
	pawl_co co;
	int depth;
};

/* Coroutine, three calls deep. */
APART static int read_byte(pawl_co *co)
{
	int r;

	PAWL_CO_AWAIT(co, r, pawl_sleep(pawl_co_task(co), PAWL_S(3600)));
	after++;
	return r;
}

APART static int read_line(pawl_co *co, int depth)
{
	int r = depth > 0 ? read_line(co, depth - 1) : read_byte(co);

	after++;
	return r;
}

static int reader(pawl_co *co)
{
	int r = read_line(co, PAWL_OF(co, struct one, co)->depth);

	after++;
	return r;
}

/* Generator on top of a coroutine, in which that waits. */
APART static int visit(pawl_gen *g)
{
	int r = read_byte(g->arg);

	after++;
	return r < 0 ? r : pawl_yield(g, g);
}

static int tree(pawl_gen *g)
{
	int r = visit(g);

	after++;
	return r;
}

APART static int next_of(pawl_gen *g)
{
	void *value;
	int r = pawl_next(g, &value);

	after++;
	return r;
}

static int walker(pawl_co *co)
{
	pawl_gen g;
	int r;

	pawl_gen_init(&g, tree, co);
	r = next_of(&g);
	pawl_gen_fini(&g);
	return r;
}

/* Generators, one delegated to by the other. */
APART static int yield_deep(pawl_gen *g)
{
	int r = pawl_yield(g, &stays_forever);

	after++;
	return r;
}

static int leaf(pawl_gen *g)
{
	int r = yield_deep(g);

	after++;
	return r;
}

static int placed(pawl_gen *g)
{
	int r = yield_deep(g);

	after++;
	return r;
}

static int ended(pawl_gen *g)
{
	(void)g;
	return 0;
}

static int trunk(pawl_gen *g)
{
	pawl_gen inner;
	int r;

	pawl_gen_init(&inner, leaf, NULL);
	r = pawl_yield_from(g, &inner);
	pawl_gen_fini(&inner);
	return r;
}

/* One that runs on a thread of its own. */
static sem_t runs;

APART static void hang(void)
{
	sem_post(&runs);
	for (;;)
		pause();
}

static int busy(pawl_gen *g)
{
	(void)g;
	hang();
	after++;
	return 0;
}

static void *other_thread(void *arg)
{
	static pawl_gen g;

	(void)arg;
	pawl_gen_init(&g, busy, NULL);
	next_of(&g);
	return NULL;
}

/* Generator on top of a coroutine, while both run. */
APART static void here(void)
{
	void *calls[64];
	int n = backtrace(calls, 64);

	printf("%d calls\n", n);
	fflush(stdout);
	if (getenv("SAMPLE_ABORTS"))
		abort();
}

static int probe(pawl_gen *g)
{
	(void)g;
	here();
	after++;
	return 0;
}

static int stopper(pawl_co *co)
{
	pawl_gen g;

	(void)co;
	pawl_gen_init(&g, probe, NULL);
	next_of(&g);
	pawl_gen_fini(&g);
	return 0;
}

static void run_all(pawl_exec *x)
{
	while (pawl_poll_once(x) == 0)
		after++;
}

int main(void)
{
	static _Alignas(16) char memory[16384];
	pawl_stack_options mine = { .memory = memory, .size = sizeof memory };
	struct one r = { .depth = 2 }, w = { 0 }, s = { 0 };
	pawl_gen numbers, delegates, finished, fresh;
	pawl_local l;
	pawl_exec *x = pawl_local_exec(&l);
	pthread_t thread;

	sem_init(&runs, 0, 0);
	pawl_local_init(&l);
	pawl_gen_init_with(&numbers, placed, NULL, &mine);
	pawl_gen_init(&delegates, trunk, NULL);
	pawl_gen_init(&finished, ended, NULL);
	pawl_gen_init(&fresh, leaf, NULL);
	next_of(&numbers);
	next_of(&delegates);
	next_of(&finished);
	pthread_create(&thread, NULL, other_thread, NULL);
	sem_wait(&runs);
	if (pawl_co_spawn(x, &r, reader) < 0 || pawl_co_spawn(x, &w, walker) < 0)
		return 1;
	run_all(x);
	if (pawl_co_spawn(x, &s, stopper) < 0)
		return 1;
	run_all(x);
	pawl_gen_fini(&numbers);
	memset(memory, 0, sizeof memory);
	puts("went on");
	return 0;
}
