/* SPDX-License-Identifier: MIT */
/* Nobody registered an executor: the fallback takes 32 tasks, refuses one, and takes it later. */
#include "ground.h"

struct counter {
	pawl_task task;
	int turns;
};

static struct counter counters[PAWL_LOCAL_TASKS], late;

static int count(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);

	PAWL_BEGIN(t);
	for (; c->turns < 10; c->turns++)
		PAWL_AWAIT(t, pawl_task_yield(t));
	PAWL_END(t);
}

static int spawn_late(pawl_exec *x)
{
	char text[96];
	int r = pawl_spawn(x, &late.task, count);

	if (r == PAWL_EFULL) {
		pawl_exec_full_text(x, text, sizeof text);
		say("one more: %s", text);
	}
	return r;
}

static int run_all(pawl_exec *x)
{
	int turns = 0, r = 0;

	for (size_t i = 0; i < PAWL_LOCAL_TASKS && r == 0; i++) {
		r = pawl_block_on(x, &counters[i].task, NULL);
		turns += counters[i].turns;
	}
	say("%d tasks took %d turns", PAWL_LOCAL_TASKS, turns);
	return r;
}

int app(pawl_task *t)
{
	pawl_exec *x = pawl_current_executor();
	int r = 0;

	(void)t;
	say("the executor is the fallback: %s", pawl_is_using_fallback() ? "yes" : "no");
	for (size_t i = 0; i < PAWL_LOCAL_TASKS && r == 0; i++)
		r = pawl_spawn(x, &counters[i].task, count);
	if (r < 0 || spawn_late(x) != PAWL_EFULL || (r = run_all(x)) < 0 || (r = spawn_late(x)) < 0)
		return r < 0 ? r : PAWL_EINVAL;
	r = pawl_block_on(x, &late.task, NULL);
	say("the late one took %d turns", late.turns);
	return r;
}
