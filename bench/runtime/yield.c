/* SPDX-License-Identifier: MIT */
/* 1,000 tasks give way to each other: on one thread, and on one worker. */
#include "measure.h"

#include <pawl/host.h>
#include <pawl/local.h>

enum { TASKS = 1000 };

struct yielder {
	pawl_task task;
	long left;
};

struct crowd {
	pawl_task task;
	pawl_exec *x;
	long rounds;
	int next;
	struct yielder yielders[TASKS];
};

static int give_way(pawl_task *t)
{
	struct yielder *y = PAWL_OF(t, struct yielder, task);

	PAWL_BEGIN(t);
	for (; y->left; y->left--)
		PAWL_YIELD(t);
	PAWL_END(t);
}

static int run_crowd(pawl_task *t)
{
	struct crowd *c = PAWL_OF(t, struct crowd, task);

	PAWL_BEGIN(t);
	for (int i = 0; i < TASKS; i++) {
		c->yielders[i].left = c->rounds;
		measure_must(pawl_spawn(c->x, &c->yielders[i].task, give_way) == 0, "spawn");
	}
	for (c->next = 0; c->next < TASKS; c->next++)
		PAWL_AWAIT(t, pawl_join(t, &c->yielders[c->next].task, NULL));
	PAWL_END(t);
}

static void batch(void *arg, long count)
{
	struct crowd *c = arg;
	int outcome = -1;

	c->rounds = count;
	measure_must(pawl_spawn(c->x, &c->task, run_crowd) == 0, "spawn");
	measure_must(pawl_block_on(c->x, &c->task, &outcome) == 0 && outcome == 0, "block_on");
}

static struct crowd crowd;

static double run_local(bool quick)
{
	const pawl_local_options options = { .limit = TASKS + 1 };
	static pawl_local local;
	double ns;

	pawl_local_init_with(&local, &options);
	crowd.x = pawl_local_exec(&local);
	ns = measure(quick, batch, &crowd, TASKS);
	pawl_local_fini(&local);
	return ns;
}

static double run_one_worker(bool quick)
{
	const pawl_host_options options = { .workers = 1 };
	pawl_host *h;
	double ns;

	measure_must(pawl_host_new(&options, &h) == 0, "pawl_host_new");
	crowd.x = pawl_host_exec(h);
	ns = measure(quick, batch, &crowd, TASKS);
	pawl_host_free(h);
	return ns;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "yield", "t1n1000", run_local },
		{ "yield", "w1n1000", run_one_worker },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
