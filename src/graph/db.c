/* SPDX-License-Identifier: MIT */
/* The tables of the build database, and the few statements that read and write them. */
#include "store_inner.h"
#include <assert.h>
#include <sqlite3.h>

#define SCHEMA 1 /* raise it when a table changes: older databases are then started over */

static const char schema[] =
	"CREATE TABLE action (signature BLOB PRIMARY KEY, used INTEGER, made INTEGER,"
	" duration INTEGER, cpu INTEGER, memory INTEGER, delta BLOB NOT NULL);"
	"CREATE TABLE last (name TEXT PRIMARY KEY, signature BLOB, ending INTEGER,"
	" duration INTEGER, tried BLOB, ended INTEGER, took INTEGER, exit_code INTEGER,"
	" signal INTEGER, log TEXT) WITHOUT ROWID;"
	"CREATE TABLE place (folder TEXT PRIMARY KEY, bytes BLOB NOT NULL);"
	"CREATE TABLE sigdata (signature BLOB PRIMARY KEY, text BLOB NOT NULL);";

static const char schema_drop[] =
	"DROP TABLE IF EXISTS action; DROP TABLE IF EXISTS last; DROP TABLE IF EXISTS place;"
	"DROP TABLE IF EXISTS sigdata;";

static const char *const writes[PAWL_ROW_KINDS] = {
	[PAWL_ROW_ACTION] = "INSERT OR REPLACE INTO action"
			    " (signature, delta, duration, cpu, memory, made, used)"
			    " VALUES (?1, ?4, ?5, ?6, ?7, ?8, ?9)",
	[PAWL_ROW_USED] = "UPDATE action SET used = ?5 WHERE signature = ?1",
	[PAWL_ROW_FORGET] = "DELETE FROM action WHERE signature = ?1",
	[PAWL_ROW_ENDED] =
		"INSERT INTO last (name, signature, tried, log, ending, duration, ended, took,"
		" exit_code, signal) VALUES (?3, ?1, ?2, coalesce(?4, ''), ?5, ?6, ?7, ?8, ?9, ?10)"
		" ON CONFLICT (name) DO UPDATE SET signature = ?1, ending = ?5, duration = ?6,"
		" ended = iif(?8, ?7, ended), tried = iif(?8, ?2, tried),"
		" log = iif(?8, coalesce(?4, ''), log), exit_code = iif(?8, ?9, exit_code),"
		" signal = iif(?8, ?10, signal), took = iif(?8, ?8, took)",
	[PAWL_ROW_PLACE] = "INSERT OR REPLACE INTO place (folder, bytes) VALUES (?3, ?4)",
	[PAWL_ROW_UNPLACE] = "DELETE FROM place WHERE folder = ?3",
	[PAWL_ROW_EXPLAIN] = "INSERT OR REPLACE INTO sigdata (signature, text) VALUES (?1, ?4)",
};

static int result_of(int code)
{
	switch (code & 255) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		pawl_panic("out of memory");
	case SQLITE_FULL:
		return PAWL_ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* our statements are right, so the tables are not */
		return PAWL_ECORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return PAWL_EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return PAWL_EACCES;
	default:
		return PAWL_EIO;
	}
}

static int run(struct pawl_db *db, const char *text)
{
	return result_of(sqlite3_exec(db->sql, text, NULL, NULL, NULL));
}

/* ---- opening ---- */

static int get_version(struct pawl_db *db, int *ret_version)
{
	sqlite3_stmt *q = NULL;
	int r = result_of(sqlite3_prepare_v2(db->sql, "PRAGMA user_version", -1, &q, NULL));

	if (r == 0)
		r = result_of(sqlite3_step(q));
	if (r == 0)
		*ret_version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return r;
}

static int make_tables(struct pawl_db *db)
{
	char version[64];
	int r = run(db, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");

	snprintf(version, sizeof version, "PRAGMA user_version = %d", SCHEMA);
	if (r < 0)
		return r;
	r = run(db, schema_drop);
	if (r == 0)
		r = run(db, schema);
	if (r == 0)
		r = run(db, version);
	if (r == 0)
		return run(db, "COMMIT");
	run(db, "ROLLBACK");
	return r;
}

static int check_version(struct pawl_db *db, const char *path, bool read_only,
			 struct pawl_messages *messages)
{
	int version = 0;
	int r = get_version(db, &version);

	if (r < 0 || version == SCHEMA)
		return r;
	if (version > SCHEMA) {
		pawl_say(messages, PAWL_ERROR, NULL, 0, 0,
			 "store: %s was written by a newer pawl (version %d; this one knows %d)",
			 path, version, SCHEMA);
		return PAWL_ECORRUPT;
	}
	return read_only ? PAWL_ENOENT : make_tables(db);
}

static int open_file(struct pawl_db *db, pawl_world *w, const char *path, bool read_only)
{
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	pawl_stat st;

	if (read_only && w->ops->stat(w, path, true, &st) == PAWL_ENOENT)
		return PAWL_ENOENT;
	return result_of(
		sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, w->ops->sqlite_vfs));
}

int pawl_db_open(struct pawl_db *db, pawl_world *w, const char *path, bool read_only,
		 struct pawl_messages *messages)
{
	size_t errors = messages->errors;
	int r = open_file(db, w, path, read_only);

	if (r == 0) {
		sqlite3_busy_timeout(db->sql, 5000);
		/* Each commit reaches the disk: one flush is one commit. */
		r = run(db, "PRAGMA synchronous = FULL");
	}
	if (r == 0)
		r = check_version(db, path, read_only, messages);
	if (r < 0 && r != PAWL_ENOENT && messages->errors == errors)
		pawl_say(messages, PAWL_ERROR, NULL, 0, 0,
			 "store: cannot use the database %s: %s%s", path,
			 db->sql ? sqlite3_errmsg(db->sql) : pawl_strerror(r),
			 r == PAWL_ECORRUPT ? "; remove it to start over" : "");
	if (r < 0)
		pawl_db_close(db);
	return r;
}

void pawl_db_close(struct pawl_db *db)
{
	for (size_t i = 0; i < PAWL_ROW_KINDS; i++)
		sqlite3_finalize(db->write[i]);
	sqlite3_finalize(db->find);
	sqlite3_finalize(db->more);
	sqlite3_finalize(db->place);
	sqlite3_finalize(db->explained);
	sqlite3_close(db->sql);
	memset(db, 0, sizeof *db);
}

/* ---- statements ---- */

/* Prepares a statement when it is first needed. */
static int ready(struct pawl_db *db, sqlite3_stmt **q, const char *text)
{
	if (*q)
		return 0;
	return result_of(sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT, q, NULL));
}

static void bind_digest(sqlite3_stmt *q, int at, const pawl_digest *d)
{
	sqlite3_bind_blob(q, at, d->bytes, sizeof d->bytes, SQLITE_STATIC);
}

/* A column that must be a digest; anything else is none. */
static void get_digest(sqlite3_stmt *q, int column, pawl_digest *ret_digest)
{
	const void *bytes = sqlite3_column_blob(q, column);

	memset(ret_digest, 0, sizeof *ret_digest);
	if (bytes && sqlite3_column_bytes(q, column) == (int)sizeof ret_digest->bytes)
		memcpy(ret_digest->bytes, bytes, sizeof ret_digest->bytes);
}

static const char *get_text(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return s ? s : "";
}

static void end_use(sqlite3_stmt *q)
{
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
}

/* ---- writing ---- */

static int write_row(struct pawl_db *db, const struct pawl_row *row)
{
	sqlite3_stmt *q;
	int r = ready(db, &db->write[row->kind], writes[row->kind]);

	if (r < 0)
		return r;
	q = db->write[row->kind];
	bind_digest(q, 1, &row->signature);
	bind_digest(q, 2, &row->tried);
	if (row->key)
		sqlite3_bind_text(q, 3, row->key, -1, SQLITE_STATIC);
	if (row->data && row->kind == PAWL_ROW_ENDED)
		sqlite3_bind_text(q, 4, row->data, -1, SQLITE_STATIC);
	else if (row->data)
		sqlite3_bind_blob64(q, 4, row->data, row->len, SQLITE_STATIC);
	for (int i = 0; i < 6; i++)
		sqlite3_bind_int64(q, 5 + i, row->n[i]);
	r = result_of(sqlite3_step(q));
	end_use(q);
	return r;
}

int pawl_db_write(struct pawl_db *db, const struct pawl_list *rows)
{
	int r = run(db, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < rows->len; i++)
		r = write_row(db, rows->at[i]);
	if (r == 0)
		r = run(db, "COMMIT");
	if (r < 0)
		run(db, "ROLLBACK");
	return r;
}

/* ---- reading ---- */

/* Runs a statement of no arguments row by row. */
typedef int row_fn(void *arg, void *each, sqlite3_stmt *q);

static int read_all(struct pawl_db *db, const char *text, row_fn *fn, void *each, void *arg)
{
	sqlite3_stmt *q = NULL;
	int code = SQLITE_DONE;
	int r = result_of(sqlite3_prepare_v2(db->sql, text, -1, &q, NULL));

	while (r == 0 && (code = sqlite3_step(q)) == SQLITE_ROW)
		r = fn(arg, each, q);
	if (r == 0)
		r = result_of(code);
	sqlite3_finalize(q);
	return r;
}

static int last_row(void *arg, void *each, sqlite3_stmt *q)
{
	pawl_db_last_fn **fn = each;
	struct pawl_last last;

	get_digest(q, 1, &last.signature);
	last.ending = (enum pawl_ending)sqlite3_column_int(q, 2);
	last.duration = sqlite3_column_int64(q, 3);
	return (*fn)(arg, get_text(q, 0), &last);
}

int pawl_db_lasts(struct pawl_db *db, pawl_db_last_fn *each, void *arg)
{
	return read_all(db, "SELECT name, signature, ending, duration FROM last", last_row, &each,
			arg);
}

int pawl_db_more(struct pawl_db *db, const char *name, struct pawl_arena *texts,
		 struct pawl_last_more *ret_more)
{
	static const char text[] =
		"SELECT signature, ending, duration, tried, ended, took, exit_code, signal, log"
		" FROM last WHERE name = ?1";
	int r = ready(db, &db->more, text);
	sqlite3_stmt *q = db->more;

	if (r < 0)
		return r;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		get_digest(q, 0, &ret_more->last.signature);
		ret_more->last.ending = (enum pawl_ending)sqlite3_column_int(q, 1);
		ret_more->last.duration = sqlite3_column_int64(q, 2);
		get_digest(q, 3, &ret_more->tried);
		ret_more->when = sqlite3_column_int64(q, 4);
		ret_more->took = sqlite3_column_int64(q, 5);
		ret_more->exit_code = sqlite3_column_int(q, 6);
		ret_more->signal = sqlite3_column_int(q, 7);
		ret_more->log = pawl_arena_text(texts, get_text(q, 8));
	}
	end_use(q);
	return r == SQLITE_DONE ? PAWL_ENOENT : result_of(r);
}

/* A big place is not read here: its length comes from the row's head. */
struct places {
	pawl_db_place_fn *fn;
	size_t max;
};

static int place_row(void *arg, void *each, sqlite3_stmt *q)
{
	const struct places *p = each;
	sqlite3_int64 len = sqlite3_column_int64(q, 1);

	if (len < 0 || (uint64_t)len > p->max)
		return p->fn(arg, get_text(q, 0), NULL, (size_t)len);
	return p->fn(arg, get_text(q, 0), sqlite3_column_blob(q, 2),
		     (size_t)sqlite3_column_bytes(q, 2));
}

int pawl_db_places(struct pawl_db *db, size_t place_max, pawl_db_place_fn *each, void *arg)
{
	struct places p = { .fn = each, .max = place_max };

	return read_all(db, "SELECT folder, length(bytes), bytes FROM place", place_row, &p, arg);
}

static void add_blob(sqlite3_stmt *q, int column, struct pawl_buf *out)
{
	const void *bytes = sqlite3_column_blob(q, column);

	if (bytes)
		pawl_buf_add(out, bytes, (size_t)sqlite3_column_bytes(q, column));
}

int pawl_db_place(struct pawl_db *db, const char *folder, struct pawl_buf *ret_data)
{
	int r = ready(db, &db->place, "SELECT bytes FROM place WHERE folder = ?1");
	sqlite3_stmt *q = db->place;

	if (r < 0)
		return r;
	sqlite3_bind_text(q, 1, folder, -1, SQLITE_STATIC);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		add_blob(q, 0, ret_data);
	end_use(q);
	return r == SQLITE_DONE ? PAWL_ENOENT : result_of(r);
}

int pawl_db_find(struct pawl_db *db, const pawl_digest *signature, struct pawl_buf *ret_data,
		 int64_t ret_n[4])
{
	static const char text[] = "SELECT signature, delta, duration, cpu, memory, made"
				   " FROM action WHERE signature = ?1";
	int r = ready(db, &db->find, text);
	sqlite3_stmt *q = db->find;
	pawl_digest found = { { 0 } };

	if (r < 0)
		return r;
	bind_digest(q, 1, signature);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		get_digest(q, 0, &found);
		add_blob(q, 1, ret_data);
		for (int i = 0; i < 4; i++)
			ret_n[i] = sqlite3_column_int64(q, 2 + i);
	}
	end_use(q);
	if (r == SQLITE_DONE)
		return PAWL_ENOENT;
	if (r != SQLITE_ROW)
		return result_of(r);
	/* A damaged index may lead to another row. */
	return pawl_digest_is(&found, signature) ? 0 : PAWL_ECORRUPT;
}

const char *pawl_db_explained(struct pawl_db *db, const pawl_digest *signature,
			      struct pawl_arena *texts)
{
	const char *text = NULL;
	sqlite3_stmt *q;

	if (ready(db, &db->explained, "SELECT text FROM sigdata WHERE signature = ?1") < 0)
		return NULL;
	q = db->explained;
	bind_digest(q, 1, signature);
	if (sqlite3_step(q) == SQLITE_ROW) {
		const char *bytes = sqlite3_column_blob(q, 0);

		text = bytes ? pawl_arena_span(texts, bytes, (size_t)sqlite3_column_bytes(q, 0))
			     : "";
	}
	end_use(q);
	return text;
}

/* ---- care ---- */

static int action_row(void *arg, void *each, sqlite3_stmt *q)
{
	pawl_db_action_fn **fn = each;
	pawl_digest signature;

	get_digest(q, 0, &signature);
	return (*fn)(arg, &signature, sqlite3_column_int64(q, 1), sqlite3_column_blob(q, 2),
		     (size_t)sqlite3_column_bytes(q, 2));
}

int pawl_db_actions(struct pawl_db *db, pawl_db_action_fn *each, void *arg)
{
	return read_all(db,
			"SELECT signature, used, delta FROM action ORDER BY used DESC, rowid DESC",
			action_row, &each, arg);
}

int pawl_db_drop_actions(struct pawl_db *db, const pawl_digest *signatures, size_t count)
{
	int r = run(db, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct pawl_row row = { .kind = PAWL_ROW_FORGET, .signature = signatures[i] };

		r = write_row(db, &row);
	}
	/* The texts of signatures that nobody will ask about any more. */
	if (r == 0)
		r = run(db, "DELETE FROM sigdata WHERE signature NOT IN"
			    " (SELECT signature FROM action UNION SELECT signature FROM last"
			    " UNION SELECT tried FROM last)");
	if (r == 0)
		r = run(db, "COMMIT");
	if (r < 0)
		run(db, "ROLLBACK");
	return r;
}

int pawl_db_count(struct pawl_db *db, const char *table, uint64_t *ret_count)
{
	sqlite3_stmt *q = NULL;
	char text[64];
	int r;

	snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	r = result_of(sqlite3_prepare_v2(db->sql, text, -1, &q, NULL));
	if (r == 0)
		r = result_of(sqlite3_step(q));
	if (r == 0)
		*ret_count = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return r;
}
