/* SPDX-License-Identifier: MIT */
/* Semaphores: order, and permits that come back from those who do not want them any more. */
#include "fix.h"

struct waiter {
	pawl_task task;
	pawl_sem *sem;
	unsigned polls;
	unsigned n;
	bool leaves;
	pawl_sem_want want;
};

static int acquires(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	w->polls++;
	return pawl_sem_acquire(t, w->sem);
}

static void start(pawl_exec *x, struct waiter *w, unsigned n, pawl_sem *s)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		w[i] = (struct waiter){ .sem = s };
		CHECK_INT(pawl_spawn(x, &w[i].task, acquires), 0);
	}
}

static void stop(pawl_exec *x, struct waiter *w, int want)
{
	int outcome = 1;

	if (want == PAWL_ECANCELED)
		pawl_cancel(&w->task);
	CHECK_INT(pawl_block_on(x, &w->task, &outcome), 0);
	CHECK_INT(outcome, want);
}

TEST(permits_go_in_order)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[4];
	pawl_sem s;
	unsigned i;

	pawl_sem_init(&s, 1);
	start(x, w, 4, &s);
	pawl_local_run(&l);
	for (i = 0; i < 4; i++) {
		unsigned j;

		for (j = 0; j < 4; j++)
			CHECK_INT(pawl_task_is_finished(&w[j].task), j == i);
		stop(x, &w[i], 0);
		pawl_sem_release(&s);
		pawl_local_run(&l);
	}
	CHECK_UINT(pawl_sem_available(&s), 1);
}

/* A released permit belongs to the one who waits, though that did not run yet. */
TEST(granted_permit_cannot_be_stolen)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[1];
	pawl_sem s;

	pawl_sem_init(&s, 0);
	start(x, w, 1, &s);
	pawl_local_run(&l);
	pawl_sem_release(&s);
	CHECK_INT(pawl_sem_try_acquire(&s), PAWL_EBUSY);
	CHECK_UINT(pawl_sem_available(&s), 0);
	stop(x, &w[0], 0);
	CHECK_UINT(w[0].polls, 2);
}

TEST(permit_of_a_cancelled_task_goes_to_the_next)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[3];
	pawl_sem s;

	pawl_sem_init(&s, 0);
	start(x, w, 3, &s);
	pawl_local_run(&l);
	pawl_sem_release(&s);
	pawl_cancel(&w[0].task); /* after the grant, before its poll */
	pawl_local_run(&l);
	stop(x, &w[0], PAWL_ECANCELED);
	CHECK(pawl_task_is_finished(&w[1].task));
	CHECK(!pawl_task_is_finished(&w[2].task));
	stop(x, &w[1], 0);
	stop(x, &w[2], PAWL_ECANCELED);
	CHECK_UINT(pawl_sem_available(&s), 0);
	pawl_sem_release(&s);
	CHECK_INT(pawl_sem_try_acquire(&s), 0);
}

TEST(leaving_from_the_middle_keeps_the_order)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[5];
	pawl_sem s;
	unsigned i;

	pawl_sem_init(&s, 0);
	start(x, w, 5, &s);
	pawl_local_run(&l);
	stop(x, &w[2], PAWL_ECANCELED);
	stop(x, &w[4], PAWL_ECANCELED);
	stop(x, &w[0], PAWL_ECANCELED);
	for (i = 0; i < 2; i++)
		pawl_sem_release(&s);
	stop(x, &w[1], 0);
	stop(x, &w[3], 0);
	start(x, w, 1, &s);
	pawl_local_run(&l);
	pawl_sem_release(&s);
	stop(x, &w[0], 0);
}

static int acquires_many(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	w->polls++;
	if (w->leaves)
		return PAWL_EINVAL;
	return w->n == 1 ? pawl_sem_acquire(t, w->sem)
			 : pawl_sem_acquire_n(t, w->sem, &w->want, w->n);
}

/* One waiter for each number, until the 0. */
static void start_many(pawl_local *l, struct waiter *w, pawl_sem *s, const unsigned *n)
{
	unsigned i;

	for (i = 0; n[i]; i++) {
		w[i] = (struct waiter){ .sem = s, .n = n[i] };
		CHECK_INT(pawl_spawn(pawl_local_exec(l), &w[i].task, acquires_many), 0);
	}
	pawl_local_run(l);
}

static unsigned count_ended(const struct waiter *w, unsigned n)
{
	unsigned i, ended = 0;

	for (i = 0; i < n; i++)
		ended += pawl_task_is_finished(&w[i].task);
	return ended;
}

TEST(many_at_once_or_none)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[3];
	pawl_sem s;

	pawl_sem_init(&s, 5);
	CHECK_INT(pawl_sem_try_acquire_n(&s, 6), PAWL_EBUSY);
	CHECK_INT(pawl_sem_try_acquire_n(&s, 4), 0);
	CHECK_UINT(pawl_sem_available(&s), 1);
	start_many(&l, w, &s, (unsigned[]){ 3, 1, 2, 0 });
	CHECK_UINT(count_ended(w, 3), 0); /* the 1 there is waits for the first */
	CHECK_INT(pawl_sem_try_acquire(&s), PAWL_EBUSY);
	CHECK_UINT(pawl_sem_available(&s), 0);
	pawl_sem_release(&s);
	pawl_local_run(&l);
	CHECK_UINT(count_ended(w, 3), 0);
	CHECK_UINT(w[0].polls, 1); /* nobody is woken for less */
	pawl_sem_release_n(&s, 3);
	pawl_local_run(&l);
	CHECK_UINT(count_ended(w, 3), 2);
	CHECK_UINT(w[0].polls, 2);
	stop(x, &w[0], 0);
	stop(x, &w[1], 0);
	pawl_sem_release_n(&s, 4);
	stop(x, &w[2], 0);
	CHECK_UINT(pawl_sem_available(&s), 3);
	start_many(&l, w, &s, (unsigned[]){ 3, 0 });
	stop(x, &w[0], 0);
	CHECK_UINT(w[0].polls, 1);
	CHECK_UINT(pawl_sem_available(&s), 0);
}

/* Whoever leads the queue and leaves lets those behind it have what was kept. */
TEST(leaving_frees_what_was_kept)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[4];
	pawl_sem s;
	unsigned early;

	for (early = 0; early < 2; early++) {
		pawl_sem_init(&s, 2);
		start_many(&l, w, &s, (unsigned[]){ 3, 1, 1, 2, 0 });
		CHECK_UINT(count_ended(w, 4), 0);
		w[0].leaves = early;
		if (early)
			pawl_wake(&w[0].task);
		stop(x, &w[0], early ? PAWL_EINVAL : PAWL_ECANCELED);
		stop(x, &w[1], 0);
		stop(x, &w[2], 0);
		stop(x, &w[3], PAWL_ECANCELED);
		CHECK_UINT(pawl_sem_available(&s), 0);
	}
}

TEST(granted_permits_come_back)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[3];
	pawl_sem s;
	unsigned early;

	for (early = 0; early < 2; early++) {
		pawl_sem_init(&s, 0);
		start_many(&l, w, &s, (unsigned[]){ 3, 2, 2, 0 });
		pawl_sem_release_n(&s, 4);
		w[0].leaves = early; /* after the grant, before its poll */
		if (!early)
			pawl_cancel(&w[0].task);
		pawl_local_run(&l);
		CHECK_UINT(count_ended(w, 3), 3);
		stop(x, &w[0], early ? PAWL_EINVAL : PAWL_ECANCELED);
		stop(x, &w[1], 0);
		stop(x, &w[2], 0);
		CHECK_UINT(pawl_sem_available(&s), 0);
	}
}

TEST(wake_for_nothing_is_no_permit)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct waiter w[2];
	pawl_sem s;

	pawl_sem_init(&s, 1);
	start_many(&l, w, &s, (unsigned[]){ 2, 1, 0 });
	pawl_wake(&w[0].task);
	pawl_wake(&w[1].task);
	pawl_local_run(&l);
	CHECK_UINT(count_ended(w, 2), 0);
	CHECK_UINT(w[1].polls, 2);
	pawl_sem_release_n(&s, 2);
	stop(x, &w[0], 0);
	stop(x, &w[1], 0);
}

static const struct kit_case cases[] = {
	CASE(permits_go_in_order),
	CASE(granted_permit_cannot_be_stolen),
	CASE(permit_of_a_cancelled_task_goes_to_the_next),
	CASE(leaving_from_the_middle_keeps_the_order),
	CASE(many_at_once_or_none),
	CASE(leaving_frees_what_was_kept),
	CASE(granted_permits_come_back),
	CASE(wake_for_nothing_is_no_permit),
};

KIT_MAIN(cases)
