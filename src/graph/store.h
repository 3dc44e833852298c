/* SPDX-License-Identifier: MIT */
/* The store: what tasks made, by content, and what earlier builds left; safe at any instant. */
#ifndef PAWL_GRAPH_STORE_H
#define PAWL_GRAPH_STORE_H

#include "db.h"

/*
 * On disk: <dir>/blobs/ab/<hex> (mode 0444) and <hex>.x (0555, for hard links to programs),
 * <dir>/new (written, not yet known to be on disk), <dir>/bad (damaged blobs), <dir>/pawl.db,
 * <dir>/lock.
 *
 * The time of every verified blob is set to PAWL_BLOB_MTIME. A blob that somebody wrote to has
 * another time (or size): so one stat tells whether it is still what was verified, without a table
 * of fingerprints to keep.
 *
 * Threads: "main" is the thread that opened the store (the one of the foreground tasks). "blocking"
 * functions may run in several pawl_blocking sections at once, beside main ones: they share no
 * memory but what never changes after open; the file system is their table. pawl_store_flush is
 * blocking too, but one at a time.
 */
struct pawl_store;

/* 1980-01-01, which every archive format can hold */
#define PAWL_BLOB_MTIME (PAWL_S(315532800))

/* A content. */
struct pawl_blob {
	pawl_digest digest;
	int64_t size;
};

/* What one run of a task made, and what it cost. Zero is an empty one. */
struct pawl_action {
	struct pawl_delta delta;
	int64_t duration; /* ns */
	int64_t cpu;      /* ns */
	int64_t memory;   /* bytes */
	int64_t made;     /* wall clock, ns */
};

void pawl_action_fini(struct pawl_action *a);

struct pawl_store_options {
	const char *dir;    /* made when missing */
	const char *holder; /* who we are, for others who meet our lock: "pid 1234" */
	bool read_only;     /* no lock: only find, get and stat; works beside a build */
};

/*
 * Opens the store, takes its lock, drops or adopts what a crash left behind, and reads the last
 * results.
 *
 * result:  0, PAWL_EBUSY (a message says who holds it), PAWL_ECORRUPT (of a newer version or
 *          damaged, in words), PAWL_ENOENT (read_only and nothing there), or an operating error
 * owns:    the caller the store (pawl_store_close); options are not kept
 * from:    main
 */
int pawl_store_open(pawl_world *w, const struct pawl_store_options *options,
		    struct pawl_messages *messages, struct pawl_store **ret_store);

/* Queued things that were not flushed are lost; nothing may run in it. NULL is fine. */
void pawl_store_close(struct pawl_store *s);

/* Of a store that is open: the hash algorithm (any thread), and its folder. */
const struct pawl_hasher *pawl_store_hasher(const struct pawl_store *s);
const char *pawl_store_dir(const struct pawl_store *s);

/* --- Actions: signature -> what came out --- */

/*
 * Looks up what a task with this signature made. What is queued or being flushed is found too. Says
 * nothing about its blobs: see pawl_store_check.
 *
 * result:  0, PAWL_ENOENT; a damaged row is reported in a message and is PAWL_ENOENT
 * owns:    the caller the action (pawl_action_fini)
 * from:    main
 * cost:    about 5 us, and the decoding
 */
int pawl_store_find(struct pawl_store *s, const pawl_digest *signature,
		    struct pawl_messages *messages, struct pawl_action *ret_action);

/*
 * Are all blobs of this action there and whole? One stat for each; one that was written to since it
 * was verified is hashed. A damaged one is moved out of the way and reported ("store: blob ab12… is
 * damaged (…): task will run again").
 *
 * result:  0; PAWL_ECORRUPT at least one is missing or damaged: call pawl_store_forget and run the
 *          task
 * from:    blocking
 */
int pawl_store_check(struct pawl_store *s, const struct pawl_action *action,
		     struct pawl_messages *messages);

/* The same, but reads every blob: for when one was found that is not what its time vouches for. */
int pawl_store_read(struct pawl_store *s, const struct pawl_action *action,
		    struct pawl_messages *messages);

/* Queues the action under its signature; copies it. Its blobs must have been put. main */
void pawl_store_record(struct pawl_store *s, const pawl_digest *signature,
		       const struct pawl_action *action);

/* Queues "this action was used now", for gc. main */
void pawl_store_used(struct pawl_store *s, const pawl_digest *signature);

/* Queues the removal of an action whose blobs are gone. From now on it is not found. main */
void pawl_store_forget(struct pawl_store *s, const pawl_digest *signature);

/* --- Contents --- */

/*
 * Reads a folder. Digests come from `known` where the fingerprints agree; other files are hashed
 * and, with `put`, put into the store on the way (one reading for both). Odd files (sockets, fifos)
 * are left out. Folders and files that an ordinary user may not read are opened for the moment.
 *
 *	skip	names at the top that are left out, ends in NULL; may be NULL
 *	known	an earlier tree of this folder, or NULL
 *
 * result:  0, or an operating error
 * owns:    the caller ret_tree (pawl_tree_fini)
 * from:    blocking
 */
int pawl_store_scan(struct pawl_store *s, const char *root, const char *const *skip,
		    const struct pawl_tree *known, bool put, struct pawl_tree *ret_tree);

/*
 * Captures what a task made: scans the folder, puts what is new, and gives the new tree and the
 * action (its delta and blobs; the costs are the caller's to fill in).
 *
 * result:  0, PAWL_ENOSPC, or another operating error
 * owns:    the caller both (pawl_tree_fini, pawl_action_fini)
 * from:    blocking
 * cost:    1 us per unchanged entry; per new file of 10 KB about 50 us
 */
int pawl_store_capture(struct pawl_store *s, const char *root, const char *const *skip,
		       const struct pawl_tree *before, struct pawl_tree *ret_after,
		       struct pawl_action *ret_action);

/* What a bring is to do, and what it did. */
struct pawl_bring {
	const char *root;
	/* names at the top that are left alone, ends in NULL; may be NULL */
	const char *const *skip;
	/* the tree that was last seen there (a place's), or NULL: saves hashing */
	const struct pawl_tree *known;
	const struct pawl_tree *target;
	struct pawl_messages *messages; /* may be NULL */
	/*
	 * afterwards: how many entries were placed or written again, removed, or got another mode
	 * or time; all 0: it was in place
	 */
	unsigned placed, removed, fixed;
};

/*
 * Makes a folder exactly the target by the smallest change: removes what is not in it, places what
 * is missing or different from the store (reflink or copy, verified by hash), sets modes, times and
 * hard links. The folder itself is made when it is not there.
 *
 * result:  0; PAWL_ECORRUPT: a blob is missing or damaged (moved out of the way, named in a
 *          message); or an operating error. After a failure the folder is in between; bring it
 *          again.
 * owns:    the caller ret_tree: the target with fresh fingerprints
 * from:    blocking
 * cost:    1 us per entry that is right already; about 50 us per file placed
 */
int pawl_store_bring(struct pawl_store *s, struct pawl_bring *b, struct pawl_tree *ret_tree);

/* Puts one file. blocking. 0, PAWL_ENOENT, PAWL_EISDIR, … */
int pawl_store_put(struct pawl_store *s, const char *path, struct pawl_blob *ret_blob);

/* Puts these bytes. blocking */
int pawl_store_put_span(struct pawl_store *s, const void *data, size_t len,
			struct pawl_blob *ret_blob);

/* Removes a folder with all that is in it, read-only parts too. Not there is fine. blocking */
int pawl_store_remove(pawl_world *w, const char *root);

/* Makes a folder and those above it. blocking. 0 also when it is there. */
int pawl_store_mkdirs(pawl_world *w, const char *path, unsigned mode);

/* --- What earlier builds left --- */

/*
 * Of "recipe:task": what is known, or NULL. main; O(1), no reading: all are in memory. Valid until
 * the next pawl_store_ended.
 */
const struct pawl_last *pawl_store_last(const struct pawl_store *s, const char *name);

/* All of it, read from the database. main. 0, PAWL_ENOENT */
int pawl_store_last_more(struct pawl_store *s, const char *name, struct pawl_arena *texts,
			 struct pawl_last_more *ret_more);

/*
 * Queues how a task ended. main. A restore or "current" passes took 0: durations are then left
 * alone, and so are the log and exit code of the last real run.
 */
struct pawl_ended {
	const char *name; /* recipe:task */
	pawl_digest signature;
	enum pawl_ending ending;
	int64_t took; /* ns; 0: it did not run */
	int exit_code, signal;
	const char *log; /* path; may be NULL */
};

void pawl_store_ended(struct pawl_store *s, const struct pawl_ended *e);

/* What stands in a work folder according to the last capture or bring. main. 0, PAWL_ENOENT */
int pawl_store_place(struct pawl_store *s, const char *folder, struct pawl_place *ret_place);

/* Queues what stands there now; held may be empty. main. Copies everything. */
void pawl_store_placed(struct pawl_store *s, const char *folder, const struct pawl_held *held,
		       size_t held_count, const struct pawl_tree *tree);

/* Queues "nothing is known about this folder" (it was removed). main */
void pawl_store_unplaced(struct pawl_store *s, const char *folder);

/* Queues the text of the fields that a signature was made of. main */
void pawl_store_explain(struct pawl_store *s, const pawl_digest *signature, const char *text);

/* That text again (a copy in the arena), or NULL. main */
const char *pawl_store_explained(struct pawl_store *s, const pawl_digest *signature,
				 struct pawl_arena *texts);

/* --- Making it last --- */

/* Is anything queued? main */
bool pawl_store_dirty(const struct pawl_store *s);

/*
 * The three steps of a flush: main hands over what is queued, a blocking section writes it (new
 * blobs to the disk, then one transaction), main takes note. After end with result 0, nothing of
 * what was queued at begin can be lost. One at a time; queueing goes on meanwhile. When it failed,
 * the next one begins with all of that.
 */
void pawl_store_flush_begin(struct pawl_store *s); /* main */
int pawl_store_flush(struct pawl_store *s);        /* blocking. 0, PAWL_ENOSPC, PAWL_EIO, … */
void pawl_store_flush_end(struct pawl_store *s, int result); /* main */

/* --- Care of the store; main or blocking, nothing else running in it --- */

struct pawl_store_stat {
	uint64_t actions, blobs, places;
	int64_t bytes; /* of the blobs */
	uint64_t bad;  /* damaged blobs kept aside */
};

int pawl_store_stat(struct pawl_store *s, struct pawl_store_stat *ret_stat);

struct pawl_gc_options {
	/* blobs of the most recently used actions up to this; 0: no limit */
	int64_t keep_bytes;
	int64_t keep_age; /* ns: actions used within this time; 0: no limit */
	bool dry_run;     /* counts only */
};

struct pawl_gc_result {
	uint64_t actions_kept, actions_dropped;
	uint64_t blobs_kept, blobs_dropped;
	int64_t bytes_kept, bytes_dropped;
};

/*
 * Drops what was not used for longest, then the blobs that nothing refers to. What a place holds is
 * in use and stays.
 */
int pawl_store_gc(struct pawl_store *s, const struct pawl_gc_options *options,
		  struct pawl_gc_result *ret_result);

/*
 * Hashes every blob; a damaged one is reported, moved aside, and the actions that need it are
 * dropped.
 *
 * result:  0 (also when some were damaged: *ret_damaged tells), or an operating error
 */
int pawl_store_verify(struct pawl_store *s, struct pawl_messages *messages, uint64_t *ret_blobs,
		      uint64_t *ret_damaged);

/* --- For sysroot.c --- */

/*
 * Gives the path of a verified blob for linking: `<hex>` or, with x, `<hex>.x` (made when missing).
 *
 * result:  0, PAWL_ECORRUPT (reported)
 * from:    blocking
 */
int pawl_store_path(struct pawl_store *s, const struct pawl_blob *blob, bool x,
		    struct pawl_messages *messages, struct pawl_buf *ret_path);

#endif
