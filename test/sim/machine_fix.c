/* SPDX-License-Identifier: MIT */
/* What the tests of the simulated machine's processes share. */
#include "machine_fix.h"

#include <string.h>

void fix_open(struct fix *f, uint64_t seed)
{
	CHECK_INT(pawl_sim_new(seed, &f->sim), 0);
	f->node = pawl_sim_first_node(f->sim);
	f->w = pawl_sim_node_world(f->node);
	fix_mkdirs(f->w, "/work");
}

void fix_close(struct fix *f)
{
	pawl_sim_free(f->sim);
}

void fix_mkdirs(pawl_world *w, const char *path)
{
	char part[256] = "";
	size_t at = 0;

	while (path[at]) {
		at += 1 + strcspn(path + at + 1, "/");
		memcpy(part, path, at);
		part[at] = '\0';
		CHECK(w->ops->mkdir(w, part, 0755) == 0 || fix_has(w, part));
	}
}

int fix_create(pawl_world *w, const char *path)
{
	int file;

	CHECK_INT(w->ops->open(w, path, PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file), 0);
	return file;
}

void fix_write(pawl_world *w, const char *path, const char *text)
{
	int file = fix_create(w, path);

	CHECK_INT(w->ops->write(w, file, text, strlen(text)), 0);
	CHECK_INT(w->ops->close(w, file), 0);
}

const char *fix_read(pawl_world *w, const char *path)
{
	static char text[8192];
	size_t size = 0, got;
	int file;

	text[0] = '\0';
	if (w->ops->open(w, path, 0, 0, &file) < 0)
		return text;
	while (size < sizeof text - 1 &&
	       w->ops->read(w, file, text + size, sizeof text - 1 - size, &got) == 0 && got)
		size += got;
	text[size] = '\0';
	CHECK_INT(w->ops->close(w, file), 0);
	return text;
}

bool fix_has(pawl_world *w, const char *path)
{
	pawl_stat st;

	return w->ops->stat(w, path, false, &st) == 0;
}

int fix_try_start(struct fix *f, pawl_world *w, pawl_world_process *p, const struct fix_command *c)
{
	static const char *const no_env[] = { NULL };
	const pawl_command command = { .argv = c->argv,
				       .env = c->env ? c->env : no_env,
				       .cwd = c->cwd ? c->cwd : "/work",
				       .out = c->out ? c->out : -1,
				       .sandbox = c->sandbox,
				       .jobs = c->jobs };

	(void)f;
	return w->ops->start(w, p, &command);
}

void fix_start_boxed(struct fix *f, pawl_world *w, pawl_world_process *p, pawl_sim_program_fn *fn,
		     const pawl_sandbox *s)
{
	static const char *const argv[] = { "/bin/program", NULL };

	CHECK_INT(pawl_sim_install(f->sim, argv[0], fn), 0);
	if (fix_try_start(f, w, p, &(struct fix_command){ .argv = argv, .sandbox = s }) < 0)
		CHECK_FAIL(p->error);
}

void fix_start(struct fix *f, pawl_world *w, pawl_world_process *p, pawl_sim_program_fn *fn)
{
	fix_start_boxed(f, w, p, fn, NULL);
}

static int waiter_poll(pawl_task *t)
{
	struct fix_waiter *n = PAWL_OF(t, struct fix_waiter, task);

	n->polls++;
	return n->world->ops->wait(n->world, t, n->process);
}

void fix_await(struct fix_waiter *n, pawl_sim_node *node, pawl_world_process *p)
{
	*n = (struct fix_waiter){ .world = pawl_sim_node_world(node), .process = p };
	CHECK_INT(pawl_spawn_foreground(pawl_sim_node_exec(node), &n->task, waiter_poll), 0);
}

void fix_wait(struct fix *f, pawl_world_process *p)
{
	struct fix_waiter n;
	int outcome = -1;

	fix_await(&n, f->node, p);
	CHECK_INT(pawl_block_on(pawl_sim_exec(f->sim), &n.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK(n.polls <= 2);
}

const pawl_sandbox *fix_sandbox(void)
{
	static const pawl_bind binds[] = { { .path = "/work", .writable = true } };
	static const pawl_sandbox s = { .binds = binds, .bind_count = 1 };

	return &s;
}
