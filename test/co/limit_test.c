/* SPDX-License-Identifier: MIT */
/* Limits of coroutines: which one counts, for which waits, and when it is gone. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/host.h>
#include <pawl/sim.h>

struct fix {
	pawl_task task;
	pawl_co co;
	pawl_sim *sim;
	pawl_exec *x;
	pawl_event never, later;
	pawl_time begun;
	unsigned polls;
	int r[8];
	pawl_time at[8];
	unsigned count;
};

static struct fix *fix_of(pawl_co *co)
{
	return PAWL_OF(co, struct fix, co);
}

/* Remembers an answer, and when it came. */
static int note(pawl_co *co, int r)
{
	struct fix *f = fix_of(co);

	CHECK(f->count < PAWL_COUNT(f->r));
	f->r[f->count] = r;
	f->at[f->count++] = pawl_now(f->x) - f->begun;
	return r;
}

static void was(const struct fix *f, unsigned i, int r, pawl_time at)
{
	CHECK(i < f->count);
	CHECK_INT(f->r[i], r);
	CHECK_INT(f->at[i], at);
}

static int counted(pawl_task *t)
{
	PAWL_OF(t, struct fix, task)->polls++;
	return pawl_co_poll(t);
}

static void begin(struct fix *f, pawl_co_fn *fn)
{
	*f = (struct fix){ 0 };
	CHECK_INT(pawl_sim_new(1, &f->sim), 0);
	f->x = pawl_sim_exec(f->sim);
	f->begun = pawl_now(f->x);
	pawl_event_init(&f->never);
	pawl_event_init(&f->later);
	pawl_co_init(f, fn, NULL);
	CHECK_INT(pawl_spawn(f->x, &f->task, counted), 0);
}

static void end(struct fix *f, int want)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(f->x, &f->task, &outcome), 0);
	CHECK_INT(outcome, want);
	CHECK(!f->co.limits_);
	pawl_sim_free(f->sim);
}

static void run(struct fix *f, pawl_co_fn *fn)
{
	begin(f, fn);
	end(f, 0);
}

/* ---- one limit over many waits ---- */

static int sleeps_often(pawl_co *co)
{
	int i, r = 0;

	for (i = 0; i < 5 && r == 0; i++)
		r = note(co, pawl_co_sleep(co, 400));
	return r;
}

static int limits_sleeps(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 1000, sleeps_often(co));
	CHECK_INT(r, PAWL_ETIMEDOUT);
	/* It is over: this one lasts as long as it wants. */
	note(co, pawl_co_sleep(co, 5000));
	return 0;
}

TEST(all_waits_count_together)
{
	struct fix f;

	run(&f, limits_sleeps);
	was(&f, 0, 0, 400);
	was(&f, 1, 0, 800);
	was(&f, 2, PAWL_ETIMEDOUT, 1000);
	was(&f, 3, 0, 6000);
	CHECK_UINT(f.polls, 5);
}

static int goes_on_afterwards(pawl_co *co)
{
	struct fix *f = fix_of(co);

	note(co, pawl_co_event_wait(co, &f->never));
	/* What would wait fails, what is there already comes. */
	note(co, pawl_co_event_wait(co, &f->never));
	note(co, pawl_co_sleep(co, 1));
	note(co, pawl_co_yield(co));
	pawl_event_set(&f->later);
	return note(co, pawl_co_event_wait(co, &f->later));
}

/* What runs in the frame of who is limited: it takes a while to clean up. */
static int cleans_up(pawl_task *t)
{
	int r = pawl_cancelled(t) ? pawl_task_yield(t) : pawl_sleep(t, PAWL_S(100));

	return r == PAWL_PENDING ? r : PAWL_EIO;
}

static int stops_its_child(pawl_co *co)
{
	pawl_task child = { 0 };
	int outcome = 0;

	CHECK_INT(pawl_spawn(fix_of(co)->x, &child, cleans_up), 0);
	CHECK_INT(note(co, pawl_co_sleep(co, PAWL_S(5))), PAWL_ETIMEDOUT);
	CHECK_INT(note(co, pawl_co_sleep(co, PAWL_S(5))), PAWL_ETIMEDOUT);
	note(co, pawl_co_stop(co, &child, &outcome));
	CHECK_INT(outcome, PAWL_EIO);
	return note(co, pawl_co_sleep(co, PAWL_S(5)));
}

static int ends_its_scope(pawl_co *co)
{
	pawl_task child = { 0 };
	pawl_scope s;

	pawl_scope_begin(pawl_co_task(co), &s, fix_of(co)->x);
	CHECK_INT(pawl_scope_spawn(&s, &child, cleans_up), 0);
	CHECK_INT(note(co, pawl_co_sleep(co, PAWL_S(5))), PAWL_ETIMEDOUT);
	pawl_scope_cancel(&s);
	note(co, pawl_co_scope_end(co, &s, NULL));
	CHECK_UINT(pawl_scope_count(&s), 0);
	return PAWL_ETIMEDOUT;
}

static int limits_who_has_children(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, PAWL_S(1), stops_its_child(co));
	CHECK_INT(r, PAWL_ETIMEDOUT);
	PAWL_CO_TIMEOUT(co, r, PAWL_S(1), ends_its_scope(co));
	CHECK_INT(r, PAWL_ETIMEDOUT);
	return 0;
}

TEST(who_has_children_may_stop_them)
{
	struct fix f;

	run(&f, limits_who_has_children);
	was(&f, 2, 0, PAWL_S(1));
	was(&f, 3, PAWL_ETIMEDOUT, PAWL_S(1));
	was(&f, 5, 0, PAWL_S(2));
}

static int ignores_its_limit(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 100, goes_on_afterwards(co));
	return note(co, r);
}

TEST(when_it_is_over_no_wait_waits)
{
	struct fix f;
	unsigned i;

	run(&f, ignores_its_limit);
	for (i = 0; i < 4; i++)
		was(&f, i, PAWL_ETIMEDOUT, 100);
	was(&f, 4, 0, 100);
	was(&f, 5, 0, 100);
	CHECK_UINT(f.polls, 2);
}

static int has_time_enough(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 10000, note(co, pawl_co_sleep(co, 400)));
	CHECK_INT(r, 0);
	return pawl_co_event_wait(co, &fix_of(co)->later);
}

TEST(its_timer_is_gone_with_it)
{
	struct fix f;

	begin(&f, has_time_enough);
	pawl_sim_advance_time(f.sim, 400);
	was(&f, 0, 0, 400);
	CHECK_UINT(f.polls, 2);
	pawl_sim_advance_time(f.sim, 20000);
	CHECK_UINT(f.polls, 2);
	pawl_event_set(&f.later);
	end(&f, 0);
}

static int limits_an_awaitable(pawl_co *co)
{
	struct fix *f = fix_of(co);
	pawl_task *t = pawl_co_task(co);
	int r;

	PAWL_CO_TIMEOUT(co, r, 30, pawl_event_wait(t, &f->never));
	note(co, r);
	PAWL_CO_TIMEOUT(co, r, 30, pawl_sleep(t, 20));
	note(co, r);
	PAWL_CO_TIMEOUT(co, r, PAWL_NEVER, pawl_sleep(t, 1000));
	note(co, r);
	PAWL_CO_TIMEOUT(co, r, 0, pawl_sleep(t, 1000));
	note(co, r);
	return 0;
}

TEST(it_takes_awaitables_too)
{
	struct fix f;

	run(&f, limits_an_awaitable);
	was(&f, 0, PAWL_ETIMEDOUT, 30);
	was(&f, 1, 0, 50);
	was(&f, 2, 0, 1050);
	was(&f, 3, PAWL_ETIMEDOUT, 1050);
}

/* ---- nested ---- */

static int innermost(pawl_co *co, pawl_time after)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, after, note(co, pawl_co_event_wait(co, &fix_of(co)->never)));
	return r;
}

static int middle(pawl_co *co)
{
	/* The outer one is over before the second of them. */
	if (innermost(co, 300) != PAWL_ETIMEDOUT)
		return 0;
	note(co, pawl_co_sleep(co, 100));
	innermost(co, 5000);
	return note(co, pawl_co_sleep(co, 10));
}

static int nests(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 1000, middle(co));
	CHECK_INT(r, PAWL_ETIMEDOUT);
	return note(co, pawl_co_sleep(co, 10)) ? 1 : 0;
}

TEST(the_earliest_counts)
{
	struct fix f;

	run(&f, nests);
	was(&f, 0, PAWL_ETIMEDOUT, 300);
	was(&f, 1, 0, 400);
	was(&f, 2, PAWL_ETIMEDOUT, 1000);
	was(&f, 3, PAWL_ETIMEDOUT, 1000);
	was(&f, 4, 0, 1010);
	CHECK_UINT(f.polls, 5);
}

static int nests_in_a_sleep(pawl_co *co)
{
	int r, i;

	/* The sleep keeps its instant, however often the limits are polled. */
	for (i = 0; i < 2; i++) {
		PAWL_CO_TIMEOUT(co, r, 1000, innermost(co, i ? 2000 : 10));
		CHECK_INT(r, PAWL_ETIMEDOUT);
	}
	PAWL_CO_TIMEOUT(co, r, 1000, note(co, pawl_co_sleep(co, 500)));
	return r;
}

TEST(a_wake_for_nothing_changes_no_instant)
{
	struct fix f;
	int i;

	begin(&f, nests_in_a_sleep);
	for (i = 0; i < 300; i++) {
		pawl_sim_advance_time(f.sim, 5);
		pawl_wake(&f.task);
		pawl_sim_run_until_idle(f.sim);
	}
	was(&f, 0, PAWL_ETIMEDOUT, 10);
	was(&f, 1, PAWL_ETIMEDOUT, 1010);
	pawl_sim_advance_time(f.sim, 9);
	CHECK_UINT(f.count, 2);
	pawl_sim_advance_time(f.sim, 1);
	was(&f, 2, 0, 1510);
	end(&f, 0);
}

static int many_deep(pawl_co *co, int depth)
{
	int r;

	if (depth == 0)
		return note(co, pawl_co_sleep(co, PAWL_NEVER));
	PAWL_CO_TIMEOUT(co, r, depth == 7 ? 70 : 1000, many_deep(co, depth - 1));
	return r;
}

static int nests_deep(pawl_co *co)
{
	note(co, many_deep(co, 16));
	return 0;
}

TEST(sixteen_deep)
{
	struct fix f;

	run(&f, nests_deep);
	was(&f, 0, PAWL_ETIMEDOUT, 70);
	was(&f, 1, PAWL_ETIMEDOUT, 70);
	CHECK_UINT(f.polls, 2);
}

static int cancelled_inside(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 1000, innermost(co, 500));
	return r;
}

TEST(cancelling_comes_through)
{
	struct fix f;

	begin(&f, cancelled_inside);
	pawl_sim_advance_time(f.sim, 20);
	pawl_cancel(&f.task);
	pawl_sim_run_until_idle(f.sim);
	was(&f, 0, PAWL_ECANCELED, 20);
	CHECK_UINT(f.polls, 2);
	end(&f, PAWL_ECANCELED);
}

/* ---- a wait of one's own, and a task that borrows a stack ---- */

static int looks_for_itself(pawl_co *co)
{
	int r;

	while ((r = pawl_co_suspend(co)) == 0)
		note(co, r);
	return note(co, r);
}

static int limits_itself(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 1000, looks_for_itself(co));
	CHECK_INT(r, PAWL_ETIMEDOUT);
	return 0;
}

TEST(who_suspends_hears_of_it)
{
	struct fix f;

	begin(&f, limits_itself);
	pawl_sim_advance_time(f.sim, 300);
	CHECK_UINT(f.count, 0);
	pawl_wake(&f.task);
	pawl_sim_run_until_idle(f.sim);
	was(&f, 0, 0, 300);
	pawl_sim_advance_time(f.sim, 700);
	/* It was polled for the limit, and looked before it was suspended anew. */
	was(&f, 1, 0, 1000);
	was(&f, 2, PAWL_ETIMEDOUT, 1000);
	end(&f, 0);
}

static int pins(pawl_task *t)
{
	struct fix *f = PAWL_OF(t, struct fix, task);

	f->polls++;
	return pawl_pin(t, &f->co, limits_sleeps);
}

TEST(a_task_on_a_borrowed_stack_has_limits_too)
{
	struct fix f;
	int outcome = 1;

	begin(&f, nests_deep);
	CHECK_INT(pawl_block_on(f.x, &f.task, &outcome), 0);
	f.begun = pawl_now(f.x);
	f.count = f.polls = 0;
	CHECK_INT(pawl_spawn(f.x, &f.task, pins), 0);
	end(&f, 0);
	was(&f, 2, PAWL_ETIMEDOUT, 1000);
	was(&f, 3, 0, 6000);
	CHECK_UINT(f.polls, 5);
}

/* ---- what ends in another way ---- */

static int panics(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 50, pawl_co_sleep(co, 20));
	CHECK_INT(r, 0);
	pawl_panic("on purpose");
}

static int panics_inside(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 100, panics(co));
	return r;
}

/* A second life of the same memory knows nothing of the first. */
TEST(a_panic_leaves_none)
{
	struct fix f;
	int outcome = 0;

	begin(&f, panics_inside);
	CHECK_INT(pawl_block_on(f.x, &f.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
	CHECK_INT(pawl_co_spawn(f.x, &f, sleeps_often), 0);
	CHECK_INT(pawl_block_on(f.x, &f.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	was(&f, 4, 0, 2020);
	pawl_sim_free(f.sim);
}

PAWL_GEN(steps, int);

static int panics_on_top(pawl_gen *g)
{
	return panics_inside(g->arg);
}

static int outlives_a_generator(pawl_co *co)
{
	pawl_gen g;
	int v, r;

	pawl_gen_init(&g, panics_on_top, co);
	PAWL_CO_TIMEOUT(co, r, 1000, steps_next(&g, &v));
	CHECK_INT(r, PAWL_EPANIC);
	CHECK(!co->limits_);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return note(co, pawl_co_sleep(co, 500));
}

TEST(a_panic_in_a_generator_takes_its_limits_along)
{
	struct fix f;

	run(&f, outlives_a_generator);
	was(&f, 0, 0, 520);
}

static volatile int depth_max = 1000000;

static int overruns(pawl_co *co, int n)
{
	volatile char frame[1024];
	int r = 0;

	frame[0] = (char)n;
	if (n < depth_max)
		PAWL_CO_TIMEOUT(co, r, 100 + n, overruns(co, n + 1));
	return r + frame[0];
}

static int overruns_on_top(pawl_gen *g)
{
	return overruns(g->arg, 0);
}

static int outlives_an_overrun(pawl_co *co)
{
	pawl_gen g;
	int v, r;

	pawl_gen_init(&g, overruns_on_top, co);
	PAWL_CO_TIMEOUT(co, r, 1000, steps_next(&g, &v));
	CHECK_INT(r, PAWL_ESTACK);
	CHECK(!co->limits_);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return note(co, pawl_co_sleep(co, 500));
}

TEST(an_overrun_takes_its_limits_along)
{
	struct fix f;

	run(&f, outlives_an_overrun);
	was(&f, 0, 0, 500);
}

static int yields_inside(pawl_gen *g)
{
	int r;

	PAWL_CO_TIMEOUT((pawl_co *)g->arg, r, 100, steps_yield(g, 7));
	return r;
}

static int asks_inside(pawl_co *co)
{
	pawl_gen g;
	int v = 0, r;

	pawl_gen_init(&g, yields_inside, co);
	CHECK_INT(steps_next(&g, &v), 0);
	CHECK_INT(v, 7);
	/*
	 * It is in force until the generator left it, also when that is in the middle of another.
	 */
	note(co, pawl_co_sleep(co, 500));
	PAWL_CO_TIMEOUT(co, r, 200, steps_next(&g, &v));
	CHECK_INT(r, PAWL_ECLOSED);
	note(co, pawl_co_sleep(co, 500));
	/* One that ignores being cancelled leaves it as well. */
	pawl_gen_reset(&g, yields_inside, co);
	CHECK_INT(steps_next(&g, &v), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return note(co, pawl_co_sleep(co, 500));
}

TEST(a_generator_may_yield_inside)
{
	struct fix f;

	run(&f, asks_inside);
	was(&f, 0, PAWL_ETIMEDOUT, 100);
	was(&f, 1, 0, 600);
	was(&f, 2, 0, 1100);
}

static int ignores_being_cancelled(pawl_gen *g)
{
	pawl_co *co = g->arg;
	int r;

	PAWL_CO_TIMEOUT(co, r, 100, steps_yield(g, 1) + steps_yield(g, 2));
	return r;
}

static int takes_it_away(pawl_co *co)
{
	pawl_gen g;
	int v = 0;

	pawl_gen_init(&g, ignores_being_cancelled, co);
	CHECK_INT(steps_next(&g, &v), 0);
	CHECK(co->limits_);
	CHECK_INT(pawl_gen_fini(&g), PAWL_EBUSY);
	CHECK(!co->limits_);
	return note(co, pawl_co_sleep(co, 500));
}

TEST(a_generator_that_is_taken_away_takes_them_along)
{
	struct fix f;

	run(&f, takes_it_away);
	was(&f, 0, 0, 500);
}

/* ---- what may not be left ---- */

struct job {
	pawl_work work;
	pawl_exec *x;
	pawl_time until;
};

/* It is not done before the limit is over. */
static void works(pawl_work *w)
{
	struct job *j = PAWL_OF(w, struct job, work);

	while (pawl_now(j->x) <= j->until)
		;
}

static int two_waits(pawl_co *co)
{
	struct fix *f = fix_of(co);
	struct job j = { .work.fn = works, .x = f->x, .until = pawl_now(f->x) + PAWL_MS(2) };
	int r = pawl_co_blocking(co, &j.work);

	f->r[0] = r;
	f->r[1] = pawl_co_event_wait(co, &f->never);
	return f->r[1];
}

static int waits_for_work(pawl_co *co)
{
	struct fix *f = fix_of(co);

	PAWL_CO_TIMEOUT(co, f->r[2], PAWL_MS(1), two_waits(co));
	f->r[3] = pawl_co_sleep(co, 1);
	return 0;
}

TEST(work_that_runs_is_waited_for)
{
	struct fix f = { 0 };
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	int outcome = 1;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	f.x = pawl_host_exec(h);
	pawl_event_init(&f.never);
	CHECK_INT(pawl_co_spawn(f.x, &f, waits_for_work), 0);
	CHECK_INT(pawl_block_on(f.x, &f.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	/* Work that nobody had begun yet is left. */
	CHECK(f.r[0] == 0 || f.r[0] == PAWL_ETIMEDOUT);
	CHECK_INT(f.r[1], PAWL_ETIMEDOUT);
	CHECK_INT(f.r[2], PAWL_ETIMEDOUT);
	CHECK_INT(f.r[3], 0);
	pawl_host_free(h);
}

/* ---- over threads ---- */

#define ROUNDS 100

static int sleeps_and_yields(pawl_co *co)
{
	int i, r = 0;

	for (i = 0; i < 4 && r == 0; i++)
		r = i & 1 ? pawl_co_yield(co) : pawl_co_sleep(co, PAWL_US(i));
	return r;
}

static int round_of_limits(pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, PAWL_S(3600), sleeps_and_yields(co));
	if (r < 0)
		return r;
	PAWL_CO_TIMEOUT(co, r, PAWL_US(20), pawl_co_event_wait(co, &fix_of(co)->never));
	return r == PAWL_ETIMEDOUT ? pawl_co_yield(co) : PAWL_EINVAL;
}

static int goes_round(pawl_co *co)
{
	int i, r = 0;

	for (i = 0; i < ROUNDS && r == 0; i++)
		PAWL_CO_TIMEOUT(co, r, PAWL_S(3600), round_of_limits(co));
	fix_of(co)->count = (unsigned)i;
	return r;
}

TEST(many_on_several_threads)
{
	static struct fix f[20];
	pawl_host_options o = { .workers = 3 };
	pawl_host *h = NULL;
	size_t i;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (i = 0; i < PAWL_COUNT(f); i++) {
		pawl_event_init(&f[i].never);
		CHECK_INT(pawl_co_spawn(pawl_host_exec(h), &f[i], goes_round), 0);
	}
	for (i = 0; i < PAWL_COUNT(f); i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(pawl_host_exec(h), &f[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
		CHECK_UINT(f[i].count, ROUNDS);
	}
	pawl_host_free(h);
}

/* ---- an executor without timers ---- */

static pawl_sim *inner;

static void schedule(pawl_exec *x, pawl_task *t)
{
	(void)x;
	(void)t;
}

static pawl_time now(pawl_exec *x)
{
	(void)x;
	return pawl_now(pawl_sim_exec(inner));
}

static int needs_a_timer(pawl_co *co)
{
	struct fix *f = fix_of(co);
	int r;

	PAWL_CO_TIMEOUT(co, r, 100, pawl_co_event_wait(co, &f->never));
	f->r[0] = r;
	PAWL_CO_TIMEOUT(co, r, 100, pawl_co_event_wait(co, &f->later));
	f->r[1] = r;
	return 0;
}

TEST(without_timers_it_fails)
{
	static const pawl_exec_ops ops = { .size = sizeof ops, .schedule = schedule, .now = now };
	pawl_exec x = { &ops };
	struct fix f = { 0 };

	CHECK_INT(pawl_sim_new(1, &inner), 0);
	pawl_event_init(&f.never);
	pawl_event_init(&f.later);
	pawl_event_set(&f.later);
	CHECK_INT(pawl_co_spawn(&x, &f, needs_a_timer), 0);
	pawl_detach(&f.task);
	pawl_run(&f.task);
	CHECK_INT(f.r[0], PAWL_ENOTSUP);
	CHECK_INT(f.r[1], 0);
	CHECK(!pawl_task_is_finished(&f.task));
	pawl_sim_free(inner);
}

static const struct kit_case cases[] = {
	CASE(all_waits_count_together),
	CASE(when_it_is_over_no_wait_waits),
	CASE(its_timer_is_gone_with_it),
	CASE(it_takes_awaitables_too),
	CASE(the_earliest_counts),
	CASE(a_wake_for_nothing_changes_no_instant),
	CASE(sixteen_deep),
	CASE(cancelling_comes_through),
	CASE(who_suspends_hears_of_it),
	CASE(who_has_children_may_stop_them),
	CASE(a_task_on_a_borrowed_stack_has_limits_too),
	CASE(a_panic_leaves_none),
	CASE(a_panic_in_a_generator_takes_its_limits_along),
	CASE(an_overrun_takes_its_limits_along),
	CASE(a_generator_may_yield_inside),
	CASE(a_generator_that_is_taken_away_takes_them_along),
	CASE(work_that_runs_is_waited_for),
	CASE(many_on_several_threads),
	CASE(without_timers_it_fails),
};

KIT_MAIN(cases)
