/* SPDX-License-Identifier: MIT */
/* The store as main sees it: opening, looking up, and queueing what the next flush writes. */
#include "store_inner.h"
#include <assert.h>

const struct pawl_hasher *pawl_store_hasher(const struct pawl_store *s)
{
	return &s->hasher;
}

const char *pawl_store_dir(const struct pawl_store *s)
{
	return s->dir;
}

/* ---- opening ---- */

/* the lock file always holds this much, so that a shorter name hides a longer one */
#define HOLDER_SIZE 64

static void say_busy(struct pawl_store *s, const char *path, struct pawl_messages *messages)
{
	char holder[HOLDER_SIZE + 1] = "";
	size_t len = 0;
	int file;

	if (s->world->ops->open(s->world, path, 0, 0, &file) == 0) {
		s->world->ops->read(s->world, file, holder, HOLDER_SIZE, &len);
		s->world->ops->close(s->world, file);
	}
	while (len && (holder[len - 1] == ' ' || holder[len - 1] == '\n'))
		len--;
	holder[len] = '\0';
	pawl_say(messages, PAWL_ERROR, NULL, 0, 0, "store: %s is in use by another pawl%s%s%s",
		 s->dir, len ? " (" : "", holder, len ? ")" : "");
}

static int take_lock(struct pawl_store *s, const char *holder, struct pawl_messages *messages)
{
	struct pawl_buf path = { 0 };
	char line[HOLDER_SIZE + 1];
	int r;

	pawl_path_set(&path, s->dir, "lock");
	r = s->world->ops->lock(s->world, path.s, &s->lock);
	if (r == 0) {
		snprintf(line, sizeof line, "%-*.*s\n", HOLDER_SIZE - 1, HOLDER_SIZE - 1,
			 holder ? holder : "");
		s->world->ops->write(s->world, s->lock, line, HOLDER_SIZE);
	} else {
		s->lock = -1;
	}
	if (r == PAWL_EBUSY)
		say_busy(s, path.s, messages);
	pawl_buf_fini(&path);
	return r;
}

/* A name of a blob: its digest, and is it a program's? */
static int parse_name(const char *name, pawl_digest *ret_digest, bool *ret_x)
{
	int r;

	if (strlen(name) < PAWL_HEX_SIZE - 1)
		return PAWL_ESYNTAX;
	r = pawl_digest_parse(name, ret_digest);
	*ret_x = strcmp(name + PAWL_HEX_SIZE - 1, ".x") == 0;
	if (r == 0 && !*ret_x && name[PAWL_HEX_SIZE - 1])
		r = PAWL_ESYNTAX;
	return r;
}

/*
 * What a crash left in new: whole blobs stay and reach the disk with the next flush, the rest goes.
 */
static int adopt(void *arg, const char *name, const pawl_stat *st)
{
	struct pawl_store *s = arg;
	struct pawl_buf path = { 0 };
	struct pawl_hashed hashed;
	pawl_digest d;
	bool x;
	int r = parse_name(name, &d, &x);

	pawl_path_set(&path, s->dir, "new");
	pawl_buf_fmt(&path, "/%s", name);
	if (r == 0)
		r = pawl_content_hash(s->world, &s->hasher, path.s, PAWL_ANY_SIZE, &hashed);
	if (r == 0 && pawl_digest_is(&hashed.digest, &d))
		r = s->world->ops->set_mtime(s->world, path.s, PAWL_BLOB_MTIME);
	else
		r = st->kind == PAWL_KIND_DIR ? 0 : s->world->ops->unlink(s->world, path.s);
	pawl_buf_fini(&path);
	return r;
}

static int make_folders(struct pawl_store *s)
{
	static const char *const names[] = { "blobs", "new" };
	struct pawl_buf path = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < PAWL_COUNT(names); i++) {
		pawl_path_set(&path, s->dir, names[i]);
		r = pawl_store_mkdirs(s->world, path.s, 0755);
	}
	pawl_buf_fini(&path);
	return r;
}

static int open_new(struct pawl_store *s)
{
	struct pawl_buf path = { 0 };
	int r;

	pawl_path_set(&path, s->dir, "new");
	r = pawl_folder_each(s->world, path.s, adopt, s);
	pawl_buf_fini(&path);
	return r;
}

static int keep_last(void *arg, const char *name, const struct pawl_last *last)
{
	struct pawl_store *s = arg;
	struct pawl_last *mine = pawl_arena_new(&s->memory, sizeof *mine);

	*mine = *last;
	pawl_map_put(&s->lasts, name, mine);
	return 0;
}

static int open_db(struct pawl_store *s, struct pawl_messages *messages)
{
	struct pawl_buf path = { 0 };
	int r;

	pawl_path_set(&path, s->dir, "pawl.db");
	r = pawl_db_open(&s->db, s->world, path.s, s->read_only, messages);
	if (r == 0)
		r = pawl_db_lasts(&s->db, keep_last, s);
	if (r == PAWL_ECORRUPT && !messages->errors)
		pawl_say(messages, PAWL_ERROR, NULL, 0, 0,
			 "store: %s is damaged; remove it to start over", path.s);
	pawl_buf_fini(&path);
	return r;
}

int pawl_store_open(pawl_world *w, const struct pawl_store_options *options,
		    struct pawl_messages *messages, struct pawl_store **ret_store)
{
	struct pawl_store *s = pawl_mem_new(sizeof *s);
	int r;

	s->world = w;
	s->dir = pawl_mem_text(options->dir);
	s->read_only = options->read_only;
	s->lock = -1;
	r = pawl_hasher_open(&s->hasher);
	if (r == 0 && !s->read_only)
		r = make_folders(s);
	if (r == 0 && !s->read_only)
		r = take_lock(s, options->holder, messages);
	if (r == 0 && !s->read_only)
		r = open_new(s);
	if (r == 0)
		r = open_db(s, messages);
	if (r < 0)
		pawl_store_close(s);
	else
		*ret_store = s;
	return r;
}

/* ---- rows ---- */

void pawl_row_free(struct pawl_row *row)
{
	pawl_mem_free(row->key);
	pawl_mem_free(row->data);
	pawl_mem_free(row);
}

static void free_rows(struct pawl_list *rows)
{
	for (size_t i = 0; i < rows->len; i++)
		pawl_row_free(rows->at[i]);
	pawl_list_fini(rows);
}

static void free_places(struct pawl_store *s)
{
	for (size_t i = 0; i < s->places.len; i++) {
		struct pawl_place_bytes *p = s->places.at[i].key ? s->places.at[i].value : NULL;

		if (p)
			pawl_mem_free(p->data);
	}
	pawl_map_fini(&s->places);
}

void pawl_store_close(struct pawl_store *s)
{
	if (!s)
		return;
	assert(!s->flushing);
	pawl_db_close(&s->writer);
	pawl_db_close(&s->db);
	if (s->lock >= 0)
		s->world->ops->close(s->world, s->lock);
	free_rows(&s->queue);
	free_rows(&s->batch);
	free_places(s);
	pawl_map_fini(&s->pending);
	pawl_map_fini(&s->lasts);
	pawl_arena_fini(&s->memory);
	pawl_hasher_close(&s->hasher);
	pawl_mem_free(s->dir);
	pawl_mem_free(s);
}

/*
 * When memory runs out, no row of which a part is missing may be queued. So all that a row needs is
 * there, and room for it in the queue, before it is.
 */
static struct pawl_row *new_row(struct pawl_store *s, enum pawl_row_kind kind,
				const pawl_digest *signature, const char *key)
{
	struct pawl_row *row = pawl_mem_new(sizeof *row);

	assert(!s->read_only);
	pawl_list_room(&s->queue, 1);
	row->kind = kind;
	if (signature)
		row->signature = *signature;
	if (key)
		row->key = pawl_mem_text(key);
	return row;
}

static void queue(struct pawl_store *s, struct pawl_row *row)
{
	pawl_list_add(&s->queue, row);
}

/* The row takes over what the buffer holds. */
static void row_take(struct pawl_row *row, struct pawl_buf *data)
{
	row->data = data->s;
	row->len = data->len;
	memset(data, 0, sizeof *data);
}

/* ---- actions ---- */

static int decode_action(const void *data, size_t len, const int64_t n[4],
			 struct pawl_action *ret_action)
{
	struct pawl_action a = { .duration = n[0], .cpu = n[1], .memory = n[2], .made = n[3] };
	int r = pawl_delta_decode(data, len, &a.delta);

	if (r == 0)
		*ret_action = a;
	return r;
}

static int find_in_db(struct pawl_store *s, const pawl_digest *signature,
		      struct pawl_action *ret_action)
{
	struct pawl_buf data = { 0 };
	int64_t n[4];
	int r = pawl_db_find(&s->db, signature, &data, n);

	if (r == 0)
		r = decode_action(data.s, data.len, n, ret_action);
	pawl_buf_fini(&data);
	return r;
}

int pawl_store_find(struct pawl_store *s, const pawl_digest *signature,
		    struct pawl_messages *messages, struct pawl_action *ret_action)
{
	const struct pawl_row *row;
	char hex[PAWL_HEX_SIZE];
	int r;

	pawl_digest_hex(signature, hex);
	row = s->pending.count ? pawl_map_get(&s->pending, hex) : NULL;
	if (row && row->kind == PAWL_ROW_FORGET)
		return PAWL_ENOENT;
	if (row)
		return decode_action(row->data, row->len, row->n, ret_action);
	r = find_in_db(s, signature, ret_action);
	if (r == PAWL_ENOENT || r == 0)
		return r;
	if (messages)
		pawl_say(messages, PAWL_WARNING, NULL, 0, 0,
			 "store: the entry %.12s is damaged: task will run again", hex);
	return PAWL_ENOENT;
}

static void queue_pending(struct pawl_store *s, struct pawl_row *row)
{
	char hex[PAWL_HEX_SIZE];

	pawl_digest_hex(&row->signature, hex);
	pawl_map_put(&s->pending, hex, row);
	queue(s, row);
}

void pawl_store_record(struct pawl_store *s, const pawl_digest *signature,
		       const struct pawl_action *action)
{
	struct pawl_row *row = new_row(s, PAWL_ROW_ACTION, signature, NULL);
	struct pawl_buf data = { 0 };

	pawl_delta_encode(&action->delta, &data);
	row_take(row, &data);
	row->n[0] = action->duration;
	row->n[1] = action->cpu;
	row->n[2] = action->memory;
	row->n[3] = action->made ? action->made : s->world->ops->wall(s->world);
	row->n[4] = s->world->ops->wall(s->world);
	queue_pending(s, row);
}

void pawl_store_used(struct pawl_store *s, const pawl_digest *signature)
{
	struct pawl_row *row = new_row(s, PAWL_ROW_USED, signature, NULL);

	row->n[0] = s->world->ops->wall(s->world);
	queue(s, row);
}

void pawl_store_forget(struct pawl_store *s, const pawl_digest *signature)
{
	queue_pending(s, new_row(s, PAWL_ROW_FORGET, signature, NULL));
}

/* ---- last results ---- */

const struct pawl_last *pawl_store_last(const struct pawl_store *s, const char *name)
{
	return pawl_map_get(&s->lasts, name);
}

int pawl_store_last_more(struct pawl_store *s, const char *name, struct pawl_arena *texts,
			 struct pawl_last_more *ret_more)
{
	return pawl_db_more(&s->db, name, texts, ret_more);
}

/* A third of the new and two of the old: one slow run does not turn the order of a build around. */
static int64_t smooth(int64_t old, int64_t took)
{
	return old ? old + (took - old) / 3 : took;
}

void pawl_store_ended(struct pawl_store *s, const struct pawl_ended *e)
{
	struct pawl_row *row = new_row(s, PAWL_ROW_ENDED, NULL, e->name);
	void **slot = pawl_map_slot(&s->lasts, e->name);
	struct pawl_last *last = *slot;

	if (!last)
		*slot = last = pawl_arena_new(&s->memory, sizeof *last);
	if (e->log)
		row->data = pawl_mem_text(e->log);
	if (e->ending == PAWL_ENDING_OK)
		last->signature = e->signature;
	last->ending = e->ending;
	if (e->took)
		last->duration = smooth(last->duration, e->took);
	row->signature = last->signature;
	row->tried = e->signature;
	row->n[0] = e->ending;
	row->n[1] = last->duration;
	row->n[2] = s->world->ops->wall(s->world);
	row->n[3] = e->took;
	row->n[4] = e->exit_code;
	row->n[5] = e->signal;
	queue(s, row);
}

/* ---- places ---- */

static struct pawl_place_bytes *place_slot(struct pawl_store *s, const char *folder)
{
	void **slot = pawl_map_slot(&s->places, folder);

	if (!*slot)
		*slot = pawl_arena_new(&s->memory, sizeof(struct pawl_place_bytes));
	return *slot;
}

static int keep_place(void *arg, const char *folder, const void *data, size_t len)
{
	struct pawl_store *s = arg;
	struct pawl_place_bytes *p = pawl_map_get(&s->places, folder);

	if (p)
		return 0;
	p = place_slot(s, folder);
	if (data)
		p->data = memcpy(pawl_mem_grow(NULL, len), data, len);
	p->len = len;
	return 0;
}

static int read_places(struct pawl_store *s)
{
	if (s->places_read)
		return 0;
	s->places_read = true;
	return pawl_db_places(&s->db, PAWL_PLACE_SMALL, keep_place, s);
}

int pawl_store_place(struct pawl_store *s, const char *folder, struct pawl_place *ret_place)
{
	const struct pawl_place_bytes *p;
	struct pawl_buf data = { 0 };
	int r = read_places(s);

	if (r < 0)
		return PAWL_ENOENT;
	p = pawl_map_get(&s->places, folder);
	if (!p || p->gone)
		return PAWL_ENOENT;
	if (p->data)
		return pawl_place_decode(p->data, p->len, ret_place) < 0 ? PAWL_ENOENT : 0;
	r = pawl_db_place(&s->db, folder, &data);
	if (r == 0)
		r = pawl_place_decode(data.s, data.len, ret_place);
	pawl_buf_fini(&data);
	return r < 0 ? PAWL_ENOENT : 0;
}

static void encode_place(const struct pawl_held *held, size_t held_count,
			 const struct pawl_tree *tree, struct pawl_buf *out)
{
	size_t begin = pawl_seal_begin(out, "PPL1");

	pawl_put_number(out, held_count);
	for (size_t i = 0; i < held_count; i++) {
		pawl_put_text(out, held[i].task);
		pawl_put_digest(out, &held[i].signature);
	}
	pawl_tree_encode(tree, out);
	pawl_seal_end(out, begin);
}

/* The row of a place, without data; written over while no flush has it. */
static void queue_place(struct pawl_store *s, struct pawl_place_bytes *p, enum pawl_row_kind kind,
			const char *folder)
{
	struct pawl_row *row = p->queued ? p->queued : new_row(s, kind, NULL, folder);

	if (!p->queued)
		queue(s, row);
	pawl_mem_free(row->data);
	row->data = NULL;
	row->kind = kind;
	p->queued = row;
}

void pawl_store_placed(struct pawl_store *s, const char *folder, const struct pawl_held *held,
		       size_t held_count, const struct pawl_tree *tree)
{
	struct pawl_place_bytes *p = place_slot(s, folder);
	struct pawl_buf out = { 0 };
	char *copy;

	encode_place(held, held_count, tree, &out);
	copy = memcpy(pawl_mem_grow(NULL, out.len), out.s, out.len);
	queue_place(s, p, PAWL_ROW_PLACE, folder);
	pawl_mem_free(p->data);
	p->len = out.len;
	p->data = copy;
	p->gone = false;
	row_take(p->queued, &out);
}

void pawl_store_unplaced(struct pawl_store *s, const char *folder)
{
	struct pawl_place_bytes *p = place_slot(s, folder);

	queue_place(s, p, PAWL_ROW_UNPLACE, folder);
	pawl_mem_free(p->data);
	p->data = NULL;
	p->gone = true;
}

/* ---- explanations ---- */

void pawl_store_explain(struct pawl_store *s, const pawl_digest *signature, const char *text)
{
	struct pawl_row *row = new_row(s, PAWL_ROW_EXPLAIN, signature, NULL);

	row->data = pawl_mem_text(text);
	row->len = strlen(text);
	queue(s, row);
}

const char *pawl_store_explained(struct pawl_store *s, const pawl_digest *signature,
				 struct pawl_arena *texts)
{
	return pawl_db_explained(&s->db, signature, texts);
}

bool pawl_store_dirty(const struct pawl_store *s)
{
	return s->queue.len || (s->batch.len && !s->flushing);
}
