/* SPDX-License-Identifier: MIT */
/* Sessions: what is in them, what is left over, and how they end. */
#include "fix.h"

#include <pawl/sim.h>

#include <stdio.h>
#include <string.h>

struct member {
	pawl_task task;
	pawl_sem *sem;
};

static int waits_for_sem(pawl_task *t)
{
	return pawl_sem_acquire(t, PAWL_OF(t, struct member, task)->sem);
}

static int ends_badly(pawl_task *t)
{
	(void)t;
	return PAWL_EINVAL;
}

struct ender {
	pawl_task task;
	pawl_session *s;
	unsigned polls;
};

static int ends(pawl_task *t)
{
	struct ender *e = PAWL_OF(t, struct ender, task);

	e->polls++;
	return pawl_session_end(t, e->s);
}

static int waits(pawl_task *t)
{
	return pawl_session_wait(t, PAWL_OF(t, struct ender, task)->s);
}

TEST(empty_session_needs_no_end)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_session s;
	struct ender e = { .s = &s };

	pawl_session_init(&s, x);
	CHECK_UINT(pawl_session_count(&s), 0);
	CHECK_INT(run_one(x, &e.task, waits), 0);
	CHECK_INT(run_one(x, &e.task, ends), 0);
	CHECK_UINT(e.polls, 1);
}

TEST(left_over_tasks_are_listed)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_session s, other;
	pawl_sem sem;
	struct member m[4] = { { .sem = &sem }, { .sem = &sem }, { .sem = &sem }, { .sem = &sem } };
	struct ender e = { .s = &s };
	pawl_task_info d[4];

	pawl_sem_init(&sem, 1);
	pawl_session_init(&s, x);
	pawl_session_init(&other, x);
	CHECK_INT(pawl_spawn_in(&s, &m[0].task, waits_for_sem), 0);
	CHECK_INT(pawl_spawn_in(&s, &m[1].task, waits_for_sem), 0);
	CHECK_INT(pawl_spawn_in(&s, &m[2].task, ends_badly), 0);
	CHECK_INT(pawl_spawn_in(&other, &m[3].task, waits_for_sem), 0);
	CHECK_UINT(pawl_session_list(&s, NULL, 0), 3);
	pawl_local_run(&l);
	CHECK_UINT(pawl_session_list(&s, d, 4), 1);
	CHECK_STR(d[0].name, "waits_for_sem");
	CHECK_STR(d[0].wait, "a semaphore");
	CHECK(d[0].place[0] != 0);
	CHECK_UINT(pawl_session_failed(&s), 1);
	CHECK_INT(run_one(x, &e.task, ends), 0);
	CHECK_UINT(e.polls, 2);
	CHECK_UINT(pawl_session_count(&other), 1);
	CHECK_INT(pawl_spawn_in(&s, &m[0].task, waits_for_sem), PAWL_ESTOPPED);
	pawl_local_fini(&l);
	CHECK_UINT(pawl_session_count(&other), 0);
}

TEST(end_goes_on_when_its_task_is_cancelled)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_session s;
	pawl_sem sem;
	struct member m = { .sem = &sem };
	struct ender e = { .s = &s };

	pawl_sem_init(&sem, 0);
	pawl_session_init(&s, x);
	CHECK_INT(pawl_spawn_in(&s, &m.task, waits_for_sem), 0);
	pawl_local_run(&l);
	CHECK_INT(pawl_spawn(x, &e.task, ends), 0);
	pawl_cancel(&e.task);
	CHECK_INT(pawl_block_on(x, &e.task, NULL), 0);
	CHECK_UINT(pawl_session_count(&s), 0);
}

struct once {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	unsigned drops;
};

static void drop(pawl_task_owner *o, pawl_task *t)
{
	(void)t;
	PAWL_OF(o, struct once, owner)->drops++;
}

/* A task that could not be spawned is its owner's again, and the session does not count it. */
TEST(refused_member_is_not_counted)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_session s;
	struct once once = { .owner = { drop } };

	pawl_session_init(&s, x);
	CHECK_INT(pawl_shutdown(x), 0);
	pawl_task_own(&once, task, &once.owner);
	CHECK_INT(pawl_spawn_in(&s, &once.task, ends_badly), PAWL_ESTOPPED);
	CHECK_UINT(once.drops, 1);
	CHECK_UINT(pawl_session_count(&s), 0);
}

struct sleeper {
	pawl_task task;
	pawl_time after;
};

static int sleeps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_OF(t, struct sleeper, task)->after);
}

/* Members and others sleep one behind the other: only the members are woken. */
TEST(cancel_leaves_other_sleepers_alone)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct sleeper s[5] = { { .after = PAWL_S(1) },
				{ .after = PAWL_MS(1) },
				{ .after = PAWL_US(1) },
				{ .after = PAWL_MS(2) },
				{ .after = PAWL_S(2) } };
	pawl_session session;
	unsigned i;
	int outcome = 1;

	pawl_session_init(&session, x);
	for (i = 0; i < 5; i++)
		if (i % 2)
			CHECK_INT(pawl_spawn(x, &s[i].task, sleeps), 0);
		else
			CHECK_INT(pawl_spawn_in(&session, &s[i].task, sleeps), 0);
	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_poll_once(x), 0);
	pawl_session_cancel(&session);
	pawl_local_run(&l);
	CHECK_UINT(pawl_session_count(&session), 0);
	for (i = 1; i < 5; i += 2) {
		CHECK_INT(pawl_block_on(x, &s[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
	}
}

/* On the executor's clock, from the spawn on: also of a task whose first poll is yet to come. */
TEST(age_counts_from_the_spawn)
{
	pawl_sim *sim = NULL;
	pawl_session s;
	struct sleeper m[2] = { { .after = PAWL_S(9) }, { .after = PAWL_S(1) } };
	pawl_spawn_options later = { .session = &s, .after = PAWL_S(5), .label = "late" };
	pawl_task_info d[2];

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	pawl_session_init(&s, pawl_sim_exec(sim));
	CHECK_INT(pawl_spawn_in(&s, &m[0].task, sleeps), 0);
	pawl_sim_advance_time(sim, PAWL_S(2));
	CHECK_INT(pawl_spawn_with(NULL, &m[1].task, sleeps, &later), 0);
	CHECK_UINT(pawl_session_list(&s, d, 2), 2);
	CHECK_INT(d[0].age, PAWL_S(2));
	CHECK_INT(d[1].age, 0);
	pawl_sim_advance_time(sim, PAWL_S(1));
	CHECK_UINT(pawl_session_list(&s, d, 2), 2);
	CHECK_INT(d[0].age, PAWL_S(3));
	CHECK_INT(d[1].age, PAWL_S(1));
	CHECK_STR(d[1].wait, "its first poll");
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK_UINT(pawl_session_list(&s, d, 2), 0);
	pawl_sim_free(sim);
}

/* Lines of text, without the folders of places. */
struct lines {
	char text[2048];
	unsigned count;
};

static void keep_line(void *arg, const char *text)
{
	struct lines *l = arg;
	const char *place = strchr(text, '('), *file = strrchr(text, '/');
	size_t used = strlen(l->text);

	CHECK(place && file && file > place);
	snprintf(l->text + used, sizeof l->text - used, "%.*s%s\n", (int)(place + 1 - text), text,
		 file + 1);
	l->count++;
}

/* The text of a session with one task that slept for so long. */
static void check_age(pawl_time age, const char *want)
{
	pawl_sim *sim = NULL;
	pawl_session s;
	struct sleeper m = { .after = PAWL_NEVER };
	struct lines l = { 0 };
	const char *found;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	pawl_session_init(&s, pawl_sim_exec(sim));
	CHECK_INT(pawl_spawn_in(&s, &m.task, sleeps), 0);
	pawl_sim_advance_time(sim, age);
	CHECK_INT(pawl_session_validate(&s, keep_line, &l), PAWL_EBUSY);
	found = strstr(l.text, "), ");
	CHECK(found != NULL);
	CHECK_STR(found, want);
	pawl_session_cancel(&s);
	CHECK_UINT(pawl_sim_run(sim), 0);
	pawl_sim_free(sim);
}

TEST(age_is_said_in_fitting_units)
{
	check_age(0, "), 0 ns old: a timer\n");
	check_age(9999, "), 9999 ns old: a timer\n");
	check_age(10000, "), 10 us old: a timer\n");
	check_age(PAWL_MS(10) - 1, "), 9999 us old: a timer\n");
	check_age(PAWL_MS(9999), "), 9999 ms old: a timer\n");
	check_age(PAWL_S(599), "), 599 s old: a timer\n");
	check_age(PAWL_S(35999), "), 599 min old: a timer\n");
	check_age(PAWL_S(36000), "), 10 h old: a timer\n");
	check_age(PAWL_NEVER - 1, "), 2562047 h old: a timer\n");
}

/* More tasks than are looked at under one lock. */
TEST(validate_tells_of_each_task)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_session s;
	pawl_sem sem;
	struct member m[20];
	struct lines lines = { 0 };
	struct ender e = { .s = &s };
	unsigned i;

	pawl_sem_init(&sem, 0);
	pawl_session_init(&s, x);
	pawl_session_set_label(&s, "window 2");
	CHECK_INT(pawl_session_validate(&s, keep_line, &lines), 0);
	for (i = 0; i < 20; i++) {
		m[i] = (struct member){ .sem = &sem };
		CHECK_INT(pawl_spawn_in(&s, &m[i].task, waits_for_sem), 0);
	}
	CHECK_INT(pawl_session_validate(&s, keep_line, &lines), PAWL_EBUSY);
	CHECK_UINT(lines.count, 20);
	CHECK(!strncmp(lines.text, "window 2: waits_for_sem (session_test.c:", 40));
	CHECK(strstr(lines.text, " old: ready\n") != NULL);
	CHECK_INT(pawl_session_validate(&s, NULL, NULL), PAWL_EBUSY);
	CHECK_INT(run_one(x, &e.task, ends), 0);
	CHECK_INT(pawl_session_validate(&s, keep_line, &lines), 0);
	CHECK_UINT(lines.count, 20);
	pawl_local_fini(&l);
}

TEST(sessions_of_an_executor_are_listed)
{
	pawl_sim *sim[2] = { NULL };
	pawl_session s[3];
	struct sleeper m[4] = { { .after = PAWL_S(9) },
				{ .after = PAWL_S(1) },
				{ .after = PAWL_S(9) },
				{ .after = PAWL_S(1) } };
	pawl_session_info info[3] = { { .count = 77 }, { .count = 77 }, { .count = 77 } };
	unsigned i;

	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_sim_new(1, &sim[i]), 0);
	for (i = 0; i < 3; i++)
		pawl_session_init(&s[i], pawl_sim_exec(sim[i / 2]));
	CHECK_UINT(pawl_sessions(pawl_sim_exec(sim[0]), info, 3), 0);
	pawl_session_set_label(&s[0], "first");
	for (i = 0; i < 4; i++) {
		CHECK_INT(pawl_spawn_in(&s[i / 2], &m[i].task, sleeps), 0);
		pawl_sim_advance_time(sim[0], PAWL_S(2));
	}
	CHECK_UINT(pawl_sessions(pawl_sim_exec(sim[0]), info, 1), 2);
	CHECK_UINT(info[1].count, 77);
	CHECK_UINT(pawl_sessions(pawl_sim_exec(sim[0]), info, 3), 2);
	CHECK_STR(info[0].label, "");
	CHECK_UINT(info[0].count, 1);
	CHECK_INT(info[0].age, PAWL_S(4));
	CHECK_STR(info[1].label, "first");
	CHECK_UINT(info[1].count, 1);
	CHECK_INT(info[1].age, PAWL_S(8));
	CHECK_UINT(pawl_sessions(pawl_sim_exec(sim[1]), info, 3), 0);
	for (i = 0; i < 2; i++) {
		CHECK_UINT(pawl_sim_run(sim[i]), 0);
		pawl_sim_free(sim[i]);
	}
}

static unsigned shut_down_with_sessions(unsigned members)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct sleeper s[6];
	pawl_session session[2];
	unsigned i, polls;

	pawl_session_init(&session[0], x);
	pawl_session_init(&session[1], x);
	for (i = 0; i < 6; i++) {
		s[i] = (struct sleeper){ .after = PAWL_S(10 - i % 4) };
		if (i < members)
			CHECK_INT(pawl_spawn_in(&session[i % 2], &s[i].task, sleeps), 0);
		else
			CHECK_INT(pawl_spawn(x, &s[i].task, sleeps), 0);
	}
	CHECK_UINT(pawl_local_run(&l), 6);
	pawl_wake(&s[2].task); /* those two are ready anyway, and polled once all the same */
	pawl_wake(&s[5].task);
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_shutdown(x), PAWL_ESTOPPED);
	polls = pawl_local_run(&l);
	for (i = members; i < 6; i++)
		CHECK_INT(pawl_block_on(x, &s[i].task, NULL), 0);
	CHECK_UINT(pawl_session_count(&session[0]) + pawl_session_count(&session[1]), 0);
	return polls;
}

TEST(shutdown_cancels_each_once)
{
	unsigned members;

	for (members = 0; members <= 6; members++)
		CHECK_UINT(shut_down_with_sessions(members), 6);
}

static const struct kit_case cases[] = {
	CASE(empty_session_needs_no_end),
	CASE(left_over_tasks_are_listed),
	CASE(end_goes_on_when_its_task_is_cancelled),
	CASE(refused_member_is_not_counted),
	CASE(cancel_leaves_other_sleepers_alone),
	CASE(age_counts_from_the_spawn),
	CASE(age_is_said_in_fitting_units),
	CASE(validate_tells_of_each_task),
	CASE(sessions_of_an_executor_are_listed),
	CASE(shutdown_cancels_each_once),
};

KIT_MAIN(cases)
