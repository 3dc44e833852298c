/* SPDX-License-Identifier: MIT */
/* The simulated shell: as much of its language as the build tool writes around a task. */
#include "sim/script.h"

#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a node has begun a script. */
struct sim_runs {
	struct sim_runs *next;
	const pawl_sim_node *node;
	unsigned count;
	char path[];
};

/* A text that is being read, and the command that is made of it. */
struct reader {
	struct script *script;
	const char *at, *end;
	unsigned line;
	char *words[SCRIPT_WORDS + 1];
	unsigned count;
	char *word; /* the one that is being made; NULL: none */
	size_t length, room;
	bool was_quoted;   /* the first word has quotes: it is no assignment */
	const char *wrong; /* what was not understood */
};

#define DEPTH_MAX 16

void *pawl_script_alloc_(struct script *s, size_t size)
{
	void *p = pawl_sim_process_alloc_(s->p, size);

	if (!p)
		pawl_port_fatal("the simulated shell is out of memory");
	return p;
}

static char *copy(struct script *s, const char *text, size_t size)
{
	char *p = pawl_script_alloc_(s, size + 1);

	memcpy(p, text, size);
	p[size] = '\0';
	return p;
}

void pawl_script_say_(struct script *s, const char *what, const char *about)
{
	char text[512];
	int n = snprintf(text, sizeof text, "%s:%u: %s%s%s\n", s->file, s->line, what,
			 about ? ": " : "", about ? about : "");

	if (s->p->out < 0)
		return;
	if ((size_t)n >= sizeof text) {
		n = sizeof text - 1;
		text[n - 1] = '\n';
	}
	(void)s->p->world->ops->write(s->p->world, s->p->out, text, (size_t)n);
}

/* ---- names ---- */

static struct script_name *find(struct script_name *list, const char *name, size_t size)
{
	while (list && (strncmp(list->name, name, size) != 0 || list->name[size]))
		list = list->next;
	return list;
}

static struct script_name *set(struct script *s, struct script_name **list, const char *name,
			       size_t size)
{
	struct script_name *n = find(*list, name, size);

	if (n)
		return n;
	n = pawl_script_alloc_(s, sizeof *n);
	*n = (struct script_name){ .next = *list, .name = copy(s, name, size) };
	*list = n;
	return n;
}

static void set_variable(struct script *s, const char *name, size_t size, const char *value)
{
	struct script_name *n = set(s, &s->variables, name, size);

	n->value = value;
	n->size = strlen(value);
}

static size_t name_length(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end &&
	       (at[n] == '_' || (at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z') ||
		(n && at[n] >= '0' && at[n] <= '9')))
		n++;
	return n;
}

/* ---- words ---- */

static void open_word(struct reader *r)
{
	if (r->word)
		return;
	r->room = 64;
	r->length = 0;
	r->word = pawl_script_alloc_(r->script, r->room);
}

static void put(struct reader *r, char c)
{
	open_word(r);
	if (r->length + 1 == r->room) {
		char *larger = pawl_script_alloc_(r->script, r->room * 2);

		memcpy(larger, r->word, r->length);
		r->word = larger;
		r->room *= 2;
	}
	r->word[r->length++] = c;
}

static void close_word(struct reader *r)
{
	if (!r->word)
		return;
	r->word[r->length] = '\0';
	if (r->count < SCRIPT_WORDS)
		r->words[r->count++] = r->word;
	else
		r->wrong = "too many words";
	r->word = NULL;
}

static void expand(struct reader *r, bool is_quoted)
{
	bool has_brace = r->at < r->end && *r->at == '{';
	const char *name = r->at + has_brace;
	size_t i, n = name_length(name, r->end);
	const struct script_name *v;

	if (!n || (has_brace && (name + n == r->end || name[n] != '}'))) {
		r->wrong = "an expansion";
		return;
	}
	r->at = name + n + has_brace;
	v = find(r->script->variables, name, n);
	for (i = 0; v && i < v->size; i++) {
		if (!is_quoted && strchr(" \t\n", v->value[i]))
			close_word(r);
		else
			put(r, v->value[i]);
	}
}

static void read_single(struct reader *r)
{
	open_word(r);
	while (r->at < r->end && *r->at != '\'') {
		r->line += *r->at == '\n';
		put(r, *r->at++);
	}
	if (r->at == r->end)
		r->wrong = "a quote without an end";
	else
		r->at++;
}

static void read_double(struct reader *r)
{
	open_word(r);
	while (!r->wrong && r->at < r->end && *r->at != '"') {
		char c = *r->at++;

		r->line += c == '\n';
		if (c == '\\' && r->at < r->end && strchr("\"$`\\", *r->at))
			put(r, *r->at++);
		else if (c == '$')
			expand(r, true);
		else if (c == '`')
			r->wrong = "a command in a word";
		else
			put(r, c);
	}
	if (r->wrong)
		return;
	if (r->at == r->end)
		r->wrong = "a quote without an end";
	else
		r->at++;
}

static void read_escape(struct reader *r)
{
	if (r->at == r->end)
		return;
	if (*r->at == '\n')
		r->line++;
	else
		put(r, *r->at);
	r->at++;
}

/* A character outside of quotes; true: the command ends here. */
static bool read_plain(struct reader *r)
{
	char c = *r->at++;

	if (c == '\n') {
		r->line++;
		return true;
	}
	if (c == ';')
		return true;
	if (c == ' ' || c == '\t')
		close_word(r);
	else if (c == '#' && !r->word)
		while (r->at < r->end && *r->at != '\n')
			r->at++;
	else if (c == '\\')
		read_escape(r);
	else if (c == '$')
		expand(r, false);
	else if (strchr("|&<>()`*?[{}~!", c))
		r->wrong = "more of the language than there is here";
	else
		put(r, c);
	return false;
}

/* Reads a command, which may have no words; false when there is none any more. */
static bool read_command(struct reader *r)
{
	if (r->at == r->end)
		return false;
	r->count = 0;
	r->was_quoted = false;
	while (r->at < r->end && !r->wrong) {
		if (!r->word && !r->count)
			r->script->line = r->line;
		if (*r->at == '\'' || *r->at == '"') {
			r->was_quoted |= !r->count && !r->word;
			if (*r->at++ == '\'')
				read_single(r);
			else
				read_double(r);
		} else if (read_plain(r)) {
			break;
		}
	}
	close_word(r);
	return !r->wrong;
}

/* ---- commands ---- */

/* `NAME() {`, on a line of its own, up to a line that is `}`: is it one, and is it whole? */
static bool read_function(struct reader *r)
{
	const char *name = r->at + strspn(r->at, " \t\n"), *body, *end;
	size_t n = name_length(name, r->end);
	struct script_name *f;

	if (!n || strncmp(name + n, "() {\n", 5) != 0)
		return false;
	body = name + n + 5;
	end = strstr(body - 1, "\n}\n");
	if (!end || end >= r->end) {
		r->script->line = r->line;
		r->wrong = "a function without an end";
		return false;
	}
	for (; r->at < body; r->at++)
		r->line += *r->at == '\n';
	f = set(r->script, &r->script->functions, name, n);
	f->value = body;
	f->size = (size_t)(end + 1 - body);
	f->line = r->line;
	for (; r->at < end + 3; r->at++)
		r->line += *r->at == '\n';
	return true;
}

static bool assign(struct script *s, char *word)
{
	size_t n = name_length(word, word + strlen(word));

	if (!n || word[n] != '=')
		return false;
	set_variable(s, word, n, word + n + 1);
	return true;
}

static int run(struct script *s, const char *text, size_t size, unsigned line);

static int run_command(struct reader *r)
{
	struct script *s = r->script;
	bool is_export = r->count == 2 && strcmp(r->words[0], "export") == 0;
	const struct script_name *f = find(s->functions, r->words[0], strlen(r->words[0]));

	if (is_export || (r->count == 1 && !r->was_quoted))
		if (assign(s, r->words[is_export]))
			return 0;
	if (!f)
		return pawl_script_command_(s, r->words, r->count);
	if (r->count == 1 && s->depth < DEPTH_MAX)
		return run(s, f->value, f->size, f->line);
	pawl_script_say_(s, "not understood: a call", f->name);
	return SCRIPT_UNKNOWN;
}

static int run(struct script *s, const char *text, size_t size, unsigned line)
{
	struct reader r = { .script = s, .at = text, .end = text + size, .line = line };
	int code = 0;

	s->depth++;
	while (code == 0) {
		while (read_function(&r)) {}
		if (r.wrong || !read_command(&r))
			break;
		code = r.count ? run_command(&r) : 0;
	}
	s->depth--;
	if (!r.wrong)
		return code;
	pawl_script_say_(s, "not understood", r.wrong);
	return SCRIPT_UNKNOWN;
}

/* ---- the program ---- */

static struct sim_runs *find_runs(const struct sim_machine *m, const pawl_sim_node *n,
				  const char *path)
{
	struct sim_runs *r = m->runs;

	while (r && (r->node != n || strcmp(r->path, path) != 0))
		r = r->next;
	return r;
}

unsigned pawl_script_runs_(const struct sim_machine *m, const pawl_sim_node *n, const char *path)
{
	const struct sim_runs *r = find_runs(m, n, path);

	return r ? r->count : 0;
}

unsigned pawl_sim_script_runs(pawl_sim_node *n, const char *path)
{
	return pawl_script_runs_(pawl_sim_world_from_(pawl_sim_node_world(n))->machine, n, path);
}

void pawl_sim_runs_free_(struct sim_machine *m)
{
	while (m->runs) {
		struct sim_runs *r = m->runs;

		m->runs = r->next;
		free(r);
	}
}

static void count_run(struct sim_machine *m, const pawl_sim_node *n, const char *path)
{
	struct sim_runs *r = find_runs(m, n, path);
	size_t size = strlen(path) + 1;

	if (!r) {
		r = calloc(1, sizeof *r + size);
		if (!r)
			pawl_port_fatal("the simulated shell is out of memory");
		memcpy(r->path, path, size);
		r->node = n;
		r->next = m->runs;
		m->runs = r;
	}
	r->count++;
}

int pawl_sim_script(pawl_sim_process *p)
{
	struct script s = { .p = p, .file = p->argv[1], .cwd = p->cwd };
	struct sim_world *w = pawl_sim_world_from_(p->world);
	const char *const *e;
	size_t size;
	char *text;
	int error;

	if (!s.file || p->argv[2]) {
		s.file = "sh";
		pawl_script_say_(&s, "takes one argument, the script", NULL);
		return SCRIPT_UNKNOWN;
	}
	count_run(w->machine, w->node, s.file);
	for (e = p->env; *e; e++)
		if (strchr(*e, '='))
			set_variable(&s, *e, (size_t)(strchr(*e, '=') - *e), strchr(*e, '=') + 1);
	text = pawl_script_read_(&s, s.file, &size, &error);
	if (!text) {
		pawl_script_say_(&s, "cannot be read", pawl_strerror(error));
		return SCRIPT_UNKNOWN;
	}
	return run(&s, text, size, 1);
}
