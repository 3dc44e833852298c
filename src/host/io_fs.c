/* SPDX-License-Identifier: MIT */
/* The file system by names: each operation is one piece of work on a thread that may block. */
#define _GNU_SOURCE
#include "host/io_fs.h"

#include "host/machine.h"
#include "port/assert.h"
#include "port/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many names for the new file are tried before somebody must be playing tricks. */
#define NAMES_MAX 100

int pawl_fs_result_(int error)
{
	switch (error) {
	case EBADF: /* not open for that */
		return PAWL_EINVAL;
	case ESPIPE: /* a pipe */
	case ENXIO:  /* one without a reader, a socket */
		return PAWL_ENOTSUP;
	default:
		return pawl_result_of(error);
	}
}

static int answer(int r)
{
	return r < 0 ? pawl_fs_result_(errno) : 0;
}

static bool is_waiting(const pawl_task *t, const pawl_fs *f)
{
	return pawl_load_ptr(&t->waits_) == ((uintptr_t)&f->work_.wait_ | PAWL_WAITS_OTHER_);
}

bool pawl_fs_begins_(const pawl_task *t, const pawl_fs *f)
{
	if (is_waiting(t, f))
		return false;
	PAWL_ASSERT(!f->is_busy_);
	return true;
}

int pawl_fs_begin_open_(const pawl_task *t, const pawl_fs *f)
{
	if (!pawl_fs_begins_(t, f))
		return PAWL_PENDING;
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	return f->is_open_ ? 0 : PAWL_ECLOSED;
}

static void open_work(pawl_work *w);

/* Its time is over, and nobody will ask: what it opened would stay open. */
static bool let_go(pawl_wait *wait, pawl_task *t)
{
	pawl_fs *f = PAWL_OF(wait, pawl_fs, work_.wait_);

	if (!f->let_go_(wait, t))
		return false;
	f->is_busy_ = false;
	if (f->work_.fn == open_work)
		pawl_fs_close_(f);
	return true;
}

int pawl_fs_await_(pawl_task *t, pawl_fs *f, void (*fn)(pawl_work *w))
{
	bool is_first = !is_waiting(t, f);
	int r;

	if (is_first) {
		f->work_ = (pawl_work){ .fn = fn };
		f->result_ = 0;
		f->done_ = 0;
	}
	PAWL_ASSERT(f->work_.fn == fn);
	r = pawl_blocking(t, &f->work_);
	f->is_busy_ = r == PAWL_PENDING;
	if (is_first && f->is_busy_) {
		f->let_go_ = f->work_.wait_.let_go;
		f->work_.wait_.let_go = let_go;
	}
	return r == 0 ? f->result_ : r;
}

int pawl_fs_check_(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return pawl_fs_result_(errno);
	return S_ISREG(st.st_mode) ? 0 : answer(lseek(fd, 0, SEEK_CUR) < 0 ? -1 : 0);
}

/* A pipe in the place of a file must not hold up the thread until somebody opens its other end. */
int pawl_fs_open_at_(const char *path, unsigned flags, unsigned mode, int *ret_fd)
{
	int fd, r;

	do
		fd = open(path, (int)flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, (mode_t)mode);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return pawl_fs_result_(errno);
	r = pawl_fs_check_(fd);
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

static void open_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = pawl_fs_open_at_(f->path_, f->how_, f->mode_, &f->fd_);
	f->is_open_ = f->result_ == 0;
}

int pawl_fs_await_open_(pawl_task *t, pawl_fs *f)
{
	int r = pawl_fs_await_(t, f, open_work);

	if (r != 0 || !pawl_cancelled(t))
		return r;
	pawl_fs_close_(f);
	return PAWL_ECANCELED;
}

void pawl_fs_close_(pawl_fs *f)
{
	PAWL_ASSERT(!f->is_busy_);
	if (f->is_open_)
		close(f->fd_);
	f->is_open_ = false;
}

int pawl_fs_fill_(int fd, void *buf, size_t size, int64_t offset, size_t *ret_size)
{
	size_t n = 0;
	ssize_t r;

	do {
		r = pread(fd, (char *)buf + n, size - n, (off_t)(offset + (int64_t)n));
		if (r > 0)
			n += (size_t)r;
	} while (n < size && (r > 0 || (r < 0 && errno == EINTR)));
	*ret_size = n;
	return r < 0 && n == 0 ? pawl_fs_result_(errno) : 0;
}

int pawl_fs_put_(int fd, const void *buf, size_t size, int64_t offset, size_t *done)
{
	while (*done < size) {
		const char *at = (const char *)buf + *done;
		size_t left = size - *done;
		ssize_t r = offset < 0 ? write(fd, at, left)
				       : pwrite(fd, at, left, (off_t)(offset + (int64_t)*done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? pawl_fs_result_(errno) : PAWL_EIO;
		*done += (size_t)r;
	}
	return 0;
}

static void stat_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);
	struct stat st;

	f->result_ = answer(fstatat(AT_FDCWD, f->path_, &st, (int)f->how_));
	if (f->result_ == 0)
		pawl_stat_from(&st, &f->stat_);
}

int pawl_fs_stat(pawl_task *t, pawl_fs *f, const char *path, bool follow, pawl_stat *ret)
{
	int r;

	if (pawl_fs_begins_(t, f)) {
		f->path_ = path;
		f->how_ = follow ? 0 : AT_SYMLINK_NOFOLLOW;
	}
	r = pawl_fs_await_(t, f, stat_work);
	if (r == 0)
		*ret = f->stat_;
	return r;
}

static void rename_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = answer(rename(f->path_, f->to_));
}

int pawl_fs_rename(pawl_task *t, pawl_fs *f, const char *from, const char *to)
{
	if (pawl_fs_begins_(t, f)) {
		f->path_ = from;
		f->to_ = to;
	}
	return pawl_fs_await_(t, f, rename_work);
}

static void unlink_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = answer(unlink(f->path_));
}

int pawl_fs_unlink(pawl_task *t, pawl_fs *f, const char *path)
{
	if (pawl_fs_begins_(t, f))
		f->path_ = path;
	return pawl_fs_await_(t, f, unlink_work);
}

static void mkdir_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = answer(mkdir(f->path_, (mode_t)f->mode_));
}

int pawl_fs_mkdir(pawl_task *t, pawl_fs *f, const char *path, unsigned mode)
{
	if (pawl_fs_begins_(t, f)) {
		f->path_ = path;
		f->mode_ = mode;
	}
	return pawl_fs_await_(t, f, mkdir_work);
}

static void rmdir_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = answer(rmdir(f->path_));
}

int pawl_fs_rmdir(pawl_task *t, pawl_fs *f, const char *path)
{
	if (pawl_fs_begins_(t, f))
		f->path_ = path;
	return pawl_fs_await_(t, f, rmdir_work);
}

static int load(pawl_fs *f, int fd)
{
	size_t more = 0;
	char next;
	int r = pawl_fs_fill_(fd, f->buf_.in, f->size_, 0, &f->done_);

	if (r == 0 && f->done_ == f->size_)
		r = pawl_fs_fill_(fd, &next, 1, (int64_t)f->size_, &more);
	return r == 0 && more ? PAWL_EFULL : r;
}

static void load_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);
	int fd;

	f->result_ = pawl_fs_open_at_(f->path_, O_RDONLY, 0, &fd);
	if (f->result_ < 0)
		return;
	f->result_ = load(f, fd);
	close(fd);
}

int pawl_fs_load(pawl_task *t, pawl_fs *f, const char *path, void *buf, size_t size,
		 size_t *ret_size)
{
	int r;

	PAWL_ASSERT(buf || !size);
	if (pawl_fs_begins_(t, f)) {
		f->path_ = path;
		f->buf_.in = buf;
		f->size_ = size;
	}
	r = pawl_fs_await_(t, f, load_work);
	if (r == 0)
		*ret_size = f->done_;
	return r;
}

/* A new file beside the other one; its name has PATH_MAX bytes. */
static int open_beside(const pawl_fs *f, char *ret_name, int *ret_fd)
{
	static uint32_t number;
	int i, n, r = PAWL_EEXIST;

	for (i = 0; r == PAWL_EEXIST && i < NAMES_MAX; i++) {
		n = snprintf(ret_name, PATH_MAX, "%s.%ld.%u.tmp", f->path_, (long)getpid(),
			     (unsigned)pawl_fetch_add(&number, 1));
		if (n >= PATH_MAX)
			return PAWL_ENAMETOOLONG;
		r = pawl_fs_open_at_(ret_name, O_WRONLY | O_CREAT | O_EXCL, f->mode_, ret_fd);
	}
	return r;
}

/* Brings the name to the disk, where folders can be brought there. */
static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *end = strrchr(path, '/');
	int fd, r;

	snprintf(folder, sizeof(folder), "%.*s", end ? (int)(end - path) : 1, end ? path : ".");
	r = pawl_fs_open_at_(end == path ? "/" : folder, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (r == PAWL_EACCES)
		return 0; /* one may write in it without looking into it */
	if (r < 0)
		return r;
	r = answer(fsync(fd));
	close(fd);
	return r == PAWL_EINVAL ? 0 : r;
}

static int write_durably(pawl_fs *f, int fd)
{
	int r = pawl_fs_put_(fd, f->buf_.out, f->size_, 0, &f->done_);

	if (r == 0)
		r = answer(fsync(fd));
	return close(fd) < 0 && r == 0 ? pawl_fs_result_(errno) : r;
}

static int save(pawl_fs *f)
{
	char name[PATH_MAX];
	int fd, r = open_beside(f, name, &fd);

	if (r < 0)
		return r;
	r = write_durably(f, fd);
	if (r == 0)
		r = answer(rename(name, f->path_));
	if (r == 0)
		return sync_folder(f->path_);
	unlink(name);
	return r;
}

static void save_work(pawl_work *w)
{
	pawl_fs *f = pawl_fs_of_(w);

	f->result_ = save(f);
}

int pawl_fs_save(pawl_task *t, pawl_fs *f, const char *path, const void *buf, size_t size,
		 unsigned mode)
{
	PAWL_ASSERT(buf || !size);
	if (pawl_fs_begins_(t, f)) {
		f->path_ = path;
		f->buf_.out = buf;
		f->size_ = size;
		f->mode_ = mode;
	}
	return pawl_fs_await_(t, f, save_work);
}
