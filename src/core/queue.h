/* SPDX-License-Identifier: MIT */
/* The queue's short paths, for the executors of core that run through them with each poll. */
#ifndef PAWL_CORE_QUEUE_H
#define PAWL_CORE_QUEUE_H

#include "core/core.h"

void pawl_queue_unlist_(pawl_queue *q, pawl_task *t);
void pawl_queue_expire_(pawl_queue *q, pawl_time now);

static inline void pawl_queue_add_(pawl_queue *q, pawl_task *t)
{
	if (q->insert_)
		q->insert_(q, t);
	else
		pawl_runq_push_(&q->ready_, t);
}

static inline void pawl_queue_push_(pawl_queue *q, pawl_task *t)
{
#if PAWL_TIMERS
	if (t->kind_ & PAWL_TASK_LISTED_)
		pawl_queue_unlist_(q, t);
#endif
	pawl_queue_add_(q, t);
}

static inline pawl_task *pawl_queue_pop_(pawl_queue *q, pawl_time (*now)(void))
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
