/* SPDX-License-Identifier: MIT */
/* pawl_stay: which thread polls is looked at in each of thousands of polls. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/counters.h>
#include <pawl/dedicated.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/session.h>
#include <pawl/sim.h>

#include <pthread.h>
#include <sched.h>
#include <time.h>

#define WORKERS_MAX 8
#define POLLS 1000

static pawl_host *host;
static pawl_exec *x;

static uint32_t get(const uint32_t *n)
{
	return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static void add(uint32_t *n, uint32_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_ACQ_REL);
}

static void await(const uint32_t *n, uint32_t at_least)
{
	while (get(n) < at_least)
		sched_yield();
}

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

/* One that stays: all of them begin together, each keeping its thread until the last is there. */
struct stayer {
	pawl_task task;
	struct meeting {
		uint32_t there, all;
	} * meeting;
	pthread_t thread;
	uint32_t polls; /* atomic; after the first */
	uint32_t moves; /* of them, on another thread */
	uint32_t left;  /* how many are to come */
	pawl_sem *sem;
};

/* In the first poll. */
static void settle(pawl_task *t, struct stayer *s)
{
	s->thread = pthread_self();
	CHECK_INT(pawl_stay(t), 0);
	CHECK_INT(pawl_stay(t), 0);
	if (!s->meeting)
		return;
	add(&s->meeting->there, 1);
	await(&s->meeting->there, s->meeting->all);
}

static void look(struct stayer *s)
{
	s->moves += !pthread_equal(s->thread, pthread_self());
	add(&s->polls, 1);
}

static int yields(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);

	PAWL_BEGIN(t);
	settle(t, s);
	while (s->left--) {
		PAWL_YIELD(t);
		look(s);
	}
	PAWL_END(t);
}

static int sleeps(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);

	PAWL_BEGIN(t);
	settle(t, s);
	while (s->left--) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(10 + s->left % 200)));
		look(s);
	}
	PAWL_END(t);
}

static int acquires(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);

	PAWL_BEGIN(t);
	settle(t, s);
	while (s->left--) {
		PAWL_AWAIT(t, pawl_sem_acquire(t, s->sem));
		look(s);
	}
	PAWL_END(t);
}

/* Waits for nothing in particular: each wake is a poll. */
static int counts(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);

	PAWL_BEGIN(t);
	settle(t, s);
	t->pc_ = 1;
	return PAWL_PENDING;
case 1:
	look(s);
	return --s->left ? PAWL_PENDING : 0;
	PAWL_END(t);
}

static struct stayer stayers[WORKERS_MAX];
static pawl_sem sem;
static struct meeting meeting;

/* One on each worker. */
static void spawn_stayers(unsigned n, pawl_poll_fn *poll, uint32_t polls)
{
	meeting = (struct meeting){ .all = n };
	for (unsigned i = 0; i < n; i++) {
		stayers[i] = (struct stayer){ .meeting = &meeting, .sem = &sem, .left = polls };
		CHECK_INT(pawl_spawn(x, &stayers[i].task, poll), 0);
	}
	await(&meeting.there, n);
}

static void join(pawl_task *t)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	CHECK_INT(outcome, 0);
}

static void join_stayers(unsigned n, uint32_t polls)
{
	for (unsigned i = 0; i < n; i++) {
		kit_at("stayer", (int64_t)i);
		join(&stayers[i].task);
		CHECK_UINT(stayers[i].polls, polls);
		CHECK_UINT(stayers[i].moves, 0);
		for (unsigned j = 0; j < i; j++)
			CHECK(!pthread_equal(stayers[i].thread, stayers[j].thread));
	}
	kit_at(NULL, 0);
}

/* Tasks that go where they like, and have something to do all the time, until they are told. */
struct others {
	pawl_task tasks[3 * WORKERS_MAX];
	unsigned n;
};
static uint32_t is_enough;

static int keeps_busy(pawl_task *t)
{
	pawl_time until = pawl_port_now() + PAWL_US(20);

	if (get(&is_enough))
		return 0;
	while (pawl_port_now() < until) {}
	t->kind_ |= PAWL_TASK_YIELDING_;
	return PAWL_PENDING;
}

static void spawn_others(struct others *o, unsigned n)
{
	static const int8_t priorities[] = { 0, 1, -1 };

	*o = (struct others){ .n = n };
	is_enough = 0;
	for (unsigned i = 0; i < n; i++) {
		pawl_spawn_options with = { .priority = priorities[i % 3] };

		CHECK_INT(pawl_spawn_with(x, &o->tasks[i], keeps_busy, &with), 0);
	}
}

static void join_others(struct others *o)
{
	add(&is_enough, 1);
	for (unsigned i = 0; i < o->n; i++)
		join(&o->tasks[i]);
}

TEST(yields_stay_here)
{
	begin((unsigned)param);
	spawn_stayers((unsigned)param, yields, POLLS);
	join_stayers((unsigned)param, POLLS);
	end();
}

static void run_among_others(unsigned n, pawl_poll_fn *poll, uint32_t polls)
{
	struct others o;

	begin(n);
	spawn_stayers(n, poll, polls);
	spawn_others(&o, 3 * n);
	join_stayers(n, polls);
	join_others(&o);
	end();
}

TEST(yields_stay_here_among_others)
{
	run_among_others((unsigned)param, yields, 200);
}

TEST(sleeps_end_here)
{
	run_among_others((unsigned)param, sleeps, 100);
}

/* Late timers are taken by others, who are not to poll the task. */
TEST(late_timers_come_home)
{
	begin((unsigned)param);
	spawn_stayers((unsigned)param, sleeps, 300);
	for (unsigned i = 0; i < 20; i++) {
		pawl_time until = pawl_port_now() + PAWL_MS(2);
		struct others o;

		spawn_others(&o, (unsigned)param);
		while (pawl_port_now() < until) {} /* longer than a timer may be late */
		join_others(&o);
	}
	join_stayers((unsigned)param, 300);
	end();
}

/* Each wake from here is waited for, so mostly all workers sleep when it comes. */
static void wake_one_by_one(unsigned n, uint32_t polls)
{
	for (uint32_t p = 1; p <= polls; p++)
		for (unsigned i = 0; i < n; i++) {
			pawl_wake(&stayers[i].task);
			await(&stayers[i].polls, p);
		}
}

TEST(wake_from_outside_finds_it)
{
	unsigned n = (unsigned)param;

	begin(n);
	spawn_stayers(n, counts, POLLS);
	wake_one_by_one(n, POLLS);
	join_stayers(n, POLLS);
	end();
}

TEST(wake_from_outside_finds_it_among_others)
{
	unsigned n = (unsigned)param;
	struct others o;

	begin(n);
	spawn_stayers(n, counts, 20);
	spawn_others(&o, 3 * n);
	wake_one_by_one(n, 20);
	join_stayers(n, 20);
	join_others(&o);
	end();
}

/* All workers sleep for a while: nobody keeps watch any more when the wake comes. */
TEST(wake_finds_it_in_a_long_sleep)
{
	pawl_thread_counters before, after;

	begin(2);
	spawn_stayers(2, counts, 20);
	for (uint32_t p = 1; p <= 20; p++) {
		do {
			const struct timespec naps = { 0, 10000000 };

			pawl_counters_worker(host, p % 2, &before);
			nanosleep(&naps, NULL);
			pawl_counters_worker(host, p % 2, &after);
		} while (before.parks != after.parks);
		wake_one_by_one(1, p);
		pawl_wake(&stayers[1].task);
		await(&stayers[1].polls, p);
	}
	join_stayers(2, 20);
	end();
}

struct releaser {
	pthread_t thread;
	pawl_sem *sem;
	uint32_t n;
};

static void *releases(void *arg)
{
	struct releaser *r = arg;

	for (uint32_t i = 0; i < r->n; i++)
		pawl_sem_release(r->sem);
	return NULL;
}

/* Many wakers at once: each permit is one, so a lost wake is a task that waits for ever. */
TEST(permits_from_threads_and_tasks)
{
	unsigned n = (unsigned)param;
	struct releaser r[4];

	begin(n);
	pawl_sem_init(&sem, 0);
	spawn_stayers(n, acquires, 4 * POLLS);
	for (unsigned i = 0; i < 4; i++) {
		r[i] = (struct releaser){ .sem = &sem, .n = n * POLLS };
		CHECK_INT(pthread_create(&r[i].thread, NULL, releases, &r[i]), 0);
	}
	join_stayers(n, 4 * POLLS);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(r[i].thread, NULL);
	end();
}

/* Those of one worker wake each other, through the executor's own paths. */
#define RING 50
static struct ringer {
	struct stayer s;
	struct ringer *next;
} ring[RING];

static int passes_on(pawl_task *t)
{
	struct ringer *r = PAWL_OF(t, struct ringer, s.task);

	PAWL_BEGIN(t);
	settle(t, &r->s);
	while (r->s.left--) {
		PAWL_AWAIT(t, pawl_sem_acquire(t, r->s.sem));
		look(&r->s);
		pawl_sem_release(r->next->s.sem);
	}
	PAWL_END(t);
}

TEST(a_ring_of_them)
{
	static pawl_sem sems[RING];

	begin((unsigned)param);
	for (unsigned i = 0; i < RING; i++) {
		pawl_sem_init(&sems[i], i < 3);
		ring[i] = (struct ringer){ .s = { .sem = &sems[i], .left = 100 } };
		ring[i].next = &ring[(i + 1) % RING];
	}
	for (unsigned i = 0; i < RING; i++)
		CHECK_INT(pawl_spawn(x, &ring[i].s.task, passes_on), 0);
	for (unsigned i = 0; i < RING; i++) {
		join(&ring[i].s.task);
		CHECK_UINT(ring[i].s.polls, 100);
		CHECK_UINT(ring[i].s.moves, 0);
	}
	end();
}

/* Ready tasks that stay and ready tasks that do not: neither waits for the end of the other. */
struct runner {
	pawl_task task;
	bool stays;
	uint32_t *turns;
};
static uint32_t fair_turns[4]; /* those that stay; high, normal, low */
static uint32_t fair_is_over;

static int takes_turns(pawl_task *t)
{
	struct runner *r = PAWL_OF(t, struct runner, task);

	PAWL_BEGIN(t);
	if (r->stays)
		CHECK_INT(pawl_stay(t), 0);
	while (!get(&fair_is_over)) {
		PAWL_YIELD(t);
		if (++*r->turns == 10000)
			add(&fair_is_over, 1);
	}
	PAWL_END(t);
}

static int spawns_runners(pawl_task *t)
{
	static struct runner runners[40];
	static const int8_t priorities[] = { 0, 1, 0, -1 };

	(void)t;
	for (unsigned i = 0; i < 40; i++) {
		unsigned kind = i % 4;
		pawl_spawn_options o = { .priority = priorities[kind] };

		runners[i] = (struct runner){ .stays = kind == 0, .turns = &fair_turns[kind] };
		CHECK_INT(pawl_spawn_with(x, &runners[i].task, takes_turns, &o), 0);
		pawl_detach(&runners[i].task);
	}
	return 0;
}

TEST(turns_are_fair)
{
	pawl_task spawner = { 0 };
	uint32_t sum = 0;

	begin(1);
	CHECK_INT(pawl_spawn(x, &spawner, spawns_runners), 0);
	await(&fair_is_over, 1); /* all are there before one runs: the main thread does not help */
	join(&spawner);
	end();
	for (unsigned i = 0; i < 4; i++)
		sum += fair_turns[i];
	/* Each third turn, and those of high priority get no more than these. */
	CHECK(fair_turns[0] * 4 > sum && fair_turns[0] * 5 < sum * 2);
	CHECK(fair_turns[1] * 4 > sum);
	CHECK(fair_turns[2] * 5 > sum);
	CHECK(fair_turns[3] * 100 > sum);
}

/* The end of the host cancels them, where they are. */
static int sleeps_for_ever(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);
	int r;

	PAWL_BEGIN(t);
	settle(t, s);
	PAWL_AWAIT_AS(t, r, pawl_sleep(t, PAWL_S(3600)));
	look(s);
	return r;
	PAWL_END(t);
}

static void count_lines(void *arg, const char *text)
{
	(void)text;
	++*(unsigned *)arg;
}

TEST(the_end_of_the_host_is_theirs)
{
	unsigned lines = 0;

	begin(4);
	spawn_stayers(4, sleeps_for_ever, 0);
	while (pawl_dump(x, count_lines, &lines) != 4) /* the last may be in the list twice */
		lines = 0;
	CHECK_UINT(lines, 4);
	for (unsigned i = 0; i < 4; i++)
		pawl_detach(&stayers[i].task);
	end();
	for (unsigned i = 0; i < 4; i++) {
		CHECK_UINT(stayers[i].polls, 1);
		CHECK_UINT(stayers[i].moves, 0);
	}
}

static int ends_session(pawl_task *t)
{
	static pawl_session session;

	PAWL_BEGIN(t);
	pawl_session_init(&session, x);
	for (unsigned i = 0; i < 2; i++) {
		pawl_spawn_options o = { .session = &session };

		stayers[i] = (struct stayer){ 0 };
		CHECK_INT(pawl_spawn_with(x, &stayers[i].task, sleeps_for_ever, &o), 0);
	}
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(5)));
	PAWL_AWAIT(t, pawl_session_end(t, &session));
	for (unsigned i = 0; i < 2; i++)
		CHECK_UINT(stayers[i].moves, 0);
	PAWL_END(t);
}

TEST(a_session_of_them_ends)
{
	pawl_task ender = { 0 };

	begin(2);
	CHECK_INT(pawl_spawn(x, &ender, ends_session), 0);
	join(&ender);
	end();
}

/* A panic ends it, and its worker goes on. */
static int panics(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task);

	PAWL_BEGIN(t);
	settle(t, s);
	PAWL_YIELD(t);
	look(s);
	pawl_panic("enough");
	PAWL_END(t);
}

TEST(panics_where_it_stays)
{
	int outcome = 0;

	begin(1);
	spawn_stayers(1, panics, 0);
	CHECK_INT(pawl_block_on(x, &stayers[0].task, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
	CHECK_UINT(stayers[0].moves, 0);
	spawn_stayers(1, yields, 10);
	join_stayers(1, 10);
	end();
}

/* A task that blocks its worker on another: those that stay run inside of that. */
static int blocks(pawl_task *t)
{
	struct stayer *s = PAWL_OF(t, struct stayer, task), inner = { .left = 10 };

	settle(t, s);
	CHECK_INT(pawl_spawn(x, &inner.task, yields), 0);
	CHECK_INT(pawl_block_on(x, &inner.task, NULL), 0);
	CHECK_UINT(inner.moves, 0);
	CHECK(pthread_equal(s->thread, pthread_self()));
	return 0;
}

TEST(inside_of_a_blocking_poll)
{
	begin((unsigned)param);
	spawn_stayers((unsigned)param, blocks, 0);
	join_stayers((unsigned)param, 0);
	end();
}

/* Its only worker is held up, so the main thread polls it, and has it from then on. */
static struct hog {
	pawl_task task;
	uint32_t is_there, may_go;
} hog;

static int holds_up(pawl_task *t)
{
	(void)t;
	add(&hog.is_there, 1);
	await(&hog.may_go, 1);
	return 0;
}

struct helped {
	pawl_task task;
	pawl_time due;
	pthread_t threads[3];
};

static int is_helped(pawl_task *t)
{
	struct helped *h = PAWL_OF(t, struct helped, task);

	PAWL_BEGIN(t);
	h->threads[0] = pthread_self();
	CHECK_INT(pawl_spawn(x, &hog.task, holds_up), 0);
	h->due = pawl_now(x) + PAWL_MS(400);
	CHECK_INT(pawl_sleep_until(t, h->due), PAWL_PENDING); /* the timer is the worker's */
	t->pc_ = 1;
	return PAWL_PENDING;
case 1:
	h->threads[1] = pthread_self();
	CHECK_INT(pawl_stay(t), 0);
	PAWL_AWAIT(t, pawl_sleep_until(t, h->due));
	CHECK(pawl_now(x) >= h->due);
	PAWL_YIELD(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
	h->threads[2] = pthread_self();
	add(&hog.may_go, 1);
	PAWL_END(t);
}

TEST(main_thread_that_helps_keeps_it)
{
	struct helped h = { 0 };

	begin(1);
	hog = (struct hog){ 0 };
	CHECK_INT(pawl_spawn(x, &h.task, is_helped), 0);
	await(&hog.is_there, 1);
	pawl_wake(&h.task);
	join(&h.task);
	join(&hog.task);
	CHECK(!pthread_equal(h.threads[0], pthread_self()));
	CHECK(pthread_equal(h.threads[1], pthread_self()));
	CHECK(pthread_equal(h.threads[2], pthread_self()));
	end();
}

/* But it does not help with one that stays elsewhere: only with what may run anywhere. */
static int opens_the_way(pawl_task *t)
{
	(void)t;
	add(&hog.may_go, 1);
	return 0;
}

TEST(main_thread_does_not_help_who_stays)
{
	pawl_task opener = { 0 };

	begin(1);
	hog = (struct hog){ 0 };
	spawn_stayers(1, counts, 2);
	CHECK_INT(pawl_spawn(x, &hog.task, holds_up), 0);
	await(&hog.is_there, 1);
	pawl_wake(&stayers[0].task);
	CHECK_INT(pawl_spawn(x, &opener, opens_the_way), 0);
	join(&opener);
	await(&stayers[0].polls, 1);
	pawl_wake(&stayers[0].task);
	join_stayers(1, 2);
	join(&hog.task);
	end();
}

static int stays_once(pawl_task *t)
{
	return pawl_stay(t);
}

static int outcome_on(pawl_exec *on)
{
	pawl_task t = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(on, &t, stays_once), 0);
	CHECK_INT(pawl_block_on(on, &t, &outcome), 0);
	return outcome;
}

TEST(one_thread_is_enough)
{
	pawl_local l;
	pawl_sim *sim;

	pawl_local_init(&l);
	CHECK_INT(outcome_on(pawl_local_exec(&l)), 0);
	pawl_local_fini(&l);
	CHECK_INT(pawl_sim_new(1, &sim), 0);
	CHECK_INT(outcome_on(pawl_sim_exec(sim)), 0);
	pawl_sim_free(sim);
}

TEST(who_has_a_thread_stays)
{
	pawl_task t[2] = { 0 };

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t[0], stays_once), 0);
	CHECK_INT(pawl_spawn_dedicated(x, &t[1], stays_once, NULL), 0);
	join(&t[0]);
	join(&t[1]);
	end();
}

/* An executor in front of the host: one that passes it on, and one that was compiled before. */
static struct front {
	pawl_exec exec;
	pawl_exec_ops ops;
} front;

static void front_schedule(pawl_exec *f, pawl_task *t)
{
	(void)f;
	x->ops->schedule(x, t);
}

static pawl_crew *front_crew(pawl_exec *f)
{
	(void)f;
	return x->ops->crew(x);
}

static int front_stay(pawl_exec *f, pawl_task *t)
{
	(void)f;
	return x->ops->stay(x, t);
}

static int spawn_in_front(pawl_task *t, pawl_poll_fn *poll, size_t size)
{
	front.ops = (pawl_exec_ops){ .size = size,
				     .name = "front",
				     .schedule = front_schedule,
				     .now = x->ops->now,
				     .crew = front_crew,
				     .stay = front_stay };
	front.exec.ops = &front.ops;
	return pawl_spawn(&front.exec, t, poll);
}

TEST(executor_in_front_passes_it_on)
{
	begin(4);
	meeting = (struct meeting){ .all = 1 };
	stayers[0] = (struct stayer){ .meeting = &meeting, .left = POLLS };
	CHECK_INT(spawn_in_front(&stayers[0].task, yields, sizeof(pawl_exec_ops)), 0);
	join_stayers(1, POLLS);
	end();
}

TEST(executor_that_does_not_know)
{
	pawl_task t = { 0 };
	int outcome = 1;

	begin(1);
	CHECK_INT(spawn_in_front(&t, stays_once, offsetof(pawl_exec_ops, stay)), 0);
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ENOTSUP);
	end();
}

/* A dropped task goes where it likes again. */
TEST(it_is_over_with_the_task)
{
	begin(2);
	spawn_stayers(2, yields, 1);
	join_stayers(2, 1);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(stayers[i].task.kind_ & PAWL_TASK_STAYS_, PAWL_TASK_STAYS_);
		CHECK_INT(pawl_spawn(x, &stayers[i].task, opens_the_way), 0);
		CHECK_INT(stayers[i].task.kind_ & PAWL_TASK_STAYS_, 0);
		join(&stayers[i].task);
	}
	end();
}

static void stay_outside(void *arg)
{
	pawl_task t = { 0 };

	(void)arg;
	begin(1);
	CHECK_INT(pawl_spawn_after(x, &t, stays_once, PAWL_S(3600)), 0);
	CHECK_INT(pawl_stay(&t), 0);
}

TEST(only_the_task_itself_may_say_so)
{
	CHECK_ABORTS(stay_outside, NULL);
}

/* clang-format off */
#define CASES_N(id) CASE_N(id, 1), CASE_N(id, 2), CASE_N(id, 8)

static const struct kit_case cases[] = {
	CASES_N(yields_stay_here), CASES_N(yields_stay_here_among_others),
	CASES_N(sleeps_end_here), CASES_N(late_timers_come_home),
	CASES_N(wake_from_outside_finds_it), CASES_N(wake_from_outside_finds_it_among_others),
	CASE(wake_finds_it_in_a_long_sleep), CASES_N(permits_from_threads_and_tasks),
	CASES_N(a_ring_of_them), CASE(turns_are_fair), CASE(the_end_of_the_host_is_theirs),
	CASE(a_session_of_them_ends), CASE(panics_where_it_stays),
	CASES_N(inside_of_a_blocking_poll), CASE(main_thread_that_helps_keeps_it),
	CASE(main_thread_does_not_help_who_stays), CASE(one_thread_is_enough),
	CASE(who_has_a_thread_stays), CASE(executor_in_front_passes_it_on),
	CASE(executor_that_does_not_know), CASE(it_is_over_with_the_task),
	CASE(only_the_task_itself_may_say_so),
};
/* clang-format on */

KIT_MAIN(cases)
