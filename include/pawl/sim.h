/* SPDX-License-Identifier: MIT */
/* The simulator: an executor whose every choice comes from a seed, with its own clock. */
#ifndef PAWL_SIM_H
#define PAWL_SIM_H

#include <pawl/pawl.h>

/*
 * A program that was written for executors runs in it as it is. All that could go one way or the
 * other comes from a seed: which ready task is next, when blocking work runs, which of several
 * timers of one instant comes first. Equal seeds give equal runs, on every machine.
 *
 * Foreground tasks of one session keep their order. Of those in the background, and of sessions,
 * any may be next; high priorities are it about twice as often as normal ones, low ones half as
 * often (not so with is_fifo, PAWL_SIM_PCT and PAWL_SIM_EXHAUSTIVE, which know no priorities). Time
 * is the simulator's own: it stands still while anything is ready, and jumps to the next timer when
 * nothing is. All is done by the thread that made it; a wake, a spawn, a timer or a drop from
 * another one fails the test, as no seed would bring it back.
 */
typedef struct pawl_sim pawl_sim;

/* How it runs; all zero is a good default. */
typedef struct pawl_sim_options {
	uint64_t seed;
	bool is_fifo; /* no choices: who is ready longest is next, nothing fails */
	/* a test may wait for what cannot come: pawl_block_on answers PAWL_EBUSY */
	bool may_park;
	unsigned cpus;      /* of the simulated machine, at most 64; 0: 2 */
	pawl_time poll_max; /* a poll takes up to so much of a CPU's time; 0: none at all */
	/* once in so many steps, time goes on to the next timer while others are ready; 0: never */
	uint32_t hurry_in;
	/* a test with more steps, or calls of the world, has no end; 0: 1,000,000 */
	uint64_t steps_max;
} pawl_sim_options;

/* What waits, and for what. */
typedef struct pawl_sim_counts {
	unsigned foreground; /* tasks that are ready */
	unsigned background;
	unsigned works;  /* blocking work that was not begun */
	unsigned timers; /* that run */
	unsigned tasks;  /* that did not end, ready or not */
} pawl_sim_counts;

/* How the schedules of a test are found. */
enum pawl_sim_mode {
	PAWL_SIM_RANDOM = 0, /* every choice evenly */
	/*
	 * By random priorities, of which `depth` - 1, at most 15, change on the way. A bug that
	 * needs `depth` steps in a certain order is found by each run with a probability of at
	 * least 1 / (n k^(depth - 1)), of n tasks and k steps.
	 */
	PAWL_SIM_PCT,
	/*
	 * All schedules that differ from the plainest (who is ready longest is next, nothing fails)
	 * in at most `depth` choices, those with the fewest first.
	 */
	PAWL_SIM_EXHAUSTIVE
};

/* A test, and under how many seeds it runs. */
typedef struct pawl_sim_case {
	const char *name;
	void (*fn)(pawl_sim *sim);
	unsigned seeds; /* 0: 200; PAWL_SIM_EXHAUSTIVE: schedules at most, 0: 100,000 */
	enum pawl_sim_mode mode;
	unsigned depth; /* 0: 3; PAWL_SIM_EXHAUSTIVE: 0 is no bound */
	/* its schedule has no choices, so one is enough; without it, that fails the test */
	bool is_fixed;
	/* of real time that a run may take before it is ended as a loop; 0: 120 */
	unsigned seconds;
	pawl_sim_options options;
} pawl_sim_case;

/* What a test came to. */
typedef struct pawl_sim_result {
	bool has_failed;
	bool is_complete; /* PAWL_SIM_EXHAUSTIVE: there are no other schedules within the bound */
	/* PAWL_SIM_EXHAUSTIVE: pawl_sim_random, which gave the numbers of seed 1 */
	bool has_drawn;
	uint64_t seed;      /* the first that failed; PAWL_SIM_EXHAUSTIVE: which schedule */
	unsigned runs;      /* up to that, or all */
	unsigned different; /* schedules among them */
	unsigned switches;  /* that the failure takes at least, as far as was found */
	unsigned shrunk_in; /* how many runs it took to find these; 0: that was not tried */
	char why[2048];     /* several lines, when several tasks wait */
} pawl_sim_result;

/*
 * Defines a test: PAWL_SIM_TEST(name, .seeds = 1000) { … pawl_sim_run(sim); CHECK(…); }. It fails
 * by a CHECK, by a panic outside of tasks, when it waits for what cannot come, when it leaves
 * tasks, sessions or slots of pools behind, when another thread has a hand in it, and when the
 * process crashes.
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
 * cost:    one allocation
 */
PAWL_MUST_USE int pawl_sim_new(uint64_t seed, pawl_sim **ret);

/*
 * The same, with everything that can be said about it.
 *
 *	o	how it runs
 *	ret	the simulator
 *
 * result:  0, PAWL_ENOMEM, PAWL_EINVAL
 * owns:    the caller, until pawl_sim_free
 * from:    thread
 * cost:    one allocation
 */
PAWL_MUST_USE int pawl_sim_new_with(const pawl_sim_options *o, pawl_sim **ret);

/*
 * Shuts it down, runs what can still run, for at most steps_max steps, and frees it. Tasks that do
 * not end then are forgotten: wakes that come later touch nothing.
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
 * Does one thing that is ready: polls a task or runs a piece of blocking work. Time does not pass,
 * unless hurry_in or poll_max say so.
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
 * Runs until nothing is ready; time stands still, unless hurry_in or poll_max say otherwise.
 *
 *	sim	the simulator
 *
 * result:  how many tasks are left
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_sim_run_until_idle(pawl_sim *sim);

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
 * The same, at most for so long: for programs with timers that never end. Its time ends with the
 * last timer that it came to. With poll_max, nothing begins after that time but what is ready when
 * its CPU is not, and tasks that never wait are left when it is over.
 *
 *	sim	the simulator
 *	time	how long
 *
 * result:  how many tasks are left
 * owns:    nothing
 * from:    thread
 * cost:    that of the polls
 */
unsigned pawl_sim_run_for(pawl_sim *sim, pawl_time time);

/*
 * Lets time pass, all of it: timers fire one after the other, each at its own instant, and what
 * they wake runs then.
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
 * Lets time pass up to the next timer, which fires, and others of the same instant with it; runs
 * nothing, neither before nor after.
 *
 *	sim	the simulator
 *
 * result:  0, PAWL_ENOENT when no timer runs
 * owns:    nothing
 * from:    thread
 * cost:    O(timers of that instant)
 */
int pawl_sim_advance_to_next_timer(pawl_sim *sim);

/*
 * What is ready, and what waits.
 *
 *	sim	the simulator
 *
 * result:  the numbers
 * owns:    nothing
 * from:    thread, task
 * cost:    O(ready tasks)
 */
pawl_sim_counts pawl_sim_pending(const pawl_sim *sim);

/*
 * As pawl_block_on, for a random number of steps: a time limit of which nobody knows how much gets
 * done within it. The plainest is `steps_max`.
 *
 *	sim		the simulator
 *	t		as for pawl_block_on
 *	steps_max	at most so many
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  0, PAWL_ETIMEDOUT: the task goes on; PAWL_EBUSY when nothing can ever wake it
 * owns:    as pawl_block_on
 * from:    thread, task
 * cost:    that of the polls
 */
int pawl_sim_block_on_for(pawl_sim *sim, pawl_task *t, uint32_t steps_max, int *ret_outcome);

/*
 * Says whether a test may wait for what cannot come. If not, it fails, with who waits for what.
 *
 *	sim	the simulator
 *	may	whether
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread, task
 * cost:    O(1), no allocation
 */
void pawl_sim_allow_parking(pawl_sim *sim, bool may);

/*
 * A random number for the test itself; it comes from a stream of its own, so that using it does not
 * change the schedule. In an exhaustive search all schedules get the numbers of seed 1.
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
 * Runs a test once, in this process: for a debugger. Of an exhaustive search this is the schedule
 * of that number, after all those that lead to it.
 *
 *	c	the test
 *	seed	the seed
 *	ret	what it came to
 *
 * result:  0, PAWL_ENOMEM, PAWL_EINVAL: `depth` is too large for PAWL_SIM_PCT
 * owns:    nothing
 * from:    thread
 * cost:    that of the test
 */
int pawl_sim_once(const pawl_sim_case *c, uint64_t seed, pawl_sim_result *ret);

/*
 * Runs a test under many seeds, spread over all processors by child processes, until one fails,
 * and then finds the fewest switches that make it fail.
 *
 *	c	the test
 *	first	the first seed
 *	count	how many seeds; 0: as the test says
 *	ret	what it came to
 *
 * result:  0, PAWL_ENOMEM, PAWL_EAGAIN when no process can be made, PAWL_EINVAL: `depth` is too
 *          large for PAWL_SIM_PCT
 * owns:    nothing
 * from:    thread
 * cost:    that of the test, for each seed
 */
int pawl_sim_many(const pawl_sim_case *c, uint64_t first, unsigned count, pawl_sim_result *ret);

/*
 * Runs one test under its seeds, prints how it went and, of the first seed that fails, why, with
 * how few switches, and how to see it again. From the environment: PAWL_SEED=n runs that seed only,
 * PAWL_SEEDS=n that many; PAWL_SIM_MODE=random, pct or exhaustive, and PAWL_SIM_DEPTH=n, search
 * otherwise than the test says; PAWL_SIM_TRACE=FILE writes what happens under PAWL_SEED, as text,
 * or as a trace for Perfetto when the file's name ends in .json, also when the test crashes;
 * PAWL_SIM_HERE=1 runs PAWL_SEED in this process, for a debugger.
 *
 *	c	the test
 *
 * result:  0, 1 when a seed failed, 2 when the environment has a value that is none
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
 * result:  the exit code of main: 0, 1 when a test failed, 2 when a test is named that there is not
 *          or the environment has a value that is none
 * owns:    nothing
 * from:    thread
 * cost:    that of the tests
 */
int pawl_sim_main(const pawl_sim_case *const *cases, int argc, char **argv);

PAWL_END_C

#endif
