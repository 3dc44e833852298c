/* SPDX-License-Identifier: MIT */
/* Timers of the host executor: started and stopped, and the CPU time of those that fire. */
#include "measure.h"

#include <pawl/host.h>

/*
 * Created and cancelled: a running background task starts its timer for an instant in an hour and
 * stops it, by the executor's table, as every await with a timer does. No clock is read.
 */
struct starter {
	pawl_task task;
	pawl_exec *x;
	pawl_time due;
	long left;
};

static int start_and_stop(pawl_task *t)
{
	struct starter *s = PAWL_OF(t, struct starter, task);

	for (; s->left; s->left--) {
		measure_must(s->x->ops->arm(s->x, t, s->due) == 0, "arm");
		measure_must(s->x->ops->disarm(s->x, t) >= s->due, "disarm");
	}
	return 0;
}

static void batch(void *arg, long count)
{
	struct starter *s = arg;
	int outcome = -1;

	s->left = count;
	s->due = pawl_now(s->x) + PAWL_S(3600);
	measure_must(pawl_spawn(s->x, &s->task, start_and_stop) == 0, "spawn");
	measure_must(pawl_block_on(s->x, &s->task, &outcome) == 0 && outcome == 0, "block_on");
}

static pawl_host *one_worker(void)
{
	const pawl_host_options options = { .workers = 1 };
	pawl_host *h;

	measure_must(pawl_host_new(&options, &h) == 0, "pawl_host_new");
	return h;
}

static double run_create_cancel(bool quick)
{
	static struct starter starter;
	pawl_host *h = one_worker();
	double ns;

	starter.x = pawl_host_exec(h);
	ns = measure(quick, batch, &starter, 1);
	pawl_host_free(h);
	return ns;
}

/* Fired: tasks that sleep until they are due, 10 us after each other. */
struct sleeper {
	pawl_task task;
	pawl_time due;
};

static uint32_t asleep, woken;

static int sleep_once(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	PAWL_BEGIN(t);
	__atomic_add_fetch(&asleep, 1, __ATOMIC_RELEASE);
	PAWL_AWAIT(t, pawl_sleep_until(t, s->due));
	__atomic_add_fetch(&woken, 1, __ATOMIC_RELEASE);
	PAWL_END(t);
}

static double run_fire(bool quick)
{
	uint32_t count = measure_grid_count(quick);
	struct sleeper *sleepers = calloc(count, sizeof *sleepers);
	pawl_host *h = one_worker();
	pawl_exec *x = pawl_host_exec(h);
	pawl_time first = pawl_now(x) + measure_grid_lead(quick);
	int64_t cpu;

	measure_must(sleepers, "calloc");
	for (uint32_t i = 0; i < count; i++) {
		sleepers[i].due = first + (pawl_time)i * MEASURE_GRID_NS;
		measure_must(pawl_spawn(x, &sleepers[i].task, sleep_once) == 0, "spawn");
	}
	measure_wait_for(&asleep, count);
	measure_must(quick || pawl_now(x) < first, "being ready before the first timer is due");
	cpu = measure_cpu();
	for (uint32_t i = count; i-- > 0;)
		measure_must(pawl_block_on(x, &sleepers[i].task, NULL) == 0, "block_on");
	cpu = measure_cpu() - cpu;
	measure_must(woken == count, "waking them all");
	pawl_host_free(h);
	free(sleepers);
	return (double)cpu / count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "timer", "create_cancel", run_create_cancel },
		{ "timer", "fire_cpu_10us", run_fire },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
