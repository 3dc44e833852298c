/* SPDX-License-Identifier: MIT */
/* The session: tasks that begin and end together, and keep their order. */
#ifndef PAWL_SESSION_H
#define PAWL_SESSION_H

#include <pawl/waitq.h>

/*
 * A set of tasks on one executor. Its tasks are neither joined nor detached: each is dropped when
 * it ended, and ending the session cancels the rest and waits for them. Those of them that run in
 * the foreground are polled in the order in which they became ready. The caller owns the memory; it
 * must not move, and stays until the session was ended or has no tasks.
 */
struct pawl_session {
	pawl_exec *exec_;
	pawl_task *first_, *last_;
	pawl_session *prev_, *next_; /* others of the crew that have tasks */
	pawl_waitq ended_;
	uint32_t count_;
	uint32_t failed_;
	bool is_ending_;
};

/* A task of a session: who, where from, and what it is doing. The strings are constants. */
typedef struct pawl_dangling {
	const char *name;
	const char *place;
	const char *wait;
	pawl_time age; /* how long ago it was spawned; 0 without diagnostics */
} pawl_dangling;

PAWL_BEGIN_C

/*
 * Makes a session without tasks.
 *
 *	s	the memory
 *	x	the executor of all its tasks
 *
 * result:  nothing
 * owns:    nothing; a session without tasks needs no end
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_session_init(pawl_session *s, pawl_exec *x);

/*
 * Spawns a task in the session: in the foreground where the executor knows that, so that the
 * session's tasks run one at a time and in order. For the background use pawl_spawn_with and its
 * `session`.
 *
 *	s	the session
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED when the session is ending or the executor was stopped
 * owns:    as pawl_spawn; the task is dropped when it ended
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_spawn_in(pawl_session *s, pawl_task *t, pawl_poll_fn *poll);

#if PAWL_DIAG
int pawl_spawn_in_at_(pawl_session *s, pawl_task *t, pawl_poll_fn *poll, const char *place);
#define pawl_spawn_in(s, t, poll) pawl_spawn_in_at_((s), (t), (poll), PAWL_PLACE_(poll))
#endif

/*
 * How many of its tasks did not end yet.
 *
 *	s	the session
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_session_count(pawl_session *s);

/*
 * How many of its tasks failed, other than by being cancelled.
 *
 *	s	the session
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_session_failed(pawl_session *s);

/*
 * Lists its tasks that did not end yet, in the order in which they were spawned.
 *
 *	s	the session
 *	ret	room for the first of them
 *	room	how many that is
 *
 * result:  how many there are, which may be more than there is room for
 * owns:    nothing
 * from:    any
 * cost:    O(tasks), no allocation
 */
unsigned pawl_session_validate(pawl_session *s, pawl_dangling *ret, unsigned room);

/*
 * Cancels all of its tasks and refuses further ones.
 *
 *	s	the session
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(tasks), no allocation
 */
void pawl_session_cancel(pawl_session *s);

/*
 * Waits until none of its tasks is left.
 *
 *	t	the running task, not of this session
 *	s	the session
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` was asked to stop
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_session_wait(pawl_task *t, pawl_session *s);

/*
 * Ends the session: cancels its tasks and waits until none is left; it then takes no more. It goes
 * on also when the caller itself was asked to stop.
 *
 *	t	the running task, not of this session
 *	s	the session
 *
 * result:  0, PAWL_PENDING
 * owns:    the session's memory and that of its tasks is the caller's again once this answered 0
 * from:    task
 * cost:    O(tasks), no allocation
 */
PAWL_MUST_USE int pawl_session_end(pawl_task *t, pawl_session *s);

PAWL_END_C

#endif
