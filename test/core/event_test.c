/* SPDX-License-Identifier: MIT */
/* Events: they stay set, a pulse reaches who waits, and who goes away leaves no trace. */
#include "waiter.h"

static int waits(struct waiter *w)
{
	return pawl_event_wait(&w->task, w->of);
}

TEST(set_lets_all_go_on_and_stays)
{
	pawl_local l;
	struct waiter w[3];
	pawl_event e;
	unsigned i;

	local_begin(&l);
	pawl_event_init(&e);
	CHECK(!pawl_event_is_set(&e));
	waiters_start(&l, w, 3, waits, &e);
	pawl_event_set(&e);
	pawl_event_set(&e);
	for (i = 0; i < 3; i++) {
		waiter_ends(&l, &w[i], 0);
		CHECK_UINT(w[i].polls, 2);
	}
	CHECK(pawl_event_is_set(&e));
	waiters_start(&l, w, 1, waits, &e);
	waiter_ends(&l, &w[0], 0);
	CHECK_UINT(w[0].polls, 1);
}

TEST(clear_is_heard_by_one)
{
	pawl_local l;
	struct waiter w[1];
	pawl_event e;

	local_begin(&l);
	pawl_event_init(&e);
	CHECK(!pawl_event_clear(&e));
	pawl_event_set(&e);
	CHECK(pawl_event_clear(&e));
	CHECK(!pawl_event_clear(&e));
	waiters_start(&l, w, 1, waits, &e);
	CHECK(!pawl_task_is_finished(&w[0].task));
	waiter_is_cancelled(&l, &w[0]);
}

TEST(pulse_reaches_those_who_wait)
{
	pawl_local l;
	struct waiter w[3];
	pawl_event e;

	local_begin(&l);
	pawl_event_init(&e);
	waiters_start(&l, w, 2, waits, &e);
	pawl_event_set(&e);
	pawl_event_clear(&e);
	waiters_start(&l, &w[2], 1, waits, &e);
	waiter_ends(&l, &w[0], 0);
	waiter_ends(&l, &w[1], 0);
	waiter_is_disturbed(&l, &w[2]);
	pawl_event_set(&e);
	waiter_ends(&l, &w[2], 0);
}

TEST(who_goes_away_leaves_no_trace)
{
	pawl_local l;
	struct waiter w[5];
	pawl_event e;

	local_begin(&l);
	pawl_event_init(&e);
	waiters_start(&l, w, 5, waits, &e);
	waiter_is_cancelled(&l, &w[1]);
	waiter_leaves(&l, &w[4]);
	pawl_event_set(&e);
	pawl_event_clear(&e);
	w[2].leaves = true; /* after it was set, before their polls */
	waiter_is_cancelled(&l, &w[0]);
	waiter_ends(&l, &w[2], LEFT);
	waiter_ends(&l, &w[3], 0);
	CHECK(!pawl_event_is_set(&e));
	waiters_start(&l, w, 1, waits, &e);
	pawl_event_set(&e);
	waiter_ends(&l, &w[0], 0);
}

static const struct kit_case cases[] = {
	CASE(set_lets_all_go_on_and_stays),
	CASE(clear_is_heard_by_one),
	CASE(pulse_reaches_those_who_wait),
	CASE(who_goes_away_leaves_no_trace),
};

KIT_MAIN(cases)
