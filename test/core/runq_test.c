/* SPDX-License-Identifier: MIT */
/* The run queue: first in, first out, and empty again. */
#include <kit.h>
#include <pawl/exec.h>

TEST(first_in_first_out)
{
	pawl_task t[5] = { 0 };
	pawl_runq q = { 0 };
	unsigned round, i;

	CHECK(!pawl_runq_pop(&q));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 5; i++)
			pawl_runq_push(&q, &t[i]);
		for (i = 0; i < 5; i++)
			CHECK(pawl_runq_pop(&q) == &t[i]);
		CHECK(!pawl_runq_pop(&q));
	}
}

TEST(push_and_pop_in_turn)
{
	pawl_task t[3] = { 0 };
	pawl_runq q = { 0 };
	unsigned i;

	pawl_runq_push(&q, &t[0]);
	for (i = 0; i < 30; i++) {
		pawl_runq_push(&q, &t[(i + 1) % 3]);
		CHECK(pawl_runq_pop(&q) == &t[i % 3]);
	}
}

static const struct kit_case cases[] = { CASE(first_in_first_out), CASE(push_and_pop_in_turn) };

KIT_MAIN(cases)
