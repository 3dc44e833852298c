/* SPDX-License-Identifier: MIT */
/* The scope: children of a task that end before it goes on, and stop when one of them fails. */
#ifndef PAWL_SCOPE_H
#define PAWL_SCOPE_H

#include <pawl/session.h>

/*
 * A session that belongs to a part of one task: between pawl_scope_begin and the answer of
 * pawl_scope_end. Its children are neither joined nor detached; each is dropped when it ended. When
 * one fails, the others are cancelled, and the scope's outcome is that of the first that failed.
 * When the task is asked to stop, the children are.
 *
 * Children may use what belongs to the task, since they end before: results go there. The scope
 * lives beside its task and must not move. A task that ends within its scope, by a return or a
 * panic, ends the program when a child notices: after its poll children would use what is gone.
 */
typedef struct pawl_scope {
	pawl_session session_;
	pawl_waker parent_;
	uint32_t outcome_; /* atomic: of the first child that failed */
	bool is_open_;
#if PAWL_DIAG
	const char *label_; /* of the parent, for the message of a child that outlived it */
	const char *place_;
#endif
} pawl_scope;

PAWL_BEGIN_C

/*
 * Begins a scope.
 *
 *	t	the running task
 *	s	the memory, whatever is in it; not one that is open
 *	x	the executor of all children; that of a scope's task is pawl_here(t)
 *
 * result:  nothing
 * owns:    nothing, until a child is spawned: then pawl_scope_end has to be awaited
 * from:    task
 * cost:    O(1), no allocation
 */
void pawl_scope_begin(pawl_task *t, pawl_scope *s, pawl_exec *x);

/*
 * Spawns a child. The task does, and its children may, too, as long as they run.
 *
 *	s	the scope
 *	child	the child, zeroed or dropped
 *	poll	what it does
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED when a child failed, or the scope was cancelled, or the
 *          executor stopped
 * owns:    as pawl_spawn; the child is dropped when it ended
 * from:    task
 * cost:    O(1), no allocation
 */
int pawl_scope_spawn(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll);

/*
 * The same, with everything that can be said about it.
 *
 *	s	the scope
 *	child	the child, zeroed or dropped
 *	poll	what it does
 *	options	the rest, without a session; NULL is all default
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP
 * owns:    as pawl_spawn; the child is dropped when it ended
 * from:    task
 * cost:    O(1), or O(log timers) with `after`; no allocation
 */
int pawl_scope_spawn_with(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll,
			  const pawl_spawn_options *options);

#if PAWL_DIAG
int pawl_scope_spawn_at_(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll,
			 const pawl_spawn_options *options, const char *place);
#define pawl_scope_spawn(s, child, poll) \
	pawl_scope_spawn_at_((s), (child), (poll), NULL, PAWL_PLACE_(poll))
#define pawl_scope_spawn_with(s, child, poll, options) \
	pawl_scope_spawn_at_((s), (child), (poll), (options), PAWL_PLACE_(poll))
#endif

/*
 * How many children did not end yet.
 *
 *	s	the scope
 *
 * result:  the number
 * owns:    nothing
 * from:    task: the scope's, or one of its children
 * cost:    O(1), no allocation
 */
unsigned pawl_scope_count(pawl_scope *s);

/*
 * Asks all children to stop, and refuses further ones. That is no failure of the scope.
 *
 *	s	the scope
 *
 * result:  nothing
 * owns:    nothing
 * from:    task: the scope's, or one of its children
 * cost:    O(children), no allocation
 */
void pawl_scope_cancel(pawl_scope *s);

/*
 * Ends the scope: waits until no child is left. When the task itself is asked to stop, the children
 * are, and are waited for as well.
 *
 *	t		the running task, which began it
 *	s		the scope
 *	ret_outcome	0, or the outcome of the first child that failed, other than by being
 *			cancelled; may be NULL
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` was asked to stop: also then all children ended
 * owns:    the scope's memory and that of its children is the caller's again once this answered 0
 *          or PAWL_ECANCELED
 * from:    task
 * cost:    O(1), O(children) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_scope_end(pawl_task *t, pawl_scope *s, int *ret_outcome);

PAWL_END_C

#endif
