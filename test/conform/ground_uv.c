/* SPDX-License-Identifier: MIT */
/* The libuv adapter of the examples as a ground of the suite. */
#include "conform.h"

#include "08-libuv/uv_exec.h"

static uv_loop_t loop;
static struct uv_exec uv;

static pawl_exec *make(const struct conform_ground *g, unsigned round)
{
	(void)g;
	(void)round;
	CHECK_INT(uv_loop_init(&loop), 0);
	uv_exec_init(&uv, &loop);
	return &uv.local.exec;
}

static void drop(pawl_exec *x)
{
	CHECK(x == &uv.local.exec);
	uv_exec_fini(&uv);
	CHECK_INT(uv_loop_close(&loop), 0);
}

const struct conform_ground conform_grounds[] = {
	{ .name = "uv", .rounds = 1, .make = make, .drop = drop },
};
const size_t conform_ground_count = PAWL_COUNT(conform_grounds);
