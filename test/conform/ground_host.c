/* SPDX-License-Identifier: MIT */
/* The host executor with one, two and eight workers as grounds of the suite. */
#include "conform.h"

#include <pawl/host.h>

#include <sched.h>

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

static void relax(void)
{
	sched_yield();
}

#define HOST(id, n)                                                                                \
	{                                                                                          \
		.name = id, .rounds = 5, .make = make, .drop = drop, .param = (n), .pollers = (n), \
		.relax = relax,                                                                    \
	}

const struct conform_ground conform_grounds[] = {
	HOST("host1", 1),
	HOST("host2", 2),
	HOST("host8", 8),
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
