/* SPDX-License-Identifier: MIT */
/* The host executor with one, two and eight workers as grounds of the suite. */
#include "conform.h"

#include <pawl/host.h>

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	pawl_host_options o = { .workers = (unsigned)g->param };
	pawl_host *h = NULL;

	(void)round;
	CHECK_INT(pawl_host_new(&o, &h), 0);
	return pawl_host_exec(h);
}

static void drop(pawl_exec *x)
{
	pawl_host_free(pawl_host_of(x));
}

const struct conform_ground conform_grounds[] = {
	{ .name = "host1", .rounds = 5, .make = make, .drop = drop, .param = 1 },
	{ .name = "host2", .rounds = 5, .make = make, .drop = drop, .param = 2 },
	{ .name = "host8", .rounds = 5, .make = make, .drop = drop, .param = 8 },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
