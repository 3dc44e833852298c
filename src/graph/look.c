/* SPDX-License-Identifier: MIT */
/* Files as the language sees them: looking, reading, searching a path and expanding patterns. */
#include "look.h"

#include <stdlib.h>

void pawl_look_fini(struct pawl_look *l)
{
	pawl_map_fini(&l->seen);
	pawl_map_fini(&l->sources);
	pawl_arena_fini(&l->arena);
}

static struct pawl_input *seen_slot(struct pawl_look *l, const char *path)
{
	void **slot = pawl_map_slot(&l->seen, path);
	struct pawl_input *in = *slot;

	if (!in) {
		*slot = in = pawl_arena_new(&l->arena, sizeof(*in));
		in->path = pawl_arena_text(&l->arena, path);
	}
	return in;
}

static void seen_as(struct pawl_input *in, const pawl_stat *st)
{
	in->st = *st;
	in->kind = st->kind == PAWL_KIND_DIR ? PAWL_INPUT_DIR : PAWL_INPUT_FILE;
}

const struct pawl_input *pawl_look_at(struct pawl_look *l, const char *path)
{
	struct pawl_input *in = seen_slot(l, path);
	pawl_stat st;

	if (!in->kind) {
		if (l->world->ops->stat(l->world, path, true, &st) == 0)
			seen_as(in, &st);
		else
			in->kind = PAWL_INPUT_ABSENT;
	}
	return in->kind == PAWL_INPUT_ABSENT ? NULL : in;
}

bool pawl_look_is_dir(struct pawl_look *l, const char *path)
{
	const struct pawl_input *in = pawl_look_at(l, path);

	return in && in->kind == PAWL_INPUT_DIR;
}

const char *pawl_look_which(struct pawl_look *l, const char *paths, const char *name)
{
	struct pawl_buf b = { 0 };
	const struct pawl_input *in = NULL;

	for (; paths && !in; paths = strchr(paths, ':') ? strchr(paths, ':') + 1 : NULL) {
		size_t len = strcspn(paths, ":");

		if (!len)
			continue;
		pawl_buf_clear(&b);
		pawl_buf_add(&b, paths, len);
		if (paths[len - 1] != '/')
			pawl_buf_char(&b, '/');
		pawl_buf_text(&b, name);
		in = pawl_look_at(l, pawl_buf_str(&b));
	}
	pawl_buf_fini(&b);
	return in ? in->path : NULL;
}

/* ---- reading ---- */

/* Up to the end; where a file ends as it was to be expected, nobody asks whether there is more. */
static int read_open(pawl_world *w, int file, size_t expected, struct pawl_buf *ret)
{
	char buf[16384];
	size_t n, size = 0;
	int r;

	while ((r = w->ops->read(w, file, buf, sizeof(buf), &n)) == 0 && n) {
		pawl_buf_add(ret, buf, n);
		size += n;
		if (size == expected && n < sizeof(buf))
			break;
	}
	return r;
}

int pawl_look_read(struct pawl_look *l, const char *path, struct pawl_buf *ret)
{
	pawl_world *w = l->world;
	struct pawl_input *in = seen_slot(l, path);
	pawl_stat st;
	int file, r = w->ops->open(w, path, 0, 0, &file);

	if (r < 0) {
		if (!in->kind)
			in->kind = PAWL_INPUT_ABSENT;
		return r;
	}
	r = w->ops->fstat(w, file, &st);
	if (r == 0 && st.kind == PAWL_KIND_DIR)
		r = PAWL_EISDIR;
	if (r == 0) {
		seen_as(in, &st);
		r = read_open(w, file, (size_t)st.size, ret);
	}
	w->ops->close(w, file);
	return r;
}

struct pawl_source *pawl_look_source(struct pawl_look *l, const char *path, struct pawl_arena *own,
				     int *ret_result)
{
	struct pawl_source *f = own ? NULL : pawl_map_get(&l->sources, path);
	struct pawl_arena *a = own ? own : &l->arena;
	struct pawl_buf b = { 0 };

	if (f)
		return f;
	*ret_result = pawl_look_read(l, path, &b);
	if (*ret_result == 0)
		f = pawl_parse(a, pawl_arena_text(a, path), pawl_buf_str(&b), b.len, l->messages);
	if (f && !own)
		pawl_map_put(&l->sources, path, f);
	pawl_buf_fini(&b);
	return f;
}

/* ---- patterns ---- */

/*
 * One character against a class at p ("[a-z]" or "[!x]"); *ret_end is after it; NULL when it is no
 * class.
 */
static bool class_match(const char *p, char c, const char **ret_end)
{
	bool negated = p[1] == '!', hit = false;
	const char *q = p + 1 + negated, *first = q;

	*ret_end = NULL;
	for (; *q && (*q != ']' || q == first); q++) {
		if (q[1] == '-' && q[2] && q[2] != ']') {
			hit |= (unsigned char)c >= (unsigned char)q[0] &&
			       (unsigned char)c <= (unsigned char)q[2];
			q += 2;
		} else {
			hit |= *q == c;
		}
	}
	if (!*q)
		return false;
	*ret_end = q + 1;
	return hit != negated;
}

static bool name_match(const char *p, const char *s)
{
	const char *end;
	bool hit;

	for (; *p; p++, s++) {
		if (*p == '*') {
			while (*s && !name_match(p + 1, s))
				s++;
			return *s || name_match(p + 1, s);
		}
		if (!*s)
			return false;
		if (*p == '[') {
			hit = class_match(p, *s, &end);
			if (end) {
				if (!hit)
					return false;
				p = end - 1;
				continue;
			}
		}
		if (*p != '?' && *p != *s)
			return false;
	}
	return !*s;
}

static bool has_magic(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '*' || s[i] == '?' || s[i] == '[')
			return true;
	return false;
}

struct gather {
	struct pawl_look *look;
	struct pawl_list *names;
};

static int gather_one(void *arg, const char *path, const pawl_stat *st)
{
	struct gather *g = arg;

	(void)st;
	pawl_list_add(g->names, pawl_arena_text(&g->look->arena, path));
	return st->kind == PAWL_KIND_DIR ? PAWL_WALK_SKIP : 0;
}

/* The names in a folder. */
static void list_dir(struct pawl_look *l, const char *dir, struct pawl_list *ret)
{
	struct gather g = { l, ret };

	if (pawl_look_is_dir(l, dir))
		l->world->ops->walk(l->world, dir, 1, gather_one, &g);
}

static void glob_from(struct pawl_look *l, const char *base, const char *rest,
		      struct pawl_list *ret);

static void glob_part(struct pawl_look *l, const char *base, const char *part, const char *rest,
		      struct pawl_list *ret)
{
	struct pawl_list names = { 0 };

	list_dir(l, *base ? base : "/", &names);
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.at[i];

		if ((*name == '.' && *part != '.') || !name_match(part, name))
			continue;
		glob_from(l, pawl_arena_fmt(&l->arena, "%s/%s", base, name), rest, ret);
	}
	pawl_list_fini(&names);
}

/* rest is "" or begins after a slash */
static void glob_from(struct pawl_look *l, const char *base, const char *rest,
		      struct pawl_list *ret)
{
	size_t len = strcspn(rest, "/");
	const char *next = rest[len] ? rest + len + 1 : "";
	char *part;

	if (!*rest) {
		pawl_list_add(ret, (void *)base);
		return;
	}
	part = pawl_arena_span(&l->arena, rest, len);
	if (has_magic(part, len)) {
		glob_part(l, base, part, next, ret);
		return;
	}
	base = pawl_arena_fmt(&l->arena, "%s/%s", base, part);
	if (*next && has_magic(next, strlen(next)))
		glob_from(l, base, next, ret);
	else if (*next)
		glob_from(l, base, next, ret);
	else if (pawl_look_at(l, base))
		pawl_list_add(ret, (void *)base);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void pawl_look_glob(struct pawl_look *l, const char *pattern, struct pawl_list *ret)
{
	size_t before = ret->len;

	if (*pattern != '/')
		return;
	glob_from(l, "", pattern + 1, ret);
	if (ret->len > before)
		qsort(ret->at + before, ret->len - before, sizeof(*ret->at), compare_names);
}

struct tree {
	struct pawl_look *look;
	const char *dir;
	struct pawl_list *files;
};

static int tree_one(void *arg, const char *path, const pawl_stat *st)
{
	struct tree *t = arg;
	char *whole = pawl_arena_fmt(&t->look->arena, "%s/%s", t->dir, path);

	if (st->kind == PAWL_KIND_DIR)
		seen_as(seen_slot(t->look, whole), st);
	else
		pawl_list_add(t->files, whole);
	return 0;
}

void pawl_look_tree(struct pawl_look *l, const char *dir, struct pawl_list *ret)
{
	struct tree t = { l, dir, ret };

	if (pawl_look_is_dir(l, dir))
		l->world->ops->walk(l->world, dir, 64, tree_one, &t);
}

void pawl_look_inputs(const struct pawl_look *l, struct pawl_input **ret, size_t *ret_count)
{
	struct pawl_input *at = pawl_mem_new((l->seen.count + 1) * sizeof(*at));
	size_t count = 0;

	for (size_t i = 0; i < l->seen.len; i++) {
		const struct pawl_input *in = l->seen.at[i].key ? l->seen.at[i].value : NULL;

		if (in && in->kind)
			at[count++] = *in;
	}
	*ret = at;
	*ret_count = count;
}
