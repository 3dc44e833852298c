/* SPDX-License-Identifier: MIT */
/* The handle: an id, a task that ended before it began, and how to tell a cancel from a failure. */
#ifndef PAWL_HANDLE_H
#define PAWL_HANDLE_H

#include <pawl/task.h>

PAWL_BEGIN_C

/*
 * A number for a task that no other has: not while it lives, and of those before and after it in
 * the same memory none of the next four million. It costs a spawn nothing, since it is made of the
 * task's place and of how often that was used; memory that was zeroed meanwhile, as that of a local
 * variable, begins anew.
 *
 *	t	a spawned task
 *
 * result:  the number, never 0
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint64_t pawl_task_id(const pawl_task *t);

/*
 * Makes a task that ended before it began: for who has an answer already where others expect a
 * task. It never runs; it is joined, detached or blocked on as any other.
 *
 *	x	the executor on which it would have run
 *	t	the task, zeroed or dropped
 *	outcome	0 or an error
 *
 * result:  nothing
 * owns:    its memory is its owner's again once it was joined or detached
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_task_ready(pawl_exec *x, pawl_task *t, int outcome);

#if PAWL_DIAG
void pawl_task_ready_at_(pawl_exec *x, pawl_task *t, int outcome, const char *place);
#define pawl_task_ready(x, t, outcome) pawl_task_ready_at_((x), (t), (outcome), PAWL_PLACE_(ready))
#endif

/*
 * Waits until another task ended, drops it, and tells whether it ended because it was asked to:
 * pawl_cancel was called for it, and its outcome is PAWL_ECANCELED. A task that ended well before
 * it heard of it was not cancelled; one that passes on the PAWL_ECANCELED of something that it
 * used, while nobody asked itself to stop, failed.
 *
 *	t		the running task
 *	child		the one to wait for: as for pawl_join
 *	ret_cancelled	whether it was cancelled
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` itself was asked to stop (the child then still
 *          has to be joined or detached)
 * owns:    the child's memory is its owner's again once this answered 0
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_join_fallible(pawl_task *t, pawl_task *child, bool *ret_cancelled,
				     int *ret_outcome);

PAWL_END_C

#endif
