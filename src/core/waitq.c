/* SPDX-License-Identifier: MIT */
/* The wait queue: who waits for an object, and what was set aside for whom. */
#include "core/core.h"

#if PAWL_WAITS

bool pawl_waitq_has(const pawl_waitq *q, const pawl_task *t)
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

pawl_task *pawl_waitq_first(const pawl_waitq *q)
{
	return q->first_;
}

unsigned pawl_waitq_count(const pawl_waitq *q)
{
	const pawl_task *t;
	unsigned n = 0;

	for (t = q->first_; t; t = t->wait_next_)
		n++;
	return n;
}

void pawl_waitq_join(pawl_waitq *q, pawl_task *t, const char *what)
{
	pawl_say_wait_(t, what);
	if (pawl_waitq_has(q, t))
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
	if (pawl_waitq_has(q, t)) {
		take_out(q, t);
		pawl_store_ptr(&t->waits_, 0);
	}
	return false;
}

bool pawl_waitq_grant_as(pawl_waitq *q, pawl_waitq *as, pawl_runq *ready)
{
	pawl_task *t = q->first_;

	PAWL_ASSERT(q->of_ == as->of_);
	if (!t)
		return false;
	take_out(q, t);
	pawl_store_ptr(&t->waits_, (uintptr_t)as | PAWL_WAITS_GRANT_);
	if (pawl_mark_(t))
		pawl_runq_push(ready, t);
	return true;
}

bool pawl_waitq_grant(pawl_waitq *q, pawl_runq *ready)
{
	return pawl_waitq_grant_as(q, q, ready);
}

unsigned pawl_waitq_grant_all(pawl_waitq *q, pawl_runq *ready)
{
	unsigned n = 0;

	while (pawl_waitq_grant(q, ready))
		n++;
	return n;
}

static pawl_waitq *queue_of(const pawl_task *t)
{
	return (pawl_waitq *)(pawl_load_ptr(&t->waits_) & ~(uintptr_t)3);
}

void pawl_waitq_let_go_(pawl_task *t)
{
	void *of = queue_of(t)->of_;
	pawl_runq ready = { 0 };
	uintptr_t was = pawl_port_lock(of);
	pawl_waitq *q = queue_of(t); /* only now: the grant may have come from another queue */

	if (pawl_waitq_leave(q, t) && q->giveback_)
		q->giveback_(of, &ready);
	pawl_port_unlock(of, was);
	pawl_schedule_all(&ready);
}

#endif
