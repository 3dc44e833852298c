/* SPDX-License-Identifier: MIT */
/* The notice: something happened, look again; without a value, and kept for one who comes late. */
#ifndef PAWL_NOTIFY_H
#define PAWL_NOTIFY_H

#include <pawl/waitq.h>

/*
 * Notifying one wakes the one who waits longest. When nobody waits, the notice is kept, and the
 * next wait takes it; a second one that nobody took is the same as the first. So who looks at
 * something of its own, finds nothing, and waits then, misses nothing that happened in between. The
 * caller owns it; it must not move.
 */
typedef struct pawl_notify {
	pawl_waitq waitq_;
	pawl_waitq told_; /* nobody waits in it: grants of those who were all told at once */
	bool is_kept_;
} pawl_notify;

PAWL_BEGIN_C

/*
 * Makes it empty.
 *
 *	n	the notice
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_notify_init(pawl_notify *n);

/*
 * Wakes the one who waits longest; when nobody does, the next wait does not wait. A task that was
 * notified and then cancelled hands the notice on.
 *
 *	n	the notice
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_notify_one(pawl_notify *n);

/*
 * Wakes all who wait now. Nothing is kept for those who come later, and nothing is handed on.
 *
 *	n	the notice
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(waiters), no allocation
 */
void pawl_notify_all(pawl_notify *n);

/*
 * Waits to be notified, or takes the notice that was kept.
 *
 *	t	the running task
 *	n	the notice
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then the notice is somebody else's
 * owns:    nothing
 * from:    task
 * cost:    O(1); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_notify_wait(pawl_task *t, pawl_notify *n);

PAWL_END_C

#endif
