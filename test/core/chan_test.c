/* SPDX-License-Identifier: MIT */
/* Channels: order, room, grants that come back, and closing. */
#include "fix.h"

PAWL_CHAN(numbers, int, 2);
PAWL_CHAN(pointers, int *, 1);
PAWL_CHAN(words, const char *, 1);

struct end {
	pawl_task task;
	int value;
	bool leaves; /* at its next poll, without looking */
	unsigned polls;
};

static int receives(pawl_task *t)
{
	struct end *e = PAWL_OF(t, struct end, task);

	e->polls++;
	return e->leaves ? PAWL_EINVAL : numbers_recv(t, &e->value);
}

static int sends(pawl_task *t)
{
	struct end *e = PAWL_OF(t, struct end, task);

	e->polls++;
	return e->leaves ? PAWL_EINVAL : numbers_send(t, &e->value);
}

static void start(pawl_exec *x, struct end *e, pawl_poll_fn *poll, int value)
{
	*e = (struct end){ .value = value };
	CHECK_INT(pawl_spawn(x, &e->task, poll), 0);
}

static void stop(pawl_exec *x, struct end *e, int want)
{
	int outcome = 1;

	if (want == PAWL_ECANCELED)
		pawl_cancel(&e->task);
	CHECK_INT(pawl_block_on(x, &e->task, &outcome), 0);
	CHECK_INT(outcome, want);
}

static int try_recv(void)
{
	int v = -1, r = numbers_try_recv(&v);

	return r ? r : v;
}

TEST(values_keep_their_order)
{
	int i, v, next = 100;

	numbers_init();
	CHECK_INT(try_recv(), PAWL_PENDING);
	for (i = 100; i < 110; i++) {
		CHECK_INT(numbers_try_send(&i), 0);
		if (pawl_chan_count(&numbers) == 2) {
			CHECK_INT(numbers_try_send(&i), PAWL_EFULL);
			CHECK_INT(numbers_try_recv(&v), 0);
			CHECK_INT(v, next++);
		}
	}
	CHECK_INT(try_recv(), 109);
}

TEST(senders_wait_for_room_in_order)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end s[4];
	int i;

	numbers_init();
	for (i = 0; i < 4; i++)
		start(x, &s[i], sends, i + 1);
	pawl_local_run(&l);
	CHECK(pawl_task_is_finished(&s[1].task));
	CHECK(!pawl_task_is_finished(&s[2].task));
	CHECK_INT(try_recv(), 1);
	/* The room is the third sender's now. */
	CHECK_INT(numbers_try_send(&i), PAWL_EFULL);
	pawl_local_run(&l);
	CHECK_INT(try_recv(), 2);
	pawl_local_run(&l);
	CHECK_INT(try_recv(), 3);
	CHECK_INT(try_recv(), 4);
	for (i = 0; i < 4; i++)
		stop(x, &s[i], 0);
}

TEST(value_for_a_cancelled_receiver_is_not_lost)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[2];
	int v = 8;

	numbers_init();
	start(x, &r[0], receives, 0);
	start(x, &r[1], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	CHECK_INT(try_recv(), PAWL_PENDING); /* it is set aside */
	stop(x, &r[0], PAWL_ECANCELED);
	stop(x, &r[1], 0);
	CHECK_INT(r[1].value, 8);
	start(x, &r[0], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	stop(x, &r[0], PAWL_ECANCELED);
	CHECK_INT(try_recv(), 8);
}

TEST(room_for_a_cancelled_sender_is_not_lost)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end s[4];
	int i, v = 9;

	numbers_init();
	for (i = 0; i < 4; i++)
		start(x, &s[i], sends, i);
	pawl_local_run(&l);
	CHECK_INT(try_recv(), 0);
	stop(x, &s[2], PAWL_ECANCELED);
	stop(x, &s[3], 0);
	CHECK_INT(try_recv(), 1);
	CHECK_INT(try_recv(), 3);
	stop(x, &s[0], 0);
	stop(x, &s[1], 0);
	CHECK_INT(numbers_try_send(&v), 0);
	CHECK_INT(numbers_try_send(&v), 0);
}

TEST(close_wakes_all_and_keeps_what_is_in)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[3], s[3];
	int i, v = 1;

	numbers_init();
	for (i = 0; i < 3; i++)
		start(x, &r[i], receives, 0);
	pawl_local_run(&l);
	pawl_chan_close(&numbers);
	for (i = 0; i < 3; i++)
		stop(x, &r[i], PAWL_ECLOSED);
	CHECK_INT(numbers_try_send(&v), PAWL_ECLOSED);

	numbers_init();
	for (i = 0; i < 3; i++)
		start(x, &s[i], sends, 10 + i);
	pawl_local_run(&l);
	pawl_chan_close(&numbers);
	stop(x, &s[0], 0);
	stop(x, &s[1], 0);
	stop(x, &s[2], PAWL_ECLOSED);
	CHECK_INT(try_recv(), 10);
	CHECK_INT(try_recv(), 11);
	CHECK_INT(try_recv(), PAWL_ECLOSED);
}

/*
 * The value is granted to one, the other waits; when the one takes it, the other learns of the
 * close.
 */
TEST(close_with_a_value_on_its_way)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[2];
	int v = 3;

	numbers_init();
	start(x, &r[0], receives, 0);
	start(x, &r[1], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	pawl_chan_close(&numbers);
	stop(x, &r[0], 0);
	CHECK_INT(r[0].value, 3);
	stop(x, &r[1], PAWL_ECLOSED);
}

/* Who ends without looking leaves its value, or its room, to the next. */
TEST(who_leaves_after_its_grant_takes_nothing)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[3], s[4];
	int i, v = 21;

	numbers_init();
	for (i = 0; i < 3; i++)
		start(x, &r[i], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	r[0].leaves = true;
	stop(x, &r[0], PAWL_EINVAL);
	stop(x, &r[1], 0);
	CHECK_INT(r[1].value, 21);
	r[2].leaves = true; /* without a grant */
	pawl_wake(&r[2].task);
	stop(x, &r[2], PAWL_EINVAL);

	for (i = 0; i < 4; i++)
		start(x, &s[i], sends, i);
	pawl_local_run(&l);
	s[2].leaves = true;
	CHECK_INT(try_recv(), 0);
	stop(x, &s[2], PAWL_EINVAL);
	stop(x, &s[3], 0);
	CHECK_INT(try_recv(), 1);
	CHECK_INT(try_recv(), 3);
	CHECK_INT(try_recv(), PAWL_PENDING);
	stop(x, &s[0], 0);
	stop(x, &s[1], 0);
}

/* Room was set aside, and then the channel was closed: the value is not in it. */
TEST(close_takes_granted_room_back)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end s[4];
	int i;

	numbers_init();
	for (i = 0; i < 4; i++)
		start(x, &s[i], sends, i);
	pawl_local_run(&l);
	CHECK_INT(try_recv(), 0);
	pawl_chan_close(&numbers);
	pawl_chan_close(&numbers);
	pawl_cancel(&s[3].task);
	stop(x, &s[2], PAWL_ECLOSED);
	stop(x, &s[3], PAWL_ECANCELED);
	CHECK_INT(try_recv(), 1);
	CHECK_INT(try_recv(), PAWL_ECLOSED);
	stop(x, &s[0], 0);
	stop(x, &s[1], 0);
}

/* Receivers that hear of the close may be cancelled, or leave: those behind hear of it too. */
TEST(close_is_heard_by_all)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[4];
	int i, v = 5;

	numbers_init();
	for (i = 0; i < 4; i++)
		start(x, &r[i], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	pawl_chan_close(&numbers);
	pawl_cancel(&r[0].task); /* its value goes to the next, and after that the close is seen */
	pawl_local_run(&l);
	stop(x, &r[0], PAWL_ECANCELED);
	stop(x, &r[1], 0);
	CHECK_INT(r[1].value, 5);
	stop(x, &r[2], PAWL_ECLOSED);
	stop(x, &r[3], PAWL_ECLOSED);
	for (i = 0; i < 3; i++)
		start(x, &r[i], receives, 0);
	pawl_local_run(&l);
	CHECK_UINT(r[2].polls, 1);
	for (i = 0; i < 3; i++)
		stop(x, &r[i], PAWL_ECLOSED);

	numbers_init();
	for (i = 0; i < 3; i++)
		start(x, &r[i], receives, 0);
	pawl_local_run(&l);
	r[1].leaves = true;
	pawl_chan_close(&numbers);
	pawl_cancel(&r[0].task);
	pawl_local_run(&l);
	stop(x, &r[0], PAWL_ECANCELED);
	stop(x, &r[1], PAWL_EINVAL);
	stop(x, &r[2], PAWL_ECLOSED);
}

TEST(wake_for_nothing_moves_no_value)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct end r[2];
	int v = 4;

	numbers_init();
	start(x, &r[0], receives, 0);
	start(x, &r[1], receives, 0);
	pawl_local_run(&l);
	CHECK_INT(numbers_try_send(&v), 0);
	pawl_wake(&r[1].task);
	pawl_local_run(&l);
	CHECK(!pawl_task_is_finished(&r[1].task));
	CHECK_UINT(r[1].polls, 2);
	stop(x, &r[0], 0);
	stop(x, &r[1], PAWL_ECANCELED);
}

TEST(pointers_are_values_too)
{
	const char *word = "seven", *ret_word = NULL;
	int seven = 7, *p = &seven, *ret = NULL;

	pointers_init();
	words_init();
	CHECK_INT(pointers_try_send(&p), 0);
	CHECK_INT(pointers_try_recv(&ret), 0);
	CHECK(ret == &seven);
	CHECK_INT(words_try_send(&word), 0);
	CHECK_INT(words_try_recv(&ret_word), 0);
	CHECK(ret_word == word);
}

static const struct kit_case cases[] = {
	CASE(values_keep_their_order),
	CASE(senders_wait_for_room_in_order),
	CASE(value_for_a_cancelled_receiver_is_not_lost),
	CASE(room_for_a_cancelled_sender_is_not_lost),
	CASE(close_wakes_all_and_keeps_what_is_in),
	CASE(close_with_a_value_on_its_way),
	CASE(who_leaves_after_its_grant_takes_nothing),
	CASE(close_takes_granted_room_back),
	CASE(close_is_heard_by_all),
	CASE(wake_for_nothing_moves_no_value),
	CASE(pointers_are_values_too),
};

KIT_MAIN(cases)
