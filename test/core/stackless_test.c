/* SPDX-License-Identifier: MIT */
/* The stackless form: awaits in loops and branches, results kept, early ends. */
#include "fix.h"

struct frame {
	pawl_task task;
	int i, sum, r;
	pawl_sem sem;
};

static struct frame *frame_of(pawl_task *t)
{
	return PAWL_OF(t, struct frame, task);
}

static int loops(pawl_task *t)
{
	struct frame *f = frame_of(t);

	PAWL_BEGIN(t);
	for (f->i = 0; f->i < 10; f->i++) {
		if (f->i % 2) {
			PAWL_AWAIT(t, pawl_task_yield(t));
			f->sum += 1;
		} else {
			PAWL_AWAIT(t, pawl_task_yield(t));
			f->sum += 100;
		}
	}
	PAWL_END(t);
}

TEST(awaits_stand_in_loops_and_branches)
{
	pawl_local l;
	struct frame f = { 0 };

	CHECK_INT(run_one(local_begin(&l), &f.task, loops), 0);
	CHECK_INT(f.sum, 505);
}

static int keeps_the_result(pawl_task *t)
{
	struct frame *f = frame_of(t);

	PAWL_BEGIN(t);
	pawl_sem_init(&f->sem, 0);
	PAWL_AWAIT_AS(t, f->r, pawl_sem_acquire(t, &f->sem));
	f->sum = 1;
	if (f->r == PAWL_ECANCELED)
		return -5;
	PAWL_END(t);
}

TEST(await_as_keeps_the_result)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct frame f = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, &f.task, keeps_the_result), 0);
	pawl_local_run(&l);
	pawl_cancel(&f.task);
	CHECK_INT(pawl_block_on(x, &f.task, &outcome), 0);
	CHECK_INT(outcome, -5);
	CHECK_INT(f.sum, 1);
}

static int fails_at_once(pawl_task *t)
{
	struct frame *f = frame_of(t);

	PAWL_BEGIN(t);
	f->sum = 1;
	PAWL_AWAIT(t, PAWL_ETIMEDOUT);
	f->sum = 2;
	PAWL_END(t);
}

TEST(failed_await_ends_the_task)
{
	pawl_local l;
	struct frame f = { 0 };

	CHECK_INT(run_one(local_begin(&l), &f.task, fails_at_once), PAWL_ETIMEDOUT);
	CHECK_INT(f.sum, 1);
}

/* A task that is spawned again begins at its beginning. */
TEST(second_life_begins_anew)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct frame f = { 0 };

	CHECK_INT(run_one(x, &f.task, loops), 0);
	CHECK_INT(run_one(x, &f.task, loops), 0);
	CHECK_INT(f.sum, 1010);
}

static const struct kit_case cases[] = {
	CASE(awaits_stand_in_loops_and_branches),
	CASE(await_as_keeps_the_result),
	CASE(failed_await_ends_the_task),
	CASE(second_life_begins_anew),
};

KIT_MAIN(cases)
