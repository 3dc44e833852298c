/* SPDX-License-Identifier: MIT */
/* Limits of coroutines: all that hold are as nested timeouts around whatever it waits for. */
#include "co/fiber.h"

#include "core/core.h"

#include <pawl/co_await.h>

#if PAWL_STACKS && PAWL_TIMERS

/* The first one that is over ends the wait, for the others too: they go on. */
static int let_go_when_over(pawl_co *co)
{
	struct pawl_co_limit *l;
	int r = PAWL_PENDING;

	for (l = co->limits_; l && r == PAWL_PENDING; l = l->outer_)
		r = pawl_timeout_end_(co->task_, &l->timeout_, r);
	return r;
}

/* What is due stays so, also when there was no timer to be had meanwhile. */
static void go_on(pawl_task *t, struct pawl_co_limit *l)
{
	pawl_time due = l->timeout_.due_;

	l->timeout_.is_running_ = true;
	pawl_timeout_begin_(t, &l->timeout_, 0);
	l->timeout_.due_ = due;
}

/* Outermost first: each gives the task's timer to the next. */
static void go_on_with_all(pawl_co *co)
{
	struct pawl_co_limit *l = co->limits_;

	while (l->outer_)
		l = l->outer_;
	for (; l; l = l->inner_)
		go_on(co->task_, l);
}

PAWL_APART_ int suspend(pawl_co *co)
{
	int r;

	PAWL_ASSERT_OF(co->task_, co->fiber_.state_ == PAWL_FIBER_RUNNING_);
	r = let_go_when_over(co);
	if (r != PAWL_PENDING)
		return r;
	pawl_co_leave_(co);
	go_on_with_all(co);
	return 0;
}

static void drop(void *arg)
{
	struct pawl_co_limit *l = arg;

	PAWL_ASSERT(l->inner_ ? l->inner_->outer_ == l : l->co_->limits_ == l);
	*(l->inner_ ? &l->inner_->outer_ : &l->co_->limits_) = l->outer_;
	if (l->outer_)
		l->outer_->inner_ = l->inner_;
}

/* A generator may end without the coroutine, and a panic may be caught further out on its stack. */
static void drop_with_stack(struct pawl_co_limit *l)
{
	pawl_stack *s = pawl_stack_at_(__builtin_frame_address(0));

	if (!s || !s->fiber_)
		return;
	l->defer_ = (pawl_defer){ .fn = drop, .arg = l, .of_ = s->fiber_ };
	pawl_defer_begin_(&l->defer_);
}

void pawl_co_limit_begin_(pawl_co *co, struct pawl_co_limit *l, pawl_time after)
{
	*l = (struct pawl_co_limit){ .suspend_ = suspend, .co_ = co, .outer_ = co->limits_ };
	if (l->outer_)
		l->outer_->inner_ = l;
	co->limits_ = l;
	drop_with_stack(l);
	pawl_timeout_begin_(co->task_, &l->timeout_, after);
}

void pawl_co_limit_end_(struct pawl_co_limit *l)
{
	if (l->defer_.of_)
		pawl_defer_end_(&l->defer_);
	else
		drop(l);
}

#endif
