/* SPDX-License-Identifier: MIT */
/* The tracer: who was polled where, from when to when, as JSON that Perfetto and Chrome open. */
#ifndef PAWL_TRACER_H
#define PAWL_TRACER_H

#include <pawl/host.h>

/*
 * While it is on, each worker, the main thread and the blocking work keep what happens in rings of
 * their own: every poll of a task with its name, place and number, and how it ended; every piece of
 * blocking work; steals; and when a worker slept. The newest events are kept, and how many were
 * lost is said in the trace. Polls on threads of tasks that have one of their own are not traced.
 *
 * An event costs about two looks at the clock and a lock that nobody else wants; while the tracer
 * is off, a poll costs one branch. Without PAWL_DIAG there is nothing of it.
 *
 * The text is an array of trace events, in pieces: start begins it, flush and stop go on with it,
 * stop ends it. Times are microseconds of pawl_now.
 */
typedef struct pawl_tracer_options {
	/*
	 * Takes the next piece, on the thread that starts, flushes or stops: 0, or an error: then
	 * it is not called again. Required. It must not call the tracer.
	 */
	int (*write)(void *arg, const char *text, size_t size);
	void *arg;
	/*
	 * How many events each thread keeps between two flushes, the threads for blocking work
	 * together as one; default 8,192. Each takes 64 bytes.
	 */
	uint32_t events_max;
} pawl_tracer_options;

PAWL_BEGIN_C

/*
 * Begins a trace.
 *
 *	h	the executor
 *	options	where it goes; `write` and `arg` have to stay until it is stopped
 *
 * result:  0, PAWL_EBUSY when there is one already, PAWL_ENOMEM, what `write` answered,
 *          PAWL_ENOTSUP without PAWL_DIAG
 * owns:    the executor has the memory of the events until the trace is stopped
 * from:    thread, task
 * cost:    allocates the rings; calls `write`
 */
PAWL_MUST_USE int pawl_tracer_start(pawl_host *h, const pawl_tracer_options *options);

/*
 * Writes the events that were kept until now, and makes room for others. Whoever flushes often
 * enough loses none.
 *
 *	h		the executor
 *	ret_lost	how many events were lost since the trace began; may be NULL
 *
 * result:  0, also when there is no trace; what `write` answered when it failed
 * owns:    nothing
 * from:    thread, task
 * cost:    O(events), no allocation; calls `write`
 */
int pawl_tracer_flush(pawl_host *h, uint64_t *ret_lost);

/*
 * Flushes, and ends the trace and its text. What is being polled now is not in it. pawl_host_free
 * does the same at its end.
 *
 *	h		the executor
 *	ret_lost	as for pawl_tracer_flush
 *
 * result:  0, also when there is no trace; what `write` answered when it failed
 * owns:    the memory of the events is free
 * from:    thread, task
 * cost:    O(events), no allocation; calls `write`
 */
int pawl_tracer_stop(pawl_host *h, uint64_t *ret_lost);

PAWL_END_C

#endif
