/* SPDX-License-Identifier: MIT */
/* A reader of shell text that is only after the words in command position. */
#include "shellrefs.h"

enum { DEPTH_MAX = 200, HEREDOC_MAX = 16 };

/* What ends a list of commands. */
enum until { END, PAREN, CASE_ITEM };

struct shell {
	const char *p;
	struct pawl_map *found, *defined;
	int quiet; /* nothing is noted while above 0 */
	int depth;
	/* ends of here-documents that begin after this line */
	char *heredoc[HEREDOC_MAX];
	bool heredoc_tabs[HEREDOC_MAX];
	int heredocs;
};

static void read_list(struct shell *s, enum until until);

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

#define META ";&|<>()\n \t\r"

static bool is_meta(char c)
{
	return c && strchr(META, c);
}

/* ---- here-documents ---- */

static bool heredoc_line(const char *line, size_t len, const char *end, bool tabs)
{
	while (tabs && len && *line == '\t') {
		line++;
		len--;
	}
	return strlen(end) == len && memcmp(line, end, len) == 0;
}

/* After a newline: skips the here-documents that were announced. */
static void skip_heredocs(struct shell *s)
{
	for (int i = 0; i < s->heredocs; i++) {
		bool done = false;

		while (*s->p && !done) {
			size_t len = strcspn(s->p, "\n");

			done = heredoc_line(s->p, len, s->heredoc[i], s->heredoc_tabs[i]);
			s->p += len + (s->p[len] == '\n');
		}
		pawl_mem_free(s->heredoc[i]);
	}
	s->heredocs = 0;
}

static void add_heredoc(struct shell *s, const char *word, bool tabs)
{
	char *end = pawl_mem_text(word), *to = end;

	for (const char *from = word; *from; from++)
		if (!strchr("'\"\\", *from))
			*to++ = *from;
	*to = '\0';
	if (s->heredocs == HEREDOC_MAX) {
		pawl_mem_free(end);
		return;
	}
	s->heredoc[s->heredocs] = end;
	s->heredoc_tabs[s->heredocs++] = tabs;
}

/* ---- words ---- */

/* What a word is made of. */
struct word {
	struct pawl_buf text; /* as written */
	bool substitutes;     /* has $(…) or `…` at its top */
};

static void read_quoted(struct shell *s, struct word *w);

static void take(struct shell *s, struct word *w, size_t len)
{
	pawl_buf_add(&w->text, s->p, len);
	s->p += len;
}

static void read_single(struct shell *s, struct word *w)
{
	const char *end = strchr(s->p + 1, '\'');

	take(s, w, end ? (size_t)(end - s->p) + 1 : strlen(s->p));
}

/* $(…): a list of commands of its own */
static void read_command(struct shell *s, struct word *w)
{
	const char *from = s->p;

	s->p += 2;
	if (s->depth < DEPTH_MAX)
		read_list(s, PAREN);
	w->substitutes = true;
	pawl_buf_add(&w->text, from, (size_t)(s->p - from));
}

static void read_backticks(struct shell *s, struct word *w)
{
	struct pawl_buf inner = { 0 };
	struct shell sub = *s;

	pawl_buf_char(&w->text, *s->p++);
	for (; *s->p && *s->p != '`'; s->p++) {
		if (*s->p == '\\' && s->p[1] && strchr("`\\$", s->p[1]))
			s->p++;
		pawl_buf_char(&inner, *s->p);
		pawl_buf_char(&w->text, *s->p);
	}
	s->p += *s->p == '`';
	w->substitutes = true;
	sub.p = pawl_buf_str(&inner);
	sub.heredocs = 0;
	if (sub.depth < DEPTH_MAX)
		read_list(&sub, END);
	for (int i = 0; i < sub.heredocs; i++)
		pawl_mem_free(sub.heredoc[i]);
	pawl_buf_fini(&inner);
}

/* $((…)) */
static void read_arithmetic(struct shell *s, struct word *w)
{
	int open = 0;

	do {
		if (*s->p == '(')
			open++;
		else if (*s->p == ')')
			open--;
		take(s, w, 1);
	} while (*s->p && open);
}

/* ${…}: what it refers to counts for nothing */
static void read_parameter(struct shell *s, struct word *w)
{
	bool substitutes = w->substitutes;

	s->quiet++;
	s->depth++;
	take(s, w, 2);
	while (*s->p && *s->p != '}' && s->depth < DEPTH_MAX)
		read_quoted(s, w);
	if (*s->p)
		take(s, w, 1);
	s->depth--;
	s->quiet--;
	w->substitutes = substitutes;
}

static void read_double(struct shell *s, struct word *w)
{
	s->depth++;
	take(s, w, 1);
	while (*s->p && *s->p != '"') {
		if (*s->p == '\'' || s->depth >= DEPTH_MAX)
			take(s, w, 1);
		else
			read_quoted(s, w);
	}
	if (*s->p)
		take(s, w, 1);
	s->depth--;
}

/* One character or one quoted piece. */
static void read_quoted(struct shell *s, struct word *w)
{
	if (s->p[0] == '\\' && s->p[1] == '\n')
		s->p += 2;
	else if (s->p[0] == '\\' && s->p[1])
		take(s, w, 2);
	else if (s->p[0] == '\'')
		read_single(s, w);
	else if (s->p[0] == '"')
		read_double(s, w);
	else if (s->p[0] == '`')
		read_backticks(s, w);
	else if (strncmp(s->p, "$((", 3) == 0)
		take(s, w, 1), read_arithmetic(s, w);
	else if (strncmp(s->p, "$(", 2) == 0)
		read_command(s, w);
	else if (strncmp(s->p, "${", 2) == 0)
		read_parameter(s, w);
	else
		take(s, w, 1);
}

static void read_word(struct shell *s, struct word *w)
{
	pawl_buf_clear(&w->text);
	w->substitutes = false;
	for (;;) {
		size_t plain = strcspn(s->p, META "\\'\"`$");

		if (plain)
			take(s, w, plain);
		if (!*s->p || is_meta(*s->p))
			return;
		read_quoted(s, w);
	}
}

static bool is(const struct word *w, const char *text)
{
	return strcmp(pawl_buf_str(&w->text), text) == 0;
}

/* ---- between words ---- */

static void skip_blanks(struct shell *s)
{
	for (;;) {
		if (is_space(*s->p))
			s->p++;
		else if (s->p[0] == '\\' && s->p[1] == '\n')
			s->p += 2;
		else
			return;
	}
}

static void skip_newline(struct shell *s)
{
	s->p++;
	skip_heredocs(s);
}

/* Blanks, newlines and comments. */
static void skip_lines(struct shell *s)
{
	for (;;) {
		skip_blanks(s);
		if (*s->p == '#')
			s->p += strcspn(s->p, "\n");
		if (*s->p != '\n')
			return;
		skip_newline(s);
	}
}

/* <, >, << … and what follows it. */
static void read_redirect(struct shell *s)
{
	struct word w = { 0 };
	bool heredoc = strncmp(s->p, "<<", 2) == 0 && s->p[2] != '<';
	bool tabs = heredoc && s->p[2] == '-';

	s->p += strspn(s->p, "<>");
	if (tabs || *s->p == '&' || *s->p == '|')
		s->p++;
	skip_blanks(s);
	s->quiet++;
	read_word(s, &w);
	s->quiet--;
	if (heredoc)
		add_heredoc(s, pawl_buf_str(&w.text), tabs);
	pawl_buf_fini(&w.text);
}

/* ---- commands ---- */

static void note(struct shell *s, struct pawl_map *m, const struct word *w)
{
	if (!s->quiet && w->text.len)
		pawl_map_put(m, pawl_buf_str(&w->text), m);
}

/* for NAME in words, case WORD in: up to the words' end */
static void read_for(struct shell *s, struct word *w)
{
	skip_blanks(s);
	read_word(s, w);
	skip_lines(s);
	if (strncmp(s->p, "in", 2) != 0 || !is_meta(s->p[2]))
		return;
	s->p += 2;
	for (skip_blanks(s); *s->p && *s->p != ';' && *s->p != '\n' && *s->p != '#';
	     skip_blanks(s)) {
		if (is_meta(*s->p))
			s->p++;
		else
			read_word(s, w);
	}
}

/* One `pattern | pattern )` and its commands; false: there are no more. */
static bool read_case_item(struct shell *s, struct word *w)
{
	skip_lines(s);
	if (*s->p == '(')
		s->p++;
	for (;;) {
		skip_blanks(s);
		if (!*s->p)
			return false;
		if (*s->p == ')')
			break;
		if (is_meta(*s->p)) {
			s->p++;
			continue;
		}
		read_word(s, w);
		if (is(w, "esac"))
			return false;
	}
	s->p++;
	read_list(s, CASE_ITEM);
	if (strncmp(s->p, ";;", 2) != 0)
		return false; /* esac, or the end */
	s->p += 2;
	return true;
}

static void read_case(struct shell *s, struct word *w)
{
	skip_blanks(s);
	s->quiet++;
	read_word(s, w);
	s->quiet--;
	skip_lines(s);
	if (strncmp(s->p, "in", 2) != 0)
		return;
	s->p += 2;
	while (read_case_item(s, w))
		;
}

/* Words after which a command follows, and words that end one. */
static bool is_opener(const struct word *w)
{
	static const char *const words[] = { "if",    "then", "elif", "else", "while",
					     "until", "do",   "{",    "!" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(w, words[i]))
			return true;
	return false;
}

static bool is_closer(const struct word *w)
{
	return is(w, "fi") || is(w, "done") || is(w, "}") || is(w, "esac");
}

/* name() */
static bool read_definition(struct shell *s)
{
	const char *p = s->p + strspn(s->p, " \t");

	if (*p != '(')
		return false;
	p += 1 + strspn(p + 1, " \t");
	if (*p != ')')
		return false;
	s->p = p + 1;
	return true;
}

/* A word in command position; true when the next one is in command position too. */
static bool read_first(struct shell *s, struct word *w)
{
	const char *text = pawl_buf_str(&w->text);

	if (is_opener(w))
		return true;
	if (is(w, "for")) {
		read_for(s, w);
		return false;
	}
	if (is(w, "case")) {
		read_case(s, w);
		return false;
	}
	if (is_closer(w))
		return false;
	if (read_definition(s)) {
		note(s, s->defined, w);
		return true;
	}
	if (strchr(text, '=') || is(w, "eval"))
		return true;
	if (!w->substitutes && *text != '$')
		note(s, s->found, w);
	return false;
}

/* ; & | and their doubles */
static void read_operator(struct shell *s)
{
	if (*s->p == '\n')
		skip_newline(s);
	else
		s->p += 1 + (s->p[1] == s->p[0] && *s->p != ';');
}

/* A number before < or > is part of the redirection. */
static bool is_redirected_number(const struct shell *s)
{
	size_t n = 0;

	while (s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	return n && (s->p[n] == '<' || s->p[n] == '>');
}

static void read_list(struct shell *s, enum until until)
{
	struct word w = { 0 };
	bool first = true; /* the next word is in command position */

	s->depth++;
	for (;;) {
		skip_blanks(s);
		if (is_redirected_number(s))
			s->p += strspn(s->p, "0123456789");
		if (!*s->p)
			break;
		if (*s->p == '#') {
			s->p += strcspn(s->p, "\n");
		} else if (*s->p == ')') {
			s->p++;
			if (until == PAREN)
				break;
			first = false;
		} else if (*s->p == '(') {
			s->p++;
			if (s->depth < DEPTH_MAX)
				read_list(s, PAREN);
			first = false;
		} else if (*s->p == '<' || *s->p == '>') {
			read_redirect(s);
		} else if (is_meta(*s->p)) {
			if (until == CASE_ITEM && strncmp(s->p, ";;", 2) == 0)
				break;
			read_operator(s);
			first = true;
		} else {
			read_word(s, &w);
			if (first && until == CASE_ITEM && is(&w, "esac"))
				break;
			first = first && read_first(s, &w);
		}
	}
	s->depth--;
	pawl_buf_fini(&w.text);
}

void pawl_shellrefs(const char *text, struct pawl_map *ret)
{
	struct pawl_map found = { 0 }, defined = { 0 };
	struct shell s = { .p = text, .found = &found, .defined = &defined };

	read_list(&s, END);
	for (int i = 0; i < s.heredocs; i++)
		pawl_mem_free(s.heredoc[i]);
	for (size_t i = 0; i < found.len; i++)
		if (found.at[i].key && !pawl_map_has(&defined, found.at[i].key))
			pawl_map_put(ret, found.at[i].key, ret);
	pawl_map_fini(&found);
	pawl_map_fini(&defined);
}
