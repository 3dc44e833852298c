/* SPDX-License-Identifier: MIT */
/* libuv: work for its threads, two loops that wake each other, and its timers. */
#include "measure.h"

#include <pthread.h>
#include <uv.h>

enum { TASKS = 1000 };

static uv_loop_t loop;

static void on_work(uv_work_t *w)
{
	(void)w;
}

static void on_done(uv_work_t *w, int status)
{
	(void)w;
	measure_must(status == 0, "uv_queue_work");
}

static void batch_work(void *arg, long count)
{
	static uv_work_t works[TASKS];

	(void)arg;
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++)
			uv_queue_work(&loop, &works[i], on_work, on_done);
		uv_run(&loop, UV_RUN_DEFAULT);
	}
}

static double run_work(bool quick, const char *threads)
{
	setenv("UV_THREADPOOL_SIZE", threads, 1);
	uv_loop_init(&loop);
	return measure(quick, batch_work, NULL, TASKS);
}

static double run_one(bool quick)
{
	return run_work(quick, "1");
}

static double run_two(bool quick)
{
	return run_work(quick, "2");
}

/* A loop that answers each call of the other, until it has answered them all. */
struct side {
	uv_loop_t loop;
	uv_async_t mine;
	uv_async_t *theirs;
	long left;
};

static void on_call(uv_async_t *a)
{
	struct side *s = a->data;

	uv_async_send(s->theirs);
	if (--s->left == 0)
		uv_close((uv_handle_t *)a, NULL);
}

static void *run_side(void *arg)
{
	struct side *s = arg;

	uv_run(&s->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void on_first(uv_async_t *a)
{
	struct side *s = a->data;

	if (s->left-- > 0)
		uv_async_send(s->theirs);
	else
		uv_close((uv_handle_t *)a, NULL);
}

static void batch_pingpong(void *arg, long count)
{
	struct side ping = { .left = count }, pong = { .left = count };
	pthread_t other;

	(void)arg;
	uv_loop_init(&ping.loop);
	uv_loop_init(&pong.loop);
	uv_async_init(&ping.loop, &ping.mine, on_first);
	uv_async_init(&pong.loop, &pong.mine, on_call);
	ping.mine.data = &ping;
	pong.mine.data = &pong;
	ping.theirs = &pong.mine;
	pong.theirs = &ping.mine;
	measure_must(pthread_create(&other, NULL, run_side, &pong) == 0, "pthread_create");
	uv_async_send(&ping.mine);
	uv_run(&ping.loop, UV_RUN_DEFAULT);
	pthread_join(other, NULL);
	uv_loop_close(&ping.loop);
	uv_loop_close(&pong.loop);
}

static double run_pingpong(bool quick)
{
	return measure(quick, batch_pingpong, NULL, 1);
}

static uint32_t fired;

static void on_timer(uv_timer_t *t)
{
	(void)t;
	fired++;
}

static void batch_create_cancel(void *arg, long count)
{
	uv_timer_t *timer = arg;

	for (; count; count--) {
		uv_timer_start(timer, on_timer, 3600000, 0);
		uv_timer_stop(timer);
	}
}

static double run_create_cancel(bool quick)
{
	uv_timer_t timer;

	uv_loop_init(&loop);
	uv_timer_init(&loop, &timer);
	return measure(quick, batch_create_cancel, &timer, 1);
}

/* Its timers know milliseconds only: those of one millisecond fire together. */
static double run_fire(bool quick)
{
	uint32_t count = measure_grid_count(quick);
	uv_timer_t *timers = calloc(count, sizeof *timers);
	int64_t cpu;

	measure_must(timers, "calloc");
	uv_loop_init(&loop);
	for (uint32_t i = 0; i < count; i++) {
		int64_t due = measure_grid_lead(quick) + (int64_t)i * MEASURE_GRID_NS;

		uv_timer_init(&loop, &timers[i]);
		uv_timer_start(&timers[i], on_timer, (uint64_t)due / 1000000, 0);
	}
	cpu = measure_cpu();
	uv_run(&loop, UV_RUN_DEFAULT);
	cpu = measure_cpu() - cpu;
	measure_must(fired == count, "firing them all");
	free(timers);
	return (double)cpu / count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "w1b1000", run_one },
		{ "spawn_join", "t2b1000", run_two },
		{ "pingpong", "x", run_pingpong },
		{ "timer", "create_cancel", run_create_cancel },
		{ "timer", "fire_cpu_10us", run_fire },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
