/* SPDX-License-Identifier: MIT */
/* The inside of simulated job slots. */
#ifndef PAWL_SIM_SLOTS_H
#define PAWL_SIM_SLOTS_H

#include "sim/machine.h"

/* The world's entries. */
unsigned pawl_sim_cpus_(pawl_world *w);
int pawl_sim_slots_open_(pawl_world *w, unsigned count, char *ret_makeflags, size_t size);
int pawl_sim_slot_take_(pawl_world *w, pawl_task *t);
void pawl_sim_slot_give_(pawl_world *w);
void pawl_sim_slots_refill_(pawl_world *w);
void pawl_sim_slots_close_(pawl_world *w);

/*
 * The pipe behind the slots lives as long as somebody has it: who opened it, and the groups that
 * inherited it.
 */
struct sim_slots *pawl_sim_slots_keep_(struct sim_slots *s);
void pawl_sim_slots_let_go_(struct sim_slots *s);

/* The program that opened them is dead: its tasks wait no longer. */
void pawl_sim_slots_dead_(struct sim_slots *s);

/* A process is dead: it waits no longer, and what it had is lost until they are refilled. */
void pawl_sim_slots_forget_(struct sim_slots *s, const pawl_task *t);

#endif
