/* SPDX-License-Identifier: MIT */
/* Runs of a test, spread over processes; a crash of one of these is a failure, too. */
#ifndef PAWL_SIM_SPREAD_H
#define PAWL_SIM_SPREAD_H

#include "sim/sim.h"

#include <stdio.h>

/* What a run came to. */
struct sim_outcome {
	enum sim_failure failure;
	uint64_t place; /* failures of one kind and place count as the same */
	uint64_t hash;
	uint64_t steps;
	uint64_t calls;   /* of the world */
	bool has_choices; /* were there any? */
	bool has_drawn;   /* numbers of its own, pawl_sim_random */
	char text[2048];
};

/* Which runs are made, and of what. */
struct sim_plan {
	const pawl_sim_case *c;
	enum pawl_sim_mode mode;
	unsigned depth;
	uint64_t first; /* seed, or of the exhaustive search the number of the run, from 1 up */
	uint32_t count;
	uint32_t steps_expected; /* of a run, for PCT */
};

/* What all runs came to. */
struct sim_sum {
	uint32_t failed; /* which run was the first that failed, from 0 up; `count`: none */
	uint32_t runs;
	uint32_t different;
	uint64_t first_hash; /* of the first run */
	bool is_complete;
	bool has_choices;
	bool has_drawn;             /* EXHAUSTIVE: any */
	struct sim_outcome outcome; /* of the one that failed */
};

/* A run that is made for what it shows, in a process of its own. */
struct sim_show {
	const struct sim_plan *plan;
	uint64_t seed;
	bool is_replay;          /* of the answers in `log`, and not of the seed */
	struct pawl_choice *log; /* gets all answers: PAWL_SEARCH_LOG_ of them; NULL: none */
	uint32_t *count;
	bool has_overflown; /* there were more */
	enum sim_form form;
	char *text; /* what the tape says in that form; NULL: nobody wants to know */
	size_t size;
	FILE *file;     /* the same, into a file; NULL: none */
	int file_error; /* errno; 0: it was written */
	struct sim_outcome outcome;
};

/* case.c: one run in this process; its choices are the search's, its trace the tape's (or NULL). */
void pawl_sim_run_test_(const pawl_sim_case *c, uint64_t seed, struct pawl_search *s,
			struct sim_tape *tape, struct sim_outcome *ret);

/* spread.c: 0, PAWL_ENOMEM, PAWL_EAGAIN */
int pawl_sim_spread_(const struct sim_plan *plan, struct sim_sum *ret);
int pawl_sim_show_(struct sim_show *show);

/* The exhaustive search goes on to its schedule of that number; false: there is none. */
bool pawl_sim_lead_to_(const struct sim_plan *p, uint64_t number, struct pawl_search *s);

#endif
