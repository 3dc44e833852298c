/* SPDX-License-Identifier: MIT */
/* Seeded tests of which some fail: material for case_test.c. */
#include <pawl/sim.h>

struct writer {
	pawl_task task;
	char mark;
	char **log;
};

static int writer(pawl_task *t)
{
	struct writer *w = PAWL_OF(t, struct writer, task);

	*(*w->log)++ = w->mark;
	return 0;
}

PAWL_SIM_TEST(session_keeps_order, .seeds = 100, .is_fixed = true)
{
	char text[4] = { 0 }, *log = text;
	struct writer a = { .mark = 'a', .log = &log };
	struct writer b = { .mark = 'b', .log = &log };
	pawl_session s;

	pawl_session_init(&s, pawl_sim_exec(sim));
	pawl_spawn_in(&s, &a.task, writer);
	pawl_spawn_in(&s, &b.task, writer);
	pawl_sim_run(sim);
	CHECK(text[0] == 'a' && text[1] == 'b');
}

PAWL_SIM_TEST(order_is_assumed, .seeds = 100)
{
	char text[4] = { 0 }, *log = text;
	pawl_exec *x = pawl_sim_exec(sim);
	struct writer a = { .mark = 'a', .log = &log };
	struct writer b = { .mark = 'b', .log = &log };

	pawl_spawn(x, &a.task, writer);
	pawl_spawn(x, &b.task, writer);
	pawl_sim_run(sim);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
	CHECK(text[0] == 'a');
}

static int waits_for_nobody(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

PAWL_SIM_TEST(task_is_left, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, waits_for_nobody);
	pawl_sim_run(sim);
}

PAWL_SIM_TEST(task_is_left_unseen, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, waits_for_nobody);
	pawl_sim_step(sim);
}

struct checker {
	pawl_task task;
	pawl_sim *sim;
};

static int checks_inside(pawl_task *t)
{
	pawl_sim *sim = PAWL_OF(t, struct checker, task)->sim;

	CHECK(1 + 1 == 3);
	return 0;
}

PAWL_SIM_TEST(check_inside_a_task, .seeds = 2, .is_fixed = true)
{
	struct checker c = { .sim = sim };

	pawl_spawn(pawl_sim_exec(sim), &c.task, checks_inside);
	pawl_sim_run(sim);
}

PAWL_SIM_TEST(panic_in_the_body, .seeds = 2, .is_fixed = true)
{
	(void)sim;
	pawl_panic("no reason");
}

PAWL_SIM_MAIN(&session_keeps_order_case, &order_is_assumed_case, &task_is_left_case,
	      &task_is_left_unseen_case, &check_inside_a_task_case, &panic_in_the_body_case)
