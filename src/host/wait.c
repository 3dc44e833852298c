/* SPDX-License-Identifier: MIT */
/* pawl_block_on from any thread: ours go on running tasks, others sleep. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"

/* Whose polls are on this thread's stack, the innermost first. */
struct polled {
	const pawl_task *task;
	const struct polled *outer;
};

static _Thread_local const struct polled *innermost;

void pawl_poll_here_(pawl_task *t)
{
	struct polled p = { t, innermost };

	innermost = &p;
	pawl_run(t);
	innermost = p.outer;
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
 * this task, tells the caller. It may be gone as soon as `is_ready` was seen, so that is set and
 * read under a lock that is not part of it.
 */
struct waiter {
	pawl_exec exec;
	pawl_task task;
	pawl_task *target;
	pawl_host *host;
	bool is_ready; /* guarded by the lock of the background */
};

static void waiter_schedule(pawl_exec *x, pawl_task *t)
{
	struct waiter *w = PAWL_OF(x, struct waiter, exec);
	pawl_host *h = w->host;

	(void)t;
	pthread_mutex_lock(&h->bg.lock);
	w->is_ready = true;
	/* Seldom, and who it is for is not known here. */
	pthread_cond_broadcast(&h->bg.more);
	pthread_cond_broadcast(&h->bg.keep);
	pthread_cond_broadcast(&h->bg.ended);
	/* Under the lock: after it the waiter may be gone, and the host with it. */
	pawl_loop_wake_(h);
	pthread_mutex_unlock(&h->bg.lock);
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
	bool ready;

	pthread_mutex_lock(&w->host->bg.lock);
	ready = w->is_ready;
	pthread_mutex_unlock(&w->host->bg.lock);
	return ready;
}

static void wait_elsewhere(struct waiter *w)
{
	struct pawl_background *bg = &w->host->bg;

	pthread_mutex_lock(&bg->lock);
	while (!w->is_ready)
		pthread_cond_wait(&bg->ended, &bg->lock);
	pthread_mutex_unlock(&bg->lock);
}

static void wait(struct waiter *w)
{
	if (pawl_loop_is_here_(w->host)) {
		pawl_loop_until_(w->host, is_ready, w);
	} else if (pawl_workers_is_here_(w->host)) {
		while (pawl_workers_turn_(w->host, &w->is_ready)) {}
	} else {
		wait_elsewhere(w);
	}
}

int pawl_host_block_on_(pawl_exec *x, pawl_task *t)
{
	struct waiter w = { .exec = { &waiter_ops }, .target = t, .host = pawl_host_from_(x) };

	PAWL_ASSERT(!is_polled_here(t));
	pawl_spawn(&w.exec, &w.task, waiter_poll);
	while (!pawl_task_is_finished(&w.task)) {
		wait(&w);
		pthread_mutex_lock(&w.host->bg.lock);
		w.is_ready = false;
		pthread_mutex_unlock(&w.host->bg.lock);
		pawl_run(&w.task);
	}
	pawl_detach(&w.task);
	return 0;
}
