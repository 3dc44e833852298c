/* SPDX-License-Identifier: MIT */
/* Coroutines: tasks with a stack of their own. */
#include <kit.h>
#include <pawl/co.h>
#include <pawl/pawl.h>

struct blink {
	pawl_task task;
	pawl_co co;
	int count;
};

static int blink(pawl_co *co)
{
	struct blink *b = PAWL_OF(co, struct blink, co);
	int r = 0;

	while (b->count-- > 0) {
		PAWL_CO_AWAIT(co, r, pawl_sleep(pawl_co_task(co), PAWL_US(10)));
		if (r < 0)
			break;
	}
	return r;
}

TEST(it_waits)
{
	struct blink b = { .count = 10 };
	pawl_local l;
	int outcome = 1;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &b, blink), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &b.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(b.count, -1);
	pawl_local_fini(&l);
}

static const struct kit_case cases[] = {
	CASE(it_waits),
};

KIT_MAIN(cases)
