/* SPDX-License-Identifier: MIT */
/* Watches: the latest value reaches each reader, also after a close. */
#include "waiter.h"

PAWL_WATCH(level, int);
PAWL_WATCH(pointer, int *);

static int watches(struct waiter *w)
{
	return level_next(&w->task, &w->seen, &w->value);
}

static void set(int v)
{
	CHECK_INT(level_set(&v), 0);
}

TEST(latest_value_and_its_version)
{
	uint32_t seen = 0;
	int v = -1;

	level_init();
	CHECK_INT(level_get(&seen, &v), PAWL_PENDING);
	CHECK_UINT(seen, 0);
	set(5);
	set(6);
	CHECK_INT(level_get(&seen, &v), 0);
	CHECK_INT(v, 6);
	CHECK_UINT(seen, 2);
	CHECK_INT(level_get(NULL, &v), 0);
}

TEST(all_readers_see_what_is_newer)
{
	pawl_local l;
	struct waiter w[3];
	unsigned i;

	local_begin(&l);
	level_init();
	waiters_start(&l, w, 3, watches, NULL);
	waiter_is_disturbed(&l, &w[1]);
	set(1);
	set(2);
	set(3);
	for (i = 0; i < 3; i++) {
		waiter_ends(&l, &w[i], 0);
		CHECK_INT(w[i].value, 3);
		CHECK_UINT(w[i].seen, 3);
	}
	CHECK_UINT(w[0].polls, 2);
	/* Who has seen it waits, who has not does not. */
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &w[0].task, waiter_poll), 0);
	w[1].seen = 1;
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &w[1].task, waiter_poll), 0);
	waiter_ends(&l, &w[1], 0);
	CHECK(!pawl_task_is_finished(&w[0].task));
	set(4);
	waiter_ends(&l, &w[0], 0);
	CHECK_INT(w[0].value, 4);
}

TEST(who_goes_away_has_seen_nothing)
{
	pawl_local l;
	struct waiter w[4];

	local_begin(&l);
	level_init();
	waiters_start(&l, w, 4, watches, NULL);
	waiter_is_cancelled(&l, &w[0]);
	waiter_leaves(&l, &w[3]);
	set(9);
	waiter_is_cancelled(&l, &w[1]);
	CHECK_UINT(w[1].seen, 0);
	waiter_ends(&l, &w[2], 0);
	waiters_start(&l, w, 1, watches, NULL);
	waiter_ends(&l, &w[0], 0);
	CHECK_INT(w[0].value, 9);
}

TEST(close_keeps_the_last_value)
{
	pawl_local l;
	struct waiter w[3];
	int v = 0;

	local_begin(&l);
	level_init();
	waiters_start(&l, w, 1, watches, NULL);
	set(7);
	pawl_watch_close(&level); /* before that reader was polled */
	waiter_ends(&l, &w[0], 0);
	CHECK_INT(w[0].value, 7);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &w[0].task, waiter_poll), 0);
	waiter_ends(&l, &w[0], PAWL_ECLOSED);
	CHECK_INT(level_set(&v), PAWL_ECLOSED);
	CHECK_INT(level_get(NULL, &v), 0);
	CHECK_INT(v, 7);
}

TEST(close_without_a_value)
{
	pawl_local l;
	struct waiter w[2];
	int v = 0;

	local_begin(&l);
	level_init();
	waiters_start(&l, w, 2, watches, NULL);
	pawl_watch_close(&level);
	pawl_cancel(&w[1].task);
	waiter_ends(&l, &w[0], PAWL_ECLOSED);
	waiter_ends(&l, &w[1], PAWL_ECANCELED);
	CHECK_INT(level_get(NULL, &v), PAWL_ECLOSED);
}

/* Without a value, only the version counts. */
static int watches_versions(struct waiter *w)
{
	return pawl_watch_next(&w->task, w->of, &w->seen, NULL);
}

TEST(watch_of_nothing_but_changes)
{
	pawl_local l;
	struct waiter w[1];
	pawl_watch changes;

	local_begin(&l);
	pawl_watch_init(&changes, NULL, 0);
	waiters_start(&l, w, 1, watches_versions, &changes);
	CHECK_INT(pawl_watch_set(&changes, NULL), 0);
	waiter_ends(&l, &w[0], 0);
	CHECK_UINT(w[0].seen, 1);
}

TEST(versions_start_again_after_the_last)
{
	pawl_local l;
	struct waiter w[1];

	local_begin(&l);
	level_init();
	set(1);
	level.version_ = UINT32_MAX;
	w[0] = (struct waiter){ .wait = watches, .seen = UINT32_MAX };
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &w[0].task, waiter_poll), 0);
	pawl_local_run(&l);
	set(2);
	waiter_ends(&l, &w[0], 0);
	CHECK_UINT(w[0].seen, 1);
	CHECK_INT(w[0].value, 2);
}

TEST(pointers_are_values_too)
{
	int seven = 7, *p = &seven, *ret = NULL;

	pointer_init();
	CHECK_INT(pointer_set(&p), 0);
	CHECK_INT(pointer_get(NULL, &ret), 0);
	CHECK(ret == &seven);
}

static const struct kit_case cases[] = {
	CASE(latest_value_and_its_version),
	CASE(all_readers_see_what_is_newer),
	CASE(who_goes_away_has_seen_nothing),
	CASE(close_keeps_the_last_value),
	CASE(close_without_a_value),
	CASE(watch_of_nothing_but_changes),
	CASE(versions_start_again_after_the_last),
	CASE(pointers_are_values_too),
};

KIT_MAIN(cases)
