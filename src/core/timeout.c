/* SPDX-License-Identifier: MIT */
/* Timeouts. What is inside has the task's timer while it is polled; in between the limit has it. */
#include "core/core.h"

#include <pawl/timeout.h>

#if PAWL_TIMERS

/* Due before everything: what is inside was woken by its timer, and did not hear of it yet. */
#define PASSED 0

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
	bool is_over = pawl_load(&t->state_) & PAWL_TASK_FIRED_;
	pawl_time due;

	if (!(t->kind_ & PAWL_TASK_TIMED_))
		return PAWL_NEVER;
	due = pawl_timer_let_go_(t);
	return is_over || due == PAWL_NEVER ? PASSED : due;
}

void pawl_timeout_begin_(pawl_task *t, pawl_timeout *o, pawl_time after)
{
	pawl_exec *x = t->exec_;

	pawl_begin_delayed_(t);
	if (o->is_running_) {
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

/* Leaves what is inside; false when that cannot be. */
static bool leave(pawl_task *t)
{
#if PAWL_WAITS
	if (!pawl_let_go_(t))
		return false;
#endif
	t->kind_ &= (uint8_t) ~(PAWL_TASK_YIELDING_ | PAWL_TASK_YIELDED_);
	return true;
}

int pawl_timeout_end_(pawl_task *t, pawl_timeout *o, int r)
{
	pawl_exec *x = t->exec_;

	if (r != PAWL_PENDING)
		return finish(o, r);
	o->inner_ = take_away(t);
	if (x->ops->now(x) >= o->due_) {
		/* What cannot be left wakes the task when it is done. */
		return leave(t) ? finish(o, PAWL_ETIMEDOUT) : PAWL_PENDING;
	}
	r = pawl_timer_start_(t, o->inner_ < o->due_ ? o->inner_ : o->due_);
	if (r == 0)
		return PAWL_PENDING;
	return leave(t) ? finish(o, r) : PAWL_PENDING;
}

#endif
