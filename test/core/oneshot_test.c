/* SPDX-License-Identifier: MIT */
/* Oneshots: one value, once; closing; and a receiver that goes away. */
#include "fix.h"

struct receiver {
	pawl_task task;
	pawl_oneshot *o;
	int value;
	bool leaves; /* at its next poll, without looking */
};

static int receives(pawl_task *t)
{
	struct receiver *r = PAWL_OF(t, struct receiver, task);

	return r->leaves ? PAWL_EINVAL : pawl_oneshot_recv(t, r->o, &r->value);
}

TEST(value_sent_before_and_after)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, v = 5;
	unsigned late;

	for (late = 0; late < 2; late++) {
		struct receiver r = { .o = &o };
		int outcome = 1;

		pawl_oneshot_init(&o, &slot, sizeof slot);
		if (!late)
			CHECK_INT(pawl_oneshot_send(&o, &v), 0);
		CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
		pawl_local_run(&l);
		if (late)
			CHECK_INT(pawl_oneshot_send(&o, &v), 0);
		CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
		CHECK_INT(outcome, 0);
		CHECK_INT(r.value, 5);
		CHECK_INT(pawl_oneshot_send(&o, &v), PAWL_EBUSY);
		CHECK_INT(run_one(x, &r.task, receives), PAWL_ECLOSED);
	}
}

TEST(close_without_a_value)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, outcome = 1;
	struct receiver r = { .o = &o };

	pawl_oneshot_init(&o, &slot, sizeof slot);
	CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
	pawl_local_run(&l);
	pawl_oneshot_close(&o);
	CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECLOSED);
	CHECK_INT(pawl_oneshot_send(&o, &slot), PAWL_ECLOSED);
}

TEST(close_keeps_a_value_that_was_sent)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, v = 6;
	struct receiver r = { .o = &o };

	pawl_oneshot_init(&o, &slot, sizeof slot);
	CHECK_INT(pawl_oneshot_send(&o, &v), 0);
	pawl_oneshot_close(&o);
	CHECK_INT(run_one(x, &r.task, receives), 0);
	CHECK_INT(r.value, 6);
}

TEST(value_for_a_cancelled_receiver_stays)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, v = 7, outcome = 1;
	struct receiver r = { .o = &o };

	pawl_oneshot_init(&o, &slot, sizeof slot);
	CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
	pawl_local_run(&l);
	CHECK_INT(pawl_oneshot_send(&o, &v), 0);
	pawl_cancel(&r.task);
	CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(run_one(x, &r.task, receives), 0);
	CHECK_INT(r.value, 7);
}

/* It may be sent before or after the receiver left without looking. */
TEST(value_for_one_who_left_stays)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, v = 8, outcome = 1;
	unsigned late;

	for (late = 0; late < 2; late++) {
		struct receiver r = { .o = &o };

		pawl_oneshot_init(&o, &slot, sizeof slot);
		CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
		pawl_local_run(&l);
		if (!late)
			CHECK_INT(pawl_oneshot_send(&o, &v), 0);
		r.leaves = true;
		pawl_wake(&r.task);
		CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
		CHECK_INT(outcome, PAWL_EINVAL);
		if (late)
			CHECK_INT(pawl_oneshot_send(&o, &v), 0);
		r.leaves = false;
		CHECK_INT(run_one(x, &r.task, receives), 0);
		CHECK_INT(r.value, 8);
	}
}

TEST(cancelled_receiver_hears_no_close)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, outcome = 1;
	struct receiver r = { .o = &o };

	pawl_oneshot_init(&o, &slot, sizeof slot);
	CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
	pawl_local_run(&l);
	pawl_oneshot_close(&o);
	pawl_oneshot_close(&o);
	pawl_cancel(&r.task);
	CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(run_one(x, &r.task, receives), PAWL_ECLOSED);
}

TEST(wake_for_nothing_is_no_value)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_oneshot o;
	int slot, v = 9, outcome = 1;
	struct receiver r = { .o = &o };

	pawl_oneshot_init(&o, &slot, sizeof slot);
	CHECK_INT(pawl_spawn(x, &r.task, receives), 0);
	pawl_local_run(&l);
	pawl_wake(&r.task);
	pawl_local_run(&l);
	CHECK(!pawl_task_is_finished(&r.task));
	CHECK_INT(pawl_oneshot_send(&o, &v), 0);
	CHECK_INT(pawl_block_on(x, &r.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(r.value, 9);
}

static const struct kit_case cases[] = {
	CASE(value_sent_before_and_after),       CASE(close_without_a_value),
	CASE(close_keeps_a_value_that_was_sent), CASE(value_for_a_cancelled_receiver_stays),
	CASE(value_for_one_who_left_stays),      CASE(cancelled_receiver_hears_no_close),
	CASE(wake_for_nothing_is_no_value),
};

KIT_MAIN(cases)
