/* SPDX-License-Identifier: MIT */
/* The inside of the simulated machine: its parts, and who has a world on it. */
#ifndef PAWL_SIM_MACHINE_H
#define PAWL_SIM_MACHINE_H

#include "port/assert.h"
#include "sim/world.h"

struct sim_disk; /* disk.h */
struct sim_process;
struct sim_group;
struct sim_slots;
struct sim_view;

/* A program that can be started. */
struct sim_program {
	struct sim_program *next;
	const char *path;
	pawl_sim_program_fn *fn;
};

struct sim_machine {
	pawl_sim *sim;
	pawl_sim_machine how; /* with its defaults filled in */
	struct sim_disk *disk;
	struct sim_seat *seats; /* all that were made, the newest first */
	struct sim_program *programs;
	struct sim_group *groups; /* all that have processes or are waited for, the oldest first */
	struct sim_guard *guard;  /* kills the groups of nodes that died; NULL: none had to yet */
	struct sim_runs *runs;    /* of scripts; script.c */
	struct sim_paths *paths;  /* for whose sandbox next needs them; NULL: there are none */
	unsigned sandboxes;       /* so many were made */
	unsigned views;           /* so many of them are there */
};

/* What a node's or a process's world really is. */
struct sim_seat {
	struct sim_world world; /* first; its files are NULL once its program is dead */
	struct sim_seat *next;  /* of the machine's; those of nodes only */
	struct sim_slots *slots;
	struct sim_view *view; /* NULL: all of the machine; belongs to the group */
};

static inline struct sim_world *pawl_sim_world_from_(pawl_world *w)
{
	return PAWL_OF(w, struct sim_world, world);
}

static inline struct sim_seat *pawl_sim_seat_of_(struct sim_world *w)
{
	return PAWL_OF(w, struct sim_seat, world);
}

/* Fills in what all worlds have: the table, the machine, its files. 0, PAWL_ENOMEM. */
int pawl_sim_seat_init_(struct sim_seat *s, struct sim_machine *m, pawl_sim_node *n);

/* Closes its files and lets go of its locks; the world can be called no more. */
void pawl_sim_seat_close_(struct sim_seat *s);

/* The clock of the simulator. */
pawl_time pawl_sim_machine_now_(const struct sim_machine *m);

#endif
