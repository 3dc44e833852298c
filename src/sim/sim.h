/* SPDX-License-Identifier: MIT */
/* The inside of the simulator, for its own files. */
#ifndef PAWL_SIM_SIM_H
#define PAWL_SIM_SIM_H

#include <pawl/sim.h>
#include <pawl/sim_world.h>

#include "sim/search.h"

struct sim_machine;
struct sim_world;
struct sim_tape;
struct sim_thread;
struct sim_numbers;

/*
 * Where the running task belongs: tasks in the foreground, and the test itself, are on the main
 * thread.
 */
enum sim_side { SIM_MAIN, SIM_BACKGROUND };

/* What is ready: a task, a session with foreground tasks that are, blocking work not yet begun. */
enum sim_what { SIM_TASK, SIM_SESSION, SIM_WORK, SIM_WHAT };

/* Whatever is ready, in the order in which it became so: a pointer with an enum sim_what in it. */
struct sim_ring {
	uintptr_t *ready;
	uint32_t first, count, room; /* room: a power of two */
};

/* High, normal and low priority. */
enum { SIM_RINGS = 3, SIM_NORMAL = 1 };

/* Some tasks of one program: an executor's handle and crew. */
struct sim_exec {
	pawl_exec exec; /* first */
	pawl_crew crew;
	pawl_sim *sim;
	pawl_sim_node *node;
	bool is_busy; /* one of its tasks is polled, and has let others go on */
};

struct pawl_sim_node {
	struct sim_exec tasks;
	struct sim_exec threads; /* blocking work that has stacks: nobody's tasks */
	const char *name;
	struct sim_world *world;       /* NULL: not asked for yet */
	struct sim_thread *idle, *all; /* threads for that work: those to be used again, and all */
	pawl_sim_node *next;
	bool is_dead;
};

#define SIM_LINES 16

/* Why it failed: two failures of one kind at one place count as the same. */
enum sim_failure {
	SIM_PASSED,
	SIM_CHECK,   /* a check of the test */
	SIM_PANIC,   /* outside of every task */
	SIM_LEFT,    /* tasks, sessions or slots are left */
	SIM_PARKED,  /* nothing can go on */
	SIM_FOREIGN, /* another thread had a hand in it */
	SIM_ENDLESS, /* too many steps */
	SIM_NO_MEMORY,
	SIM_SLOW,   /* it took too long, of real time */
	SIM_CRASHED /* the process */
};

/* What a test under one seed came to. */
struct sim_report {
	bool is_test;
	enum sim_failure failure;
	uint64_t place;  /* where: a number that stands for it */
	unsigned parked; /* when nothing was ready last */
	unsigned line_count;
	char text[2048]; /* from here on not zeroed when it is made */
	char lines[SIM_LINES][256];
};

/* A pawl_block_on inside of which the simulator runs. */
struct sim_block {
	const struct sim_block *outer;
	const pawl_session *session; /* whose foreground tasks must not run meanwhile; NULL: none */
};

#define SIM_CPUS 64

struct pawl_sim {
	pawl_sim_node first; /* the simulator's handle is this one's */
	pawl_sim_options options;
	struct pawl_search *search; /* own_search, or that of who tries many schedules */
	struct pawl_chacha body;
	struct sim_ring rings[SIM_RINGS];
	pawl_timers timers;
	pawl_time clock;
	pawl_time until; /* up to where time may go on by itself */
	uint64_t steps;
	uint64_t hash;      /* of all choices */
	pawl_task *current; /* the innermost that is polled */
	enum sim_side side;
	bool is_ending; /* a task, whose owner may be told */
	const struct sim_block *block;
	const void *thread;   /* whose this is */
	pawl_sim *next;       /* of all simulators; under the port's lock */
	uint64_t slots_out;   /* of all pools, when the test began */
	uint32_t has_foreign; /* atomic: did another thread have a hand in it? */
	pawl_runq foreign;    /* what it woke; under the port's lock, as the next */
	char foreign_text[256];
	bool must_stop;              /* a test that failed stands still */
	bool has_choices;            /* was anything asked of the search? */
	bool is_special;             /* PCT, or with a tape */
	bool has_priorities;         /* else they do not matter: PCT, exhaustive, is_fifo */
	uint32_t apart;              /* how many are in rings besides the normal one? */
	struct sim_numbers *numbers; /* NULL: nobody is numbered */
	struct sim_tape *tape;       /* NULL: nothing is recorded */
	/* the simulated machine, pawl/sim_world.h */
	pawl_sim_node *nodes; /* besides the first, the newest first */
	pawl_sim_node hidden; /* the machine's own tasks */
	struct sim_machine *machine;
	pawl_sim_machine how;
	pawl_sim_faults faults;
	uint64_t calls, cut_at, kill_at;
	/* what follows is not zeroed when it is made: it would take as long as many steps */
	struct sim_report report;
	uintptr_t room[SIM_RINGS][16]; /* the rings' memory, as long as that is enough */
	pawl_time busy_until[SIM_CPUS];
	struct pawl_search own_search;
};

/* sim.c */
static inline struct sim_exec *sim_exec_of_(pawl_exec *x)
{
	return PAWL_OF(x, struct sim_exec, exec);
}

extern const pawl_exec_ops pawl_sim_ops_;

/* A simulator whose choices come from that search, which somebody else began. */
int pawl_sim_new_searching_(const pawl_sim_options *o, struct pawl_search *s, pawl_sim **ret);

/* Gives back its memory and touches no task: those of a test that is over may be gone. */
void pawl_sim_forget_(pawl_sim *sim);

/* ring.c: is anything ready? */
bool pawl_sim_is_ready_(const pawl_sim *sim);

/* Takes out what the function says, in order. */
void pawl_sim_purge_(pawl_sim *sim, bool (*is_wanted)(void *arg, void *what, enum sim_what kind),
		     void *arg);

/*
 * clock.c: time jumps to the next timer, and those of that instant fire. False: there is none up to
 * `until`, or the test has failed.
 */
bool pawl_sim_jump_(pawl_sim *sim, pawl_time until);

/* Time goes on to an instant: the timers up to there fire, each at its own. */
void pawl_sim_pass_(pawl_sim *sim, pawl_time until);

/* A ready task, in its turn. */
void pawl_sim_push_task_(pawl_sim *sim, pawl_task *t);

/*
 * In the middle of a poll of one of these: what is not on their thread may go on, other programs,
 * blocking work, processes. Leaves the poll when its program is killed meanwhile.
 */
void pawl_sim_beside_(pawl_sim *sim, struct sim_exec *x);

/* foreign.c: a simulator belongs to the thread that made it. */
void pawl_sim_own_(pawl_sim *sim);
void pawl_sim_disown_(pawl_sim *sim);
extern _Thread_local char pawl_sim_thread_; /* of each thread another address */

static inline bool pawl_sim_is_own_(const pawl_sim *sim)
{
	return sim->thread == &pawl_sim_thread_;
}

/* Is this its thread? If not, a test fails for what that thread did. */
bool pawl_sim_is_here_(pawl_sim *sim, const char *what, const pawl_task *t);
void pawl_sim_schedule_foreign_(pawl_sim *sim, pawl_task *t);
void pawl_sim_take_foreign_(pawl_sim *sim);

/*
 * numbers.c: who is who from run to run: numbers from 1 up, in the order of the first questions,
 * of tasks (SIM_TASK) and of their blocking work (SIM_WORK).
 */
int pawl_sim_numbers_new_(struct sim_numbers **ret);
void pawl_sim_numbers_free_(struct sim_numbers *n);
uint32_t pawl_sim_number_(struct sim_numbers *n, const pawl_task *t, enum sim_what kind);
/* It is dropped: what comes to be in its memory is somebody else, also when that was zeroed. */
void pawl_sim_numbers_forget_(struct sim_numbers *n, const pawl_task *t);
/* Memory for so many numbers, until it is next asked for. */
uint32_t *pawl_sim_numbers_room_(struct sim_numbers *n, uint32_t count);
void pawl_sim_forget_task_(pawl_sim *sim, const pawl_task *t); /* trace.c */

/* trace.c: what happens, for who asked for that. */
enum sim_event {
	SIM_EVENT_POLL,
	SIM_EVENT_BEFORE, /* it goes before the one that is ready longest */
	SIM_EVENT_HURRY,  /* time goes on though others are ready */
	SIM_EVENT_END,
	SIM_EVENT_WORK,
	SIM_EVENT_WAKE,
	SIM_EVENT_TIMER,
	SIM_EVENT_FIRE,
	SIM_EVENT_CALL,
	SIM_EVENT_FAULT,
	SIM_EVENT_NODE,
	SIM_EVENT_CUT,
	SIM_EVENT_LOST /* by the cut: a path */
};
int pawl_sim_tape_new_(struct sim_tape **ret);
void pawl_sim_tape_free_(struct sim_tape *tape);
void pawl_sim_tape_(pawl_sim *sim, enum sim_event e, const void *what, int64_t number,
		    const char *text);
/* Writes all of it as text, or for Perfetto, or only what was a choice and was not the plainest. */
enum sim_form { SIM_TEXT, SIM_JSON, SIM_SWITCHES };
void pawl_sim_tape_write_(const struct sim_tape *tape, enum sim_form form,
			  void (*write)(void *arg, const char *text), void *arg);
/* Who woke that task last, in words; "" when nobody did. */
void pawl_sim_tape_last_wake_(const struct sim_tape *tape, const pawl_task *t, char *buf,
			      size_t size);
/* Two lists of pawl_sim_list: what a power cut has changed. */
void pawl_sim_tape_lost_(pawl_sim *sim, const char *before, const char *after);
void pawl_sim_tape_call_(pawl_sim *sim, const char *call, const char *path);
#define SIM_TAPE(sim, ...)                                    \
	do {                                                  \
		if (__builtin_expect((sim)->tape != NULL, 0)) \
			pawl_sim_tape_((sim), __VA_ARGS__);   \
	} while (0)

/* node.c */

/* What tasks of programs that are no more are on: nothing comes of their wakes. */
extern pawl_exec pawl_sim_gone_;

static inline bool pawl_sim_is_lost_(const pawl_task *t)
{
	return t->exec_ == &pawl_sim_gone_;
}

/* Leaves the poll, or the stack, of what was killed. */
_Noreturn void pawl_sim_throw_killed_(void);

/* All tasks that are left belong to no executor from now on. */
void pawl_sim_lose_all_(pawl_sim *sim);

void pawl_sim_node_init_(pawl_sim_node *n, pawl_sim *sim, const char *name);
int pawl_sim_work_(pawl_sim_node *n, pawl_work *w); /* on a stack, for who has a world */
int pawl_sim_unwork_(pawl_sim_node *n, pawl_work *w);
void pawl_sim_nodes_free_(pawl_sim *sim);
/* Its poll ended by a throw: was that the end of its program? */
bool pawl_sim_was_killed_(pawl_sim *sim, const char *why);

/* case.c: the test that runs in this process; NULL: none */
extern pawl_sim *pawl_sim_tested_;
/* Back to where the test was called. */
_Noreturn void pawl_sim_leave_test_(void);

/* report.c: why a test fails; the first reason stays. */
void pawl_sim_fail_(pawl_sim *sim, enum sim_failure f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds who was left when the last run ended: the failure stays the same one. */
void pawl_sim_tell_left_(pawl_sim *sim);
/* Of a test that is about to crash: which poll it is in, or nothing. */
void pawl_sim_say_where_(const pawl_sim *sim, char *buf, size_t size);
/* Nothing is ready and no timer runs: who is left is written down, since it may not live long. */
unsigned pawl_sim_note_parked_(pawl_sim *sim);
/* Before and after a test: does it leave tasks, sessions, slots? */
void pawl_sim_leaks_begin_(pawl_sim *sim);
void pawl_sim_leaks_end_(pawl_sim *sim);

#endif
