/* SPDX-License-Identifier: MIT */
/* Remembers what a finished build looked at, so that the next can tell by one stat for each. */
#include "build.h"
#include "data.h"
#include "look.h"

#include <stdio.h>

/*
 * <top>/cache/<digest of the question>.current holds the inputs (files and folders as they were
 * before they were read, and names that did not exist), the work folders with what stands in them,
 * the number of tasks, and a checksum. When all of it is still so, the same build has nothing to
 * do. The record says nothing that the slow way would not find out.
 */
#define MAGIC "pawl current 2\n"
enum { OF_LINK = 8 }; /* beside an input's kind: the link itself is meant */

struct reader {
	const char *at, *end;
	bool bad;
};

/* ---- the form ---- */

static void put_number(struct pawl_buf *b, uint64_t n)
{
	pawl_buf_add(b, &n, sizeof n);
}

static void put_span(struct pawl_buf *b, const void *s, size_t len)
{
	put_number(b, len);
	pawl_buf_add(b, s, len);
	pawl_buf_char(b, 0);
}

static uint64_t get_number(struct reader *r)
{
	uint64_t n = 0;

	if ((size_t)(r->end - r->at) < sizeof n) {
		r->bad = true;
		return 0;
	}
	memcpy(&n, r->at, sizeof n);
	r->at += sizeof n;
	return n;
}

static const char *get_span(struct reader *r, size_t *ret_len)
{
	uint64_t len = get_number(r);
	const char *s = r->at;

	if (r->bad || (size_t)(r->end - r->at) <= len) {
		r->bad = true;
		return "";
	}
	r->at += len + 1;
	*ret_len = len;
	return s;
}

static void put_stat(struct pawl_buf *b, const pawl_stat *st)
{
	put_number(b, (uint64_t)st->mtime);
	put_number(b, (uint64_t)st->ctime);
	put_number(b, (uint64_t)st->size);
	put_number(b, st->ino);
	put_number(b, st->mode);
}

static bool same_stat(struct reader *r, const pawl_stat *st)
{
	bool same = get_number(r) == (uint64_t)st->mtime;

	same &= get_number(r) == (uint64_t)st->ctime;
	same &= get_number(r) == (uint64_t)st->size;
	same &= get_number(r) == st->ino;
	same &= get_number(r) == st->mode;
	return same;
}

/* ---- the question ---- */

static char *record_path(struct pawl_graph *g, const pawl_build_options *o)
{
	struct pawl_hash h = { 0 };
	struct pawl_buf path = { 0 };
	char hex[PAWL_HEX_SIZE];
	pawl_digest d;

	pawl_hash_open(&h, &g->hasher);
	for (size_t i = 0; o->targets[i]; i++)
		pawl_hash_field(&h, "target", o->targets[i], strlen(o->targets[i]));
	if (o->task)
		pawl_hash_field(&h, "task", o->task, strlen(o->task));
	for (size_t i = 0; g->options.assign && g->options.assign[i]; i++)
		pawl_hash_field(&h, "assign", g->options.assign[i], strlen(g->options.assign[i]));
	if (g->options.own_layer)
		pawl_hash_field(&h, "layer", g->options.own_layer, strlen(g->options.own_layer));
	pawl_hash_end(&h, &d);
	pawl_hash_close(&h);
	pawl_digest_hex(&d, hex);
	pawl_buf_fmt(&path, "%s/cache/%.32s.current", g->options.top, hex);
	return path.s;
}

/* ---- saving ---- */

static bool put_input(struct pawl_graph *g, struct pawl_buf *b, const struct pawl_input *in)
{
	if (in->kind != PAWL_INPUT_ABSENT && in->st.ctime > pawl_graph_sure(g))
		return false;
	put_number(b, in->kind | (in->st.kind == PAWL_KIND_LINK ? OF_LINK : 0));
	put_span(b, in->path, strlen(in->path));
	put_stat(b, &in->st);
	return true;
}

/* What was looked at while loading, and since then: a SRC_URI is searched when it is needed. */
static bool put_looked_at(struct pawl_graph *g, struct pawl_buf *b, size_t more)
{
	struct pawl_input *inputs;
	bool good = true;
	size_t count;

	pawl_look_inputs(pawl_meta_look(g->meta), &inputs, &count);
	put_number(b, count + more);
	for (size_t i = 0; good && i < count; i++)
		good = put_input(g, b, &inputs[i]);
	pawl_mem_free(inputs);
	return good;
}

static bool put_inputs(struct pawl_graph *g, struct pawl_buf *b, const struct pawl_plan *p)
{
	if (!put_looked_at(g, b, p->inputs.len))
		return false;
	for (size_t i = 0; i < p->inputs.len; i++) {
		if (!put_input(g, b, p->inputs.at[i]))
			return false;
	}
	return true;
}

static void put_folders(struct pawl_buf *b, const struct pawl_plan *p)
{
	struct pawl_buf tree = { 0 };
	size_t count = 0;

	for (const struct pawl_folder *f = p->folders; f; f = f->next)
		count += f->site->place.tree.len > 0;
	put_number(b, count);
	for (const struct pawl_folder *f = p->folders; f; f = f->next) {
		if (!f->site->place.tree.len)
			continue;
		put_span(b, f->path, strlen(f->path));
		pawl_buf_clear(&tree);
		pawl_tree_encode(&f->site->place.tree, &tree);
		put_span(b, tree.s, tree.len);
	}
	pawl_buf_fini(&tree);
}

static void write_record(struct pawl_graph *g, const char *path, const struct pawl_buf *b)
{
	pawl_world *w = g->world;
	char *slash = strrchr(path, '/');
	struct pawl_buf temp = { 0 }, dir = { 0 };
	int file, r;

	pawl_buf_add(&dir, path, (size_t)(slash - path));
	pawl_buf_fmt(&temp, "%s.new", path);
	r = pawl_store_mkdirs(w, dir.s, 0755);
	if (!r)
		r = w->ops->open(w, temp.s, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file);
	if (!r) {
		r = w->ops->write(w, file, b->s, b->len);
		w->ops->close(w, file);
	}
	if (!r)
		r = w->ops->rename(w, temp.s, path);
	if (r)
		pawl_graph_say(g, PAWL_NOTE,
			       "%s cannot be written: %s; the next build will look at everything",
			       path, pawl_strerror(r));
	pawl_buf_fini(&temp);
	pawl_buf_fini(&dir);
}

void pawl_current_save(struct pawl_graph *g, const pawl_build_options *o, struct pawl_plan *p)
{
	struct pawl_buf b = { 0 };
	pawl_digest d;
	unsigned tasks = 0;
	bool ok = true;
	char *path;

	for (size_t i = 0; i < p->count; i++) {
		tasks += !p->nodes[i]->noexec;
		ok &= !p->nodes[i]->nostamp && !(p->nodes[i]->fetch && p->nodes[i]->target);
	}
	pawl_buf_text(&b, MAGIC);
	put_number(&b, tasks);
	put_span(&b, pawl_store_dir(g->store), strlen(pawl_store_dir(g->store)));
	if (ok && put_inputs(g, &b, p)) {
		put_folders(&b, p);
		pawl_hash_span(&g->hasher, b.s, b.len, &d);
		pawl_buf_add(&b, d.bytes, sizeof d.bytes);
		path = record_path(g, o);
		write_record(g, path, &b);
		pawl_mem_free(path);
	}
	pawl_buf_fini(&b);
}

/* ---- checking ---- */

static bool read_record(struct pawl_graph *g, const char *path, struct pawl_buf *ret)
{
	pawl_world *w = g->world;
	pawl_stat st;
	size_t got = 0, at = 0;
	int file;
	bool ok;

	if (w->ops->open(w, path, 0, 0, &file))
		return false;
	ok = !w->ops->fstat(w, file, &st);
	if (ok) {
		ret->s = pawl_mem_new((size_t)st.size + 1);
		while (at < (size_t)st.size &&
		       !w->ops->read(w, file, ret->s + at, (size_t)st.size - at, &got) && got)
			at += got;
		ret->len = at;
	}
	w->ops->close(w, file);
	return ok;
}

static bool inputs_same(struct pawl_graph *g, struct reader *r)
{
	uint64_t count = get_number(r);
	size_t len;

	for (uint64_t i = 0; i < count && !r->bad; i++) {
		uint64_t kind = get_number(r);
		const char *path = get_span(r, &len);
		pawl_stat st = { 0 };
		int got = g->world->ops->stat(g->world, path, !(kind & OF_LINK), &st);

		if (kind == PAWL_INPUT_ABSENT ? got != PAWL_ENOENT && got != PAWL_ENOTDIR
					      : got != 0)
			return false;
		if (!same_stat(r, &st))
			return false;
	}
	return !r->bad;
}

static bool folders_same(struct pawl_graph *g, struct reader *r)
{
	uint64_t count = get_number(r);
	size_t len;

	for (uint64_t i = 0; i < count && !r->bad; i++) {
		const char *path = get_span(r, &len), *bytes = get_span(r, &len);
		struct pawl_tree tree = { 0 };
		bool same;

		if (r->bad || pawl_tree_decode(bytes, len, &tree))
			return false;
		same = !pawl_tree_in_place(g->world, &g->hasher, path, &tree);
		pawl_tree_fini(&tree);
		if (!same)
			return false;
	}
	return !r->bad;
}

static bool store_there(struct pawl_graph *g, struct reader *r)
{
	struct pawl_buf path = { 0 };
	pawl_stat st;
	size_t len;
	bool there;

	pawl_buf_fmt(&path, "%s/pawl.db", get_span(r, &len));
	there = !r->bad && !g->world->ops->stat(g->world, path.s, true, &st);
	pawl_buf_fini(&path);
	return there;
}

bool pawl_current_check(struct pawl_graph *g, const pawl_build_options *o, unsigned *ret_tasks)
{
	char *path = record_path(g, o);
	struct pawl_buf b = { 0 };
	struct reader r;
	pawl_digest d;
	uint64_t tasks;
	bool ok = read_record(g, path, &b) && b.len > sizeof MAGIC - 1 + sizeof d.bytes &&
		  pawl_has_prefix(b.s, MAGIC);

	pawl_mem_free(path);
	if (ok) {
		b.len -= sizeof d.bytes;
		pawl_hash_span(&g->hasher, b.s, b.len, &d);
		ok = !memcmp(d.bytes, b.s + b.len, sizeof d.bytes);
	}
	if (ok) {
		r = (struct reader){ b.s + sizeof MAGIC - 1, b.s + b.len, false };
		tasks = get_number(&r);
		ok = store_there(g, &r) && inputs_same(g, &r) && folders_same(g, &r);
		if (ok)
			*ret_tasks = (unsigned)tasks;
	}
	pawl_buf_fini(&b);
	return ok;
}

static int drop_one(void *arg, const char *name, const pawl_stat *st)
{
	struct pawl_graph *g = arg;
	struct pawl_buf path = { 0 };

	if (st->kind == PAWL_KIND_FILE && pawl_has_suffix(name, ".current")) {
		pawl_buf_fmt(&path, "%s/cache/%s", g->options.top, name);
		g->world->ops->unlink(g->world, path.s);
		pawl_buf_fini(&path);
	}
	return 0;
}

void pawl_current_drop(struct pawl_graph *g)
{
	struct pawl_buf dir = { 0 };

	pawl_buf_fmt(&dir, "%s/cache", g->options.top);
	g->world->ops->walk(g->world, dir.s, 1, drop_one, g);
	pawl_buf_fini(&dir);
}
