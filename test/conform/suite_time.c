/* SPDX-License-Identifier: MIT */
/* Promises about limits of time: who is too late leaves nothing behind, and takes nothing along. */
#include "conform.h"

#define MANY 6

struct late {
	TASK(task);
	pawl_timeout limit;
	struct hall *hall;
	uint32_t rounds, id;
	int r;
};

/* Those who wait, with little patience, for what somebody brings now and then. */
struct hall {
	TASK(task);
	pawl_sem sem;
	struct late late[MANY];
	uint32_t got, missed, released;
	uint32_t i;
	int outcome;
};

static int waits_a_little(pawl_task *t)
{
	struct late *l = PAWL_OF(t, struct late, task);

	PAWL_BEGIN(t);
	for (l->rounds = 0; l->rounds < 5; l->rounds++) {
		PAWL_AWAIT_AS(t, l->r,
			      PAWL_TIMEOUT(t, &l->limit, PAWL_US(50) * (1 + l->id % 3),
					   pawl_sem_acquire(t, &l->hall->sem)));
		CHECK(l->r == 0 || l->r == PAWL_ETIMEDOUT);
		count_up(l->r == 0 ? &l->hall->got : &l->hall->missed);
	}
	PAWL_END(t);
}

static int brings_some(pawl_task *t)
{
	struct hall *h = PAWL_OF(t, struct hall, task);

	PAWL_BEGIN(t);
	pawl_sem_init(&h->sem, 0);
	for (h->i = 0; h->i < MANY; h->i++) {
		h->late[h->i] = (struct late){ .hall = h, .id = h->i };
		CHECK_INT(pawl_spawn(pawl_here(t), &h->late[h->i].task, waits_a_little), 0);
	}
	for (h->i = 0; h->i < 10; h->i++) {
		pawl_sem_release(&h->sem);
		h->released++;
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(20) * (h->i % 4)));
	}
	for (h->i = 0; h->i < MANY; h->i++) {
		PAWL_AWAIT(t, pawl_join(t, &h->late[h->i].task, &h->outcome));
		CHECK_INT(h->outcome, 0);
	}
	CHECK_UINT(h->got + h->missed, MANY * 5);
	CHECK_UINT(h->got + pawl_sem_available(&h->sem), h->released);
	PAWL_END(t);
}

CONFORM(limits_lose_no_permit)
{
	static struct hall h;

	h = (struct hall){ 0 };
	CHECK_INT(conform_run(x, &h.task, brings_some), 0);
}

/* One timer for both: the sleep and its limit. */
struct nap {
	TASK(task);
	pawl_timeout limit, outer;
	pawl_time begun;
	uint32_t polls;
	int r;
};

static int naps(pawl_task *t)
{
	struct nap *n = PAWL_OF(t, struct nap, task);

	PAWL_BEGIN(t);
	n->begun = pawl_now(pawl_here(t));
	PAWL_AWAIT_AS(t, n->r,
		      PAWL_TIMEOUT(t, &n->limit, PAWL_S(100), pawl_sleep(t, PAWL_US(100))));
	CHECK_INT(n->r, 0);
	CHECK(pawl_now(pawl_here(t)) - n->begun >= PAWL_US(100));
	PAWL_AWAIT_AS(t, n->r,
		      PAWL_TIMEOUT(t, &n->limit, PAWL_US(100), pawl_sleep(t, PAWL_S(100))));
	CHECK_INT(n->r, PAWL_ETIMEDOUT);
	PAWL_AWAIT_AS(
		t, n->r,
		PAWL_TIMEOUT(t, &n->outer, PAWL_US(100),
			     PAWL_TIMEOUT(t, &n->limit, PAWL_S(90), pawl_sleep(t, PAWL_S(100)))));
	CHECK_INT(n->r, PAWL_ETIMEDOUT);
	CHECK(pawl_now(pawl_here(t)) - n->begun >= PAWL_US(300));
	CHECK(pawl_now(pawl_here(t)) - n->begun < PAWL_S(90));
	PAWL_AWAIT(t, pawl_sleep_until(t, pawl_now(pawl_here(t)) + PAWL_US(100)));
	CHECK(pawl_now(pawl_here(t)) - n->begun >= PAWL_US(400));
	PAWL_END(t);
}

CONFORM(limits_and_sleeps_share_a_timer)
{
	struct nap n = { 0 };

	CHECK_INT(conform_run(x, &n.task, naps), 0);
}

/* Those whose timer runs while they are ready, among those that sleep. */
struct restless {
	TASK(task);
	struct nap nap[3];
	uint32_t i;
};

static int sleeps_and_wakes_itself(pawl_task *t)
{
	struct nap *n = PAWL_OF(t, struct nap, task);

	n->r = pawl_sleep(t, PAWL_US(200));
	if (n->polls++ == 0)
		pawl_wake(t);
	return n->r;
}

static int yields_within_a_limit(pawl_task *t)
{
	struct nap *n = PAWL_OF(t, struct nap, task);

	PAWL_BEGIN(t);
	for (n->polls = 0; n->polls < 10; n->polls++)
		PAWL_AWAIT(t, PAWL_TIMEOUT(t, &n->limit, PAWL_S(100), pawl_task_yield(t)));
	PAWL_END(t);
}

static int sleeps_longer(pawl_task *t)
{
	return pawl_sleep(t, PAWL_US(300));
}

static int starts_restless_ones(pawl_task *t)
{
	static pawl_poll_fn *const polls[] = { sleeps_longer, sleeps_and_wakes_itself,
					       yields_within_a_limit };
	struct restless *s = PAWL_OF(t, struct restless, task);
	int outcome;

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < 3; s->i++)
		CHECK_INT(pawl_spawn(pawl_here(t), &s->nap[s->i].task, polls[s->i]), 0);
	for (s->i = 0; s->i < 3; s->i++) {
		PAWL_AWAIT(t, pawl_join(t, &s->nap[s->i].task, &outcome));
		CHECK_INT(outcome, 0);
	}
	CHECK(s->nap[1].polls >= 2);
	CHECK_UINT(s->nap[2].polls, 10);
	PAWL_END(t);
}

CONFORM(tasks_are_ready_while_their_timer_runs)
{
	struct restless s = { 0 };

	CHECK_INT(conform_run(x, &s.task, starts_restless_ones), 0);
}

/* Timers are tasks: several run at the same time, and are waited for like other tasks. */
struct race {
	TASK(task);
	struct probe timer[3], runner;
	pawl_child children[3];
	pawl_group group;
	pawl_time began;
	uint32_t before, i;
	int outcome;
};

static struct race *race_of(pawl_task *t)
{
	return PAWL_OF(t, struct race, task);
}

static void start_timer(struct race *r, unsigned i, pawl_time after)
{
	probe_init(&r->timer[i], NULL);
	CHECK_INT(pawl_timer(pawl_here(&r->task), &r->timer[i].task, after), 0);
	r->children[i] = (pawl_child){ .task = &r->timer[i].task, .outcome = 1 };
}

static int joins_timers(pawl_task *t)
{
	struct race *r = race_of(t);

	PAWL_BEGIN(t);
	r->began = pawl_now(pawl_here(t));
	for (r->i = 0; r->i < 3; r->i++)
		start_timer(r, r->i, PAWL_MS(3 - r->i));
	r->group = (pawl_group){ .children = r->children, .count = 3 };
	PAWL_AWAIT(t, pawl_join_all(t, &r->group));
	CHECK(pawl_now(pawl_here(t)) - r->began >= PAWL_MS(3));
	for (r->i = 0; r->i < 3; r->i++) {
		CHECK_INT(r->children[r->i].outcome, 0);
		CHECK_UINT(r->timer[r->i].drops, 1);
	}
	PAWL_END(t);
}

CONFORM(timers_run_side_by_side)
{
	struct race r = { 0 };

	CHECK_INT(conform_run(x, &r.task, joins_timers), 0);
}

/* Until it is cancelled nobody is asked to poll one of a long time. */
static int joins_one_timer(pawl_task *t)
{
	struct race *r = race_of(t);

	PAWL_BEGIN(t);
	r->before = conform_schedules(pawl_here(t));
	start_timer(r, 0, PAWL_S(1000));
	CHECK_SCHEDULES(pawl_here(t), r->before);
	CHECK_STR(pawl_task_name(&r->timer[0].task), "pawl_timer");
	CHECK_STR(pawl_task_wait(&r->timer[0].task), "its first poll");
	PAWL_AWAIT(t, pawl_stop(t, &r->timer[0].task, &r->outcome));
	CHECK_INT(r->outcome, PAWL_ECANCELED);
	CHECK_UINT(r->timer[0].drops, 1);
	start_timer(r, 1, 0);
	PAWL_AWAIT(t, pawl_join(t, &r->timer[1].task, &r->outcome));
	CHECK_INT(r->outcome, 0);
	CHECK_UINT(r->timer[1].drops, 1);
	PAWL_END(t);
}

CONFORM(timers_of_no_time_and_of_a_long_time)
{
	struct race r = { 0 };

	CHECK_INT(conform_run(x, &r.task, joins_one_timer), 0);
}

/* Round by round a task and a timer are first; what lost was cancelled, and is dropped once. */
static int races_a_timer(pawl_task *t)
{
	struct race *r = race_of(t);

	PAWL_BEGIN(t);
	for (r->i = 0; r->i < 2; r->i++) {
		start_timer(r, 0, PAWL_S(1000));
		start_timer(r, 1, r->i ? PAWL_MS(1) : PAWL_S(1000));
		probe_init(&r->runner, NULL);
		CHECK_INT(pawl_spawn(pawl_here(t), &r->runner.task,
				     r->i ? probe_sleep_poll : probe_once_poll),
			  0);
		r->children[2] = (pawl_child){ .task = &r->runner.task, .outcome = 1 };
		r->group = (pawl_group){ .children = r->children, .count = 3 };
		PAWL_AWAIT(t, pawl_select(t, &r->group));
		CHECK_UINT(r->group.first, r->i ? 1 : 2);
		CHECK_INT(r->children[0].outcome, PAWL_ECANCELED);
		CHECK_INT(r->children[1].outcome, r->i ? 0 : PAWL_ECANCELED);
		CHECK_INT(r->children[2].outcome, r->i ? PAWL_ECANCELED : 0);
		CHECK_UINT(r->timer[0].drops + r->timer[1].drops + r->runner.drops, 3);
	}
	PAWL_END(t);
}

CONFORM(timers_race_with_tasks)
{
	struct race r = { 0 };

	CHECK_INT(conform_run(x, &r.task, races_a_timer), 0);
}

static int leaves_a_timer(pawl_task *t)
{
	struct race *r = race_of(t);

	PAWL_BEGIN(t);
	start_timer(r, 0, PAWL_MS(1));
	start_timer(r, 1, PAWL_S(1000));
	pawl_detach(&r->timer[0].task);
	pawl_cancel(&r->timer[1].task);
	pawl_detach(&r->timer[1].task);
	while (count_of(&r->timer[0].drops) + count_of(&r->timer[1].drops) < 2)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(100)));
	PAWL_END(t);
}

CONFORM(detached_timer_is_dropped_once)
{
	struct race r = { 0 };

	CHECK_INT(conform_run(x, &r.task, leaves_a_timer), 0);
	CHECK_UINT(r.timer[0].drops, 1);
	CHECK_UINT(r.timer[1].drops, 1);
}

const struct conform_case conform_time_cases[] = {
	CONFORM_CASE(limits_lose_no_permit),
	CONFORM_CASE(limits_and_sleeps_share_a_timer),
	CONFORM_CASE(tasks_are_ready_while_their_timer_runs),
	CONFORM_CASE(timers_run_side_by_side),
	CONFORM_CASE(timers_of_no_time_and_of_a_long_time),
	CONFORM_CASE(timers_race_with_tasks),
	CONFORM_CASE(detached_timer_is_dropped_once),
};
const size_t conform_time_case_count = PAWL_COUNT(conform_time_cases);
