/* SPDX-License-Identifier: MIT */
/* Merging what several recipes published into one folder of hard links. */
#include "sysroot.h"
#include "store_inner.h"
#include <assert.h>
#include <stdlib.h>

/* As many may be damaged, and be left for pawl_sysroot_clean, before that is an error. */
#define NAMES_MAX 1000

/* One entry of the merged folder. */
struct item {
	const char *path; /* below the prefix */
	const struct pawl_entry *entry;
	size_t from; /* index of its publisher */
	bool x;      /* a program */
};

struct items {
	struct item *at;
	size_t len, cap;
	struct pawl_arena texts;
};

/* A folder that no delta tells of, because an earlier task made it. */
static const struct pawl_entry implied = { .kind = PAWL_KIND_DIR, .mode = 0755 };

/* ---- merging ---- */

static void add_item(struct items *list, const struct item *item)
{
	if (list->len == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->at = pawl_mem_grow(list->at, list->cap * sizeof *list->at);
	}
	list->at[list->len++] = *item;
}

static void add_publisher(struct items *list, const struct pawl_publisher *p, size_t index)
{
	size_t len = strlen(p->prefix);

	for (size_t i = 0; i < p->tree->len; i++) {
		const struct pawl_entry *e = &p->tree->at[i];
		struct item item = { .entry = e, .from = index, .x = e->mode & 0111 };

		if (strncmp(e->path, p->prefix, len) != 0 || e->path[len] != '/')
			continue;
		item.path = e->path + len + 1;
		add_item(list, &item);
	}
}

static int by_path(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = pawl_path_order(x->path, y->path);

	return order ? order : (x->from > y->from) - (x->from < y->from);
}

static bool agree(const struct pawl_entry *a, const struct pawl_entry *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == PAWL_KIND_LINK)
		return strcmp(a->target, b->target) == 0;
	return a->kind == PAWL_KIND_DIR || pawl_digest_is(&a->digest, &b->digest);
}

static const char *kind_text(const struct pawl_entry *e)
{
	if (e->kind == PAWL_KIND_DIR)
		return "a folder";
	return e->kind == PAWL_KIND_LINK ? "a link" : "a file";
}

static int say_conflict(const struct pawl_publisher *from, const struct item *a,
			const struct item *b, struct pawl_messages *messages)
{
	if (a->entry->kind == b->entry->kind)
		pawl_say(messages, PAWL_ERROR, NULL, 0, 0,
			 "sysroot: %s and %s both publish /%s, with different content",
			 from[a->from].name, from[b->from].name, a->path);
	else
		pawl_say(messages, PAWL_ERROR, NULL, 0, 0, "sysroot: /%s is %s of %s and %s of %s",
			 a->path, kind_text(a->entry), from[a->from].name, kind_text(b->entry),
			 from[b->from].name);
	return PAWL_EEXIST;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* The folders above an item that are not there yet; what comes before it has all of its own. */
static void add_above(struct items *list, const struct item *item)
{
	const char *last = list->len ? list->at[list->len - 1].path : "";

	for (const char *at = strchr(item->path, '/'); at; at = strchr(at + 1, '/')) {
		size_t len = (size_t)(at - item->path);
		struct item dir = { .entry = &implied, .from = item->from };

		if (strncmp(last, item->path, len) == 0 && (!last[len] || last[len] == '/'))
			continue;
		dir.path = pawl_arena_span(&list->texts, item->path, len);
		add_item(list, &dir);
	}
}

static int merge_one(const struct pawl_publisher *from, const struct item *item,
		     struct pawl_messages *messages, struct items *list)
{
	struct item *last = list->len ? &list->at[list->len - 1] : NULL;

	if (!last || strcmp(last->path, item->path) != 0) {
		if (last && last->entry->kind != PAWL_KIND_DIR && lies_in(item->path, last->path))
			return say_conflict(from, last, item, messages);
		add_above(list, item);
		add_item(list, item);
		return 0;
	}
	if (!agree(last->entry, item->entry))
		return say_conflict(from, last, item, messages);
	last->x |= item->x;
	return 0;
}

/* Sorts, leaves each path once, and tells all folders. */
static int merge(const struct pawl_publisher *from, size_t count, struct pawl_messages *messages,
		 struct items *list)
{
	struct items all = { 0 };
	int r = 0;

	for (size_t i = 0; i < count; i++)
		add_publisher(&all, &from[i], i);
	if (all.len)
		qsort(all.at, all.len, sizeof *all.at, by_path);
	for (size_t i = 0; i < all.len; i++) {
		int one = merge_one(from, &all.at[i], messages, list);

		if (one < 0)
			r = one;
	}
	pawl_mem_free(all.at);
	return r;
}

static void digest_of(const struct pawl_hasher *hasher, const struct items *list,
		      pawl_digest *ret_digest)
{
	static const char *const kinds[] = {
		[PAWL_KIND_FILE] = "file", [PAWL_KIND_DIR] = "dir", [PAWL_KIND_LINK] = "link"
	};
	struct pawl_hash h;

	pawl_hash_open(&h, hasher);
	for (size_t i = 0; i < list->len; i++) {
		const struct item *item = &list->at[i];
		const struct pawl_entry *e = item->entry;

		pawl_hash_field(&h, "path", item->path, strlen(item->path));
		if (e->kind == PAWL_KIND_FILE)
			pawl_hash_field(&h, item->x ? "program" : "file", e->digest.bytes,
					sizeof e->digest.bytes);
		else
			pawl_hash_field(&h, kinds[e->kind], e->target ? e->target : "",
					e->target ? strlen(e->target) : 0);
	}
	pawl_hash_end(&h, ret_digest);
	pawl_hash_close(&h);
}

/* ---- making ---- */

/*
 * The time of a copy: another than that of blobs, by more than any file system rounds. Copies are
 * synced before their folder gets its name.
 */
#define COPY_MTIME (PAWL_BLOB_MTIME + PAWL_S(10))

struct making {
	struct pawl_store *store;
	pawl_world *w;
	struct pawl_messages *messages;
	const char *root; /* the temporary name */
	struct pawl_buf path, blob;
	bool copied; /* something that could not be linked */
};

/* Once per sysroot every file is read: a disk may forget what a blob's time still vouches for. */
static int verify_link(struct making *m, const pawl_digest *want)
{
	struct pawl_hashed seen;
	int r = pawl_content_hash(m->w, pawl_store_hasher(m->store), m->path.s, PAWL_ANY_SIZE,
				  &seen);

	if (r < 0 || pawl_digest_is(&seen.digest, want))
		return r;
	return pawl_blob_damaged(m->store, want, "other content", m->messages);
}

static int copy_blob(struct making *m, const struct item *item)
{
	int r = m->w->ops->clone(m->w, m->blob.s, m->path.s, item->x ? 0555 : 0444);

	m->copied = true;
	return r < 0 ? r : m->w->ops->set_mtime(m->w, m->path.s, COPY_MTIME);
}

static int link_blob(struct making *m, const struct item *item)
{
	const struct pawl_blob blob = { item->entry->digest, item->entry->size };
	int r = PAWL_ENOENT;

	/* A flush may move the blob between finding and linking it, once. */
	for (int tries = 0; r == PAWL_ENOENT && tries < 2; tries++) {
		r = pawl_store_path(m->store, &blob, item->x, m->messages, &m->blob);
		if (r < 0)
			return r;
		r = m->w->ops->link(m->w, m->blob.s, m->path.s);
		/* Another file system, or too many links: a copy. */
		if (r < 0 && r != PAWL_ENOENT && r != PAWL_ENOTDIR && r != PAWL_EEXIST)
			r = copy_blob(m, item);
	}
	return r < 0 ? r : verify_link(m, &blob.digest);
}

static int make_one(struct making *m, const struct item *item)
{
	int r;

	switch (item->entry->kind) {
	case PAWL_KIND_DIR:
		return m->w->ops->mkdir(m->w, m->path.s, 0755);
	case PAWL_KIND_LINK:
		r = m->w->ops->symlink(m->w, item->entry->target, m->path.s);
		return r < 0 ? r : m->w->ops->set_mtime(m->w, m->path.s, PAWL_BLOB_MTIME);
	default:
		return link_blob(m, item);
	}
}

/* A folder that is complete has the time of a blob: whatever is added or removed later shows. */
static int close_dir(struct making *m, const char *path)
{
	return m->w->ops->set_mtime(m->w, path, PAWL_BLOB_MTIME);
}

static int close_dirs(struct making *m, const struct items *list)
{
	int r = 0;

	for (size_t i = list->len; r == 0 && i-- > 0;) {
		if (list->at[i].entry->kind != PAWL_KIND_DIR)
			continue;
		pawl_path_set(&m->path, m->root, list->at[i].path);
		r = close_dir(m, m->path.s);
	}
	return r < 0 ? r : close_dir(m, m->root);
}

/* Links need no sync: the flush sees to their blobs, and same_file() to those that it never saw. */
static int fill(struct making *m, const struct items *list)
{
	int r = m->w->ops->mkdir(m->w, m->root, 0755);

	for (size_t i = 0; r == 0 && i < list->len; i++) {
		pawl_path_set(&m->path, m->root, list->at[i].path);
		r = make_one(m, &list->at[i]);
	}
	if (r == 0)
		r = close_dirs(m, list);
	return r == 0 && m->copied ? m->w->ops->sync_all(m->w, m->root) : r;
}

static bool closed(pawl_world *w, const char *path)
{
	pawl_stat st;

	return w->ops->stat(w, path, false, &st) == 0 && st.kind == PAWL_KIND_DIR &&
	       st.mtime == PAWL_BLOB_MTIME;
}

static bool same_content(struct pawl_store *s, const pawl_digest *want, const char *path)
{
	struct pawl_hashed seen;

	return pawl_content_hash(s->world, &s->hasher, path, PAWL_ANY_SIZE, &seen) == 0 &&
	       pawl_digest_is(&seen.digest, want);
}

/*
 * Does the path lead to the blob that the store has now, or to a copy? After a power cut it may
 * lead to one that never reached the disk: the store has dropped that and made another since. Two
 * threads that put the same content also leave such a link, and there the content tells.
 */
static bool same_file(struct pawl_store *s, const struct item *item, const char *path)
{
	struct pawl_buf at = { 0 };
	pawl_stat st, blob;
	bool same;

	if (s->world->ops->stat(s->world, path, false, &st) < 0 || st.kind != PAWL_KIND_FILE ||
	    st.size != item->entry->size)
		return false;
	if (st.mtime == COPY_MTIME)
		return true;
	same = pawl_blob_find(s, &item->entry->digest, item->x, &at, &blob) == 0 &&
	       blob.ino == st.ino && blob.dev == st.dev;
	pawl_buf_fini(&at);
	return same || same_content(s, &item->entry->digest, path);
}

static bool intact_one(struct pawl_store *s, const struct item *item, const char *path)
{
	if (item->entry->kind == PAWL_KIND_DIR)
		return closed(s->world, path);
	return item->entry->kind != PAWL_KIND_FILE || same_file(s, item, path);
}

/* Is it there, with nothing added, removed or torn? */
static bool intact(struct pawl_store *s, const struct items *list, const char *root)
{
	struct pawl_buf path = { 0 };
	bool good = closed(s->world, root);

	for (size_t i = 0; good && i < list->len; i++) {
		pawl_path_set(&path, root, list->at[i].path);
		good = intact_one(s, &list->at[i], path.s);
	}
	pawl_buf_fini(&path);
	return good;
}

static void temporary(struct pawl_store *s, const char *dir, struct pawl_buf *ret_path)
{
	pawl_buf_fmt(ret_path, "%s/.%u.part", dir, atomic_fetch_add(&s->unique, 1));
}

/* Under a temporary name: it gets its own when it is complete. */
static int make(struct pawl_store *s, const char *dir, const struct items *list,
		struct pawl_messages *messages, struct pawl_buf *ret_root)
{
	struct making m = { .store = s, .w = s->world, .messages = messages };
	int r = pawl_store_mkdirs(s->world, dir, 0755);

	temporary(s, dir, ret_root);
	m.root = ret_root->s;
	if (r == 0)
		r = pawl_store_remove(s->world, m.root);
	if (r == 0)
		r = fill(&m, list);
	pawl_buf_fini(&m.path);
	pawl_buf_fini(&m.blob);
	return r;
}

/*
 * Gives what was made a name, as another thread may have done meanwhile: 0 when what has it is
 * whole, PAWL_EEXIST when that is damaged.
 */
static int put_in_place(struct pawl_store *s, const struct items *list, const char *made,
			const char *path)
{
	pawl_stat st;
	int r = s->world->ops->rename(s->world, made, path);

	if (r == 0 || intact(s, list, path))
		return 0;
	return s->world->ops->stat(s->world, path, false, &st) == 0 ? PAWL_EEXIST : r;
}

/*
 * The first of these names that is whole, or can be had. One that is damaged stays where it is: a
 * thread that found it so cannot take it away without taking away, at times, what another one has
 * put there in its place, and a task uses.
 */
static int find_or_make(struct pawl_store *s, const char *dir, const struct items *list,
			const char *hex, struct pawl_messages *messages, struct pawl_buf *ret_path)
{
	struct pawl_buf made = { 0 };
	int r = PAWL_EEXIST;

	for (unsigned n = 0; r == PAWL_EEXIST && n < NAMES_MAX; n++) {
		pawl_path_set(ret_path, dir, hex);
		if (n)
			pawl_buf_fmt(ret_path, ".%u", n);
		r = 0;
		if (intact(s, list, ret_path->s))
			break;
		if (!made.s)
			r = make(s, dir, list, messages, &made);
		if (r == 0)
			r = put_in_place(s, list, made.s, ret_path->s);
	}
	if (made.s)
		pawl_store_remove(s->world, made.s);
	pawl_buf_fini(&made);
	return r;
}

int pawl_sysroot_make(struct pawl_store *s, const char *dir, const struct pawl_publisher *from,
		      size_t count, struct pawl_messages *messages, struct pawl_buf *ret_path)
{
	struct pawl_buf path = { 0 };
	struct items list = { 0 };
	char hex[PAWL_HEX_SIZE];
	pawl_digest digest;
	int r = merge(from, count, messages, &list);

	if (r == 0) {
		digest_of(&s->hasher, &list, &digest);
		pawl_digest_hex(&digest, hex);
		r = find_or_make(s, dir, &list, hex, messages, &path);
	}
	if (r == 0)
		pawl_buf_text(ret_path, path.s);
	pawl_mem_free(list.at);
	pawl_arena_fini(&list.texts);
	pawl_buf_fini(&path);
	return r;
}

/* ---- cleaning ---- */

struct cleaning {
	pawl_world *w;
	const char *dir;
	bool all;
};

static int clean_one(void *arg, const char *name, const pawl_stat *st)
{
	const struct cleaning *c = arg;
	struct pawl_buf path = { 0 };
	int r;

	(void)st;
	if (!c->all && *name != '.')
		return 0;
	pawl_path_set(&path, c->dir, name);
	r = pawl_store_remove(c->w, path.s);
	pawl_buf_fini(&path);
	return r;
}

int pawl_sysroot_clean(pawl_world *w, const char *dir, bool all)
{
	struct cleaning c = { .w = w, .dir = dir, .all = all };

	return pawl_folder_each(w, dir, clean_one, &c);
}
