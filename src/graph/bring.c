/* SPDX-License-Identifier: MIT */
/* Bringing a work folder to a given tree by the smallest change. */
#include "store_inner.h"
#include <assert.h>

/*
 * Three passes over the sorted lists of what is there (have) and what shall be (target): remove
 * from the end, so that a folder is empty when its turn comes; place from the beginning, so that a
 * folder is there before its content; finish from the end, so that a folder gets its mode and time
 * after its content. Folders are writable in between.
 */

enum fate {
	FATE_KEEP, /* as it is */
	FATE_FIX,  /* mode or time differ */
	FATE_PLACE /* not there, or something else */
};

struct bring {
	struct pawl_bring *b;
	struct pawl_store *s;
	pawl_world *w;
	struct pawl_scan have;
	const struct pawl_tree *target;
	uint32_t *have_sizes, *target_sizes; /* of groups */
	bool *gone;                          /* beside have: to be removed */
	size_t *match;                       /* beside target: index in have + 1, or 0 */
	enum fate *fate;                     /* beside target */
	bool *touched;                       /* beside target: a folder whose content changed */
	bool has_root;                       /* it was there before */
	struct pawl_buf path, other;
};

static void full_path(struct bring *x, const char *path)
{
	pawl_path_set(&x->path, x->b->root, path);
}

/* ---- comparing ---- */

static uint32_t *count_groups(const struct pawl_tree *t)
{
	uint32_t *sizes = pawl_mem_new((t->len + 1) * sizeof *sizes);

	for (size_t i = 0; i < t->len; i++)
		if (t->at[i].group)
			sizes[t->at[i].group - 1]++;
	return sizes;
}

/* Is the file linked to exactly those that it shall be linked to? */
static bool links_right(const struct bring *x, size_t i, const struct pawl_entry *want)
{
	const struct pawl_entry *e = &x->have.tree.at[i];
	uint32_t links = x->have.seen[i].links;

	if (!want->group || !e->group)
		return !want->group && !e->group && links <= 1;
	return links == x->target_sizes[want->group - 1] && links == x->have_sizes[e->group - 1] &&
	       strcmp(x->have.tree.at[e->group - 1].path, x->target->at[want->group - 1].path) == 0;
}

static int file_fate(struct bring *x, size_t i, const struct pawl_entry *want, enum fate *ret_fate)
{
	struct pawl_entry *e = &x->have.tree.at[i];
	int r;

	*ret_fate = FATE_PLACE;
	if (e->size != want->size || !links_right(x, i, want))
		return 0;
	r = pawl_scan_content(&x->have, i, false);
	if (r == 0 && pawl_digest_is(&e->digest, &want->digest))
		*ret_fate = e->mode == want->mode && e->mtime == want->mtime ? FATE_KEEP : FATE_FIX;
	return r;
}

static int fate_of(struct bring *x, size_t i, const struct pawl_entry *want, enum fate *ret_fate)
{
	const struct pawl_entry *e = &x->have.tree.at[i];

	if (e->kind == PAWL_KIND_FILE)
		return file_fate(x, i, want, ret_fate);
	if (e->kind == PAWL_KIND_LINK && strcmp(e->target, want->target) != 0)
		*ret_fate = FATE_PLACE;
	else
		*ret_fate = e->mode == want->mode && e->mtime == want->mtime ? FATE_KEEP : FATE_FIX;
	return 0;
}

static int compare(struct bring *x)
{
	const struct pawl_tree *have = &x->have.tree, *target = x->target;
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < have->len || j < target->len)) {
		int order = i == have->len ? 1
			    : j == target->len
				    ? -1
				    : pawl_path_order(have->at[i].path, target->at[j].path);

		if (order < 0) {
			x->gone[i] = true;
		} else if (order > 0) {
			x->fate[j] = FATE_PLACE;
		} else if (have->at[i].kind != target->at[j].kind) {
			x->gone[i] = true;
			x->fate[j] = FATE_PLACE;
		} else {
			x->match[j] = i + 1;
			r = fate_of(x, i, &target->at[j], &x->fate[j]);
			x->gone[i] = x->fate[j] == FATE_PLACE;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

/* ---- folders in the way ---- */

/*
 * The folder of this path is about to change: it must be writable, and gets its time and mode at
 * the end.
 */
static int touch_parent(struct bring *x, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct pawl_entry *e;
	size_t i;

	if (!slash)
		return 0;
	pawl_buf_clear(&x->other);
	pawl_buf_add(&x->other, path, (size_t)(slash - path));
	e = pawl_tree_find(x->target, x->other.s);
	if (e)
		x->touched[e - x->target->at] = true;
	e = pawl_tree_find(&x->have.tree, x->other.s);
	if (!e || e->kind != PAWL_KIND_DIR || (e->mode & 0700) == 0700)
		return 0;
	i = (size_t)(e - x->have.tree.at);
	if (x->have.seen[i].opened)
		return 0;
	x->have.seen[i].opened = true;
	full_path(x, x->other.s);
	return x->w->ops->chmod(x->w, x->path.s, e->mode | 0700);
}

static int remove_one(struct bring *x, const struct pawl_entry *e)
{
	int r = touch_parent(x, e->path);

	if (r < 0)
		return r;
	full_path(x, e->path);
	r = e->kind == PAWL_KIND_DIR ? x->w->ops->rmdir(x->w, x->path.s)
				     : x->w->ops->unlink(x->w, x->path.s);
	return r == PAWL_ENOENT ? 0 : r;
}

static int remove_all(struct bring *x)
{
	int r = 0;

	for (size_t i = x->have.tree.len; r == 0 && i-- > 0;) {
		if (!x->gone[i])
			continue;
		r = remove_one(x, &x->have.tree.at[i]);
		x->b->removed++;
	}
	return r;
}

/* ---- placing ---- */

static int copy_small(struct bring *x, const struct pawl_entry *e, const char *from)
{
	char *data = pawl_mem_grow(NULL, (size_t)e->size + 1);
	size_t len = 0, got = 1;
	pawl_digest d;
	int file, r = x->w->ops->open(x->w, from, 0, 0, &file);

	if (r == 0) {
		while (r == 0 && got && len < (size_t)e->size + 1) {
			r = x->w->ops->read(x->w, file, data + len, (size_t)e->size + 1 - len,
					    &got);
			len += r == 0 ? got : 0;
		}
		x->w->ops->close(x->w, file);
	}
	if (r == 0) {
		pawl_hash_span(&x->s->hasher, data, len, &d);
		r = pawl_digest_is(&d, &e->digest)
			    ? pawl_content_write(x->w, x->path.s, data, len, e->mode & 0777)
			    : PAWL_ECORRUPT;
	}
	pawl_mem_free(data);
	return r;
}

static int copy_big(struct bring *x, const struct pawl_entry *e, const char *from)
{
	struct pawl_hashed hashed;
	int r = x->w->ops->clone(x->w, from, x->path.s, 0600);

	if (r < 0)
		return r;
	r = pawl_content_hash(x->w, &x->s->hasher, x->path.s, e->size, &hashed);
	if (r == 0 && !pawl_digest_is(&hashed.digest, &e->digest))
		r = PAWL_ECORRUPT;
	if (r < 0)
		x->w->ops->unlink(x->w, x->path.s);
	return r;
}

static int place_content(struct bring *x, const struct pawl_entry *e)
{
	struct pawl_messages *messages = x->b->messages;
	struct pawl_buf from = { 0 };
	pawl_stat st;
	int r = PAWL_ENOENT;

	/* A flush may move the blob between finding and opening it, once. */
	for (int tries = 0; r == PAWL_ENOENT && tries < 2; tries++) {
		r = pawl_blob_find(x->s, &e->digest, false, &from, &st);
		if (r == 0 && st.size != e->size)
			r = PAWL_ECORRUPT;
		if (r == 0)
			r = e->size <= PAWL_CHUNK ? copy_small(x, e, from.s)
						  : copy_big(x, e, from.s);
	}
	if (r == PAWL_ENOENT)
		r = pawl_blob_damaged(x->s, &e->digest, "missing", messages);
	else if (r == PAWL_ECORRUPT)
		r = pawl_blob_damaged(x->s, &e->digest, "other content", messages);
	pawl_buf_fini(&from);
	return r;
}

static int set_attributes(struct bring *x, const struct pawl_entry *e)
{
	int r = e->kind == PAWL_KIND_LINK ? 0 : x->w->ops->chmod(x->w, x->path.s, e->mode);

	return r < 0 ? r : x->w->ops->set_mtime(x->w, x->path.s, e->mtime);
}

static int place_file(struct bring *x, const struct pawl_entry *e, size_t j)
{
	int r;

	if (e->group && e->group != j + 1) {
		pawl_path_set(&x->other, x->b->root, x->target->at[e->group - 1].path);
		return x->w->ops->link(x->w, x->other.s, x->path.s);
	}
	r = place_content(x, e);
	if (r < 0)
		return r;
	/* A small file was made with its mode; the bits above it are lost by writing. */
	if (e->size <= PAWL_CHUNK && !(e->mode & ~0777u))
		return x->w->ops->set_mtime(x->w, x->path.s, e->mtime);
	return set_attributes(x, e);
}

static int place_one(struct bring *x, size_t j)
{
	const struct pawl_entry *e = &x->target->at[j];
	int r = touch_parent(x, e->path);

	if (r < 0)
		return r;
	full_path(x, e->path);
	x->b->placed++;
	switch (e->kind) {
	case PAWL_KIND_DIR:
		x->touched[j] = true;
		return x->w->ops->mkdir(x->w, x->path.s, e->mode | 0700);
	case PAWL_KIND_LINK:
		r = x->w->ops->symlink(x->w, e->target, x->path.s);
		return r < 0 ? r : set_attributes(x, e);
	default:
		return place_file(x, e, j);
	}
}

static int place_all(struct bring *x)
{
	int r = 0;

	for (size_t j = 0; r == 0 && j < x->target->len; j++) {
		if (x->fate[j] == FATE_PLACE) {
			r = place_one(x, j);
		} else if (x->fate[j] == FATE_FIX) {
			x->b->fixed++;
			full_path(x, x->target->at[j].path);
			if (x->target->at[j].kind == PAWL_KIND_DIR)
				x->touched[j] = true;
			else
				r = set_attributes(x, &x->target->at[j]);
		}
	}
	return r;
}

/* ---- finishing ---- */

static int finish_one(struct bring *x, size_t j, int64_t wall, struct pawl_entry *e)
{
	size_t i = x->match[j];
	bool opened = i && x->have.seen[i - 1].opened;
	pawl_stat st;
	int r = 0;

	if (x->fate[j] == FATE_KEEP && !x->touched[j] && !opened) {
		const struct pawl_entry *seen = &x->have.tree.at[i - 1];

		e->ino = seen->ino;
		e->ctime = seen->ctime;
		e->sure = seen->sure;
		return 0;
	}
	full_path(x, e->path);
	if (e->kind == PAWL_KIND_DIR) {
		r = x->w->ops->set_mtime(x->w, x->path.s, e->mtime);
		if (r == 0)
			r = x->w->ops->chmod(x->w, x->path.s, e->mode);
	}
	if (r == 0)
		r = x->w->ops->stat(x->w, x->path.s, false, &st);
	if (r == 0)
		pawl_entry_stat(e, &st, wall);
	return r;
}

/* Where nothing was changed, the folder is as it was seen before. */
static int look_at_root(const struct bring *x, int64_t wall, struct pawl_tree *t)
{
	pawl_stat st;
	int r;

	if (x->has_root && !x->b->placed && !x->b->removed && !x->b->fixed) {
		t->root_mtime = x->have.tree.root_mtime;
		t->root_sure = x->have.tree.root_sure;
		return 0;
	}
	r = x->w->ops->stat(x->w, x->b->root, false, &st);
	if (r < 0)
		return r;
	t->root_mtime = st.mtime;
	t->root_sure = pawl_stat_sure(st.mtime, wall);
	return 0;
}

static int finish(struct bring *x, struct pawl_tree *ret_tree)
{
	struct pawl_tree t;
	int64_t wall = x->w->ops->wall(x->w);
	int r = 0;

	pawl_tree_copy(x->target, &t);
	for (size_t j = t.len; r == 0 && j-- > 0;)
		r = finish_one(x, j, wall, &t.at[j]);
	if (r == 0)
		r = look_at_root(x, wall, &t);
	if (r == 0)
		*ret_tree = t;
	else
		pawl_tree_fini(&t);
	return r;
}

/* ---- all of it ---- */

static int look(struct bring *x)
{
	int r;

	x->have = (struct pawl_scan){ .store = x->s,
				      .root = x->b->root,
				      .skip = x->b->skip,
				      .known = x->b->known,
				      .odd = true };
	r = pawl_scan_walk(&x->have);
	x->has_root = r == 0;
	if (r == PAWL_ENOTDIR && x->w->ops->unlink(x->w, x->b->root) == 0)
		r = PAWL_ENOENT;
	return r == PAWL_ENOENT ? pawl_store_mkdirs(x->w, x->b->root, 0755) : r;
}

static void fini(struct bring *x)
{
	pawl_scan_fini(&x->have);
	pawl_mem_free(x->have_sizes);
	pawl_mem_free(x->target_sizes);
	pawl_mem_free(x->gone);
	pawl_mem_free(x->match);
	pawl_mem_free(x->fate);
	pawl_mem_free(x->touched);
	pawl_buf_fini(&x->path);
	pawl_buf_fini(&x->other);
}

int pawl_store_bring(struct pawl_store *s, struct pawl_bring *b, struct pawl_tree *ret_tree)
{
	struct bring x = { .b = b, .s = s, .w = s->world, .target = b->target };
	size_t count = b->target->len + 1;
	int r;

	b->placed = b->removed = b->fixed = 0;
	r = look(&x);
	if (r == 0) {
		x.have_sizes = count_groups(&x.have.tree);
		x.target_sizes = count_groups(b->target);
		x.gone = pawl_mem_new(x.have.tree.len + 1);
		x.match = pawl_mem_new(count * sizeof *x.match);
		x.fate = pawl_mem_new(count * sizeof *x.fate);
		x.touched = pawl_mem_new(count);
		r = compare(&x);
	}
	if (r == 0)
		r = remove_all(&x);
	if (r == 0)
		r = place_all(&x);
	if (r == 0)
		r = finish(&x, ret_tree);
	fini(&x);
	return r;
}
