/* SPDX-License-Identifier: MIT */
/* Dedicated threads: a task that has a thread of its own, for work that must not share one. */
#ifndef PAWL_DEDICATED_H
#define PAWL_DEDICATED_H

#include <pawl/exec.h>

#if defined(PAWL_LAYOUT_) && PAWL_DIAG
#define pawl_spawn_dedicated_at_ PAWL_LAYOUT_(pawl_spawn_dedicated_at)
#elif defined(PAWL_LAYOUT_)
#define pawl_spawn_dedicated PAWL_LAYOUT_(pawl_spawn_dedicated)
#endif

PAWL_BEGIN_C

/*
 * Gives a task a thread that nobody else uses. There it may block as long as it likes, and compute
 * without giving way. Tasks that it spawns on pawl_here(t) run on the same thread, in turns; it
 * ends with the last of them. All else is as for any task of `x`: join, cancel, detach, sessions,
 * and pawl_block_on with `x`. pawl_dump(x) has one line for the thread: what
 * its first task waits for.
 *
 * To cancel it is to ask: a poll that goes on for long looks at pawl_cancelled now and then.
 * Stopping `x`, or ending the session in which the thread lives, cancels all tasks of the thread
 * and waits for its end.
 *
 * pawl_here(t) is an executor of its own: it has timers and blocking work, but what belongs to the
 * host's loop, as input and output do, it answers with PAWL_ENOTSUP. Do not block in there on a
 * task of `x` that waits for a task of this thread: pawl_join it. The simulator runs such a task as
 * one in the background.
 *
 *	x	the executor
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *	options	the rest; NULL is all default. The label names the thread, too
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_EAGAIN when the system gives no thread, PAWL_ENOMEM,
 *          PAWL_ENOTSUP when the executor has no threads to give, and with `foreground`
 * owns:    as pawl_spawn
 * from:    any
 * cost:    starts a thread; one allocation
 */
int pawl_spawn_dedicated(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			 const pawl_spawn_options *options) PAWL_BEHIND_(pawl_spawn_dedicated);

#if PAWL_DIAG
int pawl_spawn_dedicated_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			     const pawl_spawn_options *options, const char *place);
#define pawl_spawn_dedicated(x, t, poll, options) \
	pawl_spawn_dedicated_at_((x), (t), (poll), (options), PAWL_PLACE_(poll))
#endif

PAWL_END_C

#endif
