/* SPDX-License-Identifier: MIT */
/* Promises about priorities, where there are some: who overtakes, and that nobody is forgotten. */
#include "conform.h"

/* Tasks of each priority: many more than there are threads, each of which may hold one up. */
#define EACH 32
#define POLLERS_MAX 8 /* threads */
#define TURNS 20      /* polls of those that must not be forgotten */

static const int8_t priorities[] = { -1, 0, 1 };

/* While all threads are held, tasks of all priorities become ready; then they run. */
struct queue {
	TASK(task);
	struct held {
		TASK(task);
		struct queue *queue;
	} held[POLLERS_MAX];
	struct ranked {
		TASK(task);
		struct queue *queue;
		uint32_t rank;
	} ranked[PAWL_COUNT(priorities)][EACH];
	uint32_t pollers, holding, go, done;
	uint32_t sum[PAWL_COUNT(priorities)];
	uint32_t i, k;
};

static int holds_a_thread(pawl_task *t)
{
	struct queue *q = PAWL_OF(t, struct held, task)->queue;

	count_up(&q->holding);
	pawl_wake(&q->task);
	while (!count_of(&q->go))
		conform_relax();
	return 0;
}

static int takes_its_rank(pawl_task *t)
{
	struct ranked *r = PAWL_OF(t, struct ranked, task);

	r->rank = count_up(&r->queue->done);
	return 0;
}

/* The least urgent first. */
static void start_ranked(struct queue *q)
{
	unsigned i, k;

	for (i = 0; i < PAWL_COUNT(priorities); i++)
		for (k = 0; k < EACH; k++) {
			pawl_spawn_options o = { .priority = priorities[i] };

			q->ranked[i][k].queue = q;
			CHECK_INT(pawl_spawn_with(pawl_here(&q->task), &q->ranked[i][k].task,
						  takes_its_rank, &o),
				  0);
		}
}

static int compares_ranks(pawl_task *t)
{
	struct queue *q = PAWL_OF(t, struct queue, task);

	PAWL_BEGIN(t);
	for (q->i = 0; q->i < q->pollers; q->i++) {
		q->held[q->i].queue = q;
		CHECK_INT(pawl_spawn(pawl_here(t), &q->held[q->i].task, holds_a_thread), 0);
	}
	UNTIL(t, count_of(&q->holding) == q->pollers);
	start_ranked(q);
	count_up(&q->go);
	for (q->i = 0; q->i < q->pollers; q->i++)
		PAWL_AWAIT(t, pawl_join(t, &q->held[q->i].task, NULL));
	for (q->i = 0; q->i < PAWL_COUNT(priorities); q->i++)
		for (q->k = 0; q->k < EACH; q->k++) {
			PAWL_AWAIT(t, pawl_join(t, &q->ranked[q->i][q->k].task, NULL));
			q->sum[q->i] += q->ranked[q->i][q->k].rank;
		}
	CHECK(q->sum[2] < q->sum[1]);
	CHECK(q->sum[1] < q->sum[0]);
	PAWL_END(t);
}

CONFORM(urgent_tasks_overtake)
{
	struct queue q = { .pollers = conform_pollers() };

	CHECK(q.pollers <= POLLERS_MAX);
	if (q.pollers)
		CHECK_INT(conform_run(x, &q.task, compares_ranks), 0);
}

/* Urgent tasks that are always ready, more of them than threads, and some that are less urgent. */
struct crush {
	TASK(task);
	struct restless {
		TASK(task);
		struct crush *crush;
		uint32_t polls;
	} restless[2 * POLLERS_MAX], patient[2];
	uint32_t pollers, stop, i;
	uint32_t polls; /* atomic: of the restless */
	int outcome;
};

static int never_rests(pawl_task *t)
{
	struct crush *c = PAWL_OF(t, struct restless, task)->crush;

	count_up(&c->polls);
	if (count_of(&c->stop))
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static int takes_turns(pawl_task *t)
{
	struct restless *r = PAWL_OF(t, struct restless, task);

	if (r->polls++ == TURNS)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static int start(struct crush *c, struct restless *r, pawl_poll_fn *poll, int8_t priority)
{
	pawl_spawn_options o = { .priority = priority };

	r->crush = c;
	return pawl_spawn_with(pawl_here(&c->task), &r->task, poll, &o);
}

/* It ends, so each of them had its turns. */
static int crushes(pawl_task *t)
{
	struct crush *c = PAWL_OF(t, struct crush, task);

	PAWL_BEGIN(t);
	for (c->i = 0; c->i < 2 * c->pollers; c->i++)
		CHECK_INT(start(c, &c->restless[c->i], never_rests, 1), 0);
	UNTIL(t, count_of(&c->polls) > 0 || (pawl_wake(t), false));
	CHECK_INT(start(c, &c->patient[0], takes_turns, 0), 0);
	CHECK_INT(start(c, &c->patient[1], takes_turns, -1), 0);
	for (c->i = 0; c->i < 2; c->i++) {
		PAWL_AWAIT(t, pawl_join(t, &c->patient[c->i].task, &c->outcome));
		CHECK_INT(c->outcome, 0);
		CHECK_UINT(c->patient[c->i].polls, TURNS + 1);
	}
	count_up(&c->stop);
	for (c->i = 0; c->i < 2 * c->pollers; c->i++)
		PAWL_AWAIT(t, pawl_join(t, &c->restless[c->i].task, NULL));
	PAWL_END(t);
}

CONFORM(patient_tasks_are_not_forgotten)
{
	struct crush c = { .pollers = conform_pollers() };

	CHECK(c.pollers <= POLLERS_MAX);
	if (c.pollers)
		CHECK_INT(conform_run(x, &c.task, crushes), 0);
}

const struct conform_case conform_priority_cases[] = {
	CONFORM_CASE(urgent_tasks_overtake),
	CONFORM_CASE(patient_tasks_are_not_forgotten),
};
const size_t conform_priority_case_count = PAWL_COUNT(conform_priority_cases);
