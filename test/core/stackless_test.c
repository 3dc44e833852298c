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

/* Two that give way in both forms: their marks alternate. */
struct turn {
	pawl_task task;
	char mark;
	char *text;
	unsigned *length;
	int i;
};

static int takes_turns(pawl_task *t)
{
	struct turn *m = PAWL_OF(t, struct turn, task);

	PAWL_BEGIN(t);
	for (m->i = 0; m->i < 3; m->i++) {
		m->text[(*m->length)++] = m->mark;
		PAWL_YIELD(t);
		m->text[(*m->length)++] = m->mark;
		PAWL_AWAIT(t, pawl_task_yield(t));
	}
	PAWL_END(t);
}

TEST(both_yields_let_the_other_run)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	char text[16] = "";
	unsigned length = 0;
	struct turn a = { .mark = 'a', .text = text, .length = &length };
	struct turn b = { .mark = 'b', .text = text, .length = &length };

	CHECK_INT(pawl_spawn(x, &a.task, takes_turns), 0);
	CHECK_INT(pawl_spawn(x, &b.task, takes_turns), 0);
	CHECK_INT(pawl_block_on(x, &a.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &b.task, NULL), 0);
	CHECK_STR(text, "abababababab");
}

static int yields_for_ever(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (;;)
		PAWL_YIELD(t);
	PAWL_END(t);
}

TEST(cancelled_task_leaves_at_its_yield)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };
	int outcome = 1, i;

	CHECK_INT(pawl_spawn(x, &t, yields_for_ever), 0);
	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_poll_once(x), 0);
	pawl_cancel(&t);
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
}

static const struct kit_case cases[] = {
	CASE(awaits_stand_in_loops_and_branches), CASE(await_as_keeps_the_result),
	CASE(failed_await_ends_the_task),         CASE(second_life_begins_anew),
	CASE(both_yields_let_the_other_run),      CASE(cancelled_task_leaves_at_its_yield),
};

KIT_MAIN(cases)
