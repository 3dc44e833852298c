/* SPDX-License-Identifier: MIT */
/* Coroutines: a task runs on a stack of its own, over as many polls as it takes. */
#include "co/env.h"
#include "co/fiber.h"

#include "core/core.h"

#include <pawl/co_await.h>

#if PAWL_STACKS

/* The first function on its stack. */
static void PAWL_ENTRY_ pawl_co_enter_(struct pawl_side *s)
{
	pawl_co *co = PAWL_OF(s, pawl_co, fiber_.side_);

	PAWL_OUTERMOST_();
	pawl_side_arrive_(s);
	pawl_fiber_return_(&co->fiber_, co->fn_(co));
}

static void init(pawl_co *co, pawl_co_fn *fn, const pawl_stack_options *stack, const char *place)
{
	PAWL_ASSERT(fn);
	pawl_fiber_init_(&co->fiber_, stack, place);
	co->fn_ = fn;
	co->limits_ = NULL;
}

void pawl_co_init_at_(pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
		      const pawl_stack_options *stack)
{
	const bool co_stands_behind_its_task = (void *)(t + 1) == (void *)co;

	PAWL_ASSERT_AT(place ? place : "?\0?", co_stands_behind_its_task);
	init(co, fn, stack, place);
	co->task_ = t;
}

int pawl_co_spawn_at_(pawl_exec *x, pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
		      const pawl_spawn_options *options, const pawl_stack_options *stack)
{
	pawl_co_init_at_(t, co, fn, place, stack);
#if PAWL_DIAG
	return pawl_spawn_at_(x, t, pawl_co_poll, options, place);
#else
	return pawl_spawn_with(x, t, pawl_co_poll, options);
#endif
}

/*
 * Its errno and its modes of arithmetic come along, and those of the thread are back afterwards.
 * What a coroutine pinned may have waited by that one's struct, and then this is another thread.
 */
static void run(pawl_co *co, bool is_pinned)
{
	int *my_errno = pawl_port_stack_enter();

	pawl_env_exchange_(&co->env_, my_errno);
	co->fiber_.state_ = PAWL_FIBER_RUNNING_;
	pawl_switch_(&co->fiber_.side_);
	if (is_pinned)
		my_errno = pawl_port_stack_enter();
	pawl_env_exchange_(&co->env_, my_errno);
}

#if PAWL_PANICS
static int call_deferred(void *f)
{
	pawl_fiber_call_deferred_(f, PAWL_FIBER_ALL_);
	return 0;
}

/* A panic in one of them is the coroutine's, too: nobody would come back for the others. */
PAWL_APART_ void clean(pawl_fiber *f)
{
	while (pawl_port_try(call_deferred, f, &f->why_) < 0)
		f->outcome_ = PAWL_EPANIC;
}
#else
#define clean(f) pawl_fiber_call_deferred_((f), PAWL_FIBER_ALL_)
#endif

static int finish(pawl_co *co)
{
	pawl_fiber *f = &co->fiber_;

	if (__builtin_expect(f->outcome_ == PAWL_ESTACK, 0))
		pawl_fiber_unblock_lost_();
	if (__builtin_expect(f->defers_ != NULL, 0))
		clean(f);
	pawl_fiber_end_(f);
	if (f->outcome_ > 0)
		pawl_fiber_fatal_(f, "ended with PAWL_PENDING: its waits are pawl_co_... calls");
	if (f->why_)
		pawl_say_wait_(co->task_, f->why_);
	return f->outcome_;
}

static int resume(pawl_co *co, bool is_pinned)
{
	pawl_fiber *f = &co->fiber_;

	if (__builtin_expect(f->state_ != PAWL_FIBER_SUSPENDED_, 0))
		pawl_fiber_fatal_(f, "is polled while it runs, or was left by longjmp");
	run(co, is_pinned);
	if (f->state_ == PAWL_FIBER_DONE_)
		return finish(co);
	pawl_fiber_check_(f);
	return PAWL_PENDING;
}

static int begin(pawl_co *co)
{
	int r;

	PAWL_ASSERT_OF(co->task_, co->fn_); /* pawl_co_init did not come first */
	r = pawl_fiber_begin_(&co->fiber_, pawl_co_enter_);
	if (r < 0) {
		co->fiber_.outcome_ = r;
		co->fiber_.state_ = PAWL_FIBER_DONE_;
		return r;
	}
	pawl_env_init_(&co->env_);
	return 0;
}

PAWL_SWITCHES_ int pawl_co_poll(pawl_task *t)
{
	pawl_co *co = (pawl_co *)(void *)(t + 1);
	int r;

	if (co->fiber_.state_ <= PAWL_FIBER_SPECIAL_) {
		r = begin(co);
		if (r < 0)
			return r;
	}
	return resume(co, false);
}

PAWL_SWITCHES_ int pawl_pin_at_(pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
				const pawl_stack_options *stack)
{
	uint8_t state = co->fiber_.state_;
	int r;

	if (state <= PAWL_FIBER_SPECIAL_ || state == PAWL_FIBER_DONE_) {
		init(co, fn, stack, place);
		co->task_ = t;
		r = begin(co);
		if (r < 0)
			return r;
	}
	PAWL_ASSERT_OF(t, co->task_ == t);
	return resume(co, true);
}

void pawl_co_fini(pawl_co *co)
{
	pawl_fiber *f;

	if (!co || !co->fiber_.stack_)
		return;
	f = &co->fiber_;
	if (f->state_ >= PAWL_FIBER_RUNNING_)
		pawl_fiber_fatal_(f, "is finished while it runs, or was left by longjmp");
	if (f->state_ == PAWL_FIBER_SUSPENDED_)
		pawl_fiber_abandon_(f);
	pawl_fiber_clean_(f);
	pawl_fiber_end_(f);
}

PAWL_SWITCHES_ void pawl_co_leave_(pawl_co *co)
{
	pawl_fiber *f = &co->fiber_;

	if (__builtin_expect(f->state_ != PAWL_FIBER_RUNNING_, 0))
		pawl_fiber_fatal_(f, "waits while it does not run, or blocks on another task");
	f->state_ = PAWL_FIBER_SUSPENDED_;
	pawl_switch_(&f->side_);
}

PAWL_SWITCHES_ int pawl_co_suspend(pawl_co *co)
{
	if (__builtin_expect(co->limits_ != NULL, 0))
		return co->limits_->suspend_(co);
	pawl_co_leave_(co);
	return 0;
}

int pawl_co_text(const pawl_co *co, char *buf, size_t size)
{
	return pawl_fiber_text_(&co->fiber_, "coroutine", buf, size);
}

#endif
