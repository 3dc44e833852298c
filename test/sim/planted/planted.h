/* SPDX-License-Identifier: MIT */
/* Small programs with a bug each, and the same mended: what the simulator has to find, and not. */
#ifndef PAWL_TEST_PLANTED_H
#define PAWL_TEST_PLANTED_H

#include <pawl/sim.h>

struct planted {
	const char *name;
	pawl_sim_case bug, mended;
	bool is_hard; /* most runs of 1,000 random seeds miss it */
};

/* All of them, ended by NULL. */
extern const struct planted *const planted_all[];

/* How many seeds a bug has to show itself in, and how many schedules of the exhaustive search. */
enum { PLANTED_SEEDS = 1000, PLANTED_SCHEDULES = 100000 };

/*
 * One bug under one mode: fills in what it came to, from this seed on (exhaustive: from the first
 * schedule on).
 */
int planted_run(const pawl_sim_case *c, enum pawl_sim_mode mode, uint64_t first,
		pawl_sim_result *ret);

/* So many waits for a disk or a network, in whose stead blocking work does nothing. */
struct turns {
	pawl_work work;
	unsigned left;
};

/* Awaits that the others had their turns. */
int planted_turns(pawl_task *t, struct turns *s);

/* Awaits that somebody sets it, and wakes the task. */
int planted_told(pawl_task *t, const bool *is_told);

/*
 * Defines planted_ID of a function ID(sim, is_mended); what follows is for both of its cases.
 */
#define PLANTED(id, hard, ...)                                             \
	static void id##_bug(pawl_sim *sim)                                \
	{                                                                  \
		id(sim, false);                                            \
	}                                                                  \
	static void id##_mended(pawl_sim *sim)                             \
	{                                                                  \
		id(sim, true);                                             \
	}                                                                  \
	const struct planted planted_##id = {                              \
		#id,                                                       \
		{ .name = #id, .fn = id##_bug, __VA_ARGS__ },              \
		{ .name = #id "_mended", .fn = id##_mended, __VA_ARGS__ }, \
		hard                                                       \
	}

#endif
