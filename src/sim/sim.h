/* SPDX-License-Identifier: MIT */
/* The inside of the simulator, for its own files. */
#ifndef PAWL_SIM_SIM_H
#define PAWL_SIM_SIM_H

#include <pawl/sim.h>

#include "sim/search.h"

/*
 * Where the running task belongs: tasks in the foreground, and the test itself, are on the main
 * thread.
 */
enum sim_side { SIM_MAIN, SIM_BACKGROUND };

#define SIM_LINES 8

/* What a test under one seed came to. */
struct pawl_sim_report {
	bool is_wanted; /* note who is parked, whenever nothing is ready */
	bool has_failed;
	char text[512];
	unsigned parked; /* when nothing was ready last */
	char lines[SIM_LINES][256];
	unsigned line_count;
};

struct pawl_sim {
	pawl_exec exec;
	pawl_crew crew;
	uint64_t seed;
	struct pawl_chacha schedule, body;
	pawl_task **ready; /* in the order in which they became ready */
	uint32_t ready_count, ready_room;
	pawl_work **works; /* submitted and not started */
	uint32_t work_count, work_room;
	pawl_timers timers;
	pawl_time clock;
	uint64_t trace;
	enum sim_side side;
	struct pawl_sim_report report;
};

/* Gives back its memory and touches no task: those of a test that is over may be gone. */
void pawl_sim_forget_(pawl_sim *sim);

#endif
