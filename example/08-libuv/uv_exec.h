/* SPDX-License-Identifier: MIT */
/* An executor on a libuv loop, to copy: a pawl_local that the loop drives. */
#ifndef UV_EXEC_H
#define UV_EXEC_H

#include <pawl/pawl.h>
#include <uv.h>

/* How many polls the loop's other events wait for at most. */
#define UV_EXEC_BATCH 64

/*
 * Runs its tasks on the thread that made it, whenever the loop runs; wakes and spawns come from
 * anywhere. pawl_block_on runs the loop itself. Since uv_run does not nest, it answers PAWL_ENOTSUP
 * in a task that is polled from a uv_run of the program's, and may not be called from its
 * callbacks.
 */
struct uv_exec {
	pawl_local local; /* first: its handle is ours */
	pawl_exec_ops ops;
	uv_loop_t *loop;
	uv_async_t wake; /* something became ready, or is due earlier than what the timer knows */
	uv_timer_t timer;
	uv_thread_t thread;
	/* For the loop's thread only. */
	unsigned blocking;   /* how many pawl_block_on stand on the stack? */
	unsigned closed;     /* of the two handles */
	bool is_in_callback; /* uv_run stands below us */
};

static inline struct uv_exec *uv_exec_of(pawl_exec *x)
{
	return PAWL_OF(x, struct uv_exec, local.exec);
}

static inline bool uv_exec_is_here(pawl_exec *x)
{
	uv_thread_t self = uv_thread_self();

	return uv_thread_equal(&self, &uv_exec_of(x)->thread);
}

/* From anywhere: uv_async_send is the one call of libuv that may come from other threads. */
static inline void uv_exec_pend(pawl_local *l)
{
	uv_async_send(&uv_exec_of(&l->exec)->wake);
}

static inline void uv_exec_on_timer(uv_timer_t *timer)
{
	struct uv_exec *e = timer->data;

	uv_async_send(&e->wake);
	/* libuv looks at timers first, and with none left it would then sleep for ever. */
	if (e->blocking && !e->is_in_callback)
		uv_stop(e->loop);
}

/* Polls for a while, and starts the timer for what comes next. True: some are ready still. */
static inline bool uv_exec_turn(struct uv_exec *e, const pawl_task *until)
{
	pawl_exec *x = &e->local.exec;
	pawl_time next, left;
	unsigned n = 0;

	while (n < UV_EXEC_BATCH && !(until && pawl_task_is_finished(until)) && !pawl_poll_once(x))
		n++;
	next = pawl_local_next(&e->local);
	uv_timer_stop(&e->timer);
	if (next == PAWL_NEVER)
		return false;
	left = next < 0 ? 0 : next - pawl_now(x);
	if (left <= 0)
		return true;
	uv_update_time(e->loop);
	uv_timer_start(&e->timer, uv_exec_on_timer, (uint64_t)(left / PAWL_MS(1)) + 1, 0);
	return false;
}

static inline void uv_exec_on_wake(uv_async_t *wake)
{
	struct uv_exec *e = wake->data;

	if (e->blocking)
		return; /* it looks for itself */
	e->is_in_callback = true;
	if (uv_exec_turn(e, NULL))
		uv_async_send(&e->wake);
	e->is_in_callback = false;
}

/* Runs tasks and the loop in turn, until the task ended, or, without one, until all did. */
static inline void uv_exec_drive(struct uv_exec *e, const pawl_task *until)
{
	pawl_crew *crew = e->ops.crew(&e->local.exec);

	e->blocking++;
	while (until ? !pawl_task_is_finished(until) : pawl_crew_count(crew) > 0) {
		bool is_more = uv_exec_turn(e, until);

		if (!until || !pawl_task_is_finished(until))
			uv_run(e->loop, is_more ? UV_RUN_NOWAIT : UV_RUN_ONCE);
	}
	e->blocking--;
	uv_async_send(&e->wake);
}

static inline int uv_exec_block_on(pawl_exec *x, pawl_task *t)
{
	struct uv_exec *e = uv_exec_of(x);

	if (e->is_in_callback)
		return PAWL_ENOTSUP;
	uv_exec_drive(e, t);
	return 0;
}

static inline void uv_exec_init(struct uv_exec *e, uv_loop_t *loop)
{
	*e = (struct uv_exec){ .loop = loop, .thread = uv_thread_self() };
	pawl_local_init_with(&e->local, &(pawl_local_options){ .pend = uv_exec_pend });
	e->ops = *e->local.exec.ops;
	e->ops.name = "libuv";
	e->ops.is_main_thread = uv_exec_is_here;
	e->ops.block_on = uv_exec_block_on;
	e->local.exec.ops = &e->ops;
	uv_async_init(loop, &e->wake, uv_exec_on_wake);
	uv_timer_init(loop, &e->timer);
	e->wake.data = e->timer.data = e;
}

static inline void uv_exec_on_close(uv_handle_t *handle)
{
	((struct uv_exec *)handle->data)->closed++;
}

/* Cancels its tasks, runs them until they ended, and leaves the loop. Not from a callback. */
static inline void uv_exec_fini(struct uv_exec *e)
{
	pawl_shutdown(&e->local.exec);
	uv_exec_drive(e, NULL);
	uv_close((uv_handle_t *)&e->wake, uv_exec_on_close);
	uv_close((uv_handle_t *)&e->timer, uv_exec_on_close);
	while (e->closed < 2)
		uv_run(e->loop, UV_RUN_ONCE);
}

#endif
