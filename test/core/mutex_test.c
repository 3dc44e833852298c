/* SPDX-License-Identifier: MIT */
/* Mutexes: order, who owns them, and the hand-over to somebody who does not come. */
#include "waiter.h"

static int locks(struct waiter *w)
{
	return pawl_mutex_lock(&w->task, w->of);
}

/* A holder: the lock stays with the task's memory until the test unlocks it in its name. */
static void hold(pawl_mutex *m, pawl_task *t)
{
	CHECK_INT(pawl_mutex_try_lock(t, m), 0);
}

TEST(handed_over_in_order)
{
	pawl_local l;
	struct waiter w[4];
	pawl_task other = { 0 };
	pawl_mutex m;
	unsigned i;

	local_begin(&l);
	pawl_mutex_init(&m);
	waiters_start(&l, w, 4, locks, &m);
	for (i = 0; i < 4; i++) {
		waiter_ends(&l, &w[i], 0);
		CHECK_UINT(w[i].polls, i == 0 ? 1 : 2);
		if (i < 3)
			waiter_is_disturbed(&l, &w[3]);
		CHECK_INT(pawl_mutex_try_lock(&other, &m), PAWL_EBUSY);
		w[3].polls = 1;
		pawl_mutex_unlock(&w[i].task, &m);
		/* It is the next one's already. */
		CHECK_INT(pawl_mutex_try_lock(&other, &m), i < 3 ? PAWL_EBUSY : 0);
	}
	pawl_mutex_unlock(&other, &m);
}

TEST(who_goes_away_is_passed_over)
{
	pawl_local l;
	struct waiter w[5];
	pawl_task holder = { 0 };
	pawl_mutex m;

	local_begin(&l);
	pawl_mutex_init(&m);
	hold(&m, &holder);
	waiters_start(&l, w, 5, locks, &m);
	waiter_is_cancelled(&l, &w[1]);
	pawl_mutex_unlock(&holder, &m);
	waiter_is_cancelled(&l, &w[0]); /* it was handed over to this one */
	waiter_ends(&l, &w[2], 0);
	pawl_mutex_unlock(&w[2].task, &m);
	waiter_leaves(&l, &w[3]);
	waiter_ends(&l, &w[4], 0);
	CHECK_INT(pawl_mutex_try_lock(&holder, &m), PAWL_EBUSY);
	pawl_mutex_unlock(&w[4].task, &m);
	hold(&m, &holder);
	pawl_mutex_unlock(&holder, &m);
}

TEST(free_again_when_the_last_does_not_come)
{
	pawl_local l;
	struct waiter w[1];
	pawl_task holder = { 0 };
	pawl_mutex m;

	local_begin(&l);
	pawl_mutex_init(&m);
	hold(&m, &holder);
	waiters_start(&l, w, 1, locks, &m);
	pawl_mutex_unlock(&holder, &m);
	waiter_is_cancelled(&l, &w[0]);
	hold(&m, &holder);
	pawl_mutex_unlock(&holder, &m);
}

static void unlock_of_another(void *arg)
{
	pawl_task a = { 0 }, b = { 0 };

	hold(arg, &a);
	pawl_mutex_unlock(&b, arg);
}

static void unlock_of_nobody(void *arg)
{
	pawl_task a = { 0 };

	pawl_mutex_unlock(&a, arg);
}

static void relock(void *arg)
{
	pawl_task a = { 0 };

	hold(arg, &a);
	CHECK(pawl_mutex_lock(&a, arg) <= PAWL_PENDING);
}

static void relock_by_trying(void *arg)
{
	pawl_task a = { 0 };

	hold(arg, &a);
	hold(arg, &a);
}

TEST(misuse_ends_the_program)
{
	pawl_mutex m;

	pawl_mutex_init(&m);
	CHECK_ABORTS(unlock_of_another, &m);
	CHECK_ABORTS(unlock_of_nobody, &m);
	CHECK_ABORTS(relock, &m);
	CHECK_ABORTS(relock_by_trying, &m);
}

static const struct kit_case cases[] = {
	CASE(handed_over_in_order),
	CASE(who_goes_away_is_passed_over),
	CASE(free_again_when_the_last_does_not_come),
	CASE(misuse_ends_the_program),
};

KIT_MAIN(cases)
