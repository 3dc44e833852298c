/* SPDX-License-Identifier: MIT */
/* Tasks on a GLib main loop: a task waits for what one of GLib's own sources does. */
#include "glib_exec.h"

#include <stdio.h>

static struct glib_exec glib;
static pawl_notify pressed;

static gboolean press(gpointer data) /* as a button's signal would */
{
	(void)data;
	pawl_notify_one(&pressed);
	return G_SOURCE_REMOVE;
}

static int button(pawl_task *t)
{
	static int presses;

	PAWL_BEGIN(t);
	while (++presses <= 2) {
		g_timeout_add(5, press, NULL);
		PAWL_AWAIT(t, pawl_notify_wait(t, &pressed));
		printf("pressed %d\n", presses);
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(5)));
	}
	PAWL_END(t);
}

struct window {
	pawl_task task;
	GMainLoop *loop;
};

static int window(pawl_task *t)
{
	struct window *w = PAWL_OF(t, struct window, task);
	static pawl_task inner;

	PAWL_BEGIN(t);
	if (pawl_spawn(pawl_here(t), &inner, button) != 0)
		return PAWL_EFULL;
	PAWL_AWAIT(t, pawl_join(t, &inner, NULL));
	printf("closed\n");
	g_main_loop_quit(w->loop);
	PAWL_END(t);
}

int main(void)
{
	static struct window w;

	glib_exec_init(&glib, g_main_context_default());
	w.loop = g_main_loop_new(g_main_context_default(), FALSE);
	pawl_spawn(&glib.local.exec, &w.task, window);
	g_main_loop_run(w.loop);
	pawl_detach(&w.task);
	glib_exec_fini(&glib);
	g_main_loop_unref(w.loop);
	return 0;
}
