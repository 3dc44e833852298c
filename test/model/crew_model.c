/* SPDX-License-Identifier: MIT */
/* The crew: shutting down and ending sessions while tasks are spawned, wait and end. */
#include "life.h"

#include <port/atomic.h>

#include <pawl/session.h>

static struct model_exec x;
static struct life a, b, c;
static pawl_session session;
static int spawned;

/* With a tally: tasks are listed when they first wait, as those of the host. */

static pawl_tally tally;
static pawl_exec_ops tallied;

static int count(pawl_exec *exec, bool is_admitted)
{
	(void)exec;
	if (is_admitted && pawl_load(&x.crew.is_stopped_))
		return PAWL_ESTOPPED;
	pawl_fetch_add(is_admitted ? &tally.admitted_ : &tally.ended_, 1);
	return 0;
}

static bool is_tallied;

static void begin_exec(void)
{
	model_exec_init(&x);
	if (!is_tallied)
		return;
	tallied = *x.exec.ops;
	tallied.count = count;
	x.exec.ops = &tallied;
	pawl_crew_add_tally(&x.crew, &tally);
}

static void work(void)
{
	model_exec_work(&x);
}

static int waits(struct life *l)
{
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int ends(struct life *l)
{
	(void)l;
	return 0;
}

static void wake_a(void)
{
	pawl_wake(&a.task);
}

static void shut_down(void)
{
	MUST(pawl_shutdown(&x.exec) == 0);
}

static void prepare(struct life *l, int (*body)(struct life *l))
{
	*l = (struct life){ .body = body, .outcome = PAWL_PENDING, .owner = { life_drop } };
	pawl_task_own(l, task, &l->owner);
}

/* Spawns one more, which may be refused; then its owner has it back at once. */
static void spawn_b(void)
{
	spawned = pawl_spawn(&x.exec, &b.task, life_poll);
	if (spawned == 0)
		pawl_detach(&b.task);
}

static void begin_crew(void)
{
	begin_exec();
	spawned = 1;
	prepare(&b, waits);
	life_begin_waiting(&a, &x, waits);
	pawl_detach(&a.task);
}

/* Whatever was there is asked to stop; what comes later is refused. */
static void end_shut(void)
{
	MUST(a.drops == 1 && a.outcome == PAWL_ECANCELED);
	MUST(b.drops == 1);
	MUST(spawned == 0 ? b.outcome == PAWL_ECANCELED : spawned == PAWL_ESTOPPED && !b.polls);
	MUST(pawl_crew_count(&x.crew) == 0);
	MUST(model_exec_is_empty(&x));
	model_see(spawned == 0);
}

TEST(shutdown_meets_spawn)
{
	struct model m = { .begin = begin_crew,
			   .actor = { shut_down, spawn_b, work },
			   .resting = 1,
			   .end = end_shut };

	is_tallied = param;
	CHECK(model_ends(&m, 2));
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
}

/* Tasks that end by themselves while they are about to be cancelled. */
static void begin_ending(void)
{
	begin_exec();
	life_begin(&a, &x, ends, NULL);
	life_begin(&b, &x, waits, NULL);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void end_ended(void)
{
	MUST(a.drops == 1 && a.outcome == 0 && a.polls == 1);
	MUST(b.drops == 1 && b.outcome == PAWL_ECANCELED);
	MUST(pawl_crew_count(&x.crew) == 0);
	MUST(model_exec_is_empty(&x));
}

TEST(shutdown_meets_end)
{
	struct model m = {
		.begin = begin_ending, .actor = { shut_down, work }, .resting = 1, .end = end_ended
	};

	is_tallied = param;
	CHECK(model_schedules_from(&m, 6));
	m.actor[2] = work;
	m.resting = 2;
	CHECK(model_schedules_from(&m, 51));
}

/* Tasks that first wait, give way or sleep while they are about to be cancelled. */

static int yields(struct life *l)
{
	int r = pawl_task_yield(&l->task);

	return r ? r : waits(l);
}

static int sleeps(struct life *l)
{
	return pawl_sleep(&l->task, 10);
}

static void begin_first_waits(void)
{
	begin_exec();
	life_begin(&a, &x, yields, NULL);
	life_begin(&b, &x, sleeps, NULL);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void end_first_waits(void)
{
	MUST(a.drops == 1 && a.outcome == PAWL_ECANCELED);
	MUST(b.drops == 1 && b.outcome == PAWL_ECANCELED);
	MUST(pawl_crew_count(&x.crew) == 0);
	MUST(model_exec_is_empty(&x));
}

TEST(shutdown_meets_first_wait)
{
	struct model m = { .begin = begin_first_waits,
			   .actor = { shut_down, work },
			   .resting = 1,
			   .end = end_first_waits };

	is_tallied = param;
	CHECK(model_schedules_from(&m, 6));
	m.actor[2] = work;
	m.resting = 2;
	m.preemptions = kit_long() ? 0 : 2;
	CHECK(model_schedules_from(&m, 51));
}

/* A session of two, ended by a third task while one ends by itself or is woken. */

static int ends_session(struct life *l)
{
	return pawl_session_end(&l->task, &session);
}

static int fails(struct life *l)
{
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : -7;
}

static void begin_session(void)
{
	pawl_spawn_options in = { .session = &session };

	begin_exec();
	pawl_session_init(&session, &x.exec);
	life_begin(&a, &x, fails, &in);
	life_begin(&b, &x, waits, &in);
	life_begin(&c, &x, ends_session, NULL);
	pawl_detach(&c.task);
}

static void end_session(void)
{
	MUST(a.drops == 1 && b.drops == 1 && c.drops == 1);
	MUST(c.outcome == 0 && b.outcome == PAWL_ECANCELED);
	MUST(a.outcome == -7 || a.outcome == PAWL_ECANCELED);
	MUST(pawl_session_count(&session) == 0);
	MUST(pawl_session_failed(&session) == (a.outcome == -7));
	MUST(pawl_crew_count(&x.crew) == 0);
	MUST(model_exec_is_empty(&x));
	model_see(a.outcome == -7);
}

TEST(session_end_meets_end)
{
	struct model m = {
		.begin = begin_session, .actor = { work, work }, .resting = 2, .end = end_session
	};

	is_tallied = param;
	CHECK(model_ends(&m, 2));
}

TEST(session_end_meets_wake)
{
	struct model m = { .begin = begin_session,
			   .actor = { wake_a, work, work },
			   .resting = 2,
			   .end = end_session,
			   .preemptions = kit_long() ? 0 : 2 };

	is_tallied = param;
	CHECK(model_ends(&m, 2));
}

/*
 * The count, asked for at any moment, is never too low: `a` lives on, and spawns `b`, which waits,
 * so that it is listed, is woken, and ends.
 */

static uint32_t counted;

static int waits_once(struct life *l)
{
	return l->polls == 1 ? PAWL_PENDING : 0;
}

static void spawn_and_wake_b(void)
{
	spawn_b();
	work();
}

static void wake_b(void)
{
	pawl_wake(&b.task);
}

static void count_crew(void)
{
	counted = pawl_crew_count(&x.crew);
}

static void begin_count(void)
{
	begin_exec();
	counted = 0;
	prepare(&b, waits_once);
	life_begin_waiting(&a, &x, waits);
}

static void end_count(void)
{
	MUST(counted == 1 || counted == 2);
	MUST(b.polls <= 2);
	model_see(counted);
}

TEST(count_is_never_too_low)
{
	struct model m = { .begin = begin_count,
			   .actor = { count_crew, spawn_and_wake_b, wake_b },
			   .resting = 2,
			   .end = end_count };

	is_tallied = param;
	CHECK(model_ends(&m, 2));
}

static const struct kit_case cases[] = {
	CASE_N(shutdown_meets_spawn, 0),      CASE_N(shutdown_meets_spawn, 1),
	CASE_N(shutdown_meets_end, 0),        CASE_N(shutdown_meets_end, 1),
	CASE_N(shutdown_meets_first_wait, 0), CASE_N(shutdown_meets_first_wait, 1),
	CASE_N(session_end_meets_end, 0),     CASE_N(session_end_meets_end, 1),
	CASE_N(session_end_meets_wake, 0),    CASE_N(session_end_meets_wake, 1),
	CASE_N(count_is_never_too_low, 0),    CASE_N(count_is_never_too_low, 1),
};

MODEL_MAIN(cases)
