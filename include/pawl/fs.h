/* SPDX-License-Identifier: MIT */
/* The file system by names: look, rename, remove, make folders, load and save whole files. */
#ifndef PAWL_FS_H
#define PAWL_FS_H

#include <pawl/exec.h>
#include <pawl/stat.h>

/*
 * Files, folders and names
 *
 * The system has no way to tell when a file can be read without waiting for its disk. So each of
 * these calls runs on a thread for blocking work, by pawl_blocking; libuv would do the same, but on
 * four threads of its own, and for the main thread only. From that follows
 *	- they are for all tasks, in the foreground or not, of each executor with such threads; on
 *	  others they answer PAWL_ENOTSUP,
 *	- when a task is cancelled, or its time is over, before the call began, the call never
 *	  runs and nothing happened,
 *	- once it runs it is waited for to its end, since the system uses the memory; what is
 *	  answered then is what was done. Only what was opened is closed again: PAWL_ECANCELED.
 *
 * A call may end in the moment in which its time is over: then the limit may win, and nobody hears
 * what the call did. What it opened is closed.
 */

/*
 * One operation at a time. Zeroed it is ready for use, and it is ready again once the awaitable
 * answered. It must not move meanwhile. Open files and folders have one inside.
 */
typedef struct pawl_fs pawl_fs;
struct pawl_fs {
	pawl_work work_;
	bool (*let_go_)(pawl_wait *w, pawl_task *t); /* how does a task leave the work? */
	const char *path_, *to_;
	union {
		void *in;
		const void *out;
	} buf_;
	size_t size_, done_;
	int64_t offset_;
	pawl_stat stat_;
	unsigned how_, mode_;
	int result_;
	int fd_;       /* of an open file or folder */
	bool is_open_; /* is there one? the work sets it */
	bool is_busy_; /* is an operation under way? */
};

PAWL_BEGIN_C

/*
 * Looks what stands under a name.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	path	in use while this answers PAWL_PENDING
 *	follow	what a symbolic link leads to; false: the link itself
 *	ret	what it is
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ENOENT, PAWL_ENOTDIR,
 *          PAWL_EACCES, PAWL_ELOOP, PAWL_ENAMETOOLONG, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `f` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_fs_stat(pawl_task *t, pawl_fs *f, const char *path, bool follow,
			       pawl_stat *ret);

/*
 * Gives a file or a folder another name, in the place of what has that name.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	from	its name; in use while this answers PAWL_PENDING, like `to`
 *	to	its new name, on the same file system
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ENOENT, PAWL_EACCES,
 *          PAWL_EXDEV when it is another file system, PAWL_EISDIR, PAWL_ENOTDIR, PAWL_ENOTEMPTY or
 *          PAWL_EEXIST when `to` is a folder with something in it, PAWL_EINVAL when it would be in
 *          itself, PAWL_EROFS, PAWL_ENOSPC, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `f` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_fs_rename(pawl_task *t, pawl_fs *f, const char *from, const char *to);

/*
 * Removes a name that is not a folder's. What it named is gone once nobody has it open.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	path	in use while this answers PAWL_PENDING
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ENOENT, PAWL_EISDIR,
 *          PAWL_EACCES, PAWL_EBUSY, PAWL_EROFS, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `f` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_fs_unlink(pawl_task *t, pawl_fs *f, const char *path);

/*
 * Makes a folder.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	path	in use while this answers PAWL_PENDING
 *	mode	its permissions, as 0755, less the process's umask
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_EEXIST, PAWL_ENOENT
 *          when the folder above is missing, PAWL_ENOTDIR, PAWL_EACCES, PAWL_EFULL, PAWL_ENOSPC,
 *          PAWL_EROFS, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `f` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_fs_mkdir(pawl_task *t, pawl_fs *f, const char *path, unsigned mode);

/*
 * Removes a folder in which there is nothing.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	path	in use while this answers PAWL_PENDING
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ENOENT, PAWL_ENOTDIR,
 *          PAWL_ENOTEMPTY, PAWL_EBUSY, PAWL_EACCES, PAWL_EROFS, PAWL_EIO, PAWL_ENOTSUP, PAWL_ENOMEM
 * owns:    the executor owns `f` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and a call of the system
 */
PAWL_MUST_USE int pawl_fs_rmdir(pawl_task *t, pawl_fs *f, const char *path);

/*
 * Reads a whole file, if it is not longer than there is room.
 *
 *	t		the running task
 *	f		for one operation at a time
 *	path		in use while this answers PAWL_PENDING, like `buf`
 *	buf		where to; what stands in it is undefined unless this answers 0
 *	size		how much fits
 *	ret_size	how long the file is
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_EFULL when the file is
 *          longer, PAWL_EISDIR, PAWL_ENOTSUP also when it is a pipe, a socket or a terminal, and
 *          what pawl_file_open answers
 * owns:    the executor owns `f` and `buf` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and what reading it takes; no allocation
 */
PAWL_MUST_USE int pawl_fs_load(pawl_task *t, pawl_fs *f, const char *path, void *buf, size_t size,
			       size_t *ret_size);

/*
 * Writes a whole file so that at each instant, also after a power cut, its name leads to all of the
 * old content or to all of the new: into a file beside it, which is named NAME.PID.NUMBER.tmp,
 * which reaches the disk and then takes the name. When this fails the old file stands as it stood
 * and the other one is removed; who is killed meanwhile may leave it behind. A symbolic link under
 * that name is replaced, not followed.
 *
 *	t	the running task
 *	f	for one operation at a time
 *	path	in use while this answers PAWL_PENDING, like `buf`
 *	buf	what
 *	size	how much
 *	mode	its permissions, as 0644, less the process's umask
 *
 * result:  0: it is on the disk, PAWL_PENDING, PAWL_ECANCELED only when it had not begun,
 *          PAWL_ENOSPC, PAWL_EISDIR, PAWL_ENAMETOOLONG, PAWL_EIO, and what pawl_file_open answers
 * owns:    the executor owns `f` and `buf` while this answers PAWL_PENDING
 * from:    task
 * cost:    as pawl_blocking, and what the disk takes; no allocation
 */
PAWL_MUST_USE int pawl_fs_save(pawl_task *t, pawl_fs *f, const char *path, const void *buf,
			       size_t size, unsigned mode);

PAWL_END_C

#endif
