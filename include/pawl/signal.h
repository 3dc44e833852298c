/* SPDX-License-Identifier: MIT */
/* The signal: tasks wait for the next SIGINT, SIGHUP and so on. */
#ifndef PAWL_SIGNAL_H
#define PAWL_SIGNAL_H

#include <pawl/host.h>
#include <pawl/waitq.h>

/*
 * The caller owns it; zeroed is closed. It must not move while it is open, nor while a task waits
 * for it. Several may be open for one signal: each of them hears of it.
 */
typedef struct pawl_signal {
	pawl_waitq waitq_;
	pawl_host *host_;
	struct pawl_signal_watch *watch_; /* the loop's part, on the heap; NULL: it is closed */
	uint32_t count_;                  /* how many came that nobody took? */
} pawl_signal;

PAWL_BEGIN_C

/*
 * Begins to listen for a signal: from now on it does nothing else to this process.
 *
 *	x	a host
 *	s	closed
 *	number	SIGINT, SIGHUP …
 *
 * result:  0, PAWL_EINVAL when it is no signal or one that cannot be caught, PAWL_ENOMEM,
 *          PAWL_ENOTSUP when `x` is no host or this is not its main thread
 * owns:    the caller has to close it once this answered 0
 * from:    thread, task: the main thread
 * cost:    O(1), one allocation
 */
PAWL_MUST_USE int pawl_signal_open(pawl_exec *x, pawl_signal *s, int number);

/*
 * Takes one signal, and waits for it first. Those that came while nobody waited were counted, as
 * far as the system tells them apart; one that was set aside for a task which is cancelled then
 * goes to the next.
 *
 *	t	the running task
 *	s	the signal
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when it was closed, PAWL_ENOTSUP
 * owns:    nothing
 * from:    task: a foreground task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_signal_wait(pawl_task *t, pawl_signal *s);

/*
 * Closes it. Whoever waits for it hears PAWL_ECLOSED. The last to be closed for a signal gives it
 * its default meaning back.
 *
 *	s	nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    the memory is the caller's again once those who waited heard it
 * from:    thread, task: the main thread
 * cost:    O(waiters); the loop frees its part in its next turn
 */
void pawl_signal_close(pawl_signal *s);

PAWL_END_C

#endif
