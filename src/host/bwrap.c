/* SPDX-License-Identifier: MIT */
/* The view as arguments for bubblewrap, where pawl itself may not make it. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct list {
	const char **items;
	size_t count;
};

static void add(struct list *l, const char *a)
{
	l->items[l->count++] = a;
}

static void add3(struct list *l, const char *a, const char *b, const char *c)
{
	add(l, a);
	add(l, b);
	add(l, c);
}

/* Always so, before the binds. */
static const char *const always[] = {
	"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
	"--uid",          "1000",          "--gid",         "1000",          "--hostname",
	"pawl",           "--tmpfs",       "/tmp",          "--proc",        "/proc",
	"--dev",          "/dev",          "--tmpfs",       "/dev/shm",      "--remount-ro",
	"/dev",
};

static void add_view(struct list *l, const struct pawl_view *v)
{
	for (size_t i = 0; i < PAWL_COUNT(always); i++)
		add(l, always[i]);
	for (size_t i = 0; v->root && i < PAWL_COVERED_COUNT; i++)
		add3(l, "--ro-bind-try", pawl_covered[i], pawl_covered[i]);
	if (!v->network)
		add(l, "--unshare-net");
	for (size_t i = 0; i < v->count; i++) {
		const struct pawl_view_bind *b = &v->binds[i];

		if (b->link)
			add3(l, "--symlink", b->link, b->at);
		else
			add3(l, b->writable ? "--bind" : "--ro-bind", b->source, b->at);
	}
}

static void add_etc(struct list *l, struct pawl_bwrap *b)
{
	for (int i = 0; i < PAWL_ETC_COUNT; i++) {
		snprintf(b->numbers[i], sizeof b->numbers[i], "%d", PAWL_FD_EXTRA + i);
		add3(l, "--ro-bind-data", b->numbers[i], pawl_etc[i].path);
	}
}

/* A file in memory from which it reads what it lays down. */
static int data_file(const char *text)
{
	int fd = pawl_kept_dup(memfd_create("pawl-etc", MFD_CLOEXEC));
	size_t size = strlen(text);

	if (fd >= 0 && (write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool open_data(struct pawl_bwrap *b, const struct pawl_view *v)
{
	bool all = true;

	for (int i = 0; i < PAWL_ETC_COUNT; i++) {
		b->data[i] = v->etc ? data_file(pawl_etc[i].text) : -1;
		all = all && (!v->etc || b->data[i] >= 0);
	}
	return all;
}

static size_t length(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

int pawl_bwrap_init(struct pawl_bwrap *b, const char *program, const struct pawl_view *v,
		    const pawl_command *c)
{
	size_t room = 16 + PAWL_COUNT(always) +
		      3 * (v->count + PAWL_ETC_COUNT + PAWL_COVERED_COUNT) + length(c->argv);
	struct list l = { .items = malloc(room * sizeof *l.items) };

	b->argv = l.items;
	if (!open_data(b, v) || !l.items) {
		pawl_bwrap_fini(b);
		return l.items ? PAWL_EMFILE : PAWL_ENOMEM;
	}
	add(&l, program);
	add_view(&l, v);
	if (v->etc)
		add_etc(&l, b);
	add3(&l, "--remount-ro", "/", "--chdir");
	add3(&l, c->cwd, "--cap-drop", "ALL");
	add(&l, "--");
	memcpy(l.items + l.count, c->argv, (length(c->argv) + 1) * sizeof *l.items);
	return PAWL_OK;
}

void pawl_bwrap_fini(struct pawl_bwrap *b)
{
	free(b->argv);
	b->argv = NULL;
	for (int i = 0; i < PAWL_ETC_COUNT; i++)
		if (b->data[i] >= 0)
			close(b->data[i]);
}
