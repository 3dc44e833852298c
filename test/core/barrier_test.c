/* SPDX-License-Identifier: MIT */
/* Barriers: one leader, round after round, and those who do not wait to the end. */
#include "waiter.h"

static int meets(struct waiter *w)
{
	return pawl_barrier_wait(&w->task, w->of, &w->is_leader);
}

/* All of them met, and this one is told to lead. */
static void met(pawl_local *l, struct waiter *w, unsigned n, unsigned leader)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		waiter_ends(l, &w[i], 0);
		CHECK_INT(w[i].is_leader, i == leader);
		CHECK_UINT(w[i].polls, i == leader ? 1 : 2);
	}
}

TEST(last_one_leads_in_each_round)
{
	pawl_local l;
	struct waiter w[4];
	pawl_barrier b;
	unsigned round;

	local_begin(&l);
	pawl_barrier_init(&b, 4);
	for (round = 0; round < 3; round++) {
		waiters_start(&l, w, 3, meets, &b);
		CHECK(!pawl_task_is_finished(&w[0].task));
		waiters_start(&l, &w[3], 1, meets, &b);
		met(&l, w, 4, 3);
	}
}

TEST(one_alone_does_not_wait)
{
	pawl_local l;
	struct waiter w[2];
	pawl_barrier b;

	local_begin(&l);
	pawl_barrier_init(&b, 1);
	waiters_start(&l, w, 2, meets, &b);
	met(&l, &w[0], 1, 0);
	met(&l, &w[1], 1, 0);
}

TEST(who_goes_away_was_never_here)
{
	pawl_local l;
	struct waiter w[3], gone[2];
	pawl_barrier b;
	unsigned round;

	local_begin(&l);
	pawl_barrier_init(&b, 3);
	for (round = 0; round < 3; round++) {
		waiters_start(&l, gone, 2, meets, &b);
		waiter_is_disturbed(&l, &gone[1]);
		waiter_is_cancelled(&l, &gone[0]);
		waiter_leaves(&l, &gone[1]);
		waiters_start(&l, w, 2, meets, &b);
		CHECK(!pawl_task_is_finished(&w[0].task));
		CHECK(!pawl_task_is_finished(&w[1].task));
		waiters_start(&l, &w[2], 1, meets, &b);
		met(&l, w, 3, 2);
	}
}

/* A meeting that took place stays one, and the next is not disturbed by it. */
TEST(cancel_after_the_meeting)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[3];
	pawl_barrier b;

	pawl_barrier_init(&b, 2);
	waiters_start(&l, w, 1, meets, &b);
	w[1] = (struct waiter){ .wait = meets, .of = &b };
	CHECK_INT(pawl_spawn(x, &w[1].task, waiter_poll), 0);
	CHECK_INT(pawl_poll_once(x), 0); /* the leader; the other was woken and not yet polled */
	pawl_cancel(&w[0].task);
	waiters_start(&l, &w[2], 1, meets, &b);
	CHECK(w[1].is_leader);
	waiter_ends(&l, &w[0], PAWL_ECANCELED);
	waiter_ends(&l, &w[1], 0);
	CHECK(!pawl_task_is_finished(&w[2].task));
	waiters_start(&l, w, 1, meets, &b);
	waiter_ends(&l, &w[0], 0);
	waiter_ends(&l, &w[2], 0);
}

static const struct kit_case cases[] = {
	CASE(last_one_leads_in_each_round),
	CASE(one_alone_does_not_wait),
	CASE(who_goes_away_was_never_here),
	CASE(cancel_after_the_meeting),
};

KIT_MAIN(cases)
