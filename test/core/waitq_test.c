/* SPDX-License-Identifier: MIT */
/* Wait queues: grants, what is given back, and tasks whose timer runs at the same time. */
#include "waiter.h"

struct thing {
	pawl_waitq waitq, other;
	unsigned backs, others_back;
};

static void back(void *of, pawl_woken *woken)
{
	(void)woken;
	((struct thing *)of)->backs++;
}

static void other_back(void *of, pawl_woken *woken)
{
	(void)woken;
	((struct thing *)of)->others_back++;
}

/* One thread runs all of this: the lock is not needed. */
static int waits(struct waiter *w)
{
	struct thing *th = w->of;

	if (pawl_waitq_take(&th->waitq, &w->task) || pawl_waitq_take(&th->other, &w->task))
		return 0;
	pawl_waitq_join(&th->waitq, &w->task, "a thing");
	return PAWL_PENDING;
}

static void begin(pawl_local *l, struct thing *th)
{
	local_begin(l);
	*th = (struct thing){ 0 };
	pawl_waitq_init(&th->waitq, th, back);
	pawl_waitq_init(&th->other, th, other_back);
}

TEST(first_come_first_granted)
{
	pawl_local l;
	struct thing th;
	struct waiter w[3];
	pawl_woken woken = { 0 };
	unsigned i;

	begin(&l, &th);
	waiters_start(&l, w, 3, waits, &th);
	CHECK_UINT(pawl_waitq_count(&th.waitq), 3);
	CHECK(pawl_waitq_first(&th.waitq) == &w[0].task);
	CHECK(pawl_waitq_has(&th.waitq, &w[2].task));
	CHECK(pawl_waitq_grant(&th.waitq, &woken));
	CHECK(!pawl_waitq_has(&th.waitq, &w[0].task));
	CHECK_UINT(pawl_waitq_grant_all(&th.waitq, &woken), 2);
	CHECK(!pawl_waitq_grant(&th.waitq, &woken));
	CHECK(pawl_waitq_is_empty(&th.waitq));
	CHECK_UINT(pawl_local_run(&l), 0); /* marked, and not yet scheduled */
	pawl_woken_schedule(&woken);
	for (i = 0; i < 3; i++) {
		CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
		CHECK(pawl_task_is_finished(&w[i].task));
	}
	pawl_woken_schedule(&woken);
	CHECK_UINT(pawl_local_run(&l), 0);
	waiter_ends(&l, &w[0], 0);
	waiter_ends(&l, &w[1], 0);
	waiter_ends(&l, &w[2], 0);
	CHECK_UINT(th.backs, 0);
}

TEST(grant_goes_back_where_it_came_from)
{
	pawl_local l;
	struct thing th;
	struct waiter w[3];
	pawl_woken woken = { 0 };

	begin(&l, &th);
	waiters_start(&l, w, 3, waits, &th);
	pawl_waitq_grant(&th.waitq, &woken);
	pawl_waitq_grant_as(&th.waitq, &th.other, &woken);
	pawl_woken_schedule(&woken);
	w[0].leaves = w[1].leaves = true;
	waiter_leaves(&l, &w[2]);
	waiter_ends(&l, &w[0], LEFT);
	waiter_ends(&l, &w[1], LEFT);
	CHECK_UINT(th.backs, 1);
	CHECK_UINT(th.others_back, 1);
}

/* Waits and sleeps at once: whichever comes first. */
static int waits_or_sleeps(struct waiter *w)
{
	int r = waits(w);

	return r == PAWL_PENDING ? pawl_sleep(&w->task, PAWL_MS(w->value)) : r;
}

/* Those between the woken ones in the list of sleepers sleep on, and are woken in time. */
TEST(grants_while_timers_run)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct thing th;
	struct waiter w[6];
	pawl_woken woken = { 0 };
	unsigned i;
	int outcome = 1;

	begin(&l, &th);
	for (i = 0; i < 6; i++) {
		w[i] = (struct waiter){ .wait = waits_or_sleeps, .of = &th };
		w[i].value = i % 2 ? 2 + (int)i % 3 : 10000 - (int)i;
		CHECK_INT(pawl_spawn(x, &w[i].task, waiter_poll), 0);
		CHECK_INT(pawl_poll_once(x), 0);
	}
	for (i = 0; i < 6; i++)
		if (i % 2) { /* to the end of the queue */
			pawl_waitq_leave(&th.waitq, &w[i].task);
			pawl_waitq_join(&th.waitq, &w[i].task, "a thing");
		}
	for (i = 0; i < 3; i++)
		pawl_waitq_grant(&th.waitq, &woken);
	pawl_woken_schedule(&woken);
	for (i = 0; i < 6; i++) {
		CHECK_INT(pawl_block_on(x, &w[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
		CHECK_UINT(w[i].polls, 2);
	}
	CHECK(pawl_waitq_is_empty(&th.waitq));
	CHECK_UINT(th.backs, 0);
}

static const struct kit_case cases[] = {
	CASE(first_come_first_granted),
	CASE(grant_goes_back_where_it_came_from),
	CASE(grants_while_timers_run),
};

KIT_MAIN(cases)
