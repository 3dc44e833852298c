/* SPDX-License-Identifier: MIT */
/* Timers: a binary heap of tasks by due time; and sleeping, which stands on it. */
#include "core/core.h"

static bool is_before(const pawl_task *a, const pawl_task *b)
{
	return a->due_ < b->due_;
}

static void put(pawl_timers *ts, uint32_t at, pawl_task *t)
{
	ts->heap_[at] = t;
	pawl_store(&t->timer_, at + 1);
}

static void sift_up(pawl_timers *ts, uint32_t at, pawl_task *t)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!is_before(t, ts->heap_[parent]))
			break;
		put(ts, at, ts->heap_[parent]);
		at = parent;
	}
	put(ts, at, t);
}

static void sift_down(pawl_timers *ts, uint32_t at, pawl_task *t)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= ts->count_)
			break;
		if (child + 1 < ts->count_ && is_before(ts->heap_[child + 1], ts->heap_[child]))
			child++;
		if (!is_before(ts->heap_[child], t))
			break;
		put(ts, at, ts->heap_[child]);
		at = child;
	}
	put(ts, at, t);
}

/* Takes out what is at a place; the last one fills the hole. */
static void take_out(pawl_timers *ts, uint32_t at)
{
	pawl_task *last = ts->heap_[--ts->count_];

	if (at == ts->count_)
		return;
	if (at > 0 && is_before(last, ts->heap_[(at - 1) / 2]))
		sift_up(ts, at, last);
	else
		sift_down(ts, at, last);
}

void pawl_timers_place(pawl_timers *ts, pawl_task **heap, uint32_t room)
{
	PAWL_ASSERT(room >= ts->count_);
	ts->heap_ = heap;
	ts->room_ = room;
}

int pawl_timers_arm(pawl_timers *ts, pawl_task *t, pawl_time due)
{
	PAWL_ASSERT(!pawl_load(&t->timer_));
	if (ts->count_ == ts->room_)
		return PAWL_EFULL;
	t->due_ = due;
	sift_up(ts, ts->count_++, t);
	return 0;
}

void pawl_timers_disarm(pawl_timers *ts, pawl_task *t)
{
	uint32_t at = pawl_load(&t->timer_);

	if (at == 0 || at == PAWL_TIMER_FIRED_)
		return;
	PAWL_ASSERT(ts->heap_[at - 1] == t);
	take_out(ts, at - 1);
	pawl_store(&t->timer_, 0);
}

pawl_time pawl_timers_next(const pawl_timers *ts)
{
	return ts->count_ ? ts->heap_[0]->due_ : PAWL_NEVER;
}

unsigned pawl_timers_expire(pawl_timers *ts, pawl_time now, pawl_runq *ret_ready)
{
	unsigned fired = 0;

	while (ts->count_ && ts->heap_[0]->due_ <= now) {
		pawl_task *t = ts->heap_[0];

		take_out(ts, 0);
		pawl_store(&t->timer_, PAWL_TIMER_FIRED_);
		if (pawl_mark_(t))
			pawl_runq_push(ret_ready, t);
		fired++;
	}
	return fired;
}

void pawl_timer_let_go_(pawl_task *t)
{
	if (pawl_load(&t->timer_) != PAWL_TIMER_FIRED_)
		t->exec_->ops->disarm(t->exec_, t);
	pawl_store(&t->timer_, 0);
}

int pawl_sleep(pawl_task *t, pawl_time after)
{
	pawl_exec *x = t->exec_;
	uint32_t timer = pawl_load(&t->timer_);
	int r = PAWL_PENDING;

	if (pawl_cancelled(t))
		r = PAWL_ECANCELED;
	else if (timer == PAWL_TIMER_FIRED_)
		r = 0;
	if (r != PAWL_PENDING) {
		if (timer)
			pawl_timer_let_go_(t);
		return r;
	}
	if (!timer) {
		pawl_time now = x->ops->now(x);

		if (!PAWL_HAS_(x, arm) || !PAWL_HAS_(x, disarm))
			return PAWL_ENOTSUP;
		if (after < 0)
			after = 0;
		r = x->ops->arm(x, t, after < PAWL_NEVER - now ? now + after : PAWL_NEVER);
		if (r < 0)
			return r;
	}
	pawl_say_wait_(t, "a timer");
	return PAWL_PENDING;
}
