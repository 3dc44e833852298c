/* SPDX-License-Identifier: MIT */
/* What tests of a simulated world's files share. */
#include "files_fix.h"
#include "sim/view.h"

#include <stdio.h>
#include <string.h>

struct stage stage;

uint32_t stage_next(uint32_t below)
{
	stage.random = stage.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(stage.random >> 33) % below;
}

/* ---- in the place of node.c and view.c ---- */

static void note(struct sim_world *w, const char *call, const char *path)
{
	CHECK(w->files);
	snprintf(stage.call, sizeof stage.call, "%s", call);
	snprintf(stage.path, sizeof stage.path, "%s", path);
}

void pawl_sim_point_(struct sim_world *w, const char *call, const char *path)
{
	note(w, call, path);
	stage.points++;
}

void pawl_sim_point_alone_(struct sim_world *w, const char *call, const char *path)
{
	note(w, call, path);
	stage.alone++;
	if (stage.at_point)
		stage.at_point(w);
}

bool pawl_sim_fault_(struct sim_world *w, uint32_t once_in, const char *fault)
{
	(void)w;
	CHECK(fault);
	return once_in && stage_next(once_in) == 0;
}

uint32_t pawl_sim_choose_(pawl_sim *sim, uint32_t below)
{
	(void)sim;
	return stage_next(below);
}

const pawl_sim_faults *pawl_sim_faults_(const pawl_sim *sim)
{
	(void)sim;
	return &stage.faults;
}

uint64_t pawl_sim_seed(const pawl_sim *sim)
{
	(void)sim;
	return stage.seed;
}

struct sim_machine *pawl_sim_machine_of_(pawl_sim *sim)
{
	return (struct sim_machine *)(void *)sim;
}

/* A sandbox: /in is /out/in, /ro is /out/ro and not to be written to, the rest is /box. */
int pawl_sim_view_(struct sim_world *w, const char *path, bool writes, char *ret_real, size_t size)
{
	bool ro = strncmp(path, "/ro", 3) == 0 && (!path[3] || path[3] == '/');
	bool in = strncmp(path, "/in", 3) == 0 && (!path[3] || path[3] == '/');

	(void)w;
	if (ro && writes)
		return PAWL_EROFS;
	snprintf(ret_real, size, "%s%s", ro || in ? "/out" : "/box", path);
	return 0;
}

/* Every second path is resolved part by part, though it need not be. */
bool pawl_sim_view_direct_(struct sim_world *w, const char *path, bool follows, char *ret_real,
			   size_t size)
{
	static unsigned asked;

	return asked++ % 2 && path[0] == '/' &&
	       pawl_sim_view_(w, path, false, ret_real, size) == 0 &&
	       pawl_disk_is_direct_(w->machine->disk, ret_real, follows);
}

size_t pawl_sim_view_mount_(struct sim_world *w, const char *path)
{
	(void)w;
	return strncmp(path, "/ro", 3) == 0 ? 2 : strncmp(path, "/in", 3) == 0;
}

/* ---- a machine ---- */

static int64_t tick(void *arg)
{
	struct fix *f = arg;

	return f->clock += 1000;
}

static int64_t wall(pawl_world *w)
{
	(void)w;
	return 0;
}

static const pawl_world_ops ops = { .size = sizeof(ops), .wall = wall };

static uint32_t choose(void *arg, uint32_t below)
{
	(void)arg;
	return stage_next(below);
}

void fix_open_seat(struct fix *f, struct sim_seat *s)
{
	memset(s, 0, sizeof *s);
	s->world.world.ops = &ops;
	s->world.machine = &f->machine;
	s->world.files = pawl_sim_files_new_(&f->machine);
	CHECK(s->world.files);
}

static void fix_make(struct fix *f, const struct sim_disk *d)
{
	struct sim_disk_how how = { .now = tick, .choose = choose, .arg = f };

	memset(f, 0, sizeof *f);
	f->machine.disk = d ? pawl_disk_copy_(d, &how) : pawl_disk_new_(&how);
	fix_open_seat(f, &f->seat);
	f->w = &f->seat.world.world;
}

void fix_open(struct fix *f)
{
	memset(&stage, 0, sizeof stage);
	fix_make(f, NULL);
}

void fix_open_copy(struct fix *f, const struct sim_disk *d)
{
	fix_make(f, d);
}

void fix_close(struct fix *f)
{
	pawl_sim_files_free_(f->seat.world.files);
	pawl_sim_paths_free_(f->machine.paths);
	pawl_disk_free_(f->machine.disk);
}
