/* SPDX-License-Identifier: MIT */
/* The main thread's loop: foreground tasks in turn with libuv's events. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"

#include <stdlib.h>

bool pawl_loop_is_here_(const pawl_host *h)
{
	return pthread_equal(pthread_self(), h->fg.thread);
}

void pawl_loop_wake_(pawl_host *h)
{
	uv_async_send(&h->fg.wake);
}

/* The main thread, outside of uv_run, looks for itself before it sleeps. */
static bool must_wake(const pawl_host *h)
{
	return !pawl_loop_is_here_(h) || h->fg.is_in_loop;
}

void pawl_loop_schedule_(pawl_host *h, pawl_task *t)
{
	struct pawl_foreground *fg = &h->fg;
	bool was_empty;

	pthread_mutex_lock(&fg->lock);
	was_empty = fg->ready_count++ == 0;
	pawl_runq_push(&fg->ready, t);
	pthread_mutex_unlock(&fg->lock);
	if (was_empty && must_wake(h))
		pawl_loop_wake_(h);
}

int pawl_loop_arm_(pawl_host *h, pawl_task *t, pawl_time due)
{
	struct pawl_foreground *fg = &h->fg;
	bool is_first = false;
	int r;

	if (due == PAWL_SAME_DUE)
		return 0; /* a heap keeps its timers when their tasks are woken */
	pthread_mutex_lock(&fg->lock);
	r = pawl_timers_grow_(&fg->timers);
	if (r == 0) {
		is_first = due < pawl_timers_next(&fg->timers);
		pawl_timers_arm(&fg->timers, t, due);
	}
	pthread_mutex_unlock(&fg->lock);
	if (is_first && must_wake(h))
		pawl_loop_wake_(h);
	return r;
}

pawl_time pawl_loop_disarm_(pawl_host *h, pawl_task *t)
{
	pawl_time due;

	pthread_mutex_lock(&h->fg.lock);
	due = pawl_timers_disarm(&h->fg.timers, t);
	pthread_mutex_unlock(&h->fg.lock);
	return due;
}

/* Fires what is due. Returns how many tasks are ready now. */
static uint32_t expire(struct pawl_foreground *fg)
{
	uint32_t ready;
	pawl_task *last;

	pthread_mutex_lock(&fg->lock);
	if (pawl_timers_next(&fg->timers) != PAWL_NEVER) {
		pawl_runq fired = { 0 };

		pawl_timers_expire(&fg->timers, pawl_port_now(), &fired);
		while ((last = pawl_runq_pop(&fired))) {
			pawl_runq_push(&fg->ready, last);
			fg->ready_count++;
		}
	}
	ready = fg->ready_count;
	pthread_mutex_unlock(&fg->lock);
	return ready;
}

static pawl_task *pop(struct pawl_foreground *fg)
{
	pawl_task *t;

	pthread_mutex_lock(&fg->lock);
	t = pawl_runq_pop(&fg->ready);
	if (t)
		fg->ready_count--;
	pthread_mutex_unlock(&fg->lock);
	return t;
}

/*
 * Runs those that were ready when the turn began, so that tasks which wake each other do not shut
 * out the events.
 */
static bool run_ready(struct pawl_foreground *fg)
{
	uint32_t ready = expire(fg), i;
	pawl_task *t;

	for (i = 0; i < ready && (t = pop(fg)); i++)
		pawl_poll_here_(t);
	return ready > 0;
}

static void on_wake(uv_async_t *a)
{
	(void)a;
}

/*
 * The timer may fire at the beginning of uv_run, before it looks how long it may sleep: with no
 * other timer left that would be for ever. uv_stop makes it look and return.
 */
static void on_timer(uv_timer_t *t)
{
	uv_stop(t->loop);
}

/* How the loop may sleep: not at all while a task is ready, else until the next timer. */
static uv_run_mode prepare_sleep(struct pawl_foreground *fg)
{
	uv_run_mode mode = UV_RUN_ONCE;
	pawl_time due;

	pthread_mutex_lock(&fg->lock);
	due = pawl_timers_next(&fg->timers);
	if (fg->ready_count)
		mode = UV_RUN_NOWAIT;
	pthread_mutex_unlock(&fg->lock);
	if (mode == UV_RUN_NOWAIT || due == PAWL_NEVER) {
		uv_timer_stop(&fg->timer);
	} else {
		pawl_time left = due - pawl_port_now();

		/* libuv counts in milliseconds: rather a little late than early. */
		uv_update_time(&fg->loop);
		uv_timer_start(&fg->timer, on_timer,
			       left > 0 ? (uint64_t)((left + PAWL_MS(1) - 1) / PAWL_MS(1)) : 0, 0);
	}
	return mode;
}

bool pawl_loop_turn_(pawl_host *h, bool may_sleep)
{
	struct pawl_foreground *fg = &h->fg;
	bool did_something;
	uv_run_mode mode;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	PAWL_ASSERT(!fg->is_in_loop);
	did_something = run_ready(fg);
	mode = may_sleep && !did_something ? prepare_sleep(fg) : UV_RUN_NOWAIT;
	fg->is_in_loop = true;
	uv_run(&fg->loop, mode);
	fg->is_in_loop = false;
	return did_something;
}

int pawl_loop_init_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	int r = uv_loop_init(&fg->loop);

	if (r < 0)
		return r == UV_ENOMEM ? PAWL_ENOMEM : PAWL_EMFILE;
	r = uv_async_init(&fg->loop, &fg->wake, on_wake);
	if (r < 0) {
		uv_loop_close(&fg->loop);
		return PAWL_EMFILE;
	}
	uv_timer_init(&fg->loop, &fg->timer);
	pthread_mutex_init(&fg->lock, NULL);
	fg->thread = pthread_self();
	return 0;
}

void pawl_loop_fini_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	int i;

	uv_close((uv_handle_t *)&fg->wake, NULL);
	uv_close((uv_handle_t *)&fg->timer, NULL);
	/* Handles that were closed but not yet heard of it need a turn or two. */
	for (i = 0; i < 8 && uv_loop_alive(&fg->loop); i++)
		uv_run(&fg->loop, UV_RUN_NOWAIT);
	if (uv_loop_close(&fg->loop) != 0)
		pawl_port_fatal("pawl_host_free: a handle on the loop was not closed");
	free(fg->timers.heap_);
	pthread_mutex_destroy(&fg->lock);
}
