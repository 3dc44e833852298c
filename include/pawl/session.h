/* SPDX-License-Identifier: MIT */
/* The session: tasks that begin and end together, and keep their order. */
#ifndef PAWL_SESSION_H
#define PAWL_SESSION_H

#include <pawl/waitq.h>

#if PAWL_LARGE_
/* For executors that go round between sessions: those tasks of one that are ready. */
struct pawl_lane_ {
	pawl_runq ready_;
	struct pawl_lane_ *next_; /* whose turn is it after this? NULL also when it is empty */
};
#endif

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
	/* Told of each end while the task is still counted; NULL: nobody is. */
	void (*child_ended_)(pawl_session *s, int outcome);
	uint32_t count_;
	uint32_t failed_;
	bool is_ending_;
#if PAWL_LARGE_
	struct pawl_lane_ lane_; /* guarded as its executor likes */
#endif
#if PAWL_DIAG
	const char *label_;
#endif
};

/* A task of a session: who, where from, and what it is doing. The strings are constants. */
typedef struct pawl_task_info {
	const char *name;
	const char *place;
	const char *wait;
	pawl_time age; /* how long ago it was spawned; 0 without diagnostics */
} pawl_task_info;

/* A session that has tasks. */
typedef struct pawl_session_info {
	const char *label; /* a constant, "" when it has none */
	uint32_t count;    /* how many of its tasks did not end */
	uint32_t failed;   /* as pawl_session_failed */
	pawl_time age;     /* of the oldest task that did not end; 0 without diagnostics */
} pawl_session_info;

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
 * Gives a session without tasks a name for messages. Without diagnostics there are none.
 *
 *	s	the session
 *	label	the name; must live as long as the program
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_session_set_label(pawl_session *s, const char *label);

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
 * Lists its tasks that did not end yet, in the order in which they were spawned. One that ended and
 * is just being given back counts, but is not listed.
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
unsigned pawl_session_list(pawl_session *s, pawl_task_info *ret, unsigned room);

/*
 * Checks that nothing is left in a session, and tells of each task that is, in a line such as
 * "window 2: save (editor.c:40), 12 s old: a semaphore": label of the session, name, place and age
 * of the task, and what it waits for. It changes nothing; pawl_session_end does.
 *
 *	s	the session
 *	line	called once per task with the text, without a newline; NULL: nobody asks
 *	arg	for `line`
 *
 * result:  0: the session's memory and that of its tasks is the caller's, PAWL_EBUSY when a task
 *          did not end yet
 * owns:    nothing
 * from:    any
 * cost:    O(tasks), no allocation
 */
int pawl_session_validate(pawl_session *s, void (*line)(void *arg, const char *text), void *arg);

/*
 * Lists the sessions of an executor that have tasks, the one that began to have some last first.
 *
 *	x	the executor
 *	ret	room for the first of them
 *	room	how many that is
 *
 * result:  how many there are, which may be more than there is room for
 * owns:    nothing
 * from:    any
 * cost:    O(sessions), no allocation
 */
unsigned pawl_sessions(pawl_exec *x, pawl_session_info *ret, unsigned room);

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
