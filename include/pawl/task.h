/* SPDX-License-Identifier: MIT */
/* The task: spawn, wake, cancel, join, sleep, and the stackless form of a poll function. */
#ifndef PAWL_TASK_H
#define PAWL_TASK_H

#include <pawl/base.h>

typedef struct pawl_task pawl_task;
typedef struct pawl_task_owner pawl_task_owner;
typedef struct pawl_exec pawl_exec;
typedef struct pawl_session pawl_session;
typedef struct pawl_waitq pawl_waitq;

/*
 * What a task does when it is polled: 0 done, negative failed, PAWL_PENDING not yet (and something
 * will wake it).
 */
typedef int pawl_poll_fn(pawl_task *t);

/* Who gets a task's memory back. Put it first in your own struct; pools do. */
struct pawl_task_owner {
	void (*drop)(pawl_task_owner *o, pawl_task *t);
};

/*
 * Declares, in a struct of yours, a task that can have an owner: the word in front of the task says
 * who it is. See pawl_task_own.
 */
#define PAWL_OWNED(member)                \
	pawl_task_owner *member##_owner_; \
	pawl_task member

/*
 * The life of a task
 *
 *	        spawn            run              the poll answers 0 or an error
 *	zeroed ───────► SCHEDULED ───► RUNNING ────────────────────────────────► DONE
 *	   ▲               ▲  ▲            │                                       │
 *	   │               │  └────────────┤ woken during the poll                 │
 *	   │               │ wake          │ PAWL_PENDING                          │
 *	   │               └──── waiting ◄─┘                joined, detached, or   │
 *	   └─────────────── dropped: generation + 1 ◄────── of a session ──────────┘
 *
 * The caller owns the memory; it must be all zeroes before the first spawn and may neither move nor
 * be freed until the task was dropped: after a join or block_on answered, or, when it is detached
 * or lives in a session, when its owner's drop was called. A dropped task may be spawned again.
 */
enum pawl_task_state {
	/* The executor has it, or is about to get it; it guards next_; never with DONE. */
	PAWL_TASK_SCHEDULED_ = 1u << 0,
	/* One thread polls it; with SCHEDULED it is polled once more after; never with DONE. */
	PAWL_TASK_RUNNING_ = 1u << 1,
	/* Ended: outcome_ holds, and nothing but joining, detaching and dropping follows. */
	PAWL_TASK_DONE_ = 1u << 2,
	/* Asked to stop; never taken back. */
	PAWL_TASK_CANCEL_ = 1u << 3,
	/* Dropped as soon as DONE; never with JOINED. All tasks of sessions have it. */
	PAWL_TASK_DETACHED_ = 1u << 4,
	/* joiner_ holds whom to wake at the end; never with DETACHED. */
	PAWL_TASK_JOINED_ = 1u << 5,
	/* Spawned and not yet dropped; all other flags imply it. */
	PAWL_TASK_LIVE_ = 1u << 6,
	/* Its timer ran out; the task's own poll clears it. */
	PAWL_TASK_FIRED_ = 1u << 7,

	PAWL_TASK_FLAGS_ = (1u << 8) - 1,
	/* The upper 24 bits count how often this memory was dropped. */
	PAWL_TASK_GENERATION_ = 1u << 8
};

/* What the task is and where it may run; written by spawn and by the task's own polls only. */
enum pawl_task_kind {
	PAWL_TASK_FOREGROUND_ = 1u << 0, /* runs on the main thread */
	PAWL_TASK_SESSION_ = 1u << 1,    /* session_ holds instead of joiner_ */
	PAWL_TASK_DELAYED_ = 1u << 2,    /* its timer stands for its first poll */
	PAWL_TASK_YIELDING_ = 1u << 3,   /* gives way with this poll */
	PAWL_TASK_YIELDED_ = 1u << 4,    /* gives or gave way, and did not hear of it yet */
	PAWL_TASK_TIMED_ = 1u << 5,      /* started its timer, and did not finish with it yet */
	PAWL_TASK_LISTED_ = 1u << 6,     /* in the list of a pawl_queue; guarded by its lock */
	PAWL_TASK_STAYS_ = 1u << 6,      /* on hosts, which have no such list: of_.worker_ holds */
	PAWL_TASK_WATCHED_ = 1u << 6,    /* in the simulator: it wants to know who drops it */
	PAWL_TASK_OWNED_ = 1u << 7       /* the word in front of the task is its owner */
};

/* What waits_ points to, in its two lowest bits. */
enum pawl_task_waits {
	PAWL_WAITS_QUEUE_ = 0, /* a pawl_waitq in which the task is linked */
	PAWL_WAITS_GRANT_ = 1, /* a pawl_waitq that has set aside for it what it waited for */
	PAWL_WAITS_JOIN_ = 2,  /* a pawl_task whose joiner it is */
	PAWL_WAITS_OTHER_ = 3  /* something that begins with a pawl_wait */
};

/* What an object begins with for which a task can wait in a way of its own. */
typedef struct pawl_wait pawl_wait;
struct pawl_wait {
	/* The task waits no longer; false: it has to, since its memory is in use. */
	bool (*let_go)(pawl_wait *w, pawl_task *t);
};

/* An instant within a task, which is no more aligned than its pointers. */
typedef pawl_time pawl_due_ PAWL_ALIGNED_(4);

struct pawl_task {
	uint32_t state_; /* atomic: flags above, generation */
	uint16_t pc_;    /* stackless: the line at which to go on */
	int8_t priority_;
	uint8_t kind_;
	union {
		pawl_task *next_; /* who is next in the executor's list? guarded by its lock */
		int outcome_;     /* how did it end? once DONE */
	} u_;
	pawl_exec *exec_;
	pawl_poll_fn *poll_;
#if PAWL_TIMERS
	union {
		pawl_due_ due_;  /* when is it woken? executors that keep a list */
		uint32_t place_; /* where does its timer stand, + 1? those that keep a heap */
		struct {
			uint32_t place_;
			uint16_t heap_;   /* in which of several? */
			uint16_t worker_; /* who alone polls it? */
		} of_;
	} timer_;
#endif
#if PAWL_WAITS
	union {
		pawl_task *joiner_; /* who is woken at the end? guarded by the lock of this task */
		pawl_session *session_;
	} of_;
	uintptr_t waits_;      /* what does it wait for? guarded by the lock of that */
	pawl_task *wait_next_; /* who waits behind it? guarded by the lock of the queue */
#endif
#if PAWL_CREW
	pawl_task *prev_, *peer_; /* its neighbours in the crew; guarded by the lock of the crew */
#endif
#if PAWL_POLICIES
	pawl_due_ deadline_; /* PAWL_NEVER: none */
	uint32_t budget_;    /* units per turn; 0: no limit */
	uint32_t spent_;     /* of them in this turn; PAWL_SPENT_ALL_: that ended it */
#endif
#if PAWL_DIAG
	const char *place_; /* "file:line", NUL, name of the poll function */
	const char *label_;
	const char *wait_; /* atomic: what it waits for, in words; once it panicked: why */
#if PAWL_SESSIONS_
	pawl_due_ born_; /* when was it spawned? those of sessions */
#endif
#endif
};

#if !PAWL_DIAG
PAWL_STATIC_ASSERT(sizeof(pawl_task) ==
			   (sizeof(void *) == 4 ? 20u : 32u) + 8u * PAWL_TIMERS +
				   sizeof(void *) * (3u * PAWL_WAITS + 2u * PAWL_CREW) +
				   16u * PAWL_POLICIES,
		   "a task has no holes");
#endif

/* How to spawn, when the defaults do not do. Zero means default. */
typedef struct pawl_spawn_options {
	pawl_session *session; /* lives in this session (and runs on its executor) */
	pawl_time after;       /* the first poll comes so much later */
	const char *label;     /* its name in messages; must outlive the task */
	bool foreground;       /* on the main thread */
	int8_t priority;       /* larger is more urgent; 0 is normal; executors may ignore it */
#if PAWL_POLICIES
	uint32_t budget;    /* units for each turn, for pawl_spend; 0: no limit */
	pawl_time deadline; /* on the executor's clock; 0: none */
#endif
} pawl_spawn_options;

/* A reference that cannot wake the wrong task: once the task was dropped, it wakes nobody. */
typedef struct pawl_waker {
	pawl_task *task_;
	uint32_t generation_;
} pawl_waker;

/* Other switches, other names: who mixes them hears of it from the linker. */
#if !(PAWL_TIMERS && PAWL_WAITS && PAWL_CREW && PAWL_POLICIES == PAWL_LARGE_ && \
      PAWL_STATS == PAWL_LARGE_ && PAWL_DIAG >= PAWL_LARGE_)
#define PAWL_LAYOUT___(name, t, w, c, p, s) name##_##t##w##c##p##s##_
#define PAWL_LAYOUT__(name, t, w, c, p, s) PAWL_LAYOUT___(name, t, w, c, p, s)
#define PAWL_LAYOUT_(name) \
	PAWL_LAYOUT__(name, PAWL_TIMERS, PAWL_WAITS, PAWL_CREW, PAWL_POLICIES, PAWL_STATS)
#if PAWL_DIAG
#define pawl_spawn_at_ PAWL_LAYOUT_(pawl_spawn_at)
#define pawl_spawn_foreground_at_ PAWL_LAYOUT_(pawl_spawn_foreground_at)
#define pawl_spawn_after_at_ PAWL_LAYOUT_(pawl_spawn_after_at)
#else
#define pawl_spawn PAWL_LAYOUT_(pawl_spawn)
#define pawl_spawn_background PAWL_LAYOUT_(pawl_spawn_background)
#define pawl_spawn_foreground PAWL_LAYOUT_(pawl_spawn_foreground)
#define pawl_spawn_after PAWL_LAYOUT_(pawl_spawn_after)
#define pawl_spawn_with PAWL_LAYOUT_(pawl_spawn_with)
#endif
#endif

/* With diagnostics these are macros; of the functions behind them the linker is to hear, too. */
#if PAWL_DIAG && !PAWL_LARGE_ && defined(__GNUC__)
#define PAWL_BEHIND_(name) __asm__(PAWL_STRINGIFY(__USER_LABEL_PREFIX__) #name "_behind_")
#else
#define PAWL_BEHIND_(name)
#endif

PAWL_BEGIN_C

/*
 * Gives a task to an executor, which polls it once soon and then once per wake.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED; when it fails, a task of a pool is dropped and other
 *          memory is as before
 * owns:    the executor owns the task until it is dropped
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_spawn(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll) PAWL_BEHIND_(pawl_spawn);

/*
 * The same, on the threads that are meant for computing; this is the default. With a label or a
 * priority it is pawl_spawn_with.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED
 * owns:    as pawl_spawn
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_spawn_background(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
	PAWL_BEHIND_(pawl_spawn_background);

/*
 * The same, on the executor's main thread.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP when the executor has no main thread
 * owns:    as pawl_spawn
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_spawn_foreground(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
	PAWL_BEHIND_(pawl_spawn_foreground);

/*
 * The same, with the first poll later. A cancel before that brings the first poll forward.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *	after	how much later, in nanoseconds of the executor's clock
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP when the executor has no timers
 * owns:    as pawl_spawn
 * from:    any
 * cost:    O(log timers), no allocation
 */
int pawl_spawn_after(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, pawl_time after)
	PAWL_BEHIND_(pawl_spawn_after);

/*
 * The same, with everything that can be said about it.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *	options	the rest; NULL is all default
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP
 * owns:    as pawl_spawn
 * from:    any
 * cost:    O(1), or O(log timers) with `after`; no allocation
 */
int pawl_spawn_with(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
		    const pawl_spawn_options *options) PAWL_BEHIND_(pawl_spawn_with);

#if PAWL_DIAG
int pawl_spawn_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
		   const pawl_spawn_options *options, const char *place);
int pawl_spawn_foreground_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place);
int pawl_spawn_after_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, pawl_time after,
			 const char *place);
#define PAWL_PLACE_(poll) PAWL_HERE "\0" #poll
#define pawl_spawn(x, t, poll) pawl_spawn_at_((x), (t), (poll), NULL, PAWL_PLACE_(poll))
#define pawl_spawn_background(x, t, poll) pawl_spawn_at_((x), (t), (poll), NULL, PAWL_PLACE_(poll))
#define pawl_spawn_foreground(x, t, poll) \
	pawl_spawn_foreground_at_((x), (t), (poll), PAWL_PLACE_(poll))
#define pawl_spawn_after(x, t, poll, after) \
	pawl_spawn_after_at_((x), (t), (poll), (after), PAWL_PLACE_(poll))
#define pawl_spawn_with(x, t, poll, options) \
	pawl_spawn_at_((x), (t), (poll), (options), PAWL_PLACE_(poll))
#endif

/*
 * Says who gets the memory back when the task is dropped. Pools have said it already.
 *
 *	s	a struct with PAWL_OWNED(member), whose task is not spawned
 *	member	the task's name in it
 *	o	its drop is called exactly once per life, on the thread that ends it; NULL: nobody
 *
 * result:  nothing
 * owns:    nothing; `o` must outlive the task
 * from:    any
 * cost:    O(1), no allocation
 */
#define pawl_task_own(s, member, o) \
	((void)((s)->member##_owner_ = (o)), pawl_task_own_(&(s)->member))
void pawl_task_own_(pawl_task *t);

/*
 * Asks for one more poll. Waking twice before that poll is waking once; waking during a poll gives
 * exactly one more; waking a task that ended does nothing. Where the memory may be in use again by
 * then, keep a pawl_waker.
 *
 *	t	the task
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_wake(pawl_task *t);

/*
 * Makes a reference for a later wake.
 *
 *	t	a spawned task
 *
 * result:  the waker
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_waker pawl_waker_of(pawl_task *t);

/*
 * Wakes the task if it is still the one that the waker was made of.
 *
 *	w	the waker; its task's memory must still be a task's, as in a pool
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_waker_wake(pawl_waker w);

/*
 * Asks a task to stop: from now on each of its awaits fails with PAWL_ECANCELED. It has stopped
 * when a join says so.
 *
 *	t	the task; nothing happens when it ended already
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_cancel(pawl_task *t);

/*
 * Tells whether the task was asked to stop.
 *
 *	t	the task
 *
 * result:  true from the first pawl_cancel on
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_cancelled(const pawl_task *t);

/*
 * Lets a task run with nobody to ask for its outcome; it is dropped when it ended, or now.
 *
 *	t	a spawned task that nobody joins; do not touch it afterwards
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_detach(pawl_task *t);

/*
 * Tells whether a task ended. Its memory is still in use until it is joined or detached.
 *
 *	t	a spawned task
 *
 * result:  true once its last poll is over
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_task_is_finished(const pawl_task *t);

/*
 * Tells a task's name: its label, or that of its poll function, or "task" without diagnostics.
 *
 *	t	the task
 *
 * result:  a constant string
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
const char *pawl_task_name(const pawl_task *t);

/*
 * Tells where a task was spawned.
 *
 *	t	the task
 *
 * result:  "file:line", or "" without diagnostics
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
const char *pawl_task_place(const pawl_task *t);

/*
 * Tells in a word or two what a task does: "ready", "running", "done", "not spawned", what it waits
 * for, or why it panicked.
 *
 *	t	the task
 *
 * result:  a constant string
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
const char *pawl_task_wait(const pawl_task *t);

/*
 * The executor that runs this task.
 *
 *	t	a spawned task
 *
 * result:  the executor
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_here(const pawl_task *t);

/*
 * Waits until another task ended, and drops it.
 *
 *	t		the running task
 *	child		spawned, not detached, not of a session, joined by nobody else
 *	ret_outcome	what its last poll answered; PAWL_EPANIC when it panicked; may be NULL
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` itself was asked to stop (the child then still
 *          has to be joined or detached)
 * owns:    the child's memory is its owner's again once this answered 0
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_join(pawl_task *t, pawl_task *child, int *ret_outcome);

/*
 * Cancels another task, waits until it ended, and drops it. It goes on also when the caller itself
 * was asked to stop: a task that holds its children can clean up before it leaves.
 *
 *	t		the running task
 *	child		spawned, not detached, not of a session, joined by nobody else
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_PENDING
 * owns:    the child's memory is its owner's again once this answered 0
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_stop(pawl_task *t, pawl_task *child, int *ret_outcome);

/*
 * Lets the task sleep. A task has one timer: finish one sleep before the next.
 *
 *	t	the running task
 *	after	how long, in nanoseconds of the executor's clock
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED once the task was asked to stop, PAWL_ENOTSUP when the
 *          executor has no timers
 * owns:    nothing
 * from:    task
 * cost:    O(log timers), or O(sleeping tasks) where the executor keeps a list; no allocation
 */
PAWL_MUST_USE int pawl_sleep(pawl_task *t, pawl_time after);

/*
 * Lets the task sleep until an instant. A task has one timer: finish one sleep before the next.
 *
 *	t	the running task
 *	due	the instant on the executor's clock; one that passed is answered with the next poll
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED once the task was asked to stop, PAWL_ENOTSUP when the
 *          executor has no timers
 * owns:    nothing
 * from:    task
 * cost:    as pawl_sleep
 */
PAWL_MUST_USE int pawl_sleep_until(pawl_task *t, pawl_time due);

/*
 * Gives way once: every other task that is ready on this thread runs before this one goes on.
 *
 *	t	the running task
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED once the task was asked to stop
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_task_yield(pawl_task *t);

/*
 * The task stays on this thread: from now on only the thread that polls it now polls it again,
 * until it ends. So it may use what belongs to a thread over a wait: thread-local variables,
 * stdio's locks, a library with a context per thread. It pays for that: nobody else takes it over
 * while its thread is busy with a long poll, not even where that waits for it, and those that stay
 * come in the order in which they became ready, whatever their priority, each third turn when
 * others are ready, too. Those that do not stay pay nothing.
 *
 * A task that has its thread anyway, in the foreground, on a thread of its own or on a local
 * executor, stays without more ado; that of a local executor is whoever drives it, so let it always
 * be the same one. If the main thread of a host polls a background task, in place of workers that
 * are all held up, the task becomes one of the foreground.
 *
 *	t	the running task
 *
 * result:  0, also when it stays already; PAWL_ENOMEM; PAWL_ENOTSUP when the executor cannot do it
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation; each later wake takes a lock
 */
PAWL_MUST_USE int pawl_stay(pawl_task *t);

static inline bool pawl_is_cancelled_(const pawl_task *t)
{
#if defined(__GNUC__)
	return __atomic_load_n(&t->state_, __ATOMIC_RELAXED) & PAWL_TASK_CANCEL_;
#else
	return pawl_cancelled(t);
#endif
}

PAWL_END_C

/*
 * Stackless: a poll function that reads like straight lines. What has to live across an await lives
 * in the task's struct, not in a local: at each poll the function starts anew and jumps to where it
 * was. So
 *	- no local variable set before an await may be read after it (its value is gone),
 *	- no await may stand inside a `switch` of your own (its cases would become yours),
 *	- no two awaits may stand on one line.
 * The task may do without PAWL_END's answer by returning early; what it still waited for is then
 * let go of.
 */
#define PAWL_BEGIN(t)       \
	switch ((t)->pc_) { \
	case 0:
#define PAWL_END(t) \
	}           \
	return PAWL_OK

/* Waits for `expr`, an awaitable; its result, done or failed, is in `r`. */
#define PAWL_AWAIT_AS(t, r, expr)                   \
	do {                                        \
		(t)->pc_ = __LINE__;                \
		PAWL_FALLTHROUGH_;                  \
	case __LINE__:                              \
		if (((r) = (expr)) == PAWL_PENDING) \
			return PAWL_PENDING;        \
	} while (0)

/* Gives way once, as pawl_task_yield does; when the task was asked to stop, it ends with that. */
#define PAWL_YIELD(t)                              \
	do {                                       \
		(t)->pc_ = __LINE__;               \
		(t)->kind_ |= PAWL_TASK_YIELDING_; \
		return PAWL_PENDING;               \
	case __LINE__:                             \
		if (pawl_is_cancelled_(t))         \
			return PAWL_ECANCELED;     \
	} while (0)

/* Waits for `expr`, an awaitable; when it fails, the task ends with that result. */
#define PAWL_AWAIT(t, expr)             \
	do {                            \
		int pawl_r_;            \
		(t)->pc_ = __LINE__;    \
		PAWL_FALLTHROUGH_;      \
	case __LINE__:                  \
		pawl_r_ = (expr);       \
		if (pawl_r_ != PAWL_OK) \
			return pawl_r_; \
	} while (0)

#endif
