/* SPDX-License-Identifier: MIT */
/* The simulator as a ground of the suite, in each of its ways: the round is the seed. */
#include "conform.h"

#include "sim/sim.h"

static pawl_sim *sim;
static struct pawl_search search;

/*
 * What a ground's param says. Not hurry_in: the suite's sleepers sleep for hours, and it takes for
 * granted that this is longer than what it does meanwhile.
 */
enum way { RANDOM, FIFO, PCT, ONE_CPU, CPUS };

static const pawl_sim_options ways[] = {
	[RANDOM] = { .is_fifo = false },
	[FIFO] = { .is_fifo = true },
	[PCT] = { .is_fifo = false },
	[ONE_CPU] = { .cpus = 1, .poll_max = PAWL_US(10) },
	[CPUS] = { .cpus = 4, .poll_max = PAWL_US(10) },
};

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	pawl_sim_options o = ways[g->param];

	o.seed = round + 1;
	if (g->param != PCT) {
		CHECK_INT(pawl_sim_new_with(&o, &sim), 0);
		return pawl_sim_exec(sim);
	}
	pawl_search_init_(&search, PAWL_SIM_PCT, 3);
	pawl_search_begin_(&search, o.seed, false);
	CHECK_INT(pawl_sim_new_searching_(&o, &search, &sim), 0);
	return pawl_sim_exec(sim);
}

static void drop(pawl_exec *x)
{
	CHECK(x == pawl_sim_exec(sim));
	pawl_sim_free(sim);
	pawl_search_fini_(&search);
}

/* clang-format off */
#define GROUND(id, r, way) { .name = id, .rounds = (r), .make = make, .drop = drop, .param = (way) }
/* clang-format on */

const struct conform_ground conform_grounds[] = {
	GROUND("sim", 200, RANDOM),     GROUND("sim_fifo", 1, FIFO),  GROUND("sim_pct", 100, PCT),
	GROUND("sim_cpu", 50, ONE_CPU), GROUND("sim_cpus", 50, CPUS),
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
