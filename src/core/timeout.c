/* SPDX-License-Identifier: MIT */
/* Timeouts. What is inside has the task's timer while it is polled; in between the limit has it. */
#include "core/core.h"

#include <pawl/timeout.h>

#if PAWL_TIMERS

/* The limit of what was to be left, and could not be. */
#define OVER INT64_MIN

/* What is inside sees its timer as it was: running, over, or none. */
static void hand_back(pawl_task *t, pawl_time due)
{
	if (due == PAWL_NEVER)
		return;
	if (t->exec_->ops->now(t->exec_) < due) {
		/* There was room for it a moment ago. If not, it starts its timer anew. */
		(void)!pawl_timer_start_(t, due);
		return;
	}
	t->kind_ |= PAWL_TASK_TIMED_;
	pawl_fetch_or(&t->state_, PAWL_TASK_FIRED_);
}

/* Takes the timer away from whoever has it: when it was due, PAWL_NEVER when it was not used. */
static pawl_time take_away(pawl_task *t)
{
	return t->kind_ & PAWL_TASK_TIMED_ ? pawl_timer_let_go_(t) : PAWL_NEVER;
}

/* Without a timer it was left by a limit around it, and this is the first poll of another wait. */
static bool goes_on(const pawl_task *t, const pawl_timeout *o)
{
	return o->is_running_ && (t->kind_ & PAWL_TASK_TIMED_ || o->due_ == OVER);
}

void pawl_timeout_begin_(pawl_task *t, pawl_timeout *o, pawl_time after)
{
	pawl_exec *x = t->exec_;

	pawl_begin_delayed_(t);
	if (goes_on(t, o)) {
		take_away(t);
		hand_back(t, o->inner_);
		return;
	}
	o->is_running_ = true;
	o->due_ = pawl_later_(x->ops->now(x), after);
}

static int finish(pawl_timeout *o, int r)
{
	o->is_running_ = false;
	return r;
}

/* Leaves what is inside. What cannot be left wakes the task when it is done. */
static int leave(pawl_task *t, pawl_timeout *o, int r)
{
#if PAWL_WAITS
	if (!pawl_let_go_(t)) {
		o->due_ = OVER;
		return PAWL_PENDING;
	}
#endif
	t->kind_ &= (uint8_t) ~(PAWL_TASK_YIELDING_ | PAWL_TASK_YIELDED_);
	return finish(o, r);
}

int pawl_timeout_end_(pawl_task *t, pawl_timeout *o, int r)
{
	pawl_exec *x = t->exec_;

	if (r != PAWL_PENDING)
		return finish(o, r);
	o->inner_ = take_away(t);
	if (x->ops->now(x) >= o->due_)
		return leave(t, o, PAWL_ETIMEDOUT);
	r = pawl_timer_start_(t, o->inner_ < o->due_ ? o->inner_ : o->due_);
	return r == 0 ? PAWL_PENDING : leave(t, o, r);
}

#endif
