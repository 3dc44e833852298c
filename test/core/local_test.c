/* SPDX-License-Identifier: MIT */
/* The local executor: its limit, its order, its sleep, and wakes from other threads. */
#define _GNU_SOURCE
#include "fix.h"

#include <pthread.h>
#include <time.h>

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

TEST(thirty_third_task_is_refused)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t[PAWL_LOCAL_TASKS + 1] = { 0 };
	char text[128];
	unsigned i;

	for (i = 0; i < PAWL_LOCAL_TASKS; i++)
		CHECK_INT(pawl_spawn(x, &t[i], waits), 0);
	CHECK_INT(pawl_spawn(x, &t[i], waits), PAWL_EFULL);
	pawl_exec_full_text(x, text, sizeof text);
	CHECK_STR(text, "executor 'local' is full: 32 of 32 tasks; raise PAWL_LOCAL_TASKS");
	pawl_cancel(&t[0]);
	CHECK_INT(pawl_block_on(x, &t[0], NULL), 0);
	pawl_exec_full_text(x, text, sizeof text);
	CHECK_STR(text, "executor 'local': 31 of 32 tasks");
	CHECK_INT(pawl_spawn(x, &t[32], waits), 0);
	for (i = 1; i <= PAWL_LOCAL_TASKS; i++)
		pawl_detach(&t[i]);
	pawl_local_fini(&l);
}

TEST(thousand_tasks_in_turn)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };
	unsigned i;

	for (i = 0; i < 1000; i++)
		CHECK_INT(run_one(x, &t, ends), 0);
}

struct ordered {
	pawl_task task;
	unsigned *next;
	unsigned at;
};

static int notes(pawl_task *t)
{
	struct ordered *o = PAWL_OF(t, struct ordered, task);

	o->at = (*o->next)++;
	return 0;
}

TEST(first_come_first_served)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct ordered o[10] = { 0 };
	unsigned next = 0, i;

	for (i = 0; i < 10; i++) {
		o[i].next = &next;
		CHECK_INT(pawl_spawn(x, &o[i].task, notes), 0);
	}
	CHECK_UINT(pawl_local_run(&l), 10);
	for (i = 0; i < 10; i++) {
		CHECK_UINT(o[i].at, i);
		CHECK_INT(pawl_block_on(x, &o[i].task, NULL), 0);
	}
}

/* With n ready tasks, one that wakes itself comes back every n polls. */
struct turn {
	pawl_task task;
	unsigned turns;
};

static int takes_turns(pawl_task *t)
{
	struct turn *u = PAWL_OF(t, struct turn, task);
	int r;

	while (u->turns < 50) {
		r = pawl_task_yield(t);
		if (r)
			return r;
		u->turns++;
	}
	return 0;
}

TEST(yielding_tasks_take_turns)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct turn u[5] = { 0 };
	unsigned i, step;

	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_spawn(x, &u[i].task, takes_turns), 0);
	for (step = 0; step < 5 * 40; step++) {
		CHECK_INT(pawl_poll_once(x), 0);
		CHECK(u[0].turns <= u[4].turns + 1);
	}
	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_block_on(x, &u[i].task, NULL), 0);
}

static pawl_time cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (pawl_time)ts.tv_sec * PAWL_S(1) + ts.tv_nsec;
}

static int naps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(60));
}

static pawl_time cpu_of_nap(pawl_exec *x)
{
	pawl_time before = pawl_now(x), cpu = cpu_time();
	pawl_task t = { 0 };

	CHECK_INT(run_one(x, &t, naps), 0);
	CHECK(pawl_now(x) - before >= PAWL_MS(60));
	return cpu_time() - cpu;
}

/* Once at least: who counts the time may count the machine's own work among it. */
TEST(idle_sleeps)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);

	while (cpu_of_nap(x) >= PAWL_MS(20)) {}
}

static int naps_shortly(pawl_task *t)
{
	return pawl_sleep(t, PAWL_US(200));
}

TEST(all_tasks_may_sleep_at_once)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t[PAWL_LOCAL_TASKS] = { 0 };
	int outcome = 1;
	unsigned i;

	for (i = 0; i < PAWL_LOCAL_TASKS; i++)
		CHECK_INT(pawl_spawn(x, &t[i], naps_shortly), 0);
	for (i = 0; i < PAWL_LOCAL_TASKS; i++) {
		CHECK_INT(pawl_block_on(x, &t[i], &outcome), 0);
		CHECK_INT(outcome, 0);
	}
}

struct shared {
	pawl_task task;
	uint32_t count;
};

static void *counts(void *arg)
{
	struct shared *s = arg;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		__atomic_add_fetch(&s->count, 1, __ATOMIC_RELEASE);
		pawl_wake(&s->task);
	}
	return NULL;
}

static int waits_for_count(pawl_task *t)
{
	struct shared *s = PAWL_OF(t, struct shared, task);

	return __atomic_load_n(&s->count, __ATOMIC_ACQUIRE) == 3000 ? 0 : PAWL_PENDING;
}

TEST(wakes_come_from_other_threads)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct shared s = { 0 };
	pthread_t thread[3];
	unsigned i;

	CHECK_INT(pawl_spawn(x, &s.task, waits_for_count), 0);
	for (i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, counts, &s), 0);
	while (!pawl_task_is_finished(&s.task))
		pawl_poll_once(x);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
}

TEST(sleeping_executor_is_woken)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct shared s = { .count = 2000 };
	pthread_t thread;

	CHECK_INT(pawl_spawn(x, &s.task, waits_for_count), 0);
	CHECK_INT(pthread_create(&thread, NULL, counts, &s), 0);
	pthread_join(thread, NULL);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
}

static void pend_nothing(pawl_local *l)
{
	(void)l;
}

/* What was driven by pend is driven to its end by fini, which sleeps and is woken. */
TEST(fini_of_a_pended_executor_waits_for_its_tasks)
{
	pawl_local l;
	struct shared s = { .count = 2000 };
	pthread_t thread;

	pawl_local_init_with(&l, &(pawl_local_options){ .pend = pend_nothing });
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &s.task, waits_for_count), 0);
	CHECK_INT(pthread_create(&thread, NULL, counts, &s), 0);
	pawl_local_fini(&l);
	CHECK(pawl_task_is_finished(&s.task));
	pthread_join(thread, NULL);
	pawl_detach(&s.task);
}

TEST(fini_takes_nothing_and_zeroes)
{
	pawl_local l = { 0 };

	pawl_local_fini(NULL);
	pawl_local_fini(&l);
}

struct owned {
	PAWL_OWNED(task);
	pawl_task_owner owner;
};

static void drop_badly(pawl_task_owner *o, pawl_task *t)
{
	(void)o;
	(void)t;
	pawl_panic("in a drop");
}

static int ends_at_once(pawl_task *t)
{
	(void)t;
	return 0;
}

static void drops_badly(void *arg)
{
	struct owned w = { .owner = { drop_badly } };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	pawl_task_own(&w, task, &w.owner);
	pawl_spawn(pawl_local_exec(&l), &w.task, ends_at_once);
	pawl_detach(&w.task);
	pawl_local_run(&l);
}

/* The task has ended already: there is nothing that the panic could end but the program. */
TEST(panic_in_a_drop_ends_the_program)
{
	CHECK_ABORTS(drops_badly, NULL);
}

static const struct kit_case cases[] = {
	CASE(thirty_third_task_is_refused),
	CASE(thousand_tasks_in_turn),
	CASE(first_come_first_served),
	CASE(yielding_tasks_take_turns),
	CASE(idle_sleeps),
	CASE(all_tasks_may_sleep_at_once),
	CASE(wakes_come_from_other_threads),
	CASE(sleeping_executor_is_woken),
	CASE(fini_takes_nothing_and_zeroes),
	CASE(panic_in_a_drop_ends_the_program),
	CASE(fini_of_a_pended_executor_waits_for_its_tasks),
};

KIT_MAIN(cases)
