/* SPDX-License-Identifier: MIT */
/* libev: its timers, started and stopped, and the CPU time of those that fire. */
#include "measure.h"

#include <ev.h>

static uint32_t fired;

static void on_timer(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop, (void)t, (void)events;
	fired++;
}

static void batch(void *arg, long count)
{
	struct ev_loop *loop = arg;
	ev_timer timer;

	for (; count; count--) {
		ev_timer_init(&timer, on_timer, 3600, 0);
		ev_timer_start(loop, &timer);
		ev_timer_stop(loop, &timer);
	}
}

static double run_create_cancel(bool quick)
{
	return measure(quick, batch, ev_loop_new(0), 1);
}

static double run_fire(bool quick)
{
	uint32_t count = measure_grid_count(quick);
	ev_timer *timers = calloc(count, sizeof *timers);
	struct ev_loop *loop = ev_loop_new(0);
	int64_t cpu;

	measure_must(timers && loop, "ev_loop_new");
	for (uint32_t i = 0; i < count; i++) {
		int64_t due = measure_grid_lead(quick) + (int64_t)i * MEASURE_GRID_NS;

		ev_timer_init(&timers[i], on_timer, (double)due / 1e9, 0);
		ev_timer_start(loop, &timers[i]);
	}
	cpu = measure_cpu();
	ev_run(loop, 0);
	cpu = measure_cpu() - cpu;
	measure_must(fired == count, "firing them all");
	free(timers);
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
