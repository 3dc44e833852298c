/* SPDX-License-Identifier: MIT */
/* The simulated machine: the table of its worlds, its clock, and how programs and it itself die. */
#include "sim/machine.h"

#include "sim/disk.h"
#include "sim/files.h"
#include "sim/process.h"
#include "sim/script.h"
#include "sim/slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2026-01-01, and processors, if nobody says otherwise */
#define WALL INT64_C(1767225600000000000)
#define CPUS 2

pawl_time pawl_sim_machine_now_(const struct sim_machine *m)
{
	return pawl_now(pawl_sim_exec(m->sim));
}

/* Since 1970. */
static int64_t disk_now(void *arg)
{
	const struct sim_machine *m = arg;

	return m->how.wall + pawl_sim_machine_now_(m);
}

/*
 * Clocks and the number of processors are no points: whoever is killed there might as well have
 * been killed at the next call, since nobody else can tell the difference.
 */
static pawl_time world_now(pawl_world *w)
{
	return pawl_sim_machine_now_(pawl_sim_world_from_(w)->machine);
}

static int64_t world_wall(pawl_world *w)
{
	return disk_now(pawl_sim_world_from_(w)->machine);
}

static int world_sandbox(pawl_world *w, char *ret_text, size_t size)
{
	(void)w;
	snprintf(ret_text, size, "simulated");
	return PAWL_OK;
}

static const pawl_world_ops ops = {
	.size = sizeof(pawl_world_ops),
	.now = world_now,
	.wall = world_wall,
	.open = pawl_sim_file_open_,
	.close = pawl_sim_file_close_,
	.read = pawl_sim_file_read_,
	.write = pawl_sim_file_write_,
	.fstat = pawl_sim_file_fstat_,
	.stat = pawl_sim_file_stat_,
	.walk = pawl_sim_file_walk_,
	.mkdir = pawl_sim_file_mkdir_,
	.unlink = pawl_sim_file_unlink_,
	.rmdir = pawl_sim_file_rmdir_,
	.rename = pawl_sim_file_rename_,
	.link = pawl_sim_file_link_,
	.symlink = pawl_sim_file_symlink_,
	.readlink = pawl_sim_file_readlink_,
	.chmod = pawl_sim_file_chmod_,
	.set_mtime = pawl_sim_file_set_mtime_,
	.clone = pawl_sim_file_clone_,
	.sync = pawl_sim_file_sync_,
	.sync_all = pawl_sim_file_sync_all_,
	.lock = pawl_sim_file_lock_,
	.start = pawl_sim_start_,
	.wait = pawl_sim_wait_,
	.kill = pawl_sim_kill_,
	.sandbox = world_sandbox,
	.cpus = pawl_sim_cpus_,
	.slots_open = pawl_sim_slots_open_,
	.slot_take = pawl_sim_slot_take_,
	.slot_give = pawl_sim_slot_give_,
	.slots_refill = pawl_sim_slots_refill_,
	.slots_close = pawl_sim_slots_close_,
};

int pawl_sim_seat_init_(struct sim_seat *s, struct sim_machine *m, pawl_sim_node *n)
{
	memset(s, 0, sizeof *s);
	s->world.world.ops = &ops;
	s->world.node = n;
	s->world.machine = m;
	s->world.files = pawl_sim_files_new_(m);
	return s->world.files ? PAWL_OK : PAWL_ENOMEM;
}

void pawl_sim_seat_close_(struct sim_seat *s)
{
	if (s->world.files)
		pawl_sim_files_free_(s->world.files);
	s->world.files = NULL;
}

struct sim_world *pawl_sim_world_new_(struct sim_machine *m, pawl_sim_node *n)
{
	struct sim_seat *s = malloc(sizeof *s);

	if (!s || pawl_sim_seat_init_(s, m, n) < 0) {
		free(s);
		return NULL;
	}
	s->next = m->seats;
	m->seats = s;
	return &s->world;
}

static void die(struct sim_seat *s)
{
	pawl_sim_seat_close_(s);
	if (s->slots)
		pawl_sim_slots_dead_(s->slots);
	s->slots = NULL;
}

void pawl_sim_world_dead_(struct sim_world *w)
{
	struct sim_seat *s = pawl_sim_seat_of_(w);

	PAWL_ASSERT(!w->process);
	die(s);
	pawl_sim_processes_orphan_(s);
}

void pawl_sim_machine_stop_(struct sim_machine *m)
{
	pawl_sim_processes_stop_(m);
}

void pawl_sim_machine_cut_(struct sim_machine *m)
{
	struct sim_seat *s;

	pawl_sim_processes_cut_(m);
	for (s = m->seats; s; s = s->next)
		die(s);
	pawl_disk_cut_(m->disk);
}

static uint32_t disk_choose(void *arg, uint32_t below)
{
	const struct sim_machine *m = arg;

	return pawl_sim_choose_(m->sim, below);
}

int pawl_sim_machine_new_(pawl_sim *sim, const pawl_sim_machine *how, struct sim_machine **ret)
{
	struct sim_machine *m = calloc(1, sizeof *m);

	if (!m)
		return PAWL_ENOMEM;
	m->sim = sim;
	if (how)
		m->how = *how;
	m->how.wall = m->how.wall ? m->how.wall : WALL;
	m->how.cpus = m->how.cpus ? m->how.cpus : CPUS;
	m->disk = pawl_disk_new_(&(struct sim_disk_how){ .bytes_max = m->how.disk_bytes,
							 .is_journaled = m->how.is_journaled,
							 .now = disk_now,
							 .choose = disk_choose,
							 .arg = m });
	if (!m->disk) {
		free(m);
		return PAWL_ENOMEM;
	}
	*ret = m;
	return PAWL_OK;
}

void pawl_sim_machine_free_(struct sim_machine *m)
{
	if (!m)
		return;
	pawl_sim_processes_cut_(m);
	while (m->seats) {
		struct sim_seat *s = m->seats;

		m->seats = s->next;
		die(s);
		free(s);
	}
	while (m->programs) {
		struct sim_program *p = m->programs;

		m->programs = p->next;
		free(p);
	}
	pawl_sim_runs_free_(m);
	pawl_sim_paths_free_(m->paths);
	pawl_disk_free_(m->disk);
	free(m);
}

int pawl_sim_install(pawl_sim *sim, const char *path, pawl_sim_program_fn *fn)
{
	struct sim_machine *m = pawl_sim_machine_of_(sim);
	struct sim_program *p = m ? m->programs : NULL;

	PAWL_ASSERT(path && path[0] == '/' && fn);
	while (p && strcmp(p->path, path) != 0)
		p = p->next;
	if (p) {
		p->fn = fn;
		return PAWL_OK;
	}
	p = m ? malloc(sizeof *p) : NULL;
	if (!p)
		return PAWL_ENOMEM;
	*p = (struct sim_program){ .next = m->programs, .path = path, .fn = fn };
	m->programs = p;
	return PAWL_OK;
}
