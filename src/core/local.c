/* SPDX-License-Identifier: MIT */
/* The local executor: one queue, one heap of timers; its own lock guards both. */
#include "core/core.h"
#include "core/local.h"

static pawl_local *local_of(pawl_exec *x)
{
	return PAWL_OF(x, pawl_local, exec);
}

static void local_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);

	pawl_runq_push(&l->ready_, t);
	pawl_port_unlock(l, was);
	pawl_port_wake(&l->event_);
}

static pawl_time local_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

static int local_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);
	int r = pawl_timers_arm(&l->timers_, t, due);

	pawl_port_unlock(l, was);
	return r;
}

static void local_disarm(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);

	pawl_timers_disarm(&l->timers_, t);
	pawl_port_unlock(l, was);
}

static pawl_crew *local_crew(pawl_exec *x)
{
	return &local_of(x)->crew_;
}

static bool local_is_main_thread(pawl_exec *x)
{
	(void)x;
	return true;
}

static int local_poll_once(pawl_exec *x)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_port_lock(l);
	pawl_task *t;

	if (l->timers_.count_)
		pawl_timers_expire(&l->timers_, pawl_port_now(), &l->ready_);
	t = pawl_runq_pop(&l->ready_);
	pawl_port_unlock(l, was);
	if (!t)
		return PAWL_PENDING;
	pawl_run(t);
	return 0;
}

/* Nothing is ready: until the next timer, or until a wake sets the event. */
static void sleep(pawl_local *l)
{
	uintptr_t was = pawl_port_lock(l);
	pawl_time until = pawl_timers_next(&l->timers_);

	pawl_port_unlock(l, was);
	pawl_port_sleep(&l->event_, until);
}

static int local_block_on(pawl_exec *x, pawl_task *t)
{
	PAWL_ASSERT(!(pawl_load(&t->state_) & PAWL_TASK_RUNNING_));
	while (!pawl_task_is_finished(t))
		if (local_poll_once(x) == PAWL_PENDING)
			sleep(local_of(x));
	return 0;
}

static bool local_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&local_of(x)->crew_);
}

static int local_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&local_of(x)->crew_);
}

const pawl_exec_ops pawl_local_ops_ = {
	.size = sizeof(pawl_exec_ops),
	.name = "local",
	.knob = "PAWL_LOCAL_TASKS",
	.schedule = local_schedule,
	.now = local_now,
	.arm = local_arm,
	.disarm = local_disarm,
	.crew = local_crew,
	.foreground = local_schedule,
	.is_main_thread = local_is_main_thread,
	.poll_once = local_poll_once,
	.block_on = local_block_on,
	.is_running = local_is_running,
	.shutdown = local_shutdown,
};

void pawl_local_init(pawl_local *l)
{
	*l = (pawl_local){ .exec = { &pawl_local_ops_ } };
	pawl_crew_init(&l->crew_, PAWL_LOCAL_TASKS);
	pawl_timers_place(&l->timers_, l->heap_, PAWL_LOCAL_TASKS);
}

void pawl_local_fini(pawl_local *l)
{
	if (!l || !l->exec.ops)
		return;
	pawl_crew_stop(&l->crew_);
	while (pawl_crew_count(&l->crew_))
		if (local_poll_once(&l->exec) == PAWL_PENDING)
			sleep(l);
}

pawl_exec *pawl_local_exec(pawl_local *l)
{
	return &l->exec;
}

unsigned pawl_local_run(pawl_local *l)
{
	unsigned polls = 0;

	while (local_poll_once(&l->exec) == 0)
		polls++;
	return polls;
}
