/* SPDX-License-Identifier: MIT */
/* Pinning on one thread, counted: polls, turns of the others, stacks. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/pawl.h>

#include "stacks_fix.h"

#include <errno.h>
#include <string.h>

#define CYCLES 10000

/* A task without a stack, which pins one for as long as its body runs. */
struct job {
	pawl_task task;
	pawl_co co, inner;
	pawl_co_fn *body;
	int outcome;     /* of the body */
	unsigned polls;  /* of the task */
	unsigned yields; /* what the body is to do */
	unsigned times;
	unsigned misplaced; /* polls of it, or steps of its body, on a wrong stack */
	char mark;
	char *text;
};

static struct job *job_of(pawl_co *co)
{
	return PAWL_OF(co, struct job, co);
}

static void check_all_given_back(void)
{
	pawl_stacks_stats s;

	pawl_stacks_trim();
	pawl_stacks_stats_get(&s);
	CHECK_UINT(s.free + s.released, s.made);
}

static int yields(pawl_co *co)
{
	struct job *j = job_of(co);
	unsigned i;
	int r = 0;

	for (i = 0; i < j->yields && r == 0; i++) {
		if (stack_here() != pawl_co_stack(co))
			j->misplaced++;
		if (j->text)
			*j->text++ = j->mark;
		r = pawl_co_yield(co);
	}
	return r ? r : -70;
}

/* The task's errno stays its own; taking the stack may be calls of the system. */
static int pin(pawl_task *t, struct job *j)
{
	bool has_stack = pawl_co_stack(&j->co) != NULL;
	int r;

	errno = 11;
	r = pawl_pin(t, &j->co, j->body);
	if (has_stack)
		CHECK_INT(errno, 11);
	return r;
}

/* Pins `times` times, one after the other, by the same coroutine. */
static int pins(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	j->polls++;
	if (stack_here())
		j->misplaced++;
	PAWL_BEGIN(t);
	do {
		PAWL_AWAIT_AS(t, j->outcome, pin(t, j));
		CHECK(!pawl_co_stack(&j->co));
	} while (j->times-- > 1);
	PAWL_END(t);
}

static int run(pawl_exec *x, struct job *j)
{
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, &j->task, pins), 0);
	CHECK_INT(pawl_block_on(x, &j->task, &outcome), 0);
	CHECK_UINT(j->misplaced, 0);
	check_all_given_back();
	return outcome;
}

/* The same on an executor of its own. */
static int run_alone(struct job *j)
{
	pawl_local l;
	int outcome;

	pawl_local_init(&l);
	outcome = run(pawl_local_exec(&l), j);
	pawl_local_fini(&l);
	return outcome;
}

TEST(polls_are_what_the_waits_need)
{
	unsigned n;

	for (n = 0; n < 6; n++) {
		struct job j = { .body = yields, .yields = n };

		CHECK_INT(run_alone(&j), 0);
		CHECK_INT(j.outcome, -70);
		CHECK_UINT(j.polls, n + 1);
	}
	CHECK_UINT(stacks_made(), 1);
}

TEST(one_coroutine_pins_again)
{
	struct job j = { .body = yields, .yields = 2, .times = 5 };

	CHECK_INT(run_alone(&j), 0);
	CHECK_UINT(j.polls, 5 * 2 + 1);
	CHECK_UINT(stacks_made(), 1);
}

TEST(several_tasks_take_turns)
{
	struct job j[3] = { 0 };
	char text[16] = "";
	char *at = text;
	unsigned i;
	pawl_local l;

	pawl_local_init(&l);
	for (i = 0; i < 3; i++) {
		j[i] = (struct job){ .body = yields, .yields = 4, .mark = (char)('a' + i) };
		CHECK_INT(pawl_spawn(pawl_local_exec(&l), &j[i].task, pins), 0);
	}
	/* One step of each: the first writes where the last one ended. */
	for (i = 0; i < 12; i++) {
		j[i % 3].text = at;
		CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
		at = j[i % 3].text;
	}
	CHECK_STR(text, "abcabcabcabc");
	CHECK_UINT(stacks_made(), 3);
	for (i = 0; i < 3; i++) {
		CHECK(pawl_co_stack(&j[i].co) && pawl_co_stack(&j[i].co) != stack_here());
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &j[i].task, NULL), 0);
		CHECK_UINT(j[i].polls, 5);
		CHECK_UINT(j[i].misplaced, 0);
	}
	check_all_given_back();
	pawl_local_fini(&l);
}

/* Tasks without a stack. */

struct plain {
	pawl_task task;
	unsigned polls, misplaced;
};

static int yields_plainly(pawl_task *t)
{
	struct plain *p = PAWL_OF(t, struct plain, task);

	if (stack_here())
		p->misplaced++;
	if (p->polls++ == 10)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static void run_plain(pawl_exec *x, struct plain *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		CHECK_INT(pawl_spawn(x, &p[i].task, yields_plainly), 0);
	for (i = 0; i < n; i++) {
		CHECK_INT(pawl_block_on(x, &p[i].task, NULL), 0);
		CHECK_UINT(p[i].polls, 11);
		CHECK_UINT(p[i].misplaced, 0);
	}
}

/* As many bytes as before there were stacks, no stack, no poll more. */
TEST(tasks_without_a_stack_pay_nothing)
{
	const size_t ptr = sizeof(void *);
	struct plain p[10] = { 0 };
	pawl_stacks_stats s;
	pawl_local l;

	pawl_local_init(&l);
	run_plain(pawl_local_exec(&l), p, PAWL_COUNT(p));
	pawl_local_fini(&l);
	pawl_stacks_stats_get(&s);
	CHECK_UINT(s.made, 0);
	CHECK_UINT(s.mapped, 0);
	CHECK_UINT(sizeof(pawl_task),
		   (ptr == 4 ? 20 : 32) + 8 * PAWL_TIMERS + ptr * (3 * PAWL_WAITS + 2 * PAWL_CREW) +
			   16 * PAWL_POLICIES + PAWL_DIAG * (3 * ptr + 8 * PAWL_SESSIONS_));
}

/*
 * The executor's loop, and through it all other tasks, stays where it was while stacks are pinned.
 */
TEST(pinned_stack_never_runs_the_loop)
{
	struct job j[4] = { 0 };
	struct plain p[10] = { 0 };
	unsigned i;
	pawl_local l;

	pawl_local_init(&l);
	for (i = 0; i < 4; i++) {
		j[i] = (struct job){ .body = yields, .yields = 1000 };
		CHECK_INT(pawl_spawn(pawl_local_exec(&l), &j[i].task, pins), 0);
	}
	run_plain(pawl_local_exec(&l), p, PAWL_COUNT(p));
	for (i = 0; i < 4; i++) {
		CHECK(j[i].polls > 10);
		CHECK(pawl_co_stack(&j[i].co) != NULL);
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &j[i].task, NULL), 0);
		CHECK_UINT(j[i].misplaced, 0);
		CHECK_UINT(j[i].polls, 1001);
	}
	CHECK_UINT(stacks_made(), 4);
	check_all_given_back();
	pawl_local_fini(&l);
}

TEST(ten_thousand_cycles_make_one_stack)
{
	struct job j = { .body = yields, .yields = 1, .times = CYCLES };
	unsigned i;

	CHECK_INT(run_alone(&j), 0);
	CHECK_UINT(j.polls, CYCLES + 1);
	for (i = 0; i < CYCLES / 10; i++) {
		struct job k = { .body = yields };

		CHECK_INT(run_alone(&k), 0);
		CHECK_UINT(k.polls, 1);
	}
	CHECK_UINT(stacks_made(), 1);
}

/* What goes wrong in there is the answer of pawl_pin; the task goes on. */

static int panics(pawl_co *co)
{
	return yields(co) == -70 ? (pawl_panic("on purpose"), 0) : 0;
}

static int overruns(pawl_co *co)
{
	int r = yields(co);

	return r == -70 ? deep(1) : r;
}

TEST(panic_in_there_ends_only_that)
{
	struct job j = { .body = panics, .yields = 3, .times = 2 };

	CHECK_INT(run_alone(&j), 0);
	CHECK_INT(j.outcome, PAWL_EPANIC);
	CHECK_UINT(j.polls, 7);
	CHECK_UINT(stacks_made(), 1);
}

TEST(overrun_in_there_ends_only_that)
{
	struct job j = { .body = overruns, .yields = 3, .times = 2 };

	CHECK_INT(run_alone(&j), 0);
	CHECK_INT(j.outcome, PAWL_ESTACK);
	CHECK_UINT(j.polls, 7);
	CHECK_UINT(stacks_made(), 1);
	j = (struct job){ .body = yields, .yields = 1 };
	CHECK_INT(run_alone(&j), 0);
	CHECK_INT(j.outcome, -70);
}

TEST(stack_that_is_not_there_is_an_answer)
{
	char few[PAWL_STACK_SIZE_MIN / 2];
	pawl_stack_options o = { .memory = few, .size = sizeof few };
	struct job j = { 0 };

	CHECK_INT(pawl_pin_with(&j.task, &j.co, yields, &o), PAWL_EINVAL);
	CHECK(!pawl_co_stack(&j.co));
	o = (pawl_stack_options){ .size = PAWL_STACKS_SIZE_MAX + 1 };
	CHECK_INT(pawl_pin_with(&j.task, &j.co, yields, &o), PAWL_ENOMEM);
	CHECK_UINT(stacks_made(), 0);
}

/* Cancelling reaches the waits in there; the body then ends in its own way, in as many polls. */

static int waits_and_cleans_up(pawl_co *co)
{
	struct job *j = job_of(co);

	j->yields = pawl_co_sleep(co, PAWL_S(1000)) == PAWL_ECANCELED;
	j->times = pawl_co_yield(co) == PAWL_ECANCELED;
	return -71;
}

TEST(cancel_reaches_the_body)
{
	struct job j = { .body = waits_and_cleans_up };
	int outcome = 1;
	pawl_local l;

	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &j.task, pins), 0);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), PAWL_PENDING);
	pawl_cancel(&j.task);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &j.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(j.outcome, -71);
	CHECK_UINT(j.yields, 1);
	CHECK_UINT(j.polls, 2);
	check_all_given_back();
	pawl_local_fini(&l);
}

TEST(shutdown_reaches_the_body)
{
	struct job j[3] = { 0 };
	unsigned i;
	pawl_local l;

	pawl_local_init(&l);
	for (i = 0; i < 3; i++) {
		j[i] = (struct job){ .body = waits_and_cleans_up };
		CHECK_INT(pawl_spawn(pawl_local_exec(&l), &j[i].task, pins), 0);
		CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
		pawl_detach(&j[i].task);
	}
	CHECK_UINT(stacks_made(), 3);
	pawl_local_fini(&l);
	for (i = 0; i < 3; i++) {
		CHECK_INT(j[i].outcome, -71);
		CHECK_UINT(j[i].polls, 2);
	}
	check_all_given_back();
}

/* One within the other: the inner stack may wait by its own coroutine, and by the outer one. */

static int inner_waits(pawl_co *inner)
{
	struct job *j = PAWL_OF(inner, struct job, inner);
	int r;

	CHECK(stack_here() == pawl_co_stack(inner));
	errno = 5;
	r = pawl_co_yield(inner);
	CHECK_INT(errno, 5);
	if (r == 0)
		r = pawl_co_yield(&j->co);
	CHECK_INT(errno, 5);
	CHECK(stack_here() == pawl_co_stack(inner));
	return r ? r : -72;
}

static int inner_panics(pawl_co *inner)
{
	if (inner_waits(inner) <= 0)
		pawl_panic("on purpose");
	return 0;
}

static int inner_overruns(pawl_co *inner)
{
	return inner_waits(inner) <= 0 ? deep(1) : 0;
}

/* A call of somebody else's, which knows of the coroutine only that. */
static int helps(pawl_co *co, pawl_co_fn *body)
{
	struct job *j = job_of(co);
	int r;

	errno = 7;
	PAWL_CO_AWAIT(co, r, pawl_pin(pawl_co_task(co), &j->inner, body));
	CHECK_INT(errno, 7);
	CHECK(!pawl_co_stack(&j->inner));
	CHECK(stack_here() == pawl_co_stack(co));
	return r;
}

static int nests(pawl_co *co)
{
	CHECK_INT(helps(co, inner_waits), -72);
	CHECK_INT(helps(co, inner_panics), PAWL_EPANIC);
	CHECK_INT(helps(co, inner_overruns), PAWL_ESTACK);
	CHECK_INT(helps(co, inner_waits), -72);
	return -73;
}

TEST(coroutine_pins_another_stack)
{
	struct job j = { .body = nests };

	CHECK_INT(run_alone(&j), 0);
	CHECK_INT(j.outcome, -73);
	CHECK_UINT(j.polls, 4 * 2 + 1);
	CHECK_UINT(stacks_made(), 2);
}

/* Cancelled in there, it ends from the innermost to the outermost. */
static int nests_and_sleeps(pawl_co *inner)
{
	struct job *j = PAWL_OF(inner, struct job, inner);

	j->yields = pawl_co_sleep(inner, PAWL_S(1000)) == PAWL_ECANCELED;
	return -74;
}

static int nests_a_sleep(pawl_co *co)
{
	return helps(co, nests_and_sleeps) - 1;
}

TEST(cancel_reaches_the_innermost)
{
	struct job j = { .body = nests_a_sleep };
	pawl_local l;

	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &j.task, pins), 0);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
	CHECK(pawl_co_stack(&j.co) && pawl_co_stack(&j.inner));
	pawl_cancel(&j.task);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &j.task, NULL), 0);
	CHECK_INT(j.outcome, -75);
	CHECK_UINT(j.yields, 1);
	CHECK_UINT(j.polls, 2);
	check_all_given_back();
	pawl_local_fini(&l);
}

/* A pinned body that panics while it is nested takes what is nested along. */
static int inner_panics_by_outer(pawl_co *inner)
{
	struct job *j = PAWL_OF(inner, struct job, inner);

	return pawl_co_yield(&j->co) ? 0 : (pawl_panic("on purpose"), 0);
}

static int nests_a_panic(pawl_co *co)
{
	return helps(co, inner_panics_by_outer);
}

TEST(panic_after_a_wait_of_the_outer_one_ends_the_inner)
{
	struct job j = { .body = nests_a_panic };

	CHECK_INT(run_alone(&j), 0);
	CHECK_INT(j.outcome, PAWL_EPANIC);
	CHECK_UINT(j.polls, 2);
}

/* Pools, scopes, sessions, and tasks that begin later: those of coroutines are as all others. */

struct slot {
	pawl_task task;
	pawl_co co;
	unsigned polls, steps;
};

PAWL_TASK_POOL(slots, struct slot, 2);

static int steps(pawl_co *co)
{
	struct slot *s = PAWL_OF(co, struct slot, co);
	int r;

	while ((r = pawl_co_yield(co)) == 0 && s->steps < 3)
		s->steps++;
	return r;
}

static int sleeps(pawl_co *co)
{
	struct slot *s = PAWL_OF(co, struct slot, co);

	s->steps += pawl_co_sleep(co, PAWL_S(1000)) == PAWL_ECANCELED;
	return PAWL_ECANCELED;
}

TEST(pool_of_coroutines_recovers)
{
	unsigned i, round;
	pawl_local l;

	pawl_local_init(&l);
	for (round = 0; round < 100; round++) {
		struct slot *s[2];

		for (i = 0; i < 2; i++) {
			s[i] = slots_claim();
			CHECK(s[i] != NULL);
			CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), s[i], steps), 0);
		}
		CHECK(!slots_claim());
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s[0]->task, NULL), 0);
		pawl_detach(&s[1]->task);
		pawl_local_run(&l);
		CHECK_UINT(pawl_pool_in_use(&slots), 0);
	}
	CHECK_UINT(stacks_made(), 2);
	check_all_given_back();
	pawl_local_fini(&l);
}

struct parent {
	pawl_task task;
	pawl_co co;
	pawl_scope scope;
	pawl_session session;
	struct slot child[3];
	int outcome;
};

/* One child fails; the waits of the others hear of it, and end before the scope does. */
static int fails_soon(pawl_co *co)
{
	int r = pawl_co_yield(co);

	return r ? r : -76;
}

static int leads_a_scope(pawl_co *co)
{
	struct parent *p = PAWL_OF(co, struct parent, co);
	static pawl_co_fn *const fns[] = { sleeps, sleeps, fails_soon };
	unsigned i;
	int r;

	pawl_scope_begin(pawl_co_task(co), &p->scope, pawl_here(pawl_co_task(co)));
	for (i = 0; i < 3; i++) {
		pawl_co_init(&p->child[i], fns[i], NULL);
		CHECK_INT(pawl_scope_spawn(&p->scope, &p->child[i].task, pawl_co_poll), 0);
	}
	r = pawl_co_scope_end(co, &p->scope, &p->outcome);
	CHECK_UINT(p->child[0].steps + p->child[1].steps, 2);
	return r;
}

static void run_parent(struct parent *p, pawl_co_fn *fn)
{
	int outcome = 1;
	pawl_local l;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), p, fn), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &p->task, &outcome), 0);
	CHECK_INT(outcome, 0);
	check_all_given_back();
	pawl_local_fini(&l);
}

TEST(scope_of_coroutines_ends_with_them)
{
	struct parent p = { 0 };

	run_parent(&p, leads_a_scope);
	CHECK_INT(p.outcome, -76);
	CHECK_UINT(stacks_made(), 4);
}

static int leads_a_session(pawl_co *co)
{
	struct parent *p = PAWL_OF(co, struct parent, co);
	unsigned i;

	pawl_session_init(&p->session, pawl_here(pawl_co_task(co)));
	for (i = 0; i < 3; i++) {
		pawl_spawn_options o = { .session = &p->session, .after = i ? 0 : PAWL_S(1000) };

		CHECK_INT(pawl_co_spawn_with(NULL, &p->child[i], sleeps, &o, NULL), 0);
	}
	CHECK_INT(pawl_co_yield(co), 0);
	CHECK_UINT(stacks_made(), 3); /* the one that begins later has none */
	return pawl_co_session_end(co, &p->session);
}

TEST(session_of_coroutines_ends_with_them)
{
	struct parent p = { 0 };

	run_parent(&p, leads_a_session);
	CHECK_UINT(p.child[0].steps + p.child[1].steps + p.child[2].steps, 3);
}

TEST(coroutine_begins_later)
{
	struct slot s = { 0 };
	pawl_exec *x;
	pawl_time began;
	pawl_local l;

	pawl_local_init(&l);
	x = pawl_local_exec(&l);
	began = pawl_now(x);
	pawl_co_init(&s, steps, NULL);
	CHECK_INT(pawl_spawn_after(x, &s.task, pawl_co_poll, PAWL_MS(2)), 0);
	CHECK_UINT(stacks_made(), 0);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK(pawl_now(x) >= began + PAWL_MS(2));
	CHECK_UINT(s.steps, 3);
	pawl_local_fini(&l);
}

static const struct kit_case cases[] = {
	CASE(polls_are_what_the_waits_need),
	CASE(one_coroutine_pins_again),
	CASE(several_tasks_take_turns),
	CASE(tasks_without_a_stack_pay_nothing),
	CASE(pinned_stack_never_runs_the_loop),
	CASE(ten_thousand_cycles_make_one_stack),
	CASE(panic_in_there_ends_only_that),
	CASE(overrun_in_there_ends_only_that),
	CASE(stack_that_is_not_there_is_an_answer),
	CASE(cancel_reaches_the_body),
	CASE(shutdown_reaches_the_body),
	CASE(coroutine_pins_another_stack),
	CASE(cancel_reaches_the_innermost),
	CASE(panic_after_a_wait_of_the_outer_one_ends_the_inner),
	CASE(pool_of_coroutines_recovers),
	CASE(scope_of_coroutines_ends_with_them),
	CASE(session_of_coroutines_ends_with_them),
	CASE(coroutine_begins_later),
};

KIT_MAIN(cases)
