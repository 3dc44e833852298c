/* SPDX-License-Identifier: MIT */
/* Waiting in a coroutine: each awaitable as a plain call, and limits on how long that may take. */
#ifndef PAWL_CO_AWAIT_H
#define PAWL_CO_AWAIT_H

#include <pawl/barrier.h>
#include <pawl/chan.h>
#include <pawl/co.h>
#include <pawl/event.h>
#include <pawl/exec.h>
#include <pawl/group.h>
#include <pawl/handle.h>
#include <pawl/mutex.h>
#include <pawl/notify.h>
#include <pawl/oneshot.h>
#include <pawl/policy.h>
#include <pawl/scope.h>
#include <pawl/sem.h>
#include <pawl/session.h>
#include <pawl/task.h>
#include <pawl/ticker.h>
#include <pawl/timeout.h>
#include <pawl/watch.h>

#if PAWL_STACKS

PAWL_BEGIN_C

/*
 * The form of an awaitable for coroutines: the same name behind pawl_co_, with the coroutine in
 * place of the task, and the same arguments. It comes back when the wait is over.
 *
 *	static int serve(pawl_co *co)
 *	{
 *		struct server *s = PAWL_OF(co, struct server, co);
 *		struct job j;
 *		int r;
 *
 *		while ((r = pawl_co_chan_recv(co, &s->jobs, &j)) == 0)
 *			if ((r = work_on(co, &j)) < 0)
 *				return r;
 *		return r == PAWL_ECLOSED ? 0 : r;
 *	}
 *
 * What the awaitable fills or keeps (ret_ arguments, a pawl_work, a pawl_sem_want, a group) may be
 * a local variable of who calls. An awaitable of your own needs no such form: PAWL_CO_AWAIT waits
 * for any. Hosts have more of them, in pawl/co_io.h.
 *
 *	co	the coroutine in which this runs, at whatever depth; also in a generator on top of
 *		it
 *	...	as the awaitable's
 *
 * result:  the awaitable's, but never PAWL_PENDING; inside of PAWL_CO_TIMEOUT also PAWL_ETIMEDOUT
 * owns:    as the awaitable
 * from:    inside of the coroutine
 * cost:    that of the awaitable, and two switches for each poll that does not end the wait
 */
PAWL_MUST_USE int pawl_co_await_end(pawl_co *co, pawl_task *child);
PAWL_MUST_USE int pawl_co_barrier_wait(pawl_co *co, pawl_barrier *b, bool *ret_leader);
PAWL_MUST_USE int pawl_co_blocking(pawl_co *co, pawl_work *w);
PAWL_MUST_USE int pawl_co_chan_recv(pawl_co *co, pawl_chan *c, void *ret_value);
PAWL_MUST_USE int pawl_co_chan_send(pawl_co *co, pawl_chan *c, const void *value);
PAWL_MUST_USE int pawl_co_event_wait(pawl_co *co, pawl_event *e);
PAWL_MUST_USE int pawl_co_join(pawl_co *co, pawl_task *child, int *ret_outcome);
PAWL_MUST_USE int pawl_co_join_all(pawl_co *co, pawl_group *g);
PAWL_MUST_USE int pawl_co_join_fallible(pawl_co *co, pawl_task *child, bool *ret_cancelled,
					int *ret_outcome);
PAWL_MUST_USE int pawl_co_mutex_lock(pawl_co *co, pawl_mutex *m);
PAWL_MUST_USE int pawl_co_notify_wait(pawl_co *co, pawl_notify *n);
PAWL_MUST_USE int pawl_co_oneshot_recv(pawl_co *co, pawl_oneshot *o, void *ret_value);
PAWL_MUST_USE int pawl_co_scope_end(pawl_co *co, pawl_scope *s, int *ret_outcome);
PAWL_MUST_USE int pawl_co_select(pawl_co *co, pawl_group *g);
PAWL_MUST_USE int pawl_co_sem_acquire(pawl_co *co, pawl_sem *s);
PAWL_MUST_USE int pawl_co_sem_acquire_n(pawl_co *co, pawl_sem *s, pawl_sem_want *w, unsigned n);
PAWL_MUST_USE int pawl_co_session_end(pawl_co *co, pawl_session *s);
PAWL_MUST_USE int pawl_co_session_wait(pawl_co *co, pawl_session *s);
PAWL_MUST_USE int pawl_co_sleep(pawl_co *co, pawl_time after);
PAWL_MUST_USE int pawl_co_sleep_until(pawl_co *co, pawl_time due);
#if PAWL_POLICIES
PAWL_MUST_USE int pawl_co_spend(pawl_co *co, uint32_t units);
#endif
PAWL_MUST_USE int pawl_co_stop(pawl_co *co, pawl_task *child, int *ret_outcome);
PAWL_MUST_USE int pawl_co_stop_all(pawl_co *co, pawl_group *g);
PAWL_MUST_USE int pawl_co_tick(pawl_co *co, pawl_ticker *k);
PAWL_MUST_USE int pawl_co_watch_next(pawl_co *co, pawl_watch *w, uint32_t *seen, void *ret_value);
PAWL_MUST_USE int pawl_co_yield(pawl_co *co); /* pawl_task_yield */

/* One limit, on the stack of who set it. */
struct pawl_co_limit {
	int (*suspend_)(pawl_co *co); /* how does a coroutine wait that has limits? */
	pawl_co *co_;
	struct pawl_co_limit *outer_, *inner_;
	pawl_timeout timeout_;
	pawl_defer defer_; /* for what runs on a stack of its own on top of the coroutine */
};

void pawl_co_limit_begin_(pawl_co *co, struct pawl_co_limit *l, pawl_time after);
void pawl_co_limit_end_(struct pawl_co_limit *l);
void pawl_co_leave_(pawl_co *co);

PAWL_END_C

/*
 * Does `expr`, with a limit on how long it takes. All of it counts, with all waits that it does, in
 * whatever it calls:
 *
 *	PAWL_CO_TIMEOUT(co, r, PAWL_S(5), fetch(co, name, &page));
 *
 * When the time is over, the wait in there fails with PAWL_ETIMEDOUT, and so do all that follow,
 * unless they are over at once; how fetch() answers that is its own affair, and is in `r`. As with
 * PAWL_TIMEOUT the wait is left as if the coroutine had never come, and what may not be left, such
 * as blocking work that runs already, is waited for to its end. Limits may be nested, at any depth
 * of calls: the earliest counts. `expr` may be an awaitable of pawl_co_task(co), too.
 *
 * Stopping what must not outlive its caller is no subject to limits, as it is none to cancels:
 * pawl_co_stop, pawl_co_stop_all, pawl_co_scope_end and pawl_co_session_end go on until it ended.
 *
 * A generator that yields from inside of a limit leaves it in force for whoever asked; end such
 * a generator before the coroutine ends.
 *
 *	co	the coroutine in which this runs
 *	r	an int of yours, for the result
 *	after	how long, in nanoseconds of the executor's clock
 *	expr	a call that waits; PAWL_ENOTSUP is what its waits answer when the executor has no
 *		timers
 *
 * Setting one looks for the stack on which it is set: O(mappings of stacks). A wait inside stops
 * and starts the task's one timer once for each limit. No allocation.
 */
#define PAWL_CO_TIMEOUT(co, r, after, expr)                                                    \
	do {                                                                                   \
		struct pawl_co_limit pawl_limit_ __attribute__((cleanup(pawl_co_limit_end_))); \
		pawl_co_limit_begin_((co), &pawl_limit_, (after));                             \
		PAWL_CO_AWAIT((co), (r), (expr));                                              \
	} while (0)

/*
 * For a channel that PAWL_CHAN(name, type, depth) defined, the functions
 *
 *	int NAME_co_send(pawl_co *co, type const *v)	int NAME_co_recv(pawl_co *co, type *ret_v)
 */
#define PAWL_CHAN_CO(name, type)                                                                \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_co_send(pawl_co *co, type const *v) \
	{                                                                                       \
		int r;                                                                          \
		PAWL_CO_AWAIT(co, r, name##_send(pawl_co_task(co), v));                         \
		return r;                                                                       \
	}                                                                                       \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_co_recv(pawl_co *co, type *v)       \
	{                                                                                       \
		int r;                                                                          \
		PAWL_CO_AWAIT(co, r, name##_recv(pawl_co_task(co), v));                         \
		return r;                                                                       \
	}                                                                                       \
	PAWL_STATIC_ASSERT(sizeof(type) > 0, #name " has values")

/*
 * For a watch that PAWL_WATCH(name, type) defined, the function
 *
 *	int NAME_co_next(pawl_co *co, uint32_t *seen, type *ret_v)
 */
#define PAWL_WATCH_CO(name, type)                                                                \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_co_next(pawl_co *co, uint32_t *seen, \
								    type *v)                     \
	{                                                                                        \
		int r;                                                                           \
		PAWL_CO_AWAIT(co, r, name##_next(pawl_co_task(co), seen, v));                    \
		return r;                                                                        \
	}                                                                                        \
	PAWL_STATIC_ASSERT(sizeof(type) > 0, #name " has values")

#endif

#endif
