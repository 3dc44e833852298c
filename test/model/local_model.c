/* SPDX-License-Identifier: MIT */
/* The local executor: its driving thread, favoured by the lock, against threads that wake. */
#include "life.h"

#include <core/local.h>
#include <pawl/local.h>

static pawl_local local;
static struct life a;
static uint32_t told[2];
static unsigned mail[2];
static int outcome;

static int listens(struct life *l)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (pawl_peek(&told[i]))
			l->step |= 1 << i;
	return l->step == 3 ? -7 : PAWL_PENDING;
}

static void tell(unsigned i)
{
	mail[i] = 5;
	pawl_poke(&told[i], 1);
	pawl_wake(&a.task);
}

static void tell_0(void)
{
	tell(0);
}

static void tell_1(void)
{
	tell(1);
}

static void begin(void)
{
	pawl_local_init(&local);
	told[0] = told[1] = mail[0] = mail[1] = 0;
	outcome = 1;
	a = (struct life){ .body = listens, .outcome = PAWL_PENDING, .owner = { life_drop } };
	pawl_task_own(&a, task, &a.owner);
	MUST(pawl_spawn(pawl_local_exec(&local), &a.task, life_poll) == 0);
	model_name(&local, sizeof local, "local");
	model_name(&a.task, sizeof a.task, "task");
}

/* As after many turns in which nobody else came. */
static void drive_favoured(void)
{
	pawl_biased_favour_(&local.bias_, &local);
	MUST(pawl_block_on(pawl_local_exec(&local), &a.task, &outcome) == 0);
}

static void drive(void)
{
	MUST(pawl_block_on(pawl_local_exec(&local), &a.task, &outcome) == 0);
}

static void end(void)
{
	MUST(outcome == -7 && a.drops == 1);
	MUST(a.polls <= 3);
	MUST(pawl_crew_count(&local.crew_) == 0);
	model_see(a.polls);
}

TEST(wakes_meet_the_driver)
{
	struct model m = { .begin = begin,
			   .actor = { drive, tell_0, tell_1 },
			   .end = end,
			   .preemptions = kit_long() ? 0 : 2 };

	CHECK(model_ends(&m, 3));
	CHECK(model_ends_weakly(&m, 3));
}

TEST(wakes_meet_the_favoured_driver)
{
	struct model m = { .begin = begin,
			   .actor = { drive_favoured, tell_0, tell_1 },
			   .end = end,
			   .preemptions = kit_long() ? 0 : 2 };

	CHECK(model_ends(&m, 3));
	CHECK(model_ends_weakly(&m, 3));
}

/* Spawned from outside while the driver is at work, or asleep. */

static struct life b;

static int ends(struct life *l)
{
	(void)l;
	return 0;
}

static void spawn_b(void)
{
	MUST(pawl_spawn(pawl_local_exec(&local), &b.task, life_poll) == 0);
	pawl_detach(&b.task);
	tell(0);
}

static void begin_two(void)
{
	begin();
	told[1] = 1;
	b = (struct life){ .body = ends, .outcome = PAWL_PENDING, .owner = { life_drop } };
	pawl_task_own(&b, task, &b.owner);
}

static void end_two(void)
{
	MUST(outcome == -7 && a.drops == 1);
	if (b.drops == 0)
		MUST(pawl_poll_once(pawl_local_exec(&local)) == 0);
	MUST(b.drops == 1 && b.polls == 1);
	MUST(pawl_crew_count(&local.crew_) == 0);
	model_see(a.polls);
}

TEST(spawn_meets_the_favoured_driver)
{
	struct model m = { .begin = begin_two,
			   .actor = { drive_favoured, spawn_b },
			   .end = end_two };

	CHECK(model_ends(&m, 2));
	m.preemptions = 2;
	CHECK(model_ends_weakly(&m, 2));
}

static const struct kit_case cases[] = {
	CASE(wakes_meet_the_driver),
	CASE(wakes_meet_the_favoured_driver),
	CASE(spawn_meets_the_favoured_driver),
};

MODEL_MAIN(cases)
