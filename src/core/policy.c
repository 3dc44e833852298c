/* SPDX-License-Identifier: MIT */
/* Policies: orders of the ready queue, and budgets that end a turn. */
#include <pawl/policy.h>

#include "core/core.h"

static void link_behind(pawl_runq *q, pawl_task *before, pawl_task *t)
{
	pawl_task **at = before ? &before->u_.next_ : &q->head_;

	t->u_.next_ = *at;
	if (!*at)
		q->tail_ = t;
	*at = t;
}

void pawl_queue_insert_before(pawl_queue *q, pawl_task *t,
			      bool (*is_before)(const pawl_task *t, const pawl_task *other))
{
	pawl_runq *ready = &q->ready_;
	pawl_task *before = NULL, *at = ready->head_;

	if (!at || !is_before(t, ready->tail_)) {
		pawl_runq_push_(ready, t);
		return;
	}
	while (!is_before(t, at)) {
		before = at;
		at = at->u_.next_;
	}
	link_behind(ready, before, t);
}

static bool is_more_urgent(const pawl_task *t, const pawl_task *other)
{
	return t->priority_ > other->priority_;
}

static void by_priority(pawl_queue *q, pawl_task *t)
{
	pawl_queue_insert_before(q, t, is_more_urgent);
}

const pawl_policy pawl_policy_priority = { by_priority };

#if PAWL_POLICIES

static bool is_due_before(const pawl_task *t, const pawl_task *other)
{
	return t->deadline_ < other->deadline_;
}

static void by_deadline(pawl_queue *q, pawl_task *t)
{
	pawl_queue_insert_before(q, t, is_due_before);
}

const pawl_policy pawl_policy_deadline = { by_deadline };

/* What remains of the turn's budget. */
static uint32_t left(const pawl_task *t)
{
	return t->spent_ < t->budget_ ? t->budget_ - t->spent_ : 0;
}

/* No sum is so large that it means the end of the turn. */
static void charge(pawl_task *t, uint32_t units)
{
	uint32_t room = PAWL_SPENT_ALL_ - 1 - t->spent_;

	t->spent_ += units < room ? units : room;
}

int pawl_spend(pawl_task *t, uint32_t units)
{
	bool is_new_turn = t->kind_ & PAWL_TASK_YIELDED_;
	int r = is_new_turn ? pawl_task_yield(t) : pawl_cancelled(t) ? PAWL_ECANCELED : 0;

	if (r || !t->budget_)
		return r;
	if (!is_new_turn && t->spent_ && units > left(t)) {
		t->spent_ = PAWL_SPENT_ALL_;
		return pawl_task_yield(t);
	}
	charge(t, units);
	return 0;
}

void pawl_set_deadline(pawl_task *t, pawl_time due)
{
	t->deadline_ = due;
}

pawl_time pawl_task_deadline(const pawl_task *t)
{
	return t->deadline_;
}

#endif
