/* SPDX-License-Identifier: MIT */
/* The GLib adapter of the examples as a ground of the suite. */
#include "conform.h"

#include "09-glib/glib_exec.h"

static GMainContext *context;
static struct glib_exec glib;

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	(void)g;
	(void)round;
	context = g_main_context_new();
	glib_exec_init(&glib, context);
	return &glib.local.exec;
}

static void drop(pawl_exec *x)
{
	CHECK(x == &glib.local.exec);
	glib_exec_fini(&glib);
	g_main_context_unref(context);
}

/* Before any case counts blocks of memory: GLib keeps some that it makes when it is first used. */
__attribute__((constructor)) static void use_once(void)
{
	static struct probe p;
	pawl_exec *x = make(NULL, 0);

	pawl_spawn(x, &p.task, probe_once_poll);
	pawl_block_on(x, &p.task, NULL);
	drop(x);
}

const struct conform_ground conform_grounds[] = {
	{ .name = "glib", .rounds = 1, .make = make, .drop = drop },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
