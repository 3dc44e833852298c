/* SPDX-License-Identifier: MIT */
/* The generator: a function on a stack of its own that hands out one value after the other. */
#ifndef PAWL_GEN_H
#define PAWL_GEN_H

#include <pawl/stack.h>

#if PAWL_STACKS

/*
 * A generator is a function that yields, from any depth of its calls, and goes on there when the
 * next value is asked for. It is no task: it runs as part of whoever asks, in a task, a coroutine,
 * a plain program or another generator, and on another thread the next time, if you like, but on
 * one at a time. A thread of your own that goes on with what others began calls pawl_stacks_prepare
 * (pawl/stacks.h) first, or an overrun there ends the program.
 *
 *	static int count(pawl_gen *g)
 *	{
 *		int i;
 *
 *		for (i = 0; i < *(int *)g->arg; i++)
 *			if (pawl_yield(g, &i) < 0)
 *				return PAWL_ECANCELED;
 *		return 0;
 *	}
 *
 *	pawl_gen_init(&g, count, &limit);
 *	while (pawl_next(&g, &v) == 0)
 *		use(*(int *)v);
 *	pawl_gen_fini(&g);
 *
 * It takes a stack when it is asked for the first time, and has it until pawl_gen_fini.
 *
 * In a coroutine its function may also wait, by the coroutine's own calls: then all of the
 * coroutine is suspended, and goes on inside of the generator. A panic or an overrun stack ends the
 * generator, and whoever asked gets PAWL_EPANIC or PAWL_ESTACK. It shares errno and the modes of
 * floating-point arithmetic with whoever asks, as every function does.
 */
typedef struct pawl_gen pawl_gen;

/* What it does: 0 or an error. Values are handed out by pawl_yield. */
typedef int pawl_gen_fn(pawl_gen *g);

struct pawl_gen {
	pawl_fiber fiber_;
	void *arg; /* yours */
	pawl_gen_fn *fn_;
	pawl_gen *inner_; /* to whom did it delegate? */
	void *sent_;
	void *value_;
	pawl_gen *root_; /* for whom does it yield? itself, unless it is DELEGATED */
};

/* What sanitizers are to hear of, they have to hear of everywhere: a mixture does not link. */
#if PAWL_ANNOUNCED_
#define pawl_gen_reset_at_ pawl_gen_reset_at_announced_
#define pawl_gen_begin_ pawl_gen_begin_announced_
#endif

PAWL_BEGIN_C

/*
 * Makes a generator. Nothing of its function runs yet.
 *
 *	g	the generator; its memory may not move until pawl_gen_fini
 *	fn	what it does
 *	arg	for g->arg
 *
 * result:  nothing
 * owns:    nothing; one that was never asked holds nothing
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_gen_init(g, fn, arg) \
	pawl_gen_init_at_((g), PAWL_GEN_FN_(fn), (arg), PAWL_GEN_PLACE_(fn), NULL)

/*
 * The same, on a stack of your choice.
 *
 *	g	the generator
 *	fn	what it does
 *	arg	for g->arg
 *	options	the stack; NULL is all default
 *
 * result:  nothing
 * owns:    nothing; memory that the options name must stay until pawl_gen_fini
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_gen_init_with(g, fn, arg, ... /* options */) \
	pawl_gen_init_at_((g), PAWL_GEN_FN_(fn), (arg), PAWL_GEN_PLACE_(fn), __VA_ARGS__)

/*
 * Makes a generator anew that was never asked or ended, on the stack that it has.
 *
 *	g	the generator
 *	fn	what it does
 *	arg	for g->arg
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_gen_reset(g, fn, arg) \
	pawl_gen_reset_at_((g), PAWL_GEN_FN_(fn), (arg), PAWL_GEN_PLACE_(fn))

#if PAWL_DIAG
#define PAWL_GEN_PLACE_(fn) PAWL_HERE "\0" #fn
#else
#define PAWL_GEN_PLACE_(fn) NULL
#endif

void pawl_gen_reset_at_(pawl_gen *g, pawl_gen_fn *fn, void *arg, const char *place);

static inline void pawl_gen_init_at_(pawl_gen *g, pawl_gen_fn *fn, void *arg, const char *place,
				     const pawl_stack_options *options)
{
	pawl_fiber_init_(&g->fiber_, options, place);
	g->arg = arg;
	g->fn_ = fn;
	g->root_ = g;
	g->inner_ = NULL;
	g->sent_ = NULL;
}

int pawl_gen_begin_(pawl_gen *g);
int pawl_gen_outcome_(pawl_gen *g);
pawl_gen *pawl_gen_yields_for_(pawl_gen *g);

/*
 * Goes on with the generator until it yields or ends.
 *
 *	g		the generator
 *	ret_value	what it yielded; in memory of the generator, until it is asked again
 *
 * result:  0; PAWL_ECLOSED when it ended, each time; the error with which it ended, once;
 *          PAWL_ENOMEM, PAWL_EINVAL when it gets no stack
 * owns:    nothing
 * from:    any
 * cost:    that of what it does, and two switches
 */
static inline int pawl_next(pawl_gen *g, void **ret_value)
{
	if (__builtin_expect(g->fiber_.state_ != PAWL_FIBER_SUSPENDED_, 0)) {
		int r = pawl_gen_begin_(g);

		if (r < 0)
			return r;
	}
	g->fiber_.state_ = PAWL_FIBER_RUNNING_;
	pawl_switch_(&g->fiber_.side_);
	if (__builtin_expect(g->fiber_.state_ != PAWL_FIBER_SUSPENDED_, 0)) {
		int r = pawl_gen_outcome_(g);

		if (r >= 0)
			__builtin_unreachable(); /* so that no compiler misses a value */
		return r;
	}
	*ret_value = g->value_;
	return 0;
}

/*
 * The same, and gives it a value as the answer to its last pawl_yield.
 *
 *	g		the generator
 *	value		for pawl_gen_sent; the first time nobody waits for it
 *	ret_value	what it yielded; in memory of the generator, until it is asked again
 *
 * result:  as pawl_next
 * owns:    nothing
 * from:    any
 * cost:    as pawl_next
 */
static inline int pawl_send(pawl_gen *g, void *value, void **ret_value)
{
	int r;

	g->sent_ = value;
	r = pawl_next(g, ret_value);
	g->sent_ = NULL;
	return r;
}

/*
 * Hands out a value, and goes on when the next is asked for.
 *
 *	g	the generator in which this runs
 *	value	where it is; it has to stay until then
 *
 * result:  0; PAWL_ECANCELED once the generator was asked to end: it should clean up and return
 * owns:    nothing
 * from:    inside of the generator
 * cost:    two switches
 */
PAWL_MUST_USE static inline int pawl_yield(pawl_gen *g, void *value)
{
	if (__builtin_expect(g->fiber_.state_ != PAWL_FIBER_RUNNING_, 0))
		g = pawl_gen_yields_for_(g);
	g->value_ = value;
	g->fiber_.state_ = PAWL_FIBER_SUSPENDED_;
	pawl_switch_(&g->fiber_.side_);
	return __builtin_expect(g->fiber_.is_cancelled_, 0) ? PAWL_ECANCELED : PAWL_OK;
}

/*
 * What the last pawl_send gave.
 *
 *	g	the generator in which this runs
 *
 * result:  the value, NULL after pawl_next
 * owns:    nothing
 * from:    inside of the generator
 * cost:    O(1), no allocation
 */
static inline void *pawl_gen_sent(const pawl_gen *g)
{
	return g->root_->sent_;
}

/*
 * Hands out all values of another generator, and passes on to it what is sent. However deep such
 * delegation goes, a value takes one switch to where it is wanted, not one for each level.
 *
 *	g	the generator in which this runs
 *	inner	another one, of which nobody else asks; afterwards it has ended
 *
 * result:  0 when it ended, or with which error; PAWL_ECANCELED when `g` was asked to end: then
 *          `inner` was, too
 * owns:    nothing; `inner` is the caller's to finish
 * from:    inside of the generator
 * cost:    that of what it does
 */
PAWL_MUST_USE int pawl_yield_from(pawl_gen *g, pawl_gen *inner);

/*
 * Asks a generator to end: from now on each pawl_yield in it answers PAWL_ECANCELED. One that was
 * never asked for a value, or ended, has nothing to do.
 *
 *	g	the generator, not from inside
 *
 * result:  0 when it ended; PAWL_EBUSY when it ignored that and yielded once more: it is suspended
 *          there; PAWL_EPANIC, PAWL_ESTACK when that was how it ended
 * owns:    nothing
 * from:    any
 * cost:    that of its clean-up
 */
PAWL_MUST_USE int pawl_gen_cancel(pawl_gen *g);

/*
 * Ends a generator and gives its stack back. One that is suspended is cancelled first; if it
 * ignores that, what it deferred is called, and its stack is taken away.
 *
 *	g	the generator, not from inside; NULL and zeroed ones are fine
 *
 * result:  0; PAWL_EBUSY when it ignored being cancelled: pawl_gen_text says which one it was
 * owns:    nothing; the memory is the caller's again
 * from:    any
 * cost:    that of its clean-up
 */
int pawl_gen_fini(pawl_gen *g);

/*
 * Tells whether a generator ended.
 *
 *	g	the generator
 *
 * result:  true when its function returned, panicked or overran its stack
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
static inline bool pawl_gen_done(const pawl_gen *g)
{
	return g->fiber_.state_ == PAWL_FIBER_DONE_;
}

/*
 * How a generator ended.
 *
 *	g	one that ended
 *
 * result:  what its function answered, PAWL_EPANIC or PAWL_ESTACK
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
static inline int pawl_gen_result(const pawl_gen *g)
{
	return g->fiber_.outcome_;
}

/*
 * Says in a line how a generator stands: its name, where it was made, how it ended or that it
 * ignores being cancelled, and what to enlarge when its stack ran over.
 *
 *	g	the generator
 *	buf	where to write
 *	size	room there; what does not fit is cut off
 *
 * result:  how long the text is, or would be
 * owns:    nothing
 * from:    any
 * cost:    O(length), no allocation
 */
int pawl_gen_text(const pawl_gen *g, char *buf, size_t size);

/*
 * The stack of a generator, for pawl_stack_high_water.
 *
 *	g	the generator
 *
 * result:  the stack; NULL before the first value and after pawl_gen_fini
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
static inline pawl_stack *pawl_gen_stack(const pawl_gen *g)
{
	return g->fiber_.stack_;
}

PAWL_END_C

/*
 * Defines, for a generator of values of `type`, the functions
 *
 *	int NAME_next(pawl_gen *g, type *ret_value)	as pawl_next, with a copy of the value
 *	int NAME_yield(pawl_gen *g, type value)		as pawl_yield
 */
#define PAWL_GEN(name, type)                                                               \
	PAWL_UNUSED_ static inline int name##_next(pawl_gen *g, type *ret_value)           \
	{                                                                                  \
		void *at = NULL;                                                           \
		int r = pawl_next(g, &at);                                                 \
		if (r == PAWL_OK)                                                          \
			*ret_value = *(type *)at;                                          \
		return r;                                                                  \
	}                                                                                  \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_yield(pawl_gen *g, type value) \
	{                                                                                  \
		return pawl_yield(g, &value);                                              \
	}                                                                                  \
	PAWL_STATIC_ASSERT(sizeof(type) > 0, #name " yields values")

/*
 * The same for one to which values of `sent` are sent: NAME_send, and NAME_yield with an answer,
 * which is left as it is when nothing was sent.
 */
#define PAWL_GEN_SENT(name, type, sent)                                                      \
	PAWL_UNUSED_ static inline int name##_send(pawl_gen *g, sent value, type *ret_value) \
	{                                                                                    \
		void *at = NULL;                                                             \
		int r = pawl_send(g, &value, &at);                                           \
		if (r == PAWL_OK)                                                            \
			*ret_value = *(type *)at;                                            \
		return r;                                                                    \
	}                                                                                    \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_yield(pawl_gen *g, type value,   \
								  sent *ret_sent)            \
	{                                                                                    \
		int r = pawl_yield(g, &value);                                               \
		if (r == PAWL_OK && pawl_gen_sent(g))                                        \
			*ret_sent = *(sent *)pawl_gen_sent(g);                               \
		return r;                                                                    \
	}                                                                                    \
	PAWL_STATIC_ASSERT(sizeof(type) > 0 && sizeof(sent) > 0, #name " yields values")

#if defined(__cplusplus) && defined(__cpp_exceptions)
/* The boundary that no exception passes; it is freed before the panic. `fn` is a constant. */
template <pawl_gen_fn *fn> struct pawl_gen_guard_ {
	static int call(pawl_gen *g)
	{
		try {
			return fn(g);
		} catch (...) {
		}
		pawl_panic("a C++ exception left a generator");
	}
};
#define PAWL_GEN_FN_(fn) (pawl_gen_guard_<(fn)>::call)
#else
#define PAWL_GEN_FN_(fn) (fn)
#endif

#endif

#endif
