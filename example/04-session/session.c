/* SPDX-License-Identifier: MIT */
/* Three writers of one log, under a thousand seeds: a session keeps their order. */
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

PAWL_SIM_TEST(a_session_keeps_its_order, .seeds = 1000, .is_fixed = true)
{
	char text[4] = { 0 }, *log = text;
	pawl_session s;
	struct writer a = { .mark = 'a', .log = &log };
	struct writer b = { .mark = 'b', .log = &log };
	struct writer c = { .mark = 'c', .log = &log };

	pawl_session_init(&s, pawl_sim_exec(sim));
	pawl_spawn_in(&s, &a.task, writer);
	pawl_spawn_in(&s, &b.task, writer);
	pawl_spawn_in(&s, &c.task, writer);
	pawl_sim_run(sim);

	CHECK(text[0] == 'a' && text[1] == 'b' && text[2] == 'c');
}

PAWL_SIM_TEST(every_writer_writes, .seeds = 1000)
{
	char text[4] = { 0 }, *log = text;
	pawl_exec *x = pawl_sim_exec(sim);
	struct writer a = { .mark = 'a', .log = &log };
	struct writer b = { .mark = 'b', .log = &log };

	pawl_spawn(x, &a.task, writer);
	pawl_spawn(x, &b.task, writer);
	pawl_sim_run(sim);

	CHECK(text[0] + text[1] == 'a' + 'b');
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

PAWL_SIM_MAIN(&a_session_keeps_its_order_case, &every_writer_writes_case)
