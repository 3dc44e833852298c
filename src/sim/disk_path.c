/* SPDX-License-Identifier: MIT */
/* Paths on the simulated disk: which folder and name they lead to, through links. */
#include "sim/disk_inner.h"

#include <string.h>

/* What is left of a path, and where it goes on. */
struct way {
	struct sim_disk *disk;
	struct sim_inode *at;
	unsigned links; /* that were followed */
};

static int follow(struct way *w, const struct sim_inode *link, struct disk_place *ret);

static enum disk_last kind_of(const char *name, size_t length)
{
	if (length == 1 && name[0] == '.')
		return DISK_DOT;
	if (length == 2 && name[0] == '.' && name[1] == '.')
		return DISK_DOTS;
	return DISK_NORMAL;
}

static struct sim_inode *child(const struct way *w, const struct disk_place *p)
{
	const struct disk_entry *e;

	if (p->last == DISK_DOT)
		return w->at;
	if (p->last == DISK_DOTS)
		return w->at->parent;
	e = pawl_disk_find_(w->at, p->name, p->length);
	return e ? e->now : NULL;
}

/* A part of the path that is not the last: a folder, if need be behind a link. */
static int enter(struct way *w, struct disk_place *p)
{
	struct disk_place there;
	int r;

	if (p->inode && p->inode->kind == PAWL_KIND_LINK) {
		r = follow(w, p->inode, &there);
		if (r < 0)
			return r;
		p->inode = there.inode;
	}
	if (!p->inode)
		return PAWL_ENOENT;
	if (p->inode->kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	w->at = p->inode;
	return 0;
}

static size_t length_of(const char *name)
{
	const char *s = name;

	while (*s && *s != '/')
		s++;
	return (size_t)(s - name);
}

static const char *skip_slashes(const char *s)
{
	while (*s == '/')
		s++;
	return s;
}

static int walk(struct way *w, const char *path, struct disk_place *p)
{
	const char *s = path;
	int r;

	if (*s == '/')
		w->at = w->disk->root;
	s = skip_slashes(s);
	*p = (struct disk_place){ .parent = w->at, .name = s, .last = DISK_ROOT, .inode = w->at };
	while (*s) {
		p->parent = w->at;
		p->name = s;
		p->length = length_of(s);
		p->last = kind_of(s, p->length);
		if (p->length > DISK_NAME_MAX)
			return PAWL_ENAMETOOLONG;
		p->inode = child(w, p);
		s = skip_slashes(s + p->length);
		p->has_slash = p->name[p->length] == '/';
		if (*s && (r = enter(w, p)) < 0)
			return r;
	}
	return 0;
}

/*
 * Follows as long as there is a link at the place. Whoever makes a file is told that it would be a
 * folder before a link is looked at.
 */
static int follow_last(struct way *w, struct disk_place *p, bool makes)
{
	bool has_slash = p->has_slash;
	int r = 0;

	while (r == 0 && p->inode && p->inode->kind == PAWL_KIND_LINK) {
		if (makes && p->has_slash)
			return PAWL_EISDIR;
		w->at = p->parent;
		if (++w->links > DISK_FOLLOW_MAX)
			return PAWL_ELOOP;
		r = walk(w, p->inode->target, p);
		has_slash = has_slash || p->has_slash;
	}
	p->has_slash = has_slash;
	return r;
}

static int follow(struct way *w, const struct sim_inode *link, struct disk_place *ret)
{
	int r;

	if (++w->links > DISK_FOLLOW_MAX)
		return PAWL_ELOOP;
	r = walk(w, link->target, ret);
	if (r == 0)
		r = follow_last(w, ret, false);
	return r;
}

enum follows { STAYS, FOLLOWS, FOLLOWS_TO_MAKE };

static int place(struct sim_disk *d, const char *path, enum follows follows, struct disk_place *ret)
{
	struct way w = { .disk = d, .at = d->root };
	int r;

	if (!*path)
		return PAWL_ENOENT;
	if (memchr(path, '\0', DISK_PATH_MAX) == NULL)
		return PAWL_ENAMETOOLONG;
	r = walk(&w, path, ret);
	if (r == 0 && follows)
		r = follow_last(&w, ret, follows == FOLLOWS_TO_MAKE);
	return r;
}

int pawl_disk_place_(struct sim_disk *d, const char *path, struct disk_place *ret)
{
	return place(d, path, STAYS, ret);
}

int pawl_disk_place_follow_(struct sim_disk *d, const char *path, struct disk_place *ret)
{
	return place(d, path, FOLLOWS, ret);
}

int pawl_disk_place_make_(struct sim_disk *d, const char *path, struct disk_place *ret)
{
	return place(d, path, FOLLOWS_TO_MAKE, ret);
}

int pawl_disk_look_(struct sim_disk *d, const char *path, bool follow, struct sim_inode **ret)
{
	size_t length = strlen(path);
	bool has_slash = length && path[length - 1] == '/';
	struct disk_place p;
	int r = place(d, path, follow || has_slash ? FOLLOWS : STAYS, &p);

	if (r < 0)
		return r;
	if (!p.inode)
		return PAWL_ENOENT;
	if (p.has_slash && p.inode->kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	*ret = p.inode;
	return 0;
}

bool pawl_disk_is_direct_(struct sim_disk *d, const char *path, bool follow)
{
	struct sim_inode *at = d->root;

	while (*path == '/') {
		const char *name = path + 1;
		size_t length = length_of(name);
		const struct disk_entry *e;

		if (!length || length > DISK_NAME_MAX || kind_of(name, length) != DISK_NORMAL)
			return false;
		e = pawl_disk_find_(at, name, length);
		path = name + length;
		if (!*path && (!e || !e->now))
			return true;
		if (!e || !e->now)
			return false;
		at = e->now;
		if (at->kind != PAWL_KIND_DIR)
			return !*path && !(follow && at->kind == PAWL_KIND_LINK);
	}
	return !*path;
}
