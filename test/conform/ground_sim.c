/* SPDX-License-Identifier: MIT */
/* The simulator under 200 seeds as a ground of the suite: the round is the seed. */
#include "conform.h"

#include <pawl/sim.h>

static pawl_sim *sim;

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	(void)g;
	CHECK_INT(pawl_sim_new(round + 1, &sim), 0);
	return pawl_sim_exec(sim);
}

static void drop(pawl_exec *x)
{
	CHECK(x == pawl_sim_exec(sim));
	pawl_sim_free(sim);
}

const struct conform_ground conform_grounds[] = {
	{ .name = "sim", .rounds = 200, .make = make, .drop = drop },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
