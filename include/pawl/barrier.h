/* SPDX-License-Identifier: MIT */
/* The barrier: tasks that wait for each other until enough of them have come. */
#ifndef PAWL_BARRIER_H
#define PAWL_BARRIER_H

#include <pawl/waitq.h>

/* Usable again and again. The caller owns it; it must not move. */
typedef struct pawl_barrier {
	pawl_waitq waitq_;
	uint32_t size_;
	uint32_t came_; /* at least as many as wait: who ended meanwhile is still counted */
} pawl_barrier;

PAWL_BEGIN_C

/*
 * Makes a barrier at which nobody waits.
 *
 *	b	the barrier
 *	size	how many tasks meet, at least 1
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_barrier_init(pawl_barrier *b, unsigned size);

/*
 * Waits until so many tasks have come. The last to come does not wait and is the leader of this
 * meeting. A task that is cancelled, or ends, before that was never here; one that is cancelled
 * after has met the others, and only does not hear of it.
 *
 *	t		the running task
 *	b		the barrier
 *	ret_leader	true for one of those that met; may be NULL
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(1); O(size) for the leader and when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_barrier_wait(pawl_task *t, pawl_barrier *b, bool *ret_leader);

PAWL_END_C

#endif
