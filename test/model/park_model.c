/* SPDX-License-Identifier: MIT */
/* The workers themselves: tasks from outside and from within against parking, in every order. */
#define _GNU_SOURCE
#include "model.h"

#include <core/core.h>
#include <host/host.h>

/* What is static there is to be seen here. */
#include "host/wait.c"

#include <stdlib.h>

static pawl_host host;
static _Alignas(64) pawl_worker workers[2];
static unsigned worker_count;

/* What the host's files ask of others. */

void pawl_loop_wake_(pawl_host *h)
{
	(void)h;
}

bool pawl_loop_is_here_(const pawl_host *h)
{
	(void)h;
	return false;
}

void pawl_loop_until_(pawl_host *h, bool (*is_over)(const void *arg), const void *arg)
{
	(void)h, (void)is_over, (void)arg;
	model_fail(__FILE__, __LINE__, "there is no main thread here");
}

static void schedule(pawl_exec *x, pawl_task *t)
{
	(void)x;
	pawl_workers_schedule_(&host, t);
}

static pawl_time now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

static int arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	(void)x;
	return pawl_workers_arm_(&host, t, due);
}

static pawl_time disarm(pawl_exec *x, pawl_task *t)
{
	(void)x;
	return pawl_workers_disarm_(&host, t);
}

static pawl_crew *crew(pawl_exec *x)
{
	(void)x;
	return &host.crew;
}

static const pawl_exec_ops ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "model",
	.schedule = schedule,
	.now = now,
	.crew = crew,
	.arm = arm,
	.disarm = disarm,
};

struct errand {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	unsigned polls, drops;
};

static struct errand one, two;
static unsigned expected; /* how many of them are there? */

static void errand_drop(pawl_task_owner *o, pawl_task *t)
{
	(void)t;
	PAWL_OF(o, struct errand, owner)->drops++;
}

static int errand_poll(pawl_task *t)
{
	PAWL_OF(t, struct errand, task)->polls++;
	return 0;
}

static void prepare(struct errand *e)
{
	*e = (struct errand){ .owner = { errand_drop } };
	pawl_task_own(e, task, &e->owner);
}

static void spawn(struct errand *e, pawl_poll_fn *poll)
{
	MUST(pawl_spawn(&host.exec, &e->task, poll) == 0);
	pawl_detach(&e->task);
}

static void begin(void)
{
	unsigned i;

	host = (pawl_host){ .exec = { &ops } };
	for (i = 0; i < worker_count; i++)
		workers[i] = (pawl_worker){ .bg = &host.bg, .index = i, .timers_next = PAWL_NEVER };
	host.bg.workers = workers;
	host.bg.count = worker_count;
	host.bg.active = worker_count;
	model_per_actor((void **)&pawl_worker_here_);
	model_per_actor((void **)&innermost);
	model_tick = PAWL_MS(1);
	model_naps_max = 1;
	prepare(&one);
	prepare(&two);
	model_name(workers, sizeof workers, "workers");
	model_name(&host.bg, sizeof host.bg, "background");
}

/* Nobody can go on: all is done by now, and not only because everybody is asked to leave. */
MODEL_UNWATCHED static void halt(void)
{
	MUST(one.drops + two.drops == expected);
	host.bg.is_stopping = 1;
}

/* Nobody naps over a task from outside. */
MODEL_UNWATCHED static void late(void)
{
	const struct pawl_background *bg = &host.bg;

	MUST(!bg->high.count && !bg->normal.count && !bg->low.count);
}

static void run(pawl_worker *w)
{
	pawl_worker_here_ = w;
	pawl_worker_run_(w, &host.bg.is_stopping);
}

static void worker_0(void)
{
	run(&workers[0]);
}

static void worker_1(void)
{
	run(&workers[1]);
}

static void spawn_one(void)
{
	spawn(&one, errand_poll);
}

static void spawn_two(void)
{
	spawn(&two, errand_poll);
}

static void end_both(void)
{
	MUST(one.polls == 1 && one.drops == 1);
	MUST(two.polls == 1 && two.drops == 1);
	/* One for each, and one to pass the watch on. */
	MUST(model_wakes <= 3);
	model_see(model_wakes);
}

static void end_one(void)
{
	MUST(one.polls == 1 && one.drops == 1);
	MUST(model_wakes <= 1);
	model_see(model_wakes);
}

TEST(push_meets_park)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_one, worker_0 },
			   .resting = 1,
			   .halt = halt,
			   .late = late,
			   .end = end_one };

	expected = 1;
	worker_count = 1;
	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 1));
}

TEST(pushes_meet_park)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_one, spawn_two, worker_0 },
			   .resting = 1,
			   .halt = halt,
			   .late = late,
			   .end = end_both,
			   .preemptions = kit_long() ? 3 : 2 };

	expected = 2;
	worker_count = 1;
	CHECK(model_ends_from(&m, 2));
	CHECK(model_ends_weakly(&m, 1));
}

TEST(push_meets_two_workers)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_one, worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_one,
			   .preemptions = kit_long() ? 3 : 2 };

	expected = 1;
	worker_count = 2;
	CHECK(model_ends_from(&m, 2));
	CHECK(model_ends_weakly(&m, 1));
}

/* Two from outside at once, and two workers. */
TEST(pushes_meet_two_workers)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_one, spawn_two, worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_both,
			   .preemptions = kit_long() ? 2 : 1 };

	expected = 2;
	worker_count = 2;
	CHECK(model_ends_from(&m, 2));
	CHECK(!kit_long() || model_ends_weakly(&m, 1));
}

/* A task keeps its worker busy until another one has run what it spawned. */

static bool is_stuck;

MODEL_UNWATCHED static bool is_two_done(void *arg)
{
	(void)arg;
	return two.drops;
}

static void drop_and_tell(pawl_task_owner *o, pawl_task *t)
{
	model_step(&two, "done");
	errand_drop(o, t);
}

static int waits_inside(pawl_task *t)
{
	(void)t;
	one.polls++;
	spawn(&two, errand_poll);
	is_stuck = !model_wait(&two, is_two_done, NULL, "wait");
	return 0;
}

static void begin_busy(void)
{
	begin();
	is_stuck = false;
	two.owner.drop = drop_and_tell;
	spawn(&one, waits_inside);
}

static void end_busy(void)
{
	MUST(!is_stuck);
	end_both();
}

TEST(busy_worker_is_relieved)
{
	struct model m = { .begin = begin_busy,
			   .actor = { worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_busy,
			   .preemptions = kit_long() ? 4 : 2 };

	expected = 2;
	worker_count = 2;
	CHECK(model_schedules_from(&m, 101));
	CHECK(model_ends_weakly(&m, 1));
}

static void spawn_busy(void)
{
	spawn(&one, waits_inside);
}

static void begin_idle(void)
{
	begin();
	is_stuck = false;
	two.owner.drop = drop_and_tell;
}

/* The same, where both may have parked before. */
TEST(busy_worker_is_relieved_by_a_parked_one)
{
	struct model m = { .begin = begin_idle,
			   .actor = { spawn_busy, worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_busy,
			   .preemptions = kit_long() ? 3 : 1 };

	expected = 2;
	worker_count = 2;
	CHECK(model_schedules_from(&m, 101));
	CHECK(!kit_long() || model_ends_weakly(&m, 1));
}

/* A timer from outside, in the heap of a worker that may have parked. */

static void spawn_later(void)
{
	MUST(pawl_spawn_after(&host.exec, &one.task, errand_poll, PAWL_MS(20)) == 0);
	pawl_detach(&one.task);
}

/* One for the worker that has it, one for who keeps watch while that is busy. */
static void end_timer(void)
{
	free(workers[0].timers.heap_);
	MUST(one.polls == 1 && one.drops == 1);
	MUST(model_wakes <= 2);
}

TEST(timer_meets_park)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_later, worker_0 },
			   .resting = 1,
			   .halt = halt,
			   .late = late,
			   .end = end_timer,
			   .preemptions = kit_long() ? 4 : 2 };

	expected = 1;
	worker_count = 1;
	CHECK(model_schedules_from(&m, 101));
	CHECK(model_ends_weakly(&m, 1));
}

/* Stopping while they park: each has to hear of it. */

static unsigned over;

static void worker_0_to_its_end(void)
{
	worker_0();
	model_add(&over);
}

static void worker_1_to_its_end(void)
{
	worker_1();
	model_add(&over);
}

static void stop(void)
{
	unsigned i;

	pawl_store(&host.bg.is_stopping, 1);
	for (i = 0; i < worker_count; i++)
		pawl_port_wake(&workers[i].event);
}

static void begin_stop(void)
{
	begin();
	over = 0;
}

static void end_stopped(void)
{
	MUST(over == 2);
}

TEST(stop_meets_park)
{
	struct model m = { .begin = begin_stop,
			   .actor = { stop, worker_0_to_its_end, worker_1_to_its_end },
			   .end = end_stopped,
			   .preemptions = kit_long() ? 3 : 2 };

	worker_count = 2;
	CHECK(model_schedules_from(&m, 101));
	CHECK(model_ends_weakly(&m, 1));
}

/* Waiting for a task's end, from outside and from within a task. */

static int got;

/* The stack of who waited is used again at once. */
__attribute__((noinline)) static void use_stack(void)
{
	char other[1024];

	model_scribble(other, sizeof other);
}

static int ends_well(pawl_task *t)
{
	PAWL_OF(t, struct errand, task)->polls++;
	return -7;
}

static void spawn_and_wait(void)
{
	MUST(pawl_spawn(&host.exec, &one.task, ends_well) == 0);
	MUST(pawl_host_block_on_(&host.exec, &one.task) == 0);
	use_stack();
	pawl_take_(&one.task, &got);
	MUST(got == -7);
}

static void end_waited(void)
{
	MUST(one.polls == 1 && one.drops == 1);
}

TEST(wait_from_outside)
{
	struct model m = { .begin = begin,
			   .actor = { spawn_and_wait, worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_waited,
			   .preemptions = kit_long() ? 3 : 1 };

	expected = 1;
	worker_count = 2;
	CHECK(model_schedules_from(&m, 101));
	CHECK(!kit_long() || model_ends_weakly(&m, 1));
}

static int waits_for_two(pawl_task *t)
{
	PAWL_OF(t, struct errand, task)->polls++;
	MUST(pawl_spawn(&host.exec, &two.task, ends_well) == 0);
	MUST(pawl_host_block_on_(&host.exec, &two.task) == 0);
	use_stack();
	pawl_take_(&two.task, &got);
	MUST(got == -7);
	return 0;
}

static void begin_nested(void)
{
	begin();
	spawn(&one, waits_for_two);
}

TEST(wait_from_within)
{
	struct model m = { .begin = begin_nested,
			   .actor = { worker_0, worker_1 },
			   .resting = 2,
			   .halt = halt,
			   .late = late,
			   .end = end_both,
			   .preemptions = kit_long() ? 3 : 2 };

	expected = 2;
	worker_count = 2;
	CHECK(model_schedules_from(&m, 101));
	CHECK(!kit_long() || model_ends_weakly(&m, 1));
}

static const struct kit_case cases[] = {
	CASE(push_meets_park),         CASE(pushes_meet_park),
	CASE(push_meets_two_workers),  CASE(pushes_meet_two_workers),
	CASE(busy_worker_is_relieved), CASE(busy_worker_is_relieved_by_a_parked_one),
	CASE(timer_meets_park),        CASE(stop_meets_park),
	CASE(wait_from_outside),       CASE(wait_from_within),
};

MODEL_MAIN(cases)
