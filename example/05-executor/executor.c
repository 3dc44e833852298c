/* SPDX-License-Identifier: MIT */
/* An executor of your own: here, the frame of a game. Two functions are all it needs. */
#include <pawl/pawl.h>

#include <stdio.h>

struct frame_exec {
	pawl_exec exec;
	pawl_runq ready;
	pawl_time clock;
};

static void frame_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_runq_push(&PAWL_OF(x, struct frame_exec, exec)->ready, t);
}

static pawl_time frame_now(pawl_exec *x)
{
	return PAWL_OF(x, struct frame_exec, exec)->clock;
}

static const pawl_exec_ops frame_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "frame",
	.schedule = frame_schedule,
	.now = frame_now,
};

static struct frame_exec frame = { .exec = { &frame_ops } };

static void frame_tick(pawl_time now) /* sixty times a second */
{
	pawl_runq ready = frame.ready;
	pawl_task *t;

	frame.ready = (pawl_runq){ 0 }; /* who wakes now runs in the next frame */
	frame.clock = now;
	while ((t = pawl_runq_pop(&ready)))
		pawl_run(t);
}

static int walk(pawl_task *t)
{
	printf("a step at %d ms\n", (int)(pawl_now(pawl_here(t)) / PAWL_MS(1)));
	return pawl_task_yield(t);
}

int main(void)
{
	pawl_task walker = { 0 };
	int i;

	if (pawl_register_executor(&frame.exec) != 0)
		return 1;
	pawl_spawn(pawl_current_executor(), &walker, walk);
	for (i = 0; i < 3; i++)
		frame_tick(PAWL_MS(16) * i);
	printf("%s\n", pawl_task_is_finished(&walker) ? "there" : "still walking");
	pawl_detach(&walker);
	return pawl_unregister_executor();
}
