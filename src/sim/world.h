/* SPDX-License-Identifier: MIT */
/* The inside of the simulated machine: what the files behind pawl/sim_world.h share. */
#ifndef PAWL_SIM_INNER_WORLD_H
#define PAWL_SIM_INNER_WORLD_H

#include <pawl/sim_world.h>

struct sim_machine; /* one per simulator: disk, processes, slots; made when it is first needed */
struct sim_files;   /* the open files of one node or process, and what it may see; files.c */

/*
 * What a world is: a node's own (process NULL), or the view of one of its processes. Descriptors,
 * locks and the right to see a path belong to it.
 */
struct sim_world {
	pawl_world world; /* first */
	pawl_sim_node *node;
	struct sim_machine *machine;
	struct sim_files *files;
	pawl_sim_process *process;
};

/*
 * node.c, for all entries of the world's table: each begins with it, before it has any effect.
 * Counts the call; may let others run; does not return when the node is killed or the power is cut
 * at this call. Without effect when the test itself calls, from outside of all tasks.
 */
void pawl_sim_point_(struct sim_world *w, const char *call, const char *path);

/* The same, for who cannot be left for others: it holds a lock that is none of the simulator's. */
void pawl_sim_point_alone_(struct sim_world *w, const char *call, const char *path);

/* Once in so many, by choice of the schedule: the fault happens. Never for calls of the test. */
bool pawl_sim_fault_(struct sim_world *w, uint32_t once_in, const char *fault);

/* One of 0 to below - 1, by choice of the schedule; 0 is the plainest. */
uint32_t pawl_sim_choose_(pawl_sim *sim, uint32_t below);

/* The faults in force. */
const pawl_sim_faults *pawl_sim_faults_(const pawl_sim *sim);

/* The machine of a simulator, and how to make and end it; machine.c. */
struct sim_machine *pawl_sim_machine_of_(pawl_sim *sim);
int pawl_sim_machine_new_(pawl_sim *sim, const pawl_sim_machine *how, struct sim_machine **ret);
void pawl_sim_machine_free_(struct sim_machine *m);

/* machine.c: a world for a node; NULL when memory is out. */
struct sim_world *pawl_sim_world_new_(struct sim_machine *m, pawl_sim_node *n);

/* machine.c: a node is dead: closes its files, lets go of its locks, kills its processes. */
void pawl_sim_world_dead_(struct sim_world *w);

/*
 * machine.c: no process goes on, whatever it wanted to do yet, and who waits for one hears that it
 * was killed: for the end of a simulator, which would else run those that never end.
 */
void pawl_sim_machine_stop_(struct sim_machine *m);

/* machine.c: the power is gone: the disk keeps what was synced and what the seed says. */
void pawl_sim_machine_cut_(struct sim_machine *m);

/* node.c: an executor for the machine's own tasks: processes. It shares the schedule; its tasks are
 * nobody's, so that they are not counted or listed among those of the program. */
pawl_exec *pawl_sim_threads_(pawl_sim *sim);

#endif
