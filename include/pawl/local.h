/* SPDX-License-Identifier: MIT */
/* The local executor: 32 tasks on the thread that drives it, no heap, within 2 KB. */
#ifndef PAWL_LOCAL_H
#define PAWL_LOCAL_H

#include <pawl/exec.h>

/* How many tasks it takes. Say the same everywhere: core is compiled with it. */
#ifndef PAWL_LOCAL_TASKS
#define PAWL_LOCAL_TASKS 32
#endif

/*
 * Runs its tasks, first come, first served, on whichever thread calls pawl_block_on or
 * pawl_poll_once; wakes may come from everywhere. All tasks are foreground tasks. It is also the
 * fallback when no executor is registered. It must not move once initialised.
 */
typedef struct pawl_local {
	pawl_exec exec;
	pawl_crew crew_;
	pawl_runq ready_;
	pawl_timers timers_;
	pawl_task *heap_[PAWL_LOCAL_TASKS];
	uint32_t event_; /* atomic: something became ready */
} pawl_local;

#if !PAWL_DIAG
PAWL_STATIC_ASSERT(sizeof(void *) != 4 || PAWL_LOCAL_TASKS != 32 ||
			   sizeof(pawl_local) + 32 * sizeof(pawl_task) <= 2048,
		   "the local executor with all its tasks fits into 2 KB");
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
 * Ends it: shuts it down and runs its tasks until all of them have ended.
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
 * result:  how many polls that were
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_local_run(pawl_local *l);

PAWL_END_C

#endif
