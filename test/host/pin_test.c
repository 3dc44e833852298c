/* SPDX-License-Identifier: MIT */
/* Pinned stacks and coroutines on several threads, counted: polls, places, stacks that are made. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/dedicated.h>
#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include "../co/stacks_fix.h"

#include <sched.h>
#include <string.h>

#define CYCLES 10000
#define JOBS 10

/* A task that pins, or is a coroutine itself; what it counts is its own. */
struct job {
	pawl_task task;
	pawl_co co;
	pawl_co_fn *body;
	unsigned *ended; /* atomic: shared by many */
	pawl_time nap;
	unsigned yields; /* what the body is to do */
	unsigned times;
	unsigned polls, steps;
	unsigned misplaced; /* polls of it, or steps of its body, on a wrong stack or thread */
	int outcome;        /* of the body */
	bool is_foreground;
};

static struct job *job_of(pawl_co *co)
{
	return PAWL_OF(co, struct job, co);
}

static pawl_host *begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

/* Its threads are gone, so all stacks are free for all. */
static void end(pawl_host *h)
{
	pawl_stacks_stats s;

	pawl_host_free(h);
	pawl_stacks_trim();
	pawl_stacks_stats_get(&s);
	CHECK_UINT(s.free + s.released, s.made);
}

static void step(pawl_co *co)
{
	struct job *j = job_of(co);

	if (stack_here() != pawl_co_stack(co))
		j->misplaced++;
	if (j->is_foreground != pawl_is_main_thread(pawl_here(pawl_co_task(co))))
		j->misplaced++;
	j->steps++;
}

static int yields(pawl_co *co)
{
	struct job *j = job_of(co);
	unsigned i;
	int r = 0;

	for (i = 0; i < j->yields && r == 0; i++) {
		step(co);
		r = pawl_co_yield(co);
	}
	step(co);
	if (j->ended)
		__atomic_fetch_add(j->ended, 1, __ATOMIC_RELAXED);
	return r ? r : -70;
}

static int naps(pawl_co *co)
{
	struct job *j = job_of(co);
	int r;

	step(co);
	r = pawl_co_sleep(co, j->nap);
	step(co);
	if (j->ended)
		__atomic_fetch_add(j->ended, 1, __ATOMIC_RELAXED);
	return r ? r : -71;
}

/* Gives way after each pin, so that the next one may be on another thread. */
static int pins(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	j->polls++;
	if (stack_here())
		j->misplaced++;
	PAWL_BEGIN(t);
	while (j->times-- > 0) {
		PAWL_AWAIT_AS(t, j->outcome, pawl_pin(t, &j->co, j->body));
		PAWL_YIELD(t);
	}
	PAWL_END(t);
}

/*
 * The main thread would help workers that the machine stops for long: but jobs look where they are.
 */
static void join(pawl_exec *x, struct job *j, int want)
{
	int outcome = 1;

	while (!j->is_foreground && !pawl_task_is_finished(&j->task))
		sched_yield();
	CHECK_INT(pawl_block_on(x, &j->task, &outcome), 0);
	CHECK_INT(outcome, want);
	CHECK_UINT(j->misplaced, 0);
	CHECK(!pawl_co_stack(&j->co));
}

static void run_cycles(unsigned workers, unsigned waits)
{
	pawl_host *h = begin(workers);
	struct job j[JOBS];
	unsigned i;

	for (i = 0; i < JOBS; i++) {
		j[i] = (struct job){ .body = yields, .yields = waits, .times = CYCLES / JOBS };
		CHECK_INT(pawl_spawn(pawl_host_exec(h), &j[i].task, pins), 0);
	}
	for (i = 0; i < JOBS; i++) {
		join(pawl_host_exec(h), &j[i], 0);
		CHECK_INT(j[i].outcome, -70);
		CHECK_UINT(j[i].steps, CYCLES / JOBS * (waits + 1));
		CHECK_UINT(j[i].polls, CYCLES / JOBS * (waits + 1) + 1);
	}
	end(h);
}

/* The main thread polls, too, where all workers are held up. */
TEST(ten_thousand_cycles_make_a_stack_per_worker)
{
	run_cycles((unsigned)param, 0);
	CHECK(stacks_made() >= 1 && stacks_made() <= (size_t)param + 1);
}

/* Given back on another thread, a stack is of that one's, until it has too many. */
TEST(ten_thousand_cycles_of_some_polls_make_few_stacks)
{
	run_cycles((unsigned)param, 2);
	CHECK(stacks_made() <= JOBS + ((size_t)param - 1) * PAWL_STACKS_PER_THREAD);
}

/* Tasks without a stack beside others that have one: where they run, and how often. */

struct plain {
	pawl_task task;
	unsigned polls, misplaced;
};

static int yields_plainly(pawl_task *t)
{
	struct plain *p = PAWL_OF(t, struct plain, task);

	p->polls++;
	if (stack_here())
		p->misplaced++;
	PAWL_BEGIN(t);
	while (p->polls <= 50)
		PAWL_YIELD(t);
	PAWL_END(t);
}

static void run_plain(pawl_exec *x)
{
	struct plain p[20] = { 0 };
	unsigned i;

	for (i = 0; i < PAWL_COUNT(p); i++)
		CHECK_INT(pawl_spawn(x, &p[i].task, yields_plainly), 0);
	for (i = 0; i < PAWL_COUNT(p); i++) {
		CHECK_INT(pawl_block_on(x, &p[i].task, NULL), 0);
		CHECK_UINT(p[i].polls, 51);
		CHECK_UINT(p[i].misplaced, 0);
	}
}

TEST(tasks_without_a_stack_pay_nothing)
{
	pawl_host *h = begin((unsigned)param);

	run_plain(pawl_host_exec(h));
	CHECK_UINT(stacks_made(), 0);
	end(h);
}

TEST(pinned_stack_never_runs_the_loop)
{
	pawl_host *h = begin((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	struct job j[JOBS];
	unsigned i;

	for (i = 0; i < JOBS; i++) {
		j[i] = (struct job){ .body = yields, .yields = 500, .times = 1 };
		CHECK_INT(pawl_spawn(x, &j[i].task, pins), 0);
	}
	run_plain(x);
	for (i = 0; i < JOBS; i++) {
		join(x, &j[i], 0);
		CHECK_UINT(j[i].polls, 502);
	}
	end(h);
}

/* Ends of all kinds at the same time. */

static int panics(pawl_co *co)
{
	return yields(co) == -70 ? (pawl_panic("on purpose"), 0) : 0;
}

static int overruns(pawl_co *co)
{
	return yields(co) == -70 ? deep(1) : 0;
}

TEST(each_ends_only_itself)
{
	static pawl_co_fn *const bodies[] = { yields, panics, overruns };
	static const int outcomes[] = { -70, PAWL_EPANIC, PAWL_ESTACK };
	pawl_host *h = begin((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	struct job pinned[30], own[30];
	unsigned i;

	for (i = 0; i < 30; i++) {
		pinned[i] = (struct job){ .body = bodies[i % 3], .yields = i, .times = 2 };
		own[i] = (struct job){ .yields = i };
		CHECK_INT(pawl_spawn(x, &pinned[i].task, pins), 0);
		CHECK_INT(pawl_co_spawn(x, &own[i], bodies[i % 3]), 0);
	}
	for (i = 0; i < 30; i++) {
		join(x, &pinned[i], 0);
		CHECK_INT(pinned[i].outcome, outcomes[i % 3]);
		CHECK_UINT(pinned[i].steps, 2 * (i + 1));
		CHECK_UINT(pinned[i].polls, 2 * (i + 1) + 1);
		join(x, &own[i], outcomes[i % 3]);
		CHECK_UINT(own[i].steps, i + 1);
	}
	end(h);
}

static void start_napping(pawl_exec *x, struct job *j, unsigned n, const pawl_spawn_options *o)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		j[i] = (struct job){ .body = naps, .nap = PAWL_S(1000), .times = 1 };
		CHECK_INT(pawl_spawn_with(x, &j[i].task, pins, o), 0);
	}
}

/* Before its first poll, in it, and while it sleeps: the body hears of it, and ends. */
TEST(cancel_reaches_the_body)
{
	pawl_host *h = begin((unsigned)param);
	struct job j[JOBS];
	unsigned i;

	start_napping(pawl_host_exec(h), j, JOBS, NULL);
	for (i = 0; i < JOBS; i++)
		pawl_cancel(&j[i].task);
	for (i = 0; i < JOBS; i++) {
		/* What follows the pin is a wait, too. */
		join(pawl_host_exec(h), &j[i], PAWL_ECANCELED);
		CHECK_INT(j[i].outcome, PAWL_ECANCELED);
		CHECK_UINT(j[i].steps, 2);
		CHECK(j[i].polls == 2 || j[i].polls == 3);
	}
	end(h);
}

TEST(shutdown_reaches_the_body)
{
	pawl_host *h = begin((unsigned)param);
	struct job j[JOBS];
	unsigned i;

	start_napping(pawl_host_exec(h), j, JOBS, NULL);
	for (i = 0; i < JOBS; i++)
		pawl_detach(&j[i].task);
	end(h);
	for (i = 0; i < JOBS; i++) {
		CHECK_INT(j[i].outcome, PAWL_ECANCELED);
		CHECK_UINT(j[i].steps, 2);
		CHECK_UINT(j[i].misplaced, 0);
	}
}

struct parent {
	pawl_task task;
	pawl_co co;
	pawl_scope scope;
	pawl_session session;
	struct job child[JOBS];
	int outcome;
};

static int leads_a_session(pawl_co *co)
{
	struct parent *p = PAWL_OF(co, struct parent, co);
	pawl_spawn_options o = { .session = &p->session };

	pawl_session_init(&p->session, pawl_here(pawl_co_task(co)));
	start_napping(NULL, p->child, JOBS, &o);
	CHECK_INT(pawl_co_yield(co), 0);
	return pawl_co_session_end(co, &p->session);
}

/* The first child fails, and with it the others. */
static int leads_a_scope(pawl_co *co)
{
	struct parent *p = PAWL_OF(co, struct parent, co);
	unsigned i;

	pawl_scope_begin(pawl_co_task(co), &p->scope, pawl_here(pawl_co_task(co)));
	for (i = 0; i < JOBS; i++) {
		p->child[i] = (struct job){ .yields = 3, .nap = PAWL_S(1000) };
		pawl_co_init(&p->child[i], i ? naps : yields, NULL);
		p->outcome = pawl_scope_spawn(&p->scope, &p->child[i].task, pawl_co_poll);
		CHECK(p->outcome == 0 || p->outcome == PAWL_ESTOPPED);
	}
	return pawl_co_scope_end(co, &p->scope, &p->outcome);
}

static void run_parent(unsigned workers, struct parent *p, pawl_co_fn *fn)
{
	pawl_host *h = begin(workers);
	int outcome = 1;

	CHECK_INT(pawl_co_spawn(pawl_host_exec(h), p, fn), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &p->task, &outcome), 0);
	CHECK_INT(outcome, 0);
	end(h);
}

TEST(session_ends_with_those_that_pinned)
{
	struct parent p = { 0 };
	unsigned i;

	run_parent((unsigned)param, &p, leads_a_session);
	for (i = 0; i < JOBS; i++) {
		CHECK_INT(p.child[i].outcome, PAWL_ECANCELED);
		CHECK_UINT(p.child[i].steps, 2);
		CHECK_UINT(p.child[i].misplaced, 0);
	}
}

TEST(scope_ends_with_its_coroutines)
{
	struct parent p = { 0 };
	unsigned i;

	run_parent((unsigned)param, &p, leads_a_scope);
	CHECK_INT(p.outcome, -70);
	CHECK_UINT(p.child[0].steps, 4);
	for (i = 1; i < JOBS; i++)
		CHECK(p.child[i].steps == 2 || p.child[i].steps == 0);
}

/* Memory of all kinds. */

PAWL_TASK_POOL(jobs, struct job, 4);

static void wait_for(pawl_exec *x, const unsigned *n, unsigned want)
{
	while (__atomic_load_n(n, __ATOMIC_RELAXED) < want)
		pawl_poll_once(x);
}

TEST(slots_and_heap_tasks_come_back)
{
	pawl_host *h = begin((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	unsigned ended = 0, i, slots = 0;

	for (i = 0; i < 400; i++) {
		struct job *j = i % 2 ? jobs_claim() : NULL;

		slots += j != NULL;
		if (!j)
			j = PAWL_HEAP_NEW(struct job);
		j->yields = i % 5;
		j->ended = &ended;
		CHECK_INT(pawl_co_spawn(x, j, yields), 0);
		pawl_detach(&j->task);
	}
	wait_for(x, &ended, 400);
	while (pawl_pool_in_use(&jobs) > 0)
		pawl_poll_once(x);
	CHECK(slots >= 4);
	end(h);
}

/* Threads of all kinds. */

TEST(dedicated_thread_gives_its_stacks_back)
{
	pawl_host *h = begin(1);
	pawl_exec *x = pawl_host_exec(h);
	unsigned round, i;

	for (round = 0; round < 5; round++) {
		struct job own[2] = { 0 };
		struct job pinned = { .body = naps, .nap = PAWL_US(50), .times = 3 };

		for (i = 0; i < 2; i++) {
			/* There its thread is the main thread of an executor of its own. */
			own[i] = (struct job){ .yields = 20, .is_foreground = true };
			pawl_co_init(&own[i], yields, NULL);
			CHECK_INT(pawl_spawn_dedicated(x, &own[i].task, pawl_co_poll, NULL), 0);
		}
		pinned.is_foreground = true;
		CHECK_INT(pawl_spawn_dedicated(x, &pinned.task, pins, NULL), 0);
		for (i = 0; i < 2; i++) {
			join(x, &own[i], -70);
			CHECK_UINT(own[i].steps, 21);
		}
		join(x, &pinned, 0);
		CHECK_INT(pinned.outcome, -71);
		CHECK_UINT(pinned.steps, 6);
	}
	end(h);
}

TEST(foreground_stays_on_the_main_thread)
{
	pawl_host *h = begin((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	struct job own = { .yields = 200, .is_foreground = true };
	struct job pinned = { .body = yields, .yields = 10, .times = 20, .is_foreground = true };
	struct job other = { .yields = 200 };

	pawl_co_init(&own, yields, NULL);
	CHECK_INT(pawl_spawn_foreground(x, &own.task, pawl_co_poll), 0);
	CHECK_INT(pawl_spawn_foreground(x, &pinned.task, pins), 0);
	CHECK_INT(pawl_co_spawn(x, &other, yields), 0);
	join(x, &own, -70);
	join(x, &pinned, 0);
	join(x, &other, -70);
	CHECK_UINT(own.steps, 201);
	CHECK_UINT(pinned.polls, 20 * 11 + 1);
	end(h);
}

TEST(coroutines_begin_later)
{
	pawl_host *h = begin((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	pawl_time began = pawl_now(x);
	struct job soon = { .yields = 3 }, never = { .nap = PAWL_S(1000) };

	pawl_co_init(&soon, yields, NULL);
	pawl_co_init(&never, naps, NULL);
	CHECK_INT(pawl_spawn_after(x, &soon.task, pawl_co_poll, PAWL_MS(2)), 0);
	CHECK_INT(pawl_spawn_after(x, &never.task, pawl_co_poll, PAWL_S(1000)), 0);
	join(x, &soon, -70);
	CHECK(pawl_now(x) >= began + PAWL_MS(2));
	CHECK_UINT(stacks_made(), 1);
	/* The cancel brings its first poll forward, and that is its last. */
	pawl_cancel(&never.task);
	join(x, &never, PAWL_ECANCELED);
	CHECK_UINT(never.steps, 2);
	end(h);
}

/* clang-format off */
#define ON_1_2_8(id) CASE_N(id, 1), CASE_N(id, 2), CASE_N(id, 8)
/* clang-format on */

static const struct kit_case cases[] = {
	ON_1_2_8(ten_thousand_cycles_make_a_stack_per_worker),
	ON_1_2_8(ten_thousand_cycles_of_some_polls_make_few_stacks),
	ON_1_2_8(tasks_without_a_stack_pay_nothing),
	ON_1_2_8(pinned_stack_never_runs_the_loop),
	ON_1_2_8(each_ends_only_itself),
	ON_1_2_8(cancel_reaches_the_body),
	ON_1_2_8(shutdown_reaches_the_body),
	ON_1_2_8(session_ends_with_those_that_pinned),
	ON_1_2_8(scope_ends_with_its_coroutines),
	ON_1_2_8(slots_and_heap_tasks_come_back),
	CASE(dedicated_thread_gives_its_stacks_back),
	ON_1_2_8(foreground_stays_on_the_main_thread),
	ON_1_2_8(coroutines_begin_later),
};

KIT_MAIN(cases)
