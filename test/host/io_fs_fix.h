/* SPDX-License-Identifier: MIT */
/* What the tests of files share: a folder of their own, a blocked thread, descriptors counted. */
#ifndef IO_FS_FIX_H
#define IO_FS_FIX_H

#include "io_fix.h"

#include <dirent.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own, which is the working folder from now on. */
static inline void fs_begin(char *ret_folder, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(ret_folder, size, "%s/pawl-fs-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(ret_folder) != NULL);
	CHECK_INT(chdir(ret_folder), 0);
}

/* Removes it; what is in it must be known. */
static inline void fs_end(const char *folder)
{
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(rmdir(folder), 0);
}

static inline void fs_put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static inline void fs_expect(const char *name, const char *text)
{
	char buf[256];
	int fd = open(name, O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	CHECK(n >= 0);
	buf[n] = '\0';
	CHECK_STR(buf, text);
}

/* How many entries a folder has, but "." and "..". */
static inline unsigned fs_count(const char *folder)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static inline unsigned fs_descriptors(void)
{
	return fs_count("/proc/self/fd");
}

/* The only thread for blocking work is taken, so that the next in line does not begin. */
struct fs_taken {
	pawl_task task;
	pawl_work work;
	sem_t started, go;
};

static inline void fs_takes(pawl_work *w)
{
	struct fs_taken *k = PAWL_OF(w, struct fs_taken, work);

	sem_post(&k->started);
	while (sem_wait(&k->go) != 0) {}
}

static inline int fs_takes_thread(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct fs_taken, task)->work);
}

static inline pawl_host *fs_one_thread(void)
{
	pawl_host_options o = { .workers = 1, .blocking_max = 1 };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static inline void fs_take(pawl_host *h, struct fs_taken *k)
{
	*k = (struct fs_taken){ .work = { .fn = fs_takes } };
	sem_init(&k->started, 0, 0);
	sem_init(&k->go, 0, 0);
	io_spawn(h, &k->task, fs_takes_thread);
	io_settle(h);
	while (sem_wait(&k->started) != 0) {}
}

static inline void fs_give(pawl_host *h, struct fs_taken *k)
{
	sem_post(&k->go);
	CHECK_INT(io_end(h, &k->task), 0);
	sem_destroy(&k->started);
	sem_destroy(&k->go);
}

#endif
