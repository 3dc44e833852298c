/* SPDX-License-Identifier: MIT */
/* Sleeping: what a task does with its one timer. */
#include "core/core.h"

#if PAWL_TIMERS

pawl_time pawl_timer_let_go_(pawl_task *t)
{
	pawl_time due = t->exec_->ops->disarm(t->exec_, t);

	/* Nobody starts it again but the task itself, so what is seen now stays. */
	if (pawl_load(&t->state_) & PAWL_TASK_FIRED_)
		pawl_fetch_and(&t->state_, ~(uint32_t)PAWL_TASK_FIRED_);
	t->kind_ &= (uint8_t)~PAWL_TASK_TIMED_;
	return due;
}

int pawl_timer_start_(pawl_task *t, pawl_time due)
{
	pawl_exec *x = t->exec_;
	int r;

	if (!PAWL_HAS_(x, arm) || !PAWL_HAS_(x, disarm))
		return PAWL_ENOTSUP;
	t->kind_ |= PAWL_TASK_TIMED_;
	r = x->ops->arm(x, t, due);
	if (r < 0)
		t->kind_ &= (uint8_t)~PAWL_TASK_TIMED_;
	return r;
}

int pawl_sleep_until(pawl_task *t, pawl_time due)
{
	uint32_t s;
	bool is_timed;
	int r;

	pawl_begin_delayed_(t);
	s = pawl_load(&t->state_);
	is_timed = t->kind_ & PAWL_TASK_TIMED_;
	if (s & PAWL_TASK_CANCEL_ || (is_timed && s & PAWL_TASK_FIRED_)) {
		if (is_timed)
			pawl_timer_let_go_(t);
		return s & PAWL_TASK_CANCEL_ ? PAWL_ECANCELED : 0;
	}
	if (due == PAWL_SAME_DUE)
		due++;
	r = pawl_timer_start_(t, is_timed ? PAWL_SAME_DUE : due);
	if (r < 0)
		return r;
	pawl_say_wait_(t, "a timer");
	return PAWL_PENDING;
}

int pawl_sleep(pawl_task *t, pawl_time after)
{
	pawl_exec *x = t->exec_;

	pawl_begin_delayed_(t);
	/* Only the first poll says until when; those after it need no clock. */
	return pawl_sleep_until(
		t, t->kind_ & PAWL_TASK_TIMED_ ? 0 : pawl_later_(x->ops->now(x), after));
}

#endif
