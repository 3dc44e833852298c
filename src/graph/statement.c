/* SPDX-License-Identifier: MIT */
/* What statements do to a store: assignments, functions, tasks, includes and classes. */
#include "statement.h"

enum { DEPTH_MAX = 64 };

static void fail(struct pawl_data *d, const char *file, int line, const char *what,
		 const char *more)
{
	pawl_say(d->messages, PAWL_ERROR, file, line, 0, "%s%s", what, more);
}

/* ---- assignments ---- */

static const char *joined(struct pawl_data *d, const char *a, const char *between, const char *b)
{
	size_t la = strlen(a), lm = strlen(between), lb = strlen(b);
	char *s = pawl_arena_new(&d->arena, la + lm + lb + 1);

	memcpy(s, a, la);
	memcpy(s + la, between, lm);
	memcpy(s + la + lm, b, lb);
	return s;
}

/*
 * The value that is there before the statement, as the operators see it: no overrides, no weak
 * default.
 */
static const char *before(struct pawl_data *d, const struct pawl_statement *st)
{
	return st->flag ? pawl_data_set_flag_text(d, st->name, st->flag)
			: pawl_data_content(d, st->name);
}

/* The new value; NULL when the expansion of := failed. */
static const char *new_value(struct pawl_data *d, const struct pawl_statement *st)
{
	const char *old = before(d, st);

	switch (st->op) {
	case PAWL_OP_DEFAULT:
		return old ? old : st->text;
	case PAWL_OP_NOW:
		return pawl_data_expand_as(d, st->text, joined(d, st->name, "[:=]", ""), NULL);
	case PAWL_OP_APPEND:
		return joined(d, old ? old : "", " ", st->text);
	case PAWL_OP_PREPEND:
		return joined(d, st->text, " ", old ? old : "");
	case PAWL_OP_DOT:
		return old ? joined(d, old, "", st->text) : st->text;
	case PAWL_OP_PREDOT:
		return old ? joined(d, st->text, "", old) : st->text;
	case PAWL_OP_SET:
	case PAWL_OP_WEAK:
		break;
	}
	return st->text;
}

static void check_name(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	static const char *const old[] = { "_append", "_prepend", "_remove" };
	static const char *const new[] = { ":append", ":prepend", ":remove" };

	for (int i = 0; i < 3; i++) {
		if (strstr(st->name, old[i]))
			pawl_say(d->messages, PAWL_ERROR, file, st->line, 0,
				 "found %s, expected :%s (the way to write it since BitBake 1.52)",
				 st->name, old[i] + 1);
		if (st->kind == PAWL_ST_SET && strstr(st->name, new[i]) && st->op >= PAWL_OP_APPEND)
			pawl_say(d->messages, PAWL_WARNING, file, st->line, 0,
				 "%s %s does two things at once; use one of them", st->name,
				 pawl_op_text[st->op]);
	}
}

static void eval_set(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	struct pawl_where w = { file, st->line, pawl_op_text[st->op], st->text };
	struct pawl_where exported = { file, st->line, "export", "" };
	const char *value;

	if (strchr(st->name, '_') || strchr(st->name, ':'))
		check_name(d, file, st);
	if (st->exported)
		pawl_data_put_flag(d, st->name, "export", "1", &exported);
	value = new_value(d, st);
	if (!value)
		return;
	if (st->flag && st->op == PAWL_OP_WEAK)
		pawl_data_put_weak_flag(d, st->name, st->flag, value, &w);
	else if (st->flag)
		pawl_data_put_flag(d, st->name, st->flag, value, &w);
	else if (st->op == PAWL_OP_WEAK)
		pawl_data_put_weak(d, st->name, value, &w);
	else
		pawl_data_assign(d, st->name, value, &w);
}

static void eval_unset(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	struct pawl_where w = { file, st->line, "unset", "" };

	if (st->flag)
		pawl_data_del_flag(d, st->name, st->flag, &w);
	else
		pawl_data_del(d, st->name, &w);
}

/* ---- functions ---- */

static void eval_function(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	struct pawl_where w = { file, st->line, "function", st->text };

	if (!st->name)
		return;
	check_name(d, file, st);
	if (pawl_data_raw(d, st->name)) {
		pawl_data_del_flag(d, st->name, "python", NULL);
		pawl_data_del_flag(d, st->name, "fakeroot", NULL);
	}
	if (st->kind != PAWL_ST_FUNCTION)
		pawl_data_put_flag(d, st->name, "python", "1", NULL);
	if (st->fakeroot)
		pawl_data_put_flag(d, st->name, "fakeroot", "1", NULL);
	pawl_data_put_flag(d, st->name, "func", "1", NULL);
	pawl_data_assign(d, st->name, st->text, &w);
	pawl_data_put_flag(d, st->name, "filename", file, NULL);
	pawl_data_put_flag(d, st->name, "lineno", pawl_arena_fmt(&d->arena, "%d", st->body_line),
			   NULL);
}

static const char export_mark[] = "    # Export function set\n";

static void copy_flag(struct pawl_data *d, const char *from, const char *to, const char *flag)
{
	const char *value = pawl_data_raw_flag(d, from, flag);

	if (value && *value)
		pawl_data_put_flag(d, to, flag, value, NULL);
}

/* func becomes a call of class_func, unless somebody wrote it. */
static void export_function(struct pawl_data *d, const char *func, const struct pawl_statement *st,
			    const char *file)
{
	static const char *const down[] = { "dirs", "cleandirs", "fakeroot" };
	const char *called = pawl_arena_fmt(&d->arena, "%s_%s", st->name, func);
	const char *now = pawl_data_raw(d, func);
	struct pawl_where w = { file, st->line, "EXPORT_FUNCTIONS", called };

	if (now && *now && !strstr(now, export_mark))
		return;
	if (now && *now) {
		pawl_data_del_flag(d, func, "python", NULL);
		pawl_data_del_flag(d, func, "func", NULL);
	}
	copy_flag(d, called, func, "func");
	copy_flag(d, called, func, "python");
	for (int i = 0; i < 3; i++)
		copy_flag(d, func, called, down[i]);
	pawl_data_put_flag(d, func, "filename", "autogenerated", NULL);
	pawl_data_put_flag(d, func, "lineno", "1", NULL);
	if (strchr(st->name, '-'))
		pawl_say(d->messages, PAWL_ERROR, file, st->line, 0,
			 "found a class name with '-' (%s), expected one that shell "
			 "functions can have",
			 st->name);
	pawl_data_assign(d, func, pawl_arena_fmt(&d->arena, "%s    %s\n", export_mark, called), &w);
}

static void eval_export_functions(struct pawl_data *d, const char *file,
				  const struct pawl_statement *st)
{
	const char *at = st->text, *w;
	size_t n;

	while ((w = pawl_word(&at, &n)))
		export_function(d, pawl_arena_span(&d->arena, w, n), st, file);
}

/* ---- tasks ---- */

static bool list_has(const char *list, const char *word, size_t len)
{
	const char *w;
	size_t n;

	while (list && (w = pawl_word(&list, &n)))
		if (n == len && memcmp(w, word, len) == 0)
			return true;
	return false;
}

static const char *list_without(struct pawl_data *d, const char *list, const char *word)
{
	struct pawl_buf b = { 0 };
	const char *w, *ret;
	size_t n;

	while (list && (w = pawl_word(&list, &n)))
		if (n != strlen(word) || memcmp(w, word, n) != 0)
			pawl_buf_fmt(&b, "%s%.*s", b.len ? " " : "", (int)n, w);
	ret = pawl_arena_text(&d->arena, pawl_buf_str(&b));
	pawl_buf_fini(&b);
	return ret;
}

static const char *list_with(struct pawl_data *d, const char *list, const char *word)
{
	return list && *list ? joined(d, list, " ", word) : word;
}

static const char *task_name(struct pawl_data *d, const char *w, size_t n)
{
	char *s = pawl_arena_span(&d->arena, w, n);

	return pawl_has_prefix(s, "do_") ? s : joined(d, "do_", s, "");
}

static void set_task_list(struct pawl_data *d, const char *list)
{
	pawl_data_own(d, PAWL_TASK_LIST)->content = list;
	d->generation++;
}

static void add_task(struct pawl_data *d, const char *task, const struct pawl_statement *st)
{
	const char *list = pawl_data_content(d, PAWL_TASK_LIST), *at, *w, *after, *entry;
	size_t n;

	pawl_data_put_flag(d, task, "task", "1", NULL);
	if (!list_has(list, task, strlen(task)))
		set_task_list(d, list_with(d, list, task));
	after = pawl_data_raw_flag(d, task, PAWL_TASK_AFTER);
	for (at = st->after; (w = pawl_word(&at, &n));) {
		entry = task_name(d, w, n);
		if (!list_has(after, entry, strlen(entry)))
			after = list_with(d, after, entry);
	}
	pawl_data_put_flag(d, task, PAWL_TASK_AFTER, after ? after : "", NULL);
	for (at = st->before; (w = pawl_word(&at, &n));) {
		entry = task_name(d, w, n);
		after = pawl_data_raw_flag(d, entry, PAWL_TASK_AFTER);
		if (!list_has(after, task, strlen(task)))
			pawl_data_put_flag(d, entry, PAWL_TASK_AFTER,
					   after && *after ? joined(d, task, " ", after) : task,
					   NULL);
	}
}

static void eval_addtask(struct pawl_data *d, const struct pawl_statement *st)
{
	const char *at = st->text, *w;
	size_t n;

	while ((w = pawl_word(&at, &n)))
		add_task(d, task_name(d, w, n), st);
}

static void delete_task(struct pawl_data *d, const char *task)
{
	const char *list = pawl_data_content(d, PAWL_TASK_LIST), *w;
	size_t n;

	if (list_has(list, task, strlen(task))) {
		set_task_list(d, list_without(d, list, task));
		pawl_data_del_flag(d, task, "task", NULL);
	}
	pawl_data_del_flag(d, task, PAWL_TASK_AFTER, NULL);
	list = pawl_data_content(d, PAWL_TASK_LIST);
	while (list && (w = pawl_word(&list, &n))) {
		char *other = pawl_arena_span(&d->arena, w, n);
		const char *after = pawl_data_raw_flag(d, other, PAWL_TASK_AFTER);

		if (list_has(after, task, strlen(task)))
			pawl_data_put_flag(d, other, PAWL_TASK_AFTER, list_without(d, after, task),
					   NULL);
	}
}

static void eval_deltask(struct pawl_data *d, const struct pawl_statement *st)
{
	const char *at = pawl_data_expand(d, st->text), *w;
	size_t n;

	while (at && (w = pawl_word(&at, &n)))
		delete_task(d, task_name(d, w, n));
}

/* ---- files ---- */

static const char *folder_of(struct pawl_data *d, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? pawl_arena_span(&d->arena, path, (size_t)(slash - path)) : "";
}

static bool is_known_kind(const char *name)
{
	static const char *const suffixes[] = { ".conf", ".inc", ".bb", ".bbclass" };

	for (int i = 0; i < 4; i++)
		if (pawl_has_suffix(name, suffixes[i]))
			return true;
	return false;
}

static void include_one(struct pawl_data *d, const char *name, const struct pawl_statement *st,
			const char *parent)
{
	struct pawl_look *look = pawl_meta_look(d->meta);
	const char *path = name, *bbpath;
	bool needed = st->kind == PAWL_ST_REQUIRE;

	if (strcmp(name, parent) == 0)
		return;
	if (!is_known_kind(name)) {
		fail(d, parent, st->line,
		     "found a file that is no .conf, .inc, .bb or .bbclass: ", name);
		return;
	}
	if (*name != '/') {
		bbpath = pawl_data_get(d, "BBPATH");
		path = pawl_look_which(
			look, joined(d, folder_of(d, parent), ":", bbpath ? bbpath : ""), name);
	} else if (!pawl_look_at(look, path)) {
		path = NULL;
	}
	if (path && pawl_statements_read(d, path, NULL))
		return;
	if (path)
		fail(d, parent, st->line, "cannot read ", path);
	else if (needed)
		fail(d, parent, st->line, "found no file to require: ", name);
}

static void eval_include(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	const char *at = pawl_data_expand(d, st->text), *w;
	size_t n;

	while (at && (w = pawl_word(&at, &n)))
		include_one(d, pawl_arena_span(&d->arena, w, n), st, file);
}

static void eval_include_all(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	const char *name = pawl_data_expand(d, st->text), *path = pawl_data_get(d, "BBPATH");

	while (name && path && *path) {
		size_t len = strcspn(path, ":");

		if (len)
			include_one(d, joined(d, pawl_arena_span(&d->arena, path, len), "/", name),
				    st, file);
		path += len + (path[len] == ':');
	}
}

/* ---- classes ---- */

static bool is_inherited(const struct pawl_data *d, const char *path)
{
	for (const struct pawl_link *l = d->inherited; l; l = l->older)
		if (strcmp(l->name, path) == 0)
			return true;
	return false;
}

static void link_add(struct pawl_data *d, struct pawl_link **head, const char *name,
		     const char *file, int line)
{
	struct pawl_link *l = pawl_arena_new(&d->arena, sizeof(*l));

	*l = (struct pawl_link){ *head, name, file, line };
	*head = l;
}

static const char *class_path(struct pawl_data *d, const char *name)
{
	const char *folders[] = { d->is_recipe ? "classes-recipe" : "classes-global", "classes" };
	struct pawl_look *look = pawl_meta_look(d->meta);
	const char *bbpath = pawl_data_get(d, "BBPATH"), *path = NULL;

	if (*name == '/')
		return pawl_look_at(look, name) ? name : NULL;
	if (pawl_has_suffix(name, ".bbclass"))
		return pawl_look_which(look, bbpath, name);
	for (int i = 0; i < 2 && !path; i++)
		path = pawl_look_which(
			look, bbpath, pawl_arena_fmt(&d->arena, "%s/%s.bbclass", folders[i], name));
	return path;
}

static void inherit_one(struct pawl_data *d, const char *name, const char *file, int line)
{
	const char *path = class_path(d, name);

	if (!path) {
		pawl_say(d->messages, PAWL_ERROR, file, line, 0,
			 "found no class to inherit: %s (classes/%s.bbclass in none of BBPATH)",
			 name, name);
		return;
	}
	if (is_inherited(d, path))
		return;
	link_add(d, &d->inherited, path, NULL, 0);
	if (!pawl_statements_read(d, path, NULL))
		fail(d, file, line, "cannot read ", path);
}

static void inherit(struct pawl_data *d, const char *words, const char *file, int line,
		    bool deferred)
{
	const char *at = pawl_data_expand(d, words), *w, *put_off;
	size_t n;

	while (at && (w = pawl_word(&at, &n))) {
		char *name = pawl_arena_span(&d->arena, w, n);

		put_off = deferred ? NULL : pawl_data_get(d, "BB_DEFER_BBCLASSES");
		if (list_has(put_off, name, n))
			link_add(d, &d->deferred, name, file, line);
		else
			inherit_one(d, name, file, line);
	}
}

void pawl_statements_inherit(struct pawl_data *d, const char *words, const char *file, int line)
{
	inherit(d, words, file, line, false);
}

void pawl_statements_inherit_deferred(struct pawl_data *d)
{
	while (d->deferred) {
		struct pawl_list l = { 0 };

		for (struct pawl_link *p = d->deferred; p; p = p->older)
			pawl_list_add(&l, p);
		d->deferred = NULL;
		for (size_t i = l.len; i--;) {
			struct pawl_link *p = l.at[i];

			inherit(d, p->name, p->file, p->line, true);
		}
		pawl_list_fini(&l);
	}
}

/* ---- all of them ---- */

static void eval(struct pawl_data *d, const char *file, const struct pawl_statement *st)
{
	struct pawl_where w = { file, st->line, "export", "" };

	switch (st->kind) {
	case PAWL_ST_SET:
		eval_set(d, file, st);
		break;
	case PAWL_ST_EXPORT:
		pawl_data_put_flag(d, st->name, "export", "1", &w);
		break;
	case PAWL_ST_UNSET:
		eval_unset(d, file, st);
		break;
	case PAWL_ST_INCLUDE:
	case PAWL_ST_REQUIRE:
		eval_include(d, file, st);
		break;
	case PAWL_ST_INCLUDE_ALL:
		eval_include_all(d, file, st);
		break;
	case PAWL_ST_INHERIT:
		inherit(d, st->text, file, st->line, false);
		break;
	case PAWL_ST_INHERIT_DEFER:
		link_add(d, &d->deferred, st->text, file, st->line);
		break;
	case PAWL_ST_FUNCTION:
	case PAWL_ST_PYTHON_FUNCTION:
	case PAWL_ST_DEF:
		eval_function(d, file, st);
		break;
	case PAWL_ST_EXPORT_FUNCTIONS:
		eval_export_functions(d, file, st);
		break;
	case PAWL_ST_ADDTASK:
		eval_addtask(d, st);
		break;
	case PAWL_ST_DELTASK:
		eval_deltask(d, st);
		break;
	case PAWL_ST_HANDLER:
		fail(d, file, st->line,
		     "event handlers need inline Python, which is not supported: addhandler ",
		     st->text);
		break;
	}
}

static void put_file(struct pawl_data *d, const char *path)
{
	pawl_data_own(d, "FILE")->content = path;
	d->has_file = true;
	d->generation++;
}

bool pawl_statements_read(struct pawl_data *d, const char *path, struct pawl_arena *own)
{
	/* the first one stays */
	const char *old = d->has_file ? pawl_data_content(d, "FILE") : NULL;
	struct pawl_source *f;
	int r = 0;

	if (d->depth == DEPTH_MAX) {
		fail(d, path, 0, "files include each other without end", "");
		return true;
	}
	f = pawl_look_source(pawl_meta_look(d->meta), path, own, &r);
	if (!f)
		return false;
	d->depth++;
	if (!f->is_class)
		put_file(d, f->path);
	for (size_t i = 0; i < f->count; i++)
		eval(d, f->path, &f->statements[i]);
	if (!f->is_class && old)
		put_file(d, old);
	d->depth--;
	return true;
}
