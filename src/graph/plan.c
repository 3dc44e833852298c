/* SPDX-License-Identifier: MIT */
/* Makes the graph of (recipe, task) nodes that some targets need and puts it in order. */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>

struct planner {
	struct pawl_plan *plan;
	struct pawl_meta *meta;
	struct pawl_messages *m;
	/* nodes in the order in which they were met; also the work list */
	struct pawl_list found;
	struct pawl_list edges; /* of the node at work */
	struct pawl_folder **last;
};

static struct pawl_folder *folder_of(const struct pawl_recipe *r)
{
	return r->lead;
}

static void *room(struct planner *pl, size_t count, size_t size)
{
	return pawl_arena_new(&pl->plan->arena, (count ? count : 1) * size);
}

/* ---- who provides what ---- */

static void nothing_provides(struct planner *pl, const char *what, const char *asker,
			     const char *by, const char *file)
{
	const char *near = pawl_meta_closest(pl->meta, what);

	pawl_say(pl->m, PAWL_ERROR, file, 0, 0, "nothing provides '%s', which %s%s%s%s%s%s", what,
		 asker, by ? " asks for by " : " names", by ? by : "",
		 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/*
 * Reads DEPENDS: names, each perhaps followed by a version in parentheses, which says nothing here.
 */
static void resolve_depends(struct planner *pl, struct pawl_folder *f)
{
	const char *at = pawl_data_get(f->recipe->data, "DEPENDS"), *w;
	struct pawl_list got = { 0 };
	size_t len, depth = 0;

	while (at && (w = pawl_word(&at, &len))) {
		const char *what = pawl_arena_span(&pl->plan->arena, w, len);
		struct pawl_recipe *r;

		if (*what == '(' || depth) {
			depth = what[len - 1] != ')';
			continue;
		}
		r = pawl_meta_provider(pl->meta, what);
		if (r)
			pawl_list_add(&got, r);
		else if (!pawl_meta_assumed(pl->meta, what))
			nothing_provides(pl, what, f->recipe->pn, "DEPENDS", f->recipe->file);
	}
	f->depend_count = got.len;
	f->depends = room(pl, got.len, sizeof *f->depends);
	if (got.len)
		memcpy(f->depends, got.at, got.len * sizeof *got.at);
	pawl_list_fini(&got);
}

static struct pawl_folder *enter_recipe(struct planner *pl, struct pawl_recipe *r)
{
	struct pawl_folder *f = folder_of(r);
	const char *path;

	if (f)
		return f;
	f = room(pl, 1, sizeof *f);
	f->recipe = r;
	f->by_task = room(pl, r->task_count, sizeof(struct pawl_node *));
	path = pawl_data_get(r->data, "WORKDIR");
	if (!path || *path != '/')
		pawl_say(pl->m, PAWL_ERROR, r->file, 0, 0,
			 "WORKDIR must be an absolute path, found '%s'", path ? path : "(not set)");
	f->path = path ? path : "/";
	r->lead = f;
	*pl->last = f;
	pl->last = &f->next;
	pl->plan->folder_count++;
	resolve_depends(pl, f);
	return f;
}

/* ---- nodes ---- */

static void read_publishes(struct planner *pl, struct pawl_node *n)
{
	const char *at = pawl_data_flag(n->folder->recipe->data, n->task, "sstate-inputdirs"), *w;
	size_t len, root = strlen(n->folder->path);
	const char **dirs;

	if (!at)
		return;
	dirs = room(pl, strlen(at) / 2 + 1, sizeof *dirs);
	while ((w = pawl_word(&at, &len))) {
		if (len <= root + 1 || memcmp(w, n->folder->path, root) || w[root] != '/') {
			pawl_say(pl->m, PAWL_ERROR, n->folder->recipe->file, 0, 0,
				 "%s[sstate-inputdirs]: '%.*s' is not inside WORKDIR (%s)", n->task,
				 (int)len, w, n->folder->path);
			continue;
		}
		dirs[n->publish_count++] =
			pawl_arena_span(&pl->plan->arena, w + root + 1, len - root - 1);
	}
	n->publishes = n->publish_count ? dirs : NULL;
}

/* Flags of BitBake's that change what runs and that mean nothing here. */
static void warn_of_flags(struct planner *pl, const struct pawl_node *n)
{
	static const char *const flags[] = { "rdeptask",  "recrdeptask", "recideptask",
					     "mcdepends", "rdepends",    "lockfiles" };
	const struct pawl_recipe *r = n->folder->recipe;

	for (size_t i = 0; i < PAWL_COUNT(flags); i++) {
		if (pawl_data_raw_flag(r->data, n->task, flags[i]))
			pawl_say(pl->m, PAWL_WARNING, r->file, 0, 0, "%s[%s] has no effect here",
				 n->task, flags[i]);
	}
}

static struct pawl_node *node_of(struct planner *pl, struct pawl_recipe *r, int task)
{
	struct pawl_folder *f = enter_recipe(pl, r);
	struct pawl_node *n = f->by_task[task];

	if (n)
		return n;
	n = room(pl, 1, sizeof *n);
	n->folder = f;
	n->task = r->tasks[task].name;
	n->name = pawl_arena_fmt(&pl->plan->arena, "%s:%s", r->pn, n->task);
	n->noexec = pawl_data_true(r->data, n->task, "noexec");
	n->nostamp = pawl_data_true(r->data, n->task, "nostamp");
	n->fetch = pawl_data_true(r->data, n->task, "fetch");
	if (!n->noexec && !pawl_data_is_function(r->data, n->task))
		pawl_say(pl->m, PAWL_WARNING, r->file, 0, 0,
			 "task %s has no function: there is nothing to run", n->task);
	warn_of_flags(pl, n);
	read_publishes(pl, n);
	f->by_task[task] = n;
	pawl_list_add(&pl->found, n);
	return n;
}

/* The same task in another recipe may be named by several declarations: each edge once. */
static void keep_edges(struct planner *pl, struct pawl_node *n, size_t stamp)
{
	n->after = room(pl, pl->edges.len, sizeof(struct pawl_node *));
	for (size_t i = 0; i < pl->edges.len; i++) {
		struct pawl_node *on = pl->edges.at[i];

		if (on->mark_ == stamp)
			continue;
		on->mark_ = stamp;
		n->after[n->after_count++] = on;
		on->before_count++;
	}
	pl->edges.len = 0;
}

static void edges_in_recipe(struct planner *pl, struct pawl_node *n,
			    const struct pawl_recipe_task *t)
{
	for (size_t i = 0; i < t->after_count; i++) {
		int k = pawl_recipe_task(n->folder->recipe, t->after[i]);

		if (k >= 0)
			pawl_list_add(&pl->edges, node_of(pl, n->folder->recipe, k));
	}
}

/* do_x[deptask] = "do_y": do_y of all that DEPENDS names, where they have it. */
static void edges_deptask(struct planner *pl, struct pawl_node *n)
{
	const char *at = pawl_data_flag(n->folder->recipe->data, n->task, "deptask"), *w;
	size_t len;

	while (at && (w = pawl_word(&at, &len))) {
		const char *task = pawl_arena_span(&pl->plan->arena, w, len);

		for (size_t i = 0; i < n->folder->depend_count; i++) {
			struct pawl_recipe *r = n->folder->depends[i];
			int k = pawl_recipe_task(r, task);

			if (k >= 0)
				pawl_list_add(&pl->edges, node_of(pl, r, k));
		}
	}
}

/* do_x[depends] = "recipe:do_y …" */
static void edges_depends(struct planner *pl, struct pawl_node *n)
{
	const char *at = pawl_data_flag(n->folder->recipe->data, n->task, "depends"), *w;
	const char *file = n->folder->recipe->file;
	size_t len;

	while (at && (w = pawl_word(&at, &len))) {
		char *what = pawl_arena_span(&pl->plan->arena, w, len), *colon = strrchr(what, ':');
		struct pawl_recipe *r;
		int k;

		if (!colon || colon == what || !colon[1]) {
			pawl_say(pl->m, PAWL_ERROR, file, 0, 0,
				 "%s[depends]: expected recipe:task, found '%s'", n->task, what);
			continue;
		}
		*colon = 0;
		if (pawl_meta_assumed(pl->meta, what))
			continue;
		r = pawl_meta_provider(pl->meta, what);
		k = r ? pawl_recipe_task(r, colon + 1) : -1;
		if (!r)
			nothing_provides(pl, what, n->name, "[depends]", file);
		else if (k < 0)
			pawl_say(pl->m, PAWL_ERROR, file, 0, 0,
				 "%s[depends]: %s has no task '%s' (%s)", n->task, r->pn, colon + 1,
				 r->file);
		else
			pawl_list_add(&pl->edges, node_of(pl, r, k));
	}
}

static void find_edges(struct planner *pl, struct pawl_node *n, size_t stamp)
{
	struct pawl_recipe *r = n->folder->recipe;

	edges_in_recipe(pl, n, &r->tasks[pawl_recipe_task(r, n->task)]);
	edges_deptask(pl, n);
	edges_depends(pl, n);
	keep_edges(pl, n, stamp);
}

/* ---- targets ---- */

/*
 * Splits "recipe:task" at the colon; a task may be named with or without "do_". Texts are in the
 * arena.
 */
static void split_target(struct pawl_arena *a, const char *target, const char *task,
			 const char **ret_what, const char **ret_task)
{
	const char *colon = strrchr(target, ':');

	if (colon)
		task = colon + 1;
	*ret_what = colon ? pawl_arena_span(a, target, (size_t)(colon - target)) : target;
	*ret_task = pawl_has_prefix(task, "do_") ? task : pawl_arena_fmt(a, "do_%s", task);
}

static void no_such_task(struct planner *pl, const struct pawl_recipe *r, const char *task)
{
	const char **names = room(pl, r->task_count, sizeof *names), *near;

	for (size_t i = 0; i < r->task_count; i++)
		names[i] = r->tasks[i].name;
	near = pawl_closest(task, names, r->task_count);
	pawl_say(pl->m, PAWL_ERROR, NULL, 0, 0, "recipe %s has no task '%s'%s%s%s (%s)", r->pn,
		 task, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", r->file);
}

static void add_target(struct planner *pl, const char *target, const char *task)
{
	const char *what, *name, *colon = strrchr(target, ':');
	struct pawl_recipe *r;
	int k;

	if (!*target || colon == target || (colon && !colon[1])) {
		pawl_say(pl->m, PAWL_ERROR, NULL, 0, 0,
			 "expected a target such as recipe or recipe:task, found '%s'", target);
		return;
	}
	split_target(&pl->plan->arena, target, task, &what, &name);
	r = pawl_meta_provider(pl->meta, what);
	if (!r) {
		nothing_provides(pl, what, "the command line", NULL, NULL);
		return;
	}
	k = pawl_recipe_task(r, name);
	if (k < 0)
		no_such_task(pl, r, name);
	else
		node_of(pl, r, k)->target = true;
}

/* ---- order ---- */

/*
 * Follows, from any node that could not be placed, the first dependency that could not either: it
 * must come round.
 */
static void say_loop(struct planner *pl)
{
	struct pawl_node *n = NULL, *from;
	struct pawl_buf b = { 0 };

	for (size_t i = 0; i < pl->found.len && !n; i++) {
		from = pl->found.at[i];
		n = from->missing_ ? from : NULL;
	}
	assert(n);
	for (size_t step = 0; step < pl->found.len; step++) {
		size_t i = 0;

		while (!n->after[i]->missing_)
			i++;
		n = n->after[i];
	}
	from = n;
	pawl_buf_text(&b, from->name);
	do {
		size_t i = 0;

		while (!n->after[i]->missing_)
			i++;
		n = n->after[i];
		pawl_buf_fmt(&b, " -> %s", n->name);
	} while (n != from);
	pawl_say(pl->m, PAWL_ERROR, NULL, 0, 0,
		 "tasks depend on each other in a loop (each on the next): %s", b.s);
	pawl_buf_fini(&b);
}

static void reverse_edges(struct planner *pl)
{
	for (size_t i = 0; i < pl->found.len; i++) {
		struct pawl_node *n = pl->found.at[i];

		n->before = room(pl, n->before_count, sizeof(struct pawl_node *));
		n->before_count = 0;
		n->missing_ = n->after_count;
	}
	for (size_t i = 0; i < pl->found.len; i++) {
		struct pawl_node *n = pl->found.at[i];

		for (size_t k = 0; k < n->after_count; k++)
			n->after[k]->before[n->after[k]->before_count++] = n;
	}
}

static void place(struct pawl_plan *p, struct pawl_node *n)
{
	n->index = p->count;
	p->nodes[p->count++] = n;
}

/* Kahn's order: the list of placed nodes is its own queue. */
static void sort_nodes(struct planner *pl)
{
	struct pawl_plan *p = pl->plan;

	p->nodes = room(pl, pl->found.len, sizeof(struct pawl_node *));
	for (size_t i = 0; i < pl->found.len; i++) {
		struct pawl_node *n = pl->found.at[i];

		if (!n->missing_)
			place(p, n);
	}
	for (size_t i = 0; i < p->count; i++) {
		struct pawl_node *n = p->nodes[i];

		for (size_t k = 0; k < n->before_count; k++) {
			if (!--n->before[k]->missing_)
				place(p, n->before[k]);
		}
	}
	if (p->count < pl->found.len)
		say_loop(pl);
}

static void list_folders(struct planner *pl)
{
	for (struct pawl_folder *f = pl->plan->folders; f; f = f->next)
		f->nodes = room(pl, f->recipe->task_count, sizeof(struct pawl_node *));
	for (size_t i = 0; i < pl->plan->count; i++) {
		struct pawl_folder *f = pl->plan->nodes[i]->folder;

		f->nodes[f->node_count++] = pl->plan->nodes[i];
	}
}

/* ---- what could not be run ---- */

static void check_timeout(struct planner *pl, const struct pawl_node *n)
{
	const char *text = pawl_data_flag(n->folder->recipe->data, n->task, "timeout");
	char *end;

	if (!text || !*text)
		return;
	if (strtod(text, &end) < 0 || end == text || *end)
		pawl_say(pl->m, PAWL_ERROR, n->folder->recipe->file, 0, 0,
			 "%s[timeout]: expected a number of seconds, found '%s'", n->task, text);
}

/* Each recipe's folder is its own: two that share one would take each other's files away. */
static void check_folder(struct planner *pl, const struct pawl_map *by_path,
			 const struct pawl_folder *f)
{
	char *path = pawl_mem_text(f->path);
	const struct pawl_folder *other = pawl_map_get(by_path, path);

	for (char *slash; (!other || other == f) && (slash = strrchr(path, '/'));) {
		*slash = 0;
		other = pawl_map_get(by_path, path);
	}
	if (other && other != f)
		pawl_say(pl->m, PAWL_ERROR, f->recipe->file, 0, 0,
			 "WORKDIR (%s) is that of %s or lies in it (%s); each recipe needs its own",
			 f->path, other->recipe->pn, other->recipe->file);
	pawl_mem_free(path);
}

static void check_all(struct planner *pl)
{
	struct pawl_map by_path = { 0 };

	for (struct pawl_folder *f = pl->plan->folders; f; f = f->next) {
		if (!pawl_map_has(&by_path, f->path))
			pawl_map_put(&by_path, f->path, f);
	}
	for (struct pawl_folder *f = pl->plan->folders; f; f = f->next)
		check_folder(pl, &by_path, f);
	for (size_t i = 0; i < pl->found.len; i++)
		check_timeout(pl, pl->found.at[i]);
	pawl_map_fini(&by_path);
}

/* ---- the plan ---- */

int pawl_plan_make(struct pawl_meta *meta, const char *const *targets, const char *task,
		   struct pawl_messages *m, struct pawl_plan **ret_plan)
{
	struct planner pl = { .meta = meta, .m = m };
	size_t errors = m->errors;

	pl.plan = pawl_mem_new(sizeof *pl.plan);
	pl.plan->meta = meta;
	pl.plan->messages = m;
	pl.last = &pl.plan->folders;
	if (!task)
		task = pawl_data_get(meta->config, "BB_DEFAULT_TASK");
	for (size_t i = 0; targets[i]; i++)
		add_target(&pl, targets[i], task ? task : "build");
	for (size_t i = 0; i < pl.found.len; i++)
		find_edges(&pl, pl.found.at[i], i + 1);
	check_all(&pl);
	if (m->errors == errors) {
		reverse_edges(&pl);
		sort_nodes(&pl);
		list_folders(&pl);
	}
	for (size_t i = 0; i < pl.found.len; i++)
		((struct pawl_node *)pl.found.at[i])->mark_ = 0;
	pawl_list_fini(&pl.found);
	pawl_list_fini(&pl.edges);
	if (m->errors != errors) {
		pawl_plan_free(pl.plan);
		return PAWL_EINVAL;
	}
	*ret_plan = pl.plan;
	return PAWL_OK;
}

void pawl_plan_free(struct pawl_plan *p)
{
	if (!p)
		return;
	for (struct pawl_folder *f = p->folders; f; f = f->next)
		f->recipe->lead = NULL;
	pawl_list_fini(&p->inputs);
	pawl_arena_fini(&p->arena);
	pawl_mem_free(p);
}

int pawl_folder_uris(struct pawl_plan *p, struct pawl_folder *f)
{
	if (!f->uris_read_) {
		int r = pawl_recipe_uris(f->recipe, &p->arena, &f->uris, &f->uri_count);

		f->uris_read_ = r ? r : 1;
	}
	return f->uris_read_ < 0 ? f->uris_read_ : PAWL_OK;
}

size_t pawl_plan_ancestors(struct pawl_plan *p, const struct pawl_node *n, struct pawl_node **ret)
{
	size_t count = 0, stamp = ++p->stamp_;

	for (size_t i = 0; i < n->after_count; i++)
		n->after[i]->mark_ = stamp;
	/* backwards through the folder's own order: whoever is marked marks what it depends on */
	for (size_t i = n->folder->node_count; i-- > 0;) {
		struct pawl_node *a = n->folder->nodes[i];

		if (a->mark_ != stamp || a->index >= n->index)
			continue;
		for (size_t k = 0; k < a->after_count; k++)
			a->after[k]->mark_ = stamp;
		ret[count++] = a;
	}
	for (size_t i = 0; i < count / 2; i++) {
		struct pawl_node *swap = ret[i];

		ret[i] = ret[count - 1 - i];
		ret[count - 1 - i] = swap;
	}
	return count;
}

/* ---- what other recipes publish ---- */

static int by_index(const void *a, const void *b)
{
	const struct pawl_node *const *x = a, *const *y = b;

	return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

/* The direct dependencies of n in other recipes that publish something. */
static void direct_publishers(const struct pawl_node *n, struct pawl_list *l)
{
	for (size_t i = 0; i < n->after_count; i++) {
		if (n->after[i]->publishes && n->after[i]->folder != n->folder)
			pawl_list_add(l, n->after[i]);
	}
}

/* Walks down from the publishers of one task name and adds all publishers of that name. */
static void add_published(struct pawl_plan *p, const struct pawl_list *direct, const char *task,
			  struct pawl_list *ret)
{
	struct pawl_list way = { 0 };
	size_t stamp = ++p->stamp_;

	for (size_t i = 0; i < direct->len; i++) {
		struct pawl_node *n = direct->at[i];

		if (strcmp(n->task, task) || n->mark_ == stamp)
			continue;
		n->mark_ = stamp;
		pawl_list_add(&way, n);
	}
	for (size_t i = 0; i < way.len; i++) {
		struct pawl_node *n = way.at[i];

		if (n->publishes && !strcmp(n->task, task))
			pawl_list_add(ret, n);
		for (size_t k = 0; k < n->after_count; k++) {
			if (n->after[k]->mark_ == stamp)
				continue;
			n->after[k]->mark_ = stamp;
			pawl_list_add(&way, n->after[k]);
		}
	}
	pawl_list_fini(&way);
}

void pawl_plan_published(struct pawl_plan *p, struct pawl_node *n, struct pawl_list *ret)
{
	struct pawl_node **own = pawl_mem_new((n->folder->node_count + 1) * sizeof *own);
	size_t count = pawl_plan_ancestors(p, n, own), kept = 0;
	struct pawl_list direct = { 0 };

	direct_publishers(n, &direct);
	for (size_t i = 0; i < count; i++)
		direct_publishers(own[i], &direct);
	for (size_t i = 0; i < direct.len; i++) {
		const char *task = ((struct pawl_node *)direct.at[i])->task;
		size_t first = 0;

		while (strcmp(((struct pawl_node *)direct.at[first])->task, task))
			first++;
		if (first == i)
			add_published(p, &direct, task, ret);
	}
	if (ret->len)
		qsort(ret->at, ret->len, sizeof *ret->at, by_index);
	/* what is of the recipe's own is in its work folder already */
	for (size_t i = 0; i < ret->len; i++) {
		if (((struct pawl_node *)ret->at[i])->folder != n->folder)
			ret->at[kept++] = ret->at[i];
	}
	ret->len = kept;
	pawl_list_fini(&direct);
	pawl_mem_free(own);
}
