/* SPDX-License-Identifier: MIT */
/* The suite of what every executor promises, and what a ground brings to run it. */
#ifndef PAWL_CONFORM_H
#define PAWL_CONFORM_H

#include <kit.h>
#include <pawl/pawl.h>

#if CONFORM_STACKFUL
#include "stackful.h"
#else
/* A task in a struct of a suite, with what the form in which it is written wants beside it. */
#define TASK(member) pawl_task member

static inline void stackful_check(void)
{
}
#endif

/* An executor to try, several times if its behaviour depends on the round. */
struct conform_ground {
	const char *name;
	unsigned rounds;
	pawl_exec *(*make)(const struct conform_ground *g, unsigned round);
	void (*drop)(pawl_exec *x);
	long param;
	/* Threads that poll background tasks in the order of priorities; 0: there is no such. */
	unsigned pollers;
	void (*relax)(void); /* lets other threads run */
};

/* What the ground's file defines. */
extern const struct conform_ground conform_grounds[];
extern const size_t conform_ground_count;

/*
 * A case runs twice: with the ground's executor, and with one that passes everything on to it and
 * counts how often a task was given to it.
 */
struct conform_exec {
	pawl_exec exec;
	pawl_exec *inner;
	pawl_exec_ops ops;
	uint32_t schedules;
};

struct conform_case {
	const char *name;
	void (*fn)(pawl_exec *x);
};

#define CONFORM(id) static void conform_##id(pawl_exec *x)
#define CONFORM_CASE(id)          \
	{                         \
#id, conform_##id \
	}

extern const struct conform_case conform_await_cases[];
extern const size_t conform_await_case_count;
extern const struct conform_case conform_task_cases[];
extern const size_t conform_task_case_count;
extern const struct conform_case conform_wait_cases[];
extern const size_t conform_wait_case_count;
extern const struct conform_case conform_sync_cases[];
extern const size_t conform_sync_case_count;
extern const struct conform_case conform_time_cases[];
extern const size_t conform_time_case_count;
extern const struct conform_case conform_end_cases[];
extern const size_t conform_end_case_count;
extern const struct conform_case conform_priority_cases[];
extern const size_t conform_priority_case_count;
extern const struct conform_case conform_exec_cases[];
extern const size_t conform_exec_case_count;

/* How many schedules there were on an executor of a case; 0 when nobody counts them. */
uint32_t conform_schedules(pawl_exec *x);

/* Checks how many there were, where somebody counts. */
void conform_check_schedules(pawl_exec *x, uint32_t want, const char *file, int line);
#define CHECK_SCHEDULES(x, want) conform_check_schedules((x), (want), __FILE__, __LINE__)

static inline uint32_t count_of(const uint32_t *n)
{
	return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static inline uint32_t count_up(uint32_t *n)
{
	return __atomic_add_fetch(n, 1, __ATOMIC_ACQ_REL);
}

/*
 * A task that counts what happens to it. Each of its polls also wakes the watcher, if it has one.
 */
struct probe {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	pawl_task *watcher;
	uint32_t polls, drops, busy;
	uint32_t go; /* leave at the next poll */
	int outcome; /* what to answer then */
	pawl_sem *sem;
	int result; /* of what it waited for */
};

/* Fills a probe and makes it its own owner, so that its drops are counted. */
void probe_init(struct probe *p, pawl_task *watcher);

/* That many polls are over: it waits, or it ended. */
static inline bool probe_was_polled(const struct probe *p, uint32_t polls)
{
	return count_of(&p->polls) == polls && !count_of(&p->busy);
}

/* Counts the poll; ends once `go` is set or the task was asked to stop. */
int probe_poll(pawl_task *t);

/* Counts the poll and waits for its semaphore; its result becomes the outcome. */
int probe_sem_poll(pawl_task *t);

/* Counts the poll and sleeps for a very long time. */
int probe_sleep_poll(pawl_task *t);

/* Counts the poll and ends. */
int probe_once_poll(pawl_task *t);

/* Spawns a task on the main thread, drives the executor until it ended, and answers its outcome. */
int conform_run(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll);

/* Of the ground of the running case. */
unsigned conform_pollers(void);
void conform_relax(void);

/* Waits until something is true that another task changes before it wakes this one. */
#define UNTIL(t, cond) PAWL_AWAIT(t, (cond) ? 0 : PAWL_PENDING)

#endif
