/* SPDX-License-Identifier: MIT */
/* The timer: a task that only ends after a while, to be waited for among other tasks. */
#ifndef PAWL_TIMER_H
#define PAWL_TIMER_H

#include <pawl/task.h>

#if defined(PAWL_LAYOUT_) && !PAWL_DIAG
#define pawl_timer PAWL_LAYOUT_(pawl_timer)
#endif

PAWL_BEGIN_C

/*
 * Starts a timer: a task whose outcome is 0 once the time is over, and PAWL_ECANCELED, at once,
 * when it is cancelled before. Everything that waits for tasks waits for it too: pawl_join,
 * pawl_group beside other tasks and timers, pawl_block_on. So one task can have several timers run
 * at the same time, and another one than the one that started it can wait for it; where a task
 * only waits itself, pawl_sleep and PAWL_TIMEOUT do without a second task.
 *
 *	x	the executor
 *	t	the timer, zeroed or dropped
 *	after	how long, in nanoseconds of the executor's clock
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP when the executor has no timers
 * owns:    as pawl_spawn; it is joined or detached like any task
 * from:    any
 * cost:    that of pawl_spawn_after and one poll; no allocation
 */
int pawl_timer(pawl_exec *x, pawl_task *t, pawl_time after) PAWL_BEHIND_(pawl_timer);

int pawl_timer_poll_(pawl_task *t);

#if PAWL_DIAG
#define pawl_timer(x, t, after) \
	pawl_spawn_after_at_((x), (t), pawl_timer_poll_, (after), PAWL_PLACE_(pawl_timer))
#endif

PAWL_END_C

#endif
