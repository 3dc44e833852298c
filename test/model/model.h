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
 * and so is a publishing store that is relaxed; what else weak memory may do to atomics is left to
 * the reader. All spaces are whole but where a model says `preemptions`.
 *
 * How. The compiler calls us for each access, as it does for its thread sanitizer, whose functions
 * are ours here (race.c). The search is a depth-first one over schedules with dynamic partial-order
 * reduction and sleep sets (search.c): of runs that differ only in the order of accesses that do
 * not touch each other one is enough. Nothing a model says may hang on more than that order: what
 * an actor knows comes from shared memory, and checks of what others did belong into `end`.
 *
 * source:  C. Flanagan and P. Godefroid, Dynamic partial-order reduction for model checking
 *          software, 2005; P. Godefroid, Partial-order methods, 1996; M. Musuvathi and S. Qadeer,
 *          Iterative context bounding, 2007
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

/* Runs the model through its schedules; a failure ends the test case, and says its schedule. */
struct model_count model_check(const struct model *m);

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

/* From now on each run is this one: which actor takes each step, as a failure printed it. */
void model_replay(const char *schedule);

/* Which actor asks, for -DPAWL_THREAD_SELF. */
const void *model_thread(void);

/* main: as the kit's, and `PROGRAM CASE --schedule=...` runs one schedule and says each step. */
int model_main(const struct kit_case *cases, size_t count, int argc, char **argv);

#define MODEL_MAIN(cases)                                               \
	int main(int argc, char **argv)                                 \
	{                                                               \
		return model_main(cases, KIT_COUNT(cases), argc, argv); \
	}

#endif
