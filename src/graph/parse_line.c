/* SPDX-License-Identifier: MIT */
/* The grammar of one line, and what is said when a line has none. */
#include "parse_line.h"

#include <stdio.h>

const char *const pawl_op_text[] = { "=", "?=", "?\?=", ":=", "+=", "=+", ".=", "=." };

void pawl_line_part(struct pawl_line *l, int line)
{
	if (l->part_count == l->part_cap) {
		l->part_cap = l->part_cap ? l->part_cap * 2 : 8;
		l->parts = pawl_mem_grow(l->parts, l->part_cap * sizeof(*l->parts));
	}
	l->parts[l->part_count++] = (struct pawl_line_part){ l->text.len, line };
}

void pawl_line_fini(struct pawl_line *l)
{
	pawl_buf_fini(&l->text);
	pawl_mem_free(l->parts);
}

/* ---- errors ---- */

static void wrong(struct pawl_line *l, const char *at, const char *found, const char *expected)
{
	size_t offset = (size_t)(at - pawl_buf_str(&l->text)), i = l->part_count - 1;
	const struct pawl_line_part *part;

	while (i && l->parts[i].offset > offset)
		i--;
	part = &l->parts[i];
	pawl_say(l->messages, PAWL_ERROR, l->path, part->line, (int)(offset - part->offset) + 1,
		 "found %s, expected %s", found, expected);
}

/* "'word'" at s, or "the end of the line" */
static const char *quoted_word(const char *s, char *buf, size_t size)
{
	size_t n = 0;

	while (s[n] && s[n] != ' ' && s[n] != '\t' && n < 40)
		n++;
	if (!n)
		return "the end of the line";
	snprintf(buf, size, "'%.*s'", (int)n, s);
	return buf;
}

static void wrong_word(struct pawl_line *l, const char *at, const char *expected)
{
	char buf[64];

	wrong(l, at, quoted_word(at, buf, sizeof(buf)), expected);
}

/* ---- pieces ---- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip_blank(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(char c)
{
	return is_alnum(c) || (c && strchr("-_+.${}/~:", c));
}

static bool is_function_name(char c)
{
	return is_alnum(c) || (c && strchr("_.-+{}$:", c)) || (unsigned char)c >= 0x80;
}

/* The text after `word` and blanks; NULL when the line is not `word something`. */
static const char *after_word(const char *s, const char *word)
{
	size_t n = strlen(word);
	const char *rest;

	if (strncmp(s, word, n) != 0 || !is_blank(s[n]))
		return NULL;
	rest = skip_blank(s + n);
	return *rest ? rest : NULL;
}

/* ---- functions ---- */

static bool function_open(const char *s, const char **ret_name, size_t *ret_len, bool *ret_python,
			  bool *ret_fakeroot)
{
	const char *name;

	for (;;) {
		if (strncmp(s, "python", 6) == 0 && (is_blank(s[6]) || s[6] == '(')) {
			*ret_python = true;
			s = skip_blank(s + 6);
		} else if (strncmp(s, "fakeroot", 8) == 0 && is_blank(s[8])) {
			*ret_fakeroot = true;
			s = skip_blank(s + 8);
		} else {
			break;
		}
	}
	for (name = s; is_function_name(*s); s++)
		;
	*ret_name = name;
	*ret_len = (size_t)(s - name);
	s = skip_blank(s);
	if (*s != '(')
		return false;
	s = skip_blank(s + 1);
	if (*s != ')')
		return false;
	s = skip_blank(s + 1);
	return s[0] == '{' && !s[1];
}

static bool parse_function(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	const char *name;
	size_t len;
	bool python = false;

	if (!function_open(s, &name, &len, &python, &st->fakeroot))
		return false;
	st->kind = python || !len ? PAWL_ST_PYTHON_FUNCTION : PAWL_ST_FUNCTION;
	if (!len)
		wrong(l, s, "an anonymous Python function",
		      "shell: inline Python is not supported");
	st->name = len ? pawl_arena_span(l->arena, name, len) : NULL;
	return true;
}

static bool parse_def(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	const char *name = after_word(s, "def");
	size_t len = 0;

	while (name &&
	       (is_alnum(name[len]) || name[len] == '_' || (unsigned char)name[len] >= 0x80))
		len++;
	if (!len || !strchr(name + len, ':'))
		return false;
	st->kind = PAWL_ST_DEF;
	st->name = pawl_arena_span(l->arena, name, len);
	return true;
}

/* ---- addtask, deltask ---- */

static const char *words_of(struct pawl_line *l, const struct pawl_buf *b)
{
	return pawl_arena_text(l->arena, pawl_buf_str(b));
}

/* addtask a b after c before d e, up to a # */
static void parse_addtask(struct pawl_line *l, const char *rest, struct pawl_statement *st)
{
	struct pawl_buf to[3] = { { 0 } }, *b = &to[0];
	char *text = pawl_arena_span(l->arena, rest, strcspn(rest, "#"));
	const char *at = text, *w;
	size_t n;

	while ((w = pawl_word(&at, &n))) {
		if (n == 5 && memcmp(w, "after", n) == 0) {
			b = &to[1];
		} else if (n == 6 && memcmp(w, "before", n) == 0) {
			b = &to[2];
		} else {
			if (b->len)
				pawl_buf_char(b, ' ');
			pawl_buf_add(b, w, n);
		}
	}
	st->kind = PAWL_ST_ADDTASK;
	st->text = words_of(l, &to[0]);
	st->after = words_of(l, &to[1]);
	st->before = words_of(l, &to[2]);
	for (int i = 0; i < 3; i++)
		pawl_buf_fini(&to[i]);
}

static bool parse_task(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	const char *rest = after_word(s, "addtask");

	if (rest && *rest != '#') {
		parse_addtask(l, rest, st);
		return true;
	}
	rest = after_word(s, "deltask");
	if (!rest || *rest == '#')
		return false;
	st->kind = PAWL_ST_DELTASK;
	st->text = pawl_arena_span(l->arena, rest, strcspn(rest, "#"));
	return true;
}

/* ---- statements of a word and a rest ---- */

struct word_statement {
	const char *word;
	enum pawl_statement_kind kind;
};

static bool parse_words(struct pawl_line *l, const char *s, const struct word_statement *table,
			size_t count, struct pawl_statement *st)
{
	for (size_t i = 0; i < count; i++) {
		const char *rest = after_word(s, table[i].word);

		if (rest) {
			st->kind = table[i].kind;
			st->text = pawl_arena_text(l->arena, rest);
			return true;
		}
	}
	return false;
}

static bool parse_recipe_words(struct pawl_line *l, const char *s, const char *class_name,
			       struct pawl_statement *st)
{
	static const struct word_statement table[] = {
		{ "EXPORT_FUNCTIONS", PAWL_ST_EXPORT_FUNCTIONS },
		{ "addhandler", PAWL_ST_HANDLER },
		{ "inherit", PAWL_ST_INHERIT },
		{ "inherit_defer", PAWL_ST_INHERIT_DEFER },
	};

	if (!parse_words(l, s, table, sizeof(table) / sizeof(*table), st))
		return parse_task(l, s, st);
	st->name = class_name;
	return true;
}

static bool parse_common_words(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	static const struct word_statement table[] = {
		{ "include", PAWL_ST_INCLUDE },
		{ "require", PAWL_ST_REQUIRE },
		{ "include_all", PAWL_ST_INCLUDE_ALL },
	};

	return parse_words(l, s, table, sizeof(table) / sizeof(*table), st);
}

/* export NAME, unset NAME, unset NAME[flag] */
static bool parse_name_words(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	const char *export = after_word(s, "export"),
		   *name = export ? export : after_word(s, "unset");
	size_t len = 0, flag = 0;

	while (name && name[len] != ':' && is_name(name[len]))
		len++;
	if (!len)
		return false;
	st->kind = export ? PAWL_ST_EXPORT : PAWL_ST_UNSET;
	st->name = pawl_arena_span(l->arena, name, len);
	name += len;
	if (!*name)
		return true;
	while (name[0] == '[' &&
	       (is_alnum(name[flag + 1]) || (name[flag + 1] && strchr("-_+.@", name[flag + 1]))))
		flag++;
	if (export || flag < 2 || strcmp(name + flag + 1, "]") != 0 || name[1] == '@')
		return false;
	st->flag = pawl_arena_span(l->arena, name + 1, flag);
	return true;
}

/* ---- assignments ---- */

/* The length of "[flag]" at s, or 0. */
static size_t flag_len(const char *s)
{
	size_t n = 2;

	if (s[0] != '[' || !(is_alnum(s[1]) || (s[1] && strchr("-_+.", s[1]))))
		return 0;
	while (is_alnum(s[n]) || (s[n] && strchr("-_+.@/", s[n])))
		n++;
	return s[n] == ']' ? n + 1 : 0;
}

/* The operator at s; false: none. */
static bool operator_at(const char *s, enum pawl_op *ret_op, size_t *ret_len)
{
	static const enum pawl_op order[] = {
		PAWL_OP_NOW,     PAWL_OP_WEAK,   PAWL_OP_DEFAULT, PAWL_OP_APPEND,
		PAWL_OP_PREPEND, PAWL_OP_PREDOT, PAWL_OP_DOT,     PAWL_OP_SET,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		size_t n = strlen(pawl_op_text[order[i]]);

		if (strncmp(s, pawl_op_text[order[i]], n) == 0) {
			*ret_op = order[i];
			*ret_len = n;
			return true;
		}
	}
	return false;
}

/* The second quote mark of a text that begins with one, when there are exactly three; else NULL. */
static const char *odd_quote(const char *s)
{
	char q = *s;
	const char *second = strchr(s + 1, q), *third = second ? strchr(second + 1, q) : NULL;

	return third && !third[1] ? second : NULL;
}

static bool is_quoted(const char *s)
{
	size_t n = strlen(s);

	return n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s && !odd_quote(s);
}

struct assignment {
	const char *op_at, *value_at; /* value_at: its opening quote */
	enum pawl_op op;
	size_t op_len;
};

/* Does `[flag] op "value"` stand at s (the name ends there)? */
static bool assignment_at(const char *s, size_t flag, struct assignment *a)
{
	a->op_at = skip_blank(s + flag);
	if (!operator_at(a->op_at, &a->op, &a->op_len))
		return false;
	a->value_at = skip_blank(a->op_at + a->op_len);
	if (is_quoted(a->value_at))
		return true;
	if (a->op_len == 2 && *a->op_at == '=') { /* =+ or =. may be = and something else */
		a->op = PAWL_OP_SET;
		a->op_len = 1;
		a->value_at = skip_blank(a->op_at + 1);
		return is_quoted(a->value_at);
	}
	return false;
}

static void check_blanks(struct pawl_line *l, const struct assignment *a)
{
	if (is_blank(a->op_at[-1]) && a->value_at > a->op_at + a->op_len)
		return;
	pawl_say(l->messages, PAWL_WARNING, l->path, l->parts[0].line, 0,
		 "no blank around the %s of an assignment", pawl_op_text[a->op]);
}

static bool take_assignment(struct pawl_line *l, const char *name, size_t len, size_t flag,
			    const struct assignment *a, struct pawl_statement *st)
{
	if (!len) {
		wrong_word(l, name, "the name of a variable");
		st->name = "";
		return true;
	}
	check_blanks(l, a);
	st->kind = PAWL_ST_SET;
	st->op = a->op;
	st->name = pawl_arena_span(l->arena, name, len);
	st->flag = flag ? pawl_arena_span(l->arena, name + len + 1, flag - 2) : NULL;
	st->text = pawl_arena_span(l->arena, a->value_at + 1, strlen(a->value_at) - 2);
	return true;
}

/* The shortest name after which an assignment stands. */
static bool parse_assignment_at(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	struct assignment a;

	for (size_t n = 0;; n++) {
		if (s[n] == '[' || is_blank(s[n]) || (s[n] && strchr("=?:+.", s[n]))) {
			size_t flag = flag_len(s + n);

			if ((flag || s[n] != '[') && assignment_at(s + n, flag, &a))
				return take_assignment(l, s, n, flag, &a, st);
		}
		if (!is_name(s[n]))
			return false;
	}
}

static bool parse_assignment(struct pawl_line *l, const char *s, struct pawl_statement *st)
{
	const char *rest = after_word(s, "export");

	if (rest && parse_assignment_at(l, rest, st)) {
		st->exported = true;
		return true;
	}
	return parse_assignment_at(l, s, st);
}

/* ---- lines that are nothing ---- */

static void say_bad_value(struct pawl_line *l, const char *value)
{
	char expected[64];
	size_t n = strlen(value);

	if (*value != '"' && *value != '\'') {
		wrong_word(l, value, "a value in quotes");
		return;
	}
	if (n >= 2 && value[n - 1] == *value && odd_quote(value)) {
		wrong_word(
			l, odd_quote(value),
			"the value to end with the line (use the other kind of quotes around it)");
		return;
	}
	snprintf(expected, sizeof(expected), "a closing %c at the end of the line", *value);
	wrong_word(l, value + n, expected);
}

static bool say_keyword(struct pawl_line *l, const char *s)
{
	static const char *const words[] = {
		"inherit", "inherit_defer", "include",          "require", "include_all", "addtask",
		"deltask", "addhandler",    "EXPORT_FUNCTIONS", "export",  "unset",
	};
	size_t n = strcspn(s, " \t");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) {
			wrong_word(l, skip_blank(s + n),
				   i < 9 ? "one name or more" : "the name of a variable");
			return true;
		}
	return false;
}

static void say_bad_assignment(struct pawl_line *l, const char *s)
{
	size_t n = 0, op_len;
	const char *at;
	enum pawl_op op;

	while (is_name(s[n]) && !operator_at(s + n, &op, &op_len))
		n++;
	if (!n) {
		wrong_word(l, s, "a variable, a function or a statement");
		return;
	}
	at = s + n;
	if (*at == '[' && !flag_len(at)) {
		wrong_word(l, at, "[flag]");
		return;
	}
	at = skip_blank(at + flag_len(at));
	if (operator_at(at, &op, &op_len))
		say_bad_value(l, skip_blank(at + op_len));
	else if (*at == '(')
		wrong_word(l, at, "() { at the end of a function's first line");
	else
		wrong_word(l, at, "an operator (= ?= ?\?= := += =+ .= =.)");
}

static void say_wrong(struct pawl_line *l, const char *s)
{
	if (is_blank(*s))
		wrong_word(l, skip_blank(s), "a statement at the start of the line");
	else if (after_word(s, "addfragments"))
		wrong(l, s, "addfragments", "a statement that pawl knows");
	else if (!say_keyword(l, s))
		say_bad_assignment(l, s);
}

enum pawl_line_result pawl_line_parse(struct pawl_line *l, bool conf, const char *class_name,
				      struct pawl_statement *st)
{
	const char *s = pawl_buf_str(&l->text);

	if (!conf) {
		if (parse_function(l, s, st))
			return PAWL_LINE_FUNCTION;
		if (parse_def(l, s, st))
			return PAWL_LINE_DEF;
		if (parse_recipe_words(l, s, class_name, st))
			return PAWL_LINE_STATEMENT;
	}
	if (parse_assignment(l, s, st))
		return *st->name ? PAWL_LINE_STATEMENT : PAWL_LINE_NOTHING;
	if (parse_common_words(l, s, st) || parse_name_words(l, s, st))
		return PAWL_LINE_STATEMENT;
	if (conf && after_word(s, "addpylib"))
		/* where Python finds modules: matters to Python only, which is refused */
		return PAWL_LINE_NOTHING;
	say_wrong(l, s);
	return PAWL_LINE_NOTHING;
}
