/* SPDX-License-Identifier: MIT */
/* Seeded tests of which some fail: material for case_test.c. */
#include <pawl/sim_world.h>

#include <stdlib.h>

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

struct locker {
	pawl_task task;
	pawl_task *child;
	pawl_mutex *m;
	bool keeps;
};

static int locks(pawl_task *t)
{
	struct locker *l = PAWL_OF(t, struct locker, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_mutex_lock(t, l->m));
	if (l->keeps)
		return waits_for_nobody(t);
	PAWL_END(t);
}

static int joins(pawl_task *t)
{
	return pawl_join(t, PAWL_OF(t, struct locker, task)->child, NULL);
}

/* One holds a mutex, or held it when it ended, one waits for that, one for the latter. */
static void lock_and_join(pawl_sim *sim, bool keeps)
{
	pawl_mutex m;
	struct locker l[2] = { { .m = &m, .keeps = keeps }, { .m = &m } };
	struct locker joiner = { .child = &l[1].task };

	pawl_mutex_init(&m);
	pawl_spawn(pawl_sim_exec(sim), &l[0].task, locks);
	pawl_sim_run(sim);
	pawl_spawn(pawl_sim_exec(sim), &l[1].task, locks);
	pawl_sim_run(sim);
	pawl_spawn(pawl_sim_exec(sim), &joiner.task, joins);
	pawl_block_on(pawl_sim_exec(sim), &joiner.task, NULL);
}

PAWL_SIM_TEST(owner_waits, .seeds = 2, .is_fixed = true)
{
	lock_and_join(sim, true);
}

PAWL_SIM_TEST(owner_ended, .seeds = 2, .is_fixed = true)
{
	lock_and_join(sim, false);
}

/* Fails when the second goes first, under every seed of which the number is not that of seed 0. */
PAWL_SIM_TEST(numbers_and_order, .seeds = 100)
{
	char text[9] = { 0 }, *log = text;
	struct writer w[8] = { 0 };
	uint32_t number = pawl_sim_random(sim, 1000000000);
	int i;

	for (i = 0; i < 8; i++) {
		w[i] = (struct writer){ .mark = (char)('a' + i), .log = &log };
		pawl_spawn(pawl_sim_exec(sim), &w[i].task, writer);
		pawl_detach(&w[i].task);
	}
	pawl_sim_run(sim);
	CHECK(text[0] != 'b' || number == 700371692);
}

static int one_sleeper(pawl_task *t)
{
	return pawl_sleep(t, 5);
}

static int other_sleeper(pawl_task *t)
{
	return pawl_sleep(t, 7);
}

/* One after the other, in the same memory. */
PAWL_SIM_TEST(sleepers_in_turn, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	CHECK(pawl_spawn(pawl_sim_exec(sim), &t, one_sleeper) == 0);
	CHECK(pawl_block_on(pawl_sim_exec(sim), &t, NULL) == 0);
	t = (pawl_task){ 0 };
	CHECK(pawl_spawn(pawl_sim_exec(sim), &t, other_sleeper) == 0);
	CHECK(pawl_block_on(pawl_sim_exec(sim), &t, NULL) == 0);
}

/* Labels are anybody's: quotes, controls, letters of many bytes that a cut goes through. */
PAWL_SIM_TEST(odd_names, .seeds = 2, .is_fixed = true)
{
	static const char *const labels[] = {
		"\"\\\t\n\x01",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x99",
		"\xff\xc3\x28\xe2\x82",
		"xx\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
	};
	pawl_task t[PAWL_COUNT(labels)] = { 0 };
	unsigned i;

	for (i = 0; i < PAWL_COUNT(labels); i++) {
		pawl_spawn_options o = { .label = labels[i] };

		CHECK(pawl_spawn_with(pawl_sim_exec(sim), &t[i], one_sleeper, &o) == 0);
		CHECK(pawl_block_on(pawl_sim_exec(sim), &t[i], NULL) == 0);
	}
}

static int aborter(pawl_task *t)
{
	(void)t;
	abort();
}

PAWL_SIM_TEST(abort_in_a_task, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, aborter);
	pawl_sim_run(sim);
}

static int exiting_aborter(pawl_task *t)
{
	(void)t;
	exit(0);
}

PAWL_SIM_TEST(exit_in_a_task, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, exiting_aborter);
	pawl_sim_run(sim);
}

static int waits_for_mail(pawl_task *t)
{
	static pawl_notify mail;

	return pawl_notify_wait(t, &mail);
}

PAWL_SIM_TEST(all_are_to_end, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, waits_for_mail);
	CHECK(pawl_sim_run(sim) == 0);
}

static int yields_forever(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (;;)
		PAWL_YIELD(t);
	PAWL_END(t);
}

PAWL_SIM_TEST(goes_on_forever, .seeds = 2, .is_fixed = true)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, yields_forever);
	pawl_sim_run(sim);
}

PAWL_SIM_TEST(draws_a_number, .mode = PAWL_SIM_EXHAUSTIVE)
{
	CHECK(pawl_sim_random(sim, 10) < 10);
}

struct caller {
	pawl_task task;
	pawl_work work;
	pawl_world *w;
};

/* Whoever has the lock is late: the others ask for it as often as they can. */
static void locks_file(pawl_work *work)
{
	pawl_world *w = PAWL_OF(work, struct caller, work)->w;
	int file;

	while (w->ops->lock(w, "/lock", &file) == PAWL_EBUSY) {}
	(void)!w->ops->sync_all(w, "/");
	(void)!w->ops->close(w, file);
}

static int calls(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct caller, task)->work);
}

static void call_as(struct caller *c, pawl_sim *sim)
{
	pawl_sim_node *n;

	CHECK(pawl_sim_node_new(sim, "caller", &n) == 0);
	*c = (struct caller){ .work.fn = locks_file, .w = pawl_sim_node_world(n) };
	pawl_spawn(pawl_sim_node_exec(n), &c->task, calls);
	pawl_detach(&c->task);
}

PAWL_SIM_TEST(calls_forever, .seeds = 2, .is_fixed = true)
{
	struct caller c;
	pawl_world *w = pawl_sim_node_world(pawl_sim_first_node(sim));
	int file;

	CHECK(w->ops->lock(w, "/lock", &file) == 0);
	call_as(&c, sim);
	pawl_sim_run(sim);
}

PAWL_SIM_TEST(calls_are_late)
{
	pawl_sim_faults f = { .delay_in = 4, .delay_max = PAWL_MS(5) };
	struct caller c[2];

	pawl_sim_set_faults(sim, &f);
	call_as(&c[0], sim);
	call_as(&c[1], sim);
	pawl_sim_run(sim);
	CHECK(pawl_now(pawl_sim_exec(sim)) < PAWL_MS(8));
}

static void writes_file(pawl_work *work)
{
	pawl_world *w = PAWL_OF(work, struct caller, work)->w;
	int file;

	(void)!w->ops->open(w, "/f", PAWL_OPEN_WRITE | PAWL_OPEN_NEW, 0644, &file);
	(void)!w->ops->write(w, file, "text", 4);
	(void)!w->ops->close(w, file);
}

/* The power fails as the file is closed, and its name was never synced. */
PAWL_SIM_TEST(a_file_is_kept, .mode = PAWL_SIM_EXHAUSTIVE)
{
	struct caller c;
	size_t size;

	pawl_sim_power_cut_at(sim, 3);
	call_as(&c, sim);
	c.work.fn = writes_file;
	pawl_sim_run(sim);
	CHECK(pawl_sim_get_file(sim, "/f", NULL, 0, &size) == 0);
}

static volatile bool is_over;

static int goes_round(pawl_task *t)
{
	(void)t;
	while (!is_over) {}
	return 0;
}

PAWL_SIM_TEST(a_poll_goes_round, .seeds = 2, .is_fixed = true, .seconds = 1)
{
	pawl_task t = { 0 };

	pawl_spawn(pawl_sim_exec(sim), &t, goes_round);
	pawl_sim_run(sim);
}

PAWL_SIM_MAIN(&session_keeps_order_case, &order_is_assumed_case, &task_is_left_case,
	      &task_is_left_unseen_case, &check_inside_a_task_case, &panic_in_the_body_case,
	      &owner_waits_case, &owner_ended_case, &numbers_and_order_case, &sleepers_in_turn_case,
	      &odd_names_case, &abort_in_a_task_case, &exit_in_a_task_case, &a_poll_goes_round_case,
	      &all_are_to_end_case, &goes_on_forever_case, &calls_forever_case,
	      &calls_are_late_case, &a_file_is_kept_case, &draws_a_number_case)
