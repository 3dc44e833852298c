/* SPDX-License-Identifier: MIT */
/* Many seeds, in processes: which fails first, crashes, leaks, tests that differ between runs. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/pool.h>
#include <pawl/sim.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIM_CHECK(cond) pawl_sim_check(sim, (cond), #cond, __FILE__, __LINE__)

struct writer {
	pawl_task task;
	char mark;
	char **log;
};

static int writes(pawl_task *t)
{
	struct writer *w = PAWL_OF(t, struct writer, task);

	*(*w->log)++ = w->mark;
	return 0;
}

/* Six tasks in the order of the schedule. */
static const char *order(pawl_sim *sim)
{
	static char text[8];
	struct writer w[6];
	char *log = text;
	unsigned i;

	for (i = 0; i < 6; i++) {
		w[i] = (struct writer){ .mark = (char)('a' + i), .log = &log };
		SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &w[i].task, writes) == 0);
	}
	pawl_sim_run(sim);
	for (i = 0; i < 6; i++)
		pawl_detach(&w[i].task);
	*log = 0;
	return text;
}

static void is_sometimes_wrong(pawl_sim *sim)
{
	const char *o = order(sim);

	SIM_CHECK(o[0] != 'f' || o[1] != 'e');
}

static void aborts(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		abort();
}

static void crashes(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		raise(SIGSEGV);
}

static void is_killed(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		kill(getpid(), SIGKILL);
}

static void exits_with_0(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		exit(0);
}

static void exits_with_1(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		_exit(1);
}

static void exits_with_77(pawl_sim *sim)
{
	const char *o = order(sim);

	if (o[0] == 'f' && o[1] == 'e')
		_exit(77);
}

static pawl_sim_result many(void (*fn)(pawl_sim *sim), unsigned seeds)
{
	const pawl_sim_case c = { .name = "many", .fn = fn, .seeds = seeds };
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	return r;
}

static void check_says(const pawl_sim_result *r, const char *text)
{
	CHECK(r->has_failed);
	if (!strstr(r->why, text))
		CHECK_STR(r->why, text);
}

static void on_cpus(bool one)
{
	cpu_set_t set;
	int i;

	CHECK_INT(sched_getaffinity(0, sizeof set, &set), 0);
	if (!one)
		return;
	for (i = 0; !CPU_ISSET(i, &set); i++) {}
	CPU_ZERO(&set);
	CPU_SET(i, &set);
	CHECK_INT(sched_setaffinity(0, sizeof set, &set), 0);
}

/* However many processors there are, and whoever is faster. */
TEST(first_failing_seed_is_found)
{
	pawl_sim_result r, again;
	pawl_sim_result one;
	const pawl_sim_case c = { .name = "it", .fn = is_sometimes_wrong, .seeds = 1000 };
	uint64_t seed;

	r = many(is_sometimes_wrong, 1000);
	check_says(&r, "o[0] != 'f' || o[1] != 'e'");
	CHECK_UINT(r.runs, r.seed);
	for (seed = 1; seed <= r.seed; seed++) {
		CHECK_INT(pawl_sim_once(&c, seed, &one), 0);
		CHECK_INT(one.has_failed, seed == r.seed);
	}
	on_cpus(true);
	again = many(is_sometimes_wrong, 1000);
	CHECK_UINT(again.seed, r.seed);
	CHECK_UINT(again.runs, r.runs);
	CHECK_UINT(again.different, r.different);
	CHECK_UINT(again.switches, r.switches);
	CHECK_UINT(again.shrunk_in, r.shrunk_in);
	CHECK_STR(again.why, r.why);
	/*
	 * The sixth comes first, and then the fifth, which waits longest but for those that went.
	 */
	CHECK_UINT(r.switches, 2);
}

/* A process that ends is a failure, shrunk as any other, however it ended. */
TEST(crashes_are_failures_of_their_seed)
{
	static const struct {
		void (*fn)(pawl_sim *sim);
		const char *why;
	} all[] = {
		{ aborts, "the process crashed: signal 6" },
		{ crashes, NULL },
		{ is_killed, "the process crashed: signal 9" },
		{ exits_with_0, "the process ended with exit code 0" },
		{ exits_with_1, "the process ended with exit code 1" },
		{ exits_with_77, "the process ended with exit code 77" },
	};
	pawl_sim_result r = many(is_sometimes_wrong, 1000), crash;
	unsigned i;

	for (i = 0; i < KIT_COUNT(all); i++) {
		crash = many(all[i].fn, 1000);
		kit_at("of", i);
		CHECK_UINT(crash.seed, r.seed);
		CHECK_UINT(crash.switches, 2);
		check_says(&crash, all[i].why ? all[i].why : "the process ");
	}
}

/* Of a search in which one run leads to the next, too, and of PCT with many to pick from. */
TEST(crashes_are_found_in_all_modes)
{
	pawl_sim_case c = { .name = "mode", .fn = aborts, .seeds = 1000 };
	static const enum pawl_sim_mode modes[] = { PAWL_SIM_PCT, PAWL_SIM_EXHAUSTIVE };
	unsigned i;

	for (i = 0; i < 2; i++) {
		pawl_sim_result r, one;

		c.mode = modes[i];
		CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
		check_says(&r, "the process crashed: signal 6");
		CHECK_UINT(r.switches, 2);
		CHECK_INT(pawl_sim_many(&c, r.seed, 1, &one), 0);
		check_says(&one, "the process crashed: signal 6");
		CHECK_UINT(one.seed, r.seed);
		CHECK_UINT(one.shrunk_in, r.shrunk_in);
	}
}

static void has_many_tasks(pawl_sim *sim)
{
	static struct writer w[600];
	char text[601], *log = text;
	unsigned i;

	memset(w, 0, sizeof w);
	for (i = 0; i < 600; i++) {
		w[i].log = &log;
		SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &w[i].task, writes) == 0);
	}
	SIM_CHECK(pawl_sim_run(sim) == 0);
	SIM_CHECK(log == text + 600);
	for (i = 0; i < 600; i++)
		pawl_detach(&w[i].task);
}

TEST(pct_picks_from_many)
{
	const pawl_sim_case c = {
		.name = "many", .fn = has_many_tasks, .seeds = 4, .mode = PAWL_SIM_PCT
	};
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK_STR(r.why, "");
	CHECK_UINT(r.different, 4);
}

static void never_fails(pawl_sim *sim)
{
	SIM_CHECK(order(sim)[6] == 0);
}

/* More than one process makes: each goes on where the one before ended. */
TEST(thousands_of_seeds)
{
	pawl_sim_result r = many(never_fails, 9000);

	CHECK(!r.has_failed);
	CHECK_UINT(r.runs, 9000);
	CHECK_UINT(r.different, 720);
}

/* Until it is cancelled. */
static int spins(pawl_task *t)
{
	int r;

	do
		r = pawl_task_yield(t);
	while (r == 0);
	return r;
}

static void has_no_end(pawl_sim *sim)
{
	pawl_task a = { 0 }, b = { 0 };

	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &a, spins) == 0);
	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &b, spins) == 0);
	pawl_sim_run(sim);
	SIM_CHECK(false);
}

TEST(tests_without_an_end_fail)
{
	const pawl_sim_case c = {
		.name = "endless", .fn = has_no_end, .seeds = 2, .options = { .steps_max = 500 }
	};
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	check_says(&r, "no end after 500 steps");
	CHECK_UINT(r.seed, 1);
	CHECK_UINT(r.switches, 0);
}

static int calls;

static void depends_on_a_counter(pawl_sim *sim)
{
	order(sim);
	SIM_CHECK(++calls < 4);
}

/* A run that is made again has another process, as its memory may have another address. */
static void depends_on_its_process(pawl_sim *sim)
{
	char what[40];

	order(sim);
	snprintf(what, sizeof what, "not in process %ld", (long)getpid());
	pawl_sim_check(sim, false, what, __FILE__, __LINE__);
}

TEST(tests_that_differ_from_run_to_run_are_called_so)
{
	pawl_sim_result r = many(depends_on_a_counter, 20);

	check_says(&r, "; nondeterministic: a second run with this seed went otherwise");
	r = many(depends_on_its_process, 20);
	check_says(&r, "; nondeterministic: a second run with this seed went otherwise");
}

static void has_no_choices(pawl_sim *sim)
{
	pawl_task t = { 0 };
	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &t, spins) == 0);
	pawl_cancel(&t);
	SIM_CHECK(pawl_block_on(pawl_sim_exec(sim), &t, NULL) == 0);
}

TEST(schedules_must_differ_unless_it_is_said)
{
	pawl_sim_case c = { .name = "fixed", .fn = has_no_choices, .seeds = 5 };
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	check_says(&r, "all seeds gave the same schedule, as there was nothing to choose");
	c.is_fixed = true;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK(!r.has_failed);
	CHECK_UINT(r.different, 1);
	CHECK_UINT(r.runs, 5);
	c.is_fixed = false;
	CHECK_INT(pawl_sim_many(&c, 9, 1, &r), 0);
	CHECK(!r.has_failed);
}

/* The options of a test hold in it. */
TEST(fifo_tests_have_one_schedule)
{
	const pawl_sim_case c = { .name = "fifo",
				  .fn = never_fails,
				  .seeds = 50,
				  .is_fixed = true,
				  .options = { .is_fifo = true } };
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK(!r.has_failed);
	CHECK_UINT(r.different, 1);
}

static void counts_to_three(pawl_sim *sim)
{
	struct writer w[3];
	char text[8], *log = text;
	unsigned i;

	for (i = 0; i < 3; i++) {
		w[i] = (struct writer){ .mark = (char)('a' + i), .log = &log };
		SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &w[i].task, writes) == 0);
	}
	pawl_sim_run(sim);
	for (i = 0; i < 3; i++)
		pawl_detach(&w[i].task);
	*log = 0;
	SIM_CHECK(strcmp(text, "cba") != 0);
}

TEST(exhaustive_tests_count_their_schedules)
{
	pawl_sim_case c = { .name = "all", .fn = never_fails, .mode = PAWL_SIM_EXHAUSTIVE };
	pawl_sim_result r, one;
	uint64_t n;

	CHECK_INT(pawl_sim_many(&c, 0, 0, &r), 0);
	CHECK(!r.has_failed && r.is_complete);
	CHECK_UINT(r.runs, 720);
	CHECK_UINT(r.different, 720);
	CHECK_INT(pawl_sim_many(&c, 0, 100, &r), 0);
	CHECK(!r.has_failed && !r.is_complete);
	CHECK_UINT(r.runs, 100);
	c.depth = 1;
	CHECK_INT(pawl_sim_many(&c, 0, 0, &r), 0);
	CHECK(r.is_complete);
	CHECK_UINT(r.runs, 1 + 5 + 4 + 3 + 2 + 1);

	c = (pawl_sim_case){ .name = "cba", .fn = counts_to_three, .mode = PAWL_SIM_EXHAUSTIVE };
	CHECK_INT(pawl_sim_many(&c, 0, 0, &r), 0);
	check_says(&r, "strcmp(text, \"cba\") != 0");
	CHECK(r.seed >= 2 && r.seed <= 6 && r.runs == r.seed);
	for (n = 1; n <= 6; n++) {
		CHECK_INT(pawl_sim_once(&c, n, &one), 0);
		CHECK_INT(one.has_failed, n == r.seed);
	}
	CHECK_INT(pawl_sim_once(&c, 7, &one), 0);
	check_says(&one, "there is no schedule of that number");
	CHECK_INT(pawl_sim_many(&c, 7, 1, &one), 0);
	check_says(&one, "there is no schedule of that number");
	CHECK_INT(pawl_sim_many(&c, r.seed, 1, &one), 0);
	CHECK(one.has_failed);
	CHECK_UINT(one.seed, r.seed);
	CHECK_UINT(one.switches, r.switches);
}

/* The mode of a test holds for a single run, too. */
TEST(pct_tests_repeat)
{
	const pawl_sim_case c = {
		.name = "pct", .fn = is_sometimes_wrong, .seeds = 1000, .mode = PAWL_SIM_PCT
	};
	pawl_sim_case deep = c;
	pawl_sim_result r, one;
	uint64_t seed;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK(r.has_failed);
	CHECK_UINT(r.switches, 2);
	for (seed = 1; seed <= r.seed; seed++) {
		CHECK_INT(pawl_sim_once(&c, seed, &one), 0);
		CHECK_INT(one.has_failed, seed == r.seed);
	}
	deep.depth = 17;
	CHECK_INT(pawl_sim_many(&deep, 1, 0, &r), PAWL_EINVAL);
	CHECK_INT(pawl_sim_once(&deep, 1, &r), PAWL_EINVAL);
	deep.depth = 16;
	CHECK_INT(pawl_sim_once(&deep, 1, &r), 0);
}

/* One who is urgent turns round until another one, who is not, was there. */
struct pair {
	pawl_task task;
	bool *is_set;
};

static int waits_busily(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct pair, task);
	int r;

	while (!*p->is_set) {
		r = pawl_task_yield(t);
		if (r)
			return r;
	}
	return 0;
}

static int sets(pawl_task *t)
{
	*PAWL_OF(t, struct pair, task)->is_set = true;
	return 0;
}

static void depends_on_fairness(pawl_sim *sim)
{
	bool is_set = false;
	struct pair a = { .is_set = &is_set }, b = a;
	const pawl_spawn_options urgent = { .priority = 9 }, idle = { .priority = -9 };
	pawl_exec *x = pawl_sim_exec(sim);

	SIM_CHECK(pawl_spawn_with(x, &a.task, waits_busily, &urgent) == 0);
	SIM_CHECK(pawl_spawn_with(x, &b.task, sets, &idle) == 0);
	SIM_CHECK(pawl_block_on(x, &a.task, NULL) == 0);
	SIM_CHECK(pawl_block_on(x, &b.task, NULL) == 0);
}

TEST(nobody_starves_in_any_mode)
{
	pawl_sim_case c = { .name = "fair",
			    .fn = depends_on_fairness,
			    .seeds = 200,
			    .is_fixed = true,
			    .options = { .steps_max = 2000 } };
	static const enum pawl_sim_mode modes[] = { PAWL_SIM_RANDOM, PAWL_SIM_PCT,
						    PAWL_SIM_EXHAUSTIVE };
	pawl_sim_result r;
	unsigned i;

	for (i = 0; i < 4; i++) {
		c.mode = modes[i % 3];
		c.depth = c.mode == PAWL_SIM_EXHAUSTIVE ? 5 : 0;
		c.options.is_fifo = i == 3;
		CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
		CHECK_STR(r.why, "");
		/*
		 * The other one first; or it turns round, once and as often as there may be
		 * switches.
		 */
		if (c.mode == PAWL_SIM_EXHAUSTIVE)
			CHECK_UINT(r.runs, 1 + 6);
	}
}

struct slot {
	pawl_task task;
};
PAWL_TASK_POOL(leaky, struct slot, 4);

static void leaves_slots(pawl_sim *sim)
{
	order(sim);
	SIM_CHECK(leaky_claim() != NULL);
	SIM_CHECK(leaky_claim() != NULL);
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static void leaves_a_session(pawl_sim *sim)
{
	pawl_session s;
	pawl_task t = { 0 };

	pawl_session_init(&s, pawl_sim_exec(sim));
	pawl_session_set_label(&s, "window 2");
	SIM_CHECK(pawl_spawn_in(&s, &t, waits) == 0);
	pawl_sim_run(sim);
}

static void may_not_park(pawl_sim *sim)
{
	pawl_task t = { 0 };

	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &t, waits) == 0);
	pawl_block_on(pawl_sim_exec(sim), &t, NULL);
	SIM_CHECK(false);
}

static void may_park(pawl_sim *sim)
{
	pawl_task t = { 0 };

	pawl_sim_allow_parking(sim, true);
	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &t, waits) == 0);
	SIM_CHECK(pawl_block_on(pawl_sim_exec(sim), &t, NULL) == PAWL_EBUSY);
	pawl_cancel(&t);
	SIM_CHECK(pawl_block_on(pawl_sim_exec(sim), &t, NULL) == 0);
}

TEST(what_is_left_is_named)
{
	pawl_sim_case c = { .name = "leaks", .seeds = 2, .is_fixed = true };
	pawl_sim_result r;

	c.fn = leaves_slots;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	check_says(&r, "slots were left: 2 of pool 'leaky'");
	c.fn = leaves_a_session;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	check_says(&r, "1 tasks were left: window 2: waits (");
	c.fn = may_not_park;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	check_says(&r, "nothing can go on, and 1 tasks wait: waits (");
	c.fn = may_park;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK(!r.has_failed);
}

static const struct kit_case cases[] = {
	CASE(first_failing_seed_is_found),
	CASE(crashes_are_failures_of_their_seed),
	CASE(crashes_are_found_in_all_modes),
	CASE(pct_picks_from_many),
	CASE(thousands_of_seeds),
	CASE(tests_without_an_end_fail),
	CASE(tests_that_differ_from_run_to_run_are_called_so),
	CASE(schedules_must_differ_unless_it_is_said),
	CASE(fifo_tests_have_one_schedule),
	CASE(exhaustive_tests_count_their_schedules),
	CASE(pct_tests_repeat),
	CASE(nobody_starves_in_any_mode),
	CASE(what_is_left_is_named),
};

KIT_MAIN(cases)
