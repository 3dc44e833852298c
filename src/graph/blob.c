/* SPDX-License-Identifier: MIT */
/* Blobs: putting, finding and checking contents; many threads at once, the folder is the table. */
#include "store_inner.h"
#include <assert.h>

void pawl_blob_path(const struct pawl_store *s, enum pawl_shelf shelf, const pawl_digest *d, bool x,
		    struct pawl_buf *ret_path)
{
	static const char *const names[PAWL_SHELF_COUNT] = { "new", "blobs", "bad" };
	char hex[PAWL_HEX_SIZE];

	pawl_digest_hex(d, hex);
	pawl_path_set(ret_path, s->dir, names[shelf]);
	if (shelf == PAWL_SHELF_BLOBS)
		pawl_buf_fmt(ret_path, "/%.2s", hex);
	pawl_buf_fmt(ret_path, "/%s%s", hex, x ? ".x" : "");
}

/* A flush moves blobs from new to blobs: looked for in this order, none is missed. */
int pawl_blob_find(struct pawl_store *s, const pawl_digest *d, bool x, struct pawl_buf *ret_path,
		   pawl_stat *ret_stat)
{
	int r;

	pawl_blob_path(s, PAWL_SHELF_NEW, d, x, ret_path);
	r = s->world->ops->stat(s->world, ret_path->s, false, ret_stat);
	if (r != PAWL_ENOENT)
		return r;
	pawl_blob_path(s, PAWL_SHELF_BLOBS, d, x, ret_path);
	return s->world->ops->stat(s->world, ret_path->s, false, ret_stat);
}

/* ---- damage ---- */

static void set_aside(struct pawl_store *s, const pawl_digest *d, enum pawl_shelf shelf, bool x)
{
	struct pawl_buf from = { 0 }, to = { 0 };
	pawl_world *w = s->world;

	pawl_blob_path(s, shelf, d, x, &from);
	pawl_blob_path(s, PAWL_SHELF_BAD, d, x, &to);
	if (!x && w->ops->rename(w, from.s, to.s) == PAWL_ENOENT) {
		pawl_path_set(&to, s->dir, "bad");
		w->ops->mkdir(w, to.s, 0755);
		pawl_blob_path(s, PAWL_SHELF_BAD, d, x, &to);
		w->ops->rename(w, from.s, to.s);
	}
	w->ops->unlink(w, from.s);
	pawl_buf_fini(&from);
	pawl_buf_fini(&to);
}

int pawl_blob_damaged(struct pawl_store *s, const pawl_digest *d, const char *why,
		      struct pawl_messages *messages)
{
	char hex[PAWL_HEX_SIZE];

	pawl_digest_hex(d, hex);
	if (!s->read_only) {
		for (int x = 0; x < 2; x++) {
			set_aside(s, d, PAWL_SHELF_NEW, x);
			set_aside(s, d, PAWL_SHELF_BLOBS, x);
		}
	}
	if (messages)
		pawl_say(messages, PAWL_WARNING, NULL, 0, 0,
			 "store: blob %.12s is damaged (%s): task will run again", hex, why);
	return PAWL_ECORRUPT;
}

static bool marked(const pawl_stat *st, int64_t size)
{
	return st->kind == PAWL_KIND_FILE && st->mtime == PAWL_BLOB_MTIME && st->size == size;
}

/* `trust`: what has the mark is believed unread. */
static int check(struct pawl_store *s, const struct pawl_blob *b, bool trust,
		 struct pawl_messages *messages, struct pawl_buf *ret_path)
{
	struct pawl_hashed hashed;
	pawl_stat st;
	int r = pawl_blob_find(s, &b->digest, false, ret_path, &st);

	if (r == PAWL_ENOENT)
		return pawl_blob_damaged(s, &b->digest, "missing", messages);
	if (r < 0)
		return r;
	if (trust && marked(&st, b->size))
		return 0;
	if (st.kind != PAWL_KIND_FILE || st.size != b->size)
		return pawl_blob_damaged(s, &b->digest, "other size", messages);
	r = pawl_content_hash(s->world, &s->hasher, ret_path->s, b->size, &hashed);
	/* A flush has moved it, once. */
	if (r == PAWL_ENOENT && pawl_blob_find(s, &b->digest, false, ret_path, &st) == 0)
		r = pawl_content_hash(s->world, &s->hasher, ret_path->s, b->size, &hashed);
	if (r < 0)
		return pawl_blob_damaged(s, &b->digest, pawl_strerror(r), messages);
	if (!pawl_digest_is(&hashed.digest, &b->digest))
		return pawl_blob_damaged(s, &b->digest, "other content", messages);
	if (!s->read_only)
		s->world->ops->set_mtime(s->world, ret_path->s, PAWL_BLOB_MTIME);
	return 0;
}

int pawl_blob_check(struct pawl_store *s, const struct pawl_blob *b, struct pawl_messages *messages,
		    struct pawl_buf *ret_path)
{
	return check(s, b, true, messages, ret_path);
}

static int check_action(struct pawl_store *s, const struct pawl_action *action, bool trust,
			struct pawl_messages *messages)
{
	struct pawl_buf path = { 0 };
	int r = 0;

	for (size_t i = 0; i < action->delta.set.len; i++) {
		const struct pawl_entry *e = &action->delta.set.at[i];
		const struct pawl_blob blob = { e->digest, e->size };
		int one = 0;

		if (e->kind == PAWL_KIND_FILE && (!e->group || e->group == i + 1))
			one = check(s, &blob, trust, messages, &path);
		if (one < 0 && r != PAWL_ECORRUPT)
			r = one;
	}
	pawl_buf_fini(&path);
	return r;
}

int pawl_store_check(struct pawl_store *s, const struct pawl_action *action,
		     struct pawl_messages *messages)
{
	return check_action(s, action, true, messages);
}

int pawl_store_read(struct pawl_store *s, const struct pawl_action *action,
		    struct pawl_messages *messages)
{
	return check_action(s, action, false, messages);
}

/* ---- putting ---- */

/* One thing being put: read, hashed, written beside the others, renamed. */
struct put {
	struct pawl_store *store;
	struct pawl_blob blob;
	struct pawl_buf path, part;
	char *chunk; /* all of a small file */
	size_t chunk_len;
};

static void put_part_name(struct put *p)
{
	unsigned n = atomic_fetch_add(&p->store->unique, 1);

	pawl_path_set(&p->part, p->store->dir, "new");
	pawl_buf_fmt(&p->part, "/%u.part", n);
}

/* Is this content there and whole? What is there but not whole is set aside. */
static bool put_is_there(struct put *p)
{
	pawl_stat st;

	if (pawl_blob_find(p->store, &p->blob.digest, false, &p->path, &st) < 0)
		return false;
	if (marked(&st, p->blob.size))
		return true;
	return pawl_blob_check(p->store, &p->blob, NULL, &p->path) == 0;
}

static int put_finish(struct put *p)
{
	pawl_world *w = p->store->world;
	int r = w->ops->set_mtime(w, p->part.s, PAWL_BLOB_MTIME);

	if (r == 0) {
		pawl_blob_path(p->store, PAWL_SHELF_NEW, &p->blob.digest, false, &p->path);
		r = w->ops->rename(w, p->part.s, p->path.s);
	}
	if (r < 0)
		w->ops->unlink(w, p->part.s);
	return r;
}

static int put_small(struct put *p, const void *data, size_t len)
{
	int r;

	put_part_name(p);
	r = pawl_content_write(p->store->world, p->part.s, data, len, 0444);
	return r < 0 ? r : put_finish(p);
}

/*
 * Copied first (which costs little where the file system shares blocks), then hashed: one reading,
 * and what was copied is what counts.
 */
static int put_big(struct put *p, const char *from)
{
	pawl_world *w = p->store->world;
	struct pawl_hashed hashed;
	int r;

	put_part_name(p);
	r = w->ops->clone(w, from, p->part.s, 0444);
	if (r < 0)
		return r;
	r = pawl_content_hash(w, &p->store->hasher, p->part.s, PAWL_ANY_SIZE, &hashed);
	if (r == 0)
		p->blob = (struct pawl_blob){ hashed.digest, hashed.size };
	if (r == 0 && !put_is_there(p))
		return put_finish(p);
	w->ops->unlink(w, p->part.s);
	return r;
}

/* Reads until there is no room or the file ends: that is, most often, one byte before. */
static int read_all(pawl_world *w, int file, char *chunk, size_t size, size_t *ret_len)
{
	size_t len = 0, got = 1;
	int r = 0;

	while (r == 0 && got && (!len || len + 1 < size)) {
		r = w->ops->read(w, file, chunk + len, size - len, &got);
		if (r == 0)
			len += got;
	}
	*ret_len = len;
	return r;
}

/*
 * Reads a small file as a whole; *ret_small is false when it is none. Nobody asks for more when as
 * much was read as was to be expected, with room for more.
 */
static int put_read(struct put *p, const char *path, bool *ret_small)
{
	pawl_world *w = p->store->world;
	pawl_stat st;
	size_t size = 0;
	int file, r = w->ops->open(w, path, 0, 0, &file);

	if (r < 0)
		return r;
	r = w->ops->fstat(w, file, &st);
	if (r == 0 && st.kind != PAWL_KIND_FILE)
		r = st.kind == PAWL_KIND_DIR ? PAWL_EISDIR : PAWL_EINVAL;
	if (r == 0 && st.size < PAWL_CHUNK) {
		size = (size_t)st.size + 1;
		p->chunk = pawl_mem_grow(NULL, size);
		r = read_all(w, file, p->chunk, size, &p->chunk_len);
	}
	w->ops->close(w, file);
	*ret_small = p->chunk && p->chunk_len < size; /* else it has grown */
	return r;
}

static int put_span(struct put *p, const void *data, size_t len)
{
	pawl_hash_span(&p->store->hasher, data, len, &p->blob.digest);
	p->blob.size = (int64_t)len;
	return put_is_there(p) ? 0 : put_small(p, data, len);
}

static int put_file(struct put *p, const char *path)
{
	bool small;
	int r = put_read(p, path, &small);

	if (r < 0)
		return r;
	return small ? put_span(p, p->chunk, p->chunk_len) : put_big(p, path);
}

static int put_end(struct put *p, int r, struct pawl_blob *ret_blob)
{
	pawl_buf_fini(&p->path);
	pawl_buf_fini(&p->part);
	pawl_mem_free(p->chunk);
	if (r == 0)
		*ret_blob = p->blob;
	return r;
}

int pawl_store_put(struct pawl_store *s, const char *path, struct pawl_blob *ret_blob)
{
	struct put p = { .store = s };

	assert(!s->read_only);
	return put_end(&p, put_file(&p, path), ret_blob);
}

int pawl_store_put_span(struct pawl_store *s, const void *data, size_t len,
			struct pawl_blob *ret_blob)
{
	struct put p = { .store = s };

	assert(!s->read_only);
	return put_end(&p, put_span(&p, data, len), ret_blob);
}

/* ---- blobs that can be linked to ---- */

/* Makes <hex>.x beside the verified blob at `from`. */
static int make_x(struct pawl_store *s, const struct pawl_blob *b, const char *from,
		  struct pawl_buf *ret_path)
{
	struct put p = { .store = s };
	struct pawl_hashed hashed;
	pawl_world *w = s->world;
	int r;

	put_part_name(&p);
	r = w->ops->clone(w, from, p.part.s, 0555);
	if (r == 0)
		r = pawl_content_hash(w, &s->hasher, p.part.s, b->size, &hashed);
	if (r == 0 && !pawl_digest_is(&hashed.digest, &b->digest))
		r = PAWL_ECORRUPT;
	if (r == 0)
		r = w->ops->set_mtime(w, p.part.s, PAWL_BLOB_MTIME);
	if (r == 0) {
		pawl_blob_path(s, PAWL_SHELF_NEW, &b->digest, true, ret_path);
		r = w->ops->rename(w, p.part.s, ret_path->s);
	}
	if (r < 0)
		w->ops->unlink(w, p.part.s);
	pawl_buf_fini(&p.part);
	return r;
}

int pawl_store_path(struct pawl_store *s, const struct pawl_blob *blob, bool x,
		    struct pawl_messages *messages, struct pawl_buf *ret_path)
{
	struct pawl_buf from = { 0 };
	pawl_stat st;
	int r;

	if (x) {
		r = pawl_blob_find(s, &blob->digest, true, ret_path, &st);
		if (r == 0 && marked(&st, blob->size))
			return 0;
	}
	r = pawl_blob_check(s, blob, messages, x ? &from : ret_path);
	if (r == 0 && x) {
		r = make_x(s, blob, from.s, ret_path);
		if (r == PAWL_ECORRUPT)
			pawl_blob_damaged(s, &blob->digest, "other content", messages);
	}
	pawl_buf_fini(&from);
	return r;
}
