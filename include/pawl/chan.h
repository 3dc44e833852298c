/* SPDX-License-Identifier: MIT */
/* The channel: a bounded queue of values, many senders, many receivers, first come first. */
#ifndef PAWL_CHAN_H
#define PAWL_CHAN_H

#include <pawl/waitq.h>

/* The caller owns it and the room for its values; neither may move. */
typedef struct pawl_chan {
	pawl_waitq senders_, receivers_;
	void *ring_;
	uint32_t size_;  /* of a value */
	uint32_t depth_; /* room for so many */
	uint32_t first_, count_;
	uint32_t values_granted_; /* of count_: set aside for receivers that were woken */
	uint32_t room_granted_;   /* of the free places: set aside for senders that were woken */
	bool is_closed_;
} pawl_chan;

/*
 * Defines a channel for `depth` values of `type`, to be initialised by NAME_init(), and the
 * functions
 *
 *	int NAME_send(pawl_task *t, type const *v)	int NAME_try_send(type const *v)
 *	int NAME_recv(pawl_task *t, type *ret_v)	int NAME_try_recv(type *ret_v)
 */
#define PAWL_CHAN(name, type, depth)                                                          \
	static type name##_ring_[depth];                                                      \
	static pawl_chan name;                                                                \
	PAWL_UNUSED_ static inline void name##_init(void)                                     \
	{                                                                                     \
		pawl_chan_init(&name, name##_ring_, sizeof(type), (depth));                   \
	}                                                                                     \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_send(pawl_task *t, type const *v) \
	{                                                                                     \
		return pawl_chan_send(t, &name, v);                                           \
	}                                                                                     \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_recv(pawl_task *t, type *v)       \
	{                                                                                     \
		return pawl_chan_recv(t, &name, v);                                           \
	}                                                                                     \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_try_send(type const *v)           \
	{                                                                                     \
		return pawl_chan_try_send(&name, v);                                          \
	}                                                                                     \
	PAWL_UNUSED_ PAWL_MUST_USE static inline int name##_try_recv(type *v)                 \
	{                                                                                     \
		return pawl_chan_try_recv(&name, v);                                          \
	}                                                                                     \
	PAWL_STATIC_ASSERT((depth) > 0, #name " must have room for at least one value")

PAWL_BEGIN_C

/*
 * Makes an empty channel.
 *
 *	c	the channel
 *	ring	room for `depth` values
 *	size	of a value
 *	depth	how many values it holds at most, at least 1
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_chan_init(pawl_chan *c, void *ring, size_t size, unsigned depth);

/*
 * Puts a value in, and waits for room first.
 *
 *	t	the running task
 *	c	the channel
 *	value	copied once there is room
 *
 * result:  0, PAWL_PENDING, PAWL_ECLOSED, PAWL_ECANCELED
 * owns:    nothing
 * from:    task
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_chan_send(pawl_task *t, pawl_chan *c, const void *value);

/*
 * Takes the oldest value out, and waits for one first. After a close the values that are left still
 * come.
 *
 *	t		the running task
 *	c		the channel
 *	ret_value	where to copy it
 *
 * result:  0, PAWL_PENDING, PAWL_ECLOSED when it is closed and empty, PAWL_ECANCELED: then no value
 *          was lost
 * owns:    nothing
 * from:    task
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_chan_recv(pawl_task *t, pawl_chan *c, void *ret_value);

/*
 * Puts a value in if there is room that nobody waits for.
 *
 *	c	the channel
 *	value	copied
 *
 * result:  0, PAWL_EFULL, PAWL_ECLOSED
 * owns:    nothing
 * from:    any
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_chan_try_send(pawl_chan *c, const void *value);

/*
 * Takes a value out if there is one that nobody waits for.
 *
 *	c		the channel
 *	ret_value	where to copy it
 *
 * result:  0, PAWL_PENDING when there is none, PAWL_ECLOSED when it is closed and empty
 * owns:    nothing
 * from:    any
 * cost:    O(size), no allocation
 */
PAWL_MUST_USE int pawl_chan_try_recv(pawl_chan *c, void *ret_value);

/*
 * Closes the channel: senders fail at once, receivers once it is empty; all that wait are woken.
 *
 *	c	the channel
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(waiters), no allocation
 */
void pawl_chan_close(pawl_chan *c);

/*
 * How many values are in it.
 *
 *	c	the channel
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_chan_count(pawl_chan *c);

PAWL_END_C

#endif
