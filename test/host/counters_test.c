/* SPDX-License-Identifier: MIT */
/* The counters of a host: each figure after something that makes it exact. */
#include <kit.h>
#include <pawl/counters.h>
#include <pawl/pawl.h>

#include "host/ring.h"

#include <sched.h>

static pawl_host *host;
static pawl_exec *x;

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers, .blocking_max = 2 };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static pawl_counters seen(void)
{
	pawl_counters c;

	pawl_counters_host(host, &c);
	return c;
}

/* Of all workers together. */
static pawl_thread_counters sum(void)
{
	pawl_thread_counters all = { 0 }, one;

	for (unsigned i = 0; i < pawl_host_workers(host); i++) {
		pawl_counters_worker(host, i, &one);
		all.polls += one.polls;
		all.steals += one.steals;
		all.stolen += one.stolen;
		all.spilled += one.spilled;
		all.parks += one.parks;
		all.wakes += one.wakes;
		all.fired += one.fired;
		all.ready += one.ready;
	}
	return all;
}

static bool is_set(const uint32_t *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(uint32_t *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

/* Without pawl_block_on: the main thread helps with nothing. */
static void spin_until_finished(const pawl_task *t)
{
	while (!pawl_task_is_finished(t))
		sched_yield();
}

struct yielder {
	pawl_task task;
	unsigned left;
};

static int gives_way(pawl_task *t)
{
	struct yielder *y = PAWL_OF(t, struct yielder, task);

	PAWL_BEGIN(t);
	for (; y->left; y->left--)
		PAWL_YIELD(t);
	PAWL_END(t);
}

TEST(polls)
{
	struct yielder y[10] = { 0 };
	bool is_foreground = param;

	begin(2);
	for (unsigned i = 0; i < 10; i++) {
		pawl_spawn_options o = { .foreground = is_foreground };

		y[i].left = i;
		CHECK_INT(pawl_spawn_with(x, &y[i].task, gives_way, &o), 0);
	}
	for (unsigned i = 0; i < 10; i++)
		CHECK_INT(pawl_block_on(x, &y[i].task, NULL), 0);
	CHECK_UINT(seen().main.polls + sum().polls, 10 + 45);
	if (is_foreground)
		CHECK_UINT(seen().main.polls, 10 + 45);
	CHECK_UINT(seen().main.ready + sum().ready, 0);
	end();
}

static int trivial(pawl_task *t)
{
	(void)t;
	return 0;
}

/* Spawns children where it runs, and is at that poll until somebody else has run them. */
enum { CHILDREN = 8 };

struct hog {
	pawl_task task;
	pawl_task children[CHILDREN];
};

static int keeps_its_worker(pawl_task *t)
{
	struct hog *h = PAWL_OF(t, struct hog, task);

	for (unsigned i = 0; i < CHILDREN; i++)
		CHECK_INT(pawl_spawn(x, &h->children[i], trivial), 0);
	for (unsigned i = 0; i < CHILDREN; i++)
		spin_until_finished(&h->children[i]);
	return 0;
}

TEST(steals)
{
	struct hog h = { 0 };
	pawl_thread_counters all;

	begin(2);
	CHECK_INT(pawl_spawn(x, &h.task, keeps_its_worker), 0);
	spin_until_finished(&h.task);
	CHECK_INT(pawl_block_on(x, &h.task, NULL), 0);
	for (unsigned i = 0; i < CHILDREN; i++)
		CHECK_INT(pawl_block_on(x, &h.children[i], NULL), 0);
	all = sum();
	CHECK_UINT(all.stolen, CHILDREN);
	CHECK(all.steals >= 1 && all.steals <= CHILDREN);
	CHECK_UINT(all.polls, 1 + CHILDREN);
	CHECK_UINT(seen().main.polls, 0);
	end();
}

/* One goes to the place before all others, a ring of them behind it, and the rest does not fit. */
enum { TOO_MANY = 10, MANY = 1 + PAWL_RING_ROOM + TOO_MANY };

static struct yielder many[MANY];
static uint32_t ready_inside;

static int fills_its_ring(pawl_task *t)
{
	(void)t;
	for (unsigned i = 0; i < MANY; i++) {
		CHECK_INT(pawl_spawn(x, &many[i].task, gives_way), 0);
		pawl_detach(&many[i].task);
	}
	ready_inside = sum().ready;
	return 0;
}

TEST(spills)
{
	pawl_task t = { 0 };

	begin(1);
	CHECK_INT(pawl_spawn(x, &t, fills_its_ring), 0);
	spin_until_finished(&t);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_UINT(ready_inside, MANY);
	CHECK_UINT(sum().spilled, TOO_MANY);
	end();
}

static uint32_t is_running, may_end;

static int waits_for_leave(pawl_task *t)
{
	(void)t;
	set(&is_running);
	while (!is_set(&may_end))
		sched_yield();
	return 0;
}

TEST(common_queues)
{
	static const int8_t priorities[] = { 0, 0, 0, 1, 1, -1 };
	pawl_task first = { 0 }, t[6] = { 0 };
	pawl_counters c;

	begin(1);
	CHECK_INT(pawl_spawn(x, &first, waits_for_leave), 0);
	while (!is_set(&is_running))
		sched_yield();
	for (unsigned i = 0; i < 6; i++) {
		pawl_spawn_options o = { .priority = priorities[i] };

		CHECK_INT(pawl_spawn_with(x, &t[i], trivial, &o), 0);
	}
	c = seen();
	CHECK_UINT(c.injected, 7);
	CHECK_UINT(c.normal, 3);
	CHECK_UINT(c.high, 2);
	CHECK_UINT(c.low, 1);
	set(&may_end);
	for (unsigned i = 0; i < 6; i++)
		CHECK_INT(pawl_block_on(x, &t[i], NULL), 0);
	CHECK_INT(pawl_block_on(x, &first, NULL), 0);
	c = seen();
	CHECK_UINT(c.normal + c.high + c.low, 0);
	CHECK_UINT(c.injected, 7);
	end();
}

static int sleeps(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
	PAWL_END(t);
}

TEST(timers)
{
	pawl_task t[6] = { 0 };

	begin(2);
	for (unsigned i = 0; i < 6; i++) {
		pawl_spawn_options o = { .foreground = i < 2 };

		CHECK_INT(pawl_spawn_with(x, &t[i], sleeps, &o), 0);
	}
	for (unsigned i = 0; i < 6; i++)
		CHECK_INT(pawl_block_on(x, &t[i], NULL), 0);
	CHECK_UINT(seen().main.fired + sum().fired, 6);
	end();
}

/* Sooner or later a worker sleeps, and has to be woken from outside. */
TEST(parks_and_wakes)
{
	pawl_task t = { 0 };
	uint64_t parks;

	begin(1);
	do {
		CHECK_INT(pawl_spawn(x, &t, trivial), 0);
		CHECK_INT(pawl_block_on(x, &t, NULL), 0);
		parks = sum().parks;
	} while (!seen().wakes);
	CHECK(parks >= 1);
	CHECK_UINT(sum().wakes, 0);
	CHECK(seen().wakes <= sum().polls);
	end();
}

struct job {
	pawl_task task;
	pawl_work work;
};

static uint32_t begun;

static void blocks(pawl_work *w)
{
	(void)w;
	__atomic_add_fetch(&begun, 1, __ATOMIC_ACQ_REL);
	while (!is_set(&may_end))
		sched_yield();
}

static int awaits_it(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct job, task)->work);
}

TEST(blocking_work)
{
	struct job j[3] = { 0 };
	pawl_counters c;

	begin(1);
	for (unsigned i = 0; i < 3; i++) {
		j[i].work.fn = blocks;
		CHECK_INT(pawl_spawn(x, &j[i].task, awaits_it), 0);
	}
	while (__atomic_load_n(&begun, __ATOMIC_ACQUIRE) < 2)
		sched_yield();
	do {
		sched_yield();
		c = seen();
	} while (c.blocking.queued < 1);
	CHECK_UINT(c.blocking.threads, 2);
	CHECK_UINT(c.blocking.queued, 1);
	CHECK_UINT(c.blocking.idle, 0);
	CHECK_UINT(c.blocking.done, 0);
	set(&may_end);
	for (unsigned i = 0; i < 3; i++)
		CHECK_INT(pawl_block_on(x, &j[i].task, NULL), 0);
	CHECK_UINT(seen().blocking.done, 3);
	while (seen().blocking.idle < 2)
		sched_yield();
	CHECK_UINT(seen().blocking.queued, 0);
	end();
}

TEST(dedicated_threads)
{
	pawl_task t[2] = { 0 };

	begin(1);
	CHECK_UINT(seen().dedicated, 0);
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_dedicated(x, &t[i], waits_for_leave, NULL), 0);
	CHECK_UINT(seen().dedicated, 2);
	set(&may_end);
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(pawl_block_on(x, &t[i], NULL), 0);
	while (seen().dedicated)
		sched_yield();
	CHECK_UINT(seen().main.polls + sum().polls, 0);
	end();
}

static void asks_for_too_many(void *arg)
{
	pawl_thread_counters c;

	pawl_counters_worker(arg, 1, &c);
}

TEST(there_is_no_such_worker)
{
	begin(1);
	CHECK_ABORTS(asks_for_too_many, host);
	end();
}

static const struct kit_case cases[] = {
	CASE_N(polls, 0),
	CASE_N(polls, 1),
	CASE(steals),
	CASE(spills),
	CASE(common_queues),
	CASE(timers),
	CASE(parks_and_wakes),
	CASE(blocking_work),
	CASE(dedicated_threads),
	CASE(there_is_no_such_worker),
};

KIT_MAIN(cases)
