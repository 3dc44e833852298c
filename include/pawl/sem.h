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

/*
 * What a task says that wants many permits at once; it needs no contents, lives beside the task,
 * and must not move while the task waits. One is enough for all the waits of a task, one after
 * another.
 */
typedef struct pawl_sem_want {
	pawl_wait wait_;
	pawl_sem *sem_;
	uint32_t n_;
	bool is_granted_; /* guarded by the lock of the semaphore */
} pawl_sem_want;

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
 * Takes several permits, all at once or none, and waits for them in the same order as everybody:
 * who comes later does not get what is kept for the first.
 *
 *	t	the running task
 *	s	the semaphore
 *	w	what it needs to wait, the same for each poll
 *	n	how many, at least 1; more than there are is waited for without an end
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then there is nothing to release
 * owns:    the caller has the permits until pawl_sem_release_n; `w` is in use while this answers
 *          PAWL_PENDING
 * from:    task
 * cost:    O(1); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_sem_acquire_n(pawl_task *t, pawl_sem *s, pawl_sem_want *w, unsigned n);

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
 * Takes several permits if as many are free that nobody waits for.
 *
 *	s	the semaphore
 *	n	how many
 *
 * result:  0, PAWL_EBUSY
 * owns:    the caller has the permits until pawl_sem_release_n
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_sem_try_acquire_n(pawl_sem *s, unsigned n);

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
 * Gives several permits back, or adds some.
 *
 *	s	the semaphore
 *	n	how many
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(tasks that get theirs), no allocation
 */
void pawl_sem_release_n(pawl_sem *s, unsigned n);

/*
 * How many permits are free that nobody waits for.
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
