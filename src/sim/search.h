/* SPDX-License-Identifier: MIT */
/* A source of choices: which of several things that may happen does, asked again and again. */
#ifndef PAWL_SIM_SEARCH_H
#define PAWL_SIM_SEARCH_H

#include <pawl/sim.h>

#define PAWL_CHACHA_NUMBERS_ 64

/* The largest bound of PCT. */
#define PAWL_SEARCH_DEPTH_ 16

/* Random numbers: ChaCha with 8 rounds, one stream per purpose. */
struct pawl_chacha {
	uint32_t input[16];
	unsigned used; /* of the numbers */
	uint32_t numbers[PAWL_CHACHA_NUMBERS_];
};

void pawl_chacha_init_(struct pawl_chacha *c, uint64_t seed, uint64_t stream);
uint32_t pawl_chacha_more_(struct pawl_chacha *c);

static inline uint32_t pawl_chacha_next_(struct pawl_chacha *c)
{
	if (__builtin_expect(c->used == PAWL_CHACHA_NUMBERS_, 0))
		return pawl_chacha_more_(c);
	return c->numbers[c->used++];
}

/* Evenly from 0 to below - 1: the few numbers that would make it uneven are passed over. */
static inline uint32_t pawl_chacha_below_(struct pawl_chacha *c, uint32_t below)
{
	uint64_t product = (uint64_t)pawl_chacha_next_(c) * below;

	if (__builtin_expect((uint32_t)product < below, 0)) {
		uint32_t uneven = (0u - below) % below;

		while ((uint32_t)product < uneven)
			product = (uint64_t)pawl_chacha_next_(c) * below;
	}
	return (uint32_t)(product >> 32);
}

/*
 * One answer: `value`, of 0 to below - 1. 0 is the plainest: who waited longest goes on, nothing
 * fails, nothing is late. What differs from 0 is a *switch*; a schedule is as hard to follow as it
 * has switches.
 */
struct pawl_choice {
	uint32_t value;
	uint32_t below;
};

/*
 * A run asks with pawl_search_choose_ and pawl_search_pick_; the mode says how it is answered. All
 * is decided by the mode, the seed, the bound and the questions, and is the same on every machine.
 *
 * RANDOM: evenly. PCT: see pawl_search_pick_. EXHAUSTIVE: a depth-first search over all answers
 * with at most `bound` switches (0: any number), fewest switches first: run after run until
 * pawl_search_next_ says that there is none left. REPLAY: what `log` has, then 0s.
 *
 * source:  PCT: S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, A Randomized Scheduler
 *          with Probabilistic Guarantees of Finding Bugs, 2010; the bound: M. Emmi, S. Qadeer, Z.
 *          Rakamaric, Delay-Bounded Scheduling, 2011
 */
struct pawl_search {
	enum pawl_sim_mode mode;
	bool is_replay;
	bool is_plain;     /* nothing but random numbers is asked for */
	bool is_recording; /* the answers are wanted */
	bool is_lent;      /* the log is somebody else's, and no larger than it is */
	bool is_out_of_memory;
	unsigned bound;          /* PCT: of how many steps in a certain order is the bug? */
	struct pawl_choice *log; /* of this run */
	uint32_t count, room;
	uint32_t given;    /* so many of them were there before the run */
	unsigned switches; /* EXHAUSTIVE: at most, in this round of runs */
	bool was_bounded;  /* EXHAUSTIVE: in this round a run would have had more */
	/* PCT */
	uint32_t steps_expected; /* of a run */
	uint32_t steps;
	uint32_t changes[PAWL_SEARCH_DEPTH_ - 1]; /* at which steps who would go on comes last */
	uint32_t *priorities; /* by the number of who can be picked; 0: none yet */
	uint32_t priority_room;
	uint32_t lowest; /* what the next that comes last gets */
	struct pawl_chacha random;
};

/* Zeroed memory is a search that may be begun, and ended. */
void pawl_search_init_(struct pawl_search *s, enum pawl_sim_mode mode, unsigned bound);
void pawl_search_fini_(struct pawl_search *s);

/* The answers go into this memory, as many as there is room for. */
void pawl_search_lend_(struct pawl_search *s, struct pawl_choice *log, uint32_t room);

/* A run begins; with a recording, its answers are in `log` until the next begins. */
void pawl_search_begin_(struct pawl_search *s, uint64_t seed, bool is_recording);

/* The same, with these answers first and 0s after. */
void pawl_search_replay_(struct pawl_search *s, const struct pawl_choice *log, uint32_t count);

uint32_t pawl_search_choose_specially_(struct pawl_search *s, uint32_t below);

/* One of 0 to below - 1. */
static inline uint32_t pawl_search_choose_(struct pawl_search *s, uint32_t below)
{
	if (__builtin_expect(s->is_plain, 1))
		return pawl_chacha_below_(&s->random, below);
	return pawl_search_choose_specially_(s, below);
}

/* 1 once in `once_in` (0: never), and mostly 0. */
bool pawl_search_chance_(struct pawl_search *s, uint32_t once_in);

/*
 * Which of several, by their numbers from 1 up, goes on: the place in `who`, of which 0 waited
 * longest. PCT: each who can be picked has a random priority, and who has the highest goes on; at
 * `bound` - 1 random steps of the run the one that would have gone comes after all others from then
 * on; which of those to whom that happened comes first is random, too. If a bug needs `bound` steps
 * to come in a certain order, each run finds it with a probability of at least 1 / (n * k^(bound -
 * 1)), with n that can be picked and k steps (steps_expected).
 */
uint32_t pawl_search_pick_(struct pawl_search *s, const uint32_t *who, uint32_t count);

/* This one gave way: it comes last from now on, or PCT would let nobody else go on. */
void pawl_search_yields_(struct pawl_search *s, uint32_t who);

/* EXHAUSTIVE: is there a run that was not made? The next pawl_search_begin_ makes it. */
bool pawl_search_next_(struct pawl_search *s);

/*
 * EXHAUSTIVE: is the schedule of the run that begins next a new one? If not, it was one of an
 * earlier round, and leads to those of this one.
 */
bool pawl_search_is_new_(const struct pawl_search *s);

/* How many switches a log has. */
uint32_t pawl_search_switches_(const struct pawl_choice *log, uint32_t count);

/* What shrinks has at most so many answers; all logs there have room for as many. */
#define PAWL_SEARCH_LOG_ 65536u

/*
 * Finds fewer switches that do the same: asks `fails` about logs that are to be run, which answers
 * whether the run failed in the same way and leaves its answers in log and count. At most
 * `runs_max` runs; returns how many there were.
 */
unsigned pawl_search_shrink_(struct pawl_choice *log, uint32_t *count, unsigned runs_max,
			     bool (*fails)(void *arg, struct pawl_choice *log, uint32_t *count),
			     void *arg);

#endif
