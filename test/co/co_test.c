/* SPDX-License-Identifier: MIT */
/* Coroutines on the executor that is always there: how they live, and how they end. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>

#include "stacks_fix.h"

#include <errno.h>
#include <string.h>

/* One that does what a case says, with what it needs. */
struct runner {
	pawl_task task;
	pawl_co co;
	pawl_event *event;
	int left;
	int outcome;
	unsigned seen;
};

static struct runner *runner_of(pawl_co *co)
{
	return PAWL_OF(co, struct runner, co);
}

static int drive(pawl_local *l, struct runner *s, int spawned)
{
	int outcome = 1;

	CHECK_INT(spawned, 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(l), &s->task, &outcome), 0);
	CHECK(!pawl_co_stack(&s->co));
	pawl_local_fini(l);
	return outcome;
}

static pawl_local local;

/* Runs it to its end: its outcome. The function's name is that of the coroutine. */
#define RUN(s, fn)                \
	(pawl_local_init(&local), \
	 drive(&local, (s), pawl_co_spawn(pawl_local_exec(&local), (s), fn)))

/* Waits as deep as it goes; who calls it knows nothing of that. */
static int wait_deep(pawl_co *co, int depth)
{
	int r = depth ? wait_deep(co, depth - 1) : pawl_co_sleep(co, PAWL_US(5));

	runner_of(co)->seen++;
	return r;
}

static int waits_deep(pawl_co *co)
{
	int r = 0;

	while (r == 0 && runner_of(co)->left-- > 0)
		r = wait_deep(co, 9);
	return r;
}

TEST(it_waits_at_any_depth)
{
	struct runner s = { .left = 4 };

	CHECK_INT(RUN(&s, waits_deep), 0);
	CHECK_UINT(s.seen, 40);
}

static int answers(pawl_co *co)
{
	return runner_of(co)->outcome;
}

TEST(its_outcome_is_its_answer)
{
	struct runner s = { .outcome = PAWL_EIO };

	CHECK_INT(RUN(&s, answers), PAWL_EIO);
	s.outcome = 0;
	CHECK_INT(RUN(&s, answers), 0);
}

static int waits_for_event(pawl_co *co)
{
	struct runner *s = runner_of(co);

	s->outcome = pawl_co_event_wait(co, s->event);
	s->seen++;
	return s->outcome;
}

TEST(a_cancel_fails_its_wait)
{
	struct runner s = { 0 };
	pawl_event e;
	pawl_local l;
	int outcome = 1;

	pawl_event_init(&e);
	s.event = &e;
	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s, waits_for_event), 0);
	while (pawl_poll_once(pawl_local_exec(&l)) > 0) {}
	CHECK(pawl_co_stack(&s.co) != NULL);
	CHECK_UINT(s.seen, 0);
	pawl_cancel(&s.task);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(s.seen, 1);
	pawl_local_fini(&l);
}

TEST(before_its_first_poll_it_has_no_stack)
{
	struct runner s = { .outcome = 0 };
	pawl_local l;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s, answers), 0);
	CHECK(!pawl_co_stack(&s.co));
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, NULL), 0);
	pawl_local_fini(&l);
}

/* Where deferred calls say in which order they came. */
static char order[16];

static void note(void *arg)
{
	size_t n = strlen(order);

	order[n] = *(const char *)arg;
	order[n + 1] = '\0';
}

static int panics(pawl_co *co)
{
	char a = 'a', b = 'b';
	int r;

	PAWL_DEFER(co, note, &a);
	r = pawl_co_yield(co);
	PAWL_DEFER(co, note, &b);
	if (r == 0)
		pawl_panic("on purpose");
	return r;
}

TEST(a_panic_ends_it)
{
	struct runner s = { 0 };
	char text[256];

	order[0] = '\0';
	CHECK_INT(RUN(&s, panics), PAWL_EPANIC);
	CHECK_STR(order, "ba");
	CHECK(pawl_co_text(&s.co, text, sizeof text) > 0);
	CHECK(strstr(text, "'panics'") && strstr(text, "on purpose"));
	CHECK_INT(RUN(&s, answers), 0);
}

static int overruns(pawl_co *co)
{
	char a = 'a';

	PAWL_DEFER(co, note, &a);
	return deep(1) ? 0 : pawl_co_yield(co);
}

TEST(an_overrun_ends_it)
{
	struct runner s = { 0 };
	char text[256];
	int i;

	for (i = 0; i < 3; i++) {
		order[0] = '\0';
		CHECK_INT(RUN(&s, overruns), PAWL_ESTACK);
		CHECK_STR(order, "a");
		CHECK(pawl_co_text(&s.co, text, sizeof text) > 0);
		CHECK(strstr(text, "'overruns'") && strstr(text, "65536 bytes"));
		CHECK(strstr(text, "co_test.c:"));
	}
}

/* Values, and waits of the coroutine that asks for them. */
static int waits_and_yields(pawl_gen *g)
{
	pawl_co *co = g->arg;
	int i, r = 0;

	for (i = 0; i < 5 && r == 0; i++) {
		r = pawl_co_sleep(co, PAWL_US(5));
		if (r == 0)
			r = pawl_yield(g, &i);
	}
	return r;
}

static int asks(pawl_co *co)
{
	struct runner *s = runner_of(co);
	void *v = NULL;
	pawl_gen g;
	int r;

	pawl_gen_init(&g, waits_and_yields, co);
	while ((r = pawl_next(&g, &v)) == 0)
		CHECK_INT(*(int *)v, (int)s->seen++);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return r == PAWL_ECLOSED ? 0 : r;
}

TEST(a_generator_on_top_may_wait)
{
	struct runner s = { 0 };

	CHECK_INT(RUN(&s, asks), 0);
	CHECK_UINT(s.seen, 5);
}

static int panics_above(pawl_gen *g)
{
	(void)g;
	pawl_panic("above");
}

static int goes_on_after(pawl_co *co)
{
	void *v = NULL;
	pawl_gen g;

	pawl_gen_init(&g, panics_above, NULL);
	CHECK_INT(pawl_next(&g, &v), PAWL_EPANIC);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return pawl_co_yield(co);
}

TEST(a_panic_on_top_is_not_its_own)
{
	struct runner s = { 0 };

	CHECK_INT(RUN(&s, goes_on_after), 0);
}

static int has_errno(pawl_co *co)
{
	int i, r = 0;

	CHECK_INT(errno, 0);
	for (i = 1; i < 20 && r == 0; i++) {
		errno = 100 + i;
		r = pawl_co_yield(co);
		CHECK_INT(errno, 100 + i);
	}
	return r;
}

TEST(errno_is_its_own)
{
	struct runner a = { 0 }, b = { 0 };
	pawl_local l;

	pawl_local_init(&l);
	errno = 77;
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &a, has_errno), 0);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &b, has_errno), 0);
	while (pawl_poll_once(pawl_local_exec(&l)) > 0)
		CHECK_INT(errno, 77);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &a.task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &b.task, NULL), 0);
	CHECK_INT(errno, 77);
	pawl_local_fini(&l);
}

static _Alignas(16) char memory[16384];

static int counts_down(pawl_co *co)
{
	struct runner *s = runner_of(co);
	char here;

	CHECK(&here > memory && &here < memory + sizeof memory);
	return s->left-- ? pawl_co_yield(co) : 0;
}

TEST(it_runs_in_memory_of_the_program)
{
	pawl_stack_options o = { .memory = memory, .size = sizeof memory };
	struct runner s = { .left = 3 };
	pawl_local l;
	int i;

	pawl_local_init(&l);
	for (i = 0; i < 3; i++) {
		CHECK_INT(pawl_co_spawn_with(pawl_local_exec(&l), &s, counts_down, NULL, &o), 0);
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, NULL), 0);
	}
	pawl_local_fini(&l);
}

TEST(what_is_too_small_is_its_outcome)
{
	pawl_stack_options o = { .memory = memory, .size = 16 };
	struct runner s = { 0 };
	int outcome = 1;
	pawl_local l;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn_with(pawl_local_exec(&l), &s, answers, NULL, &o), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_EINVAL);
	o.memory = NULL;
	o.size = PAWL_STACKS_SIZE_MAX * 2;
	CHECK_INT(pawl_co_spawn_with(pawl_local_exec(&l), &s, answers, NULL, &o), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ENOMEM);
	pawl_local_fini(&l);
}

/* A task without a stack that leaves what it pinned. */
static int defers(pawl_co *co)
{
	char a = 'a', b = 'b';

	PAWL_DEFER(co, note, &a);
	PAWL_DEFER(co, note, &b);
	while (pawl_co_yield(co) >= PAWL_ECANCELED) {}
	return 0;
}

static int leaves(pawl_task *t)
{
	struct runner *s = PAWL_OF(t, struct runner, task);

	CHECK_INT(pawl_pin(t, &s->co, defers), PAWL_PENDING);
	CHECK(pawl_co_stack(&s->co) != NULL);
	pawl_co_fini(&s->co);
	CHECK(!pawl_co_stack(&s->co));
	pawl_co_fini(&s->co);
	return 0;
}

TEST(a_pinned_stack_can_be_taken_away)
{
	struct runner s = { 0 };
	int outcome = 1;
	pawl_local l;

	order[0] = '\0';
	pawl_co_fini(NULL);
	pawl_co_fini(&s.co);
	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &s.task, leaves), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_STR(order, "ba");
	pawl_local_fini(&l);
}

/* An outcome that waits is none. */
static int answers_pending(pawl_co *co)
{
	(void)co;
	return PAWL_PENDING;
}

static void ends_with_pending(void *arg)
{
	struct runner s = { 0 };

	(void)arg;
	RUN(&s, answers_pending);
}

static void suspends_outside(void *arg)
{
	struct runner s = { 0 };

	(void)arg;
	RUN(&s, answers);
	pawl_co_suspend(&s.co);
}

struct apart {
	pawl_task task;
	int between;
	pawl_co co;
};

static void co_is_elsewhere(void *arg)
{
	struct apart a = { 0 };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	(void)pawl_co_spawn(pawl_local_exec(&l), &a, answers);
}

TEST(mistakes_are_noticed)
{
	CHECK_ABORTS(ends_with_pending, NULL);
	CHECK_ABORTS(suspends_outside, NULL);
	CHECK_ABORTS(co_is_elsewhere, NULL);
}

static const struct kit_case cases[] = {
	CASE(it_waits_at_any_depth),
	CASE(its_outcome_is_its_answer),
	CASE(a_cancel_fails_its_wait),
	CASE(before_its_first_poll_it_has_no_stack),
	CASE(a_panic_ends_it),
	CASE(an_overrun_ends_it),
	CASE(a_generator_on_top_may_wait),
	CASE(a_panic_on_top_is_not_its_own),
	CASE(errno_is_its_own),
	CASE(it_runs_in_memory_of_the_program),
	CASE(what_is_too_small_is_its_outcome),
	CASE(a_pinned_stack_can_be_taken_away),
	CASE(mistakes_are_noticed),
};

KIT_MAIN(cases)
