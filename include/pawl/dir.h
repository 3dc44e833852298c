/* SPDX-License-Identifier: MIT */
/* The open folder: the names in it, one after another. */
#ifndef PAWL_DIR_H
#define PAWL_DIR_H

#include <pawl/fs.h>

/*
 * The caller owns it; zeroed is closed. It must not move while an operation is under way, of which
 * there is one at a time. The first comment of pawl/fs.h says what a cancel does.
 */
typedef struct pawl_dir {
	pawl_fs fs_;
	/* how far were the names of the buffer taken, and how many are there? */
	uint32_t at_, used_;
	uint64_t buf_[512]; /* as the system gives them */
} pawl_dir;

/* One of the names. */
typedef struct pawl_dir_entry {
	const char *name; /* without the folder's; until the next call */
	enum pawl_kind kind;
} pawl_dir_entry;

PAWL_BEGIN_C

/*
 * Opens a folder.
 *
 *	t	the running task
 *	d	closed
 *	path	in use while this answers PAWL_PENDING
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then it is closed, PAWL_ENOENT, PAWL_ENOTDIR,
 *          PAWL_EACCES, PAWL_ELOOP, PAWL_ENAMETOOLONG, PAWL_EMFILE, PAWL_EIO, PAWL_ENOTSUP,
 *          PAWL_ENOMEM
 * owns:    the caller has to close it once this answered 0
 * from:    task
 * cost:    as pawl_blocking, and a call of the system; no allocation
 */
PAWL_MUST_USE int pawl_dir_open(pawl_task *t, pawl_dir *d, const char *path);

/*
 * Takes the next name, in no order that means something; "." and ".." are left out. Those that come
 * and go meanwhile may be among them or not. Whoever was cancelled or timed out has taken none.
 *
 *	t	the running task
 *	d	the folder
 *	ret	the name, and what kind of thing it is; of a symbolic link, the link
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED after the last and when it is not open,
 *          PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    nothing
 * from:    task
 * cost:    once for some hundred names as pawl_blocking, and a call of the system, or two for each
 *          where the file system does not tell the kinds; else O(1); no allocation
 */
PAWL_MUST_USE int pawl_dir_next(pawl_task *t, pawl_dir *d, pawl_dir_entry *ret);

/*
 * Closes it.
 *
 *	d	no operation is under way; nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    a call of the system
 */
void pawl_dir_close(pawl_dir *d);

PAWL_END_C

#endif
