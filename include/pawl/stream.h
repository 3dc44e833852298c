/* SPDX-License-Identifier: MIT */
/* The stream: bytes in both directions, over TCP, a local socket or a pipe. */
#ifndef PAWL_STREAM_H
#define PAWL_STREAM_H

#include <pawl/addr.h>
#include <pawl/io.h>

/*
 * The caller owns it; zeroed is closed. pawl_stream_connect, pawl_stream_adopt and
 * pawl_listener_accept open it. One task may read while another one writes. TCP sends at once
 * (TCP_NODELAY): write what belongs together in one piece. A peer that is gone raises no SIGPIPE.
 */
typedef struct pawl_stream {
	pawl_io io_;
	pawl_wait wait_; /* of the one that connects */
	bool is_socket_;
} pawl_stream;

PAWL_BEGIN_C

/*
 * Connects.
 *
 *	t	the running task
 *	s	the stream, closed; when this fails it is closed again
 *	to	whom; read by the first poll only
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_EREFUSED, PAWL_EUNREACH, PAWL_ETIMEDOUT,
 *          PAWL_ENOENT when there is no such path, PAWL_EAGAIN when the queue of a local listener
 *          is full, PAWL_ECLOSED when it was closed meanwhile, PAWL_ENOTSUP, PAWL_EMFILE,
 *          PAWL_ENOMEM and what else the system says
 * owns:    the caller has to close it once this answered 0
 * from:    task: a foreground task
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_stream_connect(pawl_task *t, pawl_stream *s, const pawl_addr *to);

/*
 * Makes a stream of a descriptor: a socket, one end of a pipe, a terminal. It no longer blocks
 * then, also for others who share it.
 *
 *	x	a host
 *	s	the stream, closed
 *	fd	the descriptor; nothing else on the loop looks at it
 *
 * result:  0, PAWL_ENOTSUP when it is a file or a folder, `x` is no host or this is not its main
 *          thread, PAWL_EINVAL when there is no such descriptor, PAWL_ENOMEM
 * owns:    the stream has the descriptor once this answered 0, and closes it
 * from:    thread, task: the main thread
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_stream_adopt(pawl_exec *x, pawl_stream *s, int fd);

/*
 * Reads what is there, at least one byte, and waits for it first. A read that was cancelled or
 * timed out has taken nothing.
 *
 *	t		the running task
 *	s		the stream
 *	buf		where to; not touched before or after the poll that answers 0
 *	size		how much fits, at least 1
 *	ret_size	how much it was
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED at the end (the peer sends no more, or it
 *          was closed here), PAWL_ERESET, PAWL_ETIMEDOUT, PAWL_ENOTSUP, PAWL_EIO
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    one call of the system when there is something; no allocation
 */
PAWL_MUST_USE int pawl_stream_read(pawl_task *t, pawl_stream *s, void *buf, size_t size,
				   size_t *ret_size);

/*
 * Writes as much as there is room for, at least one byte, and waits for room first. What it took
 * is on its way; nothing of `buf` is kept.
 *
 *	t		the running task
 *	s		the stream
 *	buf		what
 *	size		how much, at least 1
 *	ret_size	how much of it was taken
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when the peer takes no more or it was
 *          closed here, PAWL_ERESET, PAWL_ETIMEDOUT, PAWL_ENOTSUP, PAWL_EIO
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    one call of the system when there is room, for a pipe three; no allocation
 */
PAWL_MUST_USE int pawl_stream_write(pawl_task *t, pawl_stream *s, const void *buf, size_t size,
				    size_t *ret_size);

/*
 * Writes all of it. How far it came stands in `done` all the time, also after it failed, was
 * cancelled or timed out; go on from there, or begin anew with 0.
 *
 *	t	the running task
 *	s	the stream; while this waits, somebody else's write may come between two pieces
 *	buf	what; it may not change while this answers PAWL_PENDING
 *	size	how much
 *	done	how much of it was written: 0 before the first poll
 *
 * result:  as pawl_stream_write
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    one call of the system for each piece; no allocation
 */
PAWL_MUST_USE int pawl_stream_write_all(pawl_task *t, pawl_stream *s, const void *buf, size_t size,
					size_t *done);

/*
 * Says to the peer that no more will be written; reading goes on.
 *
 *	s	the stream
 *
 * result:  0, PAWL_ECLOSED when there is no peer or it is closed, PAWL_ENOTSUP when it is none that
 *          can end by halves
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_stream_shutdown(pawl_stream *s);

/*
 * Closes it. Whoever waits for it hears PAWL_ECLOSED. What was written is still delivered.
 *
 *	s	the stream; nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    the memory is the caller's again once those who waited heard it
 * from:    thread, task: the main thread
 * cost:    O(waiters); the loop frees its part in its next turn
 */
void pawl_stream_close(pawl_stream *s);

/*
 * Its own address.
 *
 *	s	the stream
 *	ret	the address
 *
 * result:  0, PAWL_ECLOSED, PAWL_ENOTSUP when it is no socket
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_stream_local(const pawl_stream *s, pawl_addr *ret);

/*
 * The peer's address.
 *
 *	s	the stream
 *	ret	the address
 *
 * result:  0, PAWL_ECLOSED also when the peer is gone, PAWL_ENOTSUP when it is no socket
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_stream_peer(const pawl_stream *s, pawl_addr *ret);

PAWL_END_C

#endif
