/* SPDX-License-Identifier: MIT */
/* Trees in memory: building, finding, comparing, and the quick look whether one is in place. */
#include "tree.h"
#include "store_inner.h"
#include <assert.h>

void pawl_tree_fini(struct pawl_tree *t)
{
	pawl_mem_free(t->at);
	pawl_arena_fini(&t->texts_);
	memset(t, 0, sizeof *t);
}

/*
 * '/' comes before all other characters, and the end before it: then a folder's content follows it
 * at once.
 */
static unsigned rank(char c)
{
	if (c == '\0')
		return 0;
	return c == '/' ? 1 : (unsigned)(unsigned char)c + 1;
}

int pawl_path_order(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (int)rank(*a) - (int)rank(*b);
}

struct pawl_entry *pawl_tree_push(struct pawl_tree *t, const struct pawl_entry *e)
{
	assert(!t->len || pawl_path_order(t->at[t->len - 1].path, e->path) < 0);
	if (t->len == t->cap_) {
		t->cap_ = t->cap_ ? 2 * t->cap_ : 16;
		t->at = pawl_mem_grow(t->at, t->cap_ * sizeof *t->at);
	}
	t->at[t->len] = *e;
	return &t->at[t->len++];
}

struct pawl_entry *pawl_tree_add(struct pawl_tree *t, const struct pawl_entry *e)
{
	struct pawl_entry *mine = pawl_tree_push(t, e);

	mine->path = pawl_arena_text(&t->texts_, e->path);
	if (e->target)
		mine->target = pawl_arena_text(&t->texts_, e->target);
	return mine;
}

void pawl_tree_copy(const struct pawl_tree *t, struct pawl_tree *ret_copy)
{
	struct pawl_tree copy = { .root_mtime = t->root_mtime, .root_sure = t->root_sure };

	for (size_t i = 0; i < t->len; i++)
		pawl_tree_add(&copy, &t->at[i]);
	*ret_copy = copy;
}

struct pawl_entry *pawl_tree_find(const struct pawl_tree *t, const char *path)
{
	size_t low = 0, high = t->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = pawl_path_order(t->at[middle].path, path);

		if (order == 0)
			return &t->at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* One number for each group, its first member's index + 1; a group of one is none. */
void pawl_tree_number_groups(struct pawl_tree *t)
{
	struct pawl_map firsts = { 0 };
	char key[16];

	for (size_t i = 0; i < t->len; i++) {
		struct pawl_entry *e = &t->at[i];
		void **slot;
		size_t first;

		if (!e->group)
			continue;
		snprintf(key, sizeof key, "%x", e->group);
		slot = pawl_map_slot(&firsts, key);
		e->group = 0;
		if (!*slot) {
			*slot = (void *)(uintptr_t)(i + 1);
			continue;
		}
		first = (size_t)(uintptr_t)*slot;
		t->at[first - 1].group = (uint32_t)first;
		e->group = (uint32_t)first;
	}
	pawl_map_fini(&firsts);
}

bool pawl_entry_is(const struct pawl_entry *a, const struct pawl_entry *b)
{
	if (a->kind != b->kind || a->mode != b->mode || a->mtime != b->mtime)
		return false;
	if (a->kind == PAWL_KIND_LINK)
		return strcmp(a->target, b->target) == 0;
	return a->kind == PAWL_KIND_DIR ||
	       (a->size == b->size && pawl_digest_is(&a->digest, &b->digest));
}

bool pawl_path_skipped(const char *path, const char *const *skip)
{
	size_t len = strcspn(path, "/");

	for (; skip && *skip; skip++)
		if (strncmp(path, *skip, len) == 0 && (*skip)[len] == '\0')
			return true;
	return false;
}

/*
 * A time stamp moves in steps of a kernel tick, up to 10 ms. What was read less than two ticks
 * after it changed may change again without showing it.
 */
bool pawl_stat_sure(int64_t changed, int64_t wall)
{
	return changed < wall - PAWL_MS(20);
}

void pawl_entry_stat(struct pawl_entry *e, const pawl_stat *st, int64_t wall)
{
	e->kind = st->kind;
	e->mode = st->kind == PAWL_KIND_LINK ? 0 : st->mode;
	e->mtime = st->mtime;
	e->size = st->kind == PAWL_KIND_FILE ? st->size : 0;
	e->ino = st->ino;
	e->ctime = st->ctime;
	e->sure = pawl_stat_sure(st->kind == PAWL_KIND_DIR ? st->mtime : st->ctime, wall);
}

/* Does the fingerprint say that nothing changed? A folder's content shows in its own time. */
bool pawl_entry_unchanged(const struct pawl_entry *e, const pawl_stat *st)
{
	if (e->kind != st->kind || e->mtime != st->mtime)
		return false;
	if (e->kind == PAWL_KIND_DIR)
		return e->mode == st->mode;
	return e->ino == st->ino && e->ctime == st->ctime &&
	       (e->kind == PAWL_KIND_LINK || (e->mode == st->mode && e->size == st->size));
}

static int entry_in_place(pawl_world *w, const struct pawl_hasher *hasher, const char *path,
			  const struct pawl_entry *e)
{
	struct pawl_hashed seen;
	pawl_stat st;
	int r = w->ops->stat(w, path, false, &st);

	if (r < 0 || !pawl_entry_unchanged(e, &st))
		return PAWL_ENOENT;
	if (e->sure || e->kind != PAWL_KIND_FILE)
		/*
		 * what was added to a young folder goes unseen, and does no harm: the next bring
		 * removes it
		 */
		return 0;
	if (pawl_content_hash(w, hasher, path, e->size, &seen) < 0)
		return PAWL_ENOENT;
	return pawl_digest_is(&seen.digest, &e->digest) ? 0 : PAWL_ENOENT;
}

int pawl_tree_in_place(pawl_world *w, const struct pawl_hasher *hasher, const char *root,
		       const struct pawl_tree *t)
{
	struct pawl_buf path = { 0 };
	pawl_stat st;
	int r = w->ops->stat(w, root, false, &st);

	if (r < 0 || st.kind != PAWL_KIND_DIR || (t->root_sure && st.mtime != t->root_mtime))
		return PAWL_ENOENT;
	for (size_t i = 0; i < t->len; i++) {
		pawl_path_set(&path, root, t->at[i].path);
		r = entry_in_place(w, hasher, path.s, &t->at[i]);
		if (r < 0)
			break;
	}
	pawl_buf_fini(&path);
	return r;
}
