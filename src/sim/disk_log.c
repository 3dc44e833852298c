/* SPDX-License-Identifier: MIT */
/* The changes of names on the simulated disk that are not durable yet, and what needs what. */
#include "sim/disk_inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing it ---- */

struct disk_change *pawl_disk_log_(struct sim_disk *d)
{
	struct disk_change *c;

	if (d->log_count == d->log_room) {
		d->log_room = d->log_room ? 2 * d->log_room : 64;
		d->log = pawl_disk_grow_(d->log, d->log_room * sizeof(*d->log));
	}
	c = &d->log[d->log_count++];
	memset(c, 0, sizeof(*c));
	c->time = pawl_disk_now_(d);
	return c;
}

void pawl_disk_log_part_(struct disk_change *c, struct sim_inode *folder, struct disk_entry *e,
			 struct sim_inode *to)
{
	PAWL_ASSERT(c->parts < PAWL_COUNT(c->part));
	c->part[c->parts++] = (struct disk_part){ .folder = folder, .entry = e, .to = to };
	folder->refs++;
	e->changes++;
	if (to)
		to->refs++;
}

void pawl_disk_log_gone_(struct disk_change *c, struct sim_inode *folder)
{
	c->gone = folder;
	folder->refs++;
}

/* ---- doing it durably ---- */

static void apply_part(struct sim_disk *d, const struct disk_change *c, const struct disk_part *p)
{
	pawl_disk_set_kept_(d, p->entry, p->to);
	p->folder->kept_meta.mtime = p->folder->kept_meta.ctime = c->time;
	if (p->to)
		p->to->kept_meta.ctime = c->time;
}

static void apply(struct sim_disk *d, const struct disk_change *c)
{
	for (unsigned i = 0; i < c->parts; i++)
		apply_part(d, c, &c->part[i]);
	if (c->sets == DISK_SETS_MODE)
		c->inode->kept_meta.mode = c->meta.mode;
	else if (c->sets == DISK_SETS_MTIME)
		c->inode->kept_meta.mtime = c->meta.mtime;
	if (c->sets)
		c->inode->kept_meta.ctime = c->time;
}

static void drop(struct sim_disk *d, const struct disk_change *c)
{
	for (unsigned i = 0; i < c->parts; i++) {
		const struct disk_part *p = &c->part[i];

		p->entry->changes--;
		pawl_disk_prune_(p->folder, p->entry);
		if (p->to)
			pawl_disk_unref_(d, p->to);
		pawl_disk_unref_(d, p->folder);
	}
	if (c->gone)
		pawl_disk_unref_(d, c->gone);
	if (c->inode)
		pawl_disk_unref_(d, c->inode);
}

/* Those that are wanted become durable and leave the log. */
static void take_wanted(struct sim_disk *d)
{
	size_t left = 0;

	for (size_t i = 0; i < d->log_count; i++)
		if (d->log[i].is_wanted)
			apply(d, &d->log[i]);
	for (size_t i = 0; i < d->log_count; i++) {
		if (d->log[i].is_wanted)
			drop(d, &d->log[i]);
		else
			d->log[left++] = d->log[i];
	}
	d->log_count = left;
}

void pawl_disk_log_free_(struct sim_disk *d)
{
	free(d->log);
	d->log = NULL;
	d->log_count = d->log_room = 0;
}

/* ---- what a change has to do with others ---- */

/* Of which file system it is. */
static uint32_t dev_of(const struct disk_change *c)
{
	return c->parts ? c->part[0].folder->dev : c->inode->dev;
}

static bool concerns(const struct disk_change *c, const struct sim_inode *n)
{
	return c->inode == n || (c->parts && c->part[0].folder == n) ||
	       (c->parts > 1 && c->part[1].folder == n);
}

/* What earlier changes are marked by, so that one that needs them, or that they need, is found. */
struct marks {
	uint32_t mark;
	bool moves;
};

static bool has_marked_name(const struct disk_change *c, uint32_t mark)
{
	for (unsigned i = 0; i < c->parts; i++)
		if (c->part[i].entry->mark == mark)
			return true;
	return false;
}

static bool has_marked_folder(const struct disk_change *c, uint32_t mark)
{
	for (unsigned i = 0; i < c->parts; i++)
		if (c->part[i].folder->mark == mark)
			return true;
	return false;
}

static void mark_names(struct disk_change *c, struct marks *m)
{
	for (unsigned i = 0; i < c->parts; i++)
		c->part[i].entry->mark = m->mark;
	if (c->inode)
		c->inode->meta_mark = m->mark;
	if (c->is_move)
		m->moves = true;
}

static bool has_mark(const struct disk_change *c, const struct marks *m)
{
	return has_marked_name(c, m->mark) || (c->is_move && m->moves) ||
	       (c->inode && c->inode->meta_mark == m->mark);
}

/*
 * A rename takes a name away, so it must not lead into a folder that itself has no durable name.
 * This one makes such a folder.
 */
static bool makes_marked(const struct disk_change *c, uint32_t mark)
{
	return c->parts == 1 && c->part[0].to && c->part[0].to->new_mark == mark;
}

static void want_folder(struct disk_change *c, uint32_t mark)
{
	if (c->parts == 2 || makes_marked(c, mark))
		c->part[c->parts - 1].folder->new_mark = mark;
}

static bool is_wanted(const struct disk_change *c, const struct sim_inode *n, const struct marks *m)
{
	return concerns(c, n) || has_mark(c, m) || has_marked_folder(c, m->mark) ||
	       makes_marked(c, m->mark);
}

/* From the last to the first: what is wanted marks what it needs. */
static void want(struct sim_disk *d, const struct sim_inode *n)
{
	struct marks m = { .mark = ++d->mark };

	for (size_t i = d->log_count; i-- > 0;) {
		struct disk_change *c = &d->log[i];

		c->is_wanted = dev_of(c) == n->dev && is_wanted(c, n, &m);
		if (!c->is_wanted)
			continue;
		mark_names(c, &m);
		want_folder(c, m.mark);
		if (c->gone)
			c->gone->mark = m.mark;
	}
}

/* All that comes before the last that concerns it. */
static void want_first(struct sim_disk *d, const struct sim_inode *n)
{
	bool is_found = false;

	for (size_t i = d->log_count; i-- > 0;) {
		is_found = is_found || concerns(&d->log[i], n);
		d->log[i].is_wanted = is_found && dev_of(&d->log[i]) == n->dev;
	}
}

void pawl_disk_log_flush_(struct sim_disk *d, struct sim_inode *n)
{
	if (!d->log_count)
		return;
	if (d->how.is_journaled)
		want_first(d, n);
	else
		want(d, n);
	take_wanted(d);
}

void pawl_disk_log_flush_all_(struct sim_disk *d, uint32_t dev)
{
	for (size_t i = 0; i < d->log_count; i++)
		d->log[i].is_wanted = dev_of(&d->log[i]) == dev;
	take_wanted(d);
}

/* ---- the power goes ---- */

static bool must_be_lost(const struct disk_change *c, const struct marks *m)
{
	if (has_mark(c, m) || (c->gone && c->gone->mark == m->mark))
		return true;
	return c->parts == 2 && c->part[1].folder->new_mark == m->mark;
}

static void mark_lost(struct disk_change *c, struct marks *m)
{
	mark_names(c, m);
	for (unsigned i = 0; i < c->parts; i++)
		c->part[i].folder->mark = m->mark;
}

/* From the first to the last: what is lost marks what then cannot be. */
static void lose_some(struct sim_disk *d)
{
	struct marks m = { .mark = ++d->mark };

	for (size_t i = 0; i < d->log_count; i++) {
		struct disk_change *c = &d->log[i];

		c->is_wanted = !must_be_lost(c, &m) && pawl_disk_choose_(d, 2);
		if (!c->is_wanted)
			mark_lost(c, &m);
		/* a folder that has no name, or one in such a folder */
		if (c->parts == 1 && c->part[0].to &&
		    (!c->is_wanted || c->part[0].folder->new_mark == m.mark))
			c->part[0].to->new_mark = m.mark;
	}
}

/* Each file system has a journal of its own. */
static void lose_last(struct sim_disk *d)
{
	for (uint32_t dev = 1; dev <= d->devs; dev++) {
		uint32_t count = 0, kept;

		for (size_t i = 0; i < d->log_count; i++)
			count += dev_of(&d->log[i]) == dev;
		kept = pawl_disk_choose_(d, count + 1);
		for (size_t i = 0; i < d->log_count; i++)
			if (dev_of(&d->log[i]) == dev)
				d->log[i].is_wanted = kept && kept--;
	}
}

void pawl_disk_log_cut_(struct sim_disk *d)
{
	if (!d->log_count)
		return;
	if (d->how.is_journaled)
		lose_last(d);
	else
		lose_some(d);
	take_wanted(d);
	for (size_t i = 0; i < d->log_count; i++)
		drop(d, &d->log[i]);
	d->log_count = 0;
}
