/* SPDX-License-Identifier: MIT */
/* The timer heap and the queue against a plain list, and the sleep that stands on them. */
#include "fix.h"

#define TIMERS 64

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

/* The heap and the queue do the same with the same timers. */
struct model {
	pawl_timers timers;
	pawl_timer_entry heap[TIMERS];
	pawl_task in_heap[TIMERS];
	pawl_queue queue;
	pawl_task in_queue[TIMERS];
	pawl_time due[TIMERS]; /* PAWL_NEVER: not armed */
	pawl_time now;
};

static struct model *clock_of;

static pawl_time model_now(void)
{
	return clock_of->now;
}

static pawl_time earliest(const struct model *m)
{
	pawl_time first = PAWL_NEVER;
	unsigned i;

	for (i = 0; i < TIMERS; i++)
		if (m->due[i] < first)
			first = m->due[i];
	return first;
}

static void agree(const struct model *m)
{
	CHECK_INT(pawl_timers_next(&m->timers), earliest(m));
	CHECK_INT(pawl_queue_next(&m->queue), earliest(m));
}

static void change_one(struct model *m)
{
	unsigned i = random_below(TIMERS);

	if (m->due[i] != PAWL_NEVER) {
		CHECK_INT(pawl_timers_disarm(&m->timers, &m->in_heap[i]), m->due[i]);
		CHECK_INT(pawl_queue_disarm(&m->queue, &m->in_queue[i]), m->due[i]);
		m->due[i] = PAWL_NEVER;
	} else {
		pawl_time next = earliest(m);

		m->due[i] = m->now + random_below(50);
		CHECK_INT(pawl_timers_arm(&m->timers, &m->in_heap[i], m->due[i]), 0);
		CHECK(pawl_queue_arm(&m->queue, &m->in_queue[i], m->due[i]) == (m->due[i] < next));
	}
	agree(m);
}

static void expire(struct model *m)
{
	pawl_runq ready = { 0 };
	unsigned i, due = 0;

	m->now += random_below(20);
	for (i = 0; i < TIMERS; i++) {
		if (m->due[i] <= m->now) {
			m->due[i] = PAWL_NEVER;
			due++;
		}
	}
	CHECK_UINT(pawl_timers_expire(&m->timers, m->now, &ready), due);
	/* None of them was spawned. */
	CHECK(!pawl_runq_pop(&ready));
	CHECK(!pawl_queue_pop(&m->queue, model_now));
	agree(m);
}

static void begin(struct model *m)
{
	unsigned i;

	clock_of = m;
	pawl_timers_place(&m->timers, m->heap, TIMERS);
	for (i = 0; i < TIMERS; i++)
		m->due[i] = PAWL_NEVER;
	agree(m);
}

TEST(heap_and_queue_agree_with_a_list)
{
	uint32_t seed;
	unsigned step;

	for (seed = 1; seed <= 50; seed++) {
		struct model m = { 0 };

		kit_at("seed", seed);
		random_state = seed;
		begin(&m);
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
	pawl_timer_entry heap[2];
	pawl_timers ts = { 0 };

	pawl_timers_place(&ts, heap, 2);
	CHECK_INT(pawl_timers_arm(&ts, &t[0], 1), 0);
	CHECK_INT(pawl_timers_arm(&ts, &t[1], 2), 0);
	CHECK_INT(pawl_timers_arm(&ts, &t[2], 3), PAWL_EFULL);
	CHECK_INT(pawl_timers_disarm(&ts, &t[2]), PAWL_NEVER);
	CHECK_INT(pawl_timers_disarm(&ts, &t[0]), 1);
	CHECK_INT(pawl_timers_arm(&ts, &t[2], 3), 0);
}

/* Due at one instant: they are woken in the order in which they went to sleep. */
struct sleeper {
	pawl_task task;
	unsigned id;
	unsigned *order, *count, polls;
	pawl_time due;
	pawl_timeout limit;
};

static int sleeps_until(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep_until(t, s->due));
	s->order[(*s->count)++] = s->id;
	PAWL_END(t);
}

TEST(equal_due_times_keep_their_order)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned order[4] = { 0 }, count = 0, i;
	struct sleeper s[4];

	for (i = 0; i < 4; i++) {
		s[i] = (struct sleeper){ .id = i, .order = order, .count = &count };
		s[i].due = pawl_now(x) / PAWL_S(1) * PAWL_S(1);
		CHECK_INT(pawl_spawn(x, &s[i].task, sleeps_until), 0);
	}
	for (i = 0; i < 4; i++)
		CHECK_INT(pawl_block_on(x, &s[i].task, NULL), 0);
	CHECK_UINT(count, 4);
	for (i = 0; i < 4; i++)
		CHECK_UINT(order[i], i);
}

/* A wake takes the task out of the sleeping ones; it goes back for what is left of its time. */
TEST(woken_sleeper_sleeps_on)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned order[1], count = 0, i;
	struct sleeper s = { .order = order, .count = &count };
	pawl_time due = pawl_now(x) + PAWL_S(1000);

	s.due = due;
	CHECK_INT(pawl_spawn(x, &s.task, sleeps_until), 0);
	for (i = 0; i < 3; i++) {
		CHECK_UINT(pawl_local_run(&l), 1);
		CHECK_INT(pawl_local_next(&l), due);
		pawl_wake(&s.task);
		CHECK_INT(pawl_local_next(&l), INT64_MIN);
	}
	pawl_cancel(&s.task);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK_UINT(count, 0);
	CHECK_INT(pawl_local_next(&l), PAWL_NEVER);
}

/* Its timer runs when its poll ends, and it is ready all the same. */
static int sleeps_and_wakes_itself(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);
	int r = pawl_sleep_until(t, s->due);

	if (s->polls++ == 0)
		pawl_wake(t);
	return r;
}

static int yields_within_a_limit(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	s->polls++;
	return PAWL_TIMEOUT(t, &s->limit, PAWL_S(1000), pawl_task_yield(t));
}

/* Others sleep, less and more long: they must be found in their list afterwards. */
static void ready_with_its_timer_on(pawl_poll_fn *poll, unsigned polls)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned order[3] = { 0 }, count = 0, i;
	struct sleeper s[3];

	for (i = 0; i < 3; i++) {
		s[i] = (struct sleeper){ .id = i, .order = order, .count = &count };
		s[i].due = pawl_now(x) + PAWL_S(1000) * (i + 1);
		CHECK_INT(pawl_spawn(x, &s[i].task, i == 1 ? poll : sleeps_until), 0);
	}
	CHECK_UINT(pawl_local_run(&l), 4);
	CHECK_INT(pawl_local_next(&l), s[0].due);
	for (i = 0; i < 3; i++) {
		pawl_cancel(&s[i].task);
		CHECK_INT(pawl_block_on(x, &s[i].task, NULL), 0);
	}
	CHECK_UINT(s[1].polls, polls);
	CHECK_INT(pawl_local_next(&l), PAWL_NEVER);
}

TEST(sleeper_wakes_itself)
{
	ready_with_its_timer_on(sleeps_and_wakes_itself, 3);
}

TEST(limited_task_yields)
{
	ready_with_its_timer_on(yields_within_a_limit, 2);
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
	CHECK_INT(pawl_local_next(&l), PAWL_NEVER);
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

/* An executor whose clock has just begun, and what it was told. */
static pawl_time armed_for;

static void young_schedule(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
}

static pawl_time young_now(pawl_exec *x)
{
	(void)x;
	return 4;
}

static int young_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	(void)x, (void)t;
	armed_for = due;
	return 0;
}

static pawl_time young_disarm(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
	return armed_for;
}

static const pawl_exec_ops young_ops = {
	.size = sizeof(young_ops),
	.name = "young",
	.schedule = young_schedule,
	.now = young_now,
	.arm = young_arm,
	.disarm = young_disarm,
};

TEST(sleep_of_no_time_is_never_due_before_the_clock_began)
{
	pawl_exec x = { &young_ops };
	pawl_task t = { 0 };

	CHECK_INT(pawl_spawn(&x, &t, sleeps_backwards), 0);
	pawl_run(&t);
	CHECK_INT(armed_for, 4);
	pawl_cancel(&t);
	pawl_run(&t);
	CHECK(pawl_task_is_finished(&t));
	pawl_detach(&t);
}

static const struct kit_case cases[] = {
	CASE(heap_and_queue_agree_with_a_list),
	CASE(full_heap_refuses),
	CASE(equal_due_times_keep_their_order),
	CASE(woken_sleeper_sleeps_on),
	CASE(poll_function_sleeps_in_a_loop),
	CASE(sleep_does_not_overflow),
	CASE(sleep_of_no_time_still_gives_way_once),
	CASE(sleeper_wakes_itself),
	CASE(limited_task_yields),
	CASE(sleep_of_no_time_is_never_due_before_the_clock_began),
};

KIT_MAIN(cases)
