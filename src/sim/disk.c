/* SPDX-License-Identifier: MIT */
/* The simulated disk: its inodes and their contents, what is durable, and what a power cut does. */
#include "sim/disk_inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory, time, choices ---- */

void *pawl_disk_alloc_(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		pawl_port_fatal("the simulator is out of memory");
	return p;
}

void *pawl_disk_grow_(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		pawl_port_fatal("the simulator is out of memory");
	return p;
}

int64_t pawl_disk_now_(struct sim_disk *d)
{
	return d->how.now ? d->how.now(d->how.arg) : ++d->count;
}

uint32_t pawl_disk_choose_(struct sim_disk *d, uint32_t below)
{
	uint32_t r = d->how.choose ? d->how.choose(d->how.arg, below) : 0;

	PAWL_ASSERT(r < below);
	return r;
}

/* ---- inodes ---- */

void pawl_disk_list_(struct sim_disk *d, struct sim_inode *n)
{
	n->previous = d->last;
	if (d->last)
		d->last->next = n;
	else
		d->first = n;
	d->last = n;
}

struct sim_inode *pawl_disk_inode_new_(struct sim_disk *d, enum pawl_kind kind, unsigned mode)
{
	struct sim_inode *n = pawl_disk_alloc_(sizeof(*n));

	pawl_disk_list_(d, n);
	n->kind = kind;
	n->ino = ++d->inos;
	n->dev = 1;
	n->links = kind == PAWL_KIND_DIR ? 2 : 0;
	n->meta.mode = mode & 07777;
	n->meta.mtime = n->meta.ctime = pawl_disk_now_(d);
	n->kept_meta = n->meta;
	return n;
}

static void free_clean(struct sim_inode *n)
{
	if (!n->clean)
		return;
	pawl_disk_data_fini_(n->clean);
	free(n->clean);
	n->clean = NULL;
}

/* Only its own memory. */
static void inode_free(struct sim_inode *n)
{
	PAWL_ASSERT(!n->beside);
	pawl_disk_data_fini_(&n->data);
	pawl_disk_data_fini_(&n->kept);
	free_clean(n);
	for (uint32_t i = 0; i < n->entry_count; i++)
		free(n->entries[i]);
	free(n->entries);
	free(n->target);
	free(n);
}

static void drop_entries(struct sim_disk *d, struct sim_inode *folder)
{
	for (uint32_t i = 0; i < folder->entry_count; i++) {
		pawl_disk_set_now_(d, folder, folder->entries[i], NULL);
		pawl_disk_set_kept_(d, folder->entries[i], NULL);
	}
}

void pawl_disk_unref_(struct sim_disk *d, struct sim_inode *n)
{
	PAWL_ASSERT(n->refs > 0);
	if (--n->refs)
		return;
	drop_entries(d, n);
	d->used -= pawl_disk_data_used_(&n->data);
	if (n->previous)
		n->previous->next = n->next;
	else
		d->first = n->next;
	if (n->next)
		n->next->previous = n->previous;
	else
		d->last = n->previous;
	inode_free(n);
}

void pawl_disk_touch_(struct sim_disk *d, struct sim_inode *n)
{
	n->meta.mtime = n->meta.ctime = pawl_disk_now_(d);
	n->is_mtime_written = true;
}

static const struct disk_data *clean_of(const struct sim_inode *n)
{
	return n->clean ? n->clean : &n->kept;
}

bool pawl_disk_is_dirty_(const struct sim_inode *n)
{
	return !pawl_disk_data_is_(&n->data, clean_of(n));
}

void **pawl_disk_beside_(struct sim_inode *n)
{
	return &n->beside;
}

/* ---- disks ---- */

struct sim_disk *pawl_disk_bare_(const struct sim_disk_how *how)
{
	struct sim_disk *d = pawl_disk_alloc_(sizeof(*d));

	d->how = *how;
	return d;
}

static void set_root(struct sim_disk *d, struct sim_inode *root)
{
	d->root = root;
	root->parent = root;
	root->refs++;
}

struct sim_disk *pawl_disk_new_(const struct sim_disk_how *how)
{
	struct sim_disk *d = pawl_disk_bare_(how);

	d->inos = 1; /* the root of most file systems is 2 */
	d->devs = 1;
	set_root(d, pawl_disk_inode_new_(d, PAWL_KIND_DIR, 0755));
	return d;
}

void pawl_disk_free_(struct sim_disk *d)
{
	struct sim_inode *n, *next;

	if (!d)
		return;
	for (n = d->first; n; n = next) {
		next = n->next;
		inode_free(n);
	}
	pawl_disk_log_free_(d);
	free(d);
}

uint64_t pawl_disk_used_(const struct sim_disk *d)
{
	return d->used * SIM_DISK_BLOCK;
}

uint64_t pawl_disk_serial_(struct sim_disk *d)
{
	return ++d->inos;
}

size_t pawl_disk_changes_(const struct sim_disk *d)
{
	return d->log_count;
}

/* ---- open files ---- */

static int make_file(struct sim_disk *d, const char *path, unsigned flags, unsigned mode,
		     struct disk_place *p)
{
	int r = flags & PAWL_OPEN_NEW ? pawl_disk_place_(d, path, p)
				      : pawl_disk_place_make_(d, path, p);

	if (r < 0)
		return r;
	if (p->last == DISK_NORMAL && p->has_slash)
		return PAWL_EISDIR;
	if (p->inode && (flags & PAWL_OPEN_NEW))
		return PAWL_EEXIST;
	if (p->inode)
		return p->inode->kind == PAWL_KIND_DIR ? PAWL_EISDIR : 0;
	p->inode = pawl_disk_make_file_(d, p, mode);
	return 0;
}

int pawl_disk_open_(struct sim_disk *d, const char *path, unsigned flags, unsigned mode,
		    struct sim_inode **ret)
{
	bool writes = flags & (PAWL_OPEN_WRITE | SIM_OPEN_BOTH);
	struct disk_place p = { 0 };
	int r;

	if (flags & (PAWL_OPEN_CREATE | PAWL_OPEN_NEW))
		r = make_file(d, path, flags, mode, &p);
	else
		r = pawl_disk_look_(d, path, true, &p.inode);
	if (r < 0)
		return r;
	if (writes && p.inode->kind == PAWL_KIND_DIR)
		return PAWL_EISDIR;
	if ((flags & PAWL_OPEN_WRITE) && !(flags & PAWL_OPEN_APPEND))
		pawl_disk_truncate_(d, p.inode, 0);
	p.inode->refs++;
	*ret = p.inode;
	return 0;
}

struct sim_inode *pawl_disk_open_nameless_(struct sim_disk *d)
{
	struct sim_inode *n = pawl_disk_inode_new_(d, PAWL_KIND_FILE, 0600);

	n->refs++;
	return n;
}

int pawl_disk_open_parent_(struct sim_disk *d, const char *path, struct sim_inode **ret)
{
	struct disk_place p;
	int r = pawl_disk_place_(d, path, &p);

	if (r < 0)
		return r;
	p.parent->refs++;
	*ret = p.parent;
	return 0;
}

void pawl_disk_keep_(struct sim_inode *n)
{
	n->refs++;
}

void pawl_disk_close_(struct sim_disk *d, struct sim_inode *n)
{
	pawl_disk_unref_(d, n);
}

bool pawl_disk_lock_(struct sim_inode *n)
{
	bool was = n->is_locked;

	n->is_locked = true;
	return !was;
}

void pawl_disk_unlock_(struct sim_inode *n)
{
	n->is_locked = false;
}

int pawl_disk_read_(const struct sim_inode *n, int64_t at, void *buf, size_t size, size_t *ret_size)
{
	if (n->kind == PAWL_KIND_DIR)
		return PAWL_EISDIR;
	*ret_size = pawl_disk_data_read_(&n->data, at, buf, size);
	return 0;
}

static bool has_room(const struct sim_disk *d, const struct sim_inode *n, int64_t at)
{
	return !d->how.bytes_max || pawl_disk_data_has_(&n->data, at) ||
	       (d->used + 1) * SIM_DISK_BLOCK <= d->how.bytes_max;
}

int pawl_disk_write_(struct sim_disk *d, struct sim_inode *n, int64_t at, const void *buf,
		     size_t size, size_t *ret_size)
{
	size_t done = 0;
	int r = 0;

	PAWL_ASSERT(n->kind == PAWL_KIND_FILE && at >= 0);
	while (done < size) {
		size_t in = (size_t)(at % SIM_DISK_BLOCK), part = SIM_DISK_BLOCK - in;

		if (part > size - done)
			part = size - done;
		if (!has_room(d, n, at)) {
			r = PAWL_ENOSPC;
			break;
		}
		d->used += pawl_disk_data_write_(&n->data, clean_of(n), at,
						 (const char *)buf + done, part);
		at += (int64_t)part;
		done += part;
	}
	if (done)
		pawl_disk_touch_(d, n);
	*ret_size = done;
	return r;
}

int pawl_disk_truncate_(struct sim_disk *d, struct sim_inode *n, int64_t size)
{
	if (n->kind != PAWL_KIND_FILE)
		return PAWL_EINVAL;
	d->used -= pawl_disk_data_truncate_(&n->data, clean_of(n), size);
	pawl_disk_touch_(d, n);
	return 0;
}

int pawl_disk_share_(struct sim_disk *d, const struct sim_inode *from, struct sim_inode *to)
{
	uint32_t more = pawl_disk_data_used_(&from->data);

	if (from->kind == PAWL_KIND_DIR)
		return PAWL_EISDIR;
	PAWL_ASSERT(to->data.size == 0);
	if (d->how.bytes_max && (d->used + more) * SIM_DISK_BLOCK > d->how.bytes_max)
		return PAWL_ENOSPC;
	d->used += more;
	pawl_disk_data_share_(&to->data, &from->data);
	if (from->data.size)
		pawl_disk_touch_(d, to);
	return 0;
}

void pawl_disk_fstat_(const struct sim_inode *n, pawl_stat *ret)
{
	int64_t size = n->kind == PAWL_KIND_DIR    ? SIM_DISK_BLOCK
		       : n->kind == PAWL_KIND_LINK ? (int64_t)strlen(n->target)
						   : n->data.size;

	*ret = (pawl_stat){
		.kind = n->kind,
		.mode = n->meta.mode,
		.links = n->links,
		.size = size,
		.mtime = n->meta.mtime,
		.ctime = n->meta.ctime,
		.ino = n->ino,
		.dev = n->dev,
	};
}

/* ---- syncing ---- */

static void bring_content(struct sim_inode *n)
{
	if (!n->clean) {
		if (!pawl_disk_data_is_(&n->data, &n->kept))
			pawl_disk_data_share_(&n->kept, &n->data);
		return;
	}
	pawl_disk_data_bring_(&n->kept, &n->data, n->clean);
	pawl_disk_data_share_(n->clean, &n->data);
	if (pawl_disk_data_is_(&n->kept, &n->data))
		free_clean(n);
}

static void bring(struct sim_inode *n)
{
	if (n->kind == PAWL_KIND_FILE)
		bring_content(n);
	n->kept_meta = n->meta;
}

void pawl_disk_sync_(struct sim_disk *d, struct sim_inode *n)
{
	pawl_disk_log_flush_(d, n);
	bring(n);
}

void pawl_disk_sync_dev_(struct sim_disk *d, uint32_t dev)
{
	pawl_disk_log_flush_all_(d, dev);
	for (struct sim_inode *n = d->first; n; n = n->next)
		if (n->dev == dev)
			bring(n);
}

void pawl_disk_sync_all_(struct sim_disk *d)
{
	for (uint32_t dev = 1; dev <= d->devs; dev++)
		pawl_disk_sync_dev_(d, dev);
}

void pawl_disk_settle_(struct sim_disk *d)
{
	for (struct sim_inode *n = d->first; n; n = n->next)
		free_clean(n);
	pawl_disk_sync_all_(d);
}

enum { FATE_OLD, FATE_NEW, FATE_MIXED };

/* What a content that is on its way becomes; true: all of it arrived. */
static bool bring_perhaps(struct sim_disk *d, struct sim_inode *n)
{
	uint32_t fate = pawl_disk_choose_(d, 3);

	if (fate == FATE_NEW)
		pawl_disk_data_bring_(&n->kept, &n->data, clean_of(n));
	if (fate == FATE_MIXED && n->clean)
		pawl_disk_data_mix_(d, &n->kept, &n->data, n->clean);
	if (fate == FATE_MIXED && !n->clean) {
		struct disk_data from = { 0 };

		pawl_disk_data_share_(&from, &n->kept);
		pawl_disk_data_mix_(d, &n->kept, &n->data, &from);
		pawl_disk_data_fini_(&from);
	}
	if (fate == FATE_NEW || (fate == FATE_MIXED && pawl_disk_choose_(d, 2))) {
		if (n->is_mtime_written)
			n->kept_meta.mtime = n->meta.mtime;
	}
	return fate == FATE_NEW;
}

static void content_fails(struct sim_disk *d, struct sim_inode *n)
{
	if (n->kind != PAWL_KIND_FILE || !pawl_disk_is_dirty_(n))
		return;
	bring_perhaps(d, n);
	if (!n->clean)
		n->clean = pawl_disk_alloc_(sizeof(*n->clean));
	pawl_disk_data_share_(n->clean, &n->data);
	if (pawl_disk_data_is_(&n->kept, &n->data))
		free_clean(n);
}

void pawl_disk_sync_fails_(struct sim_disk *d, struct sim_inode *n)
{
	content_fails(d, n);
	if (d->log_count && pawl_disk_choose_(d, 2))
		pawl_disk_log_flush_(d, n);
}

void pawl_disk_sync_dev_fails_(struct sim_disk *d, uint32_t dev)
{
	for (struct sim_inode *n = d->first; n; n = n->next)
		if (n->dev == dev)
			content_fails(d, n);
	if (d->log_count && pawl_disk_choose_(d, 2))
		pawl_disk_log_flush_all_(d, dev);
}

/* ---- the power goes ---- */

static void hold_all(struct sim_disk *d)
{
	for (struct sim_inode *n = d->first; n; n = n->next)
		n->refs++;
}

/* Who is let go may take others along that were let go before it. */
static void let_all_go(struct sim_disk *d)
{
	struct sim_inode *n, *next;

	for (n = d->first; n; n = next) {
		next = n->next;
		pawl_disk_unref_(d, n);
	}
}

/* What is seen of a folder is what was durable. */
static void forget_names(struct sim_disk *d, struct sim_inode *folder)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < folder->entry_count; i++) {
		struct disk_entry *e = folder->entries[i];

		PAWL_ASSERT(e->changes == 0);
		pawl_disk_set_now_(d, folder, e, e->kept);
		if (e->now)
			folder->entries[left++] = e;
		else
			free(e);
	}
	folder->entry_count = left;
}

static void find_names(struct sim_disk *d, struct sim_inode *folder)
{
	folder->mark = d->mark;
	folder->links = 2;
	for (uint32_t i = 0; i < folder->entry_count; i++) {
		struct sim_inode *n = folder->entries[i]->now;

		n->mark = d->mark;
		if (n->kind != PAWL_KIND_DIR) {
			n->links++;
			continue;
		}
		n->parent = folder;
		find_names(d, n);
		folder->links++;
	}
}

static void forget_content(struct sim_disk *d, struct sim_inode *n)
{
	if (pawl_disk_is_dirty_(n))
		bring_perhaps(d, n);
	free_clean(n);
	d->used -= pawl_disk_data_used_(&n->data);
	pawl_disk_data_share_(&n->data, &n->kept);
	d->used += pawl_disk_data_used_(&n->data);
}

static void forget(struct sim_disk *d, struct sim_inode *n)
{
	n->is_locked = false;
	if (n->mark != d->mark) {
		drop_entries(d, n);
		return;
	}
	if (n->kind == PAWL_KIND_FILE)
		forget_content(d, n);
	n->meta = n->kept_meta;
}

void pawl_disk_cut_(struct sim_disk *d)
{
	struct sim_inode *n;

	hold_all(d);
	pawl_disk_log_cut_(d);
	for (n = d->first; n; n = n->next) {
		forget_names(d, n);
		n->links = 0;
	}
	d->mark++;
	find_names(d, d->root);
	for (n = d->first; n; n = n->next)
		forget(d, n);
	let_all_go(d);
}
