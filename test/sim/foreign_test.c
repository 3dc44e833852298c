/* SPDX-License-Identifier: MIT */
/* Other threads that have a hand in a test: each way of it fails the test as nondeterministic. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/sim.h>

#include <pthread.h>
#include <string.h>

#define SIM_CHECK(cond) pawl_sim_check(sim, (cond), #cond, __FILE__, __LINE__)

struct subject {
	pawl_task task;
	pawl_exec *x;
	bool is_woken, is_main;
	int result;
};

static int waits(pawl_task *t)
{
	struct subject *s = PAWL_OF(t, struct subject, task);

	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	return s->is_woken ? 0 : PAWL_PENDING;
}

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

static void *wakes(void *arg)
{
	struct subject *s = arg;

	s->is_woken = true;
	pawl_wake(&s->task);
	return NULL;
}

static void *spawns(void *arg)
{
	struct subject *s = arg;

	s->result = pawl_spawn(s->x, &s->task, ends);
	return NULL;
}

static void *starts_a_timer(void *arg)
{
	struct subject *s = arg;

	s->result = pawl_spawn_after(s->x, &s->task, ends, 5);
	return NULL;
}

static void *drops(void *arg)
{
	struct subject *s = arg;

	pawl_detach(&s->task);
	return NULL;
}

static void *blocks(void *arg)
{
	struct subject *s = arg;

	s->result = pawl_block_on(s->x, &s->task, NULL);
	return NULL;
}

static void *looks(void *arg)
{
	struct subject *s = arg;

	s->is_main = pawl_is_main_thread(s->x);
	return NULL;
}

static void elsewhere(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	pthread_create(&thread, NULL, fn, arg);
	pthread_join(thread, NULL);
}

static void wake_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim) };

	SIM_CHECK(pawl_spawn(s.x, &s.task, waits) == 0);
	pawl_sim_run(sim);
	elsewhere(wakes, &s);
	pawl_block_on(s.x, &s.task, NULL);
	SIM_CHECK(false); /* not reached */
}

static void spawn_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim) };

	elsewhere(spawns, &s);
	pawl_block_on(s.x, &s.task, NULL);
	SIM_CHECK(false);
}

static void timer_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim) };

	elsewhere(starts_a_timer, &s);
	SIM_CHECK(s.result == PAWL_ENOTSUP);
	pawl_sim_run(sim);
	SIM_CHECK(false);
}

static void drop_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim) };

	SIM_CHECK(pawl_spawn(s.x, &s.task, ends) == 0);
	pawl_sim_run(sim);
	elsewhere(drops, &s);
	/* The last thing that the test does. */
}

static void block_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim) };

	SIM_CHECK(pawl_spawn(s.x, &s.task, ends) == 0);
	elsewhere(blocks, &s);
	SIM_CHECK(s.result == PAWL_ENOTSUP);
	pawl_sim_step(sim);
	SIM_CHECK(false);
}

/* A question has no effect, so it may be asked. */
static void question_from_elsewhere(pawl_sim *sim)
{
	struct subject s = { .x = pawl_sim_exec(sim), .is_main = true };

	SIM_CHECK(pawl_is_main_thread(s.x));
	elsewhere(looks, &s);
	SIM_CHECK(!s.is_main);
}

static void expect(void (*fn)(pawl_sim *sim), const char *why)
{
	const pawl_sim_case c = { .name = "elsewhere", .fn = fn, .seeds = 3, .is_fixed = true };
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK_INT(r.has_failed, why != NULL);
	if (!why)
		return;
	if (!strstr(r.why, why))
		CHECK_STR(r.why, why);
	CHECK_UINT(r.seed, 1);
	CHECK_UINT(r.switches, 0);
}

TEST(hands_of_other_threads_fail_a_test)
{
	expect(wake_from_elsewhere,
	       "nondeterministic: another thread woke or spawned a task: waits (");
	expect(spawn_from_elsewhere,
	       "nondeterministic: another thread woke or spawned a task: ends (");
	expect(timer_from_elsewhere, "nondeterministic: another thread started a timer: ends (");
	expect(drop_from_elsewhere, "nondeterministic: another thread dropped a task: ends (");
	expect(block_from_elsewhere, "nondeterministic: another thread blocked on a task: ends (");
}

TEST(questions_of_other_threads_do_not)
{
	expect(question_from_elsewhere, NULL);
}

/* Outside of tests nobody fails: what the other thread brought is run. */
TEST(without_a_test_it_is_run)
{
	struct subject s = { 0 };
	pawl_sim *sim;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	s.x = pawl_sim_exec(sim);
	elsewhere(spawns, &s);
	CHECK_INT(s.result, 0);
	CHECK_UINT(pawl_sim_run(sim), 0);
	elsewhere(drops, &s);
	pawl_sim_free(sim);
}

static int yields(pawl_task *t)
{
	struct subject *s = PAWL_OF(t, struct subject, task);
	int r;

	while (s->result < 100) {
		r = pawl_task_yield(t);
		if (r)
			return r;
		s->result++;
	}
	return 0;
}

static void *runs_its_own(void *arg)
{
	struct subject s[8] = { 0 };
	pawl_sim *sim;
	unsigned i;

	if (pawl_sim_new(5, &sim) < 0)
		return NULL;
	for (i = 0; i < 8; i++)
		pawl_spawn(pawl_sim_exec(sim), &s[i].task, yields);
	pawl_sim_run(sim);
	for (i = 0; i < 8; i++)
		pawl_detach(&s[i].task);
	*(uint64_t *)arg = pawl_sim_trace(sim);
	pawl_sim_free(sim);
	return NULL;
}

TEST(each_thread_may_have_its_own)
{
	uint64_t traces[4] = { 0 };
	pthread_t threads[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, runs_its_own, &traces[i]), 0);
	for (i = 0; i < 4; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK(traces[0] != 0);
	for (i = 1; i < 4; i++)
		CHECK(traces[i] == traces[0]);
}

static const struct kit_case cases[] = {
	CASE(hands_of_other_threads_fail_a_test),
	CASE(questions_of_other_threads_do_not),
	CASE(without_a_test_it_is_run),
	CASE(each_thread_may_have_its_own),
};

KIT_MAIN(cases)
