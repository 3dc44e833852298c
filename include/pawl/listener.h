/* SPDX-License-Identifier: MIT */
/* The listener: accepts streams at an address. */
#ifndef PAWL_LISTENER_H
#define PAWL_LISTENER_H

#include <pawl/stream.h>

/*
 * The caller owns it; zeroed is closed. A local socket's path must not exist yet; the close removes
 * it.
 */
typedef struct pawl_listener {
	pawl_io io_;
} pawl_listener;

PAWL_BEGIN_C

/*
 * Listens.
 *
 *	x	a host
 *	l	the listener, closed
 *	at	where; port 0: the system chooses one, see pawl_listener_local
 *	backlog	how many connections may wait to be accepted; 0: as many as the system allows
 *
 * result:  0, PAWL_EBUSY when somebody listens there, or the path exists, PAWL_EACCES, PAWL_EINVAL
 *          when it is no address of this machine, PAWL_EMFILE, PAWL_ENOMEM, PAWL_ENOTSUP when `x`
 *          is no host or this is not its main thread
 * owns:    the caller has to close it once this answered 0
 * from:    thread, task: the main thread
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_listener_open(pawl_exec *x, pawl_listener *l, const pawl_addr *at,
				     unsigned backlog);

/*
 * Accepts a connection, and waits for one first. When this fails or is cancelled, no connection was
 * taken: it waits for the next accept. The exception is PAWL_ENOSPC.
 *
 *	t	the running task
 *	l	the listener
 *	ret	the stream, closed; opened when this answers 0
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when the listener was closed, PAWL_EMFILE
 *          (close something, and try again), PAWL_ENOMEM, PAWL_ENOSPC when the system watches no
 *          more descriptors for this user (the connection was broken off), PAWL_ENOTSUP
 * owns:    the caller has to close the stream
 * from:    task: a foreground task
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_listener_accept(pawl_task *t, pawl_listener *l, pawl_stream *ret);

/*
 * Closes it. Whoever waits for it hears PAWL_ECLOSED; connections that nobody accepted are reset.
 *
 *	l	the listener; nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    the memory is the caller's again once those who waited heard it
 * from:    thread, task: the main thread
 * cost:    O(waiters); the loop frees its part in its next turn
 */
void pawl_listener_close(pawl_listener *l);

/*
 * Where it listens.
 *
 *	l	the listener
 *	ret	the address, with the port that it has
 *
 * result:  0, PAWL_ECLOSED
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_listener_local(const pawl_listener *l, pawl_addr *ret);

PAWL_END_C

#endif
