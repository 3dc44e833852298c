/* SPDX-License-Identifier: MIT */
/* What the tests of awaitables share: a task that waits for one thing, or leaves without it. */
#ifndef PAWL_TEST_CORE_WAITER_H
#define PAWL_TEST_CORE_WAITER_H

#include "fix.h"

#define LEFT (-77)

struct waiter {
	pawl_task task;
	int (*wait)(struct waiter *w);
	void *of;
	bool leaves; /* ends at its next poll and does not look */
	bool is_leader;
	unsigned polls;
	uint32_t seen;
	int value;
};

static int waiter_poll(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	w->polls++;
	return w->leaves ? LEFT : w->wait(w);
}

/* Spawns some waiters and lets them wait. */
static inline void waiters_start(pawl_local *l, struct waiter *w, unsigned n,
				 int (*wait)(struct waiter *), void *of)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		w[i] = (struct waiter){ .wait = wait, .of = of };
		CHECK_INT(pawl_spawn(pawl_local_exec(l), &w[i].task, waiter_poll), 0);
	}
	pawl_local_run(l);
}

/* Drives a waiter to its end, which has to be this one. */
static inline void waiter_ends(pawl_local *l, struct waiter *w, int want)
{
	int outcome = 1;

	pawl_local_run(l);
	CHECK(pawl_task_is_finished(&w->task));
	CHECK_INT(pawl_block_on(pawl_local_exec(l), &w->task, &outcome), 0);
	CHECK_INT(outcome, want);
}

static inline void waiter_is_cancelled(pawl_local *l, struct waiter *w)
{
	pawl_cancel(&w->task);
	waiter_ends(l, w, PAWL_ECANCELED);
}

static inline void waiter_leaves(pawl_local *l, struct waiter *w)
{
	w->leaves = true;
	pawl_wake(&w->task);
	waiter_ends(l, w, LEFT);
}

/* A wake for nothing: the waiter looks and waits on. */
static inline void waiter_is_disturbed(pawl_local *l, struct waiter *w)
{
	unsigned polls = w->polls;

	pawl_wake(&w->task);
	pawl_local_run(l);
	CHECK_UINT(w->polls, polls + 1);
	CHECK(!pawl_task_is_finished(&w->task));
}

#endif
