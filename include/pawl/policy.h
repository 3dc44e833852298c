/* SPDX-License-Identifier: MIT */
/* Policies: which of a local executor's ready tasks comes next, and when a task's turn is over. */
#ifndef PAWL_POLICY_H
#define PAWL_POLICY_H

#include <pawl/exec.h>

/*
 * An order of ready tasks, for pawl_local_options. Without one it is first come, first served. What
 * is chosen is who is polled next: a poll that runs is not interrupted, no task hands its urgency
 * to one that it waits for, and no task becomes more urgent by waiting. So the promise of fairness
 * holds among equals: a task that is always ready keeps all that are less urgent from running.
 *
 * One of your own puts a task into `q->ready_` (pawl_queue_insert_before does it) under the
 * executor's lock.
 */
typedef struct pawl_policy {
	void (*insert)(pawl_queue *q, pawl_task *t);
} pawl_policy;

PAWL_BEGIN_C

/* The largest priority first; among equals, first come, first served. */
extern const pawl_policy pawl_policy_priority;

#if PAWL_POLICIES

/* The earliest deadline first, those without one last; among equals, first come, first served. */
extern const pawl_policy pawl_policy_deadline;

/*
 * Spends some of the budget of this turn; a turn is one poll. When the budget does not reach, the
 * task gives way to all others, as by pawl_task_yield, and has its whole budget again at its next
 * turn, to which these units are then charged. Units mean what the task wants them to mean: there
 * is no clock in it. One step that is larger than the budget gets a turn of its own. A task that
 * was spawned without a budget has no limit.
 *
 *	t	the running task
 *	units	what the next step costs
 *
 * result:  0: go on, PAWL_PENDING, PAWL_ECANCELED once the task was asked to stop
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_spend(pawl_task *t, uint32_t units);

/*
 * Gives the running task another deadline, say that of its next period.
 *
 *	t	the running task
 *	due	an instant of the executor's clock; PAWL_NEVER: none
 *
 * result:  nothing
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
void pawl_set_deadline(pawl_task *t, pawl_time due);

/*
 * A task's deadline.
 *
 *	t	the task
 *
 * result:  the instant, PAWL_NEVER when it has none
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
pawl_time pawl_task_deadline(const pawl_task *t);

#endif

/*
 * For policies: puts a task in front of the first one that has to wait for it, or at the end.
 *
 *	q		the queue
 *	t		the task
 *	is_before	tells whether `t` comes before another one; false for equals, so that they
 *			keep their order
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, under the executor's lock
 * cost:    O(ready tasks), O(1) when it belongs at the end; no allocation
 */
void pawl_queue_insert_before(pawl_queue *q, pawl_task *t,
			      bool (*is_before)(const pawl_task *t, const pawl_task *other));

PAWL_END_C

#endif
