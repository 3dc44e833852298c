/* SPDX-License-Identifier: MIT */
/* Promises about one task: polls and wakes, cancelling and joining, its end and its drop. */
#include "conform.h"

/* A task that leads a case, and the probes that it looks after. */
struct lead {
	TASK(task);
	struct probe p[8];
	pawl_task *child;
	uint32_t i, n;
	int outcome, r;
	uint32_t before;
	pawl_waker waker;
};

static struct lead *lead_of(pawl_task *t)
{
	return PAWL_OF(t, struct lead, task);
}

static void start(struct lead *l, unsigned i, pawl_poll_fn *poll)
{
	probe_init(&l->p[i], &l->task);
	CHECK_INT(pawl_spawn(pawl_here(&l->task), &l->p[i].task, poll), 0);
}

/* Spawning. */

static int one_poll(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	l->before = conform_schedules(pawl_here(t));
	probe_init(&l->p[0], NULL);
	l->p[0].outcome = -77;
	CHECK_INT(pawl_spawn(pawl_here(t), &l->p[0].task, probe_once_poll), 0);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, -77);
	CHECK_UINT(l->p[0].polls, 1);
	CHECK_UINT(l->p[0].drops, 1);
	PAWL_END(t);
}

CONFORM(polled_once_when_spawned)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, one_poll), 0);
}

CONFORM(scheduled_once_when_spawned)
{
	struct probe p;

	probe_init(&p, NULL);
	CHECK_INT(conform_run(x, &p.task, probe_once_poll), 0);
	CHECK_SCHEDULES(x, 1);
	CHECK_UINT(p.polls, 1);
	CHECK_UINT(p.drops, 1);
}

static int one_poll_per_wake(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, probe_poll);
	for (l->i = 1; l->i <= 20; l->i++) {
		UNTIL(t, count_of(&l->p[0].polls) == l->i);
		if (l->i == 20)
			__atomic_store_n(&l->p[0].go, 1, __ATOMIC_RELEASE);
		pawl_wake(&l->p[0].task);
	}
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, NULL));
	CHECK_UINT(l->p[0].polls, 21);
	CHECK_UINT(l->p[0].drops, 1);
	PAWL_END(t);
}

CONFORM(polled_once_per_wake)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, one_poll_per_wake), 0);
}

/* Both on the main thread: nothing runs between the wakes. */
static int wakes_in_a_row(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], t);
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->p[0].task, probe_poll), 0);
	UNTIL(t, l->p[0].polls == 1);
	l->before = conform_schedules(pawl_here(t));
	for (l->i = 0; l->i < 5; l->i++)
		pawl_wake(&l->p[0].task);
	CHECK_SCHEDULES(pawl_here(t), l->before + 1);
	UNTIL(t, l->p[0].polls > 1);
	l->p[0].go = 1;
	pawl_wake(&l->p[0].task);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, NULL));
	CHECK_UINT(l->p[0].polls, 3);
	PAWL_END(t);
}

CONFORM(waking_is_idempotent)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, wakes_in_a_row), 0);
}

static int wakes_itself(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	if (++p->polls == 2)
		return 0;
	pawl_wake(t);
	pawl_wake(t);
	pawl_wake(t);
	return PAWL_PENDING;
}

CONFORM(wake_during_a_poll_gives_one_more)
{
	struct probe p;

	probe_init(&p, NULL);
	CHECK_INT(conform_run(x, &p.task, wakes_itself), 0);
	CHECK_UINT(p.polls, 2);
	CHECK_SCHEDULES(x, 2);
}

static int wakes_and_ends(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	p->polls++;
	pawl_wake(t);
	return 0;
}

CONFORM(wake_during_the_last_poll_gives_none)
{
	struct probe p;

	probe_init(&p, NULL);
	CHECK_INT(conform_run(x, &p.task, wakes_and_ends), 0);
	CHECK_UINT(p.polls, 1);
	CHECK_UINT(p.drops, 1);
	CHECK_SCHEDULES(x, 1);
}

static int late_wakes(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, probe_once_poll);
	UNTIL(t, pawl_task_is_finished(&l->p[0].task) || (pawl_wake(t), false));
	l->before = conform_schedules(pawl_here(t));
	pawl_wake(&l->p[0].task);
	pawl_cancel(&l->p[0].task);
	CHECK_SCHEDULES(pawl_here(t), l->before);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	CHECK_UINT(l->p[0].polls, 1);
	pawl_wake(&l->p[0].task);
	CHECK_SCHEDULES(pawl_here(t), l->before);
	CHECK_UINT(l->p[0].polls, 1);
	PAWL_END(t);
}

CONFORM(wake_after_the_end_touches_nothing)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, late_wakes), 0);
}

struct slot {
	TASK(task);
	uint32_t polls;
	uint32_t go;
};

PAWL_TASK_POOL(slots, struct slot, 1);

static int slot_poll(pawl_task *t)
{
	struct slot *s = PAWL_OF(t, struct slot, task);

	count_up(&s->polls);
	return count_of(&s->go) ? 0 : PAWL_PENDING;
}

static struct slot *slot_of(struct lead *l)
{
	return PAWL_OF(l->child, struct slot, task);
}

static void claim(struct lead *l, uint32_t go)
{
	struct slot *s = slots_claim();

	CHECK(s == &slots_slots_[0].slot_);
	s->go = go;
	l->child = &s->task;
	CHECK_INT(pawl_spawn_foreground(pawl_here(&l->task), l->child, slot_poll), 0);
}

/* Both generations on the main thread: what runs when is known. */
static int reuses_a_slot(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	claim(l, 1);
	l->waker = pawl_waker_of(l->child);
	PAWL_AWAIT(t, pawl_join(t, l->child, NULL));
	CHECK_UINT(pawl_pool_in_use(&slots), 0);
	claim(l, 0);
	UNTIL(t, slot_of(l)->polls == 1 || (pawl_wake(t), false));
	l->before = conform_schedules(pawl_here(t));
	pawl_waker_wake(l->waker);
	CHECK_SCHEDULES(pawl_here(t), l->before);
	slot_of(l)->go = 1;
	pawl_waker_wake(pawl_waker_of(l->child));
	CHECK_SCHEDULES(pawl_here(t), l->before + 1);
	PAWL_AWAIT(t, pawl_join(t, l->child, NULL));
	PAWL_END(t);
}

CONFORM(stale_wake_of_a_reused_slot_touches_nothing)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, reuses_a_slot), 0);
	CHECK_UINT(pawl_pool_in_use(&slots), 0);
}

/*
 * Many tasks wake each other from all threads; the probe checks that it never runs twice at once.
 */
#define RING 8

struct ring {
	TASK(task);
	struct probe p[RING];
	uint32_t i;
	uint32_t turns;
};

static int ring_poll(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);
	struct ring *r = PAWL_OF(p->watcher, struct ring, task);
	uint32_t i = (uint32_t)(p - r->p);

	CHECK_INT(__atomic_exchange_n(&p->busy, 1, __ATOMIC_ACQ_REL), 0);
	count_up(&p->polls);
	if (count_up(&r->turns) < 400) {
		pawl_wake(&r->p[(i + 1) % RING].task);
		pawl_wake(&r->p[(i + 3) % RING].task);
	} else if (!count_of(&p->go)) {
		pawl_wake(p->watcher);
	}
	__atomic_store_n(&p->busy, 0, __ATOMIC_RELEASE);
	return count_of(&p->go) ? 0 : PAWL_PENDING;
}

static int ring_lead(pawl_task *t)
{
	struct ring *r = PAWL_OF(t, struct ring, task);

	PAWL_BEGIN(t);
	for (r->i = 0; r->i < RING; r->i++)
		probe_init(&r->p[r->i], t);
	for (r->i = 0; r->i < RING; r->i++)
		CHECK_INT(pawl_spawn(pawl_here(t), &r->p[r->i].task, ring_poll), 0);
	UNTIL(t, count_of(&r->turns) >= 400);
	for (r->i = 0; r->i < RING; r->i++) {
		__atomic_store_n(&r->p[r->i].go, 1, __ATOMIC_RELEASE);
		pawl_wake(&r->p[r->i].task);
	}
	for (r->i = 0; r->i < RING; r->i++) {
		PAWL_AWAIT(t, pawl_join(t, &r->p[r->i].task, NULL));
		CHECK_UINT(r->p[r->i].drops, 1);
	}
	PAWL_END(t);
}

CONFORM(never_polled_twice_at_once)
{
	struct ring r = { 0 };

	CHECK_INT(conform_run(x, &r.task, ring_lead), 0);
}

/* Cancelling and joining. */

static int cancels_a_sleeper(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, probe_sleep_poll);
	UNTIL(t, probe_was_polled(&l->p[0], 1));
	CHECK(!pawl_cancelled(&l->p[0].task));
	pawl_cancel(&l->p[0].task);
	pawl_cancel(&l->p[0].task);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, PAWL_ECANCELED);
	CHECK_UINT(l->p[0].polls, 2);
	CHECK_UINT(l->p[0].drops, 1);
	PAWL_END(t);
}

CONFORM(cancel_asks_and_join_answers)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, cancels_a_sleeper), 0);
}

/* A task that does not heed the request hears of it once. */
static int goes_on(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	count_up(&p->polls);
	return count_of(&p->go) ? 0 : PAWL_PENDING;
}

/* All on the main thread: what was polled when is known. */
static int cancels_twice(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], NULL);
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->p[0].task, goes_on), 0);
	UNTIL(t, l->p[0].polls == 1 || (pawl_wake(t), false));
	pawl_cancel(&l->p[0].task);
	UNTIL(t, l->p[0].polls == 2 || (pawl_wake(t), false));
	l->before = conform_schedules(pawl_here(t));
	pawl_cancel(&l->p[0].task);
	CHECK_SCHEDULES(pawl_here(t), l->before);
	l->p[0].go = 1;
	pawl_wake(&l->p[0].task);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	CHECK_UINT(l->p[0].polls, 3);
	PAWL_END(t);
}

CONFORM(cancelling_is_idempotent)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, cancels_twice), 0);
}

/* A task that is woken while it is polled, and yields in that poll, is polled once more. */
static int wakes_and_yields(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	if (count_up(&p->polls) == 1) {
		pawl_wake(t);
		p->result = pawl_task_yield(t);
	} else if (p->result == PAWL_PENDING) {
		p->result = pawl_task_yield(t);
	}
	return p->result == PAWL_PENDING || count_of(&p->go) ? p->result : PAWL_PENDING;
}

/* All on the main thread: what was polled when is known. */
static int watches_one_that_yields(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], NULL);
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->p[0].task, wakes_and_yields), 0);
	for (l->i = 0; l->i < 100; l->i++)
		PAWL_AWAIT(t, pawl_task_yield(t));
	CHECK_UINT(l->p[0].polls, 2);
	CHECK_INT(l->p[0].result, 0);
	l->p[0].go = 1;
	pawl_wake(&l->p[0].task);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_UINT(l->p[0].polls, 3);
	PAWL_END(t);
}

CONFORM(wake_and_yield_in_one_poll_are_one)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, watches_one_that_yields), 0);
}

/* The same, with nobody else there: the executor may go on with it at once. */
static int yields_alone(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	for (l->i = 0; l->i < 10; l->i++) {
		l->before++;
		pawl_wake(t);
		PAWL_YIELD(t);
	}
	CHECK_UINT(l->before, 10);
	PAWL_END(t);
}

CONFORM(task_that_yields_alone_goes_on)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, yields_alone), 0);
}

static int joins_late(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	for (l->i = 0; l->i < 8; l->i++) {
		probe_init(&l->p[l->i], t);
		l->p[l->i].outcome = -100 - (int)l->i;
		CHECK_INT(pawl_spawn(pawl_here(t), &l->p[l->i].task, probe_once_poll), 0);
	}
	UNTIL(t, pawl_task_is_finished(&l->p[7].task) || (pawl_wake(t), false));
	for (l->i = 8; l->i-- > 0;) {
		PAWL_AWAIT(t, pawl_join(t, &l->p[l->i].task, &l->outcome));
		CHECK_INT(l->outcome, -100 - (int)l->i);
		CHECK_UINT(l->p[l->i].drops, 1);
	}
	PAWL_END(t);
}

CONFORM(join_before_and_after_the_end)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, joins_late), 0);
}

/* A task that is asked to stop while it joins hears so, and can still stop its child. */
struct parent {
	TASK(task);
	struct probe child;
	pawl_task *watcher;
	uint32_t ready;
	int joined, outcome;
};

static int parent_poll(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	probe_init(&p->child, NULL);
	CHECK_INT(pawl_spawn(pawl_here(t), &p->child.task, probe_sleep_poll), 0);
	count_up(&p->ready);
	pawl_wake(p->watcher);
	PAWL_AWAIT_AS(t, p->joined, pawl_join(t, &p->child.task, NULL));
	PAWL_AWAIT(t, pawl_stop(t, &p->child.task, &p->outcome));
	PAWL_END(t);
}

struct grandparent {
	TASK(task);
	struct parent parent;
};

static int grandparent_poll(pawl_task *t)
{
	struct grandparent *g = PAWL_OF(t, struct grandparent, task);

	PAWL_BEGIN(t);
	g->parent.watcher = t;
	CHECK_INT(pawl_spawn(pawl_here(t), &g->parent.task, parent_poll), 0);
	UNTIL(t, count_of(&g->parent.ready));
	pawl_cancel(&g->parent.task);
	PAWL_AWAIT(t, pawl_join(t, &g->parent.task, NULL));
	CHECK_INT(g->parent.joined, PAWL_ECANCELED);
	CHECK_INT(g->parent.outcome, PAWL_ECANCELED);
	CHECK_UINT(g->parent.child.drops, 1);
	PAWL_END(t);
}

/* It may as well leave the child to itself. */
static int leaving_parent(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	probe_init(&p->child, NULL);
	CHECK_INT(pawl_spawn(pawl_here(t), &p->child.task, probe_poll), 0);
	count_up(&p->ready);
	pawl_wake(p->watcher);
	PAWL_AWAIT_AS(t, p->joined, pawl_join(t, &p->child.task, NULL));
	__atomic_store_n(&p->child.go, 1, __ATOMIC_RELEASE);
	pawl_wake(&p->child.task);
	pawl_detach(&p->child.task);
	PAWL_END(t);
}

static int detaching_grandparent(pawl_task *t)
{
	struct grandparent *g = PAWL_OF(t, struct grandparent, task);

	PAWL_BEGIN(t);
	g->parent.watcher = t;
	CHECK_INT(pawl_spawn(pawl_here(t), &g->parent.task, leaving_parent), 0);
	UNTIL(t, count_of(&g->parent.ready));
	pawl_cancel(&g->parent.task);
	PAWL_AWAIT(t, pawl_join(t, &g->parent.task, NULL));
	CHECK_INT(g->parent.joined, PAWL_ECANCELED);
	UNTIL(t, count_of(&g->parent.child.drops) == 1 || (pawl_wake(t), false));
	PAWL_END(t);
}

CONFORM(cancelled_joiner_may_detach)
{
	struct grandparent g = { 0 };

	CHECK_INT(conform_run(x, &g.task, detaching_grandparent), 0);
}

CONFORM(cancelled_while_joining)
{
	struct grandparent g = { 0 };

	CHECK_INT(conform_run(x, &g.task, grandparent_poll), 0);
}

/* The end. */

static int detaches(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	/* One before its end, one after it; both are dropped once. */
	start(l, 0, probe_poll);
	start(l, 1, probe_once_poll);
	UNTIL(t, probe_was_polled(&l->p[0], 1));
	pawl_detach(&l->p[0].task);
	UNTIL(t, pawl_task_is_finished(&l->p[1].task) || (pawl_wake(t), false));
	CHECK_UINT(count_of(&l->p[1].drops), 0);
	pawl_detach(&l->p[1].task);
	CHECK_UINT(count_of(&l->p[1].drops), 1);
	CHECK_UINT(count_of(&l->p[0].drops), 0);
	__atomic_store_n(&l->p[0].go, 1, __ATOMIC_RELEASE);
	pawl_wake(&l->p[0].task);
	UNTIL(t, count_of(&l->p[0].drops) == 1 || (pawl_wake(t), false));
	CHECK_UINT(count_of(&l->p[0].polls), 2);
	PAWL_END(t);
}

CONFORM(detached_tasks_are_dropped_once)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, detaches), 0);
}

static int panics(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	count_up(&p->polls);
	pawl_panic("on purpose");
}

static int joins_a_panic(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, panics);
	start(l, 1, probe_poll);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, PAWL_EPANIC);
	CHECK_UINT(l->p[0].polls, 1);
	CHECK_UINT(l->p[0].drops, 1);
	__atomic_store_n(&l->p[1].go, 1, __ATOMIC_RELEASE);
	pawl_wake(&l->p[1].task);
	PAWL_AWAIT(t, pawl_join(t, &l->p[1].task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	PAWL_END(t);
}

CONFORM(panic_ends_its_task_and_no_other)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, joins_a_panic), 0);
}

static int panics_while_waiting(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	if (count_up(&p->polls) == 2)
		pawl_panic("while in a queue");
	return pawl_sem_acquire(t, p->sem);
}

struct queue_lead {
	TASK(task);
	struct probe p, q;
	pawl_sem sem;
	int outcome;
};

static int leaves_a_queue(pawl_task *t)
{
	struct queue_lead *l = PAWL_OF(t, struct queue_lead, task);

	PAWL_BEGIN(t);
	pawl_sem_init(&l->sem, 0);
	probe_init(&l->p, t);
	l->p.sem = &l->sem;
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->p.task, panics_while_waiting), 0);
	UNTIL(t, l->p.polls == 1 || (pawl_wake(t), false));
	/* It ends while it is queued, then while it has a permit that it did not come for. */
	pawl_wake(&l->p.task);
	PAWL_AWAIT(t, pawl_join(t, &l->p.task, &l->outcome));
	CHECK_INT(l->outcome, PAWL_EPANIC);
	probe_init(&l->q, t);
	l->q.sem = &l->sem;
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->q.task, panics_while_waiting), 0);
	UNTIL(t, l->q.polls == 1 || (pawl_wake(t), false));
	pawl_sem_release(&l->sem);
	PAWL_AWAIT(t, pawl_join(t, &l->q.task, &l->outcome));
	CHECK_INT(l->outcome, PAWL_EPANIC);
	CHECK_UINT(pawl_sem_available(&l->sem), 1);
	PAWL_AWAIT(t, pawl_sem_acquire(t, &l->sem));
	PAWL_END(t);
}

CONFORM(task_that_ends_in_a_queue_leaves_it)
{
	struct queue_lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, leaves_a_queue), 0);
}

/* A timer that still runs when its task ends does not fire into the memory. */
static int leaves_a_timer(pawl_task *t)
{
	CHECK_INT(pawl_sleep(t, PAWL_US(50)), PAWL_PENDING);
	return 0;
}

static int timer_lead(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, leaves_a_timer);
	PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, NULL));
	start(l, 0, probe_poll);
	UNTIL(t, count_of(&l->p[0].polls) == 1);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
	CHECK_UINT(count_of(&l->p[0].polls), 1);
	PAWL_AWAIT(t, pawl_stop(t, &l->p[0].task, NULL));
	PAWL_END(t);
}

CONFORM(task_that_ends_with_a_timer_stops_it)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, timer_lead), 0);
}

static int spawns_again(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	for (l->i = 0; l->i < 1000; l->i++) {
		if (l->i == 0)
			probe_init(&l->p[0], NULL);
		CHECK_INT(pawl_spawn(pawl_here(t), &l->p[0].task, probe_once_poll), 0);
		PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, NULL));
	}
	CHECK_UINT(l->p[0].polls, 1000);
	CHECK_UINT(l->p[0].drops, 1000);
	PAWL_END(t);
}

CONFORM(thousand_tasks_in_turn)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, spawns_again), 0);
}

const struct conform_case conform_task_cases[] = {
	CONFORM_CASE(polled_once_when_spawned),
	CONFORM_CASE(scheduled_once_when_spawned),
	CONFORM_CASE(polled_once_per_wake),
	CONFORM_CASE(waking_is_idempotent),
	CONFORM_CASE(wake_during_a_poll_gives_one_more),
	CONFORM_CASE(wake_during_the_last_poll_gives_none),
	CONFORM_CASE(wake_after_the_end_touches_nothing),
	CONFORM_CASE(stale_wake_of_a_reused_slot_touches_nothing),
	CONFORM_CASE(never_polled_twice_at_once),
	CONFORM_CASE(cancel_asks_and_join_answers),
	CONFORM_CASE(cancelling_is_idempotent),
	CONFORM_CASE(wake_and_yield_in_one_poll_are_one),
	CONFORM_CASE(task_that_yields_alone_goes_on),
	CONFORM_CASE(join_before_and_after_the_end),
	CONFORM_CASE(cancelled_while_joining),
	CONFORM_CASE(cancelled_joiner_may_detach),
	CONFORM_CASE(detached_tasks_are_dropped_once),
	CONFORM_CASE(panic_ends_its_task_and_no_other),
	CONFORM_CASE(task_that_ends_in_a_queue_leaves_it),
	CONFORM_CASE(task_that_ends_with_a_timer_stops_it),
	CONFORM_CASE(thousand_tasks_in_turn),
};
const size_t conform_task_case_count = PAWL_COUNT(conform_task_cases);
