/* SPDX-License-Identifier: MIT */
/* The simulated machine: its clock, who it forgets, and what sandboxes show of it. */
#include "machine_fix.h"

#include <pawl/co_await.h>
#include <stdio.h>
#include <string.h>

/* ---- clock and lives ---- */

TEST(the_clock_is_the_simulator_s)
{
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(f.w->ops->now(f.w), 0);
	CHECK_INT(f.w->ops->wall(f.w), INT64_C(1767225600) * PAWL_S(1));
	pawl_sim_advance_time(f.sim, PAWL_S(3));
	CHECK_INT(f.w->ops->now(f.w), PAWL_S(3));
	CHECK_INT(f.w->ops->wall(f.w), INT64_C(1767225603) * PAWL_S(1));
	CHECK_UINT(f.w->ops->cpus(f.w), 2);
	fix_close(&f);
}

TEST(the_machine_is_as_it_was_said)
{
	const pawl_sim_machine m = { .wall = PAWL_S(100), .cpus = 7, .files_max = 2 };
	struct fix f;
	int file;

	CHECK_INT(pawl_sim_new(1, &f.sim), 0);
	pawl_sim_set_machine(f.sim, &m);
	f.w = pawl_sim_node_world(pawl_sim_first_node(f.sim));
	CHECK_INT(f.w->ops->wall(f.w), PAWL_S(100));
	CHECK_UINT(f.w->ops->cpus(f.w), 7);
	fix_create(f.w, "/a");
	fix_create(f.w, "/b");
	CHECK_INT(f.w->ops->open(f.w, "/a", 0, 0, &file), PAWL_EMFILE);
	fix_close(&f);
}

TEST(it_can_make_sandboxes)
{
	char text[64];
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(f.w->ops->sandbox(f.w, text, sizeof text), 0);
	CHECK_STR(text, "simulated");
	CHECK_UINT(f.w->ops->size, sizeof(pawl_world_ops));
	fix_close(&f);
}

TEST(programs_share_the_disk_and_not_their_locks)
{
	pawl_sim_node *other;
	pawl_world *w;
	struct fix f;
	int file;

	fix_open(&f, 1);
	CHECK_INT(pawl_sim_node_new(f.sim, "other", &other), 0);
	w = pawl_sim_node_world(other);
	fix_write(f.w, "/work/a", "text");
	CHECK_STR(fix_read(w, "/work/a"), "text");
	CHECK_INT(w->ops->lock(w, "/work/lock", &file), 0);
	CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), PAWL_EBUSY);
	pawl_sim_node_kill(other);
	CHECK(pawl_sim_node_is_dead(other));
	CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), 0);
	fix_close(&f);
}

TEST(the_dead_give_their_slots_and_waits_back)
{
	pawl_sim_node *other;
	pawl_world *w;
	char flags[64];
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(pawl_sim_node_new(f.sim, "other", &other), 0);
	w = pawl_sim_node_world(other);
	CHECK_INT(w->ops->slots_open(w, 3, flags, sizeof flags), 0);
	CHECK_INT(f.w->ops->slots_open(f.w, 3, flags, sizeof flags), 0); /* each has its own */
	pawl_sim_node_kill(other);
	f.w->ops->slots_close(f.w);
	fix_close(&f);
}

TEST(after_a_power_cut_it_starts_again)
{
	pawl_sim_node *after;
	pawl_world *w;
	struct fix f;
	int file;

	fix_open(&f, 1);
	CHECK_INT(f.w->ops->lock(f.w, "/work/lock", &file), 0);
	CHECK_INT(f.w->ops->sync_all(f.w, "/"), 0);
	pawl_sim_power_cut(f.sim);
	CHECK(pawl_sim_node_is_dead(f.node));
	CHECK_INT(pawl_sim_node_new(f.sim, "after", &after), 0);
	w = pawl_sim_node_world(after);
	CHECK(fix_has(w, "/work/lock"));
	CHECK_INT(w->ops->lock(w, "/work/lock", &file), 0);
	fix_close(&f);
}

/* ---- what sandboxes show ---- */

static const char *look_at; /* what the program looks at, and what comes of it */
static unsigned look_flags;
static char seen[4096];

static int looks(pawl_sim_process *p)
{
	pawl_world *w = p->world;
	int file, r = w->ops->open(w, look_at, look_flags, 0644, &file);
	size_t got = 0;

	seen[0] = '\0';
	if (r == 0 && look_flags)
		r = w->ops->write(w, file, "new", 3);
	else if (r == 0)
		r = w->ops->read(w, file, seen, sizeof seen - 1, &got);
	seen[got] = '\0';
	return r < 0 ? -r : 0;
}

static int look(struct fix *f, const pawl_sandbox *s, const char *path, unsigned flags)
{
	pawl_world_process p;

	look_at = path;
	look_flags = flags;
	fix_start_boxed(f, f->w, &p, looks, s);
	fix_wait(f, &p);
	CHECK_INT(p.signal, 0);
	return -p.exit_code;
}

#define NEW (PAWL_OPEN_WRITE | PAWL_OPEN_CREATE)

static void open_tree(struct fix *f)
{
	fix_open(f, 1);
	fix_mkdirs(f->w, "/in/deep/er");
	fix_mkdirs(f->w, "/other");
	fix_write(f->w, "/in/a", "a of in");
	fix_write(f->w, "/in/deep/b", "b of deep");
	fix_write(f->w, "/in/deep/er/c", "c of deeper");
	fix_write(f->w, "/other/o", "o of other");
}

TEST(only_what_is_bound_is_there)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true }, { .path = "/in/deep" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	struct fix f;

	open_tree(&f);
	CHECK_INT(look(&f, &s, "/in/deep/b", 0), 0);
	CHECK_STR(seen, "b of deep");
	CHECK_INT(look(&f, &s, "/in/deep/er/c", 0), 0);
	CHECK_STR(seen, "c of deeper");
	CHECK_INT(look(&f, &s, "/in/a", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, &s, "/other/o", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, &s, "/in/deep/../a", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, NULL, "/in/a", 0), 0);
	fix_close(&f);
}

TEST(writing_is_allowed_where_it_is_said)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true }, { .path = "/in" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	struct fix f;

	open_tree(&f);
	CHECK_INT(look(&f, &s, "/work/new", NEW), 0);
	CHECK_STR(fix_read(f.w, "/work/new"), "new");
	CHECK_INT(look(&f, &s, "/in/new", NEW), PAWL_EROFS);
	CHECK_INT(look(&f, &s, "/in/a", NEW), PAWL_EROFS);
	CHECK_INT(look(&f, &s, "/new", NEW), PAWL_EROFS);
	CHECK_STR(fix_read(f.w, "/in/a"), "a of in");
	CHECK(!fix_has(f.w, "/new"));
	fix_close(&f);
}

TEST(each_has_its_own_tmp)
{
	struct fix f;

	open_tree(&f);
	fix_mkdirs(f.w, "/tmp");
	fix_write(f.w, "/tmp/outside", "");
	CHECK_INT(look(&f, fix_sandbox(), "/tmp/new", NEW), 0);
	CHECK_INT(look(&f, fix_sandbox(), "/tmp/new", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, fix_sandbox(), "/tmp/outside", 0), PAWL_ENOENT);
	CHECK(!fix_has(f.w, "/tmp/new"));
	fix_close(&f);
}

TEST(binds_lie_in_one_another)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true },
				    { .path = "/in", .at = "/work/in" },
				    { .path = "/other", .at = "/work/in/deep", .writable = true } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 3 };
	struct fix f;

	open_tree(&f);
	CHECK_INT(look(&f, &s, "/work/in/a", 0), 0);
	CHECK_STR(seen, "a of in");
	CHECK_INT(look(&f, &s, "/work/in/deep/o", 0), 0);
	CHECK_STR(seen, "o of other");
	CHECK_INT(look(&f, &s, "/work/in/deep/b", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, &s, "/work/in/a", NEW), PAWL_EROFS);
	CHECK_INT(look(&f, &s, "/work/in/deep/new", NEW), 0);
	CHECK_STR(fix_read(f.w, "/other/new"), "new");
	CHECK_INT(look(&f, &s, "/in/a", 0), PAWL_ENOENT); /* it is at another place */
	CHECK_INT(look(&f, &s, "/work/index", NEW), 0);   /* which begins the same */
	CHECK(fix_has(f.w, "/work/index"));
	fix_close(&f);
}

TEST(a_place_in_what_is_read_only_has_to_be_there)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true },
				    { .path = "/in" },
				    { .path = "/other", .at = "/in/nowhere" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 3 };
	static const char *const argv[] = { "/bin/program", NULL };
	pawl_world_process p;
	struct fix f;

	open_tree(&f);
	CHECK_INT(fix_try_start(&f, f.w, &p, &(struct fix_command){ .argv = argv, .sandbox = &s }),
		  PAWL_EROFS);
	CHECK_STR(p.error, "sandbox: place for /in/nowhere: Read-only file system");
	fix_close(&f);
}

TEST(optional_ones_may_be_missing)
{
	pawl_bind binds[] = { { .path = "/work", .writable = true },
			      { .path = "/no/input", .optional = true } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	static const char *const argv[] = { "/bin/program", NULL };
	pawl_world_process p;
	struct fix f;

	open_tree(&f);
	CHECK_INT(look(&f, &s, "/no/input", 0), PAWL_ENOENT);
	binds[1].optional = false;
	CHECK_INT(fix_try_start(&f, f.w, &p, &(struct fix_command){ .argv = argv, .sandbox = &s }),
		  PAWL_ENOENT);
	CHECK_STR(p.error, "sandbox: input /no/input: No such file or directory");
	binds[1].path = "/work/../in";
	CHECK_INT(fix_try_start(&f, f.w, &p, &(struct fix_command){ .argv = argv, .sandbox = &s }),
		  PAWL_EINVAL);
	CHECK_STR(p.error, "sandbox: input /work/../in: not a plain absolute path");
	fix_close(&f);
}

TEST(a_bound_file_is_that_file)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true },
				    { .path = "/in/a", .at = "/source/a" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	struct fix f;

	open_tree(&f);
	CHECK_INT(look(&f, &s, "/source/a", 0), 0);
	CHECK_STR(seen, "a of in");
	CHECK_INT(look(&f, &s, "/source/b", 0), PAWL_ENOENT);
	fix_close(&f);
}

TEST(links_lead_where_the_sandbox_says)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true },
				    { .path = "/in" },
				    { .path = "/bin" },
				    { .path = "/out" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 4 };
	struct fix f;

	open_tree(&f);
	CHECK_INT(f.w->ops->symlink(f.w, "in/deep", "/bin"), 0); /* stays a link */
	CHECK_INT(f.w->ops->symlink(f.w, "/other", "/out"), 0);  /* whose target is not shown */
	CHECK_INT(f.w->ops->symlink(f.w, "/other/o", "/work/to_o"), 0);
	CHECK_INT(f.w->ops->symlink(f.w, "/in/a", "/work/to_a"), 0);
	CHECK_INT(look(&f, &s, "/bin/b", 0), 0);
	CHECK_STR(seen, "b of deep");
	CHECK_INT(look(&f, &s, "/out/o", 0), 0);
	CHECK_STR(seen, "o of other");
	CHECK_INT(look(&f, &s, "/work/to_o", 0), PAWL_ENOENT);
	CHECK_INT(look(&f, &s, "/work/to_a", 0), 0);
	CHECK_STR(seen, "a of in");
	CHECK_INT(look(&f, &s, "/work/to_a", NEW), PAWL_EROFS);
	fix_close(&f);
}

static int list_each(void *arg, const char *path, const pawl_stat *st)
{
	(void)arg, (void)st;
	strcat(strcat(seen, path), " ");
	return 0;
}

static int lists(pawl_sim_process *p)
{
	seen[0] = '\0';
	return p->world->ops->walk(p->world, "/", 1, list_each, NULL) < 0;
}

TEST(its_root_has_places_for_what_it_shows)
{
	const pawl_bind binds[] = { { .path = "/work", .writable = true }, { .path = "/in/deep" } };
	const pawl_sandbox s = { .binds = binds, .bind_count = 2 };
	pawl_world_process p;
	struct fix f;

	open_tree(&f);
	fix_start_boxed(&f, f.w, &p, lists, &s);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	CHECK_STR(seen, "dev in tmp work ");
	seen[0] = '\0';
	CHECK_INT(f.w->ops->walk(f.w, "/", 1, list_each, NULL), 0);
	CHECK_STR(seen, "in other work "); /* and it leaves nothing */
	fix_close(&f);
}

static int moves(pawl_sim_process *p)
{
	pawl_world *w = p->world;

	if (w->ops->rename(w, "/work/a", "/tmp/a") != PAWL_EXDEV)
		return 1;
	if (w->ops->link(w, "/work/a", "/tmp/a") != PAWL_EXDEV)
		return 2;
	if (w->ops->rename(w, "/work/a", "/work/b") != 0)
		return 3;
	return w->ops->rename(w, "/work/b", "/b") == PAWL_EROFS ? 0 : 4;
}

TEST(names_move_within_one_mount)
{
	pawl_world_process p;
	struct fix f;

	open_tree(&f);
	fix_write(f.w, "/work/a", "text");
	fix_start_boxed(&f, f.w, &p, moves, fix_sandbox());
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	CHECK_STR(fix_read(f.w, "/work/b"), "text");
	fix_close(&f);
}

static const struct kit_case cases[] = {
	CASE(the_clock_is_the_simulator_s),
	CASE(the_machine_is_as_it_was_said),
	CASE(it_can_make_sandboxes),
	CASE(programs_share_the_disk_and_not_their_locks),
	CASE(the_dead_give_their_slots_and_waits_back),
	CASE(after_a_power_cut_it_starts_again),
	CASE(only_what_is_bound_is_there),
	CASE(writing_is_allowed_where_it_is_said),
	CASE(each_has_its_own_tmp),
	CASE(binds_lie_in_one_another),
	CASE(a_place_in_what_is_read_only_has_to_be_there),
	CASE(optional_ones_may_be_missing),
	CASE(a_bound_file_is_that_file),
	CASE(links_lead_where_the_sandbox_says),
	CASE(its_root_has_places_for_what_it_shows),
	CASE(names_move_within_one_mount),
};

KIT_MAIN(cases)
