/* SPDX-License-Identifier: MIT */
/* What the files of the store share among themselves. */
#ifndef PAWL_GRAPH_STORE_INNER_H
#define PAWL_GRAPH_STORE_INNER_H

#include "store.h"
#include <stdatomic.h>
#include <stdio.h>

#define PAWL_DEPTH_MAX 100000 /* of a walk: paths end long before */
#define PAWL_CHUNK 65536      /* bytes read at once; a file up to this size is read once */

/* ---- trees (tree.c) ---- */

/* As pawl_tree_add, but the texts stay the caller's. */
struct pawl_entry *pawl_tree_push(struct pawl_tree *t, const struct pawl_entry *e);
void pawl_tree_number_groups(struct pawl_tree *t);
bool pawl_stat_sure(int64_t changed, int64_t wall);
void pawl_entry_stat(struct pawl_entry *e, const pawl_stat *st, int64_t wall);
bool pawl_entry_unchanged(const struct pawl_entry *e, const pawl_stat *st);

/* ---- bytes (tree_code.c) ---- */

/*
 * Reads what pawl_put_* wrote. `bad` stays set once anything was wrong, and then all reads give
 * zero.
 */
struct pawl_reader {
	const uint8_t *at, *end;
	bool bad;
};

void pawl_put_number(struct pawl_buf *out, uint64_t n);
void pawl_put_text(struct pawl_buf *out, const char *s);
void pawl_put_digest(struct pawl_buf *out, const pawl_digest *d);
uint64_t pawl_get_number(struct pawl_reader *r);
const char *pawl_get_text(struct pawl_reader *r, struct pawl_arena *texts);
void pawl_get_digest(struct pawl_reader *r, pawl_digest *ret_digest);

/*
 * Writes the head of a sealed piece at the end of out; pawl_seal_end adds the sum over all since
 * then.
 */
size_t pawl_seal_begin(struct pawl_buf *out, const char magic[4]);
void pawl_seal_end(struct pawl_buf *out, size_t begin);
/* Checks magic and sum: a reader over what lies between, or PAWL_ECORRUPT. */
int pawl_seal_open(const void *data, size_t len, const char magic[4],
		   struct pawl_reader *ret_reader);

/* ---- files (content.c) ---- */

/* What came of reading a file. */
struct pawl_hashed {
	pawl_digest digest;
	int64_t size;
};

/* dir/name, or dir alone when name is "". Replaces what the buffer held. */
void pawl_path_set(struct pawl_buf *path, const char *dir, const char *name);

/*
 * Hashes a file; the read lasts as long as it takes. `expected` is its size where that is known,
 * or PAWL_ANY_SIZE: only saves a question.
 */
#define PAWL_ANY_SIZE (-1)
int pawl_content_hash(pawl_world *w, const struct pawl_hasher *hasher, const char *path,
		      int64_t expected, struct pawl_hashed *ret_hashed);

/* A new file with these bytes; removed again on failure. */
int pawl_content_write(pawl_world *w, const char *path, const void *data, size_t len,
		       unsigned mode);

/* Runs fn on every name in a folder (not deeper); a folder that is not there is empty. */
typedef int pawl_folder_each_fn(void *arg, const char *name, const pawl_stat *st);
int pawl_folder_each(pawl_world *w, const char *dir, pawl_folder_each_fn *fn, void *arg);

/* ---- walking a work folder (scan.c) ---- */

struct pawl_seen {
	uint32_t links; /* hard links that the file has anywhere */
	bool opened;    /* a folder whose mode we changed to get in */
};

/*
 * A folder as it is on disk; odd entries have PAWL_KIND_ODD. Digests that are not known are zero.
 */
struct pawl_scan {
	struct pawl_store *store;
	const char *root;
	const char *const *skip;
	const struct pawl_tree *known;
	bool odd; /* keep odd entries */
	struct pawl_tree tree;
	struct pawl_seen *seen; /* beside tree.at */
	int64_t wall;
	struct pawl_buf path_;
	struct pawl_map inodes_;
	size_t known_at_, seen_cap_;
};

int pawl_scan_walk(struct pawl_scan *scan);
int pawl_scan_content(struct pawl_scan *scan, size_t index, bool put);
void pawl_scan_close_dirs(struct pawl_scan *scan);
void pawl_scan_fini(struct pawl_scan *scan);

/* ---- the database (db.c) ---- */

struct sqlite3;
struct sqlite3_stmt;

enum pawl_row_kind {
	PAWL_ROW_ACTION,
	PAWL_ROW_USED,
	PAWL_ROW_FORGET,
	PAWL_ROW_ENDED,
	PAWL_ROW_PLACE,
	PAWL_ROW_UNPLACE,
	PAWL_ROW_EXPLAIN,
	PAWL_ROW_KINDS
};

/* Something to be written by the next flush. */
struct pawl_row {
	enum pawl_row_kind kind;
	pawl_digest signature;
	char *key; /* name of a task or folder; or NULL */
	char *data;
	size_t len;
	int64_t n[6]; /* as the kind says, see db.c */
	pawl_digest tried;
};

/* One connection; used by one thread at a time. Zero is closed. */
struct pawl_db {
	struct sqlite3 *sql;
	struct sqlite3_stmt *write[PAWL_ROW_KINDS];
	struct sqlite3_stmt *find, *more, *place, *explained;
};

/* Opens or makes the database; says in a message what is wrong with it. */
int pawl_db_open(struct pawl_db *db, pawl_world *w, const char *path, bool read_only,
		 struct pawl_messages *messages);
void pawl_db_close(struct pawl_db *db);

/* All rows in one transaction, or none. */
int pawl_db_write(struct pawl_db *db, const struct pawl_list *rows);

typedef int pawl_db_last_fn(void *arg, const char *name, const struct pawl_last *last);
int pawl_db_lasts(struct pawl_db *db, pawl_db_last_fn *each, void *arg);
int pawl_db_more(struct pawl_db *db, const char *name, struct pawl_arena *texts,
		 struct pawl_last_more *ret_more);

/* data NULL: too long to be worth having (see place_max) */
typedef int pawl_db_place_fn(void *arg, const char *folder, const void *data, size_t len);
int pawl_db_places(struct pawl_db *db, size_t place_max, pawl_db_place_fn *each, void *arg);
int pawl_db_place(struct pawl_db *db, const char *folder, struct pawl_buf *ret_data);

/* A row as it was written; ret_data holds the delta's bytes, ret_n duration, cpu, memory, made. */
int pawl_db_find(struct pawl_db *db, const pawl_digest *signature, struct pawl_buf *ret_data,
		 int64_t ret_n[4]);

const char *pawl_db_explained(struct pawl_db *db, const pawl_digest *signature,
			      struct pawl_arena *texts);

/* Every action, the last used first. */
typedef int pawl_db_action_fn(void *arg, const pawl_digest *signature, int64_t used,
			      const void *data, size_t len);
int pawl_db_actions(struct pawl_db *db, pawl_db_action_fn *each, void *arg);
int pawl_db_drop_actions(struct pawl_db *db, const pawl_digest *signatures, size_t count);
int pawl_db_count(struct pawl_db *db, const char *table, uint64_t *ret_count);

/* ---- the store (store.c) ---- */

/* A place as it stands in memory: its bytes, or only that the database has some. */
struct pawl_place_bytes {
	char *data; /* NULL: ask the database */
	size_t len;
	bool gone;
	struct pawl_row *queued; /* not yet handed to a flush: written over */
};

struct pawl_store {
	pawl_world *world;
	struct pawl_hasher hasher;
	char *dir;
	int lock; /* -1: none */
	bool read_only;
	bool places_read;
	atomic_uint unique;     /* for names of temporary files; all threads */
	struct pawl_db db;      /* main's */
	struct pawl_db writer;  /* of the flush */
	struct pawl_list queue; /* of struct pawl_row: main's */
	struct pawl_list batch; /* handed to the flush */
	bool flushing;
	int sync_result; /* of the first sync that failed; 0: none did */
	/* signature -> row (action or forget) that is not in the database yet */
	struct pawl_map pending;
	struct pawl_map lasts;  /* name -> struct pawl_last, in `memory` */
	struct pawl_map places; /* folder -> struct pawl_place_bytes */
	struct pawl_arena memory;
};

#define PAWL_PLACE_SMALL 2048 /* bytes of a place that are kept in memory */

/* Where blobs lie. */
enum pawl_shelf { PAWL_SHELF_NEW, PAWL_SHELF_BLOBS, PAWL_SHELF_BAD, PAWL_SHELF_COUNT };
void pawl_blob_path(const struct pawl_store *s, enum pawl_shelf shelf, const pawl_digest *d, bool x,
		    struct pawl_buf *ret_path);

/* Finds a blob: its path and stat. PAWL_ENOENT */
int pawl_blob_find(struct pawl_store *s, const pawl_digest *d, bool x, struct pawl_buf *ret_path,
		   pawl_stat *ret_stat);

/* Moves a damaged blob out of the way, and says so. messages may be NULL. Gives PAWL_ECORRUPT. */
int pawl_blob_damaged(struct pawl_store *s, const pawl_digest *d, const char *why,
		      struct pawl_messages *messages);

/* Is the blob there and as it was verified? A suspicious one is hashed. */
int pawl_blob_check(struct pawl_store *s, const struct pawl_blob *b, struct pawl_messages *messages,
		    struct pawl_buf *ret_path);

void pawl_row_free(struct pawl_row *row);
int pawl_place_decode(const void *data, size_t len, struct pawl_place *ret_place);

#endif
