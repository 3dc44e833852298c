/* SPDX-License-Identifier: MIT */
/* The local executor: 32 tasks, without a heap, on the thread or interrupt that drives it. */
#ifndef PAWL_LOCAL_H
#define PAWL_LOCAL_H

#include <pawl/policy.h>
#include <pawl/port.h>
#include <pawl/stats.h>

/* How many tasks it takes, when nothing else is said. */
#ifndef PAWL_LOCAL_TASKS
#define PAWL_LOCAL_TASKS 32
#endif

/*
 * Runs its tasks, first come, first served unless a policy says otherwise, on whichever thread
 * calls pawl_block_on, pawl_poll_once or pawl_local_run, one thread at a time; wakes may come from
 * everywhere. All tasks are foreground tasks. It is also the fallback when no executor is
 * registered. It must not move once initialised.
 */
typedef struct pawl_local pawl_local;
struct pawl_local {
	pawl_exec exec;
	pawl_queue queue_;
	pawl_crew crew_;
	pawl_task *current_; /* whom does it poll now? */
	void (*pend_)(pawl_local *l);
	uint32_t event_; /* atomic: something became ready */
#if PAWL_PORT_THREADS
	struct pawl_biased bias_; /* favours the thread that drives it */
	pawl_tally tally_;        /* of tasks that did not wait yet; guarded by the lock */
#endif
#if PAWL_STATS
	pawl_stats *stats_;                           /* where does it count? */
	void (*insert_)(pawl_queue *q, pawl_task *t); /* the policy, when it counts */
#endif
};

/* How to make one, when the defaults do not do. Zero means default. */
typedef struct pawl_local_options {
	/*
	 * Called, from wherever that happens, when there is something to do: a task became ready,
	 * or an earlier one is going to be due. It sees to it that pawl_local_run is called soon,
	 * and at pawl_local_next; then pawl_block_on and pawl_poll_once are not needed. This is how
	 * an executor lives in an interrupt, or in another program's loop. A thread that wakes one
	 * of its tasks may still be in here when the task has ended: end such threads before you
	 * free what this uses.
	 */
	void (*pend)(pawl_local *l);
	uint32_t limit;            /* how many tasks at most; 0: PAWL_LOCAL_TASKS */
	const pawl_policy *policy; /* who is next; NULL: first come, first served */
#if PAWL_STATS
	pawl_stats *stats; /* zeroed: where it counts; NULL: it does not */
#endif
} pawl_local_options;

#if !PAWL_DIAG && !PAWL_POLICIES && !PAWL_STATS
PAWL_STATIC_ASSERT(sizeof(void *) != 4 || PAWL_LOCAL_TASKS != 32 ||
			   sizeof(pawl_local) + 32 * sizeof(pawl_task) <= 2048,
		   "the local executor with all its tasks fits into 2 KB");
PAWL_STATIC_ASSERT(sizeof(void *) != 4 || PAWL_LOCAL_TASKS != 32 || PAWL_WAITS || PAWL_CREW ||
			   sizeof(pawl_local) + 32 * sizeof(pawl_task) <= 1024,
		   "without the larger switches, into 1 KB");
#endif

PAWL_BEGIN_C

/*
 * Makes an executor in the caller's memory.
 *
 *	l	the memory
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_local_init(pawl_local *l);

/*
 * The same, with everything that can be said about it.
 *
 *	l	the memory
 *	options	the rest; NULL is all default
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_local_init_with(pawl_local *l, const pawl_local_options *options);

/*
 * Ends it: shuts it down and runs its tasks until all of them have ended, here, also when something
 * else drove it by `pend` until now.
 *
 *	l	the executor; NULL and a zeroed one are fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
void pawl_local_fini(pawl_local *l);

/*
 * Its handle.
 *
 *	l	the executor
 *
 * result:  the handle
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_local_exec(pawl_local *l);

/*
 * Runs ready tasks until none is: timers that are due fire, those that are not are left alone, and
 * nothing sleeps.
 *
 *	l	the executor
 *
 * result:  how many tasks it took out of its queue: 0 when none was ready
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_local_run(pawl_local *l);

/*
 * Until when there is nothing to do: for those who drive it by pawl_local_run.
 *
 *	l	the executor
 *
 * result:  when the next sleeping task is due, PAWL_NEVER when none sleeps; an instant that passed
 *          when a task is ready
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_time pawl_local_next(pawl_local *l);

#if PAWL_STATS
/*
 * What it counted.
 *
 *	l	the executor
 *	ret	a copy of the figures, all of one moment; zeroes when it does not count
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_local_stats(pawl_local *l, pawl_stats *ret);
#endif

#if PAWL_TIMERS
/* For ports: tells whether a task sleeps, so that nobody asks in vain for when. */
static inline bool pawl_local_has_sleepers_(const pawl_local *l)
{
	return *(pawl_task *const volatile *)&l->queue_.asleep_;
}
#endif

PAWL_END_C

#endif
