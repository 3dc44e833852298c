/* SPDX-License-Identifier: MIT */
/* Answers questions about a build folder (why, graph, env, list, log); cleans folder and store. */
#include "build.h"

#include <stdio.h>
#include <time.h>

#include "sign.h"
#include "sysroot.h"

struct writer {
	pawl_write_fn *out;
	void *arg;
};

static void write_fmt(const struct writer *w, const char *fmt, ...) PAWL_PRINTF(2, 3);

static void write_fmt(const struct writer *w, const char *fmt, ...)
{
	struct pawl_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	pawl_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	w->out(w->arg, b.s, b.len);
	pawl_buf_fini(&b);
}

/* ---- why ---- */

static void write_time(const struct writer *w, int64_t wall)
{
	time_t s = (time_t)(wall / 1000000000);
	struct tm tm;
	char text[32] = "";

	if (localtime_r(&s, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	write_fmt(w, "%s", text);
}

/* Why it ran the last time, as that run wrote it down; NULL: not known. */
static const char *last_reason(struct pawl_graph *g, const struct pawl_node *n,
			       struct pawl_arena *a)
{
	const char *at = pawl_store_explained(g->store, &n->signature, a);
	struct pawl_field f;

	while (at && pawl_field_next(&at, &f)) {
		if (f.kind == PAWL_FIELD_WHY)
			return pawl_arena_span(a, f.value, f.value_len);
	}
	return NULL;
}

/* What only holds others together: which of them is the first to run, and how many do. */
static void write_joint(const struct pawl_plan *p, const struct writer *w)
{
	const struct pawl_node *first = NULL;
	size_t runs = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct pawl_node *n = p->nodes[i];

		if (n->act->fate != PAWL_FATE_RUN)
			continue;
		first = first ? first : n;
		runs++;
	}
	write_fmt(w, "has nothing to run itself; ");
	if (first)
		write_fmt(w, "%zu of the tasks below it will run, first %s: %s", runs, first->name,
			  first->act->reason);
	else
		write_fmt(w, "none of the tasks below it will run");
}

static void write_why(struct pawl_graph *g, const struct pawl_plan *p, const struct pawl_node *n,
		      const struct writer *w)
{
	struct pawl_arena a = { 0 };
	struct pawl_last_more more;
	bool ran = g->store && !pawl_store_last_more(g->store, n->name, &a, &more);
	const char *reason = ran ? last_reason(g, n, &a) : NULL;

	write_fmt(w, "%s ", n->name);
	switch (n->act->fate) {
	case PAWL_FATE_JOINT:
		write_joint(p, w);
		break;
	case PAWL_FATE_RUN:
		write_fmt(w, "will run: %s", n->act->reason);
		break;
	case PAWL_FATE_RESTORE:
		write_fmt(w, "will be restored from the store");
		break;
	case PAWL_FATE_CURRENT:
		write_fmt(w, "is current");
		break;
	}
	if (reason && (n->act->fate == PAWL_FATE_CURRENT || n->act->fate == PAWL_FATE_RESTORE)) {
		write_fmt(w, "; it last ran ");
		write_time(w, more.when);
		write_fmt(w, ": %s", reason);
	}
	write_fmt(w, "\n");
	pawl_arena_fini(&a);
}

/*
 * Plans for the question: the plan with everybody's fate. The store is opened read-only; there may
 * be none yet.
 */
static int plan_read_only(struct pawl_graph *g, const char *const *targets,
			  struct pawl_plan **ret_plan)
{
	int r = pawl_graph_plan(g, targets, NULL, ret_plan);

	if (r)
		return r;
	r = pawl_graph_store(g, true);
	if (!r || r == PAWL_ENOENT)
		r = pawl_act_decide(*ret_plan, g->store, g->world,
				    &(struct pawl_decide){ .read_only = true }, &g->messages);
	pawl_graph_show_messages(g);
	if (r) {
		pawl_act_end(*ret_plan);
		pawl_plan_free(*ret_plan);
	}
	return r;
}

int pawl_graph_why(pawl_graph *g, const char *target, pawl_write_fn *out, void *arg)
{
	const char *targets[] = { target, NULL };
	struct writer w = { out, arg };
	struct pawl_plan *p;
	int r = plan_read_only(g, targets, &p);

	if (r)
		return r;
	for (size_t i = 0; i < p->count; i++) {
		if (p->nodes[i]->target)
			write_why(g, p, p->nodes[i], &w);
	}
	pawl_act_end(p);
	pawl_plan_free(p);
	return PAWL_OK;
}

/* A plan that is only looked at: no signatures, so no input is read. What is wrong is said. */
static int plan_unsigned(struct pawl_graph *g, const char *const *targets,
			 struct pawl_plan **ret_plan)
{
	int r = pawl_graph_load(g);

	if (!r)
		r = pawl_plan_make(g->meta, targets, NULL, &g->messages, ret_plan);
	pawl_graph_show_messages(g);
	return r;
}

/* ---- graph ---- */

static void write_dot(const struct pawl_plan *p, const struct writer *w)
{
	write_fmt(w, "digraph pawl {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < p->count; i++) {
		const struct pawl_node *n = p->nodes[i];

		write_fmt(w, "\t\"%s\"%s;\n", n->name, n->noexec ? " [style=dashed]" : "");
		for (size_t k = 0; k < n->after_count; k++)
			write_fmt(w, "\t\"%s\" -> \"%s\";\n", n->name, n->after[k]->name);
	}
	write_fmt(w, "}\n");
}

static void write_plain(const struct pawl_plan *p, const struct writer *w)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct pawl_node *n = p->nodes[i];

		write_fmt(w, "%s%s", n->name, n->after_count ? " <-" : "");
		for (size_t k = 0; k < n->after_count; k++)
			write_fmt(w, " %s", n->after[k]->name);
		write_fmt(w, "\n");
	}
}

int pawl_graph_show(pawl_graph *g, const char *const *targets, bool dot, pawl_write_fn *out,
		    void *arg)
{
	struct writer w = { out, arg };
	struct pawl_plan *p;
	int r = plan_unsigned(g, targets, &p);

	if (r)
		return r;
	if (dot)
		write_dot(p, &w);
	else
		write_plain(p, &w);
	pawl_plan_free(p);
	return PAWL_OK;
}

/* ---- env ---- */

static void write_history(struct pawl_data *d, const char *name, const struct writer *w)
{
	struct pawl_arena a = { 0 };
	struct pawl_set_by *by;
	size_t count;

	pawl_data_history(d, name, &a, &by, &count);
	write_fmt(w, "# $%s\n", name);
	for (size_t i = 0; i < count; i++) {
		write_fmt(w, "#   %s:%d %s", by[i].file ? by[i].file : "pawl", by[i].line,
			  by[i].op);
		if (by[i].flag)
			write_fmt(w, " [%s]", by[i].flag);
		if (by[i].text) {
			write_fmt(w, " \"");
			for (const char *c = by[i].text; *c; c++)
				w->out(w->arg, *c == '\n' ? "\n#     " : c, *c == '\n' ? 7 : 1);
			write_fmt(w, "\"");
		}
		write_fmt(w, "\n");
	}
	pawl_arena_fini(&a);
}

static bool write_var(struct pawl_data *d, const char *name, const struct writer *w)
{
	bool function = pawl_data_is_function(d, name);
	const char *value = pawl_data_get(d, name);

	if (!value)
		return false;
	write_history(d, name, w);
	if (function) {
		write_fmt(w, "%s() {\n", name);
		w->out(w->arg, value, strlen(value));
		write_fmt(w, "%s}\n", *value && value[strlen(value) - 1] != '\n' ? "\n" : "");
		return true;
	}
	write_fmt(w, "%s%s=\"", pawl_data_true(d, name, "export") ? "export " : "", name);
	for (const char *c = value; *c; c++)
		w->out(w->arg, *c == '"' ? "\\\"" : c, *c == '"' ? 2 : 1);
	write_fmt(w, "\"\n");
	return true;
}

static void no_such_variable(pawl_graph *g, struct pawl_data *d, const char *name)
{
	struct pawl_arena a = { 0 };
	const char **names, *near;
	size_t count;

	pawl_data_names(d, &a, &names, &count);
	near = pawl_closest(name, names, count);
	pawl_graph_say(g, PAWL_ERROR, "variable %s is not set%s%s%s", name,
		       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	pawl_arena_fini(&a);
}

static int write_env(pawl_graph *g, struct pawl_data *d, const char *var, const struct writer *w)
{
	struct pawl_arena a = { 0 };
	const char **names;
	size_t count;

	if (var) {
		if (write_var(d, var, w))
			return PAWL_OK;
		no_such_variable(g, d, var);
		return PAWL_ENOENT;
	}
	pawl_data_names(d, &a, &names, &count);
	for (size_t i = 0; i < count; i++) {
		if (write_var(d, names[i], w))
			write_fmt(w, "\n");
	}
	pawl_arena_fini(&a);
	return PAWL_OK;
}

int pawl_graph_env(pawl_graph *g, const char *target, const char *var, pawl_write_fn *out,
		   void *arg)
{
	struct writer w = { out, arg };
	struct pawl_recipe *recipe = NULL;
	const char *near;
	int r = pawl_graph_load(g);

	if (r)
		return r;
	recipe = target ? pawl_meta_provider(g->meta, target) : NULL;
	if (target && !recipe) {
		near = pawl_meta_closest(g->meta, target);
		pawl_graph_say(g, PAWL_ERROR, "nothing provides '%s'%s%s%s", target,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
		return PAWL_EINVAL;
	}
	r = write_env(g, recipe ? recipe->data : g->meta->config, var, &w);
	pawl_graph_show_messages(g);
	return r;
}

/* ---- list, log ---- */

int pawl_graph_list(pawl_graph *g, pawl_write_fn *out, void *arg)
{
	struct writer w = { out, arg };
	int r = pawl_graph_load(g);

	if (r)
		return r;
	for (size_t i = 0; i < g->meta->recipe_count; i++) {
		const struct pawl_recipe *p = g->meta->recipes[i];

		write_fmt(&w, "%s %s %s%s\n", p->pn, p->pv, p->file,
			  pawl_meta_provider(g->meta, p->pn) == p ? "" : " (not preferred)");
	}
	return PAWL_OK;
}

static int copy_file(pawl_world *w, const char *path, const struct writer *out)
{
	char buf[8192];
	size_t got;
	int file, r = w->ops->open(w, path, 0, 0, &file);

	if (r)
		return r;
	while (!(r = w->ops->read(w, file, buf, sizeof buf, &got)) && got)
		out->out(out->arg, buf, got);
	w->ops->close(w, file);
	return r;
}

/* The end of the log as the store has it, with what the task made. */
static int write_kept_log(pawl_graph *g, const pawl_digest *signature, struct pawl_arena *a,
			  const struct writer *w)
{
	const char *at = pawl_store_explained(g->store, signature, a);
	struct pawl_field f;

	while (at && pawl_field_next(&at, &f)) {
		if (f.kind != PAWL_FIELD_LOG)
			continue;
		w->out(w->arg, f.value, f.value_len);
		return PAWL_OK;
	}
	return PAWL_ENOENT;
}

/*
 * The log of the last run is a file; when a restore came after it, or the file is gone, the store
 * has one.
 */
static int write_log(pawl_graph *g, const char *name, const struct writer *w)
{
	struct pawl_arena a = { 0 };
	struct pawl_last_more more;
	int r = pawl_store_last_more(g->store, name, &a, &more);

	if (!r) {
		bool newest = more.last.ending == PAWL_ENDING_FAILED ||
			      pawl_digest_is(&more.tried, &more.last.signature);

		r = newest && *more.log ? copy_file(g->world, more.log, w) : PAWL_ENOENT;
		if (r == PAWL_ENOENT)
			r = write_kept_log(g, &more.last.signature, &a, w);
	}
	pawl_arena_fini(&a);
	return r;
}

int pawl_graph_log(pawl_graph *g, const char *target, pawl_write_fn *out, void *arg)
{
	const char *targets[] = { target, NULL };
	struct writer w = { out, arg };
	const struct pawl_node *n = NULL;
	struct pawl_plan *p;
	int r = plan_unsigned(g, targets, &p);

	if (r)
		return r;
	for (size_t i = 0; i < p->count; i++)
		n = p->nodes[i]->target ? p->nodes[i] : n;
	r = pawl_graph_store(g, true);
	if (!r)
		r = write_log(g, n->name, &w);
	if (r == PAWL_ENOENT && n->noexec)
		pawl_graph_say(g, PAWL_ERROR,
			       "%s has nothing to run and no log: name a task, as in %s", n->name,
			       n->index ? p->nodes[n->index - 1]->name : "recipe:task");
	else if (r == PAWL_ENOENT)
		pawl_graph_say(g, PAWL_ERROR, "there is no log of %s: it never ran here", n->name);
	else if (r)
		pawl_graph_say(g, PAWL_ERROR, "the log of %s cannot be read: %s", n->name,
			       pawl_strerror(r));
	pawl_plan_free(p);
	return r;
}

/* ---- clean, store ---- */

static int clean_folder(pawl_graph *g, struct pawl_recipe *recipe, const struct writer *w)
{
	const char *path = pawl_data_get(recipe->data, "WORKDIR");
	int r;

	if (!path || *path != '/') {
		pawl_graph_say(g, PAWL_ERROR, "%s: WORKDIR is not an absolute path", recipe->file);
		return PAWL_EINVAL;
	}
	pawl_store_unplaced(g->store, path);
	r = pawl_store_remove(g->world, path);
	if (r)
		pawl_graph_say(g, PAWL_ERROR, "%s cannot be removed: %s", path, pawl_strerror(r));
	else
		write_fmt(w, "removed %s\n", path);
	return r;
}

static int flush(pawl_graph *g)
{
	int r;

	pawl_store_flush_begin(g->store);
	r = pawl_store_flush(g->store);
	pawl_store_flush_end(g->store, r);
	if (r)
		pawl_graph_say(g, PAWL_ERROR, "the store cannot be written: %s", pawl_strerror(r));
	return r;
}

int pawl_graph_clean(pawl_graph *g, const char *const *targets, pawl_write_fn *out, void *arg)
{
	struct writer w = { out, arg };
	struct pawl_plan *p;
	/* the plan is only made to have each wrong target said with its closest name */
	int r = plan_unsigned(g, targets, &p), end;

	if (r)
		return r;
	pawl_current_drop(g);
	r = pawl_graph_store(g, false);
	for (size_t i = 0; i < p->count && !r; i++) {
		if (p->nodes[i]->target)
			r = clean_folder(g, p->nodes[i]->folder->recipe, &w);
	}
	pawl_plan_free(p);
	end = g->store ? flush(g) : PAWL_OK;
	return r ? r : end;
}

int pawl_graph_store_stat(pawl_graph *g, pawl_write_fn *out, void *arg)
{
	struct writer w = { out, arg };
	struct pawl_store_stat st;
	int r = pawl_graph_store(g, true);

	if (r == PAWL_ENOENT) {
		write_fmt(&w, "the store is empty\n");
		return PAWL_OK;
	}
	if (!r)
		r = pawl_store_stat(g->store, &st);
	if (!r)
		write_fmt(&w,
			  "%s: %llu actions, %llu blobs, %lld bytes, %llu work folders, "
			  "%llu damaged blobs kept aside\n",
			  pawl_store_dir(g->store), (unsigned long long)st.actions,
			  (unsigned long long)st.blobs, (long long)st.bytes,
			  (unsigned long long)st.places, (unsigned long long)st.bad);
	return r;
}

int pawl_graph_store_verify(pawl_graph *g, pawl_write_fn *out, void *arg)
{
	struct writer w = { out, arg };
	uint64_t blobs, damaged;
	int r = pawl_graph_store(g, false);

	if (!r)
		r = pawl_store_verify(g->store, &g->messages, &blobs, &damaged);
	pawl_graph_show_messages(g);
	if (r)
		return r;
	write_fmt(&w, "%llu blobs checked, %llu damaged\n", (unsigned long long)blobs,
		  (unsigned long long)damaged);
	return damaged ? PAWL_ECORRUPT : PAWL_OK;
}

int pawl_graph_store_gc(pawl_graph *g, int64_t keep_bytes, pawl_write_fn *out, void *arg)
{
	struct pawl_gc_options o = { .keep_bytes = keep_bytes };
	struct writer w = { out, arg };
	struct pawl_gc_result got;
	char *dir;
	int r = pawl_graph_store(g, false);

	dir = r ? NULL : pawl_graph_sysroots(g);
	if (dir)
		r = pawl_sysroot_clean(g->world, dir, true);
	pawl_mem_free(dir);
	if (!r)
		r = pawl_store_gc(g->store, &o, &got);
	if (!r)
		write_fmt(&w,
			  "dropped %llu actions and %llu blobs (%lld bytes); kept %llu "
			  "actions and %llu blobs (%lld bytes)\n",
			  (unsigned long long)got.actions_dropped,
			  (unsigned long long)got.blobs_dropped, (long long)got.bytes_dropped,
			  (unsigned long long)got.actions_kept, (unsigned long long)got.blobs_kept,
			  (long long)got.bytes_kept);
	return r;
}
