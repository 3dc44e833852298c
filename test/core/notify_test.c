/* SPDX-License-Identifier: MIT */
/* Notices: one is kept at most, one is handed on, and those for all are for those who wait. */
#include "waiter.h"

static int waits(struct waiter *w)
{
	return pawl_notify_wait(&w->task, w->of);
}

/* How many of the next waiters need not wait; afterwards nothing is kept. */
static unsigned kept(pawl_local *l, pawl_notify *n)
{
	struct waiter w[1];
	unsigned count = 0;

	for (;;) {
		waiters_start(l, w, 1, waits, n);
		if (!pawl_task_is_finished(&w[0].task))
			break;
		waiter_ends(l, &w[0], 0);
		count++;
	}
	waiter_is_cancelled(l, &w[0]);
	return count;
}

TEST(one_is_kept_at_most)
{
	pawl_local l;
	pawl_notify n;

	local_begin(&l);
	pawl_notify_init(&n);
	CHECK_UINT(kept(&l, &n), 0);
	pawl_notify_one(&n);
	CHECK_UINT(kept(&l, &n), 1);
	pawl_notify_one(&n);
	pawl_notify_one(&n);
	CHECK_UINT(kept(&l, &n), 1);
	pawl_notify_all(&n);
	CHECK_UINT(kept(&l, &n), 0);
}

TEST(each_one_wakes_the_next)
{
	pawl_local l;
	struct waiter w[3];
	pawl_notify n;

	local_begin(&l);
	pawl_notify_init(&n);
	waiters_start(&l, w, 3, waits, &n);
	pawl_notify_one(&n);
	pawl_notify_one(&n); /* two wait: nothing is merged */
	waiter_ends(&l, &w[0], 0);
	waiter_ends(&l, &w[1], 0);
	waiter_is_disturbed(&l, &w[2]);
	pawl_notify_one(&n);
	waiter_ends(&l, &w[2], 0);
	CHECK_UINT(w[1].polls, 2);
	CHECK_UINT(kept(&l, &n), 0);
}

TEST(notice_of_one_who_goes_away_is_handed_on)
{
	pawl_local l;
	struct waiter w[3];
	pawl_notify n;

	local_begin(&l);
	pawl_notify_init(&n);
	waiters_start(&l, w, 3, waits, &n);
	pawl_notify_one(&n);
	waiter_is_cancelled(&l, &w[0]);
	waiter_ends(&l, &w[1], 0);
	pawl_notify_one(&n);
	waiter_leaves(&l, &w[2]);
	CHECK_UINT(kept(&l, &n), 1);
}

TEST(notice_for_all_is_not_handed_on)
{
	pawl_local l;
	struct waiter w[5];
	pawl_notify n;

	local_begin(&l);
	pawl_notify_init(&n);
	waiters_start(&l, w, 4, waits, &n);
	pawl_notify_one(&n);
	pawl_notify_all(&n);
	w[2].leaves = true;
	pawl_cancel(&w[1].task);
	waiters_start(&l, &w[4], 1, waits, &n);
	waiter_ends(&l, &w[1], PAWL_ECANCELED);
	waiter_ends(&l, &w[2], LEFT);
	waiter_ends(&l, &w[0], 0);
	waiter_ends(&l, &w[3], 0);
	waiter_is_disturbed(&l, &w[4]);
	waiter_is_cancelled(&l, &w[4]);
	CHECK_UINT(kept(&l, &n), 0);
}

/* Both kinds are on their way: only the one for one comes back. */
TEST(kinds_are_not_confused)
{
	pawl_local l;
	struct waiter w[3];
	pawl_notify n;

	local_begin(&l);
	pawl_notify_init(&n);
	waiters_start(&l, w, 2, waits, &n);
	pawl_notify_one(&n);
	pawl_notify_all(&n);
	pawl_cancel(&w[0].task);
	pawl_cancel(&w[1].task);
	waiters_start(&l, &w[2], 1, waits, &n);
	waiter_ends(&l, &w[0], PAWL_ECANCELED);
	waiter_ends(&l, &w[1], PAWL_ECANCELED);
	waiter_ends(&l, &w[2], 0);
	CHECK_UINT(kept(&l, &n), 0);
}

static const struct kit_case cases[] = {
	CASE(one_is_kept_at_most),
	CASE(each_one_wakes_the_next),
	CASE(notice_of_one_who_goes_away_is_handed_on),
	CASE(notice_for_all_is_not_handed_on),
	CASE(kinds_are_not_confused),
};

KIT_MAIN(cases)
