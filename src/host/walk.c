/* SPDX-License-Identifier: MIT */
/* Walks a folder: entries with their stat, in the order of their names' bytes. */
#define _GNU_SOURCE
#include "host/machine.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct walk {
	pawl_walk_fn *each;
	void *arg;
	unsigned depth_max; /* 0: no limit */
	size_t length;      /* of what is in path */
	char path[PATH_MAX];
};

/* The names of one folder, one after the other, each with its NUL. */
struct names {
	char *text;
	size_t size, room;
	const char **sorted;
	size_t count;
};

static void names_fini(struct names *n)
{
	free(n->text);
	free(n->sorted);
}

static int names_add(struct names *n, const char *name)
{
	size_t size = strlen(name) + 1;

	if (n->size + size > n->room) {
		size_t room = n->room ? 2 * n->room : 4096;
		char *text = realloc(n->text, room); /* a name is never as long as that */

		if (!text)
			return PAWL_ENOMEM;
		n->text = text;
		n->room = room;
	}
	memcpy(n->text + n->size, name, size);
	n->size += size;
	n->count++;
	return PAWL_OK;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

__attribute__((noinline)) /* its buffer must not be on the stack of every level */
static int
names_read(struct names *n, int dir)
{
	_Alignas(struct dirent64) char buf[32 * 1024];
	long got;
	int r;

	while ((got = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0) {
		for (long at = 0; at < got;) {
			const struct dirent64 *d = (const void *)(buf + at);

			at += d->d_reclen;
			if (!is_dots(d->d_name) && (r = names_add(n, d->d_name)) < 0)
				return r;
		}
	}
	return got < 0 ? pawl_result_of(errno) : PAWL_OK;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int names_sort(struct names *n)
{
	const char *at = n->text;

	if (!n->count)
		return PAWL_OK;
	n->sorted = malloc(n->count * sizeof *n->sorted);
	if (!n->sorted)
		return PAWL_ENOMEM;
	for (size_t i = 0; i < n->count; i++) {
		n->sorted[i] = at;
		at += strlen(at) + 1;
	}
	qsort(n->sorted, n->count, sizeof *n->sorted, compare);
	return PAWL_OK;
}

static int walk_dir(struct walk *k, int dir, unsigned depth);

static int enter(struct walk *k, int dir, const char *name, unsigned depth)
{
	int r, fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? PAWL_OK : pawl_result_of(errno);
	r = walk_dir(k, fd, depth + 1);
	close(fd);
	return r;
}

static int entry(struct walk *k, int dir, const char *name, unsigned depth)
{
	size_t length = strlen(name), before = k->length;
	struct stat st;
	pawl_stat ours;
	int r;

	if (before + length + 2 > sizeof k->path)
		return PAWL_ENAMETOOLONG;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		/* it went away meanwhile */
		return errno == ENOENT ? PAWL_OK : pawl_result_of(errno);
	if (before)
		k->path[k->length++] = '/';
	memcpy(k->path + k->length, name, length + 1);
	k->length += length;

	pawl_stat_from(&st, &ours);
	r = k->each(k->arg, k->path, &ours);
	if (r == 0 && ours.kind == PAWL_KIND_DIR && (!k->depth_max || depth < k->depth_max))
		r = enter(k, dir, name, depth);

	k->length = before;
	k->path[before] = '\0';
	return r == PAWL_WALK_SKIP ? PAWL_OK : r;
}

static int walk_dir(struct walk *k, int dir, unsigned depth)
{
	struct names n = { 0 };
	int r = names_read(&n, dir);

	if (r == 0)
		r = names_sort(&n);
	for (size_t i = 0; r == 0 && i < n.count; i++)
		r = entry(k, dir, n.sorted[i], depth);
	names_fini(&n);
	return r;
}

int pawl_walk(pawl_world *w, const char *path, unsigned depth_max, pawl_walk_fn *each, void *arg)
{
	struct walk k = { .each = each, .arg = arg, .depth_max = depth_max };
	int r, fd;

	(void)w;
	assert(each);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pawl_result_of(errno);
	r = walk_dir(&k, fd, 1);
	close(fd);
	return r;
}
