/* SPDX-License-Identifier: MIT */
/* Timers of executors that may have many: a heap by due time. */
#include "core/core.h"

#if PAWL_TIMERS

/*
 * Each has four below it, which are one cache line: half as deep as with two, and what a timer
 * costs is the cache lines of the tasks that it moves past.
 */
#define BELOW 4u

static bool is_before(const pawl_timer_entry *a, const pawl_timer_entry *b)
{
	return a->due < b->due;
}

/*
 * A timer that moves tells its place to the heap's memory and not to its task, which is elsewhere
 * and, where there are many, in no cache: the task knows a number, and the entry of that number
 * knows the place. The numbers that are free are those of the places behind the last timer.
 */
static void put(pawl_timers *ts, uint32_t at, const pawl_timer_entry *e)
{
	ts->heap_[at].due = e->due;
	ts->heap_[at].task = e->task;
	ts->heap_[at].number_ = e->number_;
	ts->heap_[e->number_].place_ = at;
}

static void sift_up(pawl_timers *ts, uint32_t at, const pawl_timer_entry *e)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / BELOW;

		if (!is_before(e, &ts->heap_[parent]))
			break;
		put(ts, at, &ts->heap_[parent]);
		at = parent;
	}
	put(ts, at, e);
}

/* The first that is due of those below a place, which has some. */
static uint32_t first_below(const pawl_timers *ts, uint32_t at)
{
	uint32_t first = BELOW * at + 1, i;
	uint32_t end = first + BELOW < ts->count_ ? first + BELOW : ts->count_;

	for (i = first + 1; i < end; i++)
		if (is_before(&ts->heap_[i], &ts->heap_[first]))
			first = i;
	return first;
}

static void sift_down(pawl_timers *ts, uint32_t at, const pawl_timer_entry *e)
{
	while (BELOW * at + 1 < ts->count_) {
		uint32_t child = first_below(ts, at);

		if (!is_before(&ts->heap_[child], e))
			break;
		put(ts, at, &ts->heap_[child]);
		at = child;
	}
	put(ts, at, e);
}

/* Takes out what is at a place; the last one fills the hole. */
static void take_out(pawl_timers *ts, uint32_t at)
{
	uint32_t number = ts->heap_[at].number_;
	pawl_timer_entry last = ts->heap_[--ts->count_];

	ts->heap_[at].task->timer_.place_ = 0;
	ts->heap_[ts->count_].number_ = number;
	if (at == ts->count_)
		return;
	if (at > 0 && is_before(&last, &ts->heap_[(at - 1) / BELOW]))
		sift_up(ts, at, &last);
	else
		sift_down(ts, at, &last);
}

void pawl_timers_place(pawl_timers *ts, pawl_timer_entry *heap, uint32_t room)
{
	uint32_t i;

	PAWL_ASSERT(room >= ts->room_);
	for (i = ts->room_; i < room; i++)
		heap[i].number_ = i;
	ts->heap_ = heap;
	ts->room_ = room;
}

int pawl_timers_arm(pawl_timers *ts, pawl_task *t, pawl_time due)
{
	pawl_timer_entry e = { .due = due, .task = t };

	if (due == PAWL_SAME_DUE)
		return 0;
	PAWL_ASSERT(!t->timer_.place_);
	if (ts->count_ == ts->room_)
		return PAWL_EFULL;
	e.number_ = ts->heap_[ts->count_].number_;
	t->timer_.place_ = e.number_ + 1;
	sift_up(ts, ts->count_++, &e);
	return 0;
}

pawl_time pawl_timers_disarm(pawl_timers *ts, pawl_task *t)
{
	uint32_t at;
	pawl_time due;

	if (t->timer_.place_ == 0)
		return PAWL_NEVER;
	at = ts->heap_[t->timer_.place_ - 1].place_;
	PAWL_ASSERT(ts->heap_[at].task == t);
	due = ts->heap_[at].due;
	take_out(ts, at);
	return due;
}

pawl_time pawl_timers_next(const pawl_timers *ts)
{
	return ts->count_ ? ts->heap_[0].due : PAWL_NEVER;
}

unsigned pawl_timers_expire(pawl_timers *ts, pawl_time now, pawl_runq *ret_ready)
{
	unsigned fired = 0;

	while (ts->count_ && ts->heap_[0].due <= now) {
		pawl_task *t = ts->heap_[0].task;

		take_out(ts, 0);
		if (pawl_mark_fired_(t))
			pawl_runq_push_(ret_ready, t);
		fired++;
	}
	return fired;
}

#endif
