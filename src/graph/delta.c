/* SPDX-License-Identifier: MIT */
/* Deltas: what changes one tree into another, and the sum of several. */
#include "store_inner.h"
#include <assert.h>

/* ---- hard-link groups across two trees ---- */

/* How many members each group has, by its first one's index. */
static uint32_t *group_sizes(const struct pawl_tree *t)
{
	uint32_t *sizes = pawl_mem_new((t->len + 1) * sizeof *sizes);

	for (size_t i = 0; i < t->len; i++)
		if (t->at[i].group)
			sizes[t->at[i].group - 1]++;
	return sizes;
}

struct side {
	const struct pawl_tree *tree;
	uint32_t *sizes;
};

static bool groups_alike(const struct side *a, const struct pawl_entry *x, const struct side *b,
			 const struct pawl_entry *y)
{
	if (!x->group || !y->group)
		return x->group == y->group;
	return a->sizes[x->group - 1] == b->sizes[y->group - 1] &&
	       strcmp(a->tree->at[x->group - 1].path, b->tree->at[y->group - 1].path) == 0;
}

/* Marks the groups of `after` that have a member that is not as it was: they are told whole. */
static bool *groups_changed(const struct side *before, const struct side *after)
{
	bool *changed = pawl_mem_new(after->tree->len + 1);

	for (size_t i = 0; i < after->tree->len; i++) {
		const struct pawl_entry *e = &after->tree->at[i];
		const struct pawl_entry *old = e->group ? pawl_tree_find(before->tree, e->path)
							: NULL;

		if (e->group &&
		    (!old || !pawl_entry_is(old, e) || !groups_alike(before, old, after, e)))
			changed[e->group - 1] = true;
	}
	return changed;
}

/* ---- making ---- */

static bool lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static void add_removed(struct pawl_delta *d, const char *path, const struct pawl_tree *after)
{
	const char *last = d->removed.len ? d->removed.at[d->removed.len - 1] : NULL;
	const struct pawl_entry *e;
	char *above, *slash;

	if (last && lies_in(path, last))
		return;
	/* What lay in a folder that is now something else went with it. */
	above = pawl_mem_text(path);
	for (slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
		*slash = '\0';
		e = pawl_tree_find(after, above);
		if (e && e->kind != PAWL_KIND_DIR)
			break;
	}
	if (!slash)
		pawl_list_add(&d->removed, pawl_arena_text(&d->set.texts_, path));
	pawl_mem_free(above);
}

static void add_set(struct pawl_delta *d, const struct pawl_entry *e)
{
	struct pawl_entry *mine = pawl_tree_add(&d->set, e);

	mine->ino = 0;
	mine->ctime = 0;
	mine->sure = false;
}

void pawl_delta_make(const struct pawl_tree *before, const struct pawl_tree *after,
		     struct pawl_delta *ret_delta)
{
	struct side a = { before, group_sizes(before) }, b = { after, group_sizes(after) };
	bool *changed = groups_changed(&a, &b);
	struct pawl_delta d = { 0 };
	size_t i = 0, j = 0;

	while (i < before->len || j < after->len) {
		const struct pawl_entry *x = &before->at[i], *y = &after->at[j];
		int order = i == before->len  ? 1
			    : j == after->len ? -1
					      : pawl_path_order(x->path, y->path);

		if (order < 0) {
			add_removed(&d, x->path, after);
		} else if (order > 0 || !pawl_entry_is(x, y) || !groups_alike(&a, x, &b, y) ||
			   (y->group && changed[y->group - 1])) {
			add_set(&d, y);
		}
		i += order <= 0;
		j += order >= 0;
	}
	pawl_tree_number_groups(&d.set);
	pawl_mem_free(a.sizes);
	pawl_mem_free(b.sizes);
	pawl_mem_free(changed);
	*ret_delta = d;
}

/* ---- applying ---- */

/* A tree under construction: entries whose texts belong to others, unsorted at no time. */
static void keep(struct pawl_tree *t, const struct pawl_entry *e, uint32_t group_base)
{
	struct pawl_entry *mine = pawl_tree_push(t, e);

	if (mine->group)
		mine->group += group_base;
}

/*
 * Does what is removed, or an entry that is no folder, take this path away? Both lists move on with
 * the path.
 */
struct cut {
	const struct pawl_delta *d;
	size_t removed_at;
	const char *blocked; /* a path in the set that is no folder */
};

static bool cuts(struct cut *c, const char *path)
{
	while (c->removed_at < c->d->removed.len) {
		const char *gone = c->d->removed.at[c->removed_at];

		if (strcmp(gone, path) == 0 || lies_in(path, gone))
			return true;
		if (pawl_path_order(gone, path) > 0)
			break;
		c->removed_at++;
	}
	return c->blocked && lies_in(path, c->blocked);
}

/* Texts stay those of base and delta. */
static void apply_shallow(const struct pawl_tree *base, const struct pawl_delta *delta,
			  struct pawl_tree *out)
{
	struct cut cut = { .d = delta };
	uint32_t offset = (uint32_t)base->len + 1;
	size_t i = 0, j = 0;

	while (i < base->len || j < delta->set.len) {
		const struct pawl_entry *x = &base->at[i], *y = &delta->set.at[j];
		int order = i == base->len        ? 1
			    : j == delta->set.len ? -1
						  : pawl_path_order(x->path, y->path);

		if (order < 0) {
			if (!cuts(&cut, x->path))
				keep(out, x, 0);
		} else {
			if (y->kind != PAWL_KIND_DIR)
				cut.blocked = y->path;
			keep(out, y, offset);
		}
		i += order <= 0;
		j += order >= 0;
	}
	pawl_tree_number_groups(out);
}

/* Adds the folders above a path that are not there; false: something else is in the way. */
static bool add_above(struct pawl_tree *t, const struct pawl_entry *e)
{
	for (const char *slash = strchr(e->path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct pawl_entry dir = { .kind = PAWL_KIND_DIR, .mode = 0755, .mtime = e->mtime };
		const struct pawl_entry *there;
		char *path = pawl_arena_span(&t->texts_, e->path, (size_t)(slash - e->path));

		there = pawl_tree_find(t, path);
		if (there && there->kind != PAWL_KIND_DIR)
			return false;
		dir.path = path;
		if (!there)
			pawl_tree_push(t, &dir);
	}
	return true;
}

/* A copy with its own texts in which every entry lies in a folder. */
static void settle(const struct pawl_tree *shallow, struct pawl_tree *ret_tree)
{
	struct pawl_tree t = { 0 };

	for (size_t i = 0; i < shallow->len; i++) {
		const struct pawl_entry *e = &shallow->at[i];
		size_t len = t.len ? strlen(t.at[t.len - 1].path) : 0;
		const char *slash = strrchr(e->path, '/');
		bool follows = slash && len == (size_t)(slash - e->path) &&
			       t.at[t.len - 1].kind == PAWL_KIND_DIR &&
			       memcmp(t.at[t.len - 1].path, e->path, len) == 0;

		if (!slash || follows || add_above(&t, e))
			pawl_tree_add(&t, e);
	}
	/* Groups are numbered by index, and indexes may have moved. */
	pawl_tree_number_groups(&t);
	*ret_tree = t;
}

void pawl_delta_apply(const struct pawl_tree *base, const struct pawl_delta *delta,
		      struct pawl_tree *ret_tree)
{
	struct pawl_tree shallow = { 0 };

	apply_shallow(base, delta, &shallow);
	settle(&shallow, ret_tree);
	pawl_tree_fini(&shallow);
}

void pawl_delta_sum(const struct pawl_delta *const *deltas, size_t count,
		    struct pawl_tree *ret_tree)
{
	struct pawl_tree sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct pawl_tree next = { 0 };

		if (pawl_delta_empty(deltas[i]))
			continue;
		apply_shallow(&sum, deltas[i], &next);
		pawl_tree_fini(&sum);
		sum = next;
	}
	settle(&sum, ret_tree);
	pawl_tree_fini(&sum);
}

bool pawl_delta_empty(const struct pawl_delta *d)
{
	return d->set.len == 0 && d->removed.len == 0;
}

void pawl_delta_fini(struct pawl_delta *d)
{
	pawl_tree_fini(&d->set);
	pawl_list_fini(&d->removed);
}
