/* SPDX-License-Identifier: MIT */
/* The semaphore: a number of permits, handed out first come, first served. */
#ifndef PAWL_SEM_H
#define PAWL_SEM_H

#include <pawl/waitq.h>

/* The caller owns it; it must not move. */
typedef struct pawl_sem {
	pawl_waitq waitq_;
	uint32_t permits_;
} pawl_sem;

PAWL_BEGIN_C

/*
 * Makes a semaphore.
 *
 *	s	the semaphore
 *	permits	how many there are
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_sem_init(pawl_sem *s, unsigned permits);

/*
 * Takes a permit, and waits for one first. A permit that was set aside for a task that is then
 * cancelled goes to the next.
 *
 *	t	the running task
 *	s	the semaphore
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then there is nothing to release
 * owns:    the caller has the permit until pawl_sem_release
 * from:    task
 * cost:    O(1); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_sem_acquire(pawl_task *t, pawl_sem *s);

/*
 * Takes a permit if one is free that nobody waits for.
 *
 *	s	the semaphore
 *
 * result:  0, PAWL_EBUSY
 * owns:    the caller has the permit until pawl_sem_release
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_sem_try_acquire(pawl_sem *s);

/*
 * Gives a permit back, or adds one.
 *
 *	s	the semaphore
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_sem_release(pawl_sem *s);

/*
 * How many permits are free.
 *
 *	s	the semaphore
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_sem_available(pawl_sem *s);

PAWL_END_C

#endif
