/* SPDX-License-Identifier: MIT */
/* The simulator: seeds, order, virtual time, and what it says when nothing can go on. */
#include <kit.h>
#include <pawl/sim.h>

struct walker {
	pawl_task task;
	unsigned steps, *log, *at, id;
};

static int walks(pawl_task *t)
{
	struct walker *w = PAWL_OF(t, struct walker, task);
	int r;

	while (w->steps < 5) {
		r = pawl_task_yield(t);
		if (r)
			return r;
		w->log[(*w->at)++] = w->id;
		w->steps++;
	}
	return 0;
}

#define WALKERS 4

/* Between the steps it asks for so many random numbers of its own. */
static uint64_t walk_asking(uint64_t seed, unsigned *log, unsigned numbers)
{
	struct walker w[WALKERS] = { 0 };
	unsigned at = 0, i;
	uint64_t trace;
	pawl_sim *sim;

	CHECK_INT(pawl_sim_new(seed, &sim), 0);
	CHECK(pawl_sim_seed(sim) == seed);
	for (i = 0; i < WALKERS; i++) {
		w[i] = (struct walker){ .log = log, .at = &at, .id = i };
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &w[i].task, walks), 0);
	}
	for (i = 0; i < 10 * numbers; i++) {
		if (i % numbers == 0)
			CHECK_INT(pawl_sim_step(sim), 0);
		CHECK(pawl_sim_random(sim, 7) < 7);
	}
	CHECK_UINT(pawl_sim_run(sim), 0);
	for (i = 0; i < WALKERS; i++)
		CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &w[i].task, NULL), 0);
	trace = pawl_sim_trace(sim);
	pawl_sim_free(sim);
	return trace;
}

static uint64_t walk(uint64_t seed, unsigned *log)
{
	return walk_asking(seed, log, 0);
}

TEST(seed_decides_everything)
{
	unsigned a[5 * WALKERS], b[5 * WALKERS];
	unsigned seed, different = 0;
	uint64_t first = walk(1, a), trace;

	for (seed = 1; seed <= 100; seed++) {
		trace = walk(seed, a);
		CHECK(walk(seed, b) == trace);
		CHECK_MEM(a, b, sizeof a);
		different += trace != first;
	}
	CHECK(different >= 98);
}

struct sleeper {
	pawl_task task;
	pawl_time after, woke;
};

static int sleeps(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);
	int r = pawl_sleep(t, s->after);

	if (r == 0)
		s->woke = pawl_now(pawl_here(t));
	return r;
}

TEST(time_jumps_and_stands_still)
{
	struct sleeper s[3] = { { .after = PAWL_S(3600) }, { .after = 5 }, { .after = PAWL_S(1) } };
	pawl_sim *sim;
	pawl_exec *x;
	unsigned i;

	CHECK_INT(pawl_sim_new(9, &sim), 0);
	x = pawl_sim_exec(sim);
	for (i = 0; i < 3; i++)
		CHECK_INT(pawl_spawn(x, &s[i].task, sleeps), 0);
	CHECK_UINT(pawl_sim_run_until_idle(sim), 3);
	CHECK_INT(pawl_now(x), 0);
	CHECK_UINT(pawl_sim_advance_time(sim, PAWL_S(1)), 1);
	CHECK_INT(pawl_now(x), PAWL_S(1));
	CHECK_INT(s[1].woke, 5);
	CHECK_INT(s[2].woke, PAWL_S(1));
	CHECK_UINT(pawl_sim_advance_time(sim, PAWL_S(10)), 1);
	CHECK_INT(pawl_now(x), PAWL_S(11));
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK_INT(s[0].woke, PAWL_S(3600));
	CHECK_INT(pawl_sim_step(sim), PAWL_PENDING);
	for (i = 0; i < 3; i++)
		pawl_detach(&s[i].task);
	pawl_sim_free(sim);
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

TEST(block_on_knows_when_nothing_can_come)
{
	pawl_task t = { 0 };
	pawl_sim *sim;

	CHECK_INT(pawl_sim_new(3, &sim), 0);
	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &t, waits), 0);
	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &t, NULL), PAWL_EBUSY);
	pawl_cancel(&t);
	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &t, NULL), 0);
	pawl_sim_free(sim);
}

struct side {
	pawl_task task;
	bool on_main, worked_on_main, done;
	pawl_work work;
	pawl_exec *x;
};

static void looks(pawl_work *w)
{
	struct side *s = PAWL_OF(w, struct side, work);

	s->worked_on_main = pawl_is_main_thread(s->x);
}

static int looks_around(pawl_task *t)
{
	struct side *s = PAWL_OF(t, struct side, task);

	s->on_main = pawl_is_main_thread(pawl_here(t));
	return pawl_blocking(t, &s->work);
}

TEST(main_thread_follows_the_task)
{
	unsigned foreground;

	for (foreground = 0; foreground < 2; foreground++) {
		struct side s = { .work = { .fn = looks }, .worked_on_main = true };
		pawl_spawn_options o = { .foreground = foreground };
		pawl_sim *sim;

		CHECK_INT(pawl_sim_new(4, &sim), 0);
		s.x = pawl_sim_exec(sim);
		CHECK_INT(pawl_spawn_with(s.x, &s.task, looks_around, &o), 0);
		CHECK_UINT(pawl_sim_run(sim), 0);
		CHECK_INT(s.on_main, foreground);
		CHECK(!s.worked_on_main);
		CHECK(pawl_is_main_thread(s.x));
		pawl_detach(&s.task);
		pawl_sim_free(sim);
	}
}

TEST(random_numbers_of_the_test_do_not_shift_the_schedule)
{
	unsigned log[5 * WALKERS], again[5 * WALKERS], counts[10] = { 0 }, i;
	uint64_t trace = walk(77, log);
	pawl_sim *a;

	CHECK_INT(pawl_sim_new(77, &a), 0);
	for (i = 0; i < 10000; i++)
		counts[pawl_sim_random(a, 10)]++;
	for (i = 0; i < 10; i++)
		CHECK(counts[i] > 850 && counts[i] < 1150);
	CHECK_UINT(pawl_sim_random(a, 1), 0);
	pawl_sim_free(a);
	for (i = 1; i <= 100; i += 33) {
		CHECK(walk_asking(77, again, i) == trace);
		CHECK_MEM(again, log, sizeof log);
	}
}

/* Each of two tasks that are ready at once comes first under about half of the seeds. */
TEST(choices_are_even)
{
	unsigned log[5 * WALKERS], first[WALKERS] = { 0 }, seed, i;

	for (seed = 1; seed <= 1000; seed++) {
		walk(seed, log);
		first[log[0]]++;
	}
	for (i = 0; i < WALKERS; i++)
		CHECK(first[i] > 180 && first[i] < 330);
}

static const struct kit_case cases[] = {
	CASE(seed_decides_everything),
	CASE(time_jumps_and_stands_still),
	CASE(block_on_knows_when_nothing_can_come),
	CASE(main_thread_follows_the_task),
	CASE(random_numbers_of_the_test_do_not_shift_the_schedule),
	CASE(choices_are_even),
};

KIT_MAIN(cases)
