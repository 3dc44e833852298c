/* SPDX-License-Identifier: MIT */
/* Models under the simulator's search: random, by priorities, with few switches, shrunk. */
#ifndef PAWL_TEST_MODEL_MODES_H
#define PAWL_TEST_MODEL_MODES_H

#include "model.h"

#include <sim/search.h>

/* Is a mode chosen, instead of the checker's own search? */
bool model_mode_is_on(void);

/* Does the run that goes on ask here for what is to be chosen? */
bool model_mode_asks(void);

/* Who goes next of those that can; this one is the plainest choice. */
int model_mode_pick(uint32_t enabled, int plainest);
unsigned model_mode_choose(unsigned below);

/* The same as a choice that was made already. */
struct pawl_choice model_mode_place(uint32_t enabled, int plainest, int actor);

/* Runs the model as the mode says; the failure of the last run, or NULL. */
const struct model_failure *model_mode_search(void);

/* After a failure: runs that fail the same way with fewer and fewer switches. */
void model_mode_shrink(struct model_failure *f, struct model_result *ret);

void model_mode_environment(void);

/* search.c: one run; NULL: it did not fail. */
const struct model_failure *model_run(void);
uint32_t model_log(struct pawl_choice *log, uint32_t max);
uint32_t model_depth(void);
void model_free(void); /* the next run is like no other */

#endif
