/* SPDX-License-Identifier: MIT */
/* How something on a stack of its own begins, ends, and is ended by a panic. */
#include "co/fiber.h"

#include "core/core.h"

#if PAWL_STACKS

/* A port without stacks of its own; on hosts there are some to be linked. */
#if !PAWL_LARGE_ || (defined(PAWL_DIST_H) && !defined(PAWL_PORT_POSIX))
#define PORT_ __attribute__((weak))

PORT_ pawl_stack *pawl_port_stack_take(size_t size)
{
	(void)size;
	return NULL;
}

PORT_ void pawl_port_stack_give(pawl_stack *s)
{
	(void)s;
}

PORT_ pawl_stack *pawl_port_stack_at(const void *address)
{
	(void)address;
	return NULL;
}

PORT_ int pawl_port_stack_resident(const pawl_stack *s, size_t *ret_bytes)
{
	(void)s, (void)ret_bytes;
	return PAWL_ENOTSUP;
}

PORT_ int *pawl_port_stack_enter(void)
{
	return NULL;
}

PORT_ void pawl_port_stack_discard(pawl_stack *s)
{
	(void)s;
}

PORT_ void pawl_port_stack_tell(pawl_stack *s, enum pawl_stack_event event)
{
	(void)s, (void)event;
}

PORT_ const char *pawl_port_stack_lack(void)
{
	return "there is no pool: say `memory` in its pawl_stack_options";
}
#endif

#if PAWL_FIBERS_
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
#endif
#if PAWL_ASAN_
void __asan_unpoison_memory_region(void const volatile *at, size_t size);
#endif

#if PAWL_ANNOUNCED_

void *pawl_fiber_announce_(pawl_stack *s)
{
#if PAWL_FIBERS_
	s->tsan_ = __tsan_create_fiber(0);
	return s->tsan_;
#else
	(void)s;
	return NULL;
#endif
}

/* What sanitizers remember of who ran there is gone. */
void pawl_fiber_renounce_(pawl_stack *s)
{
#if PAWL_FIBERS_
	if (s->tsan_)
		__tsan_destroy_fiber(s->tsan_);
	s->tsan_ = NULL;
#else
	__asan_unpoison_memory_region(s->low_, (size_t)((char *)s - s->low_));
#endif
}

#endif

/* The next time all is looked at anew. */
__attribute__((noinline)) int pawl_fiber_lacks_(pawl_fiber *f)
{
	f->state_ = PAWL_FIBER_SPECIAL_;
	f->why_ = f->memory_ ? "its memory is less than PAWL_STACK_SIZE_MIN"
			     : pawl_port_stack_lack();
	return f->memory_ ? PAWL_EINVAL : PAWL_ENOMEM;
}

static int take_stack(pawl_fiber *f)
{
	pawl_stack *s;

	s = f->memory_ ? pawl_stack_place_(f->memory_, f->size_) : pawl_port_stack_take(f->size_);
	if (!s)
		return pawl_fiber_lacks_(f);
	f->stack_ = s;
	s->fiber_ = f;
	return 0;
}

__attribute__((noinline)) int pawl_fiber_begin_specially_(pawl_fiber *f, pawl_entry_fn *fn)
{
	int r;

	f->why_ = NULL;
	if (f->stack_) {
		/* On the stack of before, but perhaps another thread. */
		pawl_port_stack_enter();
		pawl_fiber_renounce_(f->stack_);
	} else {
		r = take_stack(f);
		if (r < 0)
			return r;
	}
	if (f->is_painted_)
		pawl_stack_paint_(f->stack_);
	pawl_fiber_place_(f, f->stack_, fn);
	return 0;
}

__attribute__((noinline)) void pawl_fiber_end_specially_(pawl_fiber *f)
{
	pawl_stack *s = f->stack_;

	pawl_fiber_check_(f);
	f->stack_ = NULL;
	if (s->link_) {
		pawl_stack_unplace_(s);
		return;
	}
	s->is_special_ = s->is_painted_ = false;
	pawl_port_stack_discard(s);
	pawl_port_stack_give(s);
}

__attribute__((noinline)) void pawl_fiber_call_deferred_(pawl_fiber *f, const void *end)
{
	while (f->defers_ && (const void *)f->defers_ < end) {
		pawl_defer *d = f->defers_;

		f->defers_ = d->outer_;
		d->fn(d->arg);
	}
}

void pawl_defer_elsewhere_(pawl_defer *d, const void *at)
{
	pawl_stack *s = pawl_stack_at_(at);

	if (s && s->fiber_)
		d->of_ = s->fiber_;
}

static void end_abandoned(pawl_fiber *f)
{
	f->outcome_ = PAWL_ECANCELED;
	f->state_ = PAWL_FIBER_DONE_;
	pawl_fiber_clean_(f);
}

/* It goes on on the stack of who runs on top of it, who goes on on that below. */
void pawl_fiber_abandon_(pawl_fiber *f)
{
	pawl_stack *s;

	while ((s = pawl_stack_at_(f->side_.sp_)) && s != f->stack_ && s->fiber_) {
		f->side_ = s->fiber_->side_;
		end_abandoned(s->fiber_);
	}
	end_abandoned(f);
}

void pawl_fiber_overwrote_(const pawl_fiber *f)
{
	pawl_fiber_fatal_(
		f, "wrote over the end of its stack: raise `size` in its pawl_stack_options");
}

/*
 * On the same stack, the frame is further in: there the panic is caught, and blocks on the way are
 * left. But a thread's panic has no frame on such a stack, unless who entered it left it open.
 */
void pawl_port_stack_catch(const void *frame, const char *why)
{
	pawl_stack *s = pawl_stack_at_(__builtin_frame_address(0));

	if (!s && frame && pawl_stack_at_(frame))
		pawl_port_fatal("a panic, while pawl_port_try was left open on a stack of its own");
	if (!s || !s->fiber_)
		return;
	if ((const char *)frame >= s->low_ && frame < (const void *)s) {
		pawl_fiber_call_deferred_(s->fiber_, frame);
		return;
	}
	s->fiber_->why_ = why;
	pawl_fiber_exit_(s->fiber_, PAWL_EPANIC);
}

#if PAWL_LARGE_

/* Whose stack an address is on, as long as it runs. */
static pawl_fiber *runs_at(const void *address)
{
	pawl_stack *s = pawl_stack_at_(address);

	return s && s->fiber_ && s->fiber_->state_ >= PAWL_FIBER_RUNNING_ ? s->fiber_ : NULL;
}

/* Those below who blocked before have been told. */
unsigned pawl_fiber_block_(void)
{
	pawl_fiber *f = runs_at(__builtin_frame_address(0));
	uint8_t state = PAWL_FIBER_BLOCKS_;
	unsigned n = 0;

	for (; f && f->state_ < PAWL_FIBER_BLOCKED_; f = runs_at(f->side_.sp_)) {
		if (f->state_ == PAWL_FIBER_RUNNING_) {
			f->state_ = state;
			n++;
		}
		state = PAWL_FIBER_BLOCKED_;
	}
	return n;
}

void pawl_fiber_unblock_(unsigned n)
{
	pawl_fiber *f = n ? runs_at(__builtin_frame_address(0)) : NULL;

	for (; n && f; f = runs_at(f->side_.sp_))
		if (f->state_ >= PAWL_FIBER_BLOCKED_) {
			f->state_ = PAWL_FIBER_RUNNING_;
			n--;
		}
}

/* Up to one that an executor of its own keeps from waiting. */
void pawl_fiber_unblock_lost_(void)
{
	pawl_fiber *f = runs_at(__builtin_frame_address(0));

	for (; f && (f->state_ == PAWL_FIBER_BLOCKED_ || f->state_ == PAWL_FIBER_DELEGATED_);
	     f = runs_at(f->side_.sp_))
		if (f->state_ == PAWL_FIBER_BLOCKED_)
			f->state_ = PAWL_FIBER_RUNNING_;
}

#endif

static const char *name_of(const char *place)
{
	if (!place)
		return "?";
	while (*place)
		place++;
	return place + 1;
}

static void put_place(struct pawl_text *x, const pawl_fiber *f)
{
	pawl_text_put_(x, "'");
	pawl_text_put_(x, name_of(f->place_));
	pawl_text_put_(x, "'");
	if (f->place_) {
		pawl_text_put_(x, " of ");
		pawl_text_put_(x, f->place_);
	}
}

static const char *state_of(const pawl_fiber *f)
{
	switch (f->state_) {
	case PAWL_FIBER_FRESH_:
	case PAWL_FIBER_SPECIAL_:
		return "not started";
	case PAWL_FIBER_SUSPENDED_:
		return f->is_cancelled_ ? "was asked to end and goes on" : "suspended";
	case PAWL_FIBER_DONE_:
		return f->outcome_ < 0 ? pawl_strerror(f->outcome_) : "ended";
	default:
		return "running";
	}
}

int pawl_fiber_text_(const pawl_fiber *f, const char *what, char *buf, size_t size)
{
	struct pawl_text x;

	pawl_text_begin_(&x, buf, size);
	pawl_text_put_(&x, what);
	pawl_text_put_(&x, " ");
	put_place(&x, f);
	pawl_text_put_(&x, ": ");
	pawl_text_put_(&x, state_of(f));
	if (f->why_) {
		pawl_text_put_(&x, ": ");
		pawl_text_put_(&x, f->why_);
	}
	if (f->state_ == PAWL_FIBER_DONE_ && f->outcome_ == PAWL_ESTACK) {
		pawl_text_put_(&x, ": it has ");
		pawl_text_uint_(&x, (uint32_t)f->size_);
		pawl_text_put_(&x, " bytes; raise `size` in its pawl_stack_options");
	}
	return pawl_text_end_(&x);
}

PAWL_NORETURN void pawl_fiber_fatal_(const pawl_fiber *f, const char *why)
{
	struct pawl_text x;
	char buf[256];

	pawl_text_begin_(&x, buf, sizeof buf);
	put_place(&x, f);
	pawl_text_put_(&x, " ");
	pawl_text_put_(&x, why);
	pawl_text_end_(&x);
	pawl_port_fatal(buf);
}

#endif
