/* SPDX-License-Identifier: MIT */
/* The wait queue: tasks that wait for one thing, in order; for those who write an awaitable. */
#ifndef PAWL_WAITQ_H
#define PAWL_WAITQ_H

#include <pawl/exec.h>

/*
 * Tasks between their grant and their schedule. Zeroed is empty. It is no pawl_runq: the executor's
 * own link is in use while a task's timer runs.
 */
typedef struct pawl_woken {
	pawl_task *first_, *last_;
} pawl_woken;

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
		pawl_woken *woken); /* called under the lock; NULL: there is nothing to give back */
};

PAWL_BEGIN_C

/*
 * Makes a queue empty.
 *
 *	q		the queue
 *	of		the object that it belongs to: the key of its lock
 *	giveback	takes a grant back and hands it on; adds whom it woke to `woken`
 *
 * result:  nothing
 * owns:    nothing
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_waitq_init(pawl_waitq *q, void *of, void (*giveback)(void *of, pawl_woken *woken));

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
 *	woken	where to add it for pawl_woken_schedule, after the lock was released
 *
 * result:  true, false when nobody waits
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_grant(pawl_waitq *q, pawl_woken *woken);

/*
 * Grants the thing to the first waiter as if it had waited in another queue: that one's giveback
 * is asked when the task does not come for it, and that one knows its grant.
 *
 *	q	the queue
 *	as	another queue of the same object
 *	woken	as above
 *
 * result:  true, false when nobody waits
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(1), no allocation
 */
bool pawl_waitq_grant_as(pawl_waitq *q, pawl_waitq *as, pawl_woken *woken);

/*
 * Grants the thing to all who wait.
 *
 *	q	the queue
 *	woken	as above
 *
 * result:  how many that were
 * owns:    nothing
 * from:    any, under the lock of the object
 * cost:    O(waiters), no allocation
 */
unsigned pawl_waitq_grant_all(pawl_waitq *q, pawl_woken *woken);

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

/*
 * Schedules the tasks that were woken, in their order.
 *
 *	woken	the tasks; empty afterwards
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, without a lock
 * cost:    O(tasks), no allocation
 */
void pawl_woken_schedule(pawl_woken *woken);

PAWL_END_C

#endif
