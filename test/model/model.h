/* SPDX-License-Identifier: MIT */
/* A model checker for pawl's own files: every interleaving of a few actors. */
#ifndef PAWL_TEST_MODEL_H
#define PAWL_TEST_MODEL_H

#include <kit.h>

/*
 * A model is up to four actors over the real code. They are coroutines of one thread, and before
 * each atomic access, each lock and each wait the checker decides who goes on. It runs the model
 * again and again, until every order of accesses that could matter was seen.
 *
 * What is covered. Interleavings are sequentially consistent: an atomic load gives the value last
 * stored. On top of that the memory orders are taken at their word for what is *not* atomic: two
 * plain accesses, one of them a write, that no release and acquire puts in order are an error in
 * whichever run they occur. So a plain read after the store that gives a task away is found,
 * and so is a publishing store that is relaxed. All spaces are whole but where a model says
 * `preemptions`.
 *
 * How. The compiler calls us for each access, as it does for its thread sanitizer, whose functions
 * are ours here (tsan.c). The search is a depth-first one over schedules with dynamic partial-order
 * reduction and sleep sets (search.c): of runs that differ only in the order of accesses that do
 * not touch each other one is enough. Nothing a model says may hang on more than that order: what
 * an actor knows comes from shared memory, and checks of what others did belong into `end`.
 *
 * source:  C. Flanagan and P. Godefroid, Dynamic partial-order reduction for model checking
 *          software, 2005; P. Godefroid, Partial-order methods, 1996; M. Musuvathi and S. Qadeer,
 *          Iterative context bounding, 2007
 *
 * Weak memory, for models that say `weak` (weak.c). Each atomic word has a history of this run's
 * stores in modification order. Which of those that coherence and happens-before allow a load
 * reads, where in that order a store comes, and after which store a change does, are choices of
 * the search, all of which are tried. Release sequences are C++20's: changes go on with them.
 * Fences are modelled, seq_cst accesses and fences too: if one is before another in execution,
 * what the first one saw cannot be unseen by the second. Locks, waits and the port's events give
 * and take as acquire and release do; pawl_port_fence_threads is a seq_cst fence of all actors.
 *
 * It is C++20's model (that of RC11) but for this. Not produced, though allowed: executions in
 * which a load reads a store that comes later in the order of execution (load buffering, which
 * RC11 forbids and C11 does not), or that order those of seq_cst accesses and fences against the
 * order of execution; pawl_port_fence_threads at another moment for each thread; exchanges that
 * fail without reason; stores that are seen late when nobody but a nap's end goes on any more: time
 * makes all stores visible. Produced, though not allowed: nothing that we know of; consume is taken
 * for acquire. Accesses of two sizes to one atomic word are refused.
 *
 * With reduction, steps touch each other too if both are seq_cst, and a fence of all touches every
 * step. What is chosen within a step hangs on nothing but its own past and what touched the same
 * word, so that it is one more branch of that step (as VeriSoft tosses a coin). test/model's
 * litmus tests hold the outcomes against each other, with reduction and without.
 *
 * source:  B. Norris and B. Demsky, CDSChecker: checking concurrent data structures written with
 *          C/C++ atomics, 2013; O. Lahav, V. Vafeiadis, J. Kang, C.-K. Hur and D. Dreyer, Repairing
 *          sequential consistency in C/C++11, 2017; H.-J. Boehm, O. Giroux and V. Vafeiadis, P0668:
 *          Revising the C++ memory model, 2018; J. Alglave, L. Maranget and M. Tautschnig, Herding
 *          cats, 2014
 *
 * The simulator's search (src/sim/search.h) runs the same models: `PROGRAM CASE --mode=random`, pct
 * or exhaustive, with --seed, --runs and --bound (or MODEL_MODE, MODEL_SEED, MODEL_RUNS and
 * MODEL_BOUND in the environment). 0 is its plainest choice: the actor goes on that went last, and
 * reads the last store. Whatever found it, a schedule that fails is shrunk to few switches.
 */

#define MODEL_ACTORS 4

struct model {
	void (*begin)(void);               /* makes the state; no actor runs */
	void (*actor[MODEL_ACTORS])(void); /* up to the first NULL */
	unsigned resting;                  /* the last so many of them may wait at the end */
	void (*halt)(void);                /* all is over: makes those that wait end; may be NULL */
	void (*late)(void);                /* only the end of a nap is left to go on; may be NULL */
	void (*end)(void);                 /* what must hold whatever happened */
	bool is_full;                      /* without reduction */
	bool weak;                         /* with weak memory; meant for up to three actors */
	/* > 0: at most so many switches that nobody had to make */
	unsigned preemptions;
};

struct model_count {
	uint64_t schedules; /* that came to their end */
	uint64_t cut;       /* that turned out to be like others */
	unsigned steps_max;
	uint64_t hash; /* over the ends: see model_see */
	uint64_t ends; /* different ones */
};

/* Why a run failed. */
struct model_failure {
	const char *file;
	int line;
	const char *what; /* NULL: it did not */
	unsigned depth;   /* how many steps and choices it had */
	uint64_t after;   /* how many schedules, this one too */
};

struct model_result {
	struct model_failure failure;
	const char *schedule;              /* until the next model is run */
	unsigned switches_found, switches; /* before and after it was shrunk */
	unsigned runs;                     /* that shrinking took */
};

/* Runs the model through its schedules; a failure ends the test case, and says its schedule. */
struct model_count model_check(const struct model *m);

/* The same, but a failure is in `ret`. */
struct model_count model_try(const struct model *m, struct model_result *ret);

/* Checks, and says whether there were so many; under a mode, which sees only some, always. */
bool model_ends(const struct model *m, uint64_t ends);
bool model_ends_from(const struct model *m, uint64_t ends);
bool model_schedules_from(const struct model *m, uint64_t schedules);

/*
 * Checks with weak memory: at least so many ends. Models of three actors, and those that are
 * bounded anyway, with at most one switch that nobody has to make, or two when there is time.
 */
bool model_ends_weakly(const struct model *m, uint64_t ends);

/* Holds in every run, or the case fails. */
#define MUST(cond) ((cond) ? (void)0 : model_fail(__FILE__, __LINE__, #cond))
_Noreturn void model_fail(const char *file, int line, const char *what);

/* Waits, as one step that counts as a write to `of`, until `ready` says so. False: all is over. */
bool model_wait(const void *of, bool (*ready)(void *arg), void *arg, const char *what);

/* For a `ready` in a file that is checked: it may run as any actor, and is no access of theirs. */
#define MODEL_UNWATCHED __attribute__((no_sanitize("thread")))

/* One step that counts as a write to `of`. */
void model_step(const void *of, const char *what);

/* What was done before `give` on an object is seen after `take` on it. */
void model_give(const void *of);
void model_take(const void *of);

/* Writes plainly to memory, as its owner does who has got it back. */
void model_scribble(void *at, size_t size);

/* The actor has seen the last store to an atomic word, as the kernel has that looks at a futex. */
void model_catch_up(const void *at);

/* A count that is none of the model's shared memory; to be read in `end`. */
void model_add(unsigned *count);

/* Told in `end`: what came out. Different ends are counted. */
void model_see(uint64_t value);

/* Calls the address so in the trace of a failure. */
void model_name(const void *at, size_t size, const char *name);

/* The clock, and by how much it goes on, for the one who asks, with each question. */
extern int64_t model_now, model_tick;

/* How often each actor's sleeps with an end may end before all others wait. */
extern unsigned model_naps_max;

/* How often somebody was woken by pawl_port_wake in this run. */
extern unsigned model_wakes;

/* A variable of which each thread, here each actor, has its own. For `begin`. */
void model_per_actor(void **variable);

/* From now on a failure whose message has this in it is an abort(), for who plants one. */
void model_plant(const char *message);

/* Chooses a mode, as on the command line: "--mode=random". False: that is none. */
bool model_option(const char *option);

/* From now on each run is this one: which actor takes each step, as a failure printed it. */
void model_replay(const char *schedule);

/* Which actor asks, for -DPAWL_THREAD_SELF. */
const void *model_thread(void);

/* main: as the kit's; `PROGRAM CASE --schedule=…` runs one schedule and says each step. */
int model_main(const struct kit_case *cases, size_t count, int argc, char **argv);

#define MODEL_MAIN(cases)                                               \
	int main(int argc, char **argv)                                 \
	{                                                               \
		return model_main(cases, KIT_COUNT(cases), argc, argv); \
	}

#endif
