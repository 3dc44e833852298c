/* SPDX-License-Identifier: MIT */
/* The host executor with its foreground in a main loop of GLib's as grounds of the suite. */
#include "conform.h"

#include <glib.h>
#include <pawl/glib.h>

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	pawl_host_options o = { .workers = (unsigned)g->param };
	GMainContext *context = g_main_context_new();
	pawl_host *h = NULL;

	(void)round;
	CHECK_INT(pawl_host_new(&o, &h), 0);
	pawl_glib_begin(h, context);
	g_main_context_unref(context); /* the source keeps it */
	return pawl_host_exec(h);
}

static void drop(pawl_exec *x)
{
	pawl_host_free(pawl_host_of(x));
}

/* Before any case counts blocks of memory: GLib keeps some that it makes when it is first used. */
__attribute__((constructor)) static void use_once(void)
{
	static const struct conform_ground first = { .param = 1 };
	static struct probe p;
	pawl_exec *x = make(&first, 0);

	pawl_spawn_foreground(x, &p.task, probe_once_poll);
	pawl_block_on(x, &p.task, NULL);
	drop(x);
}

const struct conform_ground conform_grounds[] = {
	{ .name = "host1_glib", .rounds = 3, .make = make, .drop = drop, .param = 1 },
	{ .name = "host2_glib", .rounds = 3, .make = make, .drop = drop, .param = 2 },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
