/* SPDX-License-Identifier: MIT */
/* The oneshot: one value from whoever sends it to the one task that receives it. */
#ifndef PAWL_ONESHOT_H
#define PAWL_ONESHOT_H

#include <pawl/waitq.h>

/*
 * The caller owns it and the room for the value; neither may move. Usable again after another init.
 */
typedef struct pawl_oneshot {
	pawl_waitq waitq_;
	void *slot_;
	uint32_t size_;
	uint8_t state_; /* 0 empty, 1 full, 2 closed without a value, 3 taken */
} pawl_oneshot;

PAWL_BEGIN_C

/*
 * Makes it empty.
 *
 *	o	the oneshot
 *	slot	room for the value; NULL when `size` is 0
 *	size	of the value; 0: only the fact counts
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_oneshot_init(pawl_oneshot *o, void *slot, size_t size);

/*
 * Sends the value and wakes the receiver.
 *
 *	o	the oneshot
 *	value	copied; may be NULL when the size is 0
 *
 * result:  0, PAWL_EBUSY when there was a value already, PAWL_ECLOSED when it was closed
 * owns:    nothing
 * from:    any
 * cost:    O(size), no allocation
 */
int pawl_oneshot_send(pawl_oneshot *o, const void *value);

/*
 * Says that no value will come, or that nobody will take it. A value that was sent can still be
 * received.
 *
 *	o	the oneshot
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_oneshot_close(pawl_oneshot *o);

/*
 * Waits for the value.
 *
 *	t		the running task
 *	o		the oneshot
 *	ret_value	where to copy the value; may be NULL when the size is 0
 *
 * result:  0, PAWL_PENDING, PAWL_ECLOSED when no value will come or it was taken, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_oneshot_recv(pawl_task *t, pawl_oneshot *o, void *ret_value);

PAWL_END_C

#endif
