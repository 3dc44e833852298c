/* SPDX-License-Identifier: MIT */
/* The queue of a small executor: ready tasks in their order, sleeping ones by due time. */
#include "core/queue.h"

#if PAWL_TIMERS

bool pawl_queue_arm(pawl_queue *q, pawl_task *t, pawl_time due)
{
	pawl_task **at = &q->asleep_;

	if (t->kind_ & PAWL_TASK_LISTED_) {
		PAWL_ASSERT(due < 0);
		return false;
	}
	if (due < 0)
		due = t->timer_.due_;
	t->timer_.due_ = due;
	t->kind_ |= PAWL_TASK_LISTED_;
	while (*at && (*at)->timer_.due_ <= due)
		at = &(*at)->u_.next_;
	t->u_.next_ = *at;
	*at = t;
	return at == &q->asleep_;
}

static void unlist(pawl_queue *q, pawl_task *t)
{
	pawl_task **at = &q->asleep_;

	while (*at != t) {
		PAWL_ASSERT(*at);
		at = &(*at)->u_.next_;
	}
	*at = t->u_.next_;
	t->kind_ &= (uint8_t)~PAWL_TASK_LISTED_;
}

pawl_time pawl_queue_disarm(pawl_queue *q, pawl_task *t)
{
	if (t->kind_ & PAWL_TASK_LISTED_)
		unlist(q, t);
	return pawl_load(&t->state_) & PAWL_TASK_FIRED_ ? PAWL_NEVER : t->timer_.due_;
}

void pawl_queue_expire_(pawl_queue *q, pawl_time now)
{
	pawl_task *t;

	while ((t = q->asleep_) && t->timer_.due_ <= now) {
		q->asleep_ = t->u_.next_;
		t->kind_ &= (uint8_t)~PAWL_TASK_LISTED_;
		if (pawl_mark_fired_(t))
			pawl_queue_add_(q, t);
	}
}

#endif

void pawl_queue_push(pawl_queue *q, pawl_task *t)
{
#if PAWL_TIMERS
	if (t->kind_ & PAWL_TASK_LISTED_)
		unlist(q, t);
#endif
	pawl_queue_add_(q, t);
}

pawl_task *pawl_queue_pop(pawl_queue *q, pawl_time (*now)(void))
{
	return pawl_queue_pop_(q, now);
}

pawl_time pawl_queue_next(const pawl_queue *q)
{
	if (q->ready_.head_)
		return INT64_MIN;
#if PAWL_TIMERS
	if (q->asleep_)
		return q->asleep_->timer_.due_;
#endif
	return PAWL_NEVER;
}
