/* SPDX-License-Identifier: MIT */
/* Folders of a task that are nobody's output: for scripts and logs, and for the sysroot. */
#include "scratch.h"

#include "store_inner.h"

/*
 * A task may write to these folders, and pawl, which no sandbox holds, writes to them too: so what
 * a task leaves there must neither lead pawl astray nor reach the next task, which would then
 * depend on what nobody declared.
 */

/* ---- scripts and logs ---- */

/* PAWL_OK: a folder is there; PAWL_ENOENT: nothing is, or not any more. */
static int clear_one(pawl_world *w, const char *path)
{
	pawl_stat st;
	int r = w->ops->stat(w, path, false, &st);

	if (!r && st.kind != PAWL_KIND_DIR)
		return (r = w->ops->unlink(w, path)) ? r : PAWL_ENOENT;
	if (!r && st.mode != 0755)
		r = w->ops->chmod(w, path, 0755); /* nobody's output, so the same for all */
	return r;
}

/*
 * Whatever is no folder on the way from the work folder to `temp` makes room for one. PAWL_OK: all
 * of them are there.
 */
static int clear_way(pawl_world *w, const char *root, const char *temp)
{
	int r = clear_one(w, root);

	for (size_t at = strlen(root); temp[at] && !r;) {
		char *path;

		at += 1 + strcspn(temp + at + 1, "/");
		path = pawl_mem_text(temp);
		path[at] = 0;
		r = clear_one(w, path);
		pawl_mem_free(path);
	}
	return r;
}

/* Sees to it that the folder is there. *ret_fresh: it is new, so that nothing is in it. */
static int make_way(pawl_world *w, const char *root, const char *temp, bool *ret_fresh)
{
	int r = clear_way(w, root, temp);

	*ret_fresh = r == PAWL_ENOENT;
	return *ret_fresh ? pawl_store_mkdirs(w, temp, 0755) : r;
}

static int gather_foreign(void *arg, const char *name, const pawl_stat *st)
{
	struct pawl_list *names = arg;

	if (st->kind != PAWL_KIND_FILE || st->links > 1 ||
	    !(pawl_has_prefix(name, "run.") || pawl_has_prefix(name, "log.")))
		pawl_list_add(names, pawl_mem_text(name));
	return st->kind == PAWL_KIND_DIR ? PAWL_WALK_SKIP : 0;
}

int pawl_scratch_temp(pawl_world *w, const char *root, const char *temp)
{
	struct pawl_list names = { 0 };
	struct pawl_buf path = { 0 };
	bool is_fresh;
	int r = make_way(w, root, temp, &is_fresh);

	if (!r && !is_fresh)
		r = w->ops->walk(w, temp, 1, gather_foreign, &names);
	for (size_t i = 0; i < names.len; i++) {
		pawl_path_set(&path, temp, names.at[i]);
		r = r ? r : pawl_store_remove(w, path.s);
		pawl_mem_free(names.at[i]);
	}
	pawl_list_fini(&names);
	pawl_buf_fini(&path);
	return r;
}

int pawl_scratch_open(pawl_world *w, const char *path, unsigned mode, int *ret_file)
{
	const unsigned flags = PAWL_OPEN_WRITE | PAWL_OPEN_CREATE | PAWL_OPEN_NEW;
	int r = w->ops->open(w, path, flags, mode, ret_file);

	if (r != PAWL_EEXIST)
		return r;
	r = pawl_store_remove(w, path);
	return r ? r : w->ops->open(w, path, flags, mode, ret_file);
}

bool pawl_scratch_is_file(pawl_world *w, const char *path)
{
	pawl_stat st;

	return !w->ops->stat(w, path, false, &st) && st.kind == PAWL_KIND_FILE;
}

/* ---- the sysroot's place ---- */

int pawl_scratch_empty(pawl_world *w, const char *root, const char *path)
{
	char *above = pawl_mem_text(path);
	bool is_fresh;
	int r;

	*strrchr(above, '/') = 0;
	r = make_way(w, root, above, &is_fresh);
	pawl_mem_free(above);
	if (!r && !is_fresh)
		r = w->ops->rmdir(w, path);
	if (r && r != PAWL_ENOENT)
		r = pawl_store_remove(w, path);
	return r == PAWL_ENOENT ? PAWL_OK : r;
}
