/* SPDX-License-Identifier: MIT */
/* The wait queue: who waits for an object, and what was set aside for whom. */
#include "core/core.h"

static bool is_in(const pawl_waitq *q, const pawl_task *t)
{
	return pawl_load_ptr(&t->waits_) == (uintptr_t)q;
}

void pawl_waitq_init(pawl_waitq *q, void *of, void (*giveback)(void *of, pawl_runq *ready))
{
	*q = (pawl_waitq){ .of_ = of, .giveback_ = giveback };
}

bool pawl_waitq_is_empty(const pawl_waitq *q)
{
	return !q->first_;
}

void pawl_waitq_join(pawl_waitq *q, pawl_task *t, const char *what)
{
	pawl_say_wait_(t, what);
	if (is_in(q, t))
		return;
	PAWL_ASSERT(!pawl_load_ptr(&t->waits_));
	t->wait_next_ = NULL;
	if (q->last_)
		q->last_->wait_next_ = t;
	else
		q->first_ = t;
	q->last_ = t;
	pawl_store_ptr(&t->waits_, (uintptr_t)q);
}

bool pawl_waitq_take(pawl_waitq *q, pawl_task *t)
{
	if (pawl_load_ptr(&t->waits_) != ((uintptr_t)q | PAWL_WAITS_GRANT_))
		return false;
	pawl_store_ptr(&t->waits_, 0);
	return true;
}

static void take_out(pawl_waitq *q, pawl_task *t)
{
	pawl_task *before = NULL, *at = q->first_;

	while (at != t) {
		PAWL_ASSERT(at);
		before = at;
		at = at->wait_next_;
	}
	if (before)
		before->wait_next_ = t->wait_next_;
	else
		q->first_ = t->wait_next_;
	if (q->last_ == t)
		q->last_ = before;
	t->wait_next_ = NULL;
}

bool pawl_waitq_leave(pawl_waitq *q, pawl_task *t)
{
	if (pawl_waitq_take(q, t))
		return true;
	if (is_in(q, t)) {
		take_out(q, t);
		pawl_store_ptr(&t->waits_, 0);
	}
	return false;
}

bool pawl_waitq_grant(pawl_waitq *q, pawl_runq *ready)
{
	pawl_task *t = q->first_;

	if (!t)
		return false;
	take_out(q, t);
	pawl_store_ptr(&t->waits_, (uintptr_t)q | PAWL_WAITS_GRANT_);
	if (pawl_mark_(t))
		pawl_runq_push(ready, t);
	return true;
}

void pawl_waitq_wake_all_(pawl_waitq *q, pawl_runq *ready)
{
	pawl_task *t;

	for (t = q->first_; t; t = t->wait_next_)
		if (pawl_mark_(t))
			pawl_runq_push(ready, t);
}

void pawl_waitq_let_go_(pawl_task *t)
{
	pawl_waitq *q = (pawl_waitq *)(pawl_load_ptr(&t->waits_) & ~(uintptr_t)3);
	void *of = q->of_;
	pawl_runq ready = { 0 };
	uintptr_t was = pawl_port_lock(of);

	if (pawl_waitq_leave(q, t) && q->giveback_)
		q->giveback_(of, &ready);
	pawl_port_unlock(of, was);
	pawl_schedule_all(&ready);
}
