/* SPDX-License-Identifier: MIT */
/* What coroutines and generators share: how something on a stack of its own begins and ends. */
#ifndef PAWL_CO_FIBER_H
#define PAWL_CO_FIBER_H

#include "co/stack.h"
#include "port/assert.h"
#include "port/atomic.h"
#include "port/switch.h"

#if PAWL_STACKS

/*
 * What switches is never part of a function that was compiled for a larger machine: the compiler
 * would keep something in registers of which nobody told it here.
 */
#if PAWL_SWITCH_INLINE
#define PAWL_SWITCHES_ __attribute__((noinline))
#else
#define PAWL_SWITCHES_
#endif

/* What stands in the lowest word of memory that nothing guards. */
#define PAWL_STACK_END_ ((uintptr_t)0x5a17c0de)

/* A mistake in the use of one: ends the program, with its name. */
PAWL_NORETURN void pawl_fiber_fatal_(const pawl_fiber *f, const char *why);

/* What is done with a stack before it is used anew. */
#if PAWL_ANNOUNCED_
void *pawl_fiber_announce_(pawl_stack *s);
void pawl_fiber_renounce_(pawl_stack *s);
#else
#define pawl_fiber_announce_(s) NULL
#define pawl_fiber_renounce_(s) ((void)(s))
#endif

/* Lets the next switch call `fn` on the stack that it has. */
PAWL_FLAT_ void pawl_fiber_place_(pawl_fiber *f, pawl_stack *s, pawl_entry_fn *fn)
{
	pawl_side_begin_(&f->side_, s->low_, (char *)s, fn, pawl_fiber_announce_(s));
	f->state_ = PAWL_FIBER_SUSPENDED_;
}

/* The same, on one from the pool, or where more is to be done. */
int pawl_fiber_begin_specially_(pawl_fiber *f, pawl_entry_fn *fn);

/* There is no stack for it: says why, and answers PAWL_ENOMEM or PAWL_EINVAL. */
int pawl_fiber_lacks_(pawl_fiber *f);

/* Lets the next switch call `fn` on a stack of its own: 0, PAWL_ENOMEM, PAWL_EINVAL. */
PAWL_FLAT_ int pawl_fiber_begin_(pawl_fiber *f, pawl_entry_fn *fn)
{
	pawl_stack *s;

	if (__builtin_expect(f->state_ != PAWL_FIBER_FRESH_, 0))
		return pawl_fiber_begin_specially_(f, fn);
	s = pawl_port_stack_take(PAWL_STACK_SIZE);
	if (__builtin_expect(!s, 0))
		return pawl_fiber_lacks_(f);
	f->stack_ = s;
	s->fiber_ = f;
	pawl_fiber_place_(f, s, fn);
	return 0;
}

/* It ended: leaves its stack for good. */
__attribute__((noreturn)) PAWL_FLAT_ void pawl_fiber_exit_(pawl_fiber *f, int outcome)
{
	f->outcome_ = outcome;
	f->state_ = PAWL_FIBER_DONE_;
	pawl_side_end_(&f->side_);
}

/* Its function returned. */
__attribute__((noreturn)) PAWL_FLAT_ void pawl_fiber_return_(pawl_fiber *f, int outcome)
{
	if (__builtin_expect(f->defers_ != NULL, 0))
		pawl_fiber_fatal_(f, "has left a PAWL_DEFER by longjmp");
	pawl_fiber_exit_(f, outcome);
}

/* Calls what it could not call itself, of blocks that are on its stack below `end`. */
void pawl_fiber_call_deferred_(pawl_fiber *f, const void *end);

#define PAWL_FIBER_ALL_ ((const void *)UINTPTR_MAX)

/* By who resumed it, after it ended. */
PAWL_FLAT_ void pawl_fiber_clean_(pawl_fiber *f)
{
	if (__builtin_expect(f->defers_ != NULL, 0))
		pawl_fiber_call_deferred_(f, PAWL_FIBER_ALL_);
}

/* An executor that ran on a stack that ran over keeps nobody below from waiting any more. */
#if PAWL_LARGE_
void pawl_fiber_unblock_lost_(void);
#else
#define pawl_fiber_unblock_lost_() ((void)0)
#endif

/* It is suspended, and never goes on, nor does who runs on top of it: cleans up. */
void pawl_fiber_abandon_(pawl_fiber *f);

/* Ends the program: memory below its stack was overwritten. */
PAWL_NORETURN void pawl_fiber_overwrote_(const pawl_fiber *f);

/* Looks whether memory below its stack was overwritten. */
PAWL_FLAT_ void pawl_fiber_check_(const pawl_fiber *f)
{
	const pawl_stack *s = f->stack_;

	if (__builtin_expect(s->link_ && *(uintptr_t *)(void *)s->low_ != PAWL_STACK_END_, 0))
		pawl_fiber_overwrote_(f);
}

/* Gives back a stack that is painted, or in memory of the program. */
void pawl_fiber_end_specially_(pawl_fiber *f);

/* Gives its stack back, if it has one. */
PAWL_FLAT_ void pawl_fiber_end_(pawl_fiber *f)
{
	pawl_stack *s = f->stack_;

	if (!s)
		return;
	pawl_fiber_renounce_(s);
	s->fiber_ = NULL;
	if (__builtin_expect(s->is_special_, 0)) {
		pawl_fiber_end_specially_(f);
		return;
	}
	f->stack_ = NULL;
	pawl_port_stack_give(s);
}

/* On whose stack an address is; NULL: on that of a thread. */
pawl_stack *pawl_stack_at_(const void *address);

int pawl_fiber_text_(const pawl_fiber *f, const char *what, char *buf, size_t size);

#endif

#endif
