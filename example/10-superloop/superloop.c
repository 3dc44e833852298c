/* SPDX-License-Identifier: MIT */
/* Tasks in a loop without an operating system, beside what the loop did before there were tasks. */
#include "superloop.h"

#include <stdio.h>

static struct superloop loop = { .exec = { &superloop_ops }, .idle = superloop_tick };

static pawl_event warm = { 0 };
static int temperature = 15;

static void heat(void) /* old code: called once per turn of the loop */
{
	if (temperature < 20 && superloop_ms % 100 == 0 && ++temperature == 20)
		pawl_event_set(&warm);
}

static int blink(pawl_task *t)
{
	static int i;

	PAWL_BEGIN(t);
	for (i = 0; i < 3; i++) {
		printf("%3d ms: blink\n", (int)(pawl_now(pawl_here(t)) / PAWL_MS(1)));
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(250)));
	}
	PAWL_END(t);
}

static int tell(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_event_wait(t, &warm));
	printf("%3d ms: warm\n", (int)(pawl_now(pawl_here(t)) / PAWL_MS(1)));
	PAWL_END(t);
}

int main(void)
{
	static pawl_task blinks, tells;

	if (pawl_spawn(&loop.exec, &blinks, blink) != 0 ||
	    pawl_spawn(&loop.exec, &tells, tell) != 0)
		return 1;
	while (pawl_crew_count(&loop.crew) > 0) {
		while (superloop_poll(&loop.exec) == 0) {}
		heat();
		superloop_tick(); /* on a board the timer's interrupt, and here a wfi */
	}
	pawl_detach(&blinks);
	pawl_detach(&tells);
	return 0;
}
