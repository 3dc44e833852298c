/* SPDX-License-Identifier: MIT */
/* The host executor: its table, and how it is put together and taken apart. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"
#include "port/atomic.h"

#include <stdlib.h>

#define BLOCKING_MAX 64
#define BLOCKING_IDLE PAWL_S(10)

static void host_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_host *h = pawl_host_from_(x);

	if (!(t->kind_ & (PAWL_TASK_FOREGROUND_ | PAWL_TASK_STAYS_)))
		pawl_workers_schedule_(h, t);
	else if (pawl_task_is_foreground(t))
		pawl_loop_schedule_(h, t);
	else
		pawl_worker_keep_(&h->bg, t);
}

static pawl_time host_now(pawl_exec *x)
{
	pawl_time now = pawl_port_now();

	if (pawl_workers_is_here_(pawl_host_from_(x)))
		pawl_worker_here_->clock = now;
	return now;
}

static int host_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	if (pawl_task_is_foreground(t))
		return pawl_loop_arm_(pawl_host_from_(x), t, due);
	return pawl_workers_arm_(pawl_host_from_(x), t, due);
}

static pawl_time host_disarm(pawl_exec *x, pawl_task *t)
{
	if (pawl_task_is_foreground(t))
		return pawl_loop_disarm_(pawl_host_from_(x), t);
	return pawl_workers_disarm_(pawl_host_from_(x), t);
}

static pawl_crew *host_crew(pawl_exec *x)
{
	return &pawl_host_from_(x)->crew;
}

/* Each worker by itself, and all other threads together. */
static int host_count(pawl_exec *x, bool is_admitted)
{
	pawl_host *h = pawl_host_from_(x);
	bool is_worker = pawl_workers_is_here_(h);
	pawl_tally *y = is_worker ? &pawl_worker_here_->tally : &h->others;
	uint32_t *n = is_admitted ? &y->admitted_ : &y->ended_;

	if (is_admitted && pawl_load(&h->crew.is_stopped_))
		return PAWL_ESTOPPED;
	/* A limit is counted exactly, under the crew's lock. */
	if (!h->crew.tallies_)
		return PAWL_ENOTSUP;
	if (is_worker)
		pawl_store(n, pawl_peek(n) + 1);
	else
		pawl_fetch_add(n, 1);
	return 0;
}

static void host_each_ready(pawl_exec *x, void (*fn)(void *arg, const pawl_task *t), void *arg)
{
	pawl_background_each_(&pawl_host_from_(x)->bg, fn, arg);
	pawl_dedicated_each_(&pawl_host_from_(x)->dedicated, fn, arg);
}

static bool host_is_main_thread(pawl_exec *x)
{
	return pawl_loop_is_here_(pawl_host_from_(x));
}

static int host_poll_once(pawl_exec *x)
{
	if (!host_is_main_thread(x))
		return PAWL_ENOTSUP;
	return pawl_loop_turn_(pawl_host_from_(x)) ? 0 : PAWL_PENDING;
}

static bool host_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&pawl_host_from_(x)->crew);
}

static int host_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&pawl_host_from_(x)->crew);
}

static int host_blocking(pawl_exec *x, pawl_work *w)
{
	return pawl_blockers_submit_(&pawl_host_from_(x)->bl, w);
}

static int host_unblock(pawl_exec *x, pawl_work *w)
{
	return pawl_blockers_withdraw_(&pawl_host_from_(x)->bl, w);
}

static int host_stay(pawl_exec *x, pawl_task *t)
{
	pawl_host *h = pawl_host_from_(x);

	if (pawl_workers_is_here_(h)) {
		pawl_worker_bind_(pawl_worker_here_, t);
		return 0;
	}
	if (!pawl_loop_is_here_(h))
		return PAWL_ENOTSUP;
	return pawl_task_is_foreground(t) ? 0 : pawl_loop_adopt_(h, t);
}

static const pawl_exec_ops host_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "host",
	.knob = "pawl_host_options.tasks_max",
	.schedule = host_schedule,
	.now = host_now,
	.arm = host_arm,
	.disarm = host_disarm,
	.crew = host_crew,
	.is_main_thread = host_is_main_thread,
	.poll_once = host_poll_once,
	.block_on = pawl_dedicated_block_on_,
	.is_running = host_is_running,
	.shutdown = host_shutdown,
	.blocking = host_blocking,
	.unblock = host_unblock,
	.count = host_count,
	.each_ready = host_each_ready,
	.dedicate = pawl_host_dedicate_,
	.stay = host_stay,
};

static unsigned workers_by_default(void)
{
	unsigned cpus = pawl_host_cpus();

	return cpus > 2 ? cpus : 2;
}

static int start_threads(pawl_host *h, const pawl_host_options *o)
{
	unsigned workers = o->workers ? o->workers : workers_by_default();
	int r = pawl_watchdog_new_(h, o, workers, &h->bg.dog);

	if (r < 0)
		return r;
	r = pawl_workers_start_(h, workers);
	if (r < 0)
		goto free_dog;
	r = pawl_watchdog_start_(h->bg.dog);
	if (r < 0)
		goto stop_workers;
	return 0;

stop_workers:
	pawl_workers_stop_(h);
free_dog:
	pawl_watchdog_free_(h->bg.dog);
	return r;
}

int pawl_host_new(const pawl_host_options *options, pawl_host **ret)
{
	pawl_host_options o = options ? *options : (pawl_host_options){ 0 };
	pawl_host *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return PAWL_ENOMEM;
	h->exec.ops = &host_ops;
	pawl_dedicated_init_(&h->dedicated);
	pawl_crew_init(&h->crew, o.tasks_max);
	if (!o.tasks_max)
		pawl_crew_add_tally(&h->crew, &h->others);
	pthread_mutex_init(&h->waiters, NULL);
	pawl_help_init_(h);
	pawl_tracer_init_(h);
	r = pawl_loop_init_(h);
	if (r < 0)
		goto free_host;
	r = pawl_blockers_init_(&h->bl, o.blocking_max ? o.blocking_max : BLOCKING_MAX,
				o.blocking_idle ? o.blocking_idle : BLOCKING_IDLE);
	if (r < 0)
		goto fini_loop;
	r = start_threads(h, &o);
	if (r < 0)
		goto fini_blockers;
	*ret = h;
	return 0;

fini_blockers:
	pawl_blockers_fini_(&h->bl);
fini_loop:
	pawl_loop_fini_(h);
free_host:
	pawl_dedicated_fini_(&h->dedicated);
	pawl_tracer_fini_(h);
	free(h);
	return r;
}

static bool has_no_tasks(const void *h)
{
	return pawl_crew_count(&((const pawl_host *)h)->crew) == 0;
}

static void on_closing(uv_timer_t *t)
{
	uv_stop(t->loop);
}

/*
 * Workers count the tasks that they end without a fence, and may not see yet that somebody waits
 * for the last: so the main thread also looks by itself.
 */
static void wait_for_tasks(pawl_host *h)
{
	uv_timer_t timer;

	pawl_store(&h->is_closing, 1);
	uv_timer_init(&h->fg.loop, &timer);
	uv_timer_start(&timer, on_closing, 1, 1);
	pawl_loop_until_(h, has_no_tasks, h);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&h->fg.loop, UV_RUN_NOWAIT);
}

void pawl_host_free(pawl_host *h)
{
	if (!h)
		return;
	PAWL_ASSERT(pawl_loop_is_here_(h));
	pawl_crew_stop(&h->crew);
	wait_for_tasks(h);
	/* The last of these may be about to wake a worker for a task that has ended since. */
	pawl_dedicated_fini_(&h->dedicated);
	pawl_blockers_fini_(&h->bl);
	pawl_workers_stop_(h);
	pawl_loop_fini_(h);
	pthread_mutex_destroy(&h->waiters);
	pawl_watchdog_free_(h->bg.dog);
	pawl_tracer_fini_(h);
	free(h);
}

pawl_exec *pawl_host_exec(pawl_host *h)
{
	return &h->exec;
}

pawl_host *pawl_host_of(pawl_exec *x)
{
	return x->ops == &host_ops ? pawl_host_from_(x) : NULL;
}

struct uv_loop_s *pawl_host_loop(pawl_host *h)
{
	return &h->fg.loop;
}

unsigned pawl_host_workers(const pawl_host *h)
{
	return h->bg.count;
}
