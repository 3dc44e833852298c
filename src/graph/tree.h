/* SPDX-License-Identifier: MIT */
/* Trees (what a folder holds, to the nanosecond) and deltas (what changed between two of them). */
#ifndef PAWL_GRAPH_TREE_H
#define PAWL_GRAPH_TREE_H

#include "base.h"
#include "hash.h"
#include <pawl/world.h>

/*
 * One entry of a folder. The strings belong to the tree. `ino`, `ctime` and `sure` are the
 * fingerprint: how the entry looked on disk when it was last read; they are not part of what the
 * entry *is* and do not count in a difference.
 */
struct pawl_entry {
	const char *path;    /* relative; parts separated by one '/' */
	const char *target;  /* links: where to; else NULL */
	enum pawl_kind kind; /* file, dir or link */
	uint32_t mode;       /* permission bits, 07777; links: 0 */
	/* files: equal and not 0 for those that are one inode; index of the first + 1 */
	uint32_t group;
	/* old enough when read: any later change shows in the fingerprint */
	bool sure;
	int64_t mtime;      /* ns */
	int64_t size;       /* files: bytes; else 0 */
	pawl_digest digest; /* files: of the content; else zero */
	uint64_t ino;
	int64_t ctime; /* ns */
};

/*
 * A sorted manifest of a folder (the folder itself is not in it). The order is that of a walk: a
 * folder is followed by all that is in it. Zero is an empty one.
 */
struct pawl_tree {
	struct pawl_entry *at;
	size_t len;
	int64_t root_mtime; /* fingerprint of the folder itself; 0: not known */
	bool root_sure;
	size_t cap_;
	struct pawl_arena texts_;
};

/*
 * What changes one tree into another. `set` holds the entries that were added or changed, with all
 * their attributes (and always all members of a hard-link group); `removed` the paths that are
 * gone, the topmost ones only. Zero is "no change".
 */
struct pawl_delta {
	struct pawl_tree set;
	struct pawl_list removed; /* of const char *, sorted; the strings are set's */
};

/* tree.c; any thread, as long as nobody writes to the same tree. */
void pawl_tree_fini(struct pawl_tree *t);
void pawl_tree_copy(const struct pawl_tree *t, struct pawl_tree *ret_copy);

/* Adds a copy of e at the end; assertion: its path comes after all others. */
struct pawl_entry *pawl_tree_add(struct pawl_tree *t, const struct pawl_entry *e);

/* The entry with this path, or NULL; O(log n). */
struct pawl_entry *pawl_tree_find(const struct pawl_tree *t, const char *path);

/* The order of paths in a tree: like strcmp, with '/' before every other character. */
int pawl_path_order(const char *a, const char *b);

/* Are they the same thing (fingerprints aside, groups not compared)? */
bool pawl_entry_is(const struct pawl_entry *a, const struct pawl_entry *b);

/* Does this name (a path's first part) stand in the list (ends in NULL; may be NULL)? */
bool pawl_path_skipped(const char *path, const char *const *skip);

/* delta.c; any thread. */

/* What changes `before` into `after`. */
void pawl_delta_make(const struct pawl_tree *before, const struct pawl_tree *after,
		     struct pawl_delta *ret_delta);

/* base with the delta applied. Folders that an entry needs and nobody made are added (0755). */
void pawl_delta_apply(const struct pawl_tree *base, const struct pawl_delta *delta,
		      struct pawl_tree *ret_tree);

/* All of them, one after the other, on an empty folder. */
void pawl_delta_sum(const struct pawl_delta *const *deltas, size_t count,
		    struct pawl_tree *ret_tree);

bool pawl_delta_empty(const struct pawl_delta *d);
void pawl_delta_fini(struct pawl_delta *d);

/*
 * tree_code.c: trees and deltas as bytes; any thread. A tree keeps its fingerprints, a delta does
 * not. Decoding checks everything (lengths, order, names, a checksum): 0, or PAWL_ECORRUPT, and
 * then nothing is returned.
 */
void pawl_tree_encode(const struct pawl_tree *t, struct pawl_buf *out);
int pawl_tree_decode(const void *data, size_t len, struct pawl_tree *ret_tree);
void pawl_delta_encode(const struct pawl_delta *d, struct pawl_buf *out);
int pawl_delta_decode(const void *data, size_t len, struct pawl_delta *ret_delta);

/*
 * Are all entries of the tree on disk as their fingerprints say? One lstat for each and no reading,
 * but for files that were very young when the fingerprint was taken: those are hashed. Also sees
 * what was added.
 *
 * result:  0 in place; PAWL_ENOENT not, or not certain: a bring will tell (it changes nothing when
 *          all is in place)
 * from:    blocking section, or main when the tree is small
 * cost:    1 us per entry
 */
int pawl_tree_in_place(pawl_world *w, const struct pawl_hasher *hasher, const char *root,
		       const struct pawl_tree *t);

#endif
