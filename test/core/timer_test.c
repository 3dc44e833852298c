/* SPDX-License-Identifier: MIT */
/* The timer heap against a plain list, and the sleep that stands on it. */
#include "fix.h"

#define TIMERS 64

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

struct model {
	pawl_timers timers;
	pawl_task *heap[TIMERS];
	pawl_task tasks[TIMERS];
	bool armed[TIMERS];
	pawl_time now;
};

static pawl_time earliest(const struct model *m)
{
	pawl_time first = PAWL_NEVER;
	unsigned i;

	for (i = 0; i < TIMERS; i++)
		if (m->armed[i] && m->tasks[i].due_ < first)
			first = m->tasks[i].due_;
	return first;
}

static void change_one(struct model *m)
{
	unsigned i = random_below(TIMERS);

	if (m->armed[i]) {
		pawl_timers_disarm(&m->timers, &m->tasks[i]);
		m->armed[i] = false;
	} else {
		m->tasks[i].timer_ = 0;
		CHECK_INT(pawl_timers_arm(&m->timers, &m->tasks[i], m->now + random_below(50)), 0);
		m->armed[i] = true;
	}
	CHECK_INT(pawl_timers_next(&m->timers), earliest(m));
}

static void expire(struct model *m)
{
	pawl_runq ready = { 0 };
	unsigned i, due = 0;

	m->now += random_below(20);
	for (i = 0; i < TIMERS; i++) {
		if (m->armed[i] && m->tasks[i].due_ <= m->now) {
			m->armed[i] = false;
			due++;
		}
	}
	CHECK_UINT(pawl_timers_expire(&m->timers, m->now, &ready), due);
	CHECK(!pawl_runq_pop(&ready)); /* none of them was spawned */
	CHECK_INT(pawl_timers_next(&m->timers), earliest(m));
}

TEST(heap_agrees_with_a_list)
{
	uint32_t seed;
	unsigned step;

	for (seed = 1; seed <= 50; seed++) {
		struct model m = { 0 };

		kit_at("seed", seed);
		random_state = seed;
		pawl_timers_place(&m.timers, m.heap, TIMERS);
		CHECK_INT(pawl_timers_next(&m.timers), PAWL_NEVER);
		for (step = 0; step < 400; step++) {
			if (random_below(5) == 0)
				expire(&m);
			else
				change_one(&m);
		}
	}
}

TEST(full_heap_refuses)
{
	pawl_task t[3] = { 0 };
	pawl_task *heap[2];
	pawl_timers ts = { 0 };

	pawl_timers_place(&ts, heap, 2);
	CHECK_INT(pawl_timers_arm(&ts, &t[0], 1), 0);
	CHECK_INT(pawl_timers_arm(&ts, &t[1], 2), 0);
	CHECK_INT(pawl_timers_arm(&ts, &t[2], 3), PAWL_EFULL);
	pawl_timers_disarm(&ts, &t[2]);
	pawl_timers_disarm(&ts, &t[0]);
	CHECK_INT(pawl_timers_arm(&ts, &t[2], 3), 0);
}

struct counter {
	pawl_task task;
	unsigned polls, slept;
};

static int sleeps_thrice(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);
	int r = 0;

	c->polls++;
	while (c->slept < 3 && (r = pawl_sleep(t, PAWL_US(100))) == 0)
		c->slept++;
	return r;
}

TEST(poll_function_sleeps_in_a_loop)
{
	pawl_local l;
	struct counter c = { 0 };

	CHECK_INT(run_one(local_begin(&l), &c.task, sleeps_thrice), 0);
	CHECK_UINT(c.slept, 3);
	CHECK_UINT(c.polls, 4);
}

static int sleeps_for_ever(pawl_task *t)
{
	return pawl_sleep(t, PAWL_NEVER);
}

TEST(sleep_does_not_overflow)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_task t = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, &t, sleeps_for_ever), 0);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK(!pawl_task_is_finished(&t));
	pawl_cancel(&t);
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(pawl_timers_next(&l.timers_), PAWL_NEVER);
}

static int sleeps_backwards(pawl_task *t)
{
	return pawl_sleep(t, -5);
}

TEST(sleep_of_no_time_still_gives_way_once)
{
	pawl_local l;
	pawl_task t = { 0 };

	CHECK_INT(run_one(local_begin(&l), &t, sleeps_backwards), 0);
}

static const struct kit_case cases[] = {
	CASE(heap_agrees_with_a_list),
	CASE(full_heap_refuses),
	CASE(poll_function_sleeps_in_a_loop),
	CASE(sleep_does_not_overflow),
	CASE(sleep_of_no_time_still_gives_way_once),
};

KIT_MAIN(cases)
