/* SPDX-License-Identifier: MIT */
/* Pools: claiming, what is counted, the message when it is full, and slots that come back. */
#include "fix.h"

struct blink {
	pawl_task task;
	int pin;
	char pad[40];
};

PAWL_TASK_POOL(blinks, struct blink, 4);

static int blink_once(pawl_task *t)
{
	return PAWL_OF(t, struct blink, task)->pin;
}

static int blink_long(pawl_task *t)
{
	return pawl_sleep(t, PAWL_S(1000));
}

TEST(full_pool_names_itself)
{
	struct blink *b[4];
	char text[128], little[12];
	unsigned i;

	for (i = 0; i < 4; i++) {
		b[i] = blinks_claim();
		CHECK(b[i] != NULL);
		CHECK_UINT(pawl_pool_in_use(&blinks), i + 1);
	}
	CHECK(!blinks_claim());
	CHECK(!blinks_claim());
	CHECK_UINT(pawl_pool_refused(&blinks), 2);
	CHECK_UINT(pawl_pool_size(&blinks), 4);
	pawl_pool_full_text(&blinks, text, sizeof text);
	CHECK_STR(text, "pool 'blinks' is full: 4 of 4 in use; "
			"raise PAWL_TASK_POOL(blinks, struct blink, 4)");
	CHECK_INT(pawl_pool_full_text(&blinks, little, sizeof little), 11);
	CHECK_STR(little, "pool 'blink");
	for (i = 0; i < 4; i++)
		blinks_drop(b[i]);
	blinks_drop(NULL);
	CHECK_UINT(pawl_pool_in_use(&blinks), 0);
	CHECK_UINT(pawl_pool_peak(&blinks), 4);
	pawl_pool_full_text(&blinks, text, sizeof text);
	CHECK_STR(text, "pool 'blinks': 0 of 4 in use; "
			"raise PAWL_TASK_POOL(blinks, struct blink, 4)");
}

TEST(claimed_slots_are_zeroed)
{
	struct blink *b = blinks_claim();
	unsigned i;

	b->pin = 7;
	for (i = 0; i < sizeof b->pad; i++)
		b->pad[i] = 'x';
	blinks_drop(b);
	b = blinks_claim();
	CHECK_INT(b->pin, 0);
	for (i = 0; i < sizeof b->pad; i++)
		CHECK_INT(b->pad[i], 0);
	blinks_drop(b);
}

TEST(slot_comes_back_by_itself)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned i;

	for (i = 0; i < 1000; i++) {
		struct blink *b = blinks_claim();

		b->pin = -3;
		CHECK_INT(run_one(x, &b->task, blink_once), -3);
		CHECK_UINT(pawl_pool_in_use(&blinks), 0);
	}
	CHECK_UINT(pawl_pool_peak(&blinks), 1);
}

TEST(slot_comes_back_when_the_spawn_fails)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct blink *b = blinks_claim();

	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_spawn(x, &b->task, blink_once), PAWL_ESTOPPED);
	CHECK_UINT(pawl_pool_in_use(&blinks), 0);
}

TEST(slot_of_a_detached_task_comes_back)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct blink *b = blinks_claim();

	CHECK_INT(pawl_spawn(x, &b->task, blink_long), 0);
	pawl_detach(&b->task);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(pawl_pool_in_use(&blinks), 1);
	pawl_local_fini(&l);
	CHECK_UINT(pawl_pool_in_use(&blinks), 0);
}

TEST(old_waker_knows_a_reused_slot)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct blink *b = blinks_claim();
	pawl_waker old, new;

	CHECK_INT(pawl_spawn(x, &b->task, blink_once), 0);
	old = pawl_waker_of(&b->task);
	CHECK_INT(pawl_block_on(x, &b->task, NULL), 0);
	CHECK(blinks_claim() == b);
	CHECK_INT(pawl_spawn(x, &b->task, blink_long), 0);
	new = pawl_waker_of(&b->task);
	CHECK_UINT(pawl_local_run(&l), 1);
	pawl_waker_wake(old);
	CHECK_UINT(pawl_local_run(&l), 0);
	pawl_waker_wake(new);
	CHECK_UINT(pawl_local_run(&l), 1);
	pawl_cancel(&b->task);
	CHECK_INT(pawl_block_on(x, &b->task, NULL), 0);
}

static void drop_twice(void *arg)
{
	blinks_drop(arg);
	blinks_drop(arg);
	pawl_pool_claim(&blinks);
	pawl_pool_claim(&blinks);
	CHECK_FAIL("the same slot was given out twice");
}

TEST(dropping_twice_is_noticed)
{
	struct blink *b = blinks_claim();

	CHECK_ABORTS(drop_twice, b);
	blinks_drop(b);
}

static const struct kit_case cases[] = {
	CASE(full_pool_names_itself),
	CASE(claimed_slots_are_zeroed),
	CASE(slot_comes_back_by_itself),
	CASE(slot_comes_back_when_the_spawn_fails),
	CASE(slot_of_a_detached_task_comes_back),
	CASE(old_waker_knows_a_reused_slot),
	CASE(dropping_twice_is_noticed),
};

KIT_MAIN(cases)
