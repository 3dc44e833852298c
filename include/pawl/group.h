/* SPDX-License-Identifier: MIT */
/* The group: several children of one task, waited for together. */
#ifndef PAWL_GROUP_H
#define PAWL_GROUP_H

#include <pawl/task.h>

/* One of them: fill `task`. */
typedef struct pawl_child {
	pawl_task *task; /* NULL once it was joined; one that is NULL from the start is skipped */
	int outcome;     /* what its last poll answered, once it was joined */
} pawl_child;

/*
 * Fill `children` and `count`, leave the rest zero. The children are spawned, not detached, not of
 * a session, and joined by nobody else. It lives beside the waiting task, may not move while that
 * waits, and may be used again with other children once the wait answered something else than
 * PAWL_PENDING. When a PAWL_TIMEOUT around the wait is over, the children go on: wait for those
 * whose `task` is not NULL again, by the same group, or end them by pawl_stop_all.
 */
typedef struct pawl_group {
	pawl_wait wait_;
	pawl_child *children;
	uint32_t count;
	uint32_t first;   /* after pawl_select: which child ended first */
	uint32_t joined_; /* up to there all were joined */
	/* 0 nothing was done yet, 1 waits for the first, 2 waits for the others */
	uint8_t state_;
} pawl_group;

PAWL_BEGIN_C

/*
 * Waits until all children ended, and drops them.
 *
 *	t	the running task
 *	g	the group; its children's outcomes are filled in
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED when `t` itself was asked to stop: children whose `task`
 *          is not NULL then still have to be joined or detached, as by pawl_stop_all
 * owns:    a child's memory is its owner's again once its `task` is NULL
 * from:    task
 * cost:    O(1) for each child, at most one poll each; no allocation
 */
PAWL_MUST_USE int pawl_join_all(pawl_task *t, pawl_group *g);

/*
 * Cancels all children that were not joined, waits until they ended, and drops them. As pawl_stop,
 * it goes on also when the caller itself was asked to stop.
 *
 *	t	the running task
 *	g	the group; its children's outcomes are filled in
 *
 * result:  0, PAWL_PENDING
 * owns:    the children's memory is their owners' again once this answered 0
 * from:    task
 * cost:    O(1) for each child, at most one poll each; no allocation
 */
PAWL_MUST_USE int pawl_stop_all(pawl_task *t, pawl_group *g);

/*
 * Waits until one of the children ended, cancels the others, and waits until those ended too; all
 * are dropped. `g->first` says which one was first: the others may have ended well too before they
 * heard of it, their outcomes tell. Of several that had ended already it is the first in the list.
 * When `t` itself is asked to stop, all children are cancelled, and waited for as well.
 *
 *	t	the running task
 *	g	the group, with at least one child; its outcomes are filled in
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: also then all children have ended
 * owns:    the children's memory is their owners' again once this answered 0 or PAWL_ECANCELED
 * from:    task
 * cost:    O(children) until the first ended, then O(1) for each; no allocation
 */
PAWL_MUST_USE int pawl_select(pawl_task *t, pawl_group *g);

PAWL_END_C

#endif
