/* SPDX-License-Identifier: MIT */
/* The inside of simulated processes: what they are, who belongs together, and how they end. */
#ifndef PAWL_SIM_PROCESS_H
#define PAWL_SIM_PROCESS_H

#include "sim/machine.h"

struct sim_piece {
	struct sim_piece *next;
	size_t size, used;
	max_align_t bytes[];
};

/* One process: a task with a stack of its own, which is left behind when it is killed. */
struct sim_process {
	PAWL_OWNED(task); /* its memory goes when the task is dropped */
	pawl_co co;       /* right behind its task */
	pawl_sim_process face;
	struct sim_seat seat;
	struct sim_group *group;
	struct sim_process *next; /* of the group */
	pawl_sim_program_fn *fn;
	const void *given; /* to a child by its parent: what it is to do */
	unsigned slots;    /* job slots that it took */
	bool is_leader;    /* the one that was started, no child of it */
	bool ignores_term;
	bool is_dead; /* it runs no more, its files are closed */
};

/* The processes that one start brought forth: a process group, or all that is in a sandbox. */
struct sim_group {
	struct sim_group *next;
	struct sim_machine *machine;
	struct sim_seat *starter;      /* NULL: dead */
	pawl_world_process *process;   /* the starter's, until it was told how it ended; or NULL */
	struct sim_process *processes; /* the oldest first */
	struct sim_view *view;         /* the sandbox; NULL: none, or all in it are dead */
	struct sim_slots *slots;       /* that it inherited; NULL: none */
	const char **words;            /* one piece of memory: argv, env, cwd */
	struct sim_piece *pieces;      /* memory of its processes */
	pawl_time started, ended;
	unsigned count;  /* of processes that it ever had */
	int exit_code;   /* once the leader ended */
	int signal;      /* once the leader ended */
	bool has_ended;  /* the leader did */
	bool is_doomed;  /* the guard is about to kill it */
	bool is_sandbox; /* nothing in it outlives the leader */
};

/* The world's entries. */
int pawl_sim_start_(pawl_world *w, pawl_world_process *p, const pawl_command *c);
int pawl_sim_wait_(pawl_world *w, pawl_task *t, pawl_world_process *p);
void pawl_sim_kill_(pawl_world *w, pawl_world_process *p, enum pawl_kill how);

/*
 * The program that has this world is dead. Sandboxes die with it, as their first process watches
 * it; groups are killed by the guard, when that gets to run.
 */
void pawl_sim_processes_orphan_(struct sim_seat *s);

/* All that run are killed; nobody else has to notice it than who waits for them. */
void pawl_sim_processes_stop_(struct sim_machine *m);

/*
 * The power is gone, or the machine comes to its end: all are dead. Their tasks are lost already,
 * so that they are not polled any more, and their memory goes.
 */
void pawl_sim_processes_cut_(struct sim_machine *m);

/*
 * Memory for what processes of the simulator's own do: it goes with the group, since who is killed
 * frees nothing. NULL: there is none.
 */
void *pawl_sim_process_alloc_(pawl_sim_process *p, size_t size);

/* Gives back the end of what was got last; nothing, when it is not that any more. */
void pawl_sim_process_shrink_(pawl_sim_process *p, void *memory, size_t from, size_t to);

/* The same as pawl_sim_process_fork, and something for the child, who finds it by `given`. */
int pawl_sim_process_fork_(pawl_sim_process *p, pawl_sim_program_fn *fn, const void *given);

/* view.c: how the real machine calls an error. */
const char *pawl_sim_words_(int result);

#endif
