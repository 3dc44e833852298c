/* SPDX-License-Identifier: MIT */
/* What the tests of the real machine share: a world, a folder, commands. */
#ifndef PAWL_TEST_WORLD_FIX_H
#define PAWL_TEST_WORLD_FIX_H

#include <pawl/host.h>
#include <pawl/world.h>

struct fix {
	pawl_host *host;
	pawl_world *w;
	char dir[64]; /* fresh and empty; absolute */
};

/* A command of the shell, and what it may be given. */
struct shell {
	const char *script;
	const char *cwd; /* NULL: the fixture's folder */
	const pawl_sandbox *sandbox;
	int out; /* 0: thrown away */
	bool jobs;
};

void fix_open(struct fix *f);
void fix_close(struct fix *f); /* removes the folder, too */

/* A name in the fixture's folder; in one of a few static buffers. */
const char *fix_path(const struct fix *f, const char *name);
void fix_write(const struct fix *f, const char *name, const char *text);
/* "" when there is none; static buffer */
const char *fix_read(const struct fix *f, const char *name);

/* Starts a shell command; ends the case when that fails. */
void fix_start(struct fix *f, pawl_world_process *p, const struct shell *s);
int fix_try_start(struct fix *f, pawl_world_process *p, const struct shell *s);

/* Waits on the host's loop, as a foreground task. */
void fix_wait(struct fix *f, pawl_world_process *p);
void fix_run(struct fix *f, pawl_world_process *p, const struct shell *s);

/* The sandbox of most tests: the system's folders, and the fixture's folder to write in. */
const pawl_sandbox *fix_sandbox(const struct fix *f);

/* From here on, this process is an ordinary user. False when it cannot become one. */
bool fix_be_user(void);

/* Reads until everybody has closed the other end; how many bytes came. */
size_t fix_drain(int fd, char *buf, size_t size);

#endif
