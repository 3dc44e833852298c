/* SPDX-License-Identifier: MIT */
/* A small build that loses its power, or is killed, at each of its calls, one after the other. */
#include "simbuild.h"

/* More than a build of this size has; the last seeds see to it that this is so. */
#define CALLS_MAX 700

static struct graph chain(pawl_sim *sim)
{
	struct graph g;

	graph_chain(&g, sim, 2, 2);
	graph_write(&g);
	return g;
}

static void end_well(struct graph *g)
{
	struct build b;

	pawl_sim_power_cut_at(g->sim, 0);
	pawl_sim_kill_at(g->sim, 0);
	build_whole(&b, g, "after it", 2);
	build_check_well(&b);
	build_check_quiet(&b);
	build_whole(&b, g, "last", 2);
	build_check_well(&b);
	pawl_sim_check(g->sim, build_ran(&b) == 0, "nothing is to be done", __FILE__, __LINE__);
}

/* The seed is the call. What was not synced is lost, all of it. */
PAWL_SIM_TEST(power_is_cut_at_each_call, .seeds = CALLS_MAX, .options.is_fifo = true)
{
	struct graph g = chain(sim);
	struct build b;

	pawl_sim_power_cut_at(sim, pawl_sim_seed(sim));
	build_whole(&b, &g, "cut", 2);
	CHECK(pawl_sim_seed(sim) < CALLS_MAX || b.is_over);
	end_well(&g);
}

/* The same, and what was not synced is there or not as the seed says. */
PAWL_SIM_TEST(power_is_cut_at_each_call_somehow, .seeds = CALLS_MAX)
{
	struct graph g = chain(sim);
	struct build b;

	pawl_sim_power_cut_at(sim, pawl_sim_seed(sim));
	build_whole(&b, &g, "cut", 2);
	end_well(&g);
}

PAWL_SIM_TEST(it_is_killed_at_each_call, .seeds = CALLS_MAX, .options.is_fifo = true)
{
	struct graph g = chain(sim);
	struct build b;

	pawl_sim_kill_at(sim, pawl_sim_seed(sim));
	build_whole(&b, &g, "killed", 2);
	end_well(&g);
}

/* What stands in the way of the second build, too: it is cut as well, somewhere. */
PAWL_SIM_TEST(power_is_cut_twice, .seeds = CALLS_MAX)
{
	struct graph g = chain(sim);
	struct build b;

	pawl_sim_power_cut_at(sim, pawl_sim_seed(sim));
	build_whole(&b, &g, "cut", 2);
	pawl_sim_power_cut_at(sim, pawl_sim_world_calls(sim) + 1 + pawl_sim_random(sim, 600));
	build_whole(&b, &g, "cut again", 2);
	end_well(&g);
}

PAWL_SIM_MAIN(&power_is_cut_at_each_call_case, &power_is_cut_at_each_call_somehow_case,
	      &it_is_killed_at_each_call_case, &power_is_cut_twice_case)
