/* SPDX-License-Identifier: MIT */
/* The inside of operations on files, for those who open some. */
#ifndef PAWL_HOST_IO_FS_H
#define PAWL_HOST_IO_FS_H

#include <pawl/fs.h>

/* True: this is the first poll, and it may fill in what the work needs. */
bool pawl_fs_begins_(const pawl_task *t, const pawl_fs *f);

/* The same for what is open: 0 when it begins, PAWL_PENDING when it goes on, else the answer. */
int pawl_fs_begin_open_(const pawl_task *t, const pawl_fs *f);

/* Awaits the work, which leaves its result in `result_`. */
int pawl_fs_await_(pawl_task *t, pawl_fs *f, void (*fn)(pawl_work *w));

static inline pawl_fs *pawl_fs_of_(pawl_work *w)
{
	return PAWL_OF(w, pawl_fs, work_);
}

/* Awaits open(path_, how_, mode_), and closes it again when nobody is there to take it. */
int pawl_fs_await_open_(pawl_task *t, pawl_fs *f);

/* Closes it; nothing happens when it is closed. */
void pawl_fs_close_(pawl_fs *f);

/* An errno of a file. */
int pawl_fs_result_(int error);

/* In the work: a file that has positions, or a folder: 0 or why not. */
int pawl_fs_open_at_(const char *path, unsigned flags, unsigned mode, int *ret_fd);

/* In the work: all that fits, or all there is: 0, or why nothing came. */
int pawl_fs_fill_(int fd, void *buf, size_t size, int64_t offset, size_t *ret_size);

/* In the work: all of it from `offset` on, negative: where the system wants; `done` counts. */
int pawl_fs_put_(int fd, const void *buf, size_t size, int64_t offset, size_t *done);

/* In the work: what has no positions answers PAWL_ENOTSUP. */
int pawl_fs_check_(int fd);

#endif
