/* SPDX-License-Identifier: MIT */
/* The UDP socket: datagrams, each sent and received in one piece. */
#ifndef PAWL_UDP_H
#define PAWL_UDP_H

#include <pawl/addr.h>
#include <pawl/io.h>

/* The caller owns it; zeroed is closed. One task may receive while another one sends. */
typedef struct pawl_udp {
	pawl_io io_;
} pawl_udp;

PAWL_BEGIN_C

/*
 * Opens a socket.
 *
 *	x	a host
 *	u	the socket, closed
 *	at	its own address; port 0: the system chooses one, see pawl_udp_local
 *
 * result:  0, PAWL_EBUSY when the port is in use, PAWL_EACCES, PAWL_EINVAL when it is no address of
 *          this machine, PAWL_EMFILE, PAWL_ENOMEM, PAWL_ENOTSUP when it is a path, `x` is no host
 *          or this is not its main thread
 * owns:    the caller has to close it once this answered 0
 * from:    thread, task: the main thread
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_udp_open(pawl_exec *x, pawl_udp *u, const pawl_addr *at);

/*
 * Hands a datagram to the system, and waits for room first. That it was sent does not say that it
 * arrives. One that was cancelled was not sent.
 *
 *	t	the running task
 *	u	the socket
 *	to	whom
 *	buf	what
 *	size	how much; 0 is a datagram, too
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when it was closed, PAWL_EINVAL when it is
 *          too long for a datagram or `to` is no address, PAWL_EUNREACH, PAWL_EACCES for a
 *          broadcast, PAWL_ENOTSUP also when `to` is of another kind, PAWL_ENOMEM
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    one call of the system when there is room; no allocation
 */
PAWL_MUST_USE int pawl_udp_send(pawl_task *t, pawl_udp *u, const pawl_addr *to, const void *buf,
				size_t size);

/* What came with a datagram. */
typedef struct pawl_datagram {
	pawl_addr from;
	size_t size;       /* how much of it is in the buffer */
	bool is_truncated; /* it was longer than the buffer; the rest is gone */
} pawl_datagram;

/*
 * Receives the next datagram, and waits for it first. When this is cancelled or times out, none was
 * taken.
 *
 *	t	the running task
 *	u	the socket
 *	buf	where to; not touched before or after the poll that answers 0
 *	size	how much fits; 65,535 is enough for all
 *	ret	who sent it, and how much it is
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when it was closed, PAWL_ENOTSUP, PAWL_EIO
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    one call of the system when there is one; no allocation
 */
PAWL_MUST_USE int pawl_udp_recv(pawl_task *t, pawl_udp *u, void *buf, size_t size,
				pawl_datagram *ret);

/*
 * Closes it. Whoever waits for it hears PAWL_ECLOSED; datagrams that nobody received are gone.
 *
 *	u	the socket; nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    the memory is the caller's again once those who waited heard it
 * from:    thread, task: the main thread
 * cost:    O(waiters); the loop frees its part in its next turn
 */
void pawl_udp_close(pawl_udp *u);

/*
 * Its own address.
 *
 *	u	the socket
 *	ret	the address, with the port that it has
 *
 * result:  0, PAWL_ECLOSED
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_udp_local(const pawl_udp *u, pawl_addr *ret);

PAWL_END_C

#endif
