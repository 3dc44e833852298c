/* SPDX-License-Identifier: MIT */
/* The executor: its table, the calls over it, and the parts from which one is made. */
#ifndef PAWL_EXEC_H
#define PAWL_EXEC_H

#include <pawl/task.h>

typedef struct pawl_exec_ops pawl_exec_ops;
typedef struct pawl_crew pawl_crew;
typedef struct pawl_work pawl_work;
typedef struct pawl_tally pawl_tally;

/*
 * Something that runs tasks. Put it first in your own struct. A handle is a pointer to it; it must
 * not move.
 */
struct pawl_exec {
	const pawl_exec_ops *ops;
};

/*
 * What an executor is able to do. The table only grows, and only at its end; `size` says how much
 * of it the executor knows. What is NULL, or beyond `size`, is answered with PAWL_ENOTSUP.
 */
struct pawl_exec_ops {
	size_t size; /* sizeof(pawl_exec_ops), as this executor was compiled */
	const char *name;
	const char *knob; /* what makes it take more tasks, for messages; may be NULL */

	/*
	 * Required. The task is ready: call pawl_run(t) once, soon, in its turn; one that
	 * pawl_task_is_foreground on the main thread. From anywhere.
	 */
	void (*schedule)(pawl_exec *x, pawl_task *t);
	/* Required. The clock, never negative. From anywhere. */
	pawl_time (*now)(pawl_exec *x);

	/*
	 * Starts the task's timer, as pawl_queue and pawl_timers
	 * do: 0 or why not. PAWL_SAME_DUE: the task was polled meanwhile, and waits on for what it
	 * was started for. From anywhere.
	 */
	int (*arm)(pawl_exec *x, pawl_task *t, pawl_time due);
	/*
	 * Stops it: on return it does not touch the task any more. When it would have been due,
	 * PAWL_NEVER if it was not running. From anywhere.
	 */
	pawl_time (*disarm)(pawl_exec *x, pawl_task *t);

	/* The list of its tasks: limit, shutdown and dump come with it. */
	pawl_crew *(*crew)(pawl_exec *x);
	/* Is this the thread of the foreground tasks? Without it, there are none. */
	bool (*is_main_thread)(pawl_exec *x);
	/* 0: polled one task, PAWL_PENDING: none was ready. */
	int (*poll_once)(pawl_exec *x);
	/* 0 once pawl_task_is_finished(t). */
	int (*block_on)(pawl_exec *x, pawl_task *t);
	bool (*is_running)(pawl_exec *x);
	/* Begins with pawl_crew_stop. */
	int (*shutdown)(pawl_exec *x);
	/* Calls pawl_work_run(w) once where it may block: 0 or why not. */
	int (*blocking)(pawl_exec *x, pawl_work *w);
	/* Takes the work back: 0, PAWL_EBUSY when it is too late. */
	int (*unblock)(pawl_exec *x, pawl_work *w);

	/*
	 * For crews with tallies: counts a task that is admitted, or that ended, by one of them: 0,
	 * PAWL_EFULL, PAWL_ESTOPPED, or PAWL_ENOTSUP: the crew counts it. Such an executor has the
	 * next one, too. From anywhere.
	 */
	int (*count)(pawl_exec *x, bool is_admitted);
	/*
	 * Calls `fn` for each background task that is ready or runs and was never pending, with
	 * what it does, and for copies of tasks that other executors run for this one. It does not
	 * run, or end, meanwhile: so `fn` waits for nothing.
	 */
	void (*each_ready)(pawl_exec *x, void (*fn)(void *arg, const pawl_task *t), void *arg);
	/*
	 * Gives the task a thread of its own: 0 or why not, by pawl_spawn_on or pawl_spawn_refuse.
	 * The executor on which it is then may be another one, which ends with the last of its
	 * tasks. `options` is never NULL. From anywhere.
	 */
	int (*dedicate)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			const pawl_spawn_options *options, const char *place);
#if PAWL_LARGE_
	/*
	 * From now on it is polled by this thread only: 0 or why not. Where all is run by one
	 * thread, that is 0. By the task's own poll.
	 */
	int (*stay)(pawl_exec *x, pawl_task *t);
#endif
};

/*
 * Work that may block its thread: fill `fn`, leave the rest zero, and await it with pawl_blocking.
 * Put it into your own struct. It may be used again once the await answered.
 */
struct pawl_work {
	pawl_wait wait_;
	void (*fn)(pawl_work *w);
	pawl_work *next_, *prev_; /* its neighbours in the executor's queue */
	pawl_task *task_;         /* whom to wake; guarded by the lock of this work */
	uint8_t state_;           /* 0 idle, 1 queued, 2 done; guarded by the lock of this work */
	bool is_started_;         /* for the executor */
	int result_;
	const char *why; /* once the await answered PAWL_EPANIC: what `fn` said */
};

/* How many tasks were admitted to a crew and ended; the executor sees to it that none is lost. */
struct pawl_tally {
	uint32_t admitted_, ended_;
	pawl_tally *next_;
};

/*
 * The tasks of one executor that did not end yet. Zeroed is empty, with no limit.
 *
 * With tallies, most tasks are listed only when they first wait: until then their executor knows
 * them, in its queues. Those that run once and end never cost the lock.
 */
struct pawl_crew {
	/* with tallies: that were listed at once, less those listed later that ended */
	uint32_t count_;
	uint32_t limit_; /* 0: none */
#if PAWL_LARGE_
	pawl_tally *tallies_;
#endif
#if PAWL_CREW
	pawl_task *first_, *last_; /* those without a session, in the order of their spawns */
	pawl_session *sessions_;   /* those sessions that have tasks */
#endif
	uint32_t is_stopped_; /* atomic; changed under the lock */
};

/* Tasks in the order in which they became ready. Zeroed is empty. It has no lock of its own. */
typedef struct pawl_runq {
	pawl_task *head_, *tail_;
} pawl_runq;

/* For `arm`: the due time that the task's timer was started with. */
#define PAWL_SAME_DUE (-1)

/*
 * The ready and the sleeping tasks of a small executor, in as many bytes as four pointers: a task
 * is in one of the two lists, or in none, by the same link. Zeroed is empty. It has no lock of its
 * own.
 */
typedef struct pawl_queue pawl_queue;
struct pawl_queue {
	pawl_runq ready_;
#if PAWL_TIMERS
	pawl_task *asleep_; /* the next due first */
#endif
	/* Adds a ready task where the policy wants it; NULL: at the end. */
	void (*insert_)(pawl_queue *q, pawl_task *t);
};

/*
 * Sleeping tasks of an executor that may have many, the next due first: a heap over memory of the
 * executor's. It has no lock of its own.
 */
typedef struct pawl_timer_entry {
	pawl_time due;
	pawl_task *task;
	uint32_t number_; /* which number does the timer here have? */
	uint32_t place_;  /* where is the timer that has the number of this place? */
} pawl_timer_entry;

typedef struct pawl_timers {
	pawl_timer_entry *heap_;
	uint32_t count_;
	uint32_t room_;
} pawl_timers;

PAWL_BEGIN_C

/*
 * The time of the executor's clock.
 *
 *	x	the executor
 *
 * result:  nanoseconds since some instant of its own
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_time pawl_now(pawl_exec *x);

/*
 * Runs one ready task.
 *
 *	x	the executor
 *
 * result:  0, PAWL_PENDING when none was ready, PAWL_ENOTSUP
 * owns:    nothing
 * from:    thread, task
 * cost:    that of the poll
 */
int pawl_poll_once(pawl_exec *x);

/*
 * Runs the executor until a task ended, takes its outcome and drops it. Sleeps when nothing is
 * ready. May be called from inside a poll, and again from inside one that runs meanwhile: the
 * others run, but not those tasks whose polls called it, until it answers. Waiting for one of these
 * would never end: pawl's executors make an assertion of it when they poll it on this thread. Calls
 * end in the reverse order of their beginning: an outer one goes on when the inner one has what it
 * waited for, also when its own task has long ended.
 *
 *	x		the executor
 *	t		a task spawned on it, or dedicated by it: not detached, not of a session,
 *			joined by nobody else
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_ENOTSUP, PAWL_EBUSY when nothing can ever wake the task (the simulator knows)
 * owns:    the task's memory is its owner's again once this answered 0
 * from:    thread, task
 * cost:    that of the polls
 */
int pawl_block_on(pawl_exec *x, pawl_task *t, int *ret_outcome);

/*
 * Tells whether the executor takes tasks.
 *
 *	x	the executor
 *
 * result:  1 or 0, PAWL_ENOTSUP
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_is_running(pawl_exec *x);

/*
 * Stops the executor: from now on spawning answers PAWL_ESTOPPED, and what is pending is cancelled,
 * once. The tasks end when they are next polled, so go on running it until they did.
 *
 *	x	the executor
 *
 * result:  0, PAWL_ESTOPPED when it was stopped before, PAWL_ENOTSUP
 * owns:    nothing
 * from:    thread, task
 * cost:    O(tasks), no allocation
 */
int pawl_shutdown(pawl_exec *x);

/*
 * Tells whether this thread is the one that runs the foreground tasks.
 *
 *	x	the executor
 *
 * result:  false also when the executor has no main thread
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_is_main_thread(pawl_exec *x);

/*
 * Runs work on a thread that may block, and waits for it. Once it started it is waited for to its
 * end, also when the task is cancelled meanwhile: its memory is in use until then.
 *
 *	t	the running task
 *	w	the work: `fn` filled, the rest zero
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not started (`fn` then never runs),
 *          PAWL_EPANIC when `fn` panicked,
 *	    PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `w` while this answers PAWL_PENDING
 * from:    task
 * cost:    O(1); the executor may start a thread
 */
PAWL_MUST_USE int pawl_blocking(pawl_task *t, pawl_work *w);

/*
 * Lists the tasks of an executor that did not end, one line each: name, place, state or what it
 * waits for. It is no snapshot: a task that other threads move or begin meanwhile may be in it
 * twice, or, stolen by one worker from another, be missing.
 *
 *	x	the executor; NULL: of those that keep no crew
 *	line	called once per task with the text, without a newline; it waits for no task and
 *		does not panic
 *	arg	for `line`
 *
 * result:  how many there were
 * owns:    nothing
 * from:    any
 * cost:    O(tasks), no allocation
 */
unsigned pawl_dump(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg);

/*
 * Says in a sentence which executor refused a task, how large it is and what makes it larger.
 *
 *	x	the executor
 *	buf	where to write, always ended by a NUL
 *	size	its size, at least 1
 *
 * result:  how many characters that took, without the NUL; what does not fit is cut off
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_exec_full_text(pawl_exec *x, char *buf, size_t size);

/*
 * How many tasks of this program were spawned and not dropped. 0 unless pawl was built with
 * PAWL_LIVE, as it is for its tests: all threads count in one place, which costs each task 10 ns.
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_live_tasks(void);

/*
 * For executors: tells whether a task has to run on the main thread.
 *
 *	t	the task
 *
 * result:  true when it was spawned so
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_task_is_foreground(const pawl_task *t);

/*
 * For executors: the session in which a task lives.
 *
 *	t	the task
 *
 * result:  the session, NULL when there is none
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_session *pawl_task_session(const pawl_task *t);

/*
 * For executors: how urgent a task is.
 *
 *	t	the task
 *
 * result:  what was given when it was spawned; larger is more urgent
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int8_t pawl_task_priority(const pawl_task *t);

/*
 * For executors: waits until another task ended, and leaves its outcome to be taken by somebody
 * else.
 *
 *	t	the running task
 *	child	the one to wait for: as for pawl_join
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_await_end(pawl_task *t, pawl_task *child);

/*
 * For executors: pawl_spawn_with, but on this executor also when the task lives in a session; that
 * session's executor has the same crew.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *	options	the rest; never NULL
 *	place	where it is spawned, as it was given to `dedicate`; may be NULL
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP
 * owns:    as pawl_spawn
 * from:    any
 * cost:    O(1), or O(log timers) with `after`; no allocation
 */
PAWL_MUST_USE int pawl_spawn_on(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
				const pawl_spawn_options *options, const char *place);

/*
 * For executors: the task is not going to be spawned; one of a pool is dropped.
 *
 *	t	the task, zeroed or dropped
 *	why	the reason, an error
 *
 * result:  `why`
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_spawn_refuse(pawl_task *t, int why);

/*
 * For executors: polls a task that was given to `schedule`, and settles what follows.
 *
 *	t	the task
 *
 * result:  nothing; the task may be gone on return
 * owns:    nothing
 * from:    thread
 * cost:    that of the poll
 */
void pawl_run(pawl_task *t);

/*
 * For executors: runs a piece of work that was given to `blocking`, and wakes its task.
 *
 *	w	the work
 *
 * result:  nothing; the work may be gone on return
 * owns:    nothing
 * from:    thread
 * cost:    that of `fn`
 */
void pawl_work_run(pawl_work *w);

/*
 * For executors: makes an empty crew. A zeroed one is one without a limit.
 *
 *	c	the crew
 *	limit	how many tasks at most; 0: no limit
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_crew_init(pawl_crew *c, uint32_t limit);

/*
 * For executors: adds a tally, one of one or more. Such an executor has `count` and `each_ready` in
 * its table.
 *
 *	c	the crew, before anything is spawned
 *	tally	the memory; best in a cache line that one thread writes
 *
 * result:  nothing
 * owns:    nothing; `tally` must outlive the crew
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_crew_add_tally(pawl_crew *c, pawl_tally *tally);

/*
 * For executors: tells whether the crew takes no more tasks.
 *
 *	c	the crew
 *
 * result:  true from pawl_crew_stop on
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_crew_is_stopped(const pawl_crew *c);

/*
 * For executors: refuses all further tasks and cancels those that did not end, each exactly once.
 *
 *	c	the crew
 *
 * result:  0, PAWL_ESTOPPED when it was stopped before
 * owns:    nothing
 * from:    any
 * cost:    O(tasks), no allocation
 */
int pawl_crew_stop(pawl_crew *c);

/*
 * For executors: how many tasks did not end yet.
 *
 *	c	the crew
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint32_t pawl_crew_count(const pawl_crew *c);

/*
 * For executors: puts a task at the end of the queue.
 *
 *	q	the queue
 *	t	a task that was given to `schedule`
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(1), no allocation
 */
void pawl_runq_push(pawl_runq *q, pawl_task *t);

/*
 * For executors: takes the first task out of the queue.
 *
 *	q	the queue
 *
 * result:  the task, NULL when there is none
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(1), no allocation
 */
pawl_task *pawl_runq_pop(pawl_runq *q);

/*
 * For executors: puts a task behind the ready ones, and out of the sleeping ones.
 *
 *	q	the queue
 *	t	a task that was given to `schedule`
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(1), or O(sleeping tasks) when it slept; no allocation
 */
void pawl_queue_push(pawl_queue *q, pawl_task *t);

/*
 * For executors: wakes the sleeping tasks that are due, and takes the first ready task out of the
 * queue.
 *
 *	q	the queue
 *	now	tells the time; called only when a task sleeps
 *
 * result:  the task, for pawl_run; NULL when none is ready
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(tasks that are due), no allocation
 */
pawl_task *pawl_queue_pop(pawl_queue *q, pawl_time (*now)(void));

/*
 * For executors: starts a task's timer.
 *
 *	q	the queue
 *	t	the task, as it is given to `arm`
 *	due	when it is to be woken; PAWL_SAME_DUE: when it was before it was woken otherwise
 *
 * result:  true when it is the next that is due
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(sleeping tasks), no allocation
 */
bool pawl_queue_arm(pawl_queue *q, pawl_task *t, pawl_time due);

/*
 * For executors: stops a task's timer, if it runs.
 *
 *	q	the queue
 *	t	the task, as it is given to `disarm`
 *
 * result:  when it would have been due, PAWL_NEVER when it was over
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(sleeping tasks), no allocation
 */
pawl_time pawl_queue_disarm(pawl_queue *q, pawl_task *t);

/*
 * For executors: until when there is nothing to do.
 *
 *	q	the queue
 *
 * result:  the next instant at which a task is due, PAWL_NEVER when none sleeps; with a ready task
 *          an instant that passed
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(1), no allocation
 */
pawl_time pawl_queue_next(const pawl_queue *q);

/*
 * For executors: gives the heap its memory, or larger memory with the old contents.
 *
 *	ts	the timers, zeroed at first
 *	heap	room for that many entries
 *	room	how many
 *
 * result:  nothing
 * owns:    nothing; `heap` must outlive the timers
 * from:    any, under the executor's lock
 * cost:    O(1), no allocation
 */
void pawl_timers_place(pawl_timers *ts, pawl_timer_entry *heap, uint32_t room);

/*
 * For executors: starts a task's timer.
 *
 *	ts	the timers
 *	t	the task; its timer does not run
 *	due	when it is to be woken; PAWL_SAME_DUE changes nothing
 *
 * result:  0, PAWL_EFULL when the heap has no room
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(log timers), no allocation
 */
int pawl_timers_arm(pawl_timers *ts, pawl_task *t, pawl_time due);

/*
 * For executors: stops a task's timer, if it runs.
 *
 *	ts	the timers
 *	t	the task
 *
 * result:  when it would have been due, PAWL_NEVER when it did not run
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(log timers), no allocation
 */
pawl_time pawl_timers_disarm(pawl_timers *ts, pawl_task *t);

/*
 * For executors: when the next timer is due.
 *
 *	ts	the timers
 *
 * result:  the instant, PAWL_NEVER when none runs
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(1), no allocation
 */
pawl_time pawl_timers_next(const pawl_timers *ts);

/*
 * For executors: takes out the timers that are due, and marks their tasks as woken. Those that have
 * to be scheduled are put into a queue; give each of them to `schedule`, by pawl_schedule_all,
 * after the lock was released.
 *
 *	ts		the timers
 *	now		the time
 *	ret_ready	the queue to add to
 *
 * result:  how many were due
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(due times log timers), no allocation
 */
unsigned pawl_timers_expire(pawl_timers *ts, pawl_time now, pawl_runq *ret_ready);

/*
 * For executors: gives each of the queue's tasks to its executor's `schedule`.
 *
 *	ready	the queue; empty afterwards
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, without a lock
 * cost:    O(tasks), no allocation
 */
void pawl_schedule_all(pawl_runq *ready);

PAWL_END_C

#endif
