/* SPDX-License-Identifier: MIT */
/* The hot paths of an executor as a fixed program, whose instructions callgrind counts. */
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/heap.h>
#include <pawl/local.h>

#include <stdlib.h>
#include <string.h>

#ifdef INSN_HOST
#include <pawl/host.h>

#include <threads.h>
#endif

/*
 *	insn PATH COUNT
 *
 * The path is walked COUNT times. A run of twice as many counts the same instructions outside of
 * the path, and so the difference is the path's alone.
 */
enum { TASKS = 100 };

#ifndef INSN_HOST
static pawl_local local;
#endif
static pawl_exec *x;
static long count;

static void must(int r)
{
	if (r < 0)
		abort();
}

static int trivial(pawl_task *t)
{
	(void)t;
	return 0;
}

static int waiting(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

struct child {
	pawl_task task;
	long left;
};

struct parent {
	pawl_task task;
	int next;
	struct child children[TASKS];
};

static struct parent parent;

struct co_child {
	pawl_task task;
	pawl_co co;
	long left;
};

static struct co_child co_children[TASKS];
static pawl_gen gen;

/* Children that end at once are spawned, and joined in their order. */
static int spawn_join(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++)
			must(pawl_spawn(x, &parent.children[i].task, trivial));
		for (parent.next = 0; parent.next < TASKS; parent.next++)
			PAWL_AWAIT(t, pawl_join(t, &parent.children[parent.next].task, NULL));
	}
	PAWL_END(t);
}

/* The same with tasks of the heap. */
static int spawn_join_heap(pawl_task *t)
{
	static pawl_task *children[TASKS];

	PAWL_BEGIN(t);
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++)
			must(pawl_go(x, trivial, &i, &children[i]));
		for (parent.next = 0; parent.next < TASKS; parent.next++)
			PAWL_AWAIT(t, pawl_join(t, children[parent.next], NULL));
	}
	PAWL_END(t);
}

static int give_way(pawl_task *t)
{
	struct child *c = PAWL_OF(t, struct child, task);

	PAWL_BEGIN(t);
	for (; c->left; c->left--)
		PAWL_YIELD(t);
	PAWL_END(t);
}

/* Children give way to each other. */
static int yield(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (int i = 0; i < TASKS; i++) {
		parent.children[i].left = count;
		must(pawl_spawn(x, &parent.children[i].task, give_way));
	}
	for (parent.next = 0; parent.next < TASKS; parent.next++)
		PAWL_AWAIT(t, pawl_join(t, &parent.children[parent.next].task, NULL));
	PAWL_END(t);
}

/* Children that wait are woken, polled, and wait again. */
static int wake(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (int i = 0; i < TASKS; i++)
		must(pawl_spawn(x, &parent.children[i].task, waiting));
	PAWL_YIELD(t);
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++)
			pawl_wake(&parent.children[i].task);
		PAWL_YIELD(t);
	}
	for (parent.next = 0; parent.next < TASKS; parent.next++)
		PAWL_AWAIT(t, pawl_stop(t, &parent.children[parent.next].task, NULL));
	PAWL_END(t);
}

static int co_trivial(pawl_co *co)
{
	(void)co;
	return 0;
}

/* Coroutines that end at once are spawned, and joined in their order. */
static int spawn_join_co(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++)
			must(pawl_co_spawn(x, &co_children[i], co_trivial));
		for (parent.next = 0; parent.next < TASKS; parent.next++)
			PAWL_AWAIT(t, pawl_join(t, &co_children[parent.next].task, NULL));
	}
	PAWL_END(t);
}

static int co_give_way(pawl_co *co)
{
	struct co_child *c = PAWL_OF(co, struct co_child, co);

	for (; c->left; c->left--)
		must(pawl_co_yield(co));
	return 0;
}

/* Coroutines give way to each other. */
static int yield_co(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (int i = 0; i < TASKS; i++) {
		co_children[i].left = count;
		must(pawl_co_spawn(x, &co_children[i], co_give_way));
	}
	for (parent.next = 0; parent.next < TASKS; parent.next++)
		PAWL_AWAIT(t, pawl_join(t, &co_children[parent.next].task, NULL));
	PAWL_END(t);
}

static int gen_yield(pawl_gen *g)
{
	while (pawl_yield(g, g) == 0)
		;
	return 0;
}

/* A generator is asked for a value, and yields it. */
static int gen_next(pawl_task *t)
{
	void *value = NULL;

	(void)t;
	pawl_gen_init(&gen, gen_yield, NULL);
	for (; count; count--)
		for (int i = 0; i < TASKS; i++)
			must(pawl_next(&gen, &value));
	return pawl_gen_fini(&gen);
}

static int gen_nothing(pawl_gen *g)
{
	(void)g;
	return 0;
}

/* A generator is made, ends at once, and gives its stack back. */
static int gen_create(pawl_task *t)
{
	void *value = NULL;

	(void)t;
	for (; count; count--)
		for (int i = 0; i < TASKS; i++) {
			pawl_gen_init(&gen, gen_nothing, NULL);
			if (pawl_next(&gen, &value) != PAWL_ECLOSED)
				abort();
			must(pawl_gen_fini(&gen));
		}
	return 0;
}

static const struct {
	const char *name;
	pawl_poll_fn *poll;
} paths[] = {
	{ "spawn_join", spawn_join },
	{ "spawn_join_heap", spawn_join_heap },
	{ "yield", yield },
	{ "wake", wake },
	{ "spawn_join_co", spawn_join_co },
	{ "yield_co", yield_co },
	{ "gen_next", gen_next },
	{ "gen_create", gen_create },
};

#ifdef INSN_HOST

static pawl_poll_fn *path_on_host;
static int outcome_on_host = -1;

/* From a task, so that the worker goes on here: callgrind counts what is called from this. */
__attribute__((noinline)) static int measured(pawl_task *t)
{
	(void)t;
	must(pawl_spawn(x, &parent.task, path_on_host));
	must(pawl_block_on(x, &parent.task, &outcome_on_host));
	return 0;
}

/* The main thread waits without lending a hand, so that all is done by the one worker. */
static int run(pawl_poll_fn *path)
{
	const pawl_host_options options = { .workers = 1 };
	pawl_task outer = { 0 };
	pawl_host *h;

	must(pawl_host_new(&options, &h));
	x = pawl_host_exec(h);
	path_on_host = path;
	must(pawl_spawn(x, &outer, measured));
	while (!pawl_task_is_finished(&outer))
		thrd_sleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	pawl_detach(&outer);
	pawl_host_free(h);
	return outcome_on_host;
}

#else

static int run(pawl_poll_fn *path)
{
	const pawl_local_options options = { .limit = TASKS + 1 };
	int outcome = -1;

	pawl_local_init_with(&local, &options);
	x = pawl_local_exec(&local);
	must(pawl_spawn(x, &parent.task, path));
	must(pawl_block_on(x, &parent.task, &outcome));
	pawl_local_fini(&local);
	return outcome;
}

#endif

int main(int argc, char **argv)
{
	pawl_poll_fn *path = NULL;

	if (argc != 3)
		return 2;
	for (size_t i = 0; i < PAWL_COUNT(paths); i++)
		if (strcmp(argv[1], paths[i].name) == 0)
			path = paths[i].poll;
	count = atol(argv[2]);
	if (!path || count < 1)
		return 2;
	must(run(path));
	return 0;
}
