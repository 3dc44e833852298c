/* SPDX-License-Identifier: MIT */
/* GLib: a host's foreground inside a main loop of GLib's, as desktop programs have one. */
#ifndef PAWL_GLIB_H
#define PAWL_GLIB_H

#include <pawl/outer.h>

struct _GMainContext;

PAWL_BEGIN_C

/*
 * Makes the host a source of events of a GMainContext: from now on its foreground runs wherever
 * that is iterated, in g_main_loop_run for one, and pawl_block_on on the main thread iterates it.
 * It is a source of G_PRIORITY_DEFAULT, and lets those of lower priority have their turn, such as
 * idle functions and the drawing of windows, however busy it is. pawl_outer_end, or
 * pawl_host_free when all tasks have ended, takes it out.
 *
 *	h	a host with a loop of its own, not inside pawl_block_on
 *	context	iterated by the host's main thread alone; NULL: the default one
 *
 * result:  nothing
 * owns:    nothing; the context stays until the end
 * from:    thread: the main thread
 * cost:    O(1), GLib allocates a source
 */
void pawl_glib_begin(pawl_host *h, struct _GMainContext *context);

PAWL_END_C

#endif
