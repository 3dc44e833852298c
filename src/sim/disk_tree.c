/* SPDX-License-Identifier: MIT */
/* The simulated disk as a tree: listing it, copying it, and making it for tests. */
#include "sim/disk_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- looking ---- */

int pawl_disk_stat_(struct sim_disk *d, const char *path, bool follow, pawl_stat *ret)
{
	struct sim_inode *n;
	int r = pawl_disk_look_(d, path, follow, &n);

	if (r == 0)
		pawl_disk_fstat_(n, ret);
	return r;
}

int pawl_disk_target_(struct sim_disk *d, const char *path, const char **ret)
{
	struct sim_inode *n;
	int r = pawl_disk_look_(d, path, false, &n);

	if (r < 0)
		return r;
	if (n->kind != PAWL_KIND_LINK)
		return PAWL_EINVAL;
	*ret = n->target;
	return 0;
}

char *pawl_disk_names_(const struct sim_inode *folder, size_t *ret_count)
{
	size_t size = 0, count = 0;
	char *names, *at;

	for (uint32_t i = 0; i < folder->entry_count; i++)
		if (folder->entries[i]->now)
			size += folder->entries[i]->length + 1u;
	at = names = size ? pawl_disk_alloc_(size) : NULL;
	for (uint32_t i = 0; i < folder->entry_count; i++) {
		const struct disk_entry *e = folder->entries[i];

		if (!e->now)
			continue;
		memcpy(at, e->name, e->length + 1u);
		at += e->length + 1;
		count++;
	}
	*ret_count = count;
	return names;
}

static struct sim_inode *named(struct sim_inode *folder, const char *name)
{
	const struct disk_entry *e = pawl_disk_find_(folder, name, strlen(name));

	return e ? e->now : NULL;
}

int pawl_disk_stat_at_(struct sim_inode *folder, const char *name, pawl_stat *ret)
{
	struct sim_inode *n = named(folder, name);

	if (!n)
		return PAWL_ENOENT;
	pawl_disk_fstat_(n, ret);
	return 0;
}

int pawl_disk_open_at_(struct sim_inode *folder, const char *name, struct sim_inode **ret)
{
	struct sim_inode *n = named(folder, name);

	if (!n)
		return PAWL_ENOENT;
	if (n->kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	n->refs++;
	*ret = n;
	return 0;
}

/* ---- copies ---- */

static void copy_inode(struct sim_disk *to, struct sim_inode *n)
{
	struct sim_inode *c = pawl_disk_alloc_(sizeof(*c));

	n->copy = c;
	c->ino = n->ino;
	c->dev = n->dev;
	c->kind = n->kind;
	c->links = n->links;
	c->live = 0;
	c->is_mtime_written = n->is_mtime_written;
	c->meta = n->meta;
	c->kept_meta = n->kept_meta;
	pawl_disk_data_share_(&c->data, &n->data);
	pawl_disk_data_share_(&c->kept, &n->kept);
	if (n->clean) {
		c->clean = pawl_disk_alloc_(sizeof(*c->clean));
		pawl_disk_data_share_(c->clean, n->clean);
	}
	if (n->target)
		c->target = memcpy(pawl_disk_alloc_(strlen(n->target) + 1), n->target,
				   strlen(n->target) + 1);
	to->used += pawl_disk_data_used_(&c->data);
	pawl_disk_list_(to, c);
}

static void copy_names(struct sim_disk *to, const struct sim_inode *n)
{
	struct sim_inode *c = n->copy;

	if (n->entry_count)
		c->entries = pawl_disk_alloc_(n->entry_room * sizeof(struct disk_entry *));
	c->entry_room = n->entry_room;
	c->parent = n->parent ? n->parent->copy : NULL;
	for (uint32_t i = 0; i < n->entry_count; i++) {
		const struct disk_entry *e = n->entries[i];
		struct disk_entry *f = pawl_disk_alloc_(sizeof(*f) + e->length + 1u);

		f->length = e->length;
		f->head = e->head;
		memcpy(f->name, e->name, e->length + 1u);
		c->entries[c->entry_count++] = f;
		pawl_disk_set_now_(to, c, f, e->now ? e->now->copy : NULL);
		pawl_disk_set_kept_(to, f, e->kept ? e->kept->copy : NULL);
	}
}

static void copy_change(struct sim_disk *to, const struct disk_change *c)
{
	int64_t count = to->count;
	struct disk_change *t = pawl_disk_log_(to);

	to->count = count;
	t->is_move = c->is_move;
	t->sets = c->sets;
	t->meta = c->meta;
	t->time = c->time;
	if (c->gone)
		pawl_disk_log_gone_(t, c->gone->copy);
	if (c->inode) {
		t->inode = c->inode->copy;
		t->inode->refs++;
	}
	for (unsigned i = 0; i < c->parts; i++) {
		const struct disk_part *p = &c->part[i];

		pawl_disk_log_part_(t, p->folder->copy,
				    pawl_disk_find_(p->folder->copy, p->entry->name,
						    p->entry->length),
				    p->to ? p->to->copy : NULL);
	}
}

struct sim_disk *pawl_disk_copy_(const struct sim_disk *d, const struct sim_disk_how *how)
{
	struct sim_disk *to = pawl_disk_bare_(how);
	struct sim_inode *n;

	to->inos = d->inos;
	to->devs = d->devs;
	to->count = d->count;
	to->mark = d->mark;
	for (n = d->first; n; n = n->next)
		copy_inode(to, n);
	to->root = d->root->copy;
	to->root->refs++;
	for (n = d->first; n; n = n->next)
		copy_names(to, n);
	for (size_t i = 0; i < d->log_count; i++)
		copy_change(to, &d->log[i]);
	/* those that were only open */
	for (n = d->first; n; n = n->next) {
		n->copy->refs++;
		pawl_disk_unref_(to, n->copy);
		n->copy = NULL;
	}
	return to;
}

/* ---- making trees ---- */

static struct sim_inode *name_fleeting(struct sim_disk *d, const struct disk_place *p)
{
	struct sim_inode *n = pawl_disk_inode_new_(d, PAWL_KIND_DIR, 0755);

	pawl_disk_set_now_(d, p->parent, pawl_disk_entry_(p->parent, p->name, p->length), n);
	n->parent = p->parent;
	p->parent->links++;
	return n;
}

static int make_folder(struct sim_disk *d, const char *path, bool is_fleeting)
{
	struct disk_place p;
	int r = pawl_disk_place_follow_(d, path, &p);

	if (r < 0)
		return r;
	if (p.inode && p.inode->kind != PAWL_KIND_DIR)
		return PAWL_ENOTDIR;
	if (!p.inode && is_fleeting)
		name_fleeting(d, &p);
	else if (!p.inode)
		r = pawl_disk_mkdir_(d, path, 0755);
	if (r == 0 && !is_fleeting)
		pawl_disk_sync_(d, p.parent);
	return r;
}

/* All folders of a plain path in one go; false: there is something else on the way. */
static bool make_fleeting(struct sim_disk *d, const char *path)
{
	struct disk_place p = { .inode = d->root };

	while (*path == '/') {
		const struct disk_entry *e;

		p.parent = p.inode;
		p.name = ++path;
		p.length = strcspn(path, "/");
		if (!p.length || p.length > DISK_NAME_MAX || strspn(p.name, ".") == p.length)
			return false;
		path += p.length;
		e = pawl_disk_find_(p.parent, p.name, p.length);
		p.inode = e && e->now ? e->now : name_fleeting(d, &p);
		if (p.inode->kind != PAWL_KIND_DIR)
			return false;
	}
	return !*path;
}

/* The folders of a path but for its last part, and that too. */
static int make_folders(struct sim_disk *d, const char *path, bool with_last, bool is_fleeting)
{
	char part[DISK_PATH_MAX];
	size_t length = strlen(path);
	int r = 0;

	if (length >= sizeof part)
		return PAWL_ENAMETOOLONG;
	for (size_t i = 1; r == 0 && i <= length; i++) {
		if (path[i] != '/' && !(path[i] == '\0' && with_last))
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		r = make_folder(d, part, is_fleeting);
	}
	return r;
}

int pawl_disk_mkdirs_(struct sim_disk *d, const char *path, bool is_fleeting)
{
	if (is_fleeting && make_fleeting(d, path))
		return 0;
	return make_folders(d, path, true, is_fleeting);
}

int pawl_disk_put_(struct sim_disk *d, const char *path, const void *bytes, size_t size,
		   unsigned mode)
{
	struct sim_inode *n, *parent;
	size_t done;
	int r = make_folders(d, path, false, false);

	if (r == 0)
		r = pawl_disk_open_(d, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, mode, &n);
	if (r < 0)
		return r;
	n->meta.mode = mode & 07777;
	r = pawl_disk_write_(d, n, 0, bytes, size, &done);
	pawl_disk_sync_(d, n);
	pawl_disk_close_(d, n);
	if (pawl_disk_open_parent_(d, path, &parent) == 0) {
		pawl_disk_sync_(d, parent);
		pawl_disk_close_(d, parent);
	}
	return r;
}

int pawl_disk_mount_(struct sim_disk *d, const char *path)
{
	struct disk_place p;
	int r = make_folders(d, path, true, false);

	if (r == 0)
		r = pawl_disk_place_follow_(d, path, &p);
	if (r < 0)
		return r;
	if (p.last != DISK_NORMAL || p.inode->dev != p.parent->dev)
		return PAWL_EBUSY;
	if (p.inode->entry_count)
		return PAWL_ENOTEMPTY;
	p.inode->dev = ++d->devs;
	return 0;
}

int pawl_disk_get_(struct sim_disk *d, const char *path, void *buf, size_t size, size_t *ret_size)
{
	struct sim_inode *n;
	size_t got;
	int r = pawl_disk_look_(d, path, true, &n);

	if (r == 0)
		r = pawl_disk_read_(n, 0, buf, size, &got);
	if (r == 0)
		*ret_size = (size_t)n->data.size;
	return r;
}

static void remove_names(struct sim_disk *d, struct sim_inode *folder)
{
	for (uint32_t i = 0; i < folder->entry_count; i++) {
		struct disk_entry *e = folder->entries[i];
		struct sim_inode *n = e->now;

		if (n && n->kind == PAWL_KIND_DIR) {
			remove_names(d, n);
			n->links = 0;
			folder->links--;
		} else if (n) {
			n->links--;
		}
		pawl_disk_set_now_(d, folder, e, NULL);
		pawl_disk_set_kept_(d, e, NULL);
	}
}

void pawl_disk_remove_(struct sim_disk *d, const char *path)
{
	struct disk_entry *e;
	struct disk_place p;

	if (pawl_disk_place_(d, path, &p) < 0 || !p.inode || p.last != DISK_NORMAL)
		return;
	e = pawl_disk_entry_(p.parent, p.name, p.length);
	if (e->changes)
		pawl_disk_log_flush_(d, p.parent);
	e = pawl_disk_entry_(p.parent, p.name, p.length);
	if (p.inode->kind == PAWL_KIND_DIR) {
		remove_names(d, p.inode);
		p.parent->links--;
	}
	p.inode->links -= p.inode->kind == PAWL_KIND_DIR ? p.inode->links : 1;
	pawl_disk_set_kept_(d, e, NULL);
	pawl_disk_set_now_(d, p.parent, e, NULL);
	pawl_disk_prune_(p.parent, e);
}

/* ---- as a text ---- */

struct text {
	char *s;
	size_t length, room;
	bool with_times;
	char path[DISK_PATH_MAX];
};

static void grow(struct text *t, size_t more)
{
	if (t->room - t->length > more)
		return;
	t->room = 2 * t->room + more;
	t->s = pawl_disk_grow_(t->s, t->room);
}

PAWL_PRINTF(2, 3)
static void say(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	grow(t, (size_t)n);
	va_start(args, fmt);
	vsnprintf(t->s + t->length, t->room - t->length, fmt, args);
	va_end(args);
	t->length += (size_t)n;
}

static void say_byte(struct text *t, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	grow(t, 4);
	if (c >= ' ' && c < 127 && c != '\\' && c != '"') {
		t->s[t->length++] = (char)c;
	} else {
		t->s[t->length++] = '\\';
		t->s[t->length++] = digits[c >> 4];
		t->s[t->length++] = digits[c & 15];
	}
}

static void say_content(struct text *t, const struct sim_inode *n)
{
	unsigned char buf[256];
	size_t got;
	int64_t at = 0;

	say(t, " \"");
	while ((got = pawl_disk_data_read_(&n->data, at, buf, sizeof buf)) > 0) {
		for (size_t i = 0; i < got; i++)
			say_byte(t, buf[i]);
		at += (int64_t)got;
	}
	say(t, "\"");
}

static void say_inode(struct text *t, const struct sim_inode *n)
{
	static const char letters[] = {
		[PAWL_KIND_FILE] = '-', [PAWL_KIND_DIR] = 'd', [PAWL_KIND_LINK] = 'l'
	};

	say(t, "%s %c%04o %u", t->path, letters[n->kind], n->meta.mode, n->links);
	if (t->with_times)
		say(t, " %lld", (long long)n->meta.mtime);
	if (n->kind == PAWL_KIND_FILE)
		say_content(t, n);
	if (n->kind == PAWL_KIND_LINK)
		say(t, " -> %s", n->target);
	say(t, "\n");
}

static void say_folder(struct text *t, const struct sim_inode *folder, size_t length)
{
	for (uint32_t i = 0; i < folder->entry_count; i++) {
		const struct disk_entry *e = folder->entries[i];

		if (!e->now || length + e->length + 2u > sizeof t->path)
			continue;
		t->path[length] = '/';
		memcpy(t->path + length + 1, e->name, e->length + 1u);
		say_inode(t, e->now);
		if (e->now->kind == PAWL_KIND_DIR)
			say_folder(t, e->now, length + 1 + e->length);
		t->path[length] = '\0';
	}
}

char *pawl_disk_dump_(struct sim_disk *d, bool with_times)
{
	struct text t;

	t.with_times = with_times;
	t.length = 0;
	t.room = 1024;
	t.s = pawl_disk_alloc_(t.room);
	t.path[0] = '\0';
	say_folder(&t, d->root, 0);
	return t.s;
}
