/* SPDX-License-Identifier: MIT */
/* Sysroots: what several recipes published, merged into one read-only folder of hard links. */
#ifndef PAWL_GRAPH_SYSROOT_H
#define PAWL_GRAPH_SYSROOT_H

#include "store.h"

/* One who publishes. */
struct pawl_publisher {
	const char *name;             /* for messages: "lua:do_populate_sysroot" */
	const struct pawl_tree *tree; /* what it made: a delta's set, or a whole tree */
	/* the folder in it whose content is published: "sysroot-destdir" */
	const char *prefix;
};

/*
 * Gives the merged folder, <dir>/<digest of what it holds>; makes it when it is not there (under a
 * temporary name, renamed when complete; two threads may make the same one). Files are hard links
 * to verified blobs (copies where the file system forbids links), 0444 or 0555; folders merge,
 * 0755, so that whoever owns them can remove them.
 *
 *	dir	<tmpdir>/sysroots
 *
 * result:  0; PAWL_EEXIST: two publish the same path with different content (a message names both
 *          and the path); PAWL_ECORRUPT: a blob is missing or damaged (reported); or an operating
 *          error
 * owns:    ret_path: the caller's buffer, the path is added to it
 * from:    blocking
 * cost:    under 1 us per entry, and one stat per folder when it exists; 3 to 15 us per file else
 */
int pawl_sysroot_make(struct pawl_store *s, const char *dir, const struct pawl_publisher *from,
		      size_t count, struct pawl_messages *messages, struct pawl_buf *ret_path);

/*
 * Removes what crashes left half made in that folder; with all, every sysroot. Nothing may use it
 * meanwhile.
 *
 * result:  0, or an operating error
 * from:    blocking
 */
int pawl_sysroot_clean(pawl_world *w, const char *dir, bool all);

#endif
