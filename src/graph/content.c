/* SPDX-License-Identifier: MIT */
/* Small helpers over the world's files: paths, hashing, writing, making and removing folders. */
#include "store_inner.h"
#include <assert.h>

void pawl_path_set(struct pawl_buf *path, const char *dir, const char *name)
{
	pawl_buf_clear(path);
	pawl_buf_text(path, dir);
	if (*name) {
		pawl_buf_char(path, '/');
		pawl_buf_text(path, name);
	}
}

/* A file that ends as it was to be expected is not asked for more. */
static int hash_open(pawl_world *w, int file, int64_t expected, struct pawl_hash *h,
		     struct pawl_hashed *ret_hashed)
{
	char *chunk = pawl_mem_grow(NULL, PAWL_CHUNK);
	size_t got = 0;
	int r;

	ret_hashed->size = 0;
	while ((r = w->ops->read(w, file, chunk, PAWL_CHUNK, &got)) == 0 && got) {
		pawl_hash_add(h, chunk, got);
		ret_hashed->size += (int64_t)got;
		if (ret_hashed->size == expected && got < PAWL_CHUNK)
			break;
	}
	pawl_mem_free(chunk);
	return r;
}

int pawl_content_hash(pawl_world *w, const struct pawl_hasher *hasher, const char *path,
		      int64_t expected, struct pawl_hashed *ret_hashed)
{
	struct pawl_hashed hashed;
	struct pawl_hash h;
	int file, r = w->ops->open(w, path, 0, 0, &file);

	if (r < 0)
		return r;
	pawl_hash_open(&h, hasher);
	r = hash_open(w, file, expected, &h, &hashed);
	pawl_hash_end(&h, &hashed.digest);
	pawl_hash_close(&h);
	w->ops->close(w, file);
	if (r == 0)
		*ret_hashed = hashed;
	return r;
}

int pawl_content_write(pawl_world *w, const char *path, const void *data, size_t len, unsigned mode)
{
	int closed, file;
	int r = w->ops->open(w, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE | PAWL_OPEN_NEW, mode,
			     &file);

	if (r < 0)
		return r;
	r = len ? w->ops->write(w, file, data, len) : 0;
	closed = w->ops->close(w, file);
	if (r == 0)
		r = closed;
	if (r < 0)
		w->ops->unlink(w, path);
	return r;
}

struct each {
	pawl_folder_each_fn *fn;
	void *arg;
};

static int each_entry(void *arg, const char *path, const pawl_stat *st)
{
	const struct each *e = arg;
	int r;

	if (!*path || strcmp(path, ".") == 0)
		return 0;
	r = e->fn(e->arg, path, st);
	return r == 0 && st->kind == PAWL_KIND_DIR ? PAWL_WALK_SKIP : r;
}

int pawl_folder_each(pawl_world *w, const char *dir, pawl_folder_each_fn *fn, void *arg)
{
	struct each e = { .fn = fn, .arg = arg };
	int r = w->ops->walk(w, dir, PAWL_DEPTH_MAX, each_entry, &e);

	return r == PAWL_ENOENT ? 0 : r;
}

int pawl_store_mkdirs(pawl_world *w, const char *path, unsigned mode)
{
	int r = w->ops->mkdir(w, path, mode);
	pawl_stat st;
	char *above, *slash;

	if (r == PAWL_EEXIST) {
		r = w->ops->stat(w, path, true, &st);
		return r < 0 || st.kind == PAWL_KIND_DIR ? r : PAWL_ENOTDIR;
	}
	if (r != PAWL_ENOENT)
		return r;
	above = pawl_mem_text(path);
	slash = strrchr(above, '/');
	if (slash && slash != above) {
		*slash = '\0';
		r = pawl_store_mkdirs(w, above, mode);
		if (r == 0)
			r = w->ops->mkdir(w, path, mode);
	}
	pawl_mem_free(above);
	return r == PAWL_EEXIST ? 0 : r;
}

/* ---- removing a folder ---- */

struct removal {
	pawl_world *w;
	const char *root;
	/* full paths; a folder, marked by a final '/', before its content */
	struct pawl_list paths;
	struct pawl_buf path;
};

static int removal_entry(void *arg, const char *name, const pawl_stat *st)
{
	struct removal *x = arg;

	if (!*name || strcmp(name, ".") == 0)
		return 0;
	pawl_path_set(&x->path, x->root, name);
	if (st->kind == PAWL_KIND_DIR && (st->mode & 0700) != 0700)
		x->w->ops->chmod(x->w, x->path.s, 0700);
	if (st->kind == PAWL_KIND_DIR)
		pawl_buf_char(&x->path, '/');
	pawl_list_add(&x->paths, pawl_mem_text(x->path.s));
	return 0;
}

static int removal_one(pawl_world *w, char *path)
{
	size_t len = strlen(path);
	bool dir = path[len - 1] == '/';
	int r;

	if (dir)
		path[len - 1] = '\0';
	r = dir ? w->ops->rmdir(w, path) : w->ops->unlink(w, path);
	return r == PAWL_ENOENT ? 0 : r;
}

int pawl_store_remove(pawl_world *w, const char *root)
{
	struct removal x = { .w = w, .root = root };
	pawl_stat st;
	int r = w->ops->stat(w, root, false, &st);

	if (r < 0)
		return r == PAWL_ENOENT ? 0 : r;
	if (st.kind != PAWL_KIND_DIR)
		return w->ops->unlink(w, root);
	if ((st.mode & 0700) != 0700)
		w->ops->chmod(w, root, 0700);
	r = w->ops->walk(w, root, PAWL_DEPTH_MAX, removal_entry, &x);
	for (size_t i = x.paths.len; i-- > 0;) {
		if (r == 0)
			r = removal_one(w, x.paths.at[i]);
		pawl_mem_free(x.paths.at[i]);
	}
	pawl_list_fini(&x.paths);
	pawl_buf_fini(&x.path);
	return r == 0 ? w->ops->rmdir(w, root) : r;
}
