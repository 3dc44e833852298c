/* SPDX-License-Identifier: MIT */
/* The timers of background tasks: a heap for each worker, and when they are late, for all. */
#include "host/worker.h"

#include "port/biased.h"

#include <stdlib.h>

/* So much later a long sleep may end: a millisecond, as a power of two. */
#define SLACK_MAX ((pawl_time)1 << 20)

/* How late a worker's timers may be before another takes them. */
#define LATE PAWL_MS(1)

/* Mostly the worker's own: who else comes pays for both. */
static uintptr_t lock(pawl_worker *w)
{
	return pawl_biased_lock_(&w->bias, w);
}

static void unlock(pawl_worker *w, uintptr_t was)
{
	pawl_biased_unlock_(&w->bias, w, was);
	if (w == pawl_worker_here_ && pawl_biased_is_due_(&w->bias, was))
		pawl_biased_favour_(&w->bias, w);
}

static pawl_time next_of(const pawl_worker *w)
{
	return __atomic_load_n(&w->timers_next, __ATOMIC_RELAXED);
}

static void publish_locked(pawl_worker *w)
{
	__atomic_store_n(&w->timers_next, pawl_timers_next(&w->timers), __ATOMIC_RELAXED);
}

int pawl_timers_grow_(pawl_timers *ts)
{
	uint32_t room = ts->room_ ? 2 * ts->room_ : 64;
	pawl_timer_entry *heap;

	if (ts->count_ < ts->room_)
		return 0;
	heap = realloc(ts->heap_, room * sizeof(*heap));
	if (!heap)
		return PAWL_ENOMEM;
	pawl_timers_place(ts, heap, room);
	return 0;
}

/*
 * A sleep may end a 256th of its length later, at most about a millisecond: timers that are due at
 * about the same time are then due at the same time, and wake the worker once. A worker read its
 * clock a while ago, which makes no difference here; that of another one is not ours to read.
 */
static pawl_time coalesce(const pawl_worker *w, pawl_time due)
{
	pawl_time now = w == pawl_worker_here_ ? w->clock : pawl_port_now();
	pawl_time slack = (due - now) >> 8, grid;

	if (slack <= 1 || due > PAWL_NEVER - PAWL_S(1))
		return due;
	if (slack > SLACK_MAX)
		slack = SLACK_MAX;
	grid = (pawl_time)1 << (63 - __builtin_clzll((unsigned long long)slack));
	return (due + grid - 1) & ~(grid - 1);
}

/*
 * A worker that is in a long poll does not hear of it, and the idle ones look only at the active.
 */
static void tell_of_first(pawl_worker *w)
{
	pawl_port_wake(&w->event);
	pawl_fence(&w->bg->active);
	if (pawl_load(&w->bg->active))
		pawl_worker_mind_(w);
}

int pawl_worker_arm_(pawl_worker *w, pawl_task *t, pawl_time due)
{
	bool is_first = false;
	uintptr_t was;
	int r;

	if (due == PAWL_SAME_DUE)
		return 0; /* a heap keeps its timers when their tasks are woken */
	due = coalesce(w, due);
	was = lock(w);
	r = pawl_timers_grow_(&w->timers);
	if (r == 0) {
		is_first = due < next_of(w);
		pawl_timers_arm(&w->timers, t, due);
		t->timer_.of_.heap_ = (uint16_t)w->index;
		if (is_first)
			publish_locked(w);
	}
	unlock(w, was);
	if (is_first && w != pawl_worker_here_)
		tell_of_first(w);
	else if (is_first && t != w->current)
		pawl_worker_mind_(w); /* the running task need not end before it is due */
	return r;
}

pawl_time pawl_background_disarm_(struct pawl_background *bg, pawl_task *t)
{
	pawl_worker *w = &bg->workers[t->timer_.of_.heap_];
	uintptr_t was = lock(w);
	pawl_time due = pawl_timers_disarm(&w->timers, t);

	/* It may still say the old one: then it is woken once for nothing. */
	unlock(w, was);
	return due;
}

/* Takes what is due out of a heap; how many have to be run. */
static uint32_t take_due(pawl_worker *of, pawl_time now, pawl_runq *ret_ready)
{
	uintptr_t was = lock(of);
	uint32_t n = pawl_timers_expire(&of->timers, now, ret_ready);

	publish_locked(of);
	unlock(of, was);
	return n;
}

static void push_fired(pawl_worker *w, pawl_runq *ready, uint32_t fired)
{
	pawl_task *t;

	pawl_count_(&w->counts.fired, fired);
	while ((t = pawl_runq_pop(ready)))
		if (t->kind_ & PAWL_TASK_STAYS_)
			pawl_worker_keep_(w->bg, t);
		else
			pawl_worker_push_(w, t);
}

uint32_t pawl_worker_expire_(pawl_worker *w)
{
	pawl_runq ready = { 0 };
	pawl_time next = next_of(w);
	uint32_t n;

	if (next == PAWL_NEVER)
		return 0;
	w->clock = pawl_port_now();
	if (w->clock < next)
		return 0;
	n = take_due(w, w->clock, &ready);
	push_fired(w, &ready, n);
	if (n > 1 || (n && pawl_worker_has_timers_(w)))
		pawl_worker_mind_(w);
	return n;
}

uint32_t pawl_worker_take_late_(pawl_worker *late, pawl_time now, pawl_runq *ret_ready)
{
	return next_of(late) > now - LATE ? 0 : take_due(late, now, ret_ready);
}

bool pawl_worker_rescue_(pawl_worker *w, pawl_worker *late)
{
	pawl_runq ready = { 0 };
	uint32_t n = pawl_worker_take_late_(late, w->clock, &ready);

	if (n)
		push_fired(w, &ready, n);
	if (n > 1)
		pawl_worker_mind_(w);
	return n;
}
