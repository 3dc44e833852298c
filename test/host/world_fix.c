/* SPDX-License-Identifier: MIT */
/* What the tests of the real machine share. */
#define _GNU_SOURCE
#include "world_fix.h"
#include "kit.h"

#include <pawl/exec.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

void fix_open(struct fix *f)
{
	const pawl_host_options few = { .workers = 1, .blocking_max = 2 };
	static const char two[] = "XX";

	snprintf(f->dir, sizeof f->dir, "/tmp/pawl-test-%s%s%s", two, two, two);
	CHECK(mkdtemp(f->dir));
	CHECK_INT(pawl_host_new(&few, &f->host), 0);
	CHECK_INT(pawl_world_host(f->host, &f->w), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fix_close(struct fix *f)
{
	pawl_world_host_free(f->w);
	pawl_host_free(f->host);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fix_path(const struct fix *f, const char *name)
{
	static char buf[4][256];
	static unsigned next;
	char *p = buf[next++ % 4];

	snprintf(p, sizeof buf[0], "%s/%s", f->dir, name);
	return p;
}

void fix_write(const struct fix *f, const char *name, const char *text)
{
	FILE *out = fopen(fix_path(f, name), "we");

	CHECK(out);
	fputs(text, out);
	CHECK_INT(fclose(out), 0);
}

const char *fix_read(const struct fix *f, const char *name)
{
	static char text[64 * 1024];
	int fd = open(fix_path(f, name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

int fix_try_start(struct fix *f, pawl_world_process *p, const struct shell *s)
{
	const char *argv[] = { "/bin/sh", "-c", s->script, NULL };
	static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	const pawl_command c = { .argv = argv,
				 .env = env,
				 .cwd = s->cwd ? s->cwd : f->dir,
				 .out = s->out ? s->out : -1,
				 .sandbox = s->sandbox,
				 .jobs = s->jobs };

	return f->w->ops->start(f->w, p, &c);
}

void fix_start(struct fix *f, pawl_world_process *p, const struct shell *s)
{
	if (fix_try_start(f, p, s) < 0)
		CHECK_FAIL(p->error);
}

struct waiting {
	pawl_task task;
	struct fix *fix;
	pawl_world_process *process;
};

static int wait_poll(pawl_task *t)
{
	struct waiting *n = PAWL_OF(t, struct waiting, task);

	return n->fix->w->ops->wait(n->fix->w, t, n->process);
}

void fix_wait(struct fix *f, pawl_world_process *p)
{
	struct waiting n = { .fix = f, .process = p };
	int outcome = -1;

	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(f->host), &n.task, wait_poll), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(f->host), &n.task, &outcome), 0);
	CHECK_INT(outcome, 0);
}

void fix_run(struct fix *f, pawl_world_process *p, const struct shell *s)
{
	fix_start(f, p, s);
	fix_wait(f, p);
}

const pawl_sandbox *fix_sandbox(const struct fix *f)
{
	static pawl_bind binds[8];
	static pawl_sandbox s = { .binds = binds };

	s.bind_count = 0;
	binds[s.bind_count++] = (pawl_bind){ .path = "/usr" };
	binds[s.bind_count++] = (pawl_bind){ .path = "/bin", .optional = true };
	binds[s.bind_count++] = (pawl_bind){ .path = "/sbin", .optional = true };
	binds[s.bind_count++] = (pawl_bind){ .path = "/lib", .optional = true };
	binds[s.bind_count++] = (pawl_bind){ .path = "/lib64", .optional = true };
	binds[s.bind_count++] = (pawl_bind){ .path = "/etc/ld.so.cache", .optional = true };
	binds[s.bind_count++] = (pawl_bind){ .path = f->dir, .writable = true };
	return &s;
}

bool fix_be_user(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() != 0)
		return true;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return false;
	/* who changes his user loses the right to look at himself in /proc */
	return prctl(PR_SET_DUMPABLE, 1) == 0;
}

size_t fix_drain(int fd, char *buf, size_t size)
{
	size_t all = 0;
	ssize_t n;

	while ((n = read(fd, buf + all, size - 1 - all)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		CHECK(n > 0);
		all += (size_t)n;
		CHECK(all < size - 1);
	}
	buf[all] = '\0';
	return all;
}
