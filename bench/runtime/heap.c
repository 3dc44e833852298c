/* SPDX-License-Identifier: MIT */
/* Heap tasks: a task spawns 1,000 of them and joins them, and what their memory alone costs. */
#include "slots.h"

#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/local.h>

static void *take(void)
{
	return pawl_heap_new(SLOT);
}

static void give(void *slot)
{
	pawl_heap_free(slot);
}

struct spawner {
	pawl_task task;
	pawl_exec *x;
	long left;
	int next;
	pawl_task *children[BATCH];
};

static int trivial(pawl_task *t)
{
	(void)t;
	return 0;
}

static int spawn_and_join(pawl_task *t)
{
	struct spawner *s = PAWL_OF(t, struct spawner, task);

	PAWL_BEGIN(t);
	for (; s->left; s->left--) {
		for (int i = 0; i < BATCH; i++)
			measure_must(pawl_go(s->x, trivial, &i, &s->children[i]) == 0, "pawl_go");
		for (s->next = 0; s->next < BATCH; s->next++)
			PAWL_AWAIT(t, pawl_join(t, s->children[s->next], NULL));
	}
	PAWL_END(t);
}

static void spawn_batch(void *arg, long count)
{
	struct spawner *s = arg;
	int outcome = -1;

	s->left = count;
	measure_must(pawl_spawn(s->x, &s->task, spawn_and_join) == 0, "spawn");
	measure_must(pawl_block_on(s->x, &s->task, &outcome) == 0 && outcome == 0, "block_on");
}

static struct spawner spawner;

static double run_local(bool quick)
{
	const pawl_local_options options = { .limit = BATCH + 1 };
	static pawl_local local;
	double ns;

	pawl_local_init_with(&local, &options);
	spawner.x = pawl_local_exec(&local);
	ns = measure(quick, spawn_batch, &spawner, BATCH);
	pawl_local_fini(&local);
	return ns;
}

static double run_host(bool quick, unsigned workers)
{
	const pawl_host_options options = { .workers = workers };
	pawl_host *h;
	double ns;

	measure_must(pawl_host_new(&options, &h) == 0, "pawl_host_new");
	spawner.x = pawl_host_exec(h);
	ns = measure(quick, spawn_batch, &spawner, BATCH);
	pawl_host_free(h);
	return ns;
}

static double run_one_worker(bool quick)
{
	return run_host(quick, 1);
}

static double run_two_workers(bool quick)
{
	return run_host(quick, 2);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "heap_t1b1000", run_local },
		{ "spawn_join", "heap_w1b1000", run_one_worker },
		{ "spawn_join", "heap_t2b1000", run_two_workers },
		SLOT_ROWS,
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
