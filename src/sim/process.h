/* SPDX-License-Identifier: MIT */
/* The inside of simulated processes: what they are, who belongs together, and how they end. */
#ifndef PAWL_SIM_PROCESS_H
#define PAWL_SIM_PROCESS_H

#include "sim/machine.h"

/* One process: a task with a stack of its own, which is left behind when it is killed. */
struct sim_process {
	pawl_task task;
	pawl_co co; /* right behind its task */
	pawl_sim_process face;
	struct sim_seat seat;
	struct sim_group *group;
	struct sim_process *next; /* of the group */
	pawl_sim_program_fn *fn;
	void *words;    /* the memory of argv, env and cwd */
	unsigned slots; /* job slots that it took */
	int exit_code;  /* once dead */
	int signal;     /* once dead */
	bool ignores_term;
	bool is_dead; /* it runs no more; its memory is the group's until the task ended */
	bool is_over; /* its task ended */
};

/* The processes that one start brought forth: a process group, or all that is in a sandbox. */
struct sim_group {
	struct sim_group *next;
	struct sim_machine *machine;
	struct sim_seat *starter;    /* NULL: dead */
	pawl_world_process *process; /* of the starter; NULL: it ended or is dead */
	struct sim_process *first;   /* the one that was started; then its children by age */
	struct sim_process **last;
	struct sim_view *view;   /* the sandbox; NULL: none */
	struct sim_slots *slots; /* that it inherited; NULL: none */
	pawl_time started;
	bool is_doomed; /* the guard is about to kill it */
};

/* The world's entries. */
int pawl_sim_start_(pawl_world *w, pawl_world_process *p, const pawl_command *c);
int pawl_sim_wait_(pawl_world *w, pawl_task *t, pawl_world_process *p);
void pawl_sim_kill_(pawl_world *w, pawl_world_process *p, enum pawl_kill how);

/* The node of this world died: kills its sandboxes now, and lets the guard kill the rest. */
void pawl_sim_processes_orphan_(struct sim_seat *s);

/* The power is gone. */
void pawl_sim_processes_cut_(struct sim_machine *m);

/* All memory goes, also of those that still run. */
void pawl_sim_processes_free_(struct sim_machine *m);

/*
 * For node.c, at the end of each point, after which the caller goes on: when it is a process that
 * was killed meanwhile, this does not return. Nothing happens for the world of a node.
 */
void pawl_sim_process_check_(struct sim_world *w);

#endif
