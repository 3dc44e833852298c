/* SPDX-License-Identifier: MIT */
/* The simulator's steps, clock, order and processors, counted exactly. */
#include <kit.h>
#include <pawl/sim.h>

#include <string.h>

#define TASKS 8

/* A task that sleeps and then writes down when and in which order it was polled. */
struct sleeper {
	pawl_task task;
	pawl_time after, again, woke[2];
	unsigned polls;
	char mark;
	char **log;
};

static int sleeps(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	s->polls++;
	PAWL_BEGIN(t);
	if (s->after)
		PAWL_AWAIT(t, pawl_sleep(t, s->after));
	s->woke[0] = pawl_now(pawl_here(t));
	if (s->log)
		*(*s->log)++ = s->mark;
	if (s->again) {
		PAWL_AWAIT(t, pawl_sleep(t, s->again));
		s->woke[1] = pawl_now(pawl_here(t));
	}
	PAWL_END(t);
}

static pawl_sim *sim_with(const pawl_sim_options *o)
{
	pawl_sim *sim;

	CHECK_INT(pawl_sim_new_with(o, &sim), 0);
	return sim;
}

static void spawn_all(pawl_sim *sim, struct sleeper *s, unsigned count, const pawl_spawn_options *o)
{
	unsigned i;

	for (i = 0; i < count; i++)
		CHECK_INT(pawl_spawn_with(pawl_sim_exec(sim), &s[i].task, sleeps, o), 0);
}

static void detach_all(struct sleeper *s, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		pawl_detach(&s[i].task);
}

TEST(steps_do_one_thing_each)
{
	struct sleeper s[3] = { { .after = 5 }, { .after = 5 }, { .after = 9 } };
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 3 });
	pawl_sim_counts c;
	unsigned i;

	spawn_all(sim, s, 3, NULL);
	for (i = 3; i > 0; i--) {
		c = pawl_sim_pending(sim);
		CHECK_UINT(c.background, i);
		CHECK_UINT(c.timers, 3 - i);
		CHECK_UINT(c.tasks, 3);
		CHECK_INT(pawl_sim_step(sim), 0);
		CHECK_UINT(s[0].polls + s[1].polls + s[2].polls, 4 - i);
	}
	CHECK_INT(pawl_sim_step(sim), PAWL_PENDING);
	CHECK_INT(pawl_now(pawl_sim_exec(sim)), 0);
	/* Both of the instant fire, and nothing runs. */
	CHECK_INT(pawl_sim_advance_to_next_timer(sim), 0);
	CHECK_INT(pawl_now(pawl_sim_exec(sim)), 5);
	c = pawl_sim_pending(sim);
	CHECK_UINT(c.background, 2);
	CHECK_UINT(c.timers, 1);
	CHECK_UINT(s[0].polls + s[1].polls + s[2].polls, 3);
	/* The next one, though others are ready. */
	CHECK_INT(pawl_sim_advance_to_next_timer(sim), 0);
	CHECK_INT(pawl_sim_advance_to_next_timer(sim), PAWL_ENOENT);
	CHECK_UINT(pawl_sim_pending(sim).background, 3);
	CHECK_UINT(pawl_sim_run_until_idle(sim), 0);
	for (i = 0; i < 3; i++) {
		CHECK_UINT(s[i].polls, 2);
		CHECK_INT(s[i].woke[0], 9);
	}
	detach_all(s, 3);
	pawl_sim_free(sim);
}

TEST(timers_fire_at_their_own_instants)
{
	struct sleeper s[3] = { { .after = 10, .again = 7 }, { .after = 12 }, { .after = 40 } };
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 4 });
	pawl_exec *x = pawl_sim_exec(sim);

	spawn_all(sim, s, 3, NULL);
	CHECK_UINT(pawl_sim_advance_time(sim, 0), 3);
	CHECK_UINT(pawl_sim_advance_time(sim, 9), 3);
	CHECK_INT(pawl_now(x), 9);
	CHECK_UINT(s[0].polls, 1);
	/* Up to 17, at which the second sleep of the first ends. */
	CHECK_UINT(pawl_sim_advance_time(sim, 8), 1);
	CHECK_INT(pawl_now(x), 17);
	CHECK_INT(s[0].woke[0], 10);
	CHECK_INT(s[0].woke[1], 17);
	CHECK_INT(s[1].woke[0], 12);
	/* Its time ends where its last timer was. */
	CHECK_UINT(pawl_sim_run_for(sim, 22), 1);
	CHECK_INT(pawl_now(x), 17);
	CHECK_UINT(pawl_sim_run_for(sim, 23), 0);
	CHECK_INT(pawl_now(x), 40);
	CHECK_UINT(pawl_sim_advance_time(sim, PAWL_NEVER), 0);
	CHECK_INT(pawl_now(x), PAWL_NEVER);
	detach_all(s, 3);
	pawl_sim_free(sim);
}

static unsigned index_of(const char *text, const char *const *all, unsigned count)
{
	unsigned i;

	for (i = 0; i < count && strcmp(all[i], text) != 0; i++) {}
	CHECK(i < count);
	return i;
}

TEST(timers_of_one_instant_come_in_any_order)
{
	static const char *const all[] = { "abc", "acb", "bac", "bca", "cab", "cba" };
	unsigned counts[6] = { 0 }, seed, i;

	for (seed = 1; seed <= 600; seed++) {
		struct sleeper s[3] = { { .after = 5 }, { .after = 5 }, { .after = 5 } };
		pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = seed });
		char text[4] = { 0 }, *log = text;

		for (i = 0; i < 3; i++) {
			s[i].log = &log;
			s[i].mark = (char)('a' + i);
		}
		spawn_all(sim, s, 3, NULL);
		CHECK_UINT(pawl_sim_run(sim), 0);
		for (i = 0; i < 3; i++)
			CHECK_INT(s[i].woke[0], 5);
		counts[index_of(text, all, 6)]++;
		detach_all(s, 3);
		pawl_sim_free(sim);
	}
	for (i = 0; i < 6; i++)
		CHECK(counts[i] > 60 && counts[i] < 140);
}

/* In a session, too, where what is ready keeps its order. */
TEST(timers_of_one_instant_in_a_session)
{
	static const char *const all[] = { "abc", "acb", "bac", "bca", "cab", "cba" };
	unsigned counts[6] = { 0 }, seed, i;

	for (seed = 1; seed <= 600; seed++) {
		struct sleeper s[4] = { { .after = 5 }, { .after = 5 }, { .after = 5 } };
		pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = seed });
		char text[4] = { 0 }, *log = text;
		pawl_session session;

		pawl_session_init(&session, pawl_sim_exec(sim));
		s[3].after = 5;
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &s[3].task, sleeps), 0);
		for (i = 0; i < 3; i++) {
			s[i].log = &log;
			s[i].mark = (char)('a' + i);
			CHECK_INT(pawl_spawn_in(&session, &s[i].task, sleeps), 0);
		}
		CHECK_UINT(pawl_sim_run(sim), 0);
		counts[index_of(text, all, 6)]++;
		CHECK_INT(s[3].woke[0], 5);
		pawl_detach(&s[3].task);
		pawl_sim_free(sim);
	}
	for (i = 0; i < 6; i++)
		CHECK(counts[i] > 60 && counts[i] < 140);
}

struct spinner {
	pawl_task task;
	unsigned turns, most;
	bool *is_over;
};

static int spins(pawl_task *t)
{
	struct spinner *s = PAWL_OF(t, struct spinner, task);
	int r;

	while (!(s->is_over && *s->is_over) && (!s->most || s->turns < s->most)) {
		r = pawl_task_yield(t);
		if (r)
			return r;
		s->turns++;
	}
	return 0;
}

TEST(fifo_goes_round)
{
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 1, .is_fifo = true });
	static const int8_t priorities[] = { 0, 100, -100, 0 };
	struct spinner s[4] = { 0 };
	unsigned i, round;

	for (i = 0; i < 4; i++) {
		pawl_spawn_options o = { .priority = priorities[i] };

		CHECK_INT(pawl_spawn_with(pawl_sim_exec(sim), &s[i].task, spins, &o), 0);
	}
	for (round = 0; round < 100; round++)
		for (i = 0; i < 4; i++) {
			CHECK_INT(pawl_sim_step(sim), 0);
			CHECK_UINT(s[i].turns, round);
		}
	for (i = 0; i < 4; i++) {
		pawl_cancel(&s[i].task);
		pawl_detach(&s[i].task);
	}
	pawl_sim_free(sim);
}

/* 4 : 2 : 1, and who is low has its turn, too. */
TEST(priorities_are_weights)
{
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 8 });
	static const int8_t priorities[] = { 5, 0, -5 };
	struct spinner s[3] = { 0 };
	unsigned i;

	for (i = 0; i < 3; i++) {
		pawl_spawn_options o = { .priority = priorities[i] };

		CHECK_INT(pawl_spawn_with(pawl_sim_exec(sim), &s[i].task, spins, &o), 0);
	}
	for (i = 0; i < 14000; i++)
		CHECK_INT(pawl_sim_step(sim), 0);
	CHECK(s[0].turns > 7600 && s[0].turns < 8400);
	CHECK(s[1].turns > 3700 && s[1].turns < 4300);
	CHECK(s[2].turns > 1800 && s[2].turns < 2200);
	for (i = 0; i < 3; i++) {
		pawl_cancel(&s[i].task);
		pawl_detach(&s[i].task);
	}
	pawl_sim_free(sim);
}

#define POLL_MAX 1000

/* When each of the polls began, in their order; all of them ready at once. */
static void begins(uint64_t seed, unsigned cpus, bool foreground, pawl_time *ret)
{
	pawl_sim *sim =
		sim_with(&(pawl_sim_options){ .seed = seed, .cpus = cpus, .poll_max = POLL_MAX });
	const pawl_spawn_options o = { .foreground = foreground };
	char text[TASKS + 1] = { 0 }, *log = text;
	struct sleeper s[TASKS] = { 0 };
	unsigned i;

	for (i = 0; i < TASKS; i++) {
		s[i].log = &log;
		s[i].mark = (char)('a' + i);
	}
	spawn_all(sim, s, TASKS, &o);
	CHECK_UINT(pawl_sim_run_until_idle(sim), 0);
	for (i = 0; i < TASKS; i++)
		ret[i] = s[text[i] - 'a'].woke[0];
	detach_all(s, TASKS);
	pawl_sim_free(sim);
}

/* The next poll goes to the processor that is free first; how long each takes is known from one. */
static void check_begins(const pawl_time *one, const pawl_time *many, unsigned cpus)
{
	pawl_time free_at[4] = { 0 };
	unsigned i, cpu, c;

	for (i = 0; i + 1 < TASKS; i++) {
		for (cpu = 0, c = 1; c < cpus; c++)
			if (free_at[c] < free_at[cpu])
				cpu = c;
		CHECK_INT(many[i], free_at[cpu]);
		CHECK(one[i + 1] - one[i] >= 0 && one[i + 1] - one[i] <= POLL_MAX);
		free_at[cpu] += one[i + 1] - one[i];
	}
}

TEST(polls_take_time_on_so_many_processors)
{
	pawl_time one[TASKS], two[TASKS], four[TASKS], main_thread[TASKS];
	unsigned seed;

	for (seed = 1; seed <= 50; seed++) {
		begins(seed, 1, false, one);
		begins(seed, 2, false, two);
		begins(seed, 4, false, four);
		begins(seed, 4, true, main_thread);
		CHECK_INT(one[0], 0);
		check_begins(one, two, 2);
		check_begins(one, four, 4);
		/* The main thread is one of them. */
		CHECK_MEM(main_thread, one, sizeof one);
	}
	CHECK(one[TASKS - 1] > 0);
}

TEST(limits_of_time_hold_for_who_never_waits)
{
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 2, .poll_max = 100 });
	struct spinner s = { 0 };

	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &s.task, spins), 0);
	CHECK_UINT(pawl_sim_run_for(sim, 10000), 1);
	CHECK(pawl_now(pawl_sim_exec(sim)) <= 10000);
	/* Two processors, and about 50 each; the task is on one of them at a time. */
	CHECK(s.turns > 100);
	pawl_cancel(&s.task);
	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &s.task, NULL), 0);
	pawl_sim_free(sim);
}

TEST(time_hurries_though_others_are_ready)
{
	struct sleeper late = { .after = PAWL_S(1) };
	bool is_over = false;
	struct spinner s = { .is_over = &is_over, .most = 10000 };
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 6, .hurry_in = 20 });
	unsigned i;

	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &s.task, spins), 0);
	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &late.task, sleeps), 0);
	for (i = 0; i < 1000 && late.polls < 2; i++)
		CHECK_INT(pawl_sim_step(sim), 0);
	CHECK_UINT(late.polls, 2);
	CHECK_INT(late.woke[0], PAWL_S(1));
	CHECK(s.turns > 0 && s.turns < 1000);
	is_over = true;
	CHECK_UINT(pawl_sim_run(sim), 0);
	pawl_detach(&s.task);
	pawl_detach(&late.task);
	pawl_sim_free(sim);
}

TEST(time_does_not_hurry_past_a_limit)
{
	struct sleeper late = { .after = 101 };
	struct spinner s = { .most = 1000 };
	pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = 6, .hurry_in = 2 });
	pawl_exec *x = pawl_sim_exec(sim);

	CHECK_INT(pawl_spawn(x, &s.task, spins), 0);
	CHECK_INT(pawl_spawn(x, &late.task, sleeps), 0);
	CHECK_UINT(pawl_sim_advance_time(sim, 100), 1);
	CHECK_INT(pawl_now(x), 100);
	CHECK_UINT(late.polls, 1);
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK_INT(late.woke[0], 101);
	pawl_detach(&s.task);
	pawl_detach(&late.task);
	pawl_sim_free(sim);
}

/* That time hurries is a choice, so it counts among those that make the schedule. */
TEST(hurrying_is_in_the_trace)
{
	uint64_t traces[20];
	unsigned seed, i, different = 0;

	for (seed = 0; seed < 20; seed++) {
		struct sleeper late = { .after = 101 };
		struct spinner s = { .most = 4 };
		pawl_sim *sim = sim_with(&(pawl_sim_options){ .seed = seed, .hurry_in = 4 });

		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &late.task, sleeps), 0);
		CHECK_INT(pawl_sim_step(sim), 0);
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &s.task, spins), 0);
		while (pawl_sim_pending(sim).timers && pawl_sim_step(sim) == 0) {}
		traces[seed] = pawl_sim_trace(sim);
		pawl_sim_run(sim);
		pawl_detach(&s.task);
		pawl_detach(&late.task);
		pawl_sim_free(sim);
	}
	for (i = 1; i < 20; i++)
		different += traces[i] != traces[0];
	CHECK(different > 0);
}

TEST(impossible_options_are_refused)
{
	const pawl_sim_options bad[] = { { .cpus = 65 },
					 { .poll_max = -1 },
					 { .poll_max = UINT32_MAX } };
	pawl_sim *sim = NULL;
	unsigned i;

	for (i = 0; i < KIT_COUNT(bad); i++)
		CHECK_INT(pawl_sim_new_with(&bad[i], &sim), PAWL_EINVAL);
	CHECK(sim == NULL);
	pawl_sim_free(sim_with(&(pawl_sim_options){ .cpus = 64, .poll_max = UINT32_MAX - 1 }));
	pawl_sim_free(NULL);
}

static const struct kit_case cases[] = {
	CASE(steps_do_one_thing_each),
	CASE(timers_fire_at_their_own_instants),
	CASE(timers_of_one_instant_come_in_any_order),
	CASE(timers_of_one_instant_in_a_session),
	CASE(fifo_goes_round),
	CASE(priorities_are_weights),
	CASE(polls_take_time_on_so_many_processors),
	CASE(limits_of_time_hold_for_who_never_waits),
	CASE(time_hurries_though_others_are_ready),
	CASE(time_does_not_hurry_past_a_limit),
	CASE(hurrying_is_in_the_trace),
	CASE(impossible_options_are_refused),
};

KIT_MAIN(cases)
