/* SPDX-License-Identifier: MIT */
/* The local executor as a ground of the suite. */
#include "conform.h"

static pawl_local local;

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	(void)g;
	(void)round;
	pawl_local_init(&local);
	return pawl_local_exec(&local);
}

static void drop(pawl_exec *x)
{
	CHECK(x == pawl_local_exec(&local));
	pawl_local_fini(&local);
}

const struct conform_ground conform_grounds[] = {
	{ .name = "local", .rounds = 1, .make = make, .drop = drop },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
