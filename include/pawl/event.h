/* SPDX-License-Identifier: MIT */
/* The event: a fact that is set or not; all who wait for it go on when it is set. */
#ifndef PAWL_EVENT_H
#define PAWL_EVENT_H

#include <pawl/waitq.h>

/*
 * It stays set until somebody clears it. Who waits when it is set goes on, also when it is cleared
 * again before that task is polled: a short pulse is not lost. The caller owns it; it must not
 * move.
 */
typedef struct pawl_event {
	pawl_waitq waitq_;
	bool is_set_;
} pawl_event;

PAWL_BEGIN_C

/*
 * Makes an event that is not set.
 *
 *	e	the event
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_event_init(pawl_event *e);

/*
 * Sets it: all who wait go on, and who comes later does not wait. Nothing happens when it is set.
 *
 *	e	the event
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(waiters), no allocation
 */
void pawl_event_set(pawl_event *e);

/*
 * Clears it: who comes from now on waits.
 *
 *	e	the event
 *
 * result:  true when it was set: of several who clear it, one hears so
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_event_clear(pawl_event *e);

/*
 * Tells whether it is set.
 *
 *	e	the event
 *
 * result:  true when it is
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_event_is_set(pawl_event *e);

/*
 * Waits until it is set, and leaves it so.
 *
 *	t	the running task
 *	e	the event
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(1); O(waiters) when cancelled; no allocation
 */
PAWL_MUST_USE int pawl_event_wait(pawl_task *t, pawl_event *e);

PAWL_END_C

#endif
