/* SPDX-License-Identifier: MIT */
/* Files of the real machine. */
#define _GNU_SOURCE
#include "host/machine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The answer of a system call that gives 0 or -1. */
static int answer(int r)
{
	return r < 0 ? pawl_result_of(errno) : PAWL_OK;
}

static int open_retry(const char *path, int flags, unsigned mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY, (mode_t)mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int open_flags(unsigned flags)
{
	/* a fifo in the place of a file is read as an empty one: opening it must not wait */
	int r = flags & PAWL_OPEN_WRITE ? O_WRONLY : O_RDONLY | O_NONBLOCK;

	if (flags & (PAWL_OPEN_CREATE | PAWL_OPEN_NEW))
		r |= O_CREAT;
	if (flags & PAWL_OPEN_NEW)
		r |= O_EXCL;
	if (flags & PAWL_OPEN_APPEND)
		r |= O_APPEND;
	else if (flags & PAWL_OPEN_WRITE)
		r |= O_TRUNC;
	return r;
}

int pawl_machine_open(pawl_world *w, const char *path, unsigned flags, unsigned mode, int *ret_file)
{
	int fd, r;

	(void)w;
	fd = open_retry(path, open_flags(flags), mode);
	if (fd < 0)
		return pawl_result_of(errno);
	if ((flags & PAWL_OPEN_NEW) && fchmod(fd, (mode_t)mode) < 0) {
		r = pawl_result_of(errno);
		close(fd);
		return r;
	}
	*ret_file = fd;
	return PAWL_OK;
}

int pawl_machine_close(pawl_world *w, int file)
{
	(void)w;
	assert(file >= 0);
	/* after EINTR Linux has closed it already: once more could close another one's */
	return close(file) < 0 && errno != EINTR ? pawl_result_of(errno) : PAWL_OK;
}

int pawl_machine_read(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size)
{
	ssize_t n;

	(void)w;
	do
		n = read(file, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return pawl_result_of(errno);
	*ret_size = (size_t)n;
	return PAWL_OK;
}

int pawl_machine_write(pawl_world *w, int file, const void *buf, size_t size)
{
	const char *at = buf;

	(void)w;
	while (size) {
		ssize_t n = write(file, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pawl_result_of(errno);
		at += n;
		size -= (size_t)n;
	}
	return PAWL_OK;
}

static enum pawl_kind kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return PAWL_KIND_FILE;
	if (S_ISDIR(mode))
		return PAWL_KIND_DIR;
	return S_ISLNK(mode) ? PAWL_KIND_LINK : PAWL_KIND_ODD;
}

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void pawl_stat_from(const struct stat *from, pawl_stat *ret_stat)
{
	*ret_stat = (pawl_stat){
		.kind = kind_of(from->st_mode),
		.mode = from->st_mode & 07777,
		.links = (uint32_t)from->st_nlink,
		.size = from->st_size,
		.mtime = ns_of(from->st_mtim),
		.ctime = ns_of(from->st_ctim),
		.ino = from->st_ino,
		.dev = from->st_dev,
	};
}

int pawl_machine_fstat(pawl_world *w, int file, pawl_stat *ret_stat)
{
	struct stat st;

	(void)w;
	if (fstat(file, &st) < 0)
		return pawl_result_of(errno);
	pawl_stat_from(&st, ret_stat);
	return PAWL_OK;
}

int pawl_machine_stat(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat)
{
	struct stat st;

	(void)w;
	if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return pawl_result_of(errno);
	pawl_stat_from(&st, ret_stat);
	return PAWL_OK;
}

int pawl_machine_mkdir(pawl_world *w, const char *path, unsigned mode)
{
	(void)w;
	if (mkdir(path, (mode_t)mode) < 0)
		return pawl_result_of(errno);
	return answer(chmod(path, (mode_t)mode)); /* the umask took its part */
}

int pawl_machine_unlink(pawl_world *w, const char *path)
{
	(void)w;
	return answer(unlink(path));
}

int pawl_machine_rmdir(pawl_world *w, const char *path)
{
	(void)w;
	return answer(rmdir(path));
}

int pawl_machine_rename(pawl_world *w, const char *from, const char *to)
{
	(void)w;
	return answer(rename(from, to));
}

int pawl_machine_link(pawl_world *w, const char *from, const char *to)
{
	(void)w;
	return answer(link(from, to));
}

int pawl_machine_symlink(pawl_world *w, const char *target, const char *path)
{
	(void)w;
	return answer(symlink(target, path));
}

int pawl_machine_readlink(pawl_world *w, const char *path, char *buf, size_t size)
{
	ssize_t n;

	(void)w;
	assert(size > 0);
	n = readlink(path, buf, size);
	if (n < 0)
		return pawl_result_of(errno);
	if ((size_t)n == size)
		return PAWL_ENAMETOOLONG;
	buf[n] = '\0';
	return PAWL_OK;
}

int pawl_machine_chmod(pawl_world *w, const char *path, unsigned mode)
{
	(void)w;
	return answer(chmod(path, (mode_t)mode));
}

static struct timespec timespec_of(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	if (t.tv_nsec < 0) {
		t.tv_nsec += 1000000000;
		t.tv_sec--;
	}
	return t;
}

int pawl_machine_set_mtime(pawl_world *w, const char *path, int64_t mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, timespec_of(mtime) };

	(void)w;
	return answer(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
}

/*
 * What the kernel did not copy by itself: all of it, or nothing and then this finds the end at
 * once.
 */
static int copy_rest(pawl_world *w, int from, int to)
{
	char buf[64 * 1024];
	size_t n = 0;
	int r;

	while ((r = pawl_machine_read(w, from, buf, sizeof buf, &n)) == 0 && n)
		if ((r = pawl_machine_write(w, to, buf, n)) < 0)
			break;
	return r;
}

static int copy(pawl_world *w, int from, int to)
{
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return PAWL_OK;
	do
		n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && errno == ENOSPC)
		return PAWL_ENOSPC;
	return copy_rest(w, from, to);
}

int pawl_machine_clone(pawl_world *w, const char *from, const char *to, unsigned mode)
{
	int in, out, r;

	in = open_retry(from, O_RDONLY, 0);
	if (in < 0)
		return pawl_result_of(errno);
	r = pawl_machine_open(w, to, PAWL_OPEN_WRITE | PAWL_OPEN_NEW, mode, &out);
	if (r < 0)
		goto close_in;
	r = copy(w, in, out);
	close(out);
	if (r < 0)
		unlink(to);
close_in:
	close(in);
	return r;
}

int pawl_machine_sync(pawl_world *w, int file)
{
	(void)w;
	return answer(fsync(file));
}

int pawl_machine_sync_all(pawl_world *w, const char *path)
{
	int fd, r;

	(void)w;
	fd = open_retry(path, O_RDONLY, 0);
	if (fd < 0)
		return pawl_result_of(errno);
	r = answer(syncfs(fd));
	close(fd);
	return r;
}

/*
 * A child of a pawl that was killed keeps its lock for the moment before it runs its program. So a
 * lock that is taken is asked for again for a tenth of a second.
 */
static int lock_patiently(int fd)
{
	static const struct timespec pause = { 0, 5000000 };
	int r;

	for (int tries = 0; (r = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EWOULDBLOCK;
	     tries++) {
		if (tries == 20)
			break;
		nanosleep(&pause, NULL);
		errno = EWOULDBLOCK;
	}
	return r;
}

int pawl_machine_lock(pawl_world *w, const char *path, int *ret_file)
{
	int fd, r;

	(void)w;
	fd = open_retry(path, O_RDWR | O_CREAT, 0644);
	if (fd < 0)
		return pawl_result_of(errno);
	if (lock_patiently(fd) < 0) {
		r = errno == EWOULDBLOCK ? PAWL_EBUSY : pawl_result_of(errno);
		close(fd);
		return r;
	}
	*ret_file = fd;
	return PAWL_OK;
}
