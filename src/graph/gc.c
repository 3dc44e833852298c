/* SPDX-License-Identifier: MIT */
/* The care of the store: counting, verifying, and dropping what was not used for longest. */
#include "store_inner.h"
#include <assert.h>

/* ---- all blobs on disk ---- */

typedef int blob_fn(void *arg, const pawl_digest *d, bool x, enum pawl_shelf shelf,
		    const pawl_stat *st);

struct blobs {
	blob_fn *fn;
	void *arg;
	enum pawl_shelf shelf;
};

static int blob_entry(void *arg, const char *path, const pawl_stat *st)
{
	const struct blobs *b = arg;
	const char *name = strrchr(path, '/');
	pawl_digest d;
	bool x;

	name = name ? name + 1 : path;
	if (st->kind != PAWL_KIND_FILE || strlen(name) < PAWL_HEX_SIZE - 1 ||
	    pawl_digest_parse(name, &d) < 0)
		return 0;
	x = strcmp(name + PAWL_HEX_SIZE - 1, ".x") == 0;
	return x || !name[PAWL_HEX_SIZE - 1] ? b->fn(b->arg, &d, x, b->shelf, st) : 0;
}

static int each_blob(struct pawl_store *s, enum pawl_shelf shelf, blob_fn *fn, void *arg)
{
	static const char *const names[PAWL_SHELF_COUNT] = { "new", "blobs", "bad" };
	struct blobs b = { .fn = fn, .arg = arg, .shelf = shelf };
	struct pawl_buf path = { 0 };
	int r;

	pawl_path_set(&path, s->dir, names[shelf]);
	r = s->world->ops->walk(s->world, path.s, PAWL_DEPTH_MAX, blob_entry, &b);
	pawl_buf_fini(&path);
	return r == PAWL_ENOENT ? 0 : r;
}

/* ---- counting ---- */

static int count_blob(void *arg, const pawl_digest *d, bool x, enum pawl_shelf shelf,
		      const pawl_stat *st)
{
	struct pawl_store_stat *sum = arg;

	(void)d;
	if (shelf == PAWL_SHELF_BAD) {
		sum->bad++;
		return 0;
	}
	sum->blobs += !x;
	sum->bytes += st->size;
	return 0;
}

int pawl_store_stat(struct pawl_store *s, struct pawl_store_stat *ret_stat)
{
	struct pawl_store_stat sum = { 0 };
	int r = pawl_db_count(&s->db, "action", &sum.actions);

	if (r == 0)
		r = pawl_db_count(&s->db, "place", &sum.places);
	for (enum pawl_shelf shelf = 0; r == 0 && shelf < PAWL_SHELF_COUNT; shelf++)
		r = each_blob(s, shelf, count_blob, &sum);
	if (r == 0)
		*ret_stat = sum;
	return r;
}

/* ---- what is in use ---- */

struct gc {
	struct pawl_store *s;
	const struct pawl_gc_options *options;
	struct pawl_gc_result result;
	struct pawl_map held;  /* signatures that places hold */
	struct pawl_map blobs; /* digests that kept actions refer to */
	pawl_digest *drop;
	size_t drop_cap;
	int64_t bytes; /* of those blobs */
	int64_t wall;
	bool full; /* the limit was met: all that follow go */
};

static int hold_place(struct gc *gc, const void *data, size_t len)
{
	struct pawl_place p;
	char hex[PAWL_HEX_SIZE];

	if (pawl_place_decode(data, len, &p) < 0)
		return 0;
	for (size_t i = 0; i < p.held_count; i++) {
		pawl_digest_hex(&p.held[i].signature, hex);
		pawl_map_put(&gc->held, hex, gc);
	}
	pawl_place_fini(&p);
	return 0;
}

static int gc_place(void *arg, const char *folder, const void *data, size_t len)
{
	(void)folder;
	return data ? hold_place(arg, data, len) : 0;
}

/* Bytes of the delta's blobs that no kept action has yet; with keep, they are counted in. */
static int64_t new_bytes(struct gc *gc, const struct pawl_delta *d, bool keep)
{
	int64_t bytes = 0;
	char hex[PAWL_HEX_SIZE];

	for (size_t i = 0; i < d->set.len; i++) {
		const struct pawl_entry *e = &d->set.at[i];

		if (e->kind != PAWL_KIND_FILE)
			continue;
		pawl_digest_hex(&e->digest, hex);
		if (pawl_map_has(&gc->blobs, hex))
			continue;
		bytes += e->size;
		if (keep)
			pawl_map_put(&gc->blobs, hex, gc);
	}
	return bytes;
}

static void drop_action(struct gc *gc, const pawl_digest *signature)
{
	size_t n = (size_t)gc->result.actions_dropped++;

	if (n == gc->drop_cap) {
		gc->drop_cap = gc->drop_cap ? 2 * gc->drop_cap : 64;
		gc->drop = pawl_mem_grow(gc->drop, gc->drop_cap * sizeof *gc->drop);
	}
	gc->drop[n] = *signature;
}

static bool is_held(const struct gc *gc, const pawl_digest *signature)
{
	char hex[PAWL_HEX_SIZE];

	pawl_digest_hex(signature, hex);
	return pawl_map_has(&gc->held, hex);
}

/* First pass: what places hold counts before anything else. */
static int gc_keep_held(void *arg, const pawl_digest *signature, int64_t used, const void *data,
			size_t len)
{
	struct gc *gc = arg;
	struct pawl_delta d;

	(void)used;
	if (!is_held(gc, signature) || pawl_delta_decode(data, len, &d) < 0)
		return 0;
	gc->bytes += new_bytes(gc, &d, true);
	pawl_delta_fini(&d);
	return 0;
}

static bool too_much(const struct gc *gc, int64_t used, int64_t more)
{
	const struct pawl_gc_options *o = gc->options;

	if (o->keep_age && used < gc->wall - o->keep_age)
		return true;
	return o->keep_bytes && gc->bytes + more > o->keep_bytes;
}

/* Second pass: the last used first, until the limit. */
static int gc_action(void *arg, const pawl_digest *signature, int64_t used, const void *data,
		     size_t len)
{
	struct gc *gc = arg;
	struct pawl_delta d;

	if (is_held(gc, signature)) {
		gc->result.actions_kept++;
		return 0;
	}
	if (pawl_delta_decode(data, len, &d) < 0) {
		drop_action(gc, signature);
		return 0;
	}
	gc->full = gc->full || too_much(gc, used, new_bytes(gc, &d, false));
	if (gc->full) {
		drop_action(gc, signature);
	} else {
		gc->result.actions_kept++;
		gc->bytes += new_bytes(gc, &d, true);
	}
	pawl_delta_fini(&d);
	return 0;
}

/* ---- dropping ---- */

static int gc_blob(void *arg, const pawl_digest *d, bool x, enum pawl_shelf shelf,
		   const pawl_stat *st)
{
	struct gc *gc = arg;
	struct pawl_buf path = { 0 };
	char hex[PAWL_HEX_SIZE];
	int r = 0;

	pawl_digest_hex(d, hex);
	if (shelf != PAWL_SHELF_BAD && pawl_map_has(&gc->blobs, hex)) {
		gc->result.blobs_kept += !x;
		gc->result.bytes_kept += st->size;
		return 0;
	}
	gc->result.blobs_dropped += !x;
	gc->result.bytes_dropped += st->size;
	if (!gc->options->dry_run) {
		pawl_blob_path(gc->s, shelf, d, x, &path);
		r = gc->s->world->ops->unlink(gc->s->world, path.s);
		pawl_buf_fini(&path);
	}
	return r;
}

/* Places too long to be held in memory come one by one. */
static int hold_places(struct gc *gc)
{
	return pawl_db_places(&gc->s->db, SIZE_MAX, gc_place, gc);
}

int pawl_store_gc(struct pawl_store *s, const struct pawl_gc_options *options,
		  struct pawl_gc_result *ret_result)
{
	struct gc gc = { .s = s, .options = options, .wall = s->world->ops->wall(s->world) };
	int r = hold_places(&gc);

	assert(!s->flushing && !s->queue.len);
	assert(options->dry_run || !s->read_only);
	if (r == 0)
		r = pawl_db_actions(&s->db, gc_keep_held, &gc);
	if (r == 0)
		r = pawl_db_actions(&s->db, gc_action, &gc);
	/*
	 * First the actions, then their blobs: a crash in between leaves blobs too many, never too
	 * few.
	 */
	if (r == 0 && !options->dry_run)
		r = pawl_db_drop_actions(&s->db, gc.drop, (size_t)gc.result.actions_dropped);
	for (enum pawl_shelf shelf = 0; r == 0 && shelf < PAWL_SHELF_COUNT; shelf++)
		r = each_blob(s, shelf, gc_blob, &gc);
	if (r == 0)
		*ret_result = gc.result;
	pawl_map_fini(&gc.held);
	pawl_map_fini(&gc.blobs);
	pawl_mem_free(gc.drop);
	return r;
}

/* ---- verifying ---- */

struct verify {
	struct pawl_store *s;
	struct pawl_messages *messages;
	struct pawl_map bad; /* digests; value: set when reported */
	uint64_t blobs, damaged;
	pawl_digest *drop;
	size_t drop_len, drop_cap;
};

static int verify_blob(void *arg, const pawl_digest *d, bool x, enum pawl_shelf shelf,
		       const pawl_stat *st)
{
	struct verify *v = arg;
	struct pawl_hashed hashed;
	struct pawl_buf path = { 0 };
	char hex[PAWL_HEX_SIZE];
	int r;

	(void)st;
	v->blobs += !x;
	pawl_blob_path(v->s, shelf, d, x, &path);
	r = pawl_content_hash(v->s->world, &v->s->hasher, path.s, PAWL_ANY_SIZE, &hashed);
	pawl_buf_fini(&path);
	if (r == 0 && pawl_digest_is(&hashed.digest, d))
		return 0;
	pawl_digest_hex(d, hex);
	if (!pawl_map_has(&v->bad, hex)) {
		v->damaged++;
		pawl_map_put(&v->bad, hex, v);
		pawl_blob_damaged(v->s, d, r < 0 ? pawl_strerror(r) : "other content", v->messages);
	}
	return 0;
}

/* An action one of whose contents is not there. */
static bool action_broken(struct verify *v, const struct pawl_delta *d)
{
	struct pawl_buf path = { 0 };
	bool broken = false;
	pawl_stat st;

	for (size_t i = 0; !broken && i < d->set.len; i++)
		broken = d->set.at[i].kind == PAWL_KIND_FILE &&
			 pawl_blob_find(v->s, &d->set.at[i].digest, false, &path, &st) ==
				 PAWL_ENOENT;
	pawl_buf_fini(&path);
	return broken;
}

static int verify_action(void *arg, const pawl_digest *signature, int64_t used, const void *data,
			 size_t len)
{
	struct verify *v = arg;
	struct pawl_delta d;
	bool broken = true;

	(void)used;
	if (pawl_delta_decode(data, len, &d) == 0) {
		broken = action_broken(v, &d);
		pawl_delta_fini(&d);
	}
	if (!broken)
		return 0;
	if (v->drop_len == v->drop_cap) {
		v->drop_cap = v->drop_cap ? 2 * v->drop_cap : 16;
		v->drop = pawl_mem_grow(v->drop, v->drop_cap * sizeof *v->drop);
	}
	v->drop[v->drop_len++] = *signature;
	return 0;
}

int pawl_store_verify(struct pawl_store *s, struct pawl_messages *messages, uint64_t *ret_blobs,
		      uint64_t *ret_damaged)
{
	struct verify v = { .s = s, .messages = messages };
	int r;

	assert(!s->flushing && !s->queue.len && !s->read_only);
	r = each_blob(s, PAWL_SHELF_NEW, verify_blob, &v);
	if (r == 0)
		r = each_blob(s, PAWL_SHELF_BLOBS, verify_blob, &v);
	if (r == 0)
		r = pawl_db_actions(&s->db, verify_action, &v);
	if (r == 0 && v.drop_len)
		r = pawl_db_drop_actions(&s->db, v.drop, v.drop_len);
	if (r == 0) {
		*ret_blobs = v.blobs;
		*ret_damaged = v.damaged;
	}
	pawl_map_fini(&v.bad);
	pawl_mem_free(v.drop);
	return r;
}
