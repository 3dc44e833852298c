/* SPDX-License-Identifier: MIT */
/* Timers: firing against stopping, waking and cancelling, in every order. */
#include "life.h"

#include <pawl/notify.h>
#include <pawl/sem.h>
#include <pawl/timeout.h>

static struct model_exec x;
static struct life a;
static pawl_time began, woke;

static void work(void)
{
	model_exec_work(&x);
}

static void cancel_a(void)
{
	pawl_cancel(&a.task);
}

static void wake_a(void)
{
	pawl_wake(&a.task);
}

static void time_10(void)
{
	model_exec_time(&x, 10);
}

static void time_10_20(void)
{
	model_exec_time(&x, 10);
	model_exec_time(&x, 20);
}

static void end_once(void)
{
	MUST(a.drops == 1);
	MUST(a.outcome == 0 || a.outcome == PAWL_ECANCELED);
	MUST(model_exec_is_empty(&x));
	model_see(a.outcome == 0);
}

/* One sleep. */

static int sleeps(struct life *l)
{
	return pawl_sleep(&l->task, 10);
}

static void begin_sleeping(void)
{
	model_exec_init(&x);
	life_begin_waiting(&a, &x, sleeps);
	pawl_detach(&a.task);
}

static void end_slept(void)
{
	end_once();
	MUST(a.polls <= 4);
}

TEST(fire_meets_cancel)
{
	struct model m = { .begin = begin_sleeping,
			   .actor = { time_10, cancel_a, work },
			   .resting = 1,
			   .end = end_slept };

	CHECK(model_ends(&m, 2));
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
}

static void end_awake(void)
{
	end_once();
	MUST(a.outcome == 0);
}

TEST(fire_meets_wake)
{
	struct model m = { .begin = begin_sleeping,
			   .actor = { time_10, wake_a, work, work },
			   .resting = 2,
			   .end = end_awake };

	CHECK(model_schedules_from(&m, 21));
}

/* Two sleeps: neither is shorter than it was to be. */

static int sleeps_twice(struct life *l)
{
	int r;

	if (l->step == 0) {
		r = pawl_sleep_until(&l->task, 10);
		if (r)
			return r;
		woke = pawl_now(&x.exec);
		MUST(woke >= 10);
		l->step = 1;
	}
	r = pawl_sleep_until(&l->task, 20);
	if (r == 0)
		MUST(pawl_now(&x.exec) >= 20);
	return r;
}

static void begin_sleeping_twice(void)
{
	model_exec_init(&x);
	life_begin_waiting(&a, &x, sleeps_twice);
	pawl_detach(&a.task);
}

static void end_twice(void)
{
	if (a.drops == 0) {
		/* The second began after the last tick: the clock has to go on. */
		MUST(a.step == 1 && x.timers.count_ == 1);
		model_exec_time(&x, 40);
		life_drain(&x);
	}
	end_awake();
}

TEST(sleeps_follow_each_other)
{
	struct model m = { .begin = begin_sleeping_twice,
			   .actor = { time_10_20, wake_a, work },
			   .resting = 1,
			   .end = end_twice,
			   .preemptions = kit_long() ? 0 : 3 };

	CHECK(model_schedules_from(&m, 21));
}

/* A first poll that comes later. */

static int began_late(struct life *l)
{
	began = pawl_now(&x.exec);
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : 0;
}

static void begin_delayed(void)
{
	pawl_spawn_options o = { .after = 10 };

	model_exec_init(&x);
	life_begin(&a, &x, began_late, &o);
	pawl_detach(&a.task);
}

static void end_delayed(void)
{
	end_once();
	MUST(a.polls == 1);
	MUST(a.outcome == PAWL_ECANCELED || began == 10);
}

TEST(delayed_meets_cancel)
{
	struct model m = { .begin = begin_delayed,
			   .actor = { time_10, cancel_a, work, work },
			   .resting = 2,
			   .end = end_delayed };

	CHECK(model_ends(&m, 2));
}

/* Spawned for later by one, while its time comes. */
static void spawn_later(void)
{
	MUST(pawl_spawn_after(&x.exec, &a.task, life_poll, 10) == 0);
	pawl_detach(&a.task);
}

static void begin_nothing(void)
{
	model_exec_init(&x);
	a = (struct life){ .body = began_late, .outcome = PAWL_PENDING, .owner = { life_drop } };
	pawl_task_own(&a, task, &a.owner);
}

static void end_spawned_later(void)
{
	if (a.drops == 0) {
		model_exec_time(&x, 40);
		life_drain(&x);
	}
	MUST(a.drops == 1 && a.polls == 1 && a.outcome == 0);
	MUST(model_exec_is_empty(&x));
}

TEST(delayed_spawn_meets_its_time)
{
	struct model m = { .begin = begin_nothing,
			   .actor = { spawn_later, time_10_20, work },
			   .resting = 1,
			   .end = end_spawned_later };

	CHECK(model_schedules_from(&m, 6));
}

/* A limit around a permit that is released at about that time. */

static pawl_sem sem;
static pawl_timeout limit;

static int acquires_in_time(struct life *l)
{
	return PAWL_TIMEOUT(&l->task, &limit, 10, pawl_sem_acquire(&l->task, &sem));
}

static void begin_limited(void)
{
	model_exec_init(&x);
	pawl_sem_init(&sem, 0);
	limit = (pawl_timeout){ 0 };
	life_begin_waiting(&a, &x, acquires_in_time);
	pawl_detach(&a.task);
}

static void release(void)
{
	pawl_sem_release(&sem);
}

static void end_limited(void)
{
	MUST(a.drops == 1);
	MUST(model_exec_is_empty(&x));
	MUST(pawl_sem_available(&sem) == (a.outcome != 0));
	model_see((uint64_t)-a.outcome);
}

TEST(limit_meets_grant)
{
	struct model m = { .begin = begin_limited,
			   .actor = { time_10, release, work },
			   .resting = 1,
			   .end = end_limited };

	CHECK(model_ends(&m, 2));
	m.actor[2] = cancel_a;
	m.actor[3] = work;
	CHECK(model_ends(&m, 3));
}

/* A limit around a notice for all, and another wait after it. */

static pawl_notify notify;

static int waits_for_two(struct life *l)
{
	int r;

	if (l->step == 0) {
		r = PAWL_TIMEOUT(&l->task, &limit, 10, pawl_notify_wait(&l->task, &notify));
		if (r == PAWL_PENDING)
			return r;
		l->step = r == 0 ? 1 : 2;
	}
	return pawl_sem_acquire(&l->task, &sem);
}

static void begin_two_waits(void)
{
	model_exec_init(&x);
	pawl_sem_init(&sem, 0);
	pawl_notify_init(&notify);
	limit = (pawl_timeout){ 0 };
	life_begin_waiting(&a, &x, waits_for_two);
	pawl_detach(&a.task);
}

static void notify_all(void)
{
	pawl_notify_all(&notify);
}

static void end_two_waits(void)
{
	MUST(a.drops == 0 && a.step);
	MUST(model_exec_is_empty(&x));
	model_see((uint64_t)a.step);
	life_end(&a, &x);
}

TEST(limit_leaves_a_notice)
{
	struct model m = { .begin = begin_two_waits,
			   .actor = { time_10, notify_all, work },
			   .resting = 1,
			   .end = end_two_waits };

	CHECK(model_ends(&m, 2));
}

static const struct kit_case cases[] = {
	CASE(fire_meets_cancel),
	CASE(fire_meets_wake),
	CASE(sleeps_follow_each_other),
	CASE(delayed_meets_cancel),
	CASE(delayed_spawn_meets_its_time),
	CASE(limit_meets_grant),
	CASE(limit_leaves_a_notice),
};

MODEL_MAIN(cases)
