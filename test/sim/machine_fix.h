/* SPDX-License-Identifier: MIT */
/* What the tests of the simulated machine's processes share: a simulator, files, commands. */
#ifndef PAWL_TEST_MACHINE_FIX_H
#define PAWL_TEST_MACHINE_FIX_H

#include <kit.h>
#include <pawl/sim_world.h>

struct fix {
	pawl_sim *sim;
	pawl_sim_node *node; /* the first */
	pawl_world *w;       /* its world */
};

/* A command, and what it may be given. */
struct fix_command {
	const char *const *argv;
	const char *const *env; /* NULL: none */
	const char *cwd;        /* NULL: /work */
	const pawl_sandbox *sandbox;
	int out; /* 0: thrown away */
	bool jobs;
};

/* With an empty folder /work. */
void fix_open(struct fix *f, uint64_t seed);
void fix_close(struct fix *f);

/* Called by the test itself: no points, no faults. */
void fix_mkdirs(pawl_world *w, const char *path);
void fix_write(pawl_world *w, const char *path, const char *text);
const char *fix_read(pawl_world *w, const char *path); /* "" when there is none; static buffer */
bool fix_has(pawl_world *w, const char *path);
int fix_create(pawl_world *w, const char *path);

/* Starts a program that runs `fn`; fix_start ends the case when that fails. */
int fix_try_start(struct fix *f, pawl_world *w, pawl_world_process *p, const struct fix_command *c);
void fix_start(struct fix *f, pawl_world *w, pawl_world_process *p, pawl_sim_program_fn *fn);
void fix_start_boxed(struct fix *f, pawl_world *w, pawl_world_process *p, pawl_sim_program_fn *fn,
		     const pawl_sandbox *s);

/* A foreground task of a node that waits for a process. */
struct fix_waiter {
	pawl_task task;
	pawl_world *world;
	pawl_world_process *process;
	unsigned polls;
};

void fix_await(struct fix_waiter *n, pawl_sim_node *node, pawl_world_process *p);

/* Waits until it ended. */
void fix_wait(struct fix *f, pawl_world_process *p);

/* A sandbox that shows /work, to write in. */
const pawl_sandbox *fix_sandbox(void);

#endif
