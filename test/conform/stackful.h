/* SPDX-License-Identifier: MIT */
/* The suite's tasks in the stackful form: each is a coroutine, and its body is straight lines. */
#ifndef PAWL_CONFORM_STACKFUL_H
#define PAWL_CONFORM_STACKFUL_H

#include <pawl/co.h>
#include <pawl/pawl.h>

/* What stands behind each task. */
struct stackful {
	pawl_co co;
	pawl_poll_fn *body;
};

/* A task in a struct of a suite, and its coroutine. */
#define TASK(member)      \
	pawl_task member; \
	struct stackful member##_stackful_

#undef PAWL_OWNED
#define PAWL_OWNED(member)                \
	pawl_task_owner *member##_owner_; \
	TASK(member)

/*
 * Prepares the coroutine of a task, and answers the task. The body runs on its stack until its end;
 * where one without awaits answers PAWL_PENDING, the coroutine suspends and the body begins anew.
 */
pawl_task *stackful_init(pawl_task *t, pawl_poll_fn *body, const char *place);

/* A future has no struct of ours around its task: it pins its task to a stack. */
int stackful_spawn_future(pawl_exec *x, const pawl_future *f, pawl_task **ret_task,
			  const char *place);

/* Checks, while no task and no thread but this one is left, that all stacks were given back. */
void stackful_check(void);

static inline pawl_co *stackful_of(pawl_task *t)
{
	return &((struct stackful *)(void *)(t + 1))->co;
}

#define STACKFUL_(t, poll) stackful_init((t), (poll), PAWL_PLACE_(poll)), pawl_co_poll

#undef pawl_spawn
#define pawl_spawn(x, t, poll) pawl_spawn_at_((x), STACKFUL_(t, poll), NULL, PAWL_PLACE_(poll))
#undef pawl_spawn_with
#define pawl_spawn_with(x, t, poll, options) \
	pawl_spawn_at_((x), STACKFUL_(t, poll), (options), PAWL_PLACE_(poll))
#undef pawl_spawn_foreground
#define pawl_spawn_foreground(x, t, poll) \
	pawl_spawn_foreground_at_((x), STACKFUL_(t, poll), PAWL_PLACE_(poll))
#undef pawl_spawn_after
#define pawl_spawn_after(x, t, poll, after) \
	pawl_spawn_after_at_((x), STACKFUL_(t, poll), (after), PAWL_PLACE_(poll))
#undef pawl_spawn_in
#define pawl_spawn_in(s, t, poll) pawl_spawn_in_at_((s), STACKFUL_(t, poll), PAWL_PLACE_(poll))
#undef pawl_handle_spawn
#define pawl_handle_spawn(h, t, poll, options) \
	pawl_handle_spawn_at_((h), STACKFUL_(t, poll), (options), PAWL_PLACE_(poll))
#undef pawl_with_async
#define pawl_with_async(t, poll, ret_outcome) \
	pawl_with_async_at_(STACKFUL_(t, poll), (ret_outcome), PAWL_PLACE_(poll))
#undef pawl_spawn_future
#define pawl_spawn_future(x, f, ret_task) \
	stackful_spawn_future((x), (f), (ret_task), PAWL_PLACE_(future))

/* The words of the stackless form: here a body is called once, and its locals live on. */
#undef PAWL_BEGIN
#define PAWL_BEGIN(t) (void)(t)
#undef PAWL_END
#define PAWL_END(t) return PAWL_OK
#undef PAWL_AWAIT_AS
#define PAWL_AWAIT_AS(t, r, expr) PAWL_CO_AWAIT(stackful_of(t), r, expr)
#undef PAWL_AWAIT
#define PAWL_AWAIT(t, expr)                        \
	do {                                       \
		int pawl_r_;                       \
		PAWL_AWAIT_AS((t), pawl_r_, expr); \
		if (pawl_r_ != PAWL_OK)            \
			return pawl_r_;            \
	} while (0)
#undef PAWL_YIELD
#define PAWL_YIELD(t) PAWL_AWAIT((t), pawl_task_yield(t))

#endif
