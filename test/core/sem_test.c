/* SPDX-License-Identifier: MIT */
/* Semaphores: order, and permits that come back from those who do not want them any more. */
#include "fix.h"

struct waiter {
	pawl_task task;
	pawl_sem *sem;
	unsigned polls;
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

static const struct kit_case cases[] = {
	CASE(permits_go_in_order),
	CASE(granted_permit_cannot_be_stolen),
	CASE(permit_of_a_cancelled_task_goes_to_the_next),
	CASE(leaving_from_the_middle_keeps_the_order),
};

KIT_MAIN(cases)
