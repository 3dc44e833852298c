/* SPDX-License-Identifier: MIT */
/* The queue's short paths, for the executors of core that run through them with each poll. */
#ifndef PAWL_CORE_QUEUE_H
#define PAWL_CORE_QUEUE_H

#include "core/core.h"

void pawl_queue_expire_(pawl_queue *q, pawl_time now);

/* Puts a ready task, which is not asleep, into its place. */
PAWL_FLAT_ void pawl_queue_add_(pawl_queue *q, pawl_task *t)
{
	if (q->insert_)
		q->insert_(q, t);
	else
		pawl_runq_push_(&q->ready_, t);
}

/* Asleep, or under a policy: not simply the last of the ready ones. */
PAWL_FLAT_ bool pawl_queue_is_special_(const pawl_queue *q, const pawl_task *t)
{
	return q->insert_ || (PAWL_TIMERS && t->kind_ & PAWL_TASK_LISTED_);
}

PAWL_FLAT_ pawl_task *pawl_queue_pop_(pawl_queue *q, pawl_time (*now)(void))
{
#if PAWL_TIMERS
	if (q->asleep_)
		pawl_queue_expire_(q, now());
#else
	(void)now;
#endif
	return pawl_runq_pop_(&q->ready_);
}

#endif
