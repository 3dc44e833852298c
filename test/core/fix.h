/* SPDX-License-Identifier: MIT */
/* What the tests of core share: a local executor and a way to run one task on it. */
#ifndef PAWL_TEST_CORE_FIX_H
#define PAWL_TEST_CORE_FIX_H

#include <kit.h>
#include <pawl/pawl.h>

static inline pawl_exec *local_begin(pawl_local *l)
{
	pawl_local_init(l);
	return pawl_local_exec(l);
}

/* Spawns, drives until it ended, and answers its outcome. */
static inline int run_one(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, t, poll), 0);
	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	return outcome;
}

#endif
