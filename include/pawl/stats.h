/* SPDX-License-Identifier: MIT */
/* Statistics: what a local executor counts, and what follows from it. */
#ifndef PAWL_STATS_H
#define PAWL_STATS_H

#include <pawl/base.h>

#if PAWL_STATS

/* Give it to pawl_local_options, zeroed, and read it by pawl_local_stats. */
typedef struct pawl_stats {
	uint64_t spawned;
	uint64_t finished;
	uint64_t polls;
	uint64_t schedules;   /* how often a task became ready: by its spawn, a wake, a yield */
	uint64_t budget_ends; /* how often a task's budget ended its turn */
	uint64_t missed;      /* how many deadlines passed before the task ended or took another */
	uint32_t ready;       /* how many tasks are ready now */
	uint32_t ready_max;   /* and were at once at most */
	uint64_t ready_sum_;  /* of `ready` before each poll */
} pawl_stats;

PAWL_BEGIN_C

/*
 * How many polls a task took, on average.
 *
 *	s	the figures
 *
 * result:  hundredths of polls, rounded down; 0 when no task was spawned, UINT32_MAX when it is
 *          more than that
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint32_t pawl_stats_polls_per_task_x100(const pawl_stats *s);

/*
 * How long the queue was when a task was taken out of it, on average, with that task.
 *
 *	s	the figures
 *
 * result:  hundredths of tasks, rounded down; 0 when none was polled
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint32_t pawl_stats_ready_x100(const pawl_stats *s);

PAWL_END_C

#endif

#endif
