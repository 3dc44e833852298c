/* SPDX-License-Identifier: MIT */
/* Builds under seeds: whatever happens to them, the next one finishes, and nothing is wrong. */
#include "simbuild.h"

#define JOBS 3

/* Nothing happens to it: all tasks run once, a second build has nothing to do. */
PAWL_SIM_TEST(builds_and_has_nothing_to_do)
{
	struct graph g;
	struct build b;
	unsigned tasks = 0;

	graph_random(&g, sim, 1 + pawl_sim_random(sim, 8));
	graph_write(&g);
	build_whole(&b, &g, "first", JOBS);
	build_check_well(&b);
	for (unsigned i = 0; i < g.count; i++)
		tasks += g.recipes[i].steps;
	CHECK(build_ran(&b) == tasks);
	build_whole(&b, &g, "second", JOBS);
	build_check_well(&b);
	CHECK(build_ran(&b) == 0);
}

PAWL_SIM_MAIN(&builds_and_has_nothing_to_do_case)
