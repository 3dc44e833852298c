/* SPDX-License-Identifier: MIT */
/* What starting a program costs: in pawl's sandbox, without one, and by posix_spawn beside them. */
#define _GNU_SOURCE
#include <pawl/exec.h>
#include <pawl/host.h>
#include <pawl/world.h>

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { ROUNDS = 301, SUBJECTS = 3 };

struct run {
	pawl_task task;
	pawl_world *w;
	pawl_world_process process;
};

static int wait_poll(pawl_task *t)
{
	struct run *r = PAWL_OF(t, struct run, task);

	return r->w->ops->wait(r->w, t, &r->process);
}

static const char *const argv[] = { "/bin/true", NULL };
static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };

static void run_pawl(pawl_host *h, pawl_world *w, const pawl_sandbox *s)
{
	const pawl_command c = { .argv = argv, .env = env, .cwd = "/tmp", .out = -1, .sandbox = s };
	struct run r = { .w = w };
	int outcome = -1;

	if (w->ops->start(w, &r.process, &c) < 0) {
		fprintf(stderr, "task_overhead: %s\n", r.process.error);
		exit(1);
	}
	if (pawl_spawn_foreground(pawl_host_exec(h), &r.task, wait_poll) < 0 ||
	    pawl_block_on(pawl_host_exec(h), &r.task, &outcome) < 0 || outcome < 0)
		exit(1);
}

static void run_spawn(void)
{
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, (char **)argv, (char **)env) ||
	    waitpid(pid, NULL, 0) != pid)
		exit(1);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print(const char *param, const char *subject, int64_t *took)
{
	qsort(took, ROUNDS, sizeof *took, compare);
	printf("task_overhead,%s,%s,%.3f,ms\n", param, subject, (double)took[ROUNDS / 2] / 1e6);
}

static void measure(pawl_host *h, pawl_world *w, const pawl_sandbox *s)
{
	static int64_t took[SUBJECTS][ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		int64_t at[SUBJECTS + 1];

		at[0] = w->ops->now(w);
		run_pawl(h, w, s);
		at[1] = w->ops->now(w);
		run_pawl(h, w, NULL);
		at[2] = w->ops->now(w);
		run_spawn();
		at[3] = w->ops->now(w);
		for (int k = 0; k < SUBJECTS; k++)
			took[k][i] = at[k + 1] - at[k];
	}
	print("sandbox", "pawl", took[0]);
	print("plain", "pawl", took[1]);
	print("plain", "posix_spawn", took[2]);
}

int main(void)
{
	static const pawl_bind binds[] = {
		{ .path = "/usr" },
		{ .path = "/bin", .optional = true },
		{ .path = "/lib", .optional = true },
		{ .path = "/lib64", .optional = true },
	};
	const pawl_sandbox s = { .binds = binds, .bind_count = PAWL_COUNT(binds) };
	const pawl_host_options few = { .workers = 1, .blocking_max = 1 };
	pawl_world *w;
	pawl_host *h;

	if (pawl_host_new(&few, &h) < 0 || pawl_world_host(h, &w) < 0)
		return 1;
	measure(h, w, &s);
	pawl_world_host_free(w);
	pawl_host_free(h);
	return 0;
}
