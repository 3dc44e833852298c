/* SPDX-License-Identifier: MIT */
/* The descriptor on the main thread's loop: what streams, listeners and sockets have in common. */
#ifndef PAWL_IO_H
#define PAWL_IO_H

#include <pawl/host.h>
#include <pawl/waitq.h>

/*
 * Input and output of the host
 *
 * Objects are structs of yours, zeroed before they are opened; while they are open, and while a
 * task waits for them, they must not move. Who opens one closes it before the host is freed.
 *
 * The awaitables are for foreground tasks of a host; in others they answer PAWL_ENOTSUP. The loop
 * only tells that something can be done. The task does it itself, in its own poll, so
 *	- between two polls nothing of pawl's knows your buffer: after a cancel, a timeout or any
 *	  other answer it is yours,
 *	- nothing is read before somebody asks for it: what the task was cancelled away from stays
 *	  with the system, for the next one to ask, and a peer that sends too fast has to wait,
 *	- no threads and no queues of data stand behind it.
 *
 * Those who wait for the same thing are told in their order. A close wakes all of them with
 * PAWL_ECLOSED; the memory must stay until they heard it. A task that never has to wait gives way
 * after some 64 times, so that others get their turn.
 *
 * Out of memory is PAWL_ENOMEM, with one exception that is libuv's: it ends the program when it has
 * none for a table of so many descriptors, which doubles with their number.
 */

/* Private: it is the first field of streams, listeners and sockets. */
typedef struct pawl_io {
	pawl_host *host_;             /* whose loop looks at it? */
	struct pawl_io_watch *watch_; /* the loop's part, on the heap; NULL: it is closed */
	pawl_waitq readers_, writers_;
	pawl_task *connector_; /* who waits for the connection? */
	int fd_;
	uint8_t armed_; /* what does the loop look for? */
	uint8_t turns_; /* how often went something on without a wait? */
	bool is_dry_;   /* the last read took all there was: wait before the next */
} pawl_io;

#endif
