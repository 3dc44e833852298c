/* SPDX-License-Identifier: MIT */
/* The outer loop: how a host's foreground runs inside the main loop of somebody else. */
#ifndef PAWL_OUTER_H
#define PAWL_OUTER_H

#include <pawl/host.h>

/*
 * A desktop program has a main loop already: GLib's (see pawl/glib.h), Qt's, its own around
 * epoll_wait. The host becomes one of the things that this loop looks after, on the thread that
 * made the host:
 *
 *	before it sleeps        pawl_outer_timeout says for how long it may
 *	while it sleeps         it polls the descriptor pawl_outer_fd for reading
 *	when that is readable,
 *	or the time is over     pawl_outer_turn
 *
 * Foreground tasks, their timers, and input and output run in those turns. It has to ask for the
 * timeout each time before it sleeps: what the main thread itself wakes between two turns is told
 * by nothing else.
 */
typedef struct pawl_outer pawl_outer;

/* Put it into your own struct; fill the functions. */
struct pawl_outer {
	/*
	 * One round of the loop, for pawl_block_on and pawl_host_free: sleeps until something has
	 * to be done, unless `may_sleep` is false, and does it, turns of the host among it. May be
	 * called from inside a turn, and again from inside that.
	 */
	void (*iterate)(pawl_outer *o, bool may_sleep);
	/* pawl_outer_end, or pawl_host_free: no turns from now on. NULL: nothing to do then. */
	void (*end)(pawl_outer *o);
};

PAWL_BEGIN_C

/*
 * Hands the host's foreground over to another loop.
 *
 *	h	a host with a loop of its own, not inside pawl_block_on
 *	o	the other loop
 *
 * result:  nothing
 * owns:    nothing; `o` must stay until its `end` is called
 * from:    thread: the main thread
 * cost:    O(1), no allocation
 */
void pawl_outer_begin(pawl_host *h, pawl_outer *o);

/*
 * Takes it back: the host runs on a loop of its own, inside pawl_block_on, pawl_poll_once and
 * pawl_host_free. The latter does it by itself when all tasks have ended.
 *
 *	h	the host, not inside pawl_block_on; nothing happens when it has a loop of its own
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    that of `end`
 */
void pawl_outer_end(pawl_host *h);

/*
 * What to poll while the loop sleeps.
 *
 *	h	the host
 *
 * result:  a descriptor, the same for ever; readable when pawl_outer_turn is to be called
 * owns:    nothing: it is the host's
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_outer_fd(const pawl_host *h);

/*
 * How long the loop may sleep. From now on until the next turn other threads that wake foreground
 * tasks make the descriptor readable.
 *
 *	h	the host; not inside one of libuv's callbacks
 *
 * result:  nanoseconds, 0 when pawl_outer_turn is to be called at once, PAWL_NEVER when only the
 *          descriptor counts; round it up
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    O(1), no allocation
 */
pawl_time pawl_outer_timeout(pawl_host *h);

/*
 * Runs foreground tasks that are ready and the events there are, about a millisecond's worth of
 * them, and never sleeps. What is left is for the next turn.
 *
 *	h	the host; not inside one of libuv's callbacks
 *
 * result:  true when a task ran
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    that of the polls and callbacks
 */
bool pawl_outer_turn(pawl_host *h);

PAWL_END_C

#endif
