/* SPDX-License-Identifier: MIT */
/* The file: open, read and write anywhere in it, bring it to the disk. */
#ifndef PAWL_FILE_H
#define PAWL_FILE_H

#include <pawl/fs.h>

/* How pawl_file_open opens: READ, WRITE or both, and what else. */
enum pawl_file_how {
	PAWL_FILE_READ = 1,
	PAWL_FILE_WRITE = 2,
	PAWL_FILE_CREATE = 4,    /* make it when it is not there */
	PAWL_FILE_NEW = 8,       /* make it; PAWL_EEXIST when it is there */
	PAWL_FILE_TRUNCATE = 16, /* empty it */
	PAWL_FILE_APPEND = 32    /* each write goes to its end, wherever that is by then */
};

/*
 * The caller owns it; zeroed is closed. It must not move while an operation is under way, of which
 * there is one at a time: several tasks open the file several times. The first comment of
 * pawl/fs.h says what a cancel does.
 */
typedef struct pawl_file {
	pawl_fs fs_;
	bool is_append_;
	uint64_t at; /* where the next read or write begins: set it as you like in between */
} pawl_file;

PAWL_BEGIN_C

/*
 * Opens a file.
 *
 *	t	the running task
 *	f	closed
 *	path	in use while this answers PAWL_PENDING
 *	how	PAWL_FILE_READ, PAWL_FILE_WRITE …
 *	mode	permissions for a file that is made, as 0644, less the process's umask
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then it is closed, but one that had to be made may be
 *          there, PAWL_ENOENT, PAWL_EEXIST, PAWL_EACCES, PAWL_EISDIR, PAWL_ENOTDIR, PAWL_ELOOP,
 *          PAWL_EROFS, PAWL_ENOSPC, PAWL_EBUSY when it is a program that runs, PAWL_EMFILE,
 *          PAWL_ENAMETOOLONG, PAWL_EIO, PAWL_ENOTSUP also when it is a pipe, a socket or a
 *          terminal, PAWL_ENOMEM
 * owns:    the caller has to close it once this answered 0
 * from:    task
 * cost:    as pawl_blocking, and a few calls of the system
 */
PAWL_MUST_USE int pawl_file_open(pawl_task *t, pawl_file *f, const char *path, unsigned how,
				 unsigned mode);

/*
 * Makes a file of a descriptor, with `at` where that stands.
 *
 *	f	closed
 *	fd	the descriptor
 *
 * result:  0, PAWL_EINVAL when there is no such descriptor, PAWL_ENOTSUP when it is a pipe, a
 *          socket or a terminal: those are streams
 * owns:    the file has the descriptor once this answered 0, and closes it
 * from:    thread, task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_file_adopt(pawl_file *f, int fd);

/*
 * Reads from `at` on: as much as fits, less only at the end of the file, and moves `at` behind it.
 *
 *	t		the running task
 *	f		the file
 *	buf		where to; what stands in it is undefined unless this answers 0
 *	size		how much fits, at least 1
 *	ret_size	how much it was, at least 1
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ECLOSED at the end of
 *          the file and when it is not open, PAWL_EISDIR, PAWL_EINVAL also when it is open for
 *          writing only, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `buf` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and what the disk takes
 */
PAWL_MUST_USE int pawl_file_read(pawl_task *t, pawl_file *f, void *buf, size_t size,
				 size_t *ret_size);

/*
 * Writes all of it from `at` on, or at the end of a file that was opened so, and moves `at` behind
 * it. When this fails, `at` says how far it came. It is on the disk only after pawl_file_sync.
 *
 *	t	the running task
 *	f	the file
 *	buf	what; it may not change while this answers PAWL_PENDING
 *	size	how much
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ECLOSED when it is not
 *          open, PAWL_ENOSPC, PAWL_EINVAL also when it is open for reading only, PAWL_EIO,
 *          PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `buf` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and what the disk takes
 */
PAWL_MUST_USE int pawl_file_write(pawl_task *t, pawl_file *f, const void *buf, size_t size);

/*
 * Waits until all that was written is on the disk. A new name is only when its folder is, too; see
 * pawl_fs_save.
 *
 *	t	the running task
 *	f	the file
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ECLOSED when it is not
 *          open, PAWL_EIO, PAWL_ENOSPC, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    nothing
 * from:    task
 * cost:    as pawl_blocking, and what the disk takes
 */
PAWL_MUST_USE int pawl_file_sync(pawl_task *t, pawl_file *f);

/*
 * Makes the file shorter, or longer by zeroes. `at` stays.
 *
 *	t	the running task
 *	f	the file
 *	size	how long it is to be
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ECLOSED when it is not
 *          open, PAWL_EINVAL also when it is open for reading only, PAWL_ENOSPC, PAWL_EIO,
 *          PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    nothing
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_file_truncate(pawl_task *t, pawl_file *f, uint64_t size);

/*
 * Tells size, times and the rest.
 *
 *	t	the running task
 *	f	the file
 *	ret	what it is
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ECLOSED when it is not
 *          open, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    nothing
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_file_stat(pawl_task *t, pawl_file *f, pawl_stat *ret);

/*
 * Its descriptor, for calls of the system, or for a child process.
 *
 *	f	the file, open
 *
 * result:  the descriptor
 * owns:    nothing: it is the file's
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_file_fd(const pawl_file *f);

/*
 * Closes it. This asks no thread, so that it can be done on any way out; who wants to hear what the
 * disk says of the last writes awaits pawl_file_sync first.
 *
 *	f	no operation is under way: stop its task and join it first; nothing happens when it
 *		is closed or NULL
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    a call of the system, which waits for nothing but on some network file systems
 */
void pawl_file_close(pawl_file *f);

PAWL_END_C

#endif
