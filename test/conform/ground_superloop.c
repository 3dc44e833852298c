/* SPDX-License-Identifier: MIT */
/* The super-loop of the examples as a ground of the suite: its time passes while it is idle. */
#include "conform.h"

#include "10-superloop/superloop.h"

static struct superloop loop;

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	(void)g;
	(void)round;
	loop = (struct superloop){ .exec = { &superloop_ops }, .idle = superloop_tick };
	return &loop.exec;
}

static void drop(pawl_exec *x)
{
	CHECK(x == &loop.exec);
	pawl_crew_stop(&loop.crew);
	while (pawl_crew_count(&loop.crew) > 0)
		if (pawl_poll_once(x) == PAWL_PENDING)
			superloop_tick();
}

const struct conform_ground conform_grounds[] = {
	{ .name = "superloop", .rounds = 1, .make = make, .drop = drop },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
