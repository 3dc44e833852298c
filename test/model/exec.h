/* SPDX-License-Identifier: MIT */
/* The executor of the models: one queue, which any number of actors take tasks from; it counts. */
#ifndef PAWL_TEST_MODEL_EXEC_H
#define PAWL_TEST_MODEL_EXEC_H

#include "model.h"

#include <pawl/pawl.h>

struct model_exec {
	pawl_exec exec;
	pawl_crew crew;
	pawl_runq ready;
	pawl_timers timers;
	pawl_timer_entry heap[8];
	unsigned schedules; /* how often a task was given to it */
};

/* For `begin`: empty, at time 0. */
void model_exec_init(struct model_exec *x);

/* For a resting actor: polls what is ready, and waits for more. */
void model_exec_work(struct model_exec *x);

/* Polls one task, once there is one. False: all is over. */
bool model_exec_turn(struct model_exec *x);

/* The clock goes on to this time; what is due fires. */
void model_exec_time(struct model_exec *x, pawl_time now);

/* For `end`: nothing is ready. */
bool model_exec_is_empty(const struct model_exec *x);

#endif
