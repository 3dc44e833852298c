/* SPDX-License-Identifier: MIT */
/* Flushing: blobs reach the disk, then one transaction says so, then they get their place. */
#include "store_inner.h"
#include <assert.h>

/*
 * The order is what makes it safe. Blobs are written under new/ and put on the disk with one sync;
 * only then does the database speak of them. They move to blobs/ last: after a crash in between,
 * opening the store finds them in new/, checks them and keeps them. A blob is never under blobs/
 * before it is on the disk.
 */

/*
 * A place says how the files of a work folder stand, by their times and sizes, and these survive a
 * power cut without what was written: so the folder's files are on the disk before its place is.
 */

/* up to so many new blobs, and no place: less work than to sync all that builds have written */
#define SYNC_ONE_BY_ONE 8

void pawl_store_flush_begin(struct pawl_store *s)
{
	assert(!s->flushing && !s->read_only);
	pawl_list_room(&s->batch, s->queue.len); /* behind what could not be written before */
	s->flushing = true;
	for (size_t i = 0; i < s->queue.len; i++) {
		struct pawl_row *row = s->queue.at[i];
		struct pawl_place_bytes *p;

		pawl_list_add(&s->batch, row);
		p = row->kind == PAWL_ROW_PLACE || row->kind == PAWL_ROW_UNPLACE
			    ? pawl_map_get(&s->places, row->key)
			    : NULL;
		if (p && p->queued == row)
			p->queued = NULL;
	}
	s->queue.len = 0;
}

/* ---- blobs ---- */

static int list_name(void *arg, const char *name, const pawl_stat *st)
{
	struct pawl_list *names = arg;

	if (st->kind == PAWL_KIND_FILE && !pawl_has_suffix(name, ".part"))
		pawl_list_add(names, pawl_mem_text(name));
	return 0;
}

static int sync_path(pawl_world *w, const char *path)
{
	int closed, file, r = w->ops->open(w, path, 0, 0, &file);

	if (r < 0)
		return r == PAWL_ENOENT ? 0 : r;
	r = w->ops->sync(w, file);
	closed = w->ops->close(w, file);
	return r < 0 ? r : closed;
}

static int sync_names(struct pawl_store *s, const char *dir, const struct pawl_list *names)
{
	struct pawl_buf path = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->len; i++) {
		pawl_path_set(&path, dir, names->at[i]);
		r = sync_path(s->world, path.s);
	}
	if (r == 0 && names->len)
		r = sync_path(s->world, dir);
	pawl_buf_fini(&path);
	return r;
}

/* Syncs the file system of a work folder, if it is not the one that was last. */
static int sync_folder(struct pawl_store *s, const char *folder, uint64_t *dev)
{
	pawl_stat st;
	int r = s->world->ops->stat(s->world, folder, true, &st);

	if (r < 0)
		return r == PAWL_ENOENT || r == PAWL_ENOTDIR ? 0 : r;
	if (st.dev == *dev)
		return 0;
	*dev = st.dev;
	return s->world->ops->sync_all(s->world, folder);
}

/* All that the batch speaks of: the new blobs, and the work folders that have a place in it. */
static int sync_batch(struct pawl_store *s, const char *dir, const struct pawl_list *names)
{
	bool all = names->len > SYNC_ONE_BY_ONE;
	pawl_stat st;
	uint64_t dev = 0;
	int r;

	for (size_t i = 0; !all && i < s->batch.len; i++)
		all = ((struct pawl_row *)s->batch.at[i])->kind == PAWL_ROW_PLACE;
	if (!all)
		return sync_names(s, dir, names);
	r = s->world->ops->stat(s->world, s->dir, true, &st);
	if (r == 0) {
		dev = st.dev;
		r = s->world->ops->sync_all(s->world, s->dir);
	}
	for (size_t i = 0; r == 0 && i < s->batch.len; i++) {
		const struct pawl_row *row = s->batch.at[i];

		if (row->kind == PAWL_ROW_PLACE)
			r = sync_folder(s, row->key, &dev);
	}
	return r;
}

/*
 * What a sync has failed to write, the next one need not write either, and says nothing of it: so
 * after one that failed nothing is believed to be on the disk any more.
 */
static int sync_once(struct pawl_store *s, const char *dir, const struct pawl_list *names)
{
	if (s->sync_result == 0)
		s->sync_result = sync_batch(s, dir, names);
	return s->sync_result;
}

static int shelve(struct pawl_store *s, const char *dir, const char *name)
{
	struct pawl_buf from = { 0 }, to = { 0 };
	pawl_world *w = s->world;
	int r;

	pawl_path_set(&from, dir, name);
	pawl_path_set(&to, s->dir, "blobs");
	pawl_buf_fmt(&to, "/%.2s", name);
	r = w->ops->mkdir(w, to.s, 0755);
	if (r == 0 || r == PAWL_EEXIST) {
		pawl_buf_fmt(&to, "/%s", name);
		r = w->ops->rename(w, from.s, to.s);
	}
	pawl_buf_fini(&from);
	pawl_buf_fini(&to);
	return r == PAWL_ENOENT ? 0 : r; /* set aside meanwhile */
}

static int shelve_all(struct pawl_store *s, const char *dir, const struct pawl_list *names)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->len; i++)
		r = shelve(s, dir, names->at[i]);
	return r;
}

/* ---- the database ---- */

static int write_rows(struct pawl_store *s)
{
	struct pawl_buf path = { 0 };
	struct pawl_messages unheard = { 0 };
	int r = 0;

	if (!s->batch.len)
		return 0;
	pawl_path_set(&path, s->dir, "pawl.db");
	if (!s->writer.sql)
		r = pawl_db_open(&s->writer, s->world, path.s, false, &unheard);
	if (r == 0)
		r = pawl_db_write(&s->writer, &s->batch);
	pawl_messages_fini(&unheard);
	pawl_buf_fini(&path);
	return r;
}

int pawl_store_flush(struct pawl_store *s)
{
	struct pawl_list names = { 0 };
	struct pawl_buf dir = { 0 };
	int r;

	assert(s->flushing);
	pawl_path_set(&dir, s->dir, "new");
	r = pawl_folder_each(s->world, dir.s, list_name, &names);
	if (r == 0)
		r = sync_once(s, dir.s, &names);
	if (r == 0)
		r = write_rows(s);
	/*
	 * What was written is safe from here on; a blob that cannot be moved now will be by the
	 * next flush.
	 */
	if (r == 0)
		shelve_all(s, dir.s, &names);
	for (size_t i = 0; i < names.len; i++)
		pawl_mem_free(names.at[i]);
	pawl_list_fini(&names);
	pawl_buf_fini(&dir);
	return r;
}

/* ---- taking note ---- */

/* The database has it now. */
static void settle(struct pawl_store *s, struct pawl_row *row)
{
	struct pawl_place_bytes *p;
	char hex[PAWL_HEX_SIZE];

	if (row->kind == PAWL_ROW_ACTION || row->kind == PAWL_ROW_FORGET) {
		pawl_digest_hex(&row->signature, hex);
		if (pawl_map_get(&s->pending, hex) == row)
			pawl_map_del(&s->pending, hex);
	} else if (row->kind == PAWL_ROW_PLACE) {
		p = pawl_map_get(&s->places, row->key);
		if (p && !p->queued && !p->gone && p->len > PAWL_PLACE_SMALL) {
			pawl_mem_free(p->data);
			p->data = NULL;
		}
	}
	pawl_row_free(row);
}

void pawl_store_flush_end(struct pawl_store *s, int result)
{
	assert(s->flushing);
	s->flushing = false;
	if (result < 0)
		return; /* the next one begins with them */
	for (size_t i = 0; i < s->batch.len; i++)
		settle(s, s->batch.at[i]);
	s->batch.len = 0;
}
