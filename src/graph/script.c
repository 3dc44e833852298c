/* SPDX-License-Identifier: MIT */
/* The shell script that runs a task: exports, the functions that it needs, and the call. */
#include "shellrefs.h"
#include "sigvars.h"

#include <stdlib.h>

struct script {
	struct pawl_data *data;
	struct pawl_buf *out;
	struct pawl_map written; /* functions */
	bool failed;
};

/* ---- exports ---- */

static bool is_shell_name(const char *s)
{
	return *s && !strpbrk(s, "-.{}+/~:[]%@") && !(*s >= '0' && *s <= '9');
}

/* In double quotes, so that the shell reads back exactly the value. */
static void add_quoted(struct pawl_buf *b, const char *value)
{
	pawl_buf_char(b, '"');
	for (; *value; value++) {
		if (strchr("\"`$\\", *value))
			pawl_buf_char(b, '\\');
		pawl_buf_char(b, *value);
	}
	pawl_buf_char(b, '"');
}

static void add_export(struct script *s, const char *name)
{
	struct pawl_value *v = pawl_data_value(s->data, name, strlen(name));

	s->failed |= v->failed;
	if (!v->text || !is_shell_name(name) || strcmp(name, "PWD") == 0 ||
	    pawl_data_is_function(s->data, name))
		return;
	pawl_buf_fmt(s->out, "export %s=", name);
	add_quoted(s->out, v->text);
	pawl_buf_char(s->out, '\n');
}

static void add_exports(struct script *s)
{
	struct pawl_list names = { 0 };

	pawl_exported_names(s->data, &names);
	for (size_t i = 0; i < names.len; i++)
		add_export(s, names.at[i]);
	pawl_list_fini(&names);
}

/* ---- functions ---- */

/* Is there anything but blanks and comments? An empty body would be no shell. */
static bool has_commands(const char *body)
{
	for (;;) {
		body += strspn(body, " \t\n");
		if (*body != '#')
			return *body;
		body += strcspn(body, "\n");
	}
}

static void add_function_text(struct script *s, const char *name, const char *body)
{
	const char *line = pawl_data_raw_flag(s->data, name, "lineno");
	const char *file = pawl_data_raw_flag(s->data, name, "filename");
	size_t len = strlen(body);

	while (len && body[len - 1] == '\n')
		len--;
	pawl_buf_fmt(s->out, "# line: %s, file: %s\n%s() {\n%.*s\n", line ? line : "?",
		     file ? file : "?", name, (int)len, body);
	if (!has_commands(body))
		pawl_buf_text(s->out, "\t:\n");
	pawl_buf_text(s->out, "}\n\n");
}

/* Writes one function, once; what it runs is added to next. */
static void add_function(struct script *s, const char *name, struct pawl_map *next)
{
	struct pawl_value *v;

	if (pawl_map_has(&s->written, name) || !pawl_data_is_function(s->data, name) ||
	    pawl_data_raw_flag(s->data, name, "python"))
		return;
	pawl_map_put(&s->written, name, s);
	v = pawl_data_value(s->data, name, strlen(name));
	s->failed |= v->failed;
	if (v->failed)
		return;
	add_function_text(s, name, v->text ? v->text : "");
	pawl_shellrefs(v->text ? v->text : "", next);
	pawl_map_words(next, pawl_data_flag(s->data, name, "vardeps"));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sorted_keys(const struct pawl_map *m, struct pawl_list *ret)
{
	for (size_t i = 0; i < m->len; i++)
		if (m->at[i].key)
			pawl_list_add(ret, m->at[i].key);
	if (ret->len)
		qsort(ret->at, ret->len, sizeof(*ret->at), compare_names);
}

/* All functions that `names` need: round by round, each round in the order of names. */
static void add_functions(struct script *s, struct pawl_map *names)
{
	while (names->count) {
		struct pawl_map next = { 0 };
		struct pawl_list l = { 0 };

		sorted_keys(names, &l);
		for (size_t i = 0; i < l.len; i++)
			add_function(s, l.at[i], &next);
		pawl_list_fini(&l);
		pawl_map_fini(names);
		*names = next;
	}
	pawl_map_fini(names);
}

/* ---- the whole ---- */

static void add_calls(struct pawl_buf *b, const char *words)
{
	const char *w;
	size_t n;

	while (words && (w = pawl_word(&words, &n)))
		pawl_buf_fmt(b, "%.*s\n", (int)n, w);
}

/* A path as one word of the shell. */
static void add_path(struct pawl_buf *b, const char *before, const char *path, size_t len)
{
	pawl_buf_fmt(b, "%s '", before);
	for (size_t i = 0; i < len; i++)
		pawl_buf_fmt(b, path[i] == '\'' ? "'\\''" : "%c", path[i]);
	pawl_buf_text(b, "'\n");
}

/* [cleandirs] are emptied, [dirs] are made, and the last of these is where the task starts. */
static void add_dirs(struct script *s, const char *task)
{
	const char *clean = pawl_data_flag(s->data, task, "cleandirs"),
		   *dirs = pawl_data_flag(s->data, task, "dirs");
	const char *w, *last = NULL;
	size_t n, last_n = 0;

	while (clean && (w = pawl_word(&clean, &n))) {
		add_path(s->out, "rm -rf", w, n);
		add_path(s->out, "mkdir -p", w, n);
	}
	for (; dirs && (w = pawl_word(&dirs, &n)); last = w, last_n = n)
		add_path(s->out, "mkdir -p", w, n);
	if (last)
		add_path(s->out, "cd", last, last_n);
}

int pawl_recipe_script(struct pawl_recipe *r, const char *task, struct pawl_buf *ret_script)
{
	struct script s = { .data = r->data, .out = ret_script };
	struct pawl_map names = { 0 };
	const char *umask = pawl_data_flag(r->data, task, "umask"), *before, *after;

	if (!pawl_check_shell_task(r, task))
		return PAWL_ESYNTAX;
	before = pawl_data_flag(r->data, task, "prefuncs");
	after = pawl_data_flag(r->data, task, "postfuncs");
	pawl_buf_fmt(ret_script, "#!/bin/sh\nset -e\numask %s\n", umask && *umask ? umask : "022");
	add_dirs(&s, task);
	add_exports(&s);
	pawl_buf_char(ret_script, '\n');
	add_function(&s, task, &names);
	pawl_map_words(&names, before);
	pawl_map_words(&names, after);
	add_functions(&s, &names);
	add_calls(ret_script, before);
	if (pawl_map_has(&s.written, task))
		add_calls(ret_script, task);
	add_calls(ret_script, after);
	pawl_map_fini(&s.written);
	return s.failed ? PAWL_ESYNTAX : PAWL_OK;
}
