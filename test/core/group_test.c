/* SPDX-License-Identifier: MIT */
/* Groups: all joined once, the first selected and the others settled, and who does not wait on. */
#include "waiter.h"

#define CHILDREN 4

/* A child ends when it is told to; asked to stop, it may take some polls more. */
struct child {
	pawl_task task;
	bool ends;
	int outcome;
	unsigned lingers;
	unsigned polls;
};

static int child_poll(pawl_task *t)
{
	struct child *c = PAWL_OF(t, struct child, task);

	c->polls++;
	if (c->ends)
		return c->outcome;
	if (!pawl_cancelled(t))
		return PAWL_PENDING;
	if (!c->lingers)
		return PAWL_ECANCELED;
	c->lingers--;
	pawl_wake(t);
	return PAWL_PENDING;
}

struct family {
	pawl_local l;
	struct child c[CHILDREN];
	pawl_child list[CHILDREN];
	pawl_group g;
};

static void begin(struct family *f)
{
	pawl_exec *x;
	unsigned i;

	*f = (struct family){ 0 };
	x = local_begin(&f->l);
	f->g = (pawl_group){ .children = f->list, .count = CHILDREN };
	for (i = 0; i < CHILDREN; i++) {
		f->c[i].outcome = -50 - (int)i;
		f->list[i].task = &f->c[i].task;
		CHECK_INT(pawl_spawn(x, &f->c[i].task, child_poll), 0);
	}
	pawl_local_run(&f->l);
}

static void child_ends(struct family *f, unsigned i)
{
	f->c[i].ends = true;
	pawl_wake(&f->c[i].task);
	pawl_local_run(&f->l);
}

static int joins(struct waiter *w)
{
	return pawl_join_all(&w->task, w->of);
}

static int stops(struct waiter *w)
{
	return pawl_stop_all(&w->task, w->of);
}

static int selects(struct waiter *w)
{
	return pawl_select(&w->task, w->of);
}

/* All are joined, with these outcomes; a joined task may be spawned again. */
static void all_joined(struct family *f, const int *outcomes)
{
	unsigned i;

	for (i = 0; i < CHILDREN; i++) {
		CHECK(!f->list[i].task);
		CHECK_INT(f->list[i].outcome, outcomes[i]);
		f->c[i].ends = true;
		CHECK_INT(run_one(pawl_local_exec(&f->l), &f->c[i].task, child_poll), -50 - (int)i);
	}
}

static const int ended[CHILDREN] = { -50, -51, -52, -53 };
static const int stopped[CHILDREN] = { PAWL_ECANCELED, PAWL_ECANCELED, PAWL_ECANCELED,
				       PAWL_ECANCELED };

TEST(all_are_joined_in_any_order)
{
	static const unsigned orders[][CHILDREN] = { { 0, 1, 2, 3 },
						     { 3, 2, 1, 0 },
						     { 1, 3, 0, 2 } };
	struct family f;
	struct waiter w[1];
	unsigned i, o;

	for (o = 0; o < PAWL_COUNT(orders); o++) {
		begin(&f);
		waiters_start(&f.l, w, 1, joins, &f.g);
		for (i = 0; i < CHILDREN; i++) {
			waiter_is_disturbed(&f.l, &w[0]);
			child_ends(&f, orders[o][i]);
		}
		waiter_ends(&f.l, &w[0], 0);
		CHECK(w[0].polls <= 1 + CHILDREN + CHILDREN);
		all_joined(&f, ended);
	}
}

TEST(nothing_to_wait_for)
{
	struct family f;
	struct waiter w[1];
	unsigned i;

	begin(&f);
	for (i = 0; i < CHILDREN; i++)
		child_ends(&f, i);
	waiters_start(&f.l, w, 1, joins, &f.g);
	waiter_ends(&f.l, &w[0], 0);
	CHECK_UINT(w[0].polls, 1);
	all_joined(&f, ended);
	waiters_start(&f.l, w, 1, joins, &f.g); /* all of them NULL */
	waiter_ends(&f.l, &w[0], 0);
	waiters_start(&f.l, w, 1, stops, &f.g);
	waiter_ends(&f.l, &w[0], 0);
}

TEST(cancelled_join_leaves_the_rest)
{
	struct family f;
	struct waiter w[1];

	begin(&f);
	waiters_start(&f.l, w, 1, joins, &f.g);
	child_ends(&f, 0);
	child_ends(&f, 2);
	waiter_is_cancelled(&f.l, &w[0]);
	CHECK(!f.list[0].task);
	CHECK(f.list[1].task && f.list[2].task && f.list[3].task);
	CHECK_UINT(f.c[1].polls, 1); /* it heard nothing of this */
	waiters_start(&f.l, w, 1, stops, &f.g);
	waiter_ends(&f.l, &w[0], 0);
	all_joined(&f, (int[]){ -50, PAWL_ECANCELED, -52, PAWL_ECANCELED });
}

TEST(stop_goes_on_when_cancelled)
{
	struct family f;
	struct waiter w[1];

	begin(&f);
	f.c[1].lingers = 3;
	waiters_start(&f.l, w, 1, stops, &f.g);
	pawl_cancel(&w[0].task);
	waiter_ends(&f.l, &w[0], 0);
	all_joined(&f, stopped);
}

TEST(first_one_is_selected)
{
	struct family f;
	struct waiter w[1];
	unsigned i;

	for (i = 0; i < CHILDREN; i++) {
		int outcomes[CHILDREN] = { PAWL_ECANCELED, PAWL_ECANCELED, PAWL_ECANCELED,
					   PAWL_ECANCELED };

		begin(&f);
		f.c[(i + 1) % CHILDREN].lingers = 3;
		waiters_start(&f.l, w, 1, selects, &f.g);
		waiter_is_disturbed(&f.l, &w[0]);
		child_ends(&f, i);
		waiter_ends(&f.l, &w[0], 0);
		CHECK_UINT(f.g.first, i);
		outcomes[i] = ended[i];
		all_joined(&f, outcomes);
	}
}

TEST(one_that_ended_before_is_selected)
{
	struct family f;
	struct waiter w[1];

	begin(&f);
	child_ends(&f, 3);
	child_ends(&f, 1);
	waiters_start(&f.l, w, 1, selects, &f.g);
	waiter_ends(&f.l, &w[0], 0);
	CHECK_UINT(f.g.first, 1);
	all_joined(&f, (int[]){ PAWL_ECANCELED, -51, PAWL_ECANCELED, -53 });
}

/* It answers only when all have ended, also those that take their time. */
TEST(cancelled_select_settles_all)
{
	struct family f;
	struct waiter w[1];

	begin(&f);
	f.c[0].lingers = 2;
	f.c[3].lingers = 5;
	waiters_start(&f.l, w, 1, selects, &f.g);
	waiter_is_cancelled(&f.l, &w[0]);
	CHECK_UINT(f.c[3].lingers, 0);
	all_joined(&f, stopped);
}

TEST(cancelled_before_it_selected)
{
	pawl_exec *x;
	struct family f;
	struct waiter w[1];

	begin(&f);
	x = pawl_local_exec(&f.l);
	w[0] = (struct waiter){ .wait = selects, .of = &f.g };
	CHECK_INT(pawl_spawn(x, &w[0].task, waiter_poll), 0);
	waiter_is_cancelled(&f.l, &w[0]);
	all_joined(&f, stopped);
}

/* The winner is known; the task is asked to stop while the others take their time. */
TEST(cancelled_while_it_settles)
{
	struct family f;
	struct waiter w[1];

	begin(&f);
	f.c[0].lingers = UINT32_MAX;
	waiters_start(&f.l, w, 1, selects, &f.g);
	f.c[2].ends = true;
	pawl_wake(&f.c[2].task);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&f.l)), 0); /* the winner ends */
	CHECK_INT(pawl_poll_once(pawl_local_exec(&f.l)), 0); /* the others are asked to stop */
	pawl_cancel(&w[0].task);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&f.l)), 0);
	CHECK(!pawl_task_is_finished(&w[0].task));
	f.c[0].lingers = 0;
	waiter_ends(&f.l, &w[0], PAWL_ECANCELED);
	CHECK_UINT(f.g.first, 2);
	all_joined(&f, (int[]){ PAWL_ECANCELED, PAWL_ECANCELED, -52, PAWL_ECANCELED });
}

/* Who ends in the middle of it leaves children that anybody may join. */
TEST(left_children_belong_to_the_caller)
{
	struct family f;
	struct waiter w[2];
	int round;

	for (round = 0; round < 2; round++) {
		begin(&f);
		waiters_start(&f.l, &w[0], 1, round ? selects : joins, &f.g);
		waiter_leaves(&f.l, &w[0]);
		child_ends(&f, 1);
		waiters_start(&f.l, &w[1], 1, selects, &f.g);
		waiter_ends(&f.l, &w[1], 0);
		CHECK_UINT(f.g.first, 1);
		all_joined(&f, (int[]){ PAWL_ECANCELED, -51, PAWL_ECANCELED, PAWL_ECANCELED });
	}
}

static void select_of_nothing(void *arg)
{
	pawl_local l;
	struct waiter w[1];
	pawl_child none = { 0 };
	pawl_group g = { .children = &none, .count = 1 };

	(void)arg;
	local_begin(&l);
	waiters_start(&l, w, 1, selects, &g);
}

TEST(misuse_ends_the_program)
{
	CHECK_ABORTS(select_of_nothing, NULL);
}

static const struct kit_case cases[] = {
	CASE(all_are_joined_in_any_order),    CASE(nothing_to_wait_for),
	CASE(cancelled_join_leaves_the_rest), CASE(stop_goes_on_when_cancelled),
	CASE(first_one_is_selected),          CASE(one_that_ended_before_is_selected),
	CASE(cancelled_select_settles_all),   CASE(cancelled_before_it_selected),
	CASE(cancelled_while_it_settles),     CASE(left_children_belong_to_the_caller),
	CASE(misuse_ends_the_program),
};

KIT_MAIN(cases)
