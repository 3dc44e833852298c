/* SPDX-License-Identifier: MIT */
/* The main thread's loop: foreground tasks in turn with libuv's events. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"
#include "port/atomic.h"

#include <stdlib.h>

/*
 * For how long events may wait: until the tasks are through that were ready after the last of them
 * or, with fewer of those, until so many polls were made; in any case no longer than this, and the
 * poll that goes beyond it. A poll of the system for events costs as much as a dozen of ours.
 */
#define TURN_POLLS 64
#define TURN_TIME PAWL_MS(1)

bool pawl_loop_is_here_(const pawl_host *h)
{
	return pthread_equal(pthread_self(), h->fg.thread);
}

/* In its own callbacks the loop has to be told not to sleep; elsewhere it looks before it does. */
void pawl_loop_wake_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;

	if (!pawl_loop_is_here_(h)) {
		if (pawl_exchange(&fg->is_asleep, 0))
			uv_async_send(&fg->wake);
	} else if (fg->is_in_loop) {
		uv_stop(&fg->loop);
	}
}

/* Into the inbox. Only who finds it empty can be the first since the loop fell asleep. */
static void post(pawl_host *h, pawl_task *t)
{
	uintptr_t last = pawl_load_ptr(&h->fg.inbox);

	do {
		t->u_.next_ = (pawl_task *)last;
	} while (!pawl_cas_ptr(&h->fg.inbox, &last, (uintptr_t)t));
	if (!last)
		pawl_loop_wake_(h);
}

/* The inbox has the last first: turns it around on the way into the lanes. */
static void take_in(struct pawl_foreground *fg)
{
	pawl_task *t = (pawl_task *)pawl_exchange_ptr(&fg->inbox, 0), *first = NULL, *next;

	for (; t; t = next) {
		next = t->u_.next_;
		t->u_.next_ = first;
		first = t;
	}
	for (t = first; t; t = next) {
		next = t->u_.next_;
		pawl_lanes_push_(&fg->lanes, t);
	}
}

static void push(struct pawl_foreground *fg, pawl_task *t)
{
	if (pawl_load_ptr(&fg->inbox))
		take_in(fg);
	pawl_lanes_push_(&fg->lanes, t);
}

static pawl_task *pop(struct pawl_foreground *fg)
{
	if (pawl_load_ptr(&fg->inbox))
		take_in(fg);
	return pawl_lanes_pop_(&fg->lanes);
}

void pawl_loop_schedule_(pawl_host *h, pawl_task *t)
{
	struct pawl_foreground *fg = &h->fg;

	if (!pawl_loop_is_here_(h)) {
		post(h, t);
		return;
	}
	push(fg, t);
	if (fg->is_in_loop)
		uv_stop(&fg->loop);
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
	if (is_first)
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

/* Its timer, if it runs, moves along; it may fire before, which the task hears of here. */
int pawl_loop_adopt_(pawl_host *h, pawl_task *t)
{
	struct pawl_foreground *fg = &h->fg;
	pawl_time due;
	int r;

	pthread_mutex_lock(&fg->lock);
	r = pawl_timers_grow_(&fg->timers);
	if (r == 0) {
		due = pawl_workers_disarm_(h, t);
		t->kind_ |= PAWL_TASK_FOREGROUND_;
		if (due != PAWL_NEVER)
			pawl_timers_arm(&fg->timers, t, due);
	}
	pthread_mutex_unlock(&fg->lock);
	return r;
}

pawl_time pawl_loop_next_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	pawl_time due, help = PAWL_NEVER;

	pthread_mutex_lock(&fg->lock);
	due = pawl_timers_next(&fg->timers);
	pthread_mutex_unlock(&fg->lock);
	if (fg->wait)
		help = pawl_help_later_(h, fg->did_something);
	fg->did_something = false;
	return due < help ? due : help;
}

/* Timers that are due make their tasks ready. */
static void expire(struct pawl_foreground *fg)
{
	pawl_runq fired = { 0 };
	pawl_task *t;

	pthread_mutex_lock(&fg->lock);
	if (pawl_timers_next(&fg->timers) != PAWL_NEVER)
		pawl_count_(&fg->counts.fired,
			    pawl_timers_expire(&fg->timers, pawl_port_now(), &fired));
	pthread_mutex_unlock(&fg->lock);
	while ((t = pawl_runq_pop_(&fired)))
		push(fg, t);
}

/* Is it the events' turn? The clock is asked after 1, 2, 4, 8 and then every 16 polls. */
static bool is_spent(const struct pawl_foreground *fg)
{
	uint32_t n = fg->polls;

	if (n >= fg->polls_max)
		return true;
	if (n == 0 || (n % 16 && n & (n - 1)))
		return false;
	return pawl_port_now() - fg->began >= TURN_TIME;
}

/*
 * Runs ready tasks until the events have their turn. One turn may be the work of several calls, one
 * inside the other where a task blocks on another.
 */
static bool run_tasks(pawl_host *h, uint32_t polls_min)
{
	struct pawl_foreground *fg = &h->fg;
	bool did_something = false;
	pawl_task *t;

	expire(fg);
	if (pawl_load_ptr(&fg->inbox))
		take_in(fg);
	if (!fg->lanes.count)
		return false;
	if (fg->polls == 0) {
		fg->polls_max = fg->lanes.count > polls_min ? fg->lanes.count : polls_min;
		fg->began = pawl_port_now();
	}
	while (fg->lanes.count && !is_spent(fg) && (t = pop(fg))) {
		fg->polls++;
		pawl_poll_here_(h, t);
		did_something = true;
	}
	fg->did_something |= did_something;
	return did_something;
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
	PAWL_OF(t, struct pawl_foreground, timer)->timer_due = PAWL_NEVER;
	uv_stop(t->loop);
}

bool pawl_loop_doze_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;

	if (fg->lanes.count)
		return false;
	pawl_exchange(&fg->is_asleep, 1);
	if (!pawl_load_ptr(&fg->inbox) && !(fg->wait && fg->wait->is_over(fg->wait->arg))) {
		pawl_count_(&fg->counts.parks, 1);
		return true;
	}
	pawl_exchange(&fg->is_asleep, 0);
	return false;
}

/*
 * Exchanged, not stored: who found it 0 sends nothing and relies on being seen. Its own exchange
 * comes before this one, which reads it; after a store, the next look into the inbox could be too
 * early for it.
 */
static void wake_up(pawl_host *h)
{
	pawl_exchange(&h->fg.is_asleep, 0);
	pawl_help_awake_(h);
}

/* libuv counts in whole milliseconds of the same clock: the next one is rather late than early. */
static void set_timer(struct pawl_foreground *fg, pawl_time due)
{
	uint64_t now_ms = uv_now(&fg->loop), due_ms = (uint64_t)((due - 1) / PAWL_MS(1)) + 1;

	if (due == fg->timer_due)
		return;
	fg->timer_due = due;
	if (due == PAWL_NEVER)
		uv_timer_stop(&fg->timer);
	else
		uv_timer_start(&fg->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* The events have their turn; the thread sleeps until there are some when nothing else is to do. */
static void run_events(pawl_host *h, bool may_sleep)
{
	struct pawl_foreground *fg = &h->fg;
	uv_run_mode mode = UV_RUN_NOWAIT;

	PAWL_ASSERT(!fg->is_in_loop);
	if (may_sleep && pawl_loop_doze_(h)) {
		/* libuv 1.45 and later do not look at the clock before they sleep. */
		uv_update_time(&fg->loop);
		set_timer(fg, pawl_loop_next_(h));
		mode = UV_RUN_ONCE;
	}
	fg->is_in_loop = true;
	uv_run(&fg->loop, mode);
	fg->is_in_loop = false;
	wake_up(h);
	fg->polls = 0;
}

bool pawl_loop_turn_(pawl_host *h)
{
	bool did_something;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	did_something = run_tasks(h, 0);
	run_events(h, false);
	return did_something;
}

bool pawl_loop_turn_inside_(pawl_host *h)
{
	bool did_something;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	wake_up(h);
	did_something = run_tasks(h, TURN_POLLS);
	run_events(h, false);
	return did_something || run_tasks(h, TURN_POLLS);
}

static void run_once(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	bool may_sleep;

	if (!fg->outer)
		run_tasks(h, TURN_POLLS);
	if (fg->wait->is_over(fg->wait->arg))
		return;
	may_sleep = !fg->lanes.count && !pawl_help_(h);
	if (fg->outer)
		fg->outer->iterate(fg->outer, may_sleep);
	else
		run_events(h, may_sleep);
}

void pawl_loop_until_(pawl_host *h, bool (*is_over)(const void *arg), const void *arg)
{
	struct pawl_foreground *fg = &h->fg;
	struct pawl_loop_wait wait = { is_over, arg, fg->wait };

	PAWL_ASSERT(pawl_loop_is_here_(h));
	PAWL_ASSERT(!fg->is_in_loop);
	fg->wait = &wait;
	while (!is_over(arg))
		run_once(h);
	fg->wait = wait.outer;
	/* Who blocks on one task after the other must not shut out the events. */
	if (!fg->outer && fg->polls &&
	    (fg->polls >= TURN_POLLS || pawl_port_now() - fg->began >= TURN_TIME))
		run_events(h, false);
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
	fg->timer_due = PAWL_NEVER;
	pthread_mutex_init(&fg->lock, NULL);
	fg->thread = pthread_self();
	return 0;
}

void pawl_loop_fini_(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	int i;

	PAWL_ASSERT(!fg->wait && !fg->inbox && !fg->lanes.count);
	pawl_outer_end(h);
	pawl_processes_fini_(h);
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
