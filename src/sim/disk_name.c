/* SPDX-License-Identifier: MIT */
/* The names in the folders of the simulated disk, and what changes them. */
#include "sim/disk_inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- the entries of a folder ---- */

#define HEAD 8

/* The first bytes of a name as a number: in the order of names, and zero where there are none. */
static uint64_t head_of(const char *name, size_t length)
{
	size_t n = length < HEAD ? length : HEAD;
	uint64_t head = 0;

	for (size_t i = 0; i < n; i++)
		head = head << 8 | (unsigned char)name[i];
	return n ? head << 8 * (HEAD - n) : 0;
}

static int compare(const struct disk_entry *e, uint64_t head, const char *name, size_t length)
{
	size_t n = e->length < length ? e->length : length;
	int r;

	if (e->head != head)
		return e->head < head ? -1 : 1;
	r = n > HEAD ? memcmp(e->name + HEAD, name + HEAD, n - HEAD) : 0;
	return r ? r : (int)e->length - (int)length;
}

/* Where the name is, or would be. */
static uint32_t search(const struct sim_inode *folder, const char *name, size_t length,
		       bool *ret_found)
{
	uint32_t low = 0, high = folder->entry_count;
	uint64_t head = head_of(name, length);

	*ret_found = false;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int r = compare(folder->entries[middle], head, name, length);

		if (r == 0) {
			*ret_found = true;
			return middle;
		}
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_called(const struct disk_entry *e, const char *name, size_t length)
{
	return e->length == length && memcmp(e->name, name, length) == 0;
}

struct disk_entry *pawl_disk_find_(struct sim_inode *folder, const char *name, size_t length)
{
	bool found;
	uint32_t i = folder->recent;

	if (i < folder->entry_count && is_called(folder->entries[i], name, length))
		return folder->entries[i];
	i = search(folder, name, length, &found);
	if (!found)
		return NULL;
	folder->recent = i;
	return folder->entries[i];
}

static void insert(struct sim_inode *folder, uint32_t at, struct disk_entry *e)
{
	if (folder->entry_count == folder->entry_room) {
		folder->entry_room = folder->entry_room ? 2 * folder->entry_room : 8;
		folder->entries = pawl_disk_grow_(folder->entries,
						  folder->entry_room * sizeof(struct disk_entry *));
	}
	memmove(folder->entries + at + 1, folder->entries + at,
		(folder->entry_count - at) * sizeof(struct disk_entry *));
	folder->entries[at] = e;
	folder->entry_count++;
}

struct disk_entry *pawl_disk_entry_(struct sim_inode *folder, const char *name, size_t length)
{
	struct disk_entry *e;
	bool found;
	uint32_t i = search(folder, name, length, &found);

	if (found)
		return folder->entries[i];
	e = pawl_disk_alloc_(sizeof(*e) + length + 1);
	memcpy(e->name, name, length);
	e->length = (uint16_t)length;
	e->head = head_of(name, length);
	insert(folder, i, e);
	return e;
}

void pawl_disk_prune_(struct sim_inode *folder, struct disk_entry *e)
{
	bool found;
	uint32_t i;

	if (e->now || e->kept || e->changes)
		return;
	i = search(folder, e->name, e->length, &found);
	PAWL_ASSERT(found && folder->entries[i] == e);
	folder->entry_count--;
	memmove(folder->entries + i, folder->entries + i + 1,
		(folder->entry_count - i) * sizeof(struct disk_entry *));
	free(e);
}

void pawl_disk_set_now_(struct sim_disk *d, struct sim_inode *folder, struct disk_entry *e,
			struct sim_inode *to)
{
	struct sim_inode *was = e->now;

	e->now = to;
	if (to) {
		to->refs++;
		folder->live++;
	}
	if (was) {
		folder->live--;
		pawl_disk_unref_(d, was);
	}
}

void pawl_disk_set_kept_(struct sim_disk *d, struct disk_entry *e, struct sim_inode *to)
{
	struct sim_inode *was = e->kept;

	e->kept = to;
	if (to)
		to->refs++;
	if (was)
		pawl_disk_unref_(d, was);
}

/* ---- what is seen changes ---- */

static void touch_folder(struct sim_inode *folder, int64_t time)
{
	folder->meta.mtime = folder->meta.ctime = time;
}

/* An inode gets a name; a folder has one only. */
static void name_it(struct sim_disk *d, struct sim_inode *folder, struct disk_entry *e,
		    struct sim_inode *n, int64_t time)
{
	pawl_disk_set_now_(d, folder, e, n);
	n->meta.ctime = time;
	if (n->kind == PAWL_KIND_DIR) {
		n->parent = folder;
		folder->links++;
	} else {
		n->links++;
	}
	touch_folder(folder, time);
}

static void unname_it(struct sim_disk *d, struct sim_inode *folder, struct disk_entry *e,
		      int64_t time)
{
	struct sim_inode *n = e->now;

	n->meta.ctime = time;
	if (n->kind == PAWL_KIND_DIR) {
		folder->links--;
		n->links -= 2;
	} else {
		n->links--;
	}
	touch_folder(folder, time);
	pawl_disk_set_now_(d, folder, e, NULL);
}

static struct disk_entry *entry_of(struct sim_inode *folder, const struct disk_place *p)
{
	return pawl_disk_entry_(folder, p->name, p->length);
}

/* Gives the place its first inode. */
static void make(struct sim_disk *d, const struct disk_place *p, struct sim_inode *n)
{
	struct disk_entry *e = entry_of(p->parent, p);
	struct disk_change *c = pawl_disk_log_(d);

	PAWL_ASSERT(p->last == DISK_NORMAL && !p->inode);
	n->dev = p->parent->dev;
	name_it(d, p->parent, e, n, c->time);
	pawl_disk_log_part_(c, p->parent, e, n);
}

/* A place where something can be made. */
static int place_new(struct sim_disk *d, const char *path, bool is_folder, struct disk_place *ret)
{
	int r = pawl_disk_place_(d, path, ret);

	if (r < 0)
		return r;
	if (ret->last != DISK_NORMAL || ret->inode)
		return PAWL_EEXIST;
	return ret->has_slash && !is_folder ? PAWL_ENOENT : 0;
}

int pawl_disk_mkdir_(struct sim_disk *d, const char *path, unsigned mode)
{
	struct disk_place p;
	int r = place_new(d, path, true, &p);

	if (r < 0)
		return r;
	make(d, &p, pawl_disk_inode_new_(d, PAWL_KIND_DIR, mode));
	return 0;
}

struct sim_inode *pawl_disk_make_file_(struct sim_disk *d, const struct disk_place *p,
				       unsigned mode)
{
	struct sim_inode *n = pawl_disk_inode_new_(d, PAWL_KIND_FILE, mode);

	make(d, p, n);
	return n;
}

int pawl_disk_symlink_(struct sim_disk *d, const char *target, const char *path)
{
	size_t size = strlen(target) + 1;
	struct sim_inode *n;
	struct disk_place p;
	int r;

	if (size == 1)
		return PAWL_ENOENT;
	if (size > DISK_PATH_MAX)
		return PAWL_ENAMETOOLONG;
	r = place_new(d, path, false, &p);
	if (r < 0)
		return r;
	n = pawl_disk_inode_new_(d, PAWL_KIND_LINK, 0777);
	n->target = memcpy(pawl_disk_alloc_(size), target, size);
	make(d, &p, n);
	return 0;
}

int pawl_disk_link_(struct sim_disk *d, const char *from, const char *to)
{
	struct sim_inode *n;
	struct disk_place p;
	int r = pawl_disk_look_(d, from, false, &n);

	if (r == 0)
		r = place_new(d, to, false, &p);
	if (r < 0)
		return r;
	if (n->kind == PAWL_KIND_DIR)
		return PAWL_EACCES;
	if (n->dev != p.parent->dev)
		return PAWL_EXDEV;
	if (n->links >= DISK_LINKS_MAX)
		return PAWL_EFULL;
	make(d, &p, n);
	return 0;
}

int pawl_disk_unlink_(struct sim_disk *d, const char *path)
{
	struct disk_change *c;
	struct disk_entry *e;
	struct disk_place p;
	int r = pawl_disk_place_(d, path, &p);

	if (r < 0)
		return r;
	if (p.last != DISK_NORMAL)
		return PAWL_EISDIR;
	if (!p.inode)
		return PAWL_ENOENT;
	if (p.inode->kind == PAWL_KIND_DIR)
		return PAWL_EISDIR;
	if (p.has_slash)
		return PAWL_ENOTDIR;
	c = pawl_disk_log_(d);
	e = entry_of(p.parent, &p);
	pawl_disk_log_part_(c, p.parent, e, NULL);
	unname_it(d, p.parent, e, c->time);
	return 0;
}

/* The root of a file system stays where it is. */
static bool is_mounted(const struct disk_place *p)
{
	return p->inode && p->inode->dev != p->parent->dev;
}

int pawl_disk_rmdir_(struct sim_disk *d, const char *path)
{
	static const int odd[] = {
		[DISK_ROOT] = PAWL_EBUSY, [DISK_DOT] = PAWL_EINVAL, [DISK_DOTS] = PAWL_ENOTEMPTY
	};
	struct disk_change *c;
	struct disk_entry *e;
	struct disk_place p;
	int r = pawl_disk_place_(d, path, &p);

	if (r < 0)
		return r;
	if (p.last != DISK_NORMAL)
		return odd[p.last];
	if (!p.inode)
		return PAWL_ENOENT;
	if (p.inode->kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	if (is_mounted(&p))
		return PAWL_EBUSY;
	if (p.inode->live)
		return PAWL_ENOTEMPTY;
	c = pawl_disk_log_(d);
	e = entry_of(p.parent, &p);
	pawl_disk_log_part_(c, p.parent, e, NULL);
	pawl_disk_log_gone_(c, p.inode);
	unname_it(d, p.parent, e, c->time);
	return 0;
}

/* ---- renaming ---- */

static bool is_within(const struct sim_inode *n, const struct sim_inode *folder)
{
	while (n != folder && n != n->parent)
		n = n->parent;
	return n == folder;
}

static int check_slashes(const struct disk_place *from, const struct disk_place *to)
{
	if (from->inode->kind != PAWL_KIND_DIR && (from->has_slash || to->has_slash))
		return PAWL_ENOTDIR;
	return 0;
}

static int check_target(const struct disk_place *from, const struct disk_place *to)
{
	if (!to->inode)
		return 0;
	if (from->inode->kind == PAWL_KIND_DIR) {
		if (to->inode->kind != PAWL_KIND_DIR)
			return PAWL_ENOTDIR;
		return to->inode->live ? PAWL_ENOTEMPTY : 0;
	}
	return to->inode->kind == PAWL_KIND_DIR ? PAWL_EISDIR : 0;
}

static int check_rename(const struct disk_place *from, const struct disk_place *to)
{
	int r;

	if (from->last != DISK_NORMAL || to->last != DISK_NORMAL)
		return PAWL_EBUSY;
	if (!from->inode)
		return PAWL_ENOENT;
	r = check_slashes(from, to);
	if (r < 0)
		return r;
	if (from->parent->dev != to->parent->dev)
		return PAWL_EXDEV;
	if (is_mounted(from) || is_mounted(to))
		return PAWL_EBUSY;
	if (from->inode->kind == PAWL_KIND_DIR && is_within(to->parent, from->inode))
		return PAWL_EINVAL;
	if (to->inode && to->inode->kind == PAWL_KIND_DIR && to->parent != from->parent &&
	    is_within(from->parent, to->inode))
		return PAWL_ENOTEMPTY;
	return 0;
}

static void move(struct sim_disk *d, const struct disk_place *from, const struct disk_place *to)
{
	struct disk_change *c = pawl_disk_log_(d);
	struct disk_entry *old = entry_of(from->parent, from), *new = entry_of(to->parent, to);
	struct sim_inode *n = from->inode;

	c->is_move = n->kind == PAWL_KIND_DIR;
	pawl_disk_log_part_(c, from->parent, old, NULL);
	pawl_disk_log_part_(c, to->parent, new, n);
	if (to->inode && c->is_move)
		pawl_disk_log_gone_(c, to->inode);
	if (to->inode)
		unname_it(d, to->parent, new, c->time);
	name_it(d, to->parent, new, n, c->time);
	if (c->is_move)
		n->links += 2; /* which losing the old name takes */
	unname_it(d, from->parent, old, c->time);
}

int pawl_disk_rename_(struct sim_disk *d, const char *from, const char *to)
{
	struct disk_place a, b;
	int r = pawl_disk_place_(d, from, &a);

	if (r == 0)
		r = pawl_disk_place_(d, to, &b);
	if (r == 0)
		r = check_rename(&a, &b);
	if (r < 0)
		return r;
	if (a.inode == b.inode)
		return 0;
	r = check_target(&a, &b);
	if (r == 0)
		move(d, &a, &b);
	return r;
}

/* ---- what an inode says of itself ---- */

static void log_meta(struct sim_disk *d, struct sim_inode *n, enum disk_sets sets)
{
	struct disk_change *c = pawl_disk_log_(d);

	c->sets = sets;
	c->inode = n;
	n->refs++;
	n->meta.ctime = c->time;
	c->meta = n->meta;
}

int pawl_disk_chmod_(struct sim_disk *d, const char *path, unsigned mode)
{
	struct sim_inode *n;
	int r = pawl_disk_look_(d, path, true, &n);

	if (r < 0)
		return r;
	n->meta.mode = mode & 07777;
	log_meta(d, n, DISK_SETS_MODE);
	return 0;
}

int pawl_disk_set_mtime_(struct sim_disk *d, const char *path, int64_t mtime)
{
	struct sim_inode *n;
	int r = pawl_disk_look_(d, path, false, &n);

	if (r < 0)
		return r;
	n->meta.mtime = mtime;
	n->is_mtime_written = false;
	log_meta(d, n, DISK_SETS_MTIME);
	return 0;
}
