/* SPDX-License-Identifier: MIT */
/* What the suite cannot ask of the libuv adapter: tasks beside the program's own events. */
#include "08-libuv/uv_exec.h"

#include <kit.h>

static uv_loop_t loop;
static struct uv_exec uv;
static unsigned polls;

static void open_loop(void)
{
	CHECK_INT(uv_loop_init(&loop), 0);
	uv_exec_init(&uv, &loop);
}

static void close_loop(void)
{
	uv_exec_fini(&uv);
	CHECK_INT(uv_loop_close(&loop), 0);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static int ends(pawl_task *t)
{
	(void)t;
	return -7;
}

/* uv_run stands below: it must not be called once more. */
static int asks_to_block(pawl_task *t)
{
	static pawl_task inner;
	static int outcome, r;

	PAWL_BEGIN(t);
	CHECK_INT(pawl_spawn(pawl_here(t), &inner, ends), 0);
	r = pawl_block_on(pawl_here(t), &inner, &outcome);
	CHECK_INT(r, PAWL_ENOTSUP);
	PAWL_AWAIT(t, pawl_join(t, &inner, &outcome));
	CHECK_INT(outcome, -7);
	uv_stop(&loop);
	PAWL_END(t);
}

TEST(block_on_is_not_supported_in_callbacks)
{
	static pawl_task t;

	open_loop();
	CHECK_INT(pawl_spawn(&uv.local.exec, &t, asks_to_block), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(pawl_task_is_finished(&t));
	CHECK_INT(pawl_block_on(&uv.local.exec, &t, NULL), 0);
	close_loop();
}

static void on_timer(uv_timer_t *timer)
{
	pawl_cancel(timer->data);
	uv_close((uv_handle_t *)timer, NULL);
}

static void start_timer(uv_timer_t *timer, pawl_task *t)
{
	CHECK_INT(uv_timer_init(&loop, timer), 0);
	timer->data = t;
	CHECK_INT(uv_timer_start(timer, on_timer, 1, 0), 0);
}

/* Ends when it is asked to, by a timer that it starts; else it is always ready. */
static int restless(pawl_task *t)
{
	static uv_timer_t timer;

	if (polls++ == 0)
		start_timer(&timer, t);
	return pawl_cancelled(t) ? PAWL_ECANCELED : (pawl_wake(t), PAWL_PENDING);
}

TEST(restless_task_leaves_the_loop_its_events)
{
	static pawl_task t;
	int outcome = 0;

	open_loop();
	CHECK_INT(pawl_spawn(&uv.local.exec, &t, restless), 0);
	CHECK_INT(pawl_block_on(&uv.local.exec, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK(polls > 1);
	close_loop();
}

/* The loop alone runs the tasks: until a thread wakes one, it sleeps. */
static int once_woken(pawl_task *t)
{
	if (polls++ == 0)
		return PAWL_PENDING;
	CHECK(uv_exec_is_here(&uv.local.exec));
	uv_stop(&loop);
	(void)t;
	return 0;
}

static void wakes(void *t)
{
	CHECK(!pawl_is_main_thread(&uv.local.exec));
	pawl_wake(t);
}

TEST(wake_of_another_thread_ends_the_sleep)
{
	static pawl_task t;
	uv_thread_t thread;

	open_loop();
	CHECK_INT(pawl_spawn(&uv.local.exec, &t, once_woken), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	CHECK_UINT(polls, 1);
	CHECK_INT(uv_thread_create(&thread, wakes, &t), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_UINT(polls, 2);
	uv_thread_join(&thread);
	CHECK_INT(pawl_block_on(&uv.local.exec, &t, NULL), 0);
	close_loop();
}

static const struct kit_case cases[] = {
	CASE(block_on_is_not_supported_in_callbacks),
	CASE(restless_task_leaves_the_loop_its_events),
	CASE(wake_of_another_thread_ends_the_sleep),
};
KIT_MAIN(cases)
