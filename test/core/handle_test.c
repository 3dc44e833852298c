/* SPDX-License-Identifier: MIT */
/* What handles tell: ids, tasks that ended before they began, and who was cancelled. */
#include "fix.h"

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

struct waiter {
	pawl_task task;
	pawl_sem *sem;
	pawl_task *child;
	unsigned polls;
	int result, outcome;
	bool was_cancelled;
};

static int waits_for_sem(pawl_task *t)
{
	return pawl_sem_acquire(t, PAWL_OF(t, struct waiter, task)->sem);
}

/* Passes on what something answered that it used. */
static int ends_cancelled(pawl_task *t)
{
	(void)t;
	return PAWL_ECANCELED;
}

static int does_not_listen(pawl_task *t)
{
	int r = waits_for_sem(t);

	return r == PAWL_ECANCELED ? 0 : r;
}

static int joins(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	w->polls++;
	w->result = pawl_join_fallible(t, w->child, &w->was_cancelled, &w->outcome);
	return w->result;
}

TEST(ids_differ)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t[3] = { 0 };
	uint64_t first, again;

	for (unsigned i = 0; i < 3; i++)
		CHECK_INT(pawl_spawn(x, &t[i], ends), 0);
	first = pawl_task_id(&t[0]);
	CHECK(first != 0);
	CHECK(first != pawl_task_id(&t[1]));
	CHECK(pawl_task_id(&t[1]) != pawl_task_id(&t[2]));
	CHECK(first == pawl_task_id(&t[0]));
	pawl_local_run(&l);
	CHECK(first == pawl_task_id(&t[0]));
	for (unsigned i = 0; i < 3; i++)
		pawl_detach(&t[i]);
	CHECK_INT(pawl_spawn(x, &t[0], ends), 0);
	again = pawl_task_id(&t[0]);
	CHECK(again != first);
	CHECK_INT(pawl_block_on(x, &t[0], NULL), 0);
}

TEST(ready_task_ended_before_it_began)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };
	struct waiter w = { .child = &t, .outcome = 1 };

	pawl_task_ready(x, &t, PAWL_ENOENT);
	CHECK(pawl_task_is_finished(&t));
	CHECK(pawl_here(&t) == x);
	CHECK_STR(pawl_task_name(&t), "ready");
	CHECK_STR(pawl_task_wait(&t), "done");
	CHECK(pawl_task_place(&t)[0] != 0);
	CHECK_UINT(pawl_live_tasks(), 1);
	CHECK_INT(pawl_poll_once(x), PAWL_PENDING);
	pawl_wake(&t);
	pawl_cancel(&t);
	CHECK(!pawl_cancelled(&t));
	CHECK_INT(run_one(x, &w.task, joins), 0);
	CHECK_INT(w.outcome, PAWL_ENOENT);
	CHECK(!w.was_cancelled);
	CHECK_UINT(w.polls, 1);
}

struct once {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	unsigned drops;
};

static void drop(pawl_task_owner *o, pawl_task *t)
{
	(void)t;
	PAWL_OF(o, struct once, owner)->drops++;
}

TEST(ready_task_is_dropped_once)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct once o = { .owner = { drop } };
	int outcome = 1;

	pawl_task_own(&o, task, &o.owner);
	pawl_task_ready(x, &o.task, 0);
	pawl_detach(&o.task);
	CHECK_UINT(o.drops, 1);
	pawl_task_ready(x, &o.task, PAWL_EIO);
	CHECK_UINT(o.drops, 1);
	CHECK_INT(pawl_block_on(x, &o.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_EIO);
	CHECK_UINT(o.drops, 2);
}

struct selector {
	pawl_task task;
	pawl_group group;
};

static int selects(pawl_task *t)
{
	return pawl_select(t, &PAWL_OF(t, struct selector, task)->group);
}

TEST(ready_task_wins_a_select)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_sem sem;
	struct waiter w = { .sem = &sem };
	pawl_task ready = { 0 };
	pawl_child c[2] = { { .task = &w.task }, { .task = &ready } };
	struct selector s = { .group = { .children = c, .count = 2 } };

	pawl_sem_init(&sem, 0);
	CHECK_INT(pawl_spawn(x, &w.task, waits_for_sem), 0);
	pawl_task_ready(x, &ready, PAWL_EIO);
	CHECK_INT(run_one(x, &s.task, selects), 0);
	CHECK_UINT(s.group.first, 1);
	CHECK_INT(c[0].outcome, PAWL_ECANCELED);
	CHECK_INT(c[1].outcome, PAWL_EIO);
}

static struct waiter joined(pawl_poll_fn *poll, bool cancel, unsigned permits)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_sem sem;
	struct waiter child = { .sem = &sem };
	struct waiter w = { .child = &child.task, .outcome = 1 };

	pawl_sem_init(&sem, permits);
	CHECK_INT(pawl_spawn(x, &child.task, poll), 0);
	pawl_local_run(&l);
	if (cancel)
		pawl_cancel(&child.task);
	CHECK_INT(run_one(x, &w.task, joins), 0);
	return w;
}

TEST(fallible_tells_a_cancel_from_a_failure)
{
	struct waiter w = joined(waits_for_sem, true, 0);

	CHECK(w.was_cancelled);
	CHECK_INT(w.outcome, PAWL_ECANCELED);
	w = joined(ends_cancelled, false, 0);
	CHECK(!w.was_cancelled);
	CHECK_INT(w.outcome, PAWL_ECANCELED);
	w = joined(does_not_listen, true, 0);
	CHECK(!w.was_cancelled);
	CHECK_INT(w.outcome, 0);
	w = joined(waits_for_sem, true, 1); /* it had ended already */
	CHECK(!w.was_cancelled);
	CHECK_INT(w.outcome, 0);
	w = joined(ends_cancelled, true, 0); /* asked after its end */
	CHECK(!w.was_cancelled);
}

TEST(fallible_joiner_can_be_cancelled)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_sem sem;
	struct waiter child = { .sem = &sem };
	struct waiter w = { .child = &child.task, .outcome = 1 };
	int outcome = 1;

	pawl_sem_init(&sem, 0);
	CHECK_INT(pawl_spawn(x, &child.task, waits_for_sem), 0);
	CHECK_INT(pawl_spawn(x, &w.task, joins), 0);
	pawl_local_run(&l);
	pawl_cancel(&w.task);
	CHECK_INT(pawl_block_on(x, &w.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(w.outcome, 1);
	CHECK_UINT(w.polls, 2);
	pawl_cancel(&child.task);
	CHECK_INT(pawl_block_on(x, &child.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
}

static const struct kit_case cases[] = {
	CASE(ids_differ),
	CASE(ready_task_ended_before_it_began),
	CASE(ready_task_is_dropped_once),
	CASE(ready_task_wins_a_select),
	CASE(fallible_tells_a_cancel_from_a_failure),
	CASE(fallible_joiner_can_be_cancelled),
};

KIT_MAIN(cases)
