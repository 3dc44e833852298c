/* SPDX-License-Identifier: MIT */
/* pawl_block_on from any thread: ours go on running tasks, others sleep. */
#define _GNU_SOURCE
#include "host/host.h"

#include "core/core.h"

/* Whose polls are on this thread's stack, the innermost first. */
struct polled {
	const pawl_task *task;
	const struct polled *outer;
};

static _Thread_local const struct polled *innermost;

#if PAWL_DIAG
#define SET(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

static void say_running(pawl_host *h, struct pawl_running r)
{
	SET(&h->fg.running.place, r.place);
	SET(&h->fg.running.label, r.label);
	SET(&h->fg.running.task, r.task);
	if (r.task)
		pawl_watchdog_stir_(h->bg.dog);
}

static struct pawl_running running(const pawl_task *t)
{
	return (struct pawl_running){ t, t->place_, t->label_ };
}
#else
static void say_running(pawl_host *h, struct pawl_running r)
{
	(void)h, (void)r;
}

static struct pawl_running running(const pawl_task *t)
{
	(void)t;
	return (struct pawl_running){ 0 };
}
#endif

/* The task's own executor may be one in front of the host. */
void pawl_poll_here_(pawl_host *h, pawl_task *t)
{
	struct pawl_running outer = h->fg.running;
	struct polled p = { t, innermost };

	pawl_count_(&h->fg.counts.polls, 1);
	say_running(h, running(t));
	innermost = &p;
	if (pawl_tracing_(&h->bg))
		pawl_tracer_run_(h, t);
	else
		pawl_run(t);
	innermost = p.outer;
	say_running(h, outer);
}

static bool is_polled_here(const pawl_task *t)
{
	const struct polled *p = innermost;

	while (p && p->task != t)
		p = p->outer;
	return p;
}

/*
 * A task of one's own on the caller's stack awaits the other's end; its executor, which has just
 * this task, tells the caller. The caller may be gone as soon as it sees that, so nothing of the
 * waiter is touched after: the event of the worker or the host outlives it, and the event of a
 * thread that is none of ours is what it sees.
 */
struct waiter {
	pawl_exec exec;
	pawl_task task;
	pawl_task *target;
	pawl_host *host;
	pawl_worker *worker; /* whose thread waits, NULL: the main thread or a foreign one */
	bool is_main;
	uint32_t is_ready; /* atomic */
	uint32_t event;    /* of a foreign thread */
};

static void waiter_schedule(pawl_exec *x, pawl_task *t)
{
	struct waiter *w = PAWL_OF(x, struct waiter, exec);
	pawl_worker *worker = w->worker;
	pawl_host *h = w->host;

	(void)t;
	if (!worker && !w->is_main) {
		pawl_port_wake(&w->event);
		return;
	}
	if (worker) {
		pawl_store(&w->is_ready, 1);
		pawl_port_wake(&worker->event);
		return;
	}
	/* Until this lock is released the main thread does not go on, nor free the host. */
	pthread_mutex_lock(&h->waiters);
	pawl_store(&w->is_ready, 1);
	pawl_loop_wake_(h);
	pthread_mutex_unlock(&h->waiters);
}

static pawl_time waiter_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

static const pawl_exec_ops waiter_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "waiter",
	.schedule = waiter_schedule,
	.now = waiter_now,
};

static int waiter_poll(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	return pawl_await_end(t, w->target);
}

static bool is_ready(const void *arg)
{
	const struct waiter *w = arg;

	return pawl_load(&w->is_ready);
}

static void wait_here(struct waiter *w)
{
	pawl_host *h = w->host;
	struct pawl_running outer = h->fg.running;

	say_running(h, (struct pawl_running){ 0 });
	pawl_loop_until_(h, is_ready, w);
	say_running(h, outer);
	/* Who set it has let go of the host. */
	pthread_mutex_lock(&h->waiters);
	pthread_mutex_unlock(&h->waiters);
}

static void wait(struct waiter *w)
{
	if (w->is_main)
		wait_here(w);
	else if (w->worker)
		pawl_worker_run_(w->worker, &w->is_ready);
	else
		pawl_port_sleep(&w->event, PAWL_NEVER);
}

static void run_waiter(struct waiter *w)
{
	pawl_spawn(&w->exec, &w->task, waiter_poll);
	while (!pawl_task_is_finished(&w->task)) {
		wait(w);
		pawl_store(&w->is_ready, 0);
		pawl_run(&w->task);
	}
	pawl_detach(&w->task);
}

int pawl_host_block_on_(pawl_exec *x, pawl_task *t)
{
	pawl_host *h = pawl_host_from_(x);
	pawl_worker *here = pawl_workers_is_here_(h) ? pawl_worker_here_ : NULL;
	struct polled p = { here ? here->current : NULL, innermost };
	struct waiter w = { .exec = { &waiter_ops },
			    .target = t,
			    .host = h,
			    .worker = here,
			    .is_main = pawl_loop_is_here_(h) };

	innermost = &p;
	PAWL_ASSERT_OF(t, !is_polled_here(t));
	run_waiter(&w);
	innermost = p.outer;
	return 0;
}
