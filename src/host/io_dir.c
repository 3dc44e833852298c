/* SPDX-License-Identifier: MIT */
/* Open folders: the system's own blocks of names, taken one name at a time. */
#define _GNU_SOURCE
#include <pawl/dir.h>

#include "host/io_fs.h"
#include "port/assert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

/* d_type of what is none of the three. */
#define ODD DT_FIFO

static pawl_dir *dir_of(pawl_work *w)
{
	return PAWL_OF(pawl_fs_of_(w), pawl_dir, fs_);
}

int pawl_dir_open(pawl_task *t, pawl_dir *d, const char *path)
{
	int r;

	if (pawl_fs_begins_(t, &d->fs_)) {
		PAWL_ASSERT(!d->fs_.is_open_);
		d->fs_.path_ = path;
		d->fs_.how_ = O_RDONLY | O_DIRECTORY;
	}
	r = pawl_fs_await_open_(t, &d->fs_);
	if (r == 0)
		d->at_ = d->used_ = 0;
	return r;
}

static struct dirent64 *entry_at(pawl_dir *d, uint32_t at)
{
	PAWL_ASSERT(at < d->used_);
	return (struct dirent64 *)(void *)((char *)d->buf_ + at);
}

/* Some file systems keep the kinds elsewhere. One that is gone by now was an odd thing. */
static void find_kind(const pawl_dir *d, struct dirent64 *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return;
	e->d_type = ODD;
	if (fstatat(d->fs_.fd_, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		e->d_type = IFTODT(st.st_mode);
}

/* What it found stays for the next who asks, also when the one that asked does not any more. */
static void fill_work(pawl_work *w)
{
	pawl_dir *d = dir_of(w);
	ssize_t n = getdents64(d->fs_.fd_, d->buf_, sizeof(d->buf_));
	uint32_t at;

	/* A folder that was removed has no names. */
	if (n < 0 && errno != ENOENT) {
		d->fs_.result_ = pawl_fs_result_(errno);
		return;
	}
	d->at_ = 0;
	d->used_ = n > 0 ? (uint32_t)n : 0;
	for (at = 0; at < d->used_; at += entry_at(d, at)->d_reclen)
		find_kind(d, entry_at(d, at));
}

static enum pawl_kind kind_of(unsigned char type)
{
	switch (type) {
	case DT_REG:
		return PAWL_KIND_FILE;
	case DT_DIR:
		return PAWL_KIND_DIR;
	case DT_LNK:
		return PAWL_KIND_LINK;
	default:
		return PAWL_KIND_ODD;
	}
}

/* Takes a name out of the buffer; false: there is none. */
static bool take(pawl_dir *d, pawl_dir_entry *ret)
{
	while (d->at_ < d->used_) {
		const struct dirent64 *e = entry_at(d, d->at_);

		d->at_ += e->d_reclen;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		*ret = (pawl_dir_entry){ e->d_name, kind_of(e->d_type) };
		return true;
	}
	return false;
}

int pawl_dir_next(pawl_task *t, pawl_dir *d, pawl_dir_entry *ret)
{
	int r;

	do {
		r = pawl_fs_begin_open_(t, &d->fs_);
		if (r < 0 || (r == 0 && take(d, ret)))
			return r;
		r = pawl_fs_await_(t, &d->fs_, fill_work);
		if (r != 0)
			return r;
		if (!d->used_)
			return PAWL_ECLOSED;
	} while (!take(d, ret));
	return 0;
}

void pawl_dir_close(pawl_dir *d)
{
	if (d)
		pawl_fs_close_(&d->fs_);
}
