/* SPDX-License-Identifier: MIT */
/* The timeout: a limit on how long a task waits, around any awaitable. */
#ifndef PAWL_TIMEOUT_H
#define PAWL_TIMEOUT_H

#include <pawl/task.h>

/*
 * One limit, in the task's struct. Zeroed is ready for use, and it is ready again once
 * PAWL_TIMEOUT answered something else than PAWL_PENDING. Limits may be nested, each with a struct
 * of its own: all of them share the task's one timer.
 */
typedef struct pawl_timeout {
	pawl_time due_;
	pawl_time inner_; /* when is the timer of what is inside due? PAWL_NEVER: it has none */
	bool is_running_;
} pawl_timeout;

/*
 * Waits for `expr`, an awaitable, but not longer than `after` from the first poll on: an awaitable
 * itself, so that it goes into PAWL_AWAIT like any other:
 *
 *	PAWL_AWAIT_AS(t, s->r, PAWL_TIMEOUT(t, &s->limit, PAWL_MS(5), inbox_recv(t, &s->mail)));
 *
 * When the time is over, the task leaves what it waited for as if it had never come: a permit or a
 * value that was set aside for it goes to the next. What may not be left, blocking work that runs
 * already, is waited for to its end, and then its own result is the answer. An awaitable of your
 * own that keeps a state starts anew the next time, so set it back.
 *
 *	t	the running task
 *	o	the limit
 *	after	how long, in nanoseconds of the executor's clock
 *	expr	evaluated once per poll
 *
 * result:  that of `expr`; PAWL_ETIMEDOUT when the time was over; PAWL_ENOTSUP when the executor
 *          has no timers
 * owns:    nothing
 * from:    task
 * cost:    that of `expr`, and stopping and starting a timer per poll; no allocation
 */
#define PAWL_TIMEOUT(t, o, after, expr) \
	pawl_timeout_end_((t), (o), (pawl_timeout_begin_((t), (o), (after)), (expr)))

PAWL_BEGIN_C

void pawl_timeout_begin_(pawl_task *t, pawl_timeout *o, pawl_time after);
PAWL_MUST_USE int pawl_timeout_end_(pawl_task *t, pawl_timeout *o, int r);

PAWL_END_C

#endif
