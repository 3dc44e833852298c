/* SPDX-License-Identifier: MIT */
/* Makes the signature of each task of a plan, and says what differs between two of them. */
#include "sign.h"

#include "format.h"

#include <stdio.h>
#include <stdlib.h>

enum { RANK_NONE = 9 };
#define FORM "2" /* of the text; another form is another signature */

struct signer {
	struct pawl_plan *plan;
	pawl_world *world;
	const struct pawl_hasher *hasher;
	struct pawl_messages *m;
	struct pawl_map files; /* path -> struct known */
	struct pawl_list mine; /* inputs of the node at work */
	struct pawl_buf text;
	struct pawl_list sorted;
	unsigned once;
	const char *root; /* of the walk at work */
	struct pawl_buf path;
};

/* A file that was read already. */
struct known {
	struct pawl_input *input;
	const char *value; /* of its field */
};

void pawl_field_add(struct pawl_buf *b, char kind, const char *name, const char *value)
{
	pawl_buf_fmt(b, "%c %zu ", kind, strlen(name));
	pawl_buf_text(b, name);
	pawl_buf_fmt(b, " %zu ", strlen(value));
	pawl_buf_text(b, value);
	pawl_buf_char(b, '\n');
}

static void add_field(struct signer *s, char kind, const char *name, const char *value)
{
	pawl_field_add(&s->text, kind, name, value);
}

/* ---- what a text says ---- */

static bool text_uses(const char *text, const char *name)
{
	char field[64];

	pawl_print(field, sizeof field, "%c %zu %s ", PAWL_FIELD_VAR, strlen(name), name);
	return strstr(text, field) != NULL;
}

static bool text_uses_sources(const char *text)
{
	return text_uses(text, "SRC_URI") || text_uses(text, "PAWL_UNPACK") ||
	       text_uses(text, "PAWL_PATCH");
}

bool pawl_node_uses_sources(const struct pawl_node *n)
{
	return n->sees_sources;
}

/* ---- input files ---- */

static struct pawl_input *note_input(struct signer *s, const char *path, enum pawl_input_kind kind,
				     const pawl_stat *st)
{
	struct pawl_input *in = pawl_arena_new(&s->plan->arena, sizeof *in);

	in->path = pawl_arena_text(&s->plan->arena, path);
	in->kind = kind;
	if (st)
		in->st = *st;
	pawl_list_add(&s->plan->inputs, in);
	pawl_list_add(&s->mine, in);
	return in;
}

int pawl_file_hash(pawl_world *w, const struct pawl_hasher *hasher, const char *path,
		   pawl_digest *ret_digest)
{
	const pawl_world_ops *o = w->ops;
	struct pawl_hash h = { 0 };
	static const size_t size = 65536;
	char *buf = pawl_mem_grow(NULL, size);
	size_t got;
	int file, r = o->open(w, path, 0, 0, &file);

	if (r) {
		pawl_mem_free(buf);
		return r;
	}
	pawl_hash_open(&h, hasher);
	while (!(r = o->read(w, file, buf, size, &got)) && got)
		pawl_hash_add(&h, buf, got);
	pawl_hash_end(&h, ret_digest);
	pawl_hash_close(&h);
	o->close(w, file);
	pawl_mem_free(buf);
	return r;
}

/*
 * What a copy of a file or folder has of its mode: nothing of what the usual umask takes away. The
 * most usual one is not told.
 */
static const char *mode_value(struct signer *s, const pawl_stat *st)
{
	unsigned mode = st->mode & 0755;

	if (mode == (st->kind == PAWL_KIND_DIR ? 0755 : 0644))
		return "";
	return mode == 0755 ? " x" : pawl_arena_fmt(&s->plan->arena, " %03o", mode);
}

/* The content of one file, or where a link points, as the value of a field. */
static const char *file_value(struct signer *s, const char *path, const pawl_stat *st)
{
	char hex[PAWL_HEX_SIZE], target[4096];
	pawl_digest d;
	int r;

	if (st->kind == PAWL_KIND_LINK) {
		r = s->world->ops->readlink(s->world, path, target, sizeof target);
		if (!r)
			return pawl_arena_fmt(&s->plan->arena, "-> %s", target);
	} else {
		r = pawl_file_hash(s->world, s->hasher, path, &d);
		if (!r) {
			pawl_digest_hex(&d, hex);
			return pawl_arena_fmt(&s->plan->arena, "%s%s", hex, mode_value(s, st));
		}
	}
	pawl_say(s->m, PAWL_ERROR, path, 0, 0, "cannot be read: %s", pawl_strerror(r));
	return "absent";
}

static void add_file(struct signer *s, const char *name, const char *path, const pawl_stat *st)
{
	struct known *k = pawl_map_get(&s->files, path);

	if (k) {
		pawl_list_add(&s->mine, k->input);
	} else {
		k = pawl_arena_new(&s->plan->arena, sizeof *k);
		k->input = note_input(s, path, PAWL_INPUT_FILE, st);
		k->value = file_value(s, path, st);
		pawl_map_put(&s->files, path, k);
	}
	add_field(s, PAWL_FIELD_FILE, name, k->value);
}

static void add_folder(struct signer *s, const char *path, const pawl_stat *st)
{
	note_input(s, path, PAWL_INPUT_DIR, st);
	add_field(s, PAWL_FIELD_FILE, path,
		  pawl_arena_fmt(&s->plan->arena, "folder%s", mode_value(s, st)));
}

static int add_walked(void *arg, const char *path, const pawl_stat *st)
{
	struct signer *s = arg;

	pawl_buf_clear(&s->path);
	pawl_buf_fmt(&s->path, "%s/%s", s->root, path);
	if (st->kind == PAWL_KIND_DIR) {
		add_folder(s, s->path.s, st);
	} else if (st->kind != PAWL_KIND_ODD) {
		add_file(s, s->path.s, s->path.s, st);
	}
	return 0;
}

static void add_input(struct signer *s, const char *path)
{
	pawl_stat st;
	int r = s->world->ops->stat(s->world, path, true, &st);

	if (r) {
		note_input(s, path, PAWL_INPUT_ABSENT, NULL);
		add_field(s, PAWL_FIELD_FILE, path, "absent");
	} else if (st.kind == PAWL_KIND_DIR) {
		add_folder(s, path, &st);
		s->root = path;
		r = s->world->ops->walk(s->world, path, UINT32_MAX, add_walked, s);
		if (r)
			pawl_say(s->m, PAWL_ERROR, path, 0, 0, "cannot be read: %s",
				 pawl_strerror(r));
	} else {
		add_file(s, path, path, &st);
	}
}

/*
 * do_x[file-checksums]: paths, each perhaps followed by ":True" or ":False" as BitBake writes them.
 */
static void add_checksums(struct signer *s, const struct pawl_node *n)
{
	const char *at = pawl_data_flag(n->folder->recipe->data, n->task, "file-checksums"), *w;
	size_t len;

	while (at && (w = pawl_word(&at, &len))) {
		char *path = pawl_arena_span(&s->plan->arena, w, len), *colon = strrchr(path, ':');

		if (colon && (!strcmp(colon, ":True") || !strcmp(colon, ":False")))
			*colon = 0;
		if (*path == '/')
			add_input(s, path);
		else
			pawl_say(s->m, PAWL_ERROR, n->folder->recipe->file, 0, 0,
				 "%s[file-checksums]: expected an absolute path, found '%s'",
				 n->task, path);
	}
}

/* The task that fetches counts for those after it; a task that sees the files answers for them. */
static void add_sources(struct signer *s, struct pawl_node *n)
{
	struct pawl_folder *f = n->folder;

	n->sees_sources = n->fetch || text_uses_sources(s->text.s);
	if (!n->sees_sources || pawl_folder_uris(s->plan, f))
		return;
	for (size_t i = 0; i < f->uri_count; i++) {
		if (!f->uris[i].remote)
			add_input(s, f->uris[i].path);
		else
			add_field(s, PAWL_FIELD_FILE, f->uris[i].file_name, f->uris[i].sha256);
	}
}

/* ---- one task ---- */

static void add_vars(struct signer *s, const struct pawl_node *n)
{
	struct pawl_arena a = { 0 };
	struct pawl_sigvar *vars;
	size_t count;

	if (!pawl_recipe_task_vars(n->folder->recipe, n->task, &a, &vars, &count)) {
		for (size_t i = 0; i < count; i++)
			add_field(s, PAWL_FIELD_VAR, vars[i].name, vars[i].value);
	}
	pawl_arena_fini(&a);
}

/* ---- how it is run ---- */

/* Words in which the work folder is called by its name: where it lies is another field. */
static void add_words(struct signer *s, const struct pawl_node *n, const char *name,
		      const char *words)
{
	const char *root = n->folder->path, *w;
	struct pawl_buf b = { 0 };
	size_t len, skip = strlen(root);

	while ((w = pawl_word(&words, &len))) {
		bool below = len >= skip && !memcmp(w, root, skip) &&
			     (len == skip || w[skip] == '/');

		pawl_buf_fmt(&b, "%s%s%.*s", b.len ? " " : "", below ? "${WORKDIR}" : "",
			     (int)(len - (below ? skip : 0)), w + (below ? skip : 0));
	}
	add_field(s, PAWL_FIELD_VAR, name, pawl_buf_str(&b));
	pawl_buf_fini(&b);
}

/* Flags that decide where and how the code runs, and what others see of what it made. */
static void add_flags(struct signer *s, const struct pawl_node *n)
{
	static const char *const flags[] = { "cleandirs", "dirs", "network", "sstate-inputdirs",
					     "umask" };
	struct pawl_data *d = n->folder->recipe->data;

	for (size_t i = 0; i < PAWL_COUNT(flags); i++) {
		const char *value = pawl_data_flag(d, n->task, flags[i]);
		char *name;

		if (!value)
			continue;
		name = pawl_arena_fmt(&s->plan->arena, "%s[%s]", n->task, flags[i]);
		if (!text_uses(s->text.s, name))
			add_words(s, n, name, value);
	}
}

static bool names_any(const char *words, const char *const *names)
{
	const char *w;
	size_t len;

	while (words && (w = pawl_word(&words, &len))) {
		for (size_t i = 0; names[i]; i++) {
			if (strlen(names[i]) == len && !memcmp(names[i], w, len))
				return true;
		}
	}
	return false;
}

/*
 * The folder in which a task runs may be in all that it makes, and what it sees of the machine
 * too. Whoever takes these folders out of signatures knows better.
 */
static void add_place(struct signer *s, const struct pawl_node *n)
{
	static const char *const folders[] = { "WORKDIR", "TMPDIR", "TOPDIR", NULL };
	struct pawl_data *d = n->folder->recipe->data;
	const char *host = pawl_data_get(d, "PAWL_HOST_PATHS");

	if (!text_uses(s->text.s, "WORKDIR") &&
	    !names_any(pawl_data_get(d, "BB_BASEHASH_IGNORE_VARS"), folders))
		add_field(s, PAWL_FIELD_VAR, "WORKDIR", n->folder->path);
	if (host && !text_uses(s->text.s, "PAWL_HOST_PATHS"))
		add_field(s, PAWL_FIELD_VAR, "PAWL_HOST_PATHS", host);
}

static int by_name(const void *a, const void *b)
{
	const struct pawl_node *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void add_deps(struct signer *s, const struct pawl_node *n)
{
	char hex[PAWL_HEX_SIZE];

	s->sorted.len = 0;
	for (size_t i = 0; i < n->after_count; i++)
		pawl_list_add(&s->sorted, n->after[i]);
	if (s->sorted.len)
		qsort(s->sorted.at, s->sorted.len, sizeof *s->sorted.at, by_name);
	for (size_t i = 0; i < s->sorted.len; i++) {
		const struct pawl_node *on = s->sorted.at[i];

		pawl_digest_hex(&on->signature, hex);
		add_field(s, PAWL_FIELD_DEP, on->name, hex);
	}
}

static void add_once(struct signer *s)
{
	char text[64];

	snprintf(text, sizeof text, "%lld.%u", (long long)s->world->ops->wall(s->world), s->once++);
	add_field(s, PAWL_FIELD_ONCE, "nostamp", text);
}

static void sign_node(struct signer *s, struct pawl_node *n)
{
	pawl_buf_clear(&s->text);
	add_field(s, PAWL_FIELD_TASK, n->name, FORM);
	s->mine.len = 0;
	if (!n->noexec) {
		add_vars(s, n);
		add_flags(s, n);
		add_place(s, n);
	}
	add_sources(s, n);
	add_checksums(s, n);
	add_deps(s, n);
	if (n->nostamp)
		add_once(s);
	n->fields = pawl_arena_span(&s->plan->arena, s->text.s, s->text.len);
	n->inputs = pawl_arena_new(&s->plan->arena, (s->mine.len + 1) * sizeof *n->inputs);
	n->input_count = s->mine.len;
	if (s->mine.len)
		memcpy(n->inputs, s->mine.at, s->mine.len * sizeof *n->inputs);
	pawl_hash_span(s->hasher, s->text.s, s->text.len, &n->signature);
}

int pawl_sign_plan(struct pawl_plan *p, pawl_world *w, const struct pawl_hasher *hasher,
		   struct pawl_messages *m)
{
	struct signer s = { .plan = p, .world = w, .hasher = hasher, .m = m };
	size_t errors = m->errors;

	for (size_t i = 0; i < p->count; i++)
		sign_node(&s, p->nodes[i]);
	pawl_map_fini(&s.files);
	pawl_buf_fini(&s.text);
	pawl_buf_fini(&s.path);
	pawl_list_fini(&s.sorted);
	pawl_list_fini(&s.mine);
	return m->errors == errors ? PAWL_OK : PAWL_EINVAL;
}

/* ---- what differs ---- */

static bool read_span(const char **at, const char **ret, size_t *ret_len)
{
	char *end;
	unsigned long long n = strtoull(*at, &end, 10);

	if (end == *at || *end != ' ' || memchr(end + 1, 0, n))
		return false;
	*ret = end + 1;
	*ret_len = n;
	*at = end + 1 + n;
	return true;
}

bool pawl_field_next(const char **at, struct pawl_field *ret_field)
{
	const char *p = *at;

	if (!*p || p[1] != ' ')
		return false;
	ret_field->kind = *p;
	p += 2;
	if (!read_span(&p, &ret_field->name, &ret_field->name_len) || *p++ != ' ')
		return false;
	if (!read_span(&p, &ret_field->value, &ret_field->value_len) || *p++ != '\n')
		return false;
	*at = p;
	return true;
}

static bool same_span(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && !memcmp(a, b, a_len);
}

/*
 * The field of `text` with the kind and name of f; false: none. The texts are in the same order
 * most of the time.
 */
static bool find_field(const char *text, const struct pawl_field *f, struct pawl_field *ret_field)
{
	while (pawl_field_next(&text, ret_field)) {
		if (ret_field->kind == f->kind &&
		    same_span(ret_field->name, ret_field->name_len, f->name, f->name_len))
			return true;
	}
	return false;
}

/* A value in one line: quoted, cut to what a person reads. */
static const char *brief(struct pawl_arena *a, const char *value, size_t len)
{
	enum { MOST = 60 };
	size_t n = len > MOST ? MOST : len;
	char *s = pawl_arena_fmt(a, "'%.*s%s'", (int)n, value, len > MOST ? "…" : "");

	for (char *p = s; *p; p++)
		*p = *p == '\n' || *p == '\t' ? ' ' : *p;
	return s;
}

static const char *say_var(struct pawl_arena *a, const struct pawl_field *was,
			   const struct pawl_field *is)
{
	const struct pawl_field *any = was ? was : is;
	const char *from, *to;

	if (!was)
		return pawl_arena_fmt(a, "variable %.*s is new: %s", (int)any->name_len, any->name,
				      brief(a, is->value, is->value_len));
	if (!is)
		return pawl_arena_fmt(a, "variable %.*s is no longer used; it was %s",
				      (int)any->name_len, any->name,
				      brief(a, was->value, was->value_len));
	from = was->value;
	to = is->value;
	if (was->value_len > 60 || is->value_len > 60 || memchr(from, '\n', was->value_len) ||
	    memchr(to, '\n', is->value_len)) {
		size_t skip = 0,
		       least = was->value_len < is->value_len ? was->value_len : is->value_len;

		/*
		 * long ones: from a little before the first difference, at a line's or word's start
		 */
		while (skip < least && from[skip] == to[skip])
			skip++;
		for (size_t back = 0;
		     skip && from[skip - 1] != '\n' && !(back > 20 && from[skip - 1] == ' ');
		     back++)
			skip--;
		return pawl_arena_fmt(a, "%s %.*s changed from %s%s to %s%s",
				      memchr(from, '\n', was->value_len) ? "function" : "variable",
				      (int)any->name_len, any->name, skip ? "…" : "",
				      brief(a, from + skip, was->value_len - skip), skip ? "…" : "",
				      brief(a, to + skip, is->value_len - skip));
	}
	return pawl_arena_fmt(a, "variable %.*s changed from %s to %s", (int)any->name_len,
			      any->name, brief(a, from, was->value_len),
			      brief(a, to, is->value_len));
}

static const char *say_field(struct pawl_arena *a, const struct pawl_field *was,
			     const struct pawl_field *is)
{
	const struct pawl_field *any = was ? was : is;
	const char *how = !was ? "is new" : !is ? "is gone" : "changed";
	int len = (int)any->name_len;

	switch (any->kind) {
	case PAWL_FIELD_VAR:
		return say_var(a, was, is);
	case PAWL_FIELD_FILE:
		if (is && same_span(is->value, is->value_len, "absent", 6))
			how = "is gone";
		return pawl_arena_fmt(a, "input file %.*s %s", len, any->name, how);
	case PAWL_FIELD_DEP:
		return pawl_arena_fmt(a, "task %.*s, on which it depends, %s", len, any->name, how);
	case PAWL_FIELD_ONCE:
		return "it is marked [nostamp] and runs every time";
	default:
		return "signatures are made in another way now";
	}
}

/* Kinds by what says most: a variable or file of the task itself before a task below it. */
static int rank(char kind)
{
	static const char order[] = { PAWL_FIELD_ONCE, PAWL_FIELD_VAR,  PAWL_FIELD_FILE,
				      PAWL_FIELD_DEP,  PAWL_FIELD_TASK, 0 };
	const char *at = strchr(order, kind);

	return at ? (int)(at - order) : RANK_NONE;
}

bool pawl_field_difference(const char *before, const char *after, struct pawl_arena *a,
			   const char **ret_line, const char **ret_task, pawl_digest *ret_was)
{
	struct pawl_field was, is, best_was, best_is, f;
	bool has_was = false, has_is = false, any = false;
	int best = RANK_NONE;

	for (const char *at = after; pawl_field_next(&at, &is);) {
		bool found = find_field(before, &is, &was);

		if (rank(is.kind) >= best ||
		    (found && same_span(was.value, was.value_len, is.value, is.value_len)))
			continue;
		best = rank(is.kind);
		best_is = is;
		best_was = was;
		has_is = any = true;
		has_was = found;
	}
	for (const char *at = before; pawl_field_next(&at, &was);) {
		if (rank(was.kind) >= best || find_field(after, &was, &f))
			continue;
		best = rank(was.kind);
		best_was = was;
		has_was = any = true;
		has_is = false;
	}
	*ret_line = NULL;
	*ret_task = NULL;
	if (!any)
		return false;
	*ret_line = say_field(a, has_was ? &best_was : NULL, has_is ? &best_is : NULL);
	if (has_was && has_is && best_is.kind == PAWL_FIELD_DEP &&
	    best_was.value_len == PAWL_HEX_SIZE - 1 && !pawl_digest_parse(best_was.value, ret_was))
		*ret_task = pawl_arena_span(a, best_is.name, best_is.name_len);
	return true;
}
