/* SPDX-License-Identifier: MIT */
/* The runner: tasks of any kind from one pool, for futures whose type nobody knows any more. */
#ifndef PAWL_RUNNER_H
#define PAWL_RUNNER_H

#include <pawl/pool.h>

/*
 * How many futures there may be at once, and how many bytes of state each keeps in its slot. Say
 * the same, as plain numbers, for all that is linked together; a mixture does not link. A program
 * that spawns no future has no such pool.
 */
#ifndef PAWL_GENERIC_TASKS
#define PAWL_GENERIC_TASKS 8
#endif
#ifndef PAWL_GENERIC_SIZE
#define PAWL_GENERIC_SIZE 32
#endif

/* Something to poll until it is done. Zeroed but for `poll` is one without state. */
typedef struct pawl_future {
	/* As a task's poll function; `t` is the task in which it runs. */
	int (*poll)(void *state, pawl_task *t);
	/* Called exactly once, when it will not be polled any more; NULL: nothing to do. */
	void (*drop)(void *state);
	/* What both get: this pointer, or, with a size, a copy of what it points to. */
	void *state;
	size_t size;                       /* in bytes, at most PAWL_GENERIC_SIZE; 0: no copy */
	const pawl_spawn_options *options; /* NULL is all default */
} pawl_future;

#if PAWL_GENERIC_TASKS != 8 || PAWL_GENERIC_SIZE != 32
#define PAWL_GENERIC__(name, n, size) name##_##n##x##size##_
#define PAWL_GENERIC_(name, n, size) PAWL_GENERIC__(name, n, size)
#if PAWL_DIAG
#define pawl_spawn_future_at_ \
	PAWL_GENERIC_(pawl_spawn_future_at, PAWL_GENERIC_TASKS, PAWL_GENERIC_SIZE)
#else
#define pawl_spawn_future PAWL_GENERIC_(pawl_spawn_future, PAWL_GENERIC_TASKS, PAWL_GENERIC_SIZE)
#endif
#endif

PAWL_BEGIN_C

/*
 * Takes a slot and runs a future in it, on any executor. The future is used up, also when this
 * fails: then its drop function was called, with the caller's state.
 *
 *	x		the executor
 *	f		the future; it may be gone once this returned, and so may be what was copied
 *	ret_task	its task, to be cancelled and joined; NULL: it runs detached. Its drop
 *			function is called when the task is dropped: after the join, or at its end.
 *
 * result:  0, PAWL_EFULL when the runner or the executor is full, PAWL_EINVAL when the state is
 *          larger than PAWL_GENERIC_SIZE, PAWL_ESTOPPED, PAWL_ENOTSUP
 * owns:    the future's state is the runner's until its drop function is called
 * from:    any
 * cost:    O(size of the state), no allocation
 */
int pawl_spawn_future(pawl_exec *x, const pawl_future *f, pawl_task **ret_task);

#if PAWL_DIAG
int pawl_spawn_future_at_(pawl_exec *x, const pawl_future *f, pawl_task **ret_task,
			  const char *place);
#define pawl_spawn_future(x, f, ret_task)           \
	pawl_spawn_future_at_((x), (f), (ret_task), \
			      PAWL_HERE "\0"        \
					"future")
#endif

/*
 * The runner's pool: for its figures, and for pawl_pool_full_text, as "pool 'futures' is full: 8 of
 * 8 in use; raise PAWL_GENERIC_TASKS".
 *
 * result:  the pool
 * owns:    nothing; nothing may be claimed from it
 * from:    any
 * cost:    O(1), no allocation
 */
const pawl_pool *pawl_runner_pool(void);

PAWL_END_C

#endif
