/* SPDX-License-Identifier: MIT */
/* Trees and deltas as bytes: compact, versioned, with a sum, safe to decode whatever they hold. */
#include "store_inner.h"
#include <assert.h>

#define MAGIC_SIZE 4
#define SUM_SIZE 8

void pawl_put_number(struct pawl_buf *out, uint64_t n)
{
	for (; n >= 128; n >>= 7)
		pawl_buf_char(out, (char)(n | 128));
	pawl_buf_char(out, (char)n);
}

/* Signed numbers: small ones of either sign are short. */
static void put_signed(struct pawl_buf *out, int64_t n)
{
	pawl_put_number(out, ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0));
}

void pawl_put_text(struct pawl_buf *out, const char *s)
{
	size_t len = strlen(s);

	pawl_put_number(out, len);
	pawl_buf_add(out, s, len);
}

void pawl_put_digest(struct pawl_buf *out, const pawl_digest *d)
{
	pawl_buf_add(out, d->bytes, sizeof d->bytes);
}

static size_t left(const struct pawl_reader *r)
{
	return (size_t)(r->end - r->at);
}

uint64_t pawl_get_number(struct pawl_reader *r)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64 && !r->bad && left(r); shift += 7) {
		uint8_t byte = *r->at++;

		n |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return n;
	}
	r->bad = true;
	return 0;
}

static int64_t get_signed(struct pawl_reader *r)
{
	uint64_t n = pawl_get_number(r);

	return (int64_t)((n >> 1) ^ (n & 1 ? UINT64_MAX : 0));
}

/* The next n bytes, or NULL. */
static const void *get_span(struct pawl_reader *r, uint64_t n)
{
	const void *at = r->at;

	if (r->bad || n > left(r)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return at;
}

const char *pawl_get_text(struct pawl_reader *r, struct pawl_arena *texts)
{
	uint64_t len = pawl_get_number(r);
	const char *s = get_span(r, len);

	if (s && memchr(s, '\0', (size_t)len))
		r->bad = true;
	return s && !r->bad ? pawl_arena_span(texts, s, (size_t)len) : "";
}

void pawl_get_digest(struct pawl_reader *r, pawl_digest *ret_digest)
{
	const void *d = get_span(r, sizeof ret_digest->bytes);

	memset(ret_digest, 0, sizeof *ret_digest);
	if (d)
		memcpy(ret_digest->bytes, d, sizeof ret_digest->bytes);
}

/* A change of any one word of eight bytes changes the sum: each step is a bijection. */
static uint64_t sum(const uint8_t *data, size_t len)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ len;

	while (len) {
		size_t n = len < 8 ? len : 8;
		uint64_t word = 0;

		for (size_t i = 0; i < n; i++)
			word |= (uint64_t)data[i] << (8 * i);
		h = (h ^ word) * 0xd6e8feb86659fd93u;
		h ^= h >> 32;
		data += n;
		len -= n;
	}
	return h;
}

size_t pawl_seal_begin(struct pawl_buf *out, const char magic[4])
{
	size_t begin = out->len;

	pawl_buf_add(out, magic, MAGIC_SIZE);
	return begin;
}

void pawl_seal_end(struct pawl_buf *out, size_t begin)
{
	uint64_t h = sum((const uint8_t *)out->s + begin, out->len - begin);

	for (int i = 0; i < SUM_SIZE; i++)
		pawl_buf_char(out, (char)(h >> (8 * i)));
}

int pawl_seal_open(const void *data, size_t len, const char magic[4],
		   struct pawl_reader *ret_reader)
{
	const uint8_t *bytes = data;
	uint64_t h = 0;

	if (len < MAGIC_SIZE + SUM_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0)
		return PAWL_ECORRUPT;
	len -= SUM_SIZE;
	for (int i = 0; i < SUM_SIZE; i++)
		h |= (uint64_t)bytes[len + (size_t)i] << (8 * i);
	if (h != sum(bytes, len))
		return PAWL_ECORRUPT;
	*ret_reader = (struct pawl_reader){ .at = bytes + MAGIC_SIZE, .end = bytes + len };
	return 0;
}

/* ---- entries ---- */

/* Paths share their beginnings with the one before. */
static void put_path(struct pawl_buf *out, const char *before, const char *path)
{
	size_t same = 0;

	while (before[same] && before[same] == path[same])
		same++;
	pawl_put_number(out, same);
	pawl_put_text(out, path + same);
}

/* Is every part of it a name? */
static bool path_good(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!len || (len <= 2 && strncmp(path, "..", len) == 0))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

static const char *get_path(struct pawl_reader *r, struct pawl_arena *texts, const char *before)
{
	uint64_t same = pawl_get_number(r);
	uint64_t len = pawl_get_number(r);
	const char *rest = get_span(r, len);
	char *path;

	if (!rest || same > strlen(before) || memchr(rest, '\0', (size_t)len)) {
		r->bad = true;
		return "";
	}
	path = pawl_arena_new(texts, (size_t)(same + len) + 1);
	memcpy(path, before, (size_t)same);
	memcpy(path + same, rest, (size_t)len);
	if (!path_good(path) || (*before && pawl_path_order(before, path) >= 0))
		r->bad = true;
	return path;
}

static void put_entry(struct pawl_buf *out, const struct pawl_entry *e, bool fingerprint)
{
	pawl_put_number(out, (unsigned)e->kind | (e->sure && fingerprint ? 8u : 0u));
	pawl_put_number(out, e->mode);
	put_signed(out, e->mtime);
	if (e->kind == PAWL_KIND_FILE) {
		put_signed(out, e->size);
		pawl_put_number(out, e->group);
		pawl_put_digest(out, &e->digest);
	} else if (e->kind == PAWL_KIND_LINK) {
		pawl_put_text(out, e->target);
	}
	if (fingerprint) {
		pawl_put_number(out, e->ino);
		put_signed(out, e->ctime - e->mtime);
	}
}

static void get_entry(struct pawl_reader *r, struct pawl_arena *texts, bool fingerprint,
		      struct pawl_entry *e)
{
	uint64_t kind = pawl_get_number(r);
	uint64_t mode = pawl_get_number(r);

	e->sure = kind & 8;
	e->kind = (enum pawl_kind)(kind & 7);
	e->mode = (uint32_t)mode;
	e->mtime = get_signed(r);
	if ((kind & ~8u) < PAWL_KIND_FILE || (kind & ~8u) > PAWL_KIND_LINK || mode > 07777)
		r->bad = true;
	if (e->kind == PAWL_KIND_FILE) {
		e->size = get_signed(r);
		e->group = (uint32_t)pawl_get_number(r);
		pawl_get_digest(r, &e->digest);
		r->bad |= e->size < 0;
	} else if (e->kind == PAWL_KIND_LINK) {
		e->target = pawl_get_text(r, texts);
		r->bad |= !*e->target;
	}
	if (fingerprint) {
		e->ino = pawl_get_number(r);
		e->ctime = (int64_t)((uint64_t)e->mtime + (uint64_t)get_signed(r));
	}
}

/* A group is named by its first member, which comes before the others and is a file too. */
static bool group_good(const struct pawl_tree *t, const struct pawl_entry *e)
{
	size_t index = t->len - 1;

	if (!e->group || e->group == index + 1)
		return true;
	return e->group <= index && t->at[e->group - 1].group == e->group;
}

/*
 * In a whole tree every entry lies in a folder. As they are sorted, a stack of one path is enough.
 */
static bool parent_good(const struct pawl_tree *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir;
	char *parent;
	bool good;

	if (!slash)
		return true;
	dir = t->at[t->len - 1].path;
	if (t->at[t->len - 1].kind == PAWL_KIND_DIR && strlen(dir) == (size_t)(slash - path) &&
	    memcmp(dir, path, (size_t)(slash - path)) == 0)
		return true;
	parent = pawl_mem_text(path);
	parent[slash - path] = '\0';
	{
		const struct pawl_entry *e = pawl_tree_find(t, parent);

		good = e && e->kind == PAWL_KIND_DIR;
	}
	pawl_mem_free(parent);
	return good;
}

static void put_entries(struct pawl_buf *out, const struct pawl_tree *t, bool fingerprint)
{
	const char *before = "";

	pawl_put_number(out, t->len);
	for (size_t i = 0; i < t->len; i++) {
		put_path(out, before, t->at[i].path);
		put_entry(out, &t->at[i], fingerprint);
		before = t->at[i].path;
	}
}

static void get_entries(struct pawl_reader *r, bool whole, struct pawl_tree *t)
{
	const char *before = "";
	uint64_t count = pawl_get_number(r);

	for (uint64_t i = 0; i < count && !r->bad; i++) {
		struct pawl_entry e = { 0 };

		e.path = get_path(r, &t->texts_, before);
		get_entry(r, &t->texts_, whole, &e);
		if (r->bad || (whole && t->len && !parent_good(t, e.path)) ||
		    (whole && !t->len && strchr(e.path, '/'))) {
			r->bad = true;
			break;
		}
		pawl_tree_push(t, &e);
		r->bad |= !group_good(t, &e);
		before = e.path;
	}
}

/* ---- whole pieces ---- */

void pawl_tree_encode(const struct pawl_tree *t, struct pawl_buf *out)
{
	size_t begin = pawl_seal_begin(out, "PTR1");

	put_signed(out, t->root_mtime);
	pawl_put_number(out, t->root_sure);
	put_entries(out, t, true);
	pawl_seal_end(out, begin);
}

int pawl_tree_decode(const void *data, size_t len, struct pawl_tree *ret_tree)
{
	struct pawl_tree t = { 0 };
	struct pawl_reader r;
	int result = pawl_seal_open(data, len, "PTR1", &r);

	if (result < 0)
		return result;
	t.root_mtime = get_signed(&r);
	t.root_sure = pawl_get_number(&r) != 0;
	get_entries(&r, true, &t);
	if (r.bad || left(&r)) {
		pawl_tree_fini(&t);
		return PAWL_ECORRUPT;
	}
	*ret_tree = t;
	return 0;
}

void pawl_delta_encode(const struct pawl_delta *d, struct pawl_buf *out)
{
	size_t begin = pawl_seal_begin(out, "PDE1");
	const char *before = "";

	put_entries(out, &d->set, false);
	pawl_put_number(out, d->removed.len);
	for (size_t i = 0; i < d->removed.len; i++) {
		put_path(out, before, d->removed.at[i]);
		before = d->removed.at[i];
	}
	pawl_seal_end(out, begin);
}

int pawl_delta_decode(const void *data, size_t len, struct pawl_delta *ret_delta)
{
	struct pawl_delta d = { 0 };
	struct pawl_reader r;
	const char *before = "";
	int result = pawl_seal_open(data, len, "PDE1", &r);

	if (result < 0)
		return result;
	get_entries(&r, false, &d.set);
	for (uint64_t n = pawl_get_number(&r); n && !r.bad; n--) {
		before = get_path(&r, &d.set.texts_, before);
		pawl_list_add(&d.removed, (void *)before);
	}
	if (r.bad || left(&r)) {
		pawl_delta_fini(&d);
		return PAWL_ECORRUPT;
	}
	*ret_delta = d;
	return 0;
}

int pawl_place_decode(const void *data, size_t len, struct pawl_place *ret_place)
{
	struct pawl_place p = { 0 };
	struct pawl_reader r;
	uint64_t count;
	int result = pawl_seal_open(data, len, "PPL1", &r);

	if (result < 0)
		return result;
	count = pawl_get_number(&r);
	if (count > left(&r) / (sizeof p.held->signature.bytes + 1))
		return PAWL_ECORRUPT;
	p.held = pawl_mem_new((size_t)count * sizeof *p.held);
	for (; p.held_count < count && !r.bad; p.held_count++) {
		p.held[p.held_count].task = pawl_get_text(&r, &p.texts_);
		pawl_get_digest(&r, &p.held[p.held_count].signature);
	}
	result = r.bad ? PAWL_ECORRUPT : pawl_tree_decode(r.at, left(&r), &p.tree);
	if (result < 0)
		pawl_place_fini(&p);
	else
		*ret_place = p;
	return result;
}

void pawl_place_fini(struct pawl_place *p)
{
	pawl_mem_free(p->held);
	pawl_tree_fini(&p->tree);
	pawl_arena_fini(&p->texts_);
	memset(p, 0, sizeof *p);
}
