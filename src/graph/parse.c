/* SPDX-License-Identifier: MIT */
/* Lines, continuations, functions and the statements of recipes and configuration files. */
#include "parse.h"

#include "parse_line.h"

#include <assert.h>

/* What is being collected over several lines. */
enum mode { PLAIN, FUNCTION, DEF };

struct reader {
	struct pawl_line line; /* the logical line; shared with parse_line.c */
	const char *at, *end;
	int number; /* of the physical line that was read last */
	bool conf;
	enum mode mode;
	bool has_error;             /* in the continuation that is being joined */
	struct pawl_statement open; /* the function that is being read */
	struct pawl_buf body;
	struct pawl_statement *statements;
	size_t count, cap;
	const char *class_name;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next physical line without blanks at its end; false at the end of the file. */
static bool next_line(struct reader *r, const char **ret_s, size_t *ret_len)
{
	const char *s = r->at, *nl;
	size_t len;

	if (s >= r->end)
		return false;
	nl = memchr(s, '\n', (size_t)(r->end - s));
	len = (size_t)((nl ? nl : r->end) - s);
	r->at = nl ? nl + 1 : r->end;
	r->number++;
	while (len && is_blank(s[len - 1]))
		len--;
	*ret_s = s;
	*ret_len = len;
	return true;
}

static void add_statement(struct reader *r, const struct pawl_statement *st)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 32;
		r->statements = pawl_mem_grow(r->statements, r->cap * sizeof(*r->statements));
	}
	r->statements[r->count++] = *st;
}

/* ---- functions ---- */

static void open_function(struct reader *r, const struct pawl_statement *st, enum mode mode)
{
	r->open = *st;
	r->open.body_line = r->number + 1;
	r->mode = mode;
	pawl_buf_clear(&r->body);
}

static void close_function(struct reader *r)
{
	r->open.text = pawl_arena_span(r->line.arena, pawl_buf_str(&r->body), r->body.len);
	r->mode = PLAIN;
	add_statement(r, &r->open);
}

static void add_to_body(struct reader *r, const char *s, size_t len)
{
	pawl_buf_add(&r->body, s, len);
	pawl_buf_char(&r->body, '\n');
}

/* Takes a line that belongs to the open function; false: it is not part of it. */
static bool function_line(struct reader *r, const char *s, size_t len)
{
	if (r->mode == FUNCTION) {
		if (len == 1 && *s == '}')
			close_function(r);
		else
			add_to_body(r, s, len);
		return true;
	}
	if (r->mode == DEF) {
		if (!len || is_blank(*s) || *s == '#') {
			add_to_body(r, s, len);
			return true;
		}
		close_function(r);
	}
	return false;
}

/* ---- logical lines ---- */

static void line_begin(struct reader *r)
{
	pawl_buf_clear(&r->line.text);
	r->line.part_count = 0;
	r->has_error = false;
}

static void line_add(struct reader *r, const char *s, size_t len)
{
	pawl_line_part(&r->line, r->number);
	pawl_buf_add(&r->line.text, s, len);
}

static void handle_line(struct reader *r)
{
	struct pawl_statement st = { 0 };
	const char *s = pawl_buf_str(&r->line.text);

	if (!*s || *s == '#' || r->has_error)
		return;
	st.line = r->line.parts[0].line;
	switch (pawl_line_parse(&r->line, r->conf, r->class_name, &st)) {
	case PAWL_LINE_STATEMENT:
		add_statement(r, &st);
		break;
	case PAWL_LINE_FUNCTION:
		open_function(r, &st, FUNCTION);
		break;
	case PAWL_LINE_DEF:
		open_function(r, &st, DEF);
		break;
	case PAWL_LINE_NOTHING:
		break;
	}
}

static void say_half_comment(struct reader *r)
{
	pawl_say(
		r->line.messages, PAWL_ERROR, r->line.path, r->line.parts[0].line, 1,
			"found a comment that goes on (\\) in a line that is none, expected # "
			"there or no \\ here");
	r->has_error = true;
}

/* A further line of a continuation in a recipe; false: it was a stray comment. */
static bool continue_recipe_line(struct reader *r, const char *s, size_t len)
{
	bool comment = len && *s == '#', in_comment = *pawl_buf_str(&r->line.text) == '#';

	if (comment && !in_comment) {
		pawl_say(r->line.messages, PAWL_ERROR, r->line.path, r->number, 1,
			 "found a comment inside a continued line, expected the rest of line %d",
			 r->line.parts[0].line);
		r->has_error = true;
		return false;
	}
	if (!comment && in_comment && !r->has_error)
		say_half_comment(r);
	return true;
}

static bool continue_conf_line(struct reader *r, const char *s, size_t len)
{
	if (*pawl_buf_str(&r->line.text) == '#' && (!len || *s != '#') && !r->has_error)
		say_half_comment(r);
	return true;
}

/* Joins s and the lines that it continues in; what a backslash at a line's end means. */
static void join_lines(struct reader *r, const char *s, size_t len)
{
	line_begin(r);
	for (;;) {
		bool more = len && s[len - 1] == '\\';
		bool first = r->line.part_count == 0;
		bool keep = first || (r->conf ? continue_conf_line(r, s, len)
					      : continue_recipe_line(r, s, len));

		if (keep)
			line_add(r, s, len - more);
		if (!more && keep)
			return;
		if (!next_line(r, &s, &len))
			break;
	}
	if (!r->has_error && (!r->conf || *pawl_buf_str(&r->line.text) == '#')) {
		pawl_say(r->line.messages, PAWL_ERROR, r->line.path, r->number, 1,
			 "found the end of the file after a \\, expected the rest of line %d",
			 r->line.parts[0].line);
		r->has_error = true;
	}
}

static void read_all(struct reader *r)
{
	const char *s;
	size_t len;

	while (next_line(r, &s, &len)) {
		if (function_line(r, s, len) || !len)
			continue;
		join_lines(r, s, len);
		handle_line(r);
	}
	if (r->mode == DEF)
		close_function(r);
	if (r->mode == FUNCTION)
		pawl_say(
			r->line.messages, PAWL_ERROR, r->line.path, r->open.line, 1,
				"found the end of the file inside function %s, expected a line "
				"with nothing but }",
			r->open.name ? r->open.name : "python");
}

/* ---- files ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct pawl_source *pawl_parse(struct pawl_arena *a, const char *path, const char *text, size_t len,
			       struct pawl_messages *m)
{
	struct pawl_source *f = pawl_arena_new(a, sizeof(*f));
	struct reader r = { .at = text, .end = text + len };
	const char *name = base_name(path);

	f->path = r.line.path = path;
	f->is_class = pawl_has_suffix(path, ".bbclass");
	r.line.arena = a;
	r.line.messages = m;
	r.conf = pawl_has_suffix(path, ".conf");
	r.class_name = f->is_class ? pawl_arena_span(a, name, strlen(name) - strlen(".bbclass"))
				   : "";
	read_all(&r);
	f->count = r.count;
	f->statements = pawl_arena_new(a, r.count * sizeof(*f->statements));
	if (r.count)
		memcpy(f->statements, r.statements, r.count * sizeof(*f->statements));
	pawl_mem_free(r.statements);
	pawl_buf_fini(&r.body);
	pawl_line_fini(&r.line);
	return f;
}
