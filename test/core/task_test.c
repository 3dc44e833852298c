/* SPDX-License-Identifier: MIT */
/* Tasks: what they show of themselves, their size, and misuse that is noticed. */
#include "fix.h"

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int panics(pawl_task *t)
{
	(void)t;
	pawl_panic("the lamp is broken");
}

TEST(task_shows_its_state)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };

	CHECK_STR(pawl_task_wait(&t), "not spawned");
	CHECK_INT(pawl_spawn(x, &t, waits), 0);
	CHECK_STR(pawl_task_wait(&t), "ready");
	CHECK_STR(pawl_task_name(&t), "waits");
	pawl_local_run(&l);
	CHECK_STR(pawl_task_wait(&t), "a wake");
	pawl_cancel(&t);
	pawl_local_run(&l);
	CHECK_STR(pawl_task_wait(&t), "done");
	CHECK(pawl_task_is_finished(&t));
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK(!pawl_task_is_finished(&t));
}

TEST(panic_says_why)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, &t, panics), 0);
	pawl_local_run(&l);
	CHECK_STR(pawl_task_wait(&t), "the lamp is broken");
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
}

TEST(functions_behind_the_macros)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t[5] = { 0 };
	unsigned i;

	CHECK_INT((pawl_spawn)(x, &t[0], waits), 0);
	CHECK_INT((pawl_spawn_background)(x, &t[1], waits), 0);
	CHECK_INT((pawl_spawn_foreground)(x, &t[2], waits), 0);
	CHECK_INT((pawl_spawn_after)(x, &t[3], waits, 1), 0);
	CHECK_INT((pawl_timer)(x, &t[4], 1), 0);
	CHECK_STR(pawl_task_name(&t[0]), "task");
	CHECK_STR(pawl_task_place(&t[0]), "");
	for (i = 0; i < 5; i++)
		pawl_detach(&t[i]);
	pawl_local_fini(&l);
}

static void spawn_twice(void *arg)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);

	pawl_spawn(x, arg, waits);
	pawl_spawn(x, arg, waits);
}

static void detach_twice(void *arg)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);

	pawl_spawn(x, arg, waits);
	pawl_detach(arg);
	pawl_detach(arg);
}

static int joins_itself(pawl_task *t)
{
	return pawl_join(t, t, NULL);
}

static void join_itself(void *arg)
{
	pawl_local l;

	run_one(local_begin(&l), arg, joins_itself);
}

static int answers_nonsense(pawl_task *t)
{
	(void)t;
	return 2;
}

static void answer_nonsense(void *arg)
{
	pawl_local l;

	run_one(local_begin(&l), arg, answers_nonsense);
}

static void run_unspawned(void *arg)
{
	pawl_run(arg);
}

TEST(misuse_is_noticed)
{
	pawl_task t = { 0 };

	CHECK_ABORTS(spawn_twice, &t);
	CHECK_ABORTS(detach_twice, &t);
	CHECK_ABORTS(join_itself, &t);
	CHECK_ABORTS(answer_nonsense, &t);
	CHECK_ABORTS(run_unspawned, &t);
}

TEST(sizes_are_known)
{
	CHECK(sizeof(pawl_task) <= 136);
	CHECK(sizeof(pawl_exec) == sizeof(void *));
}

static const struct kit_case cases[] = {
	CASE(task_shows_its_state), CASE(panic_says_why),  CASE(functions_behind_the_macros),
	CASE(misuse_is_noticed),    CASE(sizes_are_known),
};

KIT_MAIN(cases)
