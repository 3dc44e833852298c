/* SPDX-License-Identifier: MIT */
/* The simulator: an executor whose every choice comes from a seed, with its own clock. */
#ifndef PAWL_SIM_H
#define PAWL_SIM_H

#include <pawl/pawl.h>

/*
 * One seed gives one schedule: which ready task runs next, at which later step blocking work runs,
 * which of several timers of one instant fires first. Foreground tasks of one session keep their
 * order. Time stands still while anything is ready.
 */
typedef struct pawl_sim pawl_sim;

/* How the schedules of a test are found. */
enum pawl_sim_mode {
	PAWL_SIM_RANDOM = 0, /* every choice evenly */
	PAWL_SIM_PCT,        /* by random priorities that change a few times */
	PAWL_SIM_EXHAUSTIVE  /* all, with up to so many deviations from the plainest */
};

/* A test and under how many seeds it runs. */
typedef struct pawl_sim_case {
	const char *name;
	void (*fn)(pawl_sim *sim);
	unsigned seeds; /* 0: 200 */
} pawl_sim_case;

/*
 * Defines a test: PAWL_SIM_TEST(name, .seeds = 1000) { … pawl_sim_run(sim); CHECK(…); }. It fails
 * by a CHECK, by a panic outside of tasks, and when it leaves tasks behind that did not end.
 */
#define PAWL_SIM_TEST(id, ...)                                                         \
	static void id(pawl_sim *sim);                                                 \
	static const pawl_sim_case id##_case = { .name = #id, .fn = id, __VA_ARGS__ }; \
	static void id(pawl_sim *sim)

/* The program of some tests: PAWL_SIM_MAIN(&a_case, &b_case) */
#define PAWL_SIM_MAIN(...)                                                       \
	int main(int argc, char **argv)                                          \
	{                                                                        \
		static const pawl_sim_case *const all[] = { __VA_ARGS__, NULL }; \
		return pawl_sim_main(all, argc, argv);                           \
	}

/* Fails the test under this seed, and leaves it, unless the condition holds. */
#ifndef CHECK
#define CHECK(cond) pawl_sim_check(sim, (cond), #cond, __FILE__, __LINE__)
#endif

PAWL_BEGIN_C

/*
 * Makes a simulator.
 *
 *	seed	the source of all its choices
 *	ret	the simulator
 *
 * result:  0, PAWL_ENOMEM
 * owns:    the caller, until pawl_sim_free
 * from:    thread
 * cost:    allocates
 */
PAWL_MUST_USE int pawl_sim_new(uint64_t seed, pawl_sim **ret);

/*
 * Shuts it down, runs what can still run, and frees it. Tasks that do not end then are forgotten.
 *
 *	sim	the simulator; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
void pawl_sim_free(pawl_sim *sim);

/*
 * Its handle.
 *
 *	sim	the simulator
 *
 * result:  the handle
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_sim_exec(pawl_sim *sim);

/*
 * Its seed.
 *
 *	sim	the simulator
 *
 * result:  the seed
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint64_t pawl_sim_seed(const pawl_sim *sim);

/*
 * Does one thing that is ready: polls a task or runs a piece of blocking work. Time does not pass.
 *
 *	sim	the simulator
 *
 * result:  0, PAWL_PENDING when nothing is ready
 * owns:    nothing
 * from:    thread
 * cost:    that of the poll
 */
int pawl_sim_step(pawl_sim *sim);

/*
 * Runs until nothing is ready and no timer runs; whenever nothing is ready, time jumps to the next
 * timer.
 *
 *	sim	the simulator
 *
 * result:  how many tasks are left, which then wait for something that only the caller can bring
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_sim_run(pawl_sim *sim);

/*
 * Runs until nothing is ready; time stands still.
 *
 *	sim	the simulator
 *
 * result:  how many tasks are left
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_sim_run_ready(pawl_sim *sim);

/*
 * Lets time pass: timers fire one instant after the other, and what they wake runs at its own
 * instant.
 *
 *	sim	the simulator
 *	by	how long
 *
 * result:  how many tasks are left
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_sim_advance_time(pawl_sim *sim, pawl_time by);

/*
 * A random number for the test itself; it comes from a stream of its own, so that using it does not
 * change the schedule.
 *
 *	sim	the simulator
 *	below	the bound, at least 1
 *
 * result:  a number from 0 to `below` - 1
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1), no allocation
 */
uint32_t pawl_sim_random(pawl_sim *sim, uint32_t below);

/*
 * A number that stands for the schedule so far: equal seeds give equal numbers, and seeds that
 * differ in a choice different ones.
 *
 *	sim	the simulator
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
uint64_t pawl_sim_trace(const pawl_sim *sim);

/*
 * Fails the running test under this seed and leaves it, unless `ok`.
 *
 *	sim	the simulator of the test
 *	ok	the condition
 *	what	its text
 *	file	where it stands
 *	line	where it stands
 *
 * result:  nothing; does not return when the check fails
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1)
 */
void pawl_sim_check(pawl_sim *sim, bool ok, const char *what, const char *file, int line);

/*
 * Runs one test under its seeds, and prints how to replay the first seed that fails. PAWL_SEED=n in
 * the environment runs that seed only, PAWL_SEEDS=n that many.
 *
 *	c	the test
 *
 * result:  0, or 1 when a seed failed
 * owns:    nothing
 * from:    thread
 * cost:    that of the test, for each seed
 */
int pawl_sim_run_case(const pawl_sim_case *c);

/*
 * Runs tests, each under its seeds; prints one line per test and, last, "N passed, M failed".
 *
 *	cases	the tests, ended by NULL
 *	argc	of main: names of tests to run, or --list
 *	argv	of main
 *
 * result:  the exit code of main: 0, or 1 when a test failed
 * owns:    nothing
 * from:    thread
 * cost:    that of the tests
 */
int pawl_sim_main(const pawl_sim_case *const *cases, int argc, char **argv);

PAWL_END_C

#endif
