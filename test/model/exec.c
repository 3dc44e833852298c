/* SPDX-License-Identifier: MIT */
/* The executor of the models. What is done to its queue is one step. */
#include "exec.h"

#include <pawl/port.h>

static struct model_exec *from(pawl_exec *x)
{
	return PAWL_OF(x, struct model_exec, exec);
}

static void schedule(pawl_exec *exec, pawl_task *t)
{
	struct model_exec *x = from(exec);

	model_step(&x->ready, "schedule");
	model_take(&x->ready);
	x->schedules++;
	pawl_runq_push(&x->ready, t);
	model_give(&x->ready);
}

static pawl_time now(pawl_exec *exec)
{
	(void)exec;
	model_step(&model_now, "now");
	return model_now;
}

static int arm(pawl_exec *exec, pawl_task *t, pawl_time due)
{
	struct model_exec *x = from(exec);
	uintptr_t was;
	int r;

	if (due == PAWL_SAME_DUE)
		return 0;
	was = pawl_port_lock(&x->timers);
	r = pawl_timers_arm(&x->timers, t, due);
	pawl_port_unlock(&x->timers, was);
	return r;
}

static pawl_time disarm(pawl_exec *exec, pawl_task *t)
{
	struct model_exec *x = from(exec);
	uintptr_t was = pawl_port_lock(&x->timers);
	pawl_time due = pawl_timers_disarm(&x->timers, t);

	pawl_port_unlock(&x->timers, was);
	return due;
}

static pawl_crew *crew(pawl_exec *exec)
{
	return &from(exec)->crew;
}

static int stop(pawl_exec *exec)
{
	return pawl_crew_stop(&from(exec)->crew);
}

static const pawl_exec_ops ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "model",
	.schedule = schedule,
	.now = now,
	.arm = arm,
	.disarm = disarm,
	.crew = crew,
	.shutdown = stop,
};

void model_exec_init(struct model_exec *x)
{
	*x = (struct model_exec){ .exec = { &ops } };
	pawl_timers_place(&x->timers, x->heap, PAWL_COUNT(x->heap));
	model_name(x, sizeof *x, "exec");
}

static bool has_ready(void *arg)
{
	return ((struct model_exec *)arg)->ready.head_;
}

bool model_exec_turn(struct model_exec *x)
{
	pawl_task *t;

	if (!model_wait(&x->ready, has_ready, x, "take a task"))
		return false;
	model_take(&x->ready);
	t = pawl_runq_pop(&x->ready);
	model_give(&x->ready);
	pawl_run(t);
	return true;
}

void model_exec_work(struct model_exec *x)
{
	while (model_exec_turn(x)) {}
}

void model_exec_time(struct model_exec *x, pawl_time time)
{
	pawl_runq due = { 0 };
	uintptr_t was;

	model_step(&model_now, "time");
	model_now = time;
	was = pawl_port_lock(&x->timers);
	pawl_timers_expire(&x->timers, time, &due);
	pawl_port_unlock(&x->timers, was);
	pawl_schedule_all(&due);
}

bool model_exec_is_empty(const struct model_exec *x)
{
	return !x->ready.head_ && !x->timers.count_;
}
