/* SPDX-License-Identifier: MIT */
/* The coroutine: a task with a stack of its own, which may wait at any depth of its calls. */
#ifndef PAWL_CO_H
#define PAWL_CO_H

#include <pawl/stack.h>
#include <pawl/task.h>

#if PAWL_STACKS

/*
 * A coroutine is a task, spawned on any executor, joined, cancelled, put into sessions and pools as
 * any other. A function that takes a pawl_co * may wait, by the pawl_co_... form of an awaitable
 * (pawl/co_await.h, pawl/co_io.h) or by PAWL_CO_AWAIT around one of yours; one that does not take
 * it, cannot. Those that call it need not change for that.
 *
 *	struct blink {
 *		pawl_task task;
 *		pawl_co co;
 *		int pin;
 *	};
 *
 *	static int blink(pawl_co *co)
 *	{
 *		struct blink *b = PAWL_OF(co, struct blink, co);
 *		int r;
 *
 *		while ((r = pawl_co_sleep(co, PAWL_MS(250))) == 0)
 *			led_toggle(b->pin);
 *		return r;
 *	}
 *
 *	pawl_co_spawn(x, b, blink);
 *
 * It takes a stack when it is first polled and gives it back when it ended, so that one that did
 * not run yet holds none. What goes wrong with its stack is an outcome of the task: PAWL_ENOMEM
 * when there was none, PAWL_ESTACK when it ran over. A panic ends it with PAWL_EPANIC.
 *
 * Between two polls another thread may go on with it. Its errno and its modes of floating-point
 * arithmetic (rounding, exceptions that trap) go along; thread-local variables do not, and
 * compilers may keep the address of one, errno too, over a wait: look at it in a function of its
 * own, or say pawl_stay. What belongs to a thread must not be held over a wait, unless the task
 * stays: mutexes, stdio's locks, the signal mask.
 *
 * No longjmp may leave a coroutine: the next poll ends the program with its name. A C++ exception
 * that leaves it is a panic; in C++ `fn` is therefore a constant, not a variable. It must not wait
 * while pawl_port_try is open on its stack, which is noticed when that ends; nor in a catch clause,
 * which is not; nor while it is in pawl_block_on, on behalf of tasks that run inside of that.
 */
typedef struct pawl_co pawl_co;

/* What it does: 0 or an error, as a task's outcome. */
typedef int pawl_co_fn(pawl_co *co);

/* What goes along when another stack is run; a port knows how. */
struct pawl_co_env {
	uint32_t fp_[2];
	int errno_;
};

/* In a struct of yours, right behind its task. Zeroed is ready for use; it may not move. */
struct pawl_co {
	pawl_fiber fiber_;
	pawl_task *task_;
	pawl_co_fn *fn_;
	struct pawl_co_limit *limits_; /* how long may it wait? innermost first; pawl/co_await.h */
	struct pawl_co_env env_;
};

/*
 * What sanitizers are to hear of, they have to hear of everywhere, and a task has one size: a
 * mixture does not link.
 */
#if defined(PAWL_LAYOUT_) || PAWL_DIAG != PAWL_LARGE_ || PAWL_ANNOUNCED_
#define PAWL_CO_LAYOUT___(name, t, w, c, p, d, a) name##_##t##w##c##p##d##a##_
#define PAWL_CO_LAYOUT__(name, t, w, c, p, d, a) PAWL_CO_LAYOUT___(name, t, w, c, p, d, a)
#define PAWL_CO_LAYOUT_(name)                                                                \
	PAWL_CO_LAYOUT__(name, PAWL_TIMERS, PAWL_WAITS, PAWL_CREW, PAWL_POLICIES, PAWL_DIAG, \
			 PAWL_CO_ANNOUNCED_)
#if PAWL_ANNOUNCED_
#define PAWL_CO_ANNOUNCED_ 1
#else
#define PAWL_CO_ANNOUNCED_ 0
#endif
#define pawl_co_init_at_ PAWL_CO_LAYOUT_(pawl_co_init_at)
#define pawl_co_spawn_at_ PAWL_CO_LAYOUT_(pawl_co_spawn_at)
#define pawl_pin_at_ PAWL_CO_LAYOUT_(pawl_pin_at)
#endif

PAWL_BEGIN_C

/*
 * Spawns a task with a stack of its own.
 *
 *	x	the executor
 *	s	a struct of yours with `pawl_task task; pawl_co co;`, zeroed or dropped
 *	fn	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED
 * owns:    as pawl_spawn; the stack is given back when it ended
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_co_spawn(x, s, fn)                                                                 \
	pawl_co_spawn_at_((x), &(s)->task, &(s)->co, PAWL_CO_FN_(fn), PAWL_CO_PLACE_(fn), NULL, \
			  NULL)

/*
 * The same, with everything that can be said about the task and the stack.
 *
 *	x	the executor
 *	s	a struct of yours with `pawl_task task; pawl_co co;`, zeroed or dropped
 *	fn	what it does
 *	options	for the task; NULL is all default
 *	stack	which stack; NULL is all default
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP
 * owns:    as pawl_co_spawn; memory that `stack` names must stay until the task was dropped
 * from:    any
 * cost:    O(1), or O(log timers) with `after`; no allocation
 */
#define pawl_co_spawn_with(x, s, fn, ... /* options, stack */)                            \
	pawl_co_spawn_at_((x), &(s)->task, &(s)->co, PAWL_CO_FN_(fn), PAWL_CO_PLACE_(fn), \
			  __VA_ARGS__)

/*
 * For the calls that spawn on a thread of its own or in a scope: says what the coroutine does, and
 * then `pawl_spawn_dedicated(…, &s->task, pawl_co_poll, …)`. Sessions, the foreground, delays and
 * labels are options of pawl_co_spawn_with.
 *
 *	s	a struct of yours with `pawl_task task; pawl_co co;`, whose task is not spawned
 *	fn	what it does
 *	stack	which stack; NULL is all default
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_co_init(s, fn, ... /* stack */) \
	pawl_co_init_at_(&(s)->task, &(s)->co, PAWL_CO_FN_(fn), PAWL_CO_PLACE_(fn), __VA_ARGS__)

#if PAWL_DIAG
#define PAWL_CO_PLACE_(fn) PAWL_PLACE_(fn)
#else
#define PAWL_CO_PLACE_(fn) NULL
#endif

void pawl_co_init_at_(pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
		      const pawl_stack_options *stack);
int pawl_co_spawn_at_(pawl_exec *x, pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
		      const pawl_spawn_options *options, const pawl_stack_options *stack);

/*
 * The poll function of coroutines.
 *
 *	t	a task with a pawl_co behind it, which pawl_co_init has prepared
 *
 * result:  as any poll function
 * owns:    nothing
 * from:    executors
 * cost:    that of what it does, and two switches
 */
int pawl_co_poll(pawl_task *t);

/*
 * Lets a task that has no stack run a function on one, over as many polls as it takes: an awaitable
 * itself. The stack is taken with the first poll and given back with the last; until then it is
 * the task's alone. Cancelling the task lets the waits in there fail, and the function then ends in
 * its own way; so set limits inside, and not around it, and see pawl_co_fini before you leave
 * early.
 *
 *	t	the running task
 *	co	zeroed, or one that finished; it stays where it is meanwhile
 *	fn	what to do, evaluated with the first poll only
 *
 * result:  PAWL_PENDING, then what `fn` answered; PAWL_ENOMEM, PAWL_ESTACK, PAWL_EPANIC
 * owns:    nothing
 * from:    task
 * cost:    that of what it does, and two switches for each poll
 */
#define pawl_pin(t, co, fn) pawl_pin_at_((t), (co), PAWL_CO_FN_(fn), PAWL_CO_PLACE_(fn), NULL)

/*
 * The same, on a stack of your choice.
 *
 *	t	the running task
 *	co	zeroed, or one that finished; it stays where it is meanwhile
 *	fn	what to do
 *	stack	which stack; NULL is all default
 *
 * result:  as pawl_pin
 * owns:    nothing; memory that `stack` names must stay until this is over
 * from:    task
 * cost:    as pawl_pin
 */
#define pawl_pin_with(t, co, fn, ... /* stack */) \
	pawl_pin_at_((t), (co), PAWL_CO_FN_(fn), PAWL_CO_PLACE_(fn), __VA_ARGS__)
PAWL_MUST_USE int pawl_pin_at_(pawl_task *t, pawl_co *co, pawl_co_fn *fn, const char *place,
			       const pawl_stack_options *stack);

/*
 * Takes the stack away from one that is suspended and does not go on: for a task that has to leave
 * pawl_pin before it finished. What was deferred there is called, innermost first, by whoever calls
 * this; nothing else of it runs any more. Generators on top of it are ended with it, but their
 * stacks are still to be given back, by pawl_gen_fini.
 *
 *	co	not running; NULL, zeroed, and ones that finished have nothing to lose
 *
 * result:  nothing
 * owns:    nothing
 * from:    its task, and others once that ended
 * cost:    that of what was deferred
 */
void pawl_co_fini(pawl_co *co);

/*
 * Suspends the coroutine until its task is polled again: after a wake, or for whatever it started
 * to wait for.
 *
 *	co	the coroutine in which this runs, at whatever depth
 *
 * result:  0: look again; inside of PAWL_CO_TIMEOUT also PAWL_ETIMEDOUT once its time is over, and
 *          PAWL_ENOTSUP when the executor has no timers: then it was not suspended, and what it
 *          waited for was left
 * owns:    nothing
 * from:    inside of the coroutine
 * cost:    two switches
 */
int pawl_co_suspend(pawl_co *co);

/* Waits for `expr`, an awaitable of pawl_co_task(co); its result, done or failed, is in `r`. */
#define PAWL_CO_AWAIT(co, r, expr)                                                               \
	do {                                                                                     \
		while (((r) = (expr)) == PAWL_PENDING && ((r) = pawl_co_suspend(co)) == PAWL_OK) \
			;                                                                        \
	} while (0)

/*
 * The task of a coroutine.
 *
 *	co	a coroutine that was spawned or is pinned
 *
 * result:  the task
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
static inline pawl_task *pawl_co_task(const pawl_co *co)
{
	return co->task_;
}

/*
 * The stack of a coroutine, for pawl_stack_high_water.
 *
 *	co	the coroutine
 *
 * result:  the stack; NULL before its first poll and after its last
 * owns:    nothing
 * from:    inside of the coroutine; others may see it change
 * cost:    O(1), no allocation
 */
static inline pawl_stack *pawl_co_stack(const pawl_co *co)
{
	return co->fiber_.stack_;
}

/*
 * Says in a line how a coroutine stands: its name, where it was spawned, how it ended, and what to
 * enlarge when its stack ran over.
 *
 *	co	the coroutine; its memory must still be there
 *	buf	where to write
 *	size	room there; what does not fit is cut off
 *
 * result:  how long the text is, or would be
 * owns:    nothing
 * from:    any
 * cost:    O(length), no allocation
 */
int pawl_co_text(const pawl_co *co, char *buf, size_t size);

PAWL_END_C

#if defined(__cplusplus) && defined(__cpp_exceptions)
/* The boundary that no exception passes; it is freed before the panic. `fn` is a constant. */
template <pawl_co_fn *fn> struct pawl_co_guard_ {
	static int call(pawl_co *co)
	{
		try {
			return fn(co);
		} catch (...) {
		}
		pawl_panic("a C++ exception left a coroutine");
	}
};
#define PAWL_CO_FN_(fn) (pawl_co_guard_<(fn)>::call)
#else
#define PAWL_CO_FN_(fn) (fn)
#endif

#endif

#endif
