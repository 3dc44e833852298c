/* SPDX-License-Identifier: MIT */
/* Priorities on one worker: who is behind the others has the turns that host.h promises. */
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <sched.h>

/* All give way for so many turns, which are counted by the one worker there is. */
#define TURNS 20000

static uint32_t turns;

struct runner {
	pawl_task task;
	uint32_t last;    /* in which turn was it polled? */
	uint32_t longest; /* how many came in between at most? */
	uint32_t polls;
};

static uint32_t now(void)
{
	return __atomic_load_n(&turns, __ATOMIC_ACQUIRE);
}

static int runs(pawl_task *t)
{
	struct runner *r = PAWL_OF(t, struct runner, task);
	uint32_t turn = __atomic_add_fetch(&turns, 1, __ATOMIC_ACQ_REL);

	if (turn - r->last > r->longest)
		r->longest = turn - r->last;
	r->last = turn;
	r->polls++;
	if (turn >= TURNS)
		return 0;
	return pawl_task_yield(t) == PAWL_PENDING ? PAWL_PENDING : pawl_task_yield(t);
}

static int runs_once(pawl_task *t)
{
	PAWL_OF(t, struct runner, task)->last = now();
	return 0;
}

static uint32_t may_begin;

static int holds_the_worker(pawl_task *t)
{
	(void)t;
	while (!__atomic_load_n(&may_begin, __ATOMIC_ACQUIRE)) {}
	return 0;
}

/* The first is high, the last is low, and how many are of each is told. */
static void run(unsigned high, unsigned normal, struct runner *ret, struct runner *ret_late)
{
	pawl_host_options o = { .workers = 1 };
	pawl_task gate = { 0 };
	unsigned i, count = high + normal + 1;
	pawl_host *h = NULL;
	pawl_exec *x;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	x = pawl_host_exec(h);
	CHECK_INT(pawl_spawn(x, &gate, holds_the_worker), 0);
	for (i = 0; i < count; i++) {
		pawl_spawn_options s = { .priority = i < high ? 1 : i < high + normal ? 0 : -1 };

		CHECK_INT(pawl_spawn_with(x, &ret[i].task, runs, &s), 0);
	}
	__atomic_store_n(&may_begin, 1, __ATOMIC_RELEASE);
	while (now() < TURNS / 4)
		sched_yield();
	CHECK_INT(pawl_spawn(x, &ret_late->task, runs_once), 0);
	ret_late->polls = now();
	for (i = 0; i < count; i++)
		CHECK_INT(pawl_block_on(x, &ret[i].task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &ret_late->task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &gate, NULL), 0);
	pawl_host_free(h);
}

/* From another thread, and behind all others: one of 64 turns. */
static void check_bounds(const struct runner *low, const struct runner *late)
{
	CHECK(low->longest <= 64 + 1);
	CHECK(low->polls >= TURNS / 64 - 1);
	CHECK((int32_t)(late->last - late->polls) <= 64 + 1);
}

TEST(low_among_normal)
{
	struct runner r[9] = { 0 }, late = { 0 };

	run(0, 8, r, &late);
	check_bounds(&r[8], &late);
	CHECK(r[8].polls <= TURNS / 64 + 2);
}

TEST(low_and_normal_among_high)
{
	struct runner r[9] = { 0 }, late = { 0 };
	uint32_t high = 0;

	run(4, 4, r, &late);
	check_bounds(&r[8], &late);
	for (unsigned i = 0; i < 4; i++)
		high += r[i].polls;
	CHECK(high >= TURNS / 8 * 7 - 8 && high <= TURNS / 8 * 7 + 8);
	/* Of eight turns one, but those for the others; and four of them take turns. */
	for (unsigned i = 4; i < 8; i++) {
		CHECK(r[i].polls >= TURNS / 64 * 6 / 4 - 8);
		CHECK(r[i].longest <= 64);
	}
}

static const struct kit_case cases[] = {
	CASE(low_among_normal),
	CASE(low_and_normal_among_high),
};

KIT_MAIN(cases)
