/* SPDX-License-Identifier: MIT */
/* Generators: how they begin, end and delegate; what is done for each value is in the header. */
#include "co/fiber.h"

#include <pawl/gen.h>

#if PAWL_STACKS

/* The first function on its stack. */
static void PAWL_ENTRY_ pawl_gen_enter_(struct pawl_side *s)
{
	pawl_gen *g = PAWL_OF(s, pawl_gen, fiber_.side_);

	PAWL_OUTERMOST_();
	pawl_side_arrive_(s);
	pawl_fiber_return_(&g->fiber_, g->fn_(g));
}

void pawl_gen_reset_at_(pawl_gen *g, pawl_gen_fn *fn, void *arg, const char *place)
{
	pawl_fiber *f = &g->fiber_;

	PAWL_ASSERT(fn);
	if (f->state_ > PAWL_FIBER_SPECIAL_ && f->state_ != PAWL_FIBER_DONE_)
		pawl_fiber_fatal_(f, "is reset while it has not ended");
	pawl_fiber_clean_(f);
	f->state_ = PAWL_FIBER_SPECIAL_;
	f->is_cancelled_ = false;
	f->place_ = place;
	g->arg = arg;
	g->fn_ = fn;
	g->root_ = g;
	g->inner_ = NULL;
	g->sent_ = NULL;
}

/* It is not suspended: what is it then? */
PAWL_APART_ int begin_specially(pawl_gen *g)
{
	pawl_fiber *f = &g->fiber_;

	if (f->state_ == PAWL_FIBER_DONE_)
		return PAWL_ECLOSED;
	if (f->state_ > PAWL_FIBER_SPECIAL_)
		pawl_fiber_fatal_(
			f, "is asked, cancelled or finished while it runs, or was left by longjmp");
	return pawl_fiber_begin_specially_(f, pawl_gen_enter_);
}

int pawl_gen_begin_(pawl_gen *g)
{
	PAWL_ASSERT(g->fn_); /* it was made by pawl_gen_init */
	if (__builtin_expect(g->fiber_.state_ != PAWL_FIBER_FRESH_, 0))
		return begin_specially(g);
	return pawl_fiber_begin_(&g->fiber_, pawl_gen_enter_);
}

/* It was asked, and ended. */
int pawl_gen_outcome_(pawl_gen *g)
{
	pawl_fiber *f = &g->fiber_;

	PAWL_ASSERT(f->outcome_ <= 0);
	if (f->outcome_ == PAWL_ESTACK)
		pawl_fiber_unblock_lost_();
	pawl_fiber_clean_(f);
	return f->outcome_ ? f->outcome_ : PAWL_ECLOSED;
}

/* It is not running on its own account. */
pawl_gen *pawl_gen_yields_for_(pawl_gen *g)
{
	if (g->fiber_.state_ != PAWL_FIBER_DELEGATED_ ||
	    g->root_->fiber_.state_ != PAWL_FIBER_RUNNING_)
		pawl_fiber_fatal_(&g->fiber_, "yields while it does not run, or blocks on a task");
	return g->root_;
}

/*
 * The inner one yields to whoever asks the outermost, by that one's struct; its own says where it
 * was delegated to, which it goes back to when it ended.
 */
static int delegate(pawl_gen *g, pawl_gen *inner)
{
	int r = inner->fiber_.state_ == PAWL_FIBER_SUSPENDED_ ? 0 : pawl_gen_begin_(inner);

	if (r < 0)
		return r;
	g->inner_ = inner;
	inner->root_ = g->root_;
	inner->fiber_.state_ = PAWL_FIBER_DELEGATED_;
	pawl_switch_(&inner->fiber_.side_);
	inner->root_ = inner;
	g->inner_ = NULL;
	return pawl_gen_outcome_(inner);
}

/*
 * One that delegated already yields by its own struct, and one that is to end looks there whether
 * it is: its values are passed on one by one.
 */
static int pass_on(pawl_gen *g, pawl_gen *inner)
{
	void *value;
	int r = pawl_next(inner, &value);

	while (r == 0) {
		r = pawl_yield(g, value);
		if (r == 0)
			r = pawl_send(inner, pawl_gen_sent(g), &value);
	}
	return r;
}

PAWL_SWITCHES_ int pawl_yield_from(pawl_gen *g, pawl_gen *inner)
{
	int r;

	PAWL_ASSERT(inner != g && (inner->root_ == inner || pawl_gen_done(inner)));
	if (inner->inner_ || inner->fiber_.is_cancelled_)
		r = pass_on(g, inner);
	else
		r = delegate(g, inner);
	if (g->root_->fiber_.is_cancelled_) {
		/* Passed on one by one, it did not hear of it yet. */
		r = pawl_gen_cancel(inner);
		return r < 0 ? r : PAWL_ECANCELED;
	}
	return r == PAWL_ECLOSED ? 0 : r;
}

PAWL_SWITCHES_ int pawl_gen_cancel(pawl_gen *g)
{
	pawl_fiber *f = &g->fiber_;
	void *ignored;
	int r;

	if (f->state_ <= PAWL_FIBER_SPECIAL_ || f->state_ == PAWL_FIBER_DONE_)
		return 0;
	f->is_cancelled_ = true;
	r = pawl_next(g, &ignored);
	if (r == 0)
		return PAWL_EBUSY;
	return r == PAWL_EPANIC || r == PAWL_ESTACK ? r : 0;
}

/* It did not end yet. */
PAWL_APART_ int cut_short(pawl_gen *g)
{
	if (pawl_gen_cancel(g) != PAWL_EBUSY)
		return 0;
	pawl_fiber_abandon_(&g->fiber_);
	return PAWL_EBUSY;
}

int pawl_gen_fini(pawl_gen *g)
{
	int r = 0;

	if (!g)
		return 0;
	if (g->fiber_.state_ != PAWL_FIBER_DONE_ && g->fiber_.state_ > PAWL_FIBER_SPECIAL_)
		r = cut_short(g);
	pawl_fiber_clean_(&g->fiber_);
	pawl_fiber_end_(&g->fiber_);
	return r;
}

int pawl_gen_text(const pawl_gen *g, char *buf, size_t size)
{
	return pawl_fiber_text_(&g->fiber_, "generator", buf, size);
}

#endif
