/* SPDX-License-Identifier: MIT */
/* Coroutines as tasks: 1,000 are spawned and joined, or give way; a task that is pinned. */
#include "measure.h"

#include <pawl/co_await.h>
#include <pawl/host.h>
#include <pawl/local.h>
#include <pawl/stacks.h>

enum { TASKS = 1000 };

struct child {
	pawl_task task;
	pawl_co co;
	long left;
};

/* The task that all is done by. */
struct parent {
	pawl_task task;
	pawl_co co;
	pawl_exec *x;
	long left;
	int next;
	struct child children[TASKS];
};

static struct parent parent;

static int trivial(pawl_co *co)
{
	(void)co;
	return 0;
}

static int spawn_and_join(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	for (; p->left; p->left--) {
		for (int i = 0; i < TASKS; i++)
			measure_must(pawl_co_spawn(p->x, &p->children[i], trivial) == 0, "spawn");
		for (p->next = 0; p->next < TASKS; p->next++)
			PAWL_AWAIT(t, pawl_join(t, &p->children[p->next].task, NULL));
	}
	PAWL_END(t);
}

static int give_way(pawl_co *co)
{
	struct child *c = PAWL_OF(co, struct child, co);

	for (; c->left; c->left--)
		if (pawl_co_yield(co) < 0)
			return PAWL_ECANCELED;
	return 0;
}

static int run_crowd(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	for (int i = 0; i < TASKS; i++) {
		p->children[i].left = p->left;
		measure_must(pawl_co_spawn(p->x, &p->children[i], give_way) == 0, "spawn");
	}
	for (p->next = 0; p->next < TASKS; p->next++)
		PAWL_AWAIT(t, pawl_join(t, &p->children[p->next].task, NULL));
	PAWL_END(t);
}

/* One poll is enough: the stack is taken, the function runs to its end, the stack is given back. */
static int pin_often(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	for (; p->left; p->left--)
		PAWL_AWAIT(t, pawl_pin(t, &p->co, trivial));
	PAWL_END(t);
}

static void batch(void *arg, long count)
{
	int outcome = -1;

	parent.left = count;
	measure_must(pawl_spawn(parent.x, &parent.task, (pawl_poll_fn *)arg) == 0, "spawn");
	measure_must(pawl_block_on(parent.x, &parent.task, &outcome) == 0 && outcome == 0,
		     "block_on");
}

static double run_local(bool quick, pawl_poll_fn *what, double ops)
{
	const pawl_local_options options = { .limit = TASKS + 1 };
	static pawl_local local;
	double ns;

	pawl_local_init_with(&local, &options);
	parent.x = pawl_local_exec(&local);
	ns = measure(quick, batch, (void *)what, ops);
	pawl_local_fini(&local);
	return ns;
}

static double run_host(bool quick, pawl_poll_fn *what, unsigned workers)
{
	const pawl_host_options options = { .workers = workers };
	pawl_host *h;
	double ns;

	measure_must(pawl_host_new(&options, &h) == 0, "pawl_host_new");
	parent.x = pawl_host_exec(h);
	ns = measure(quick, batch, (void *)what, TASKS);
	pawl_host_free(h);
	return ns;
}

static double spawn_local(bool quick)
{
	return run_local(quick, spawn_and_join, TASKS);
}

static double spawn_one_worker(bool quick)
{
	return run_host(quick, spawn_and_join, 1);
}

static double spawn_two_workers(bool quick)
{
	return run_host(quick, spawn_and_join, 2);
}

/* Their stacks are made once; each batch would else fetch most of their memory anew. */
static double yield_local(bool quick)
{
	pawl_stacks_keep(TASKS);
	return run_local(quick, run_crowd, TASKS);
}

static double yield_one_worker(bool quick)
{
	pawl_stacks_keep(TASKS);
	return run_host(quick, run_crowd, 1);
}

static double pin_local(bool quick)
{
	return run_local(quick, pin_often, 1);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "co_t1b1000", spawn_local },
		{ "spawn_join", "co_w1b1000", spawn_one_worker },
		{ "spawn_join", "co_t2b1000", spawn_two_workers },
		{ "yield", "co_t1n1000", yield_local },
		{ "yield", "co_w1n1000", yield_one_worker },
		{ "pin", "t1", pin_local },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
