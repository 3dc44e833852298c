/* SPDX-License-Identifier: MIT */
/* Two priorities: a task of the higher one runs in the middle of a poll of the lower one. */
#include "ground.h"

#define STEPS 3

static pawl_notify bell;
static int step;

struct guard {
	pawl_task task;
	int calls;
};

/* On the executor of higher priority. */
static int guard(pawl_task *t)
{
	struct guard *g = PAWL_OF(t, struct guard, task);

	PAWL_BEGIN(t);
	while (g->calls < STEPS) {
		PAWL_AWAIT(t, pawl_notify_wait(t, &bell));
		g->calls++;
		say("high: call %d, in the middle of step %d", g->calls, step);
	}
	PAWL_END(t);
}

/* One poll, which nothing of its own priority could interrupt. */
static void work(void)
{
	for (step = 1; step <= STEPS; step++) {
		say("low: step %d begins", step);
		pawl_notify_one(&bell);
		say("low: step %d ends", step);
	}
}

int app(pawl_task *t)
{
	static struct guard high;
	int r;

	PAWL_BEGIN(t);
	pawl_notify_init(&bell);
	if ((r = pawl_spawn(ground_high(), &high.task, guard)) < 0)
		return r;
	work();
	PAWL_AWAIT(t, pawl_join(t, &high.task, NULL));
	say("high ended after %d calls", high.calls);
	PAWL_END(t);
}
