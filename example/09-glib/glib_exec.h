/* SPDX-License-Identifier: MIT */
/* An executor on a GMainContext, to copy: a pawl_local that is a source of events. */
#ifndef GLIB_EXEC_H
#define GLIB_EXEC_H

#include <glib.h>
#include <pawl/pawl.h>

/* How many polls the context's other sources wait for at most. */
#define GLIB_EXEC_BATCH 64

/*
 * Runs its tasks on the thread that made it, whenever the context is iterated there; wakes and
 * spawns come from anywhere. pawl_block_on iterates the context, also from within its sources.
 */
struct glib_exec {
	pawl_local local; /* first: its handle is ours */
	pawl_exec_ops ops;
	GMainContext *context;
	GSource *source;
	GThread *thread;
};

/* What GLib allocates for us. */
struct glib_exec_source {
	GSource source;
	struct glib_exec *e;
};

static inline struct glib_exec *glib_exec_of(pawl_exec *x)
{
	return PAWL_OF(x, struct glib_exec, local.exec);
}

static inline bool glib_exec_is_here(pawl_exec *x)
{
	return g_thread_self() == glib_exec_of(x)->thread;
}

static inline void glib_exec_pend(pawl_local *l)
{
	g_main_context_wakeup(glib_exec_of(&l->exec)->context);
}

/* Before the context sleeps: is something ready, and if not, how long may it sleep? */
static inline gboolean glib_exec_prepare(GSource *source, gint *ret_timeout_ms)
{
	struct glib_exec *e = ((struct glib_exec_source *)source)->e;
	pawl_time next = pawl_local_next(&e->local), left;

	*ret_timeout_ms = -1;
	if (next == PAWL_NEVER)
		return FALSE;
	left = next < 0 ? 0 : next - pawl_now(&e->local.exec);
	*ret_timeout_ms = left <= 0 ? 0 : (gint)MIN(left / PAWL_MS(1) + 1, G_MAXINT);
	return left <= 0;
}

/* After it slept. */
static inline gboolean glib_exec_check(GSource *source)
{
	gint timeout_ms;

	return glib_exec_prepare(source, &timeout_ms);
}

static inline gboolean glib_exec_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	struct glib_exec *e = ((struct glib_exec_source *)source)->e;
	unsigned n = 0;

	(void)callback;
	(void)data;
	while (n < GLIB_EXEC_BATCH && pawl_poll_once(&e->local.exec) == 0)
		n++;
	return G_SOURCE_CONTINUE;
}

static inline int glib_exec_block_on(pawl_exec *x, pawl_task *t)
{
	while (!pawl_task_is_finished(t))
		g_main_context_iteration(glib_exec_of(x)->context, TRUE);
	return 0;
}

static inline void glib_exec_init(struct glib_exec *e, GMainContext *context)
{
	static GSourceFuncs funcs = {
		.prepare = glib_exec_prepare,
		.check = glib_exec_check,
		.dispatch = glib_exec_dispatch,
	};

	*e = (struct glib_exec){ .context = context, .thread = g_thread_self() };
	pawl_local_init_with(&e->local, &(pawl_local_options){ .pend = glib_exec_pend });
	e->ops = *e->local.exec.ops;
	e->ops.name = "GLib";
	e->ops.is_main_thread = glib_exec_is_here;
	e->ops.block_on = glib_exec_block_on;
	e->local.exec.ops = &e->ops;
	e->source = g_source_new(&funcs, sizeof(struct glib_exec_source));
	((struct glib_exec_source *)e->source)->e = e;
	g_source_set_can_recurse(e->source, TRUE);
	g_source_attach(e->source, context);
}

/* Cancels its tasks, runs them until they ended, and leaves the context. */
static inline void glib_exec_fini(struct glib_exec *e)
{
	pawl_shutdown(&e->local.exec);
	while (pawl_crew_count(e->ops.crew(&e->local.exec)) > 0)
		g_main_context_iteration(e->context, TRUE);
	g_source_destroy(e->source);
	g_source_unref(e->source);
}

#endif
