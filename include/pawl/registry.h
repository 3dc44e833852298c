/* SPDX-License-Identifier: MIT */
/* The registry: which executor the program runs on, the fallback, and handles that outlive both. */
#ifndef PAWL_REGISTRY_H
#define PAWL_REGISTRY_H

#include <pawl/exec.h>

/*
 * A registration, as a value that may be kept for ever: once that registration is over, it answers
 * PAWL_ESTOPPED, also when the executor's memory is gone, and when another one is registered.
 * Zeroed is one that is over.
 */
typedef struct pawl_handle {
	uint32_t generation_;
} pawl_handle;

/* A registration that is held for a scope. Zeroed is none. */
typedef struct pawl_runtime {
	pawl_exec *exec_;
	pawl_handle handle_;
} pawl_runtime;

PAWL_BEGIN_C

/*
 * Makes this the program's executor.
 *
 *	x	the executor; must outlive its registration
 *
 * result:  0, PAWL_EBUSY when there is one already, or one is just being unregistered, PAWL_EINVAL
 *          when its table lacks what is required
 * owns:    nothing
 * from:    init, thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_register_executor(pawl_exec *x);

/*
 * Returns to the fallback. The executor is shut down, if it knows how, so that pointers to it which
 * are still held answer PAWL_ESTOPPED as long as it is there. Handles do so for ever; whoever is
 * between pawl_handle_begin and pawl_handle_end is waited for, so that afterwards the executor may
 * go.
 *
 * result:  0, PAWL_EINVAL when none was registered
 * owns:    nothing
 * from:    init, thread; not between pawl_handle_begin and pawl_handle_end
 * cost:    that of the shutdown
 */
int pawl_unregister_executor(void);

/*
 * The program's executor: the registered one, else the fallback, a pawl_local.
 *
 * result:  the executor, never NULL
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_current_executor(void);

/*
 * Tells whether the program runs on the fallback.
 *
 * result:  true when no executor is registered
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_is_using_fallback(void);

/*
 * Runs a task to its end on the program's executor: pawl_spawn and pawl_block_on in one. For code
 * that is not a task; inside of one it is a nested pawl_block_on.
 *
 *	t		the task, zeroed or dropped
 *	poll		what it does
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP when the executor cannot block; then the task
 *          was not spawned. When pawl_block_on fails, its result: the task is spawned then, and
 *          goes on
 * owns:    the task's memory is its owner's again once this answered 0
 * from:    thread, task
 * cost:    that of the polls
 */
int pawl_with_async(pawl_task *t, pawl_poll_fn *poll, int *ret_outcome);

#if PAWL_DIAG
int pawl_with_async_at_(pawl_task *t, pawl_poll_fn *poll, int *ret_outcome, const char *place);
#define pawl_with_async(t, poll, ret_outcome) \
	pawl_with_async_at_((t), (poll), (ret_outcome), PAWL_PLACE_(poll))
#endif

/*
 * Registers an executor for a scope.
 *
 *	rt	memory for what is held
 *	x	the executor; NULL: the fallback, which then is as good as registered
 *
 * result:  0, PAWL_EBUSY, PAWL_EINVAL, as pawl_register_executor
 * owns:    the caller holds the registration until pawl_runtime_fini
 * from:    init, thread
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_runtime_init(pawl_runtime *rt, pawl_exec *x);

/*
 * Unregisters it, as pawl_unregister_executor does; the fallback is not shut down, since it belongs
 * to the whole program. What ran on the executor ends in the executor's own fini.
 *
 *	rt	the runtime; NULL, a zeroed one and one that somebody unregistered are fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    init, thread; not between pawl_handle_begin and pawl_handle_end
 * cost:    that of the shutdown
 */
void pawl_runtime_fini(pawl_runtime *rt);

/*
 * The executor of a runtime.
 *
 *	rt	a runtime that is held
 *
 * result:  the executor
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_runtime_exec(const pawl_runtime *rt);

/*
 * A handle to give away.
 *
 *	rt	a runtime that is held
 *
 * result:  the handle
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_handle pawl_runtime_handle(const pawl_runtime *rt);

/*
 * Enters an executor by its handle: until pawl_handle_end it stays where it is.
 *
 *	h		the handle
 *	ret_exec	the executor
 *
 * result:  0, PAWL_ESTOPPED when its registration is over
 * owns:    the caller holds the executor until pawl_handle_end
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_handle_begin(pawl_handle h, pawl_exec **ret_exec);

/*
 * Leaves it.
 *
 *	h	a handle whose pawl_handle_begin answered 0
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_handle_end(pawl_handle h);

/*
 * As pawl_spawn_with, by a handle.
 *
 *	h	the handle
 *	t	the task, zeroed or dropped
 *	poll	what it does
 *	options	the rest; NULL is all default
 *
 * result:  0, PAWL_EFULL, PAWL_ESTOPPED, PAWL_ENOTSUP; when it fails, a task of a pool is dropped
 * owns:    the executor owns the task until it is dropped
 * from:    any
 * cost:    O(1), or O(log timers) with `after`; no allocation
 */
int pawl_handle_spawn(pawl_handle h, pawl_task *t, pawl_poll_fn *poll,
		      const pawl_spawn_options *options);

#if PAWL_DIAG
int pawl_handle_spawn_at_(pawl_handle h, pawl_task *t, pawl_poll_fn *poll,
			  const pawl_spawn_options *options, const char *place);
#define pawl_handle_spawn(h, t, poll, options) \
	pawl_handle_spawn_at_((h), (t), (poll), (options), PAWL_PLACE_(poll))
#endif

/*
 * Tells whether the executor of a handle is there and takes tasks.
 *
 *	h	the handle
 *
 * result:  1 or 0, PAWL_ENOTSUP when it does not tell
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_handle_is_running(pawl_handle h);

PAWL_END_C

#endif
