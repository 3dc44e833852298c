/* SPDX-License-Identifier: MIT */
/* Sleeping: what a task does with its one timer; and timers, tasks that do nothing else. */
#include "core/core.h"

#include <pawl/timer.h>

#if PAWL_TIMERS

pawl_time pawl_timer_let_go_(pawl_task *t)
{
	pawl_time due = t->exec_->ops->disarm(t->exec_, t);

	/* Nobody starts it again but the task itself, so what is seen now stays. */
	if (pawl_load(&t->state_) & PAWL_TASK_FIRED_) {
		pawl_fetch_and(&t->state_, ~(uint32_t)PAWL_TASK_FIRED_);
		due = 0;
	}
	t->kind_ &= (uint8_t)~PAWL_TASK_TIMED_;
	return due;
}

int pawl_timer_start_(pawl_task *t, pawl_time due)
{
	pawl_exec *x = t->exec_;
	int r;

	if (!PAWL_HAS_(x, disarm) || !x->ops->arm)
		return PAWL_ENOTSUP;
	t->kind_ |= PAWL_TASK_TIMED_;
	r = x->ops->arm(x, t, due);
	if (r < 0)
		t->kind_ &= (uint8_t)~PAWL_TASK_TIMED_;
	return r;
}

/* Only the first poll says until when. */
static int sleep_on(pawl_task *t, pawl_time due)
{
	uint32_t s = pawl_load(&t->state_);
	int r;

	if (s & (PAWL_TASK_CANCEL_ | PAWL_TASK_FIRED_)) {
		if (t->kind_ & PAWL_TASK_TIMED_)
			pawl_timer_let_go_(t);
		return s & PAWL_TASK_CANCEL_ ? PAWL_ECANCELED : 0;
	}
	r = pawl_timer_start_(t, due);
	if (r < 0)
		return r;
	pawl_say_wait_(t, "a timer");
	return PAWL_PENDING;
}

int pawl_sleep_until(pawl_task *t, pawl_time due)
{
	pawl_begin_delayed_(t);
	if (t->kind_ & PAWL_TASK_TIMED_)
		due = PAWL_SAME_DUE;
	else if (due < 0)
		due = 0;
	return sleep_on(t, due);
}

int pawl_sleep(pawl_task *t, pawl_time after)
{
	pawl_exec *x = t->exec_;

	pawl_begin_delayed_(t);
	if (t->kind_ & PAWL_TASK_TIMED_)
		return sleep_on(t, PAWL_SAME_DUE);
	return sleep_on(t, pawl_later_(x->ops->now(x), after > 0 ? after : 0));
}

#endif

/* Its first poll is the last: the time is over, or nobody wants to know. */
int pawl_timer_poll_(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : 0;
}

int(pawl_timer)(pawl_exec *x, pawl_task *t, pawl_time after)
{
	return (pawl_spawn_after)(x, t, pawl_timer_poll_, after);
}
