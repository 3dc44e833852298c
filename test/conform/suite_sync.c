/* SPDX-License-Identifier: MIT */
/* Promises about what tasks share: counted while some of them are stopped and begin again. */
#include "conform.h"

#define WORKERS 4
#define STOPS 12
#define TURNS 6

/*
 * A yard of workers. Its task stops one after the other, at some moment, and sends it back to work;
 * a worker goes on where it was stopped. What they do is counted, and has to come out even.
 */
struct yard;

struct worker {
	TASK(task);
	struct yard *yard;
	uint32_t id, i;
	uint32_t seen;
	int value, last, r;
	pawl_sem_want want;
};

struct yard {
	TASK(task);
	struct worker w[WORKERS];
	pawl_poll_fn *poll;
	int (*settle)(struct yard *y); /* once no worker is stopped any more; may wait */
	uint32_t i, at, rests;
	int outcome;

	pawl_mutex mutex;
	pawl_sem sem;
	pawl_chan chan;
	pawl_watch watch;
	pawl_notify notify;
	pawl_barrier barrier;
	int ring[2], slot;
	uint32_t inside, turns, work;
	uint32_t seen[2 * TURNS];
};

/* The moments differ from round to round. */
static uint32_t random_below(uint32_t n)
{
	static uint32_t state;

	state = state * 1664525u + 1013904223u;
	return ((state >> 16) * n) >> 16;
}

static struct worker *worker_of(pawl_task *t)
{
	return PAWL_OF(t, struct worker, task);
}

static void send_to_work(struct yard *y, uint32_t id)
{
	y->w[id].yard = y;
	y->w[id].id = id;
	CHECK_INT(pawl_spawn(pawl_here(&y->task), &y->w[id].task, y->poll), 0);
}

static int yard_poll(pawl_task *t)
{
	struct yard *y = PAWL_OF(t, struct yard, task);

	PAWL_BEGIN(t);
	for (y->i = 0; y->i < WORKERS; y->i++)
		send_to_work(y, y->i);
	for (y->i = 0; y->i < STOPS; y->i++) {
		for (y->rests = random_below(4); y->rests; y->rests--)
			PAWL_AWAIT(t, pawl_task_yield(t));
		y->at = random_below(WORKERS);
		PAWL_AWAIT(t, pawl_stop(t, &y->w[y->at].task, &y->outcome));
		CHECK(y->outcome == 0 || y->outcome == PAWL_ECANCELED);
		send_to_work(y, y->at);
	}
	y->at = 0;
	PAWL_AWAIT(t, y->settle(y));
	for (y->i = 0; y->i < WORKERS; y->i++) {
		PAWL_AWAIT(t, pawl_join(t, &y->w[y->i].task, &y->outcome));
		CHECK_INT(y->outcome, 0);
	}
	PAWL_END(t);
}

static int no_settling(struct yard *y)
{
	(void)y;
	return 0;
}

static void run_yard(pawl_exec *x, struct yard *y, pawl_poll_fn *poll, int (*settle)(struct yard *))
{
	y->poll = poll;
	y->settle = settle;
	CHECK_INT(conform_run(x, &y->task, yard_poll), 0);
}

/* `inside` and `turns` are plain words: the mutex is all that guards them. */
static int locker_poll(pawl_task *t)
{
	struct worker *w = worker_of(t);
	struct yard *y = w->yard;

	PAWL_BEGIN(t);
	while (w->i < TURNS) {
		PAWL_AWAIT(t, pawl_mutex_lock(t, &y->mutex));
		CHECK_UINT(y->inside++, 0);
		PAWL_AWAIT_AS(t, w->r, pawl_task_yield(t));
		CHECK_UINT(y->inside--, 1);
		y->turns++;
		w->i++;
		pawl_mutex_unlock(t, &y->mutex);
	}
	PAWL_END(t);
}

CONFORM(mutex_lets_one_in)
{
	struct yard y = { 0 };

	pawl_mutex_init(&y.mutex);
	run_yard(x, &y, locker_poll, no_settling);
	CHECK_UINT(y.turns, WORKERS * TURNS);
	CHECK_INT(pawl_mutex_try_lock(&y.task, &y.mutex), 0);
	pawl_mutex_unlock(&y.task, &y.mutex);
}

static int acquire(struct worker *w, uint32_t n)
{
	pawl_sem *s = &w->yard->sem;

	return n == 1 ? pawl_sem_acquire(&w->task, s)
		      : pawl_sem_acquire_n(&w->task, s, &w->want, n);
}

/* The first worker wants all permits, the second two, the others one. */
static int taker_poll(pawl_task *t)
{
	struct worker *w = worker_of(t);
	struct yard *y = w->yard;
	uint32_t n = w->id < 2 ? 3 - w->id : 1;

	PAWL_BEGIN(t);
	while (w->i < TURNS) {
		PAWL_AWAIT(t, acquire(w, n));
		CHECK(__atomic_add_fetch(&y->inside, n, __ATOMIC_ACQ_REL) <= 3);
		PAWL_AWAIT_AS(t, w->r, pawl_task_yield(t));
		__atomic_sub_fetch(&y->inside, n, __ATOMIC_ACQ_REL);
		w->i++;
		pawl_sem_release_n(&y->sem, n);
	}
	PAWL_END(t);
}

CONFORM(semaphore_gives_many_at_once)
{
	struct yard y = { 0 };

	pawl_sem_init(&y.sem, 3);
	run_yard(x, &y, taker_poll, no_settling);
	CHECK_UINT(y.inside, 0);
	CHECK_UINT(pawl_sem_available(&y.sem), 3);
}

/* Two send and two receive; a value whose send was cancelled is sent again. */
static int trader_poll(pawl_task *t)
{
	struct worker *w = worker_of(t);
	struct yard *y = w->yard;
	int r = 0;

	while (w->id < 2 && w->i < TURNS) {
		w->value = (int)(w->id * TURNS + w->i);
		r = pawl_chan_send(t, &y->chan, &w->value);
		if (r)
			return r;
		w->i++;
	}
	while (w->id >= 2 && (r = pawl_chan_recv(t, &y->chan, &w->value)) == 0)
		count_up(&y->seen[w->value]);
	return r == PAWL_ECLOSED ? 0 : r;
}

/* The senders come to their end, and then the channel. */
static int close_behind_senders(struct yard *y)
{
	for (; y->at < 2; y->at++) {
		int r = pawl_await_end(&y->task, &y->w[y->at].task);

		if (r)
			return r;
	}
	pawl_chan_close(&y->chan);
	return 0;
}

CONFORM(channel_loses_and_doubles_nothing)
{
	struct yard y = { 0 };
	unsigned i;

	pawl_chan_init(&y.chan, y.ring, sizeof(int), 2);
	run_yard(x, &y, trader_poll, close_behind_senders);
	for (i = 0; i < 2 * TURNS; i++) {
		kit_at("value", i);
		CHECK_UINT(y.seen[i], 1);
	}
	CHECK_UINT(pawl_chan_count(&y.chan), 0);
}

static bool take_work(uint32_t *work)
{
	uint32_t n = count_of(work);

	while (n && !__atomic_compare_exchange_n(work, &n, n - 1, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE)) {}
	return n;
}

/* Two bring work and give notice, two take it until there is none and wait then. */
static int labourer_poll(pawl_task *t)
{
	struct worker *w = worker_of(t);
	struct yard *y = w->yard;

	PAWL_BEGIN(t);
	while (w->id < 2 && w->i < TURNS) {
		count_up(&y->work);
		w->i++;
		pawl_notify_one(&y->notify);
		PAWL_AWAIT(t, pawl_task_yield(t));
	}
	while (w->id >= 2 && count_of(&y->turns) < 2 * TURNS) {
		while (take_work(&y->work))
			if (count_up(&y->turns) == 2 * TURNS)
				pawl_wake(&y->task);
		PAWL_AWAIT(t, pawl_notify_wait(t, &y->notify));
	}
	pawl_notify_one(&y->notify); /* the other one may be waiting */
	PAWL_END(t);
}

static int work_is_done(struct yard *y)
{
	if (count_of(&y->turns) < 2 * TURNS)
		return PAWL_PENDING;
	pawl_notify_one(&y->notify);
	return 0;
}

CONFORM(notice_is_never_lost)
{
	struct yard y = { 0 };

	pawl_notify_init(&y.notify);
	run_yard(x, &y, labourer_poll, work_is_done);
	CHECK_UINT(y.turns, 2 * TURNS);
	CHECK_UINT(y.work, 0);
}

/* One sets ever larger values, the others see them grow, up to the last. */
static int watcher_poll(pawl_task *t)
{
	struct worker *w = worker_of(t);
	struct yard *y = w->yard;

	PAWL_BEGIN(t);
	while (w->id == 0 && w->i < 2 * TURNS) {
		w->value = (int)++w->i;
		CHECK_INT(pawl_watch_set(&y->watch, &w->value), 0);
		PAWL_AWAIT(t, pawl_task_yield(t));
	}
	while (w->id) {
		PAWL_AWAIT_AS(t, w->r, pawl_watch_next(t, &y->watch, &w->seen, &w->value));
		if (w->r)
			return w->r == PAWL_ECLOSED ? 0 : w->r;
		CHECK(w->value > w->last);
		w->last = w->value;
	}
	PAWL_END(t);
}

static int close_behind_setter(struct yard *y)
{
	int r = pawl_await_end(&y->task, &y->w[0].task);

	if (r == 0)
		pawl_watch_close(&y->watch);
	return r;
}

CONFORM(watch_shows_the_latest)
{
	struct yard y = { 0 };
	unsigned i;

	pawl_watch_init(&y.watch, &y.slot, sizeof y.slot);
	run_yard(x, &y, watcher_poll, close_behind_setter);
	for (i = 1; i < WORKERS; i++)
		CHECK_INT(y.w[i].last, 2 * TURNS);
	CHECK_INT(pawl_watch_get(&y.watch, NULL, &y.slot), 0);
	CHECK_INT(y.slot, 2 * TURNS);
}

/* Nobody is a round ahead, and each round has one leader. */
struct meeting {
	TASK(task);
	pawl_barrier barrier;
	struct guest {
		TASK(task);
		struct meeting *meeting;
		uint32_t i, polls;
		bool is_leader;
	} g[3], early;
	uint32_t i, leaders, came;
	int outcome;
};

static int guest_poll(pawl_task *t)
{
	struct guest *g = PAWL_OF(t, struct guest, task);
	struct meeting *m = g->meeting;

	PAWL_BEGIN(t);
	for (g->i = 1; g->i <= TURNS; g->i++) {
		count_up(&m->came);
		PAWL_AWAIT(t, pawl_barrier_wait(t, &m->barrier, &g->is_leader));
		CHECK(count_of(&m->came) >= 3 * g->i && count_of(&m->came) <= 3 * (g->i + 1));
		if (g->is_leader)
			CHECK(count_up(&m->leaders) <= g->i);
	}
	PAWL_END(t);
}

static int early_poll(pawl_task *t)
{
	struct guest *g = PAWL_OF(t, struct guest, task);
	int r = pawl_barrier_wait(t, &g->meeting->barrier, NULL);

	count_up(&g->polls);
	pawl_wake(&g->meeting->task);
	return r;
}

static int meeting_poll(pawl_task *t)
{
	struct meeting *m = PAWL_OF(t, struct meeting, task);

	PAWL_BEGIN(t);
	pawl_barrier_init(&m->barrier, 3);
	m->early.meeting = m;
	CHECK_INT(pawl_spawn(pawl_here(t), &m->early.task, early_poll), 0);
	UNTIL(t, count_of(&m->early.polls) == 1);
	PAWL_AWAIT(t, pawl_stop(t, &m->early.task, &m->outcome));
	CHECK_INT(m->outcome, PAWL_ECANCELED);
	for (m->i = 0; m->i < 3; m->i++) {
		m->g[m->i].meeting = m;
		CHECK_INT(pawl_spawn(pawl_here(t), &m->g[m->i].task, guest_poll), 0);
	}
	for (m->i = 0; m->i < 3; m->i++)
		PAWL_AWAIT(t, pawl_join(t, &m->g[m->i].task, NULL));
	CHECK_UINT(m->leaders, TURNS);
	PAWL_END(t);
}

CONFORM(barrier_has_a_leader_each_round)
{
	struct meeting m = { 0 };

	CHECK_INT(conform_run(x, &m.task, meeting_poll), 0);
}

/* A task that selects among children is stopped at some moment: none of them is left. */
struct race {
	TASK(task);
	struct racer {
		TASK(task);
		pawl_child list[3];
		pawl_group group;
		struct probe p[3];
		uint32_t rounds;
		uint32_t shift; /* which of the three is the first */
		int r;
	} racer;
	uint32_t i, rests;
	int outcome;
};

static void line_up(struct racer *r)
{
	static pawl_poll_fn *const polls[] = { probe_poll, probe_once_poll, probe_sleep_poll };
	uint32_t i;

	r->shift++;
	r->group = (pawl_group){ .children = r->list, .count = 3 };
	for (i = 0; i < 3; i++) {
		probe_init(&r->p[i], NULL);
		r->p[i].outcome = 0;
		r->list[i] = (pawl_child){ &r->p[i].task, 1 };
		CHECK_INT(pawl_spawn(pawl_here(&r->task), &r->p[i].task, polls[(i + r->shift) % 3]),
			  0);
	}
}

static void came_in(const struct racer *r)
{
	uint32_t i;

	for (i = 0; i < 3; i++) {
		CHECK(!r->list[i].task);
		CHECK(r->list[i].outcome == 0 || r->list[i].outcome == PAWL_ECANCELED);
		CHECK_UINT(r->p[i].drops, 1);
	}
}

static int racer_poll(pawl_task *t)
{
	struct racer *r = PAWL_OF(t, struct racer, task);

	PAWL_BEGIN(t);
	for (r->rounds = 0; r->rounds < 3; r->rounds++) {
		line_up(r);
		PAWL_AWAIT_AS(t, r->r, pawl_select(t, &r->group));
		came_in(r);
		if (r->r)
			return r->r;
		CHECK_INT(r->list[r->group.first].outcome, 0);
	}
	line_up(r);
	PAWL_AWAIT(t, pawl_stop_all(t, &r->group));
	came_in(r);
	PAWL_END(t);
}

static int race_poll(pawl_task *t)
{
	struct race *c = PAWL_OF(t, struct race, task);

	PAWL_BEGIN(t);
	for (c->i = 0; c->i < 8; c->i++) {
		CHECK_INT(pawl_spawn(pawl_here(t), &c->racer.task, racer_poll), 0);
		for (c->rests = random_below(8); c->rests; c->rests--)
			PAWL_AWAIT(t, pawl_task_yield(t));
		PAWL_AWAIT(t, pawl_stop(t, &c->racer.task, &c->outcome));
		CHECK(c->outcome == 0 || c->outcome == PAWL_ECANCELED);
	}
	CHECK_INT(pawl_spawn(pawl_here(t), &c->racer.task, racer_poll), 0);
	PAWL_AWAIT(t, pawl_join(t, &c->racer.task, &c->outcome));
	CHECK_INT(c->outcome, 0);
	PAWL_END(t);
}

CONFORM(select_settles_all)
{
	struct race c = { 0 };

	CHECK_INT(conform_run(x, &c.task, race_poll), 0);
}

struct parent {
	TASK(task);
	pawl_child list[4];
	pawl_group group;
	pawl_timeout limit;
	struct probe p[4];
	int r;
};

static void give_birth(struct parent *f, pawl_poll_fn *poll)
{
	unsigned i;

	f->group = (pawl_group){ .children = f->list, .count = 4 };
	for (i = 0; i < 4; i++) {
		probe_init(&f->p[i], NULL);
		f->p[i].outcome = -50 - (int)i;
		f->list[i].task = &f->p[i].task;
		CHECK_INT(pawl_spawn(pawl_here(&f->task), &f->p[i].task, poll), 0);
	}
}

static int parent_poll(pawl_task *t)
{
	struct parent *f = PAWL_OF(t, struct parent, task);
	unsigned i;

	PAWL_BEGIN(t);
	give_birth(f, probe_once_poll);
	PAWL_AWAIT(t, pawl_join_all(t, &f->group));
	for (i = 0; i < 4; i++) {
		CHECK_INT(f->list[i].outcome, -50 - (int)i);
		CHECK_UINT(f->p[i].drops, 1);
		CHECK_UINT(f->p[i].polls, 1);
	}
	PAWL_END(t);
}

CONFORM(all_children_are_joined)
{
	struct parent f = { 0 };

	CHECK_INT(conform_run(x, &f.task, parent_poll), 0);
}

/* Children of a select, and of a join of all, that took too long are the caller's again. */
static int patience_poll(pawl_task *t)
{
	struct parent *f = PAWL_OF(t, struct parent, task);
	unsigned i;

	PAWL_BEGIN(t);
	give_birth(f, probe_poll);
	PAWL_AWAIT_AS(t, f->r, PAWL_TIMEOUT(t, &f->limit, PAWL_US(200), pawl_select(t, &f->group)));
	CHECK_INT(f->r, PAWL_ETIMEDOUT);
	PAWL_AWAIT_AS(t, f->r,
		      PAWL_TIMEOUT(t, &f->limit, PAWL_US(200), pawl_join_all(t, &f->group)));
	CHECK_INT(f->r, PAWL_ETIMEDOUT);
	PAWL_AWAIT(t, pawl_stop_all(t, &f->group));
	for (i = 0; i < 4; i++) {
		CHECK_INT(f->list[i].outcome, PAWL_ECANCELED);
		CHECK_UINT(f->p[i].drops, 1);
		CHECK(f->p[i].polls <= 2);
	}
	PAWL_END(t);
}

CONFORM(children_that_took_too_long_are_kept)
{
	struct parent f = { 0 };

	CHECK_INT(conform_run(x, &f.task, patience_poll), 0);
}

struct beat {
	TASK(task);
	pawl_ticker ticker;
	pawl_time begun;
	uint32_t i;
};

static int beat_poll(pawl_task *t)
{
	struct beat *b = PAWL_OF(t, struct beat, task);

	PAWL_BEGIN(t);
	pawl_ticker_init(&b->ticker, pawl_here(t), PAWL_US(300));
	b->begun = b->ticker.next - b->ticker.period;
	for (b->i = 1; b->i <= 5; b->i++) {
		PAWL_AWAIT(t, pawl_tick(t, &b->ticker));
		CHECK(pawl_now(pawl_here(t)) >= b->begun + b->ticker.period * b->i);
		CHECK_INT(b->ticker.next,
			  b->begun + b->ticker.period * (b->i + 1 + b->ticker.overruns));
	}
	PAWL_END(t);
}

CONFORM(ticks_stay_on_their_grid)
{
	struct beat b = { 0 };

	CHECK_INT(conform_run(x, &b.task, beat_poll), 0);
}

const struct conform_case conform_sync_cases[] = {
	CONFORM_CASE(mutex_lets_one_in),
	CONFORM_CASE(semaphore_gives_many_at_once),
	CONFORM_CASE(channel_loses_and_doubles_nothing),
	CONFORM_CASE(notice_is_never_lost),
	CONFORM_CASE(watch_shows_the_latest),
	CONFORM_CASE(barrier_has_a_leader_each_round),
	CONFORM_CASE(select_settles_all),
	CONFORM_CASE(all_children_are_joined),
	CONFORM_CASE(children_that_took_too_long_are_kept),
	CONFORM_CASE(ticks_stay_on_their_grid),
};
const size_t conform_sync_case_count = PAWL_COUNT(conform_sync_cases);
