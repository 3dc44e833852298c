/* SPDX-License-Identifier: MIT */
/* What the suite cannot ask of the GLib adapter: tasks beside the program's own sources. */
#include "09-glib/glib_exec.h"

#include <kit.h>

static struct glib_exec glib;
static GMainContext *context;

static void open_context(void)
{
	context = g_main_context_new();
	glib_exec_init(&glib, context);
}

static void close_context(void)
{
	glib_exec_fini(&glib);
	g_main_context_unref(context);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static void after_1_ms(GSourceFunc fn, void *arg)
{
	GSource *source = g_timeout_source_new(1);

	g_source_set_callback(source, fn, arg, NULL);
	g_source_attach(source, context);
	g_source_unref(source);
}

/* Ends when it is asked to; else it is always ready. */
static int restless(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : (pawl_wake(t), PAWL_PENDING);
}

static gboolean cancels(gpointer t)
{
	pawl_cancel(t);
	return G_SOURCE_REMOVE;
}

TEST(restless_task_leaves_the_context_its_sources)
{
	static pawl_task t;
	int outcome = 0;

	open_context();
	CHECK_INT(pawl_spawn(&glib.local.exec, &t, restless), 0);
	after_1_ms(cancels, &t);
	CHECK_INT(pawl_block_on(&glib.local.exec, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	close_context();
}

static int sleeps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(2));
}

static gboolean blocks(gpointer ret_done)
{
	static pawl_task t;

	CHECK_INT(pawl_spawn(&glib.local.exec, &t, sleeps), 0);
	CHECK_INT(pawl_block_on(&glib.local.exec, &t, NULL), 0);
	*(bool *)ret_done = true;
	return G_SOURCE_REMOVE;
}

TEST(block_on_works_in_a_source)
{
	bool is_done = false;

	open_context();
	after_1_ms(blocks, &is_done);
	while (!is_done)
		g_main_context_iteration(context, TRUE);
	close_context();
}

static unsigned polls;

static int once_woken(pawl_task *t)
{
	(void)t;
	return polls++ == 0 ? PAWL_PENDING : 0;
}

static gpointer wakes(gpointer t)
{
	CHECK(!pawl_is_main_thread(&glib.local.exec));
	pawl_wake(t);
	return NULL;
}

TEST(wake_of_another_thread_ends_the_sleep)
{
	static pawl_task t;
	GThread *thread;

	open_context();
	CHECK_INT(pawl_spawn(&glib.local.exec, &t, once_woken), 0);
	CHECK(g_main_context_iteration(context, FALSE));
	CHECK_UINT(polls, 1);
	thread = g_thread_new("waker", wakes, &t);
	CHECK_INT(pawl_block_on(&glib.local.exec, &t, NULL), 0);
	CHECK_UINT(polls, 2);
	g_thread_join(thread);
	close_context();
}

/* Before any case counts blocks of memory: GLib keeps some that it makes when it is first used. */
__attribute__((constructor)) static void use_once(void)
{
	static pawl_task t;

	open_context();
	CHECK_INT(pawl_spawn(&glib.local.exec, &t, sleeps), 0);
	CHECK_INT(pawl_block_on(&glib.local.exec, &t, NULL), 0);
	g_thread_join(g_thread_new("first", wakes, &t));
	close_context();
}

static const struct kit_case cases[] = {
	CASE(restless_task_leaves_the_context_its_sources),
	CASE(block_on_works_in_a_source),
	CASE(wake_of_another_thread_ends_the_sleep),
};
KIT_MAIN(cases)
