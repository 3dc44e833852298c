/* SPDX-License-Identifier: MIT */
/* What the suite cannot ask of a host in a GMainContext: its tasks beside the program's sources. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/glib.h>
#include <pawl/pawl.h>

#include <glib.h>
#include <uv.h>

static pawl_host *host;
static pawl_exec *x;
static GMainContext *context;

static void begin(void)
{
	pawl_host_options o = { .workers = 1 };

	context = g_main_context_new();
	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
	pawl_glib_begin(host, context);
}

static void end(void)
{
	pawl_host_free(host);
	g_main_context_unref(context);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static GSource *add(GSource *source, int priority, GSourceFunc fn, void *arg)
{
	g_source_set_priority(source, priority);
	g_source_set_callback(source, fn, arg, NULL);
	g_source_attach(source, context);
	g_source_unref(source);
	return source;
}

/* A task that is always ready, until it is asked to stop. */
static unsigned polls, polls_since, polls_since_max, rounds_since, rounds_since_max;

static int is_restless(pawl_task *t)
{
	polls++;
	rounds_since = 0;
	if (++polls_since > polls_since_max)
		polls_since_max = polls_since;
	return pawl_cancelled(t) ? PAWL_ECANCELED : (pawl_wake(t), PAWL_PENDING);
}

static unsigned idles;

static gboolean idle(gpointer t)
{
	polls_since = 0;
	if (++rounds_since > rounds_since_max)
		rounds_since_max = rounds_since;
	if (++idles == 1000)
		pawl_cancel(t);
	return G_SOURCE_CONTINUE;
}

/* Four turns of 64 polls, and the round that is the others'. */
static void is_shared_with(int priority, unsigned polls_max, unsigned rounds_max)
{
	static pawl_task t;
	GSource *source;

	begin();
	CHECK_INT(pawl_spawn_foreground(x, &t, is_restless), 0);
	source = add(g_idle_source_new(), priority, idle, &t);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK(idles >= 1000);
	CHECK(polls_since_max <= polls_max);
	CHECK(rounds_since_max <= rounds_max);
	g_source_destroy(source);
	end();
}

TEST(busy_tasks_leave_sources_of_low_priority_a_round)
{
	is_shared_with(G_PRIORITY_LOW, 4 * 64, 1);
}

TEST(busy_sources_leave_tasks_all_rounds_but_one_in_five)
{
	is_shared_with(G_PRIORITY_DEFAULT, 64, 2);
}

/* Events of libuv without an end keep the host's descriptor readable. */
static void on_flood(uv_async_t *a)
{
	uv_async_send(a);
}

static gboolean quits(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

TEST(busy_events_leave_sources_of_low_priority_a_round)
{
	GMainLoop *loop;
	GSource *source;
	uv_async_t flood;

	begin();
	loop = g_main_loop_new(context, FALSE);
	uv_async_init(pawl_host_loop(host), &flood, on_flood);
	uv_async_send(&flood);
	source = add(g_idle_source_new(), G_PRIORITY_LOW, quits, loop);
	g_main_loop_run(loop);
	g_source_destroy(source);
	g_main_loop_unref(loop);
	uv_close((uv_handle_t *)&flood, NULL);
	end();
}

/* Sources go on while the main thread blocks on a task. */
static int waits_for_source(pawl_task *t)
{
	(void)t;
	return idles ? 0 : PAWL_PENDING;
}

static gboolean wakes(gpointer t)
{
	idles++;
	pawl_wake(t);
	return G_SOURCE_REMOVE;
}

TEST(sources_go_on_while_the_main_thread_blocks)
{
	static pawl_task t;

	begin();
	CHECK_INT(pawl_spawn_foreground(x, &t, waits_for_source), 0);
	add(g_timeout_source_new(2), G_PRIORITY_DEFAULT, wakes, &t);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	end();
}

static int sleeps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(2));
}

static gboolean blocks(gpointer loop)
{
	static pawl_task foreground, background;

	CHECK_INT(pawl_spawn_foreground(x, &foreground, sleeps), 0);
	CHECK_INT(pawl_spawn_background(x, &background, sleeps), 0);
	CHECK_INT(pawl_block_on(x, &foreground, NULL), 0);
	CHECK_INT(pawl_block_on(x, &background, NULL), 0);
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

TEST(source_may_block)
{
	GMainLoop *loop;

	begin();
	loop = g_main_loop_new(context, FALSE);
	add(g_timeout_source_new(1), G_PRIORITY_DEFAULT, blocks, loop);
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
	end();
}

/* In and out, and in again: the host outlives the loops that it is in. */
TEST(host_moves_from_one_context_to_the_next)
{
	static pawl_task t;
	unsigned i;

	begin();
	for (i = 0; i < 3; i++) {
		GMainContext *other = g_main_context_new();

		pawl_outer_end(host);
		CHECK_INT(pawl_spawn_foreground(x, &t, sleeps), 0);
		pawl_glib_begin(host, other);
		g_main_context_unref(other);
		CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	}
	end();
}

/* Before any case counts blocks of memory: GLib keeps some that it makes when it is first used. */
__attribute__((constructor)) static void use_once(void)
{
	static pawl_task t;
	GMainLoop *loop;

	begin();
	loop = g_main_loop_new(context, FALSE);
	add(g_timeout_source_new(1), G_PRIORITY_LOW, quits, loop);
	CHECK_INT(pawl_spawn_foreground(x, &t, sleeps), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
	end();
}

static const struct kit_case cases[] = {
	CASE(busy_tasks_leave_sources_of_low_priority_a_round),
	CASE(busy_sources_leave_tasks_all_rounds_but_one_in_five),
	CASE(busy_events_leave_sources_of_low_priority_a_round),
	CASE(sources_go_on_while_the_main_thread_blocks),
	CASE(source_may_block),
	CASE(host_moves_from_one_context_to_the_next),
};
KIT_MAIN(cases)
