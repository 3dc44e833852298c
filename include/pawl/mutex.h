/* SPDX-License-Identifier: MIT */
/* The mutex: one task at a time, handed over first come, first served. */
#ifndef PAWL_MUTEX_H
#define PAWL_MUTEX_H

#include <pawl/waitq.h>

/*
 * It is held across awaits; where nothing is awaited inside, an interrupt lock or a mutex of the
 * operating system is cheaper. It belongs to the task that locked it, which has to unlock it
 * before it ends, also when it was asked to stop. The caller owns it; it must not move.
 */
typedef struct pawl_mutex {
	pawl_waitq waitq_;
	pawl_task *owner_; /* who holds it, or is the next and was woken */
} pawl_mutex;

PAWL_BEGIN_C

/*
 * Makes a mutex that nobody holds.
 *
 *	m	the mutex
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_mutex_init(pawl_mutex *m);

/*
 * Locks it, and waits for those before first. If it was handed to a task that is then cancelled,
 * the next gets it.
 *
 *	t	the running task, which does not hold it
 *	m	the mutex
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then there is nothing to unlock
 * owns:    the task holds it until pawl_mutex_unlock
 * from:    task
 * cost:    O(1); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_mutex_lock(pawl_task *t, pawl_mutex *m);

/*
 * Locks it if nobody holds it.
 *
 *	t	the running task, which does not hold it
 *	m	the mutex
 *
 * result:  0, PAWL_EBUSY
 * owns:    the task holds it until pawl_mutex_unlock
 * from:    task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_mutex_try_lock(pawl_task *t, pawl_mutex *m);

/*
 * Unlocks it: it is the next one's at once, before that one is polled.
 *
 *	t	the running task, which holds it
 *	m	the mutex
 *
 * result:  nothing
 * owns:    nothing
 * from:    task
 * cost:    O(1), no allocation
 */
void pawl_mutex_unlock(pawl_task *t, pawl_mutex *m);

PAWL_END_C

#endif
