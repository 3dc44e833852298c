/* SPDX-License-Identifier: MIT */
/* The awaitables of the floors below, as coroutines call them. */
#include <pawl/co_await.h>

#if PAWL_STACKS

/* The body of each: polls, and suspends in between, until the wait is over. */
#define WAIT(expr)                          \
	do {                                \
		int r;                      \
                                            \
		PAWL_CO_AWAIT(co, r, expr); \
		return r;                   \
	} while (0)

/*
 * The same for those that go on when the task was asked to stop: children must not outlive what
 * they use. No limit ends them either.
 */
#define WAIT_TO_THE_END(expr)                        \
	do {                                         \
		int r;                               \
                                                     \
		while ((r = (expr)) == PAWL_PENDING) \
			pawl_co_leave_(co);          \
		return r;                            \
	} while (0)

int pawl_co_yield(pawl_co *co)
{
	WAIT(pawl_task_yield(co->task_));
}

#if PAWL_TIMERS

int pawl_co_sleep(pawl_co *co, pawl_time after)
{
	WAIT(pawl_sleep(co->task_, after));
}

int pawl_co_sleep_until(pawl_co *co, pawl_time due)
{
	WAIT(pawl_sleep_until(co->task_, due));
}

int pawl_co_tick(pawl_co *co, pawl_ticker *k)
{
	WAIT(pawl_tick(co->task_, k));
}

#endif

#if PAWL_WAITS

int pawl_co_await_end(pawl_co *co, pawl_task *child)
{
	WAIT(pawl_await_end(co->task_, child));
}

int pawl_co_barrier_wait(pawl_co *co, pawl_barrier *b, bool *ret_leader)
{
	WAIT(pawl_barrier_wait(co->task_, b, ret_leader));
}

int pawl_co_blocking(pawl_co *co, pawl_work *w)
{
	WAIT(pawl_blocking(co->task_, w));
}

int pawl_co_chan_recv(pawl_co *co, pawl_chan *c, void *ret_value)
{
	WAIT(pawl_chan_recv(co->task_, c, ret_value));
}

int pawl_co_chan_send(pawl_co *co, pawl_chan *c, const void *value)
{
	WAIT(pawl_chan_send(co->task_, c, value));
}

int pawl_co_event_wait(pawl_co *co, pawl_event *e)
{
	WAIT(pawl_event_wait(co->task_, e));
}

int pawl_co_join(pawl_co *co, pawl_task *child, int *ret_outcome)
{
	WAIT(pawl_join(co->task_, child, ret_outcome));
}

int pawl_co_join_all(pawl_co *co, pawl_group *g)
{
	WAIT(pawl_join_all(co->task_, g));
}

int pawl_co_join_fallible(pawl_co *co, pawl_task *child, bool *ret_cancelled, int *ret_outcome)
{
	WAIT(pawl_join_fallible(co->task_, child, ret_cancelled, ret_outcome));
}

int pawl_co_mutex_lock(pawl_co *co, pawl_mutex *m)
{
	WAIT(pawl_mutex_lock(co->task_, m));
}

int pawl_co_notify_wait(pawl_co *co, pawl_notify *n)
{
	WAIT(pawl_notify_wait(co->task_, n));
}

int pawl_co_oneshot_recv(pawl_co *co, pawl_oneshot *o, void *ret_value)
{
	WAIT(pawl_oneshot_recv(co->task_, o, ret_value));
}

int pawl_co_select(pawl_co *co, pawl_group *g)
{
	WAIT(pawl_select(co->task_, g));
}

int pawl_co_sem_acquire(pawl_co *co, pawl_sem *s)
{
	WAIT(pawl_sem_acquire(co->task_, s));
}

int pawl_co_sem_acquire_n(pawl_co *co, pawl_sem *s, pawl_sem_want *w, unsigned n)
{
	WAIT(pawl_sem_acquire_n(co->task_, s, w, n));
}

int pawl_co_stop(pawl_co *co, pawl_task *child, int *ret_outcome)
{
	WAIT_TO_THE_END(pawl_stop(co->task_, child, ret_outcome));
}

int pawl_co_stop_all(pawl_co *co, pawl_group *g)
{
	WAIT_TO_THE_END(pawl_stop_all(co->task_, g));
}

int pawl_co_watch_next(pawl_co *co, pawl_watch *w, uint32_t *seen, void *ret_value)
{
	WAIT(pawl_watch_next(co->task_, w, seen, ret_value));
}

#endif

#if PAWL_SESSIONS_

int pawl_co_scope_end(pawl_co *co, pawl_scope *s, int *ret_outcome)
{
	WAIT_TO_THE_END(pawl_scope_end(co->task_, s, ret_outcome));
}

int pawl_co_session_end(pawl_co *co, pawl_session *s)
{
	WAIT_TO_THE_END(pawl_session_end(co->task_, s));
}

int pawl_co_session_wait(pawl_co *co, pawl_session *s)
{
	WAIT(pawl_session_wait(co->task_, s));
}

#endif

#if PAWL_POLICIES

int pawl_co_spend(pawl_co *co, uint32_t units)
{
	WAIT(pawl_spend(co->task_, units));
}

#endif

#endif
