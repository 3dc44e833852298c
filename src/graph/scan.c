/* SPDX-License-Identifier: MIT */
/* Reading a work folder into a tree, and capturing what a task made in it. */
#include "store_inner.h"
#include <assert.h>

/* The entry of the tree that was seen here before, if any; both are walked in the same order. */
static const struct pawl_entry *known_entry(struct pawl_scan *scan, const char *path)
{
	const struct pawl_tree *known = scan->known;

	while (known && scan->known_at_ < known->len) {
		const struct pawl_entry *e = &known->at[scan->known_at_];
		int order = pawl_path_order(e->path, path);

		if (order >= 0)
			return order == 0 ? e : NULL;
		scan->known_at_++;
	}
	return NULL;
}

static int read_target(struct pawl_scan *scan, struct pawl_entry *e)
{
	pawl_world *w = scan->store->world;
	char target[4096];
	int r = w->ops->readlink(w, scan->path_.s, target, sizeof target);

	if (r == 0)
		e->target = pawl_arena_text(&scan->tree.texts_, target);
	return r;
}

/* Files that are one inode get one number; it is made canonical when the walk is over. */
static uint32_t group_of(struct pawl_scan *scan, const pawl_stat *st)
{
	char key[40];
	void **slot;

	snprintf(key, sizeof key, "%llx:%llx", (unsigned long long)st->dev,
		 (unsigned long long)st->ino);
	slot = pawl_map_slot(&scan->inodes_, key);
	if (!*slot)
		*slot = (void *)(uintptr_t)(scan->tree.len + 1);
	return (uint32_t)(uintptr_t)*slot;
}

static struct pawl_seen *add_seen(struct pawl_scan *scan, const pawl_stat *st)
{
	if (scan->tree.len == scan->seen_cap_) {
		scan->seen_cap_ = scan->seen_cap_ ? 2 * scan->seen_cap_ : 16;
		scan->seen = pawl_mem_grow(scan->seen, scan->seen_cap_ * sizeof *scan->seen);
	}
	scan->seen[scan->tree.len] = (struct pawl_seen){ .links = st->links };
	return &scan->seen[scan->tree.len];
}

/* A folder that its owner may not read is opened until the scan is over. */
static int open_dir(struct pawl_scan *scan, const pawl_stat *st, struct pawl_seen *seen)
{
	pawl_world *w = scan->store->world;

	if (st->kind != PAWL_KIND_DIR || (st->mode & 0500) == 0500)
		return 0;
	seen->opened = true;
	return w->ops->chmod(w, scan->path_.s, st->mode | 0700);
}

static int scan_entry(void *arg, const char *path, const pawl_stat *st)
{
	struct pawl_scan *scan = arg;
	struct pawl_entry e = { .path = path };
	const struct pawl_entry *known;
	int r;

	if (!*path || strcmp(path, ".") == 0 || (st->kind == PAWL_KIND_ODD && !scan->odd))
		return 0;
	if (pawl_path_skipped(path, scan->skip))
		return st->kind == PAWL_KIND_DIR ? PAWL_WALK_SKIP : 0;
	pawl_path_set(&scan->path_, scan->root, path);
	pawl_entry_stat(&e, st, scan->wall);
	known = known_entry(scan, path);
	if (known && !pawl_entry_unchanged(known, st))
		known = NULL;
	if (e.kind == PAWL_KIND_LINK && known)
		e.target = pawl_arena_text(&scan->tree.texts_, known->target);
	else if (e.kind == PAWL_KIND_LINK && (r = read_target(scan, &e)) < 0)
		return r;
	if (e.kind == PAWL_KIND_FILE && known && known->sure)
		e.digest = known->digest;
	if (e.kind == PAWL_KIND_FILE && st->links > 1)
		e.group = group_of(scan, st);
	r = open_dir(scan, st, add_seen(scan, st));
	e.path = pawl_arena_text(&scan->tree.texts_, path);
	pawl_tree_push(&scan->tree, &e);
	return r;
}

int pawl_scan_walk(struct pawl_scan *scan)
{
	pawl_world *w = scan->store->world;
	pawl_stat st;
	int r = w->ops->stat(w, scan->root, false, &st);

	if (r < 0)
		return r;
	if (st.kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	scan->wall = w->ops->wall(w);
	scan->tree.root_mtime = st.mtime;
	scan->tree.root_sure = pawl_stat_sure(st.mtime, scan->wall);
	if ((st.mode & 0700) != 0700)
		r = w->ops->chmod(w, scan->root, st.mode | 0700);
	if (r == 0)
		r = w->ops->walk(w, scan->root, PAWL_DEPTH_MAX, scan_entry, scan);
	if (r == 0)
		pawl_tree_number_groups(&scan->tree);
	return r;
}

static int content(struct pawl_scan *scan, int64_t size, bool put, struct pawl_blob *ret_blob)
{
	struct pawl_hashed hashed;
	int r;

	if (put)
		return pawl_store_put(scan->store, scan->path_.s, ret_blob);
	r = pawl_content_hash(scan->store->world, &scan->store->hasher, scan->path_.s, size,
			      &hashed);
	if (r == 0)
		*ret_blob = (struct pawl_blob){ hashed.digest, hashed.size };
	return r;
}

/* A file that its owner may not read is opened for the moment; that shows in its fingerprint. */
static int content_closed(struct pawl_scan *scan, struct pawl_entry *e, bool put,
			  struct pawl_blob *ret_blob)
{
	pawl_world *w = scan->store->world;
	pawl_stat st;
	int closed, r = w->ops->chmod(w, scan->path_.s, e->mode | 0400);

	if (r < 0)
		return r;
	r = content(scan, e->size, put, ret_blob);
	closed = w->ops->chmod(w, scan->path_.s, e->mode);
	if (r == 0)
		r = closed;
	if (r == 0)
		r = w->ops->stat(w, scan->path_.s, false, &st);
	if (r == 0)
		pawl_entry_stat(e, &st, scan->wall);
	return r;
}

int pawl_scan_content(struct pawl_scan *scan, size_t index, bool put)
{
	struct pawl_entry *e = &scan->tree.at[index];
	struct pawl_blob blob;
	int r;

	if (e->kind != PAWL_KIND_FILE || !pawl_digest_none(&e->digest))
		return 0;
	if (e->group && e->group != index + 1 &&
	    !pawl_digest_none(&scan->tree.at[e->group - 1].digest)) {
		e->digest = scan->tree.at[e->group - 1].digest;
		e->size = scan->tree.at[e->group - 1].size;
		e->ctime = scan->tree.at[e->group - 1].ctime;
		return 0;
	}
	pawl_path_set(&scan->path_, scan->root, e->path);
	r = content(scan, e->size, put, &blob);
	if (r == PAWL_EACCES && (e->mode & 0400) == 0)
		r = content_closed(scan, e, put, &blob);
	if (r < 0)
		return r;
	e->digest = blob.digest;
	e->size = blob.size;
	return 0;
}

void pawl_scan_close_dirs(struct pawl_scan *scan)
{
	pawl_world *w = scan->store->world;

	for (size_t i = scan->tree.len; i-- > 0;) {
		if (!scan->seen[i].opened)
			continue;
		pawl_path_set(&scan->path_, scan->root, scan->tree.at[i].path);
		w->ops->chmod(w, scan->path_.s, scan->tree.at[i].mode);
		scan->seen[i].opened = false;
	}
}

void pawl_scan_fini(struct pawl_scan *scan)
{
	pawl_tree_fini(&scan->tree);
	pawl_mem_free(scan->seen);
	pawl_map_fini(&scan->inodes_);
	pawl_buf_fini(&scan->path_);
}

int pawl_store_scan(struct pawl_store *s, const char *root, const char *const *skip,
		    const struct pawl_tree *known, bool put, struct pawl_tree *ret_tree)
{
	struct pawl_scan scan = { .store = s, .root = root, .skip = skip, .known = known };
	int r = pawl_scan_walk(&scan);

	for (size_t i = 0; r == 0 && i < scan.tree.len; i++)
		r = pawl_scan_content(&scan, i, put);
	pawl_scan_close_dirs(&scan);
	if (r == 0) {
		*ret_tree = scan.tree;
		memset(&scan.tree, 0, sizeof scan.tree);
	}
	pawl_scan_fini(&scan);
	return r;
}

int pawl_store_capture(struct pawl_store *s, const char *root, const char *const *skip,
		       const struct pawl_tree *before, struct pawl_tree *ret_after,
		       struct pawl_action *ret_action)
{
	struct pawl_action action = { 0 };
	struct pawl_tree after;
	int r = pawl_store_scan(s, root, skip, before, true, &after);

	if (r < 0)
		return r;
	pawl_delta_make(before, &after, &action.delta);
	*ret_after = after;
	*ret_action = action;
	return 0;
}

void pawl_action_fini(struct pawl_action *a)
{
	pawl_delta_fini(&a->delta);
	memset(a, 0, sizeof *a);
}
