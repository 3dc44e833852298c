/* SPDX-License-Identifier: MIT */
/* Opens a build folder, its metadata and its store, and says what is to be said about them. */
#include "build.h"

#include "sign.h"

int pawl_graph_open(const pawl_graph_options *options, pawl_graph **ret_graph)
{
	struct pawl_graph *g = pawl_mem_new(sizeof *g);
	struct pawl_buf path = { 0 };
	pawl_stat st;
	int r;

	g->options = *options;
	g->world = options->world;
	g->opened = g->world->ops->now(g->world);
	pawl_buf_fmt(&path, "%s/conf/bblayers.conf", options->top);
	r = g->world->ops->stat(g->world, path.s, true, &st);
	pawl_buf_fini(&path);
	if (!r)
		r = pawl_hasher_open(&g->hasher);
	if (r) {
		pawl_mem_free(g);
		return r;
	}
	*ret_graph = g;
	return PAWL_OK;
}

void pawl_graph_close(pawl_graph *g)
{
	if (!g)
		return;
	pawl_graph_show_messages(g);
	pawl_graph_store_close(g);
	pawl_meta_free(g->meta);
	pawl_hasher_close(&g->hasher);
	pawl_messages_fini(&g->messages);
	pawl_mem_free(g);
}

/* ---- what is to be said ---- */

void pawl_graph_emit(struct pawl_graph *g, pawl_build_event *e)
{
	if (!g->options.event)
		return;
	e->at = g->world->ops->now(g->world) - g->opened;
	e->wall = g->world->ops->wall(g->world);
	g->options.event(g->options.event_arg, e);
}

void pawl_graph_show_messages(struct pawl_graph *g)
{
	for (; g->shown < g->messages.len; g->shown++) {
		const struct pawl_message *m = &g->messages.at[g->shown];

		pawl_graph_emit(g, &(pawl_build_event){ .kind = PAWL_EVENT_MESSAGE,
							.level = m->level,
							.text = m->text });
	}
}

void pawl_graph_say(struct pawl_graph *g, enum pawl_level level, const char *fmt, ...)
{
	struct pawl_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	pawl_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	pawl_say(&g->messages, level, NULL, 0, 0, "%s", b.s);
	pawl_buf_fini(&b);
	pawl_graph_show_messages(g);
}

/* ---- what is read when it is needed ---- */

int pawl_graph_load(struct pawl_graph *g)
{
	struct pawl_meta_options o = { .top = g->options.top,
				       .own_layer = g->options.own_layer,
				       .assign = g->options.assign };
	int r;

	if (g->meta)
		return g->messages.errors ? PAWL_EINVAL : PAWL_OK;
	r = pawl_meta_load(g->world, &o, &g->messages, &g->meta);
	pawl_graph_show_messages(g);
	return r || g->messages.errors ? PAWL_EINVAL : PAWL_OK;
}

int pawl_graph_plan(struct pawl_graph *g, const char *const *targets, const char *task,
		    struct pawl_plan **ret_plan)
{
	struct pawl_plan *p;
	int r = pawl_graph_load(g);

	if (r)
		return r;
	r = pawl_plan_make(g->meta, targets, task, &g->messages, &p);
	if (!r && (r = pawl_sign_plan(p, g->world, &g->hasher, &g->messages)))
		pawl_plan_free(p);
	pawl_graph_show_messages(g);
	if (!r)
		*ret_plan = p;
	return r;
}

int pawl_graph_store(struct pawl_graph *g, bool read_only)
{
	struct pawl_store_options o = { .read_only = read_only, .holder = g->options.holder };
	struct pawl_buf dir = { 0 };
	size_t errors;
	int r;

	if (g->store)
		return PAWL_OK;
	if ((r = pawl_graph_load(g)))
		return r;
	o.dir = pawl_data_get(g->meta->config, "PAWL_STORE_DIR");
	if (!o.dir) {
		pawl_buf_fmt(&dir, "%s/store", g->options.top);
		o.dir = dir.s;
	}
	errors = g->messages.errors;
	r = pawl_store_open(g->world, &o, &g->messages, &g->store);
	if (r && !(r == PAWL_ENOENT && read_only) && g->messages.errors == errors)
		pawl_say(&g->messages, PAWL_ERROR, NULL, 0, 0, "the store %s cannot be opened: %s",
			 o.dir, pawl_strerror(r));
	pawl_buf_fini(&dir);
	pawl_graph_show_messages(g);
	return r;
}

void pawl_graph_store_close(struct pawl_graph *g)
{
	pawl_store_close(g->store);
	g->store = NULL;
}

int64_t pawl_graph_sure(const struct pawl_graph *g)
{
	pawl_world *w = g->world;

	return w->ops->wall(w) - (w->ops->now(w) - g->opened) - PAWL_MS(50);
}

char *pawl_graph_sysroots(struct pawl_graph *g)
{
	const char *tmp = pawl_data_get(g->meta->config, "TMPDIR");
	struct pawl_buf dir = { 0 };

	if (tmp)
		pawl_buf_fmt(&dir, "%s/sysroots", tmp);
	return dir.s;
}
