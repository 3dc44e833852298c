/* SPDX-License-Identifier: MIT */
/* The wait queue: who waits for an object, and what was set aside for whom. */
#include "core/waitq.h"

#if PAWL_WAITS

bool pawl_waitq_has(const pawl_waitq *q, const pawl_task *t)
{
	return pawl_load_ptr(&t->waits_) == (uintptr_t)q;
}

void pawl_waitq_init(pawl_waitq *q, void *of, void (*giveback)(void *of, pawl_woken *woken))
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

void pawl_waitq_link_(pawl_waitq *q, pawl_task *t, uintptr_t waits)
{
	PAWL_ASSERT_OF(t, !pawl_load_ptr(&t->waits_));
	t->wait_next_ = NULL;
	if (q->last_)
		q->last_->wait_next_ = t;
	else
		q->first_ = t;
	q->last_ = t;
	pawl_store_ptr(&t->waits_, waits);
}

void pawl_waitq_join(pawl_waitq *q, pawl_task *t, const char *what)
{
	pawl_say_wait_(t, what);
	if (!pawl_waitq_has(q, t))
		pawl_waitq_link_(q, t, (uintptr_t)q);
}

bool pawl_waitq_take(pawl_waitq *q, pawl_task *t)
{
	if (pawl_load_ptr(&t->waits_) != ((uintptr_t)q | PAWL_WAITS_GRANT_))
		return false;
	pawl_store_ptr(&t->waits_, 0);
	return true;
}

void pawl_waitq_unlink_(pawl_waitq *q, pawl_task *t)
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
		pawl_waitq_unlink_(q, t);
		pawl_store_ptr(&t->waits_, 0);
	}
	return false;
}

/* It is in no queue any more, and joins none before it is polled: its link is free. */
void pawl_woken_add_(pawl_woken *woken, pawl_task *t)
{
	if (!pawl_mark_(t))
		return;
	if (woken->last_)
		woken->last_->wait_next_ = t;
	else
		woken->first_ = t;
	woken->last_ = t;
}

void pawl_woken_schedule(pawl_woken *woken)
{
	pawl_task *t = woken->first_;

	*woken = (pawl_woken){ 0 };
	while (t) {
		pawl_task *next = t->wait_next_; /* afterwards it may be gone */

		pawl_dispatch_(t);
		t = next;
	}
}

bool pawl_waitq_grant_as(pawl_waitq *q, pawl_waitq *as, pawl_woken *woken)
{
	pawl_task *t = q->first_;

	PAWL_ASSERT(q->of_ == as->of_);
	if (!t)
		return false;
	pawl_waitq_unlink_(q, t);
	pawl_store_ptr(&t->waits_, (uintptr_t)as | PAWL_WAITS_GRANT_);
	pawl_woken_add_(woken, t);
	return true;
}

bool pawl_waitq_grant(pawl_waitq *q, pawl_woken *woken)
{
	return pawl_waitq_grant_as(q, q, woken);
}

unsigned pawl_waitq_grant_all(pawl_waitq *q, pawl_woken *woken)
{
	unsigned n = 0;

	while (pawl_waitq_grant(q, woken))
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
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(of);
	pawl_waitq *q = queue_of(t); /* only now: the grant may have come from another queue */

	if (pawl_waitq_leave(q, t) && q->giveback_)
		q->giveback_(of, &woken);
	pawl_port_unlock(of, was);
	pawl_woken_schedule(&woken);
}

#endif
