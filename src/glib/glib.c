/* SPDX-License-Identifier: MIT */
/* The host as a source of a GMainContext. */
#include <pawl/glib.h>

#include <glib.h>

/*
 * GLib looks at sources of a lower priority only while none of a higher one is ready: after so many
 * rounds with a turn in each, one is theirs.
 */
#define ROUNDS_MAX 4

struct host_source {
	GSource source; /* first */
	pawl_outer outer;
	pawl_host *host;
	GMainContext *context;
	GPollFD poll;        /* with it, unlike with GLib's newer way, a source may say no */
	unsigned rounds;     /* one after the other, each with a turn */
	gboolean gives_way;  /* in this round */
	gboolean had_a_turn; /* in the round before */
};

static struct host_source *source_of(GSource *s)
{
	return (struct host_source *)s;
}

/* In milliseconds, as poll wants it. */
static gint rounded_up(pawl_time left)
{
	if (left == PAWL_NEVER)
		return -1;
	return left > PAWL_S(1000000) ? G_MAXINT : (gint)((left + PAWL_MS(1) - 1) / PAWL_MS(1));
}

static gboolean prepare(GSource *source, gint *ret_timeout_ms)
{
	struct host_source *s = source_of(source);

	if (!s->had_a_turn)
		s->rounds = 0;
	s->had_a_turn = FALSE;
	s->gives_way = s->rounds >= ROUNDS_MAX;
	*ret_timeout_ms = rounded_up(pawl_outer_timeout(s->host));
	return *ret_timeout_ms == 0 && !s->gives_way;
}

/* After the sleep. */
static gboolean check(GSource *source)
{
	struct host_source *s = source_of(source);

	if (s->gives_way)
		return FALSE;
	return s->poll.revents || pawl_outer_timeout(s->host) == 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	struct host_source *s = source_of(source);

	(void)callback;
	(void)data;
	s->rounds++;
	s->had_a_turn = TRUE;
	pawl_outer_turn(s->host);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = {
	.prepare = prepare,
	.check = check,
	.dispatch = dispatch,
};

static void iterate(pawl_outer *o, bool may_sleep)
{
	g_main_context_iteration(PAWL_OF(o, struct host_source, outer)->context, may_sleep);
}

static void end(pawl_outer *o)
{
	struct host_source *s = PAWL_OF(o, struct host_source, outer);
	GMainContext *context = s->context;

	g_source_destroy(&s->source);
	g_source_unref(&s->source);
	g_main_context_unref(context);
}

void pawl_glib_begin(pawl_host *h, struct _GMainContext *context)
{
	GSource *source = g_source_new(&funcs, sizeof(struct host_source));
	struct host_source *s = source_of(source);

	s->outer = (pawl_outer){ iterate, end };
	s->host = h;
	s->context = g_main_context_ref(context ? context : g_main_context_default());
	s->poll = (GPollFD){ .fd = pawl_outer_fd(h), .events = G_IO_IN };
	g_source_add_poll(source, &s->poll);
	g_source_set_name(source, "pawl");
	g_source_set_can_recurse(source, TRUE);
	pawl_outer_begin(h, &s->outer);
	g_source_attach(source, s->context);
}
