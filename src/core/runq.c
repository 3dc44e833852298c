/* SPDX-License-Identifier: MIT */
/* The run queue: ready tasks in the order in which they became ready. */
#include "core/core.h"

void pawl_runq_push(pawl_runq *q, pawl_task *t)
{
	t->u_.next_ = NULL;
	if (q->tail_)
		q->tail_->u_.next_ = t;
	else
		q->head_ = t;
	q->tail_ = t;
}

pawl_task *pawl_runq_pop(pawl_runq *q)
{
	pawl_task *t = q->head_;

	if (!t)
		return NULL;
	q->head_ = t->u_.next_;
	if (!q->head_)
		q->tail_ = NULL;
	t->u_.next_ = NULL;
	return t;
}

void pawl_schedule_all(pawl_runq *ready)
{
	pawl_task *t;

	while ((t = pawl_runq_pop(ready)))
		pawl_dispatch_(t);
}
