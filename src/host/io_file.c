/* SPDX-License-Identifier: MIT */
/* Files: read and written at a position of the file's own, so that a cancel moves nothing. */
#define _GNU_SOURCE
#include <pawl/file.h>

#include "host/io_fs.h"
#include "host/machine.h"
#include "port/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned flags_of(unsigned how)
{
	static const struct {
		unsigned how, flags;
	} meanings[] = {
		{ PAWL_FILE_CREATE, O_CREAT },
		{ PAWL_FILE_NEW, O_CREAT | O_EXCL },
		{ PAWL_FILE_TRUNCATE, O_TRUNC },
		{ PAWL_FILE_APPEND, O_APPEND },
	};
	unsigned flags = O_RDONLY;

	if (how & (PAWL_FILE_WRITE | PAWL_FILE_APPEND))
		flags = how & PAWL_FILE_READ ? O_RDWR : O_WRONLY;
	for (size_t i = 0; i < PAWL_COUNT(meanings); i++)
		if (how & meanings[i].how)
			flags |= meanings[i].flags;
	return flags;
}

int pawl_file_open(pawl_task *t, pawl_file *f, const char *path, unsigned how, unsigned mode)
{
	int r;

	PAWL_ASSERT(how & (PAWL_FILE_READ | PAWL_FILE_WRITE | PAWL_FILE_APPEND));
	if (pawl_fs_begins_(t, &f->fs_)) {
		PAWL_ASSERT(!f->fs_.is_open_);
		f->fs_.path_ = path;
		f->fs_.how_ = flags_of(how);
		f->fs_.mode_ = mode;
	}
	r = pawl_fs_await_open_(t, &f->fs_);
	if (r != 0)
		return r;
	f->is_append_ = how & PAWL_FILE_APPEND;
	f->at = 0;
	return 0;
}

int pawl_file_adopt(pawl_file *f, int fd)
{
	int flags = fcntl(fd, F_GETFL), r;

	PAWL_ASSERT(!f->fs_.is_busy_ && !f->fs_.is_open_);
	if (flags < 0)
		return PAWL_EINVAL;
	r = pawl_fs_check_(fd);
	if (r < 0)
		return r;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	f->fs_.fd_ = fd;
	f->fs_.is_open_ = true;
	f->is_append_ = flags & O_APPEND;
	f->at = (uint64_t)lseek(fd, 0, SEEK_CUR);
	return 0;
}

static void read_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = pawl_fs_fill_(f->fd_, f->buf_.in, f->size_, f->offset_, &f->done_);
}

int pawl_file_read(pawl_task *t, pawl_file *f, void *buf, size_t size, size_t *ret_size)
{
	pawl_fs *fs = &f->fs_;
	int r = pawl_fs_begin_open_(t, fs);

	PAWL_ASSERT(buf && size);
	if (r < 0)
		return r;
	if (r == 0) {
		if (f->at > INT64_MAX)
			return PAWL_ECLOSED; /* no file reaches so far */
		fs->buf_.in = buf;
		fs->size_ = size;
		fs->offset_ = (int64_t)f->at;
	}
	r = pawl_fs_await_(t, fs, read_work);
	if (r != 0)
		return r;
	if (fs->done_ == 0)
		return PAWL_ECLOSED;
	f->at = (uint64_t)fs->offset_ + fs->done_;
	*ret_size = fs->done_;
	return 0;
}

static void write_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = pawl_fs_put_(f->fd_, f->buf_.out, f->size_, f->offset_, &f->done_);
}

int pawl_file_write(pawl_task *t, pawl_file *f, const void *buf, size_t size)
{
	pawl_fs *fs = &f->fs_;
	int r = pawl_fs_begin_open_(t, fs);

	PAWL_ASSERT(buf || !size);
	if (r < 0)
		return r;
	if (r == 0) {
		if (f->at > INT64_MAX && !f->is_append_)
			return PAWL_EINVAL;
		fs->buf_.out = buf;
		fs->size_ = size;
		fs->offset_ = f->is_append_ ? -1 : (int64_t)f->at;
	}
	r = pawl_fs_await_(t, fs, write_work);
	if (r != PAWL_PENDING && !f->is_append_)
		f->at = (uint64_t)fs->offset_ + fs->done_;
	return r;
}

static void sync_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = fsync(f->fd_) < 0 ? pawl_fs_result_(errno) : 0;
}

int pawl_file_sync(pawl_task *t, pawl_file *f)
{
	int r = pawl_fs_begin_open_(t, &f->fs_);

	return r < 0 ? r : pawl_fs_await_(t, &f->fs_, sync_work);
}

static void truncate_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);
	int r;

	do
		r = ftruncate(f->fd_, (off_t)f->offset_);
	while (r < 0 && errno == EINTR);
	f->result_ = r < 0 ? pawl_fs_result_(errno) : 0;
}

int pawl_file_truncate(pawl_task *t, pawl_file *f, uint64_t size)
{
	int r = pawl_fs_begin_open_(t, &f->fs_);

	if (r < 0)
		return r;
	if (r == 0) {
		if (size > INT64_MAX)
			return PAWL_ENOSPC;
		f->fs_.offset_ = (int64_t)size;
	}
	return pawl_fs_await_(t, &f->fs_, truncate_work);
}

static void stat_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);
	struct stat st;

	f->result_ = fstat(f->fd_, &st) < 0 ? pawl_fs_result_(errno) : 0;
	if (f->result_ == 0)
		pawl_stat_from(&st, &f->stat_);
}

int pawl_file_stat(pawl_task *t, pawl_file *f, pawl_stat *ret)
{
	int r = pawl_fs_begin_open_(t, &f->fs_);

	if (r >= 0)
		r = pawl_fs_await_(t, &f->fs_, stat_work);
	if (r == 0)
		*ret = f->fs_.stat_;
	return r;
}

int pawl_file_fd(const pawl_file *f)
{
	PAWL_ASSERT(f->fs_.is_open_);
	return f->fs_.fd_;
}

void pawl_file_close(pawl_file *f)
{
	if (f)
		pawl_fs_close_(&f->fs_);
}
