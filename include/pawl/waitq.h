/* SPDX-License-Identifier: MIT */
/* The wait queue: tasks that wait for one thing, in order; for those who write an awaitable. */
#ifndef PAWL_WAITQ_H
#define PAWL_WAITQ_H

#include <pawl/exec.h>

/*
 * Waiting without losing anything
 *
 * An awaitable looks, under the lock of its object, whether it can go on; if not, the task joins
 * the queue and the poll answers PAWL_PENDING. Who brings what is waited for takes the first task
 * out of the queue and sets the thing aside for it: a *grant*, which nobody else can take. When the
 * task does not come for it (it was cancelled, or ended), the grant goes back through `giveback_`,
 * which hands it to the next. Tasks are marked as woken under the lock and scheduled after it:
 * wakes never happen under a lock.
 */
struct pawl_waitq {
	pawl_task *first_, *last_;
	void *of_; /* the object; its address is the key of the lock */
	void (*giveback_)(
		void *of,
		pawl_runq *ready); /* called under the lock; NULL: there is nothing to give back */
};

PAWL_BEGIN_C

/*
 * Makes a queue empty.
 *
 *	q		the queue
 *	of		the object that it belongs to: the key of its lock
 *	giveback	takes a grant back and hands it on; adds whom it woke to `ready`
 *
 * result:  nothing
 * owns:    nothing
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_waitq_init(pawl_waitq *q, void *of, void (*giveback)(void *of, pawl_runq *ready));

/*
 * Puts the running task at the end of the queue; nothing happens when it is in it.
 *
 *	q	the queue
 *	t	the running task; it waits for nothing else
 *	what	in a word or two, for the dump; must live as long as the program
 *
 * result:  nothing
 * owns:    nothing
 * from:    task, under the lock of the object
 * cost:    O(1), no allocation
 */
void pawl_waitq_join(pawl_waitq *q, pawl_task *t, const char *what);

/*
 * Takes the running task's grant, if it has one from this queue.
 *
 *	q	the queue
 *	t	the running task
 *
 * result:  true when it had one
 * owns:    nothing
 * from:    task, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_take(pawl_waitq *q, pawl_task *t);

/*
 * Takes the task out of the queue.
 *
 *	q	the queue
 *	t	the task
 *
 * result:  true when it had a grant, which the caller has to hand on
 * owns:    nothing
 * from:    task, under the lock of the object
 * cost:    O(waiters), no allocation
 */
bool pawl_waitq_leave(pawl_waitq *q, pawl_task *t);

/*
 * Grants the thing to the first waiter and marks it as woken.
 *
 *	q	the queue
 *	ready	where to add it for pawl_schedule_all, after the lock was released
 *
 * result:  true, false when nobody waits
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_grant(pawl_waitq *q, pawl_runq *ready);

/*
 * Grants the thing to the first waiter as if it had waited in another queue: that one's giveback
 * is asked when the task does not come for it, and that one knows its grant.
 *
 *	q	the queue
 *	as	another queue of the same object
 *	ready	as above
 *
 * result:  true, false when nobody waits
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_grant_as(pawl_waitq *q, pawl_waitq *as, pawl_runq *ready);

/*
 * Grants the thing to all who wait.
 *
 *	q	the queue
 *	ready	as above
 *
 * result:  how many that were
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(waiters), no allocation
 */
unsigned pawl_waitq_grant_all(pawl_waitq *q, pawl_runq *ready);

/*
 * The one that has waited longest, who gets the next grant.
 *
 *	q	the queue
 *
 * result:  the task, NULL when nobody waits
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
pawl_task *pawl_waitq_first(const pawl_waitq *q);

/*
 * Tells whether a task waits in the queue, and has no grant yet.
 *
 *	q	the queue
 *	t	the task
 *
 * result:  true when it does
 * owns:    nothing
 * from:    task, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_has(const pawl_waitq *q, const pawl_task *t);

/*
 * How many wait.
 *
 *	q	the queue
 *
 * result:  the number
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(waiters), no allocation
 */
unsigned pawl_waitq_count(const pawl_waitq *q);

/*
 * Tells whether somebody waits.
 *
 *	q	the queue
 *
 * result:  true when the queue is empty
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_is_empty(const pawl_waitq *q);

PAWL_END_C

#endif
