/* SPDX-License-Identifier: MIT */
/* Generators: values, sending, delegation, cancelling, what they leave behind, and mistakes. */
#include <kit.h>
#include <pawl/gen.h>

#include "stacks_fix.h"

#include <pthread.h>
#include <string.h>

PAWL_GEN(ints, int);

static int count(pawl_gen *g)
{
	int i;

	for (i = 0; i < *(int *)g->arg; i++)
		if (ints_yield(g, i) < 0)
			return PAWL_ECANCELED;
	return 0;
}

/* Asks until it ends: how many values there were; they have to be 0, 1, 2 and so on. */
static int drain(pawl_gen *g, int *ret_last)
{
	int n = 0, v;

	while ((*ret_last = ints_next(g, &v)) == 0)
		CHECK_INT(v, n++);
	return n;
}

TEST(values_come_in_order)
{
	int limit = 5, v = -1, last;
	pawl_gen g;

	pawl_gen_init(&g, count, &limit);
	CHECK(!pawl_gen_done(&g));
	CHECK_INT(drain(&g, &last), 5);
	CHECK_INT(last, PAWL_ECLOSED);
	CHECK(pawl_gen_done(&g));
	CHECK_INT(pawl_gen_result(&g), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(v, -1);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int fails(pawl_gen *g)
{
	return ints_yield(g, 0) < 0 ? 0 : PAWL_EIO;
}

TEST(an_error_is_told_once)
{
	int v = -1;
	pawl_gen g;

	pawl_gen_init(&g, fails, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_EIO);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_result(&g), PAWL_EIO);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* Yields from as deep as it goes. */
static int walk(pawl_gen *g, int depth, int *n)
{
	int r;

	if (depth == 0)
		return ints_yield(g, (*n)++);
	r = walk(g, depth - 1, n);
	return r < 0 ? r : walk(g, depth - 1, n);
}

static int walks(pawl_gen *g)
{
	int n = 0;

	return walk(g, 7, &n);
}

TEST(it_yields_at_any_depth)
{
	pawl_gen g;
	int last;

	pawl_gen_init(&g, walks, NULL);
	CHECK_INT(drain(&g, &last), 128);
	CHECK_INT(last, PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

PAWL_GEN_SENT(sums, long, int);

static int sum(pawl_gen *g)
{
	long all = 0;
	int v = 100;

	while (sums_yield(g, all, &v) == 0)
		all += v;
	return 0;
}

TEST(values_are_sent_in)
{
	long all = -1;
	pawl_gen g;
	void *raw = NULL;
	int i;

	pawl_gen_init(&g, sum, NULL);
	/* Nobody waits for the first. */
	CHECK_INT(sums_send(&g, 7, &all), 0);
	CHECK_INT(all, 0);
	for (i = 1; i <= 4; i++)
		CHECK_INT(sums_send(&g, i, &all), 0);
	CHECK_INT(all, 1 + 2 + 3 + 4);
	/* Without one the last stays. */
	CHECK_INT(pawl_next(&g, &raw), 0);
	CHECK_INT(*(long *)raw, 14);
	CHECK_INT(pawl_gen_cancel(&g), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* Hands out what is left of arg levels, each delegating to the next; the innermost counts. */
static int delegates(pawl_gen *g)
{
	int level = *(int *)g->arg - 1, ten = 10, r;
	pawl_gen inner;

	if (level == 0)
		pawl_gen_init(&inner, count, &ten);
	else
		pawl_gen_init(&inner, delegates, &level);
	r = pawl_yield_from(g, &inner);
	CHECK(pawl_gen_done(&inner));
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return r;
}

TEST(delegation_hands_out_all_values)
{
	int level = (int)param, last;
	pawl_gen g;

	pawl_gen_init(&g, delegates, &level);
	CHECK_INT(drain(&g, &last), 10);
	CHECK_INT(last, PAWL_ECLOSED);
	CHECK_INT(pawl_gen_result(&g), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(delegation_passes_on_a_cancel)
{
	int level = (int)param, v = -1;
	pawl_gen g;

	pawl_gen_init(&g, delegates, &level);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(pawl_gen_cancel(&g), 0);
	CHECK_INT(pawl_gen_result(&g), PAWL_ECANCELED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int delegates_to_arg(pawl_gen *g)
{
	int r = pawl_yield_from(g, g->arg);

	return r < 0 ? r : ints_yield(g, 10);
}

TEST(delegation_goes_on_where_another_stopped)
{
	int level = 3, v = -1, i, last;
	pawl_gen inner, outer;

	/* It delegated itself already when somebody else takes it over. */
	pawl_gen_init(&inner, delegates, &level);
	CHECK_INT(ints_next(&inner, &v), 0);
	CHECK_INT(v, 0);
	pawl_gen_init(&outer, delegates_to_arg, &inner);
	for (i = 1; i < 11; i++) {
		CHECK_INT(ints_next(&outer, &v), 0);
		CHECK_INT(v, i);
	}
	CHECK_INT(drain(&outer, &last), 0);
	CHECK(pawl_gen_done(&inner));
	CHECK_INT(pawl_gen_fini(&outer), 0);
	CHECK_INT(pawl_gen_fini(&inner), 0);
}

TEST(a_cancel_reaches_what_was_taken_over)
{
	int level = 2, v = -1;
	pawl_gen inner, outer;

	pawl_gen_init(&inner, delegates, &level);
	CHECK_INT(ints_next(&inner, &v), 0);
	pawl_gen_init(&outer, delegates_to_arg, &inner);
	CHECK_INT(ints_next(&outer, &v), 0);
	CHECK_INT(pawl_gen_cancel(&outer), 0);
	CHECK(pawl_gen_done(&outer) && pawl_gen_done(&inner));
	CHECK_INT(pawl_gen_result(&inner), PAWL_ECANCELED);
	CHECK_INT(pawl_gen_fini(&outer), 0);
	CHECK_INT(pawl_gen_fini(&inner), 0);
}

static int sends_inside(pawl_gen *g)
{
	pawl_gen inner;
	int r;

	pawl_gen_init(&inner, sum, NULL);
	r = pawl_yield_from(g, &inner);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return r;
}

TEST(what_is_sent_reaches_the_innermost)
{
	long all = -1;
	pawl_gen g;
	int i;

	pawl_gen_init(&g, sends_inside, NULL);
	for (i = 0; i < 5; i++)
		CHECK_INT(sums_send(&g, i, &all), 0);
	CHECK_INT(all, 10);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* Where deferred calls say in which order they came. */
static char order[16];

static void note(void *arg)
{
	size_t n = strlen(order);

	order[n] = *(const char *)arg;
	order[n + 1] = '\0';
}

static int defers(pawl_gen *g)
{
	char a = 'a', b = 'b', c = 'c';

	PAWL_DEFER(g, note, &a);
	{
		PAWL_DEFER(g, note, &b);
		if (ints_yield(g, 1) < 0)
			return PAWL_ECANCELED;
	}
	PAWL_DEFER(g, note, &c);
	return ints_yield(g, 2);
}

TEST(blocks_clean_up)
{
	pawl_gen g;
	int v = -1;

	order[0] = '\0';
	pawl_gen_init(&g, defers, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_STR(order, "");
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_STR(order, "b");
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_STR(order, "bca");
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_STR(order, "bca");
}

static int defers_and_delegates(pawl_gen *g)
{
	char o = 'o';
	pawl_gen inner;
	int r;

	PAWL_DEFER(g, note, &o);
	pawl_gen_init(&inner, defers, NULL);
	r = pawl_yield_from(g, &inner);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return r;
}

TEST(cancelling_cleans_up_innermost_first)
{
	pawl_gen g;
	int v = -1;

	order[0] = '\0';
	pawl_gen_init(&g, defers_and_delegates, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(pawl_gen_cancel(&g), 0);
	CHECK_STR(order, "bao");
	CHECK(pawl_gen_done(&g));
	CHECK_INT(pawl_gen_cancel(&g), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(its_end_cancels_it)
{
	pawl_gen g;
	int v = -1;

	order[0] = '\0';
	pawl_gen_init(&g, defers, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_STR(order, "ba");
}

static int ignores(pawl_gen *g)
{
	char a = 'a', b = 'b';
	int i;

	PAWL_DEFER(g, note, &a);
	PAWL_DEFER(g, note, &b);
	for (i = 0;; i++)
		if (ints_yield(g, i) > 0)
			return 0;
}

TEST(who_ignores_cancelling_is_reported)
{
	char text[256];
	pawl_gen g;
	int v = -1;

	order[0] = '\0';
	pawl_gen_init(&g, ignores, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(pawl_gen_cancel(&g), PAWL_EBUSY);
	CHECK(!pawl_gen_done(&g));
	CHECK(pawl_gen_text(&g, text, sizeof text) > 0);
	CHECK(strstr(text, "was asked to end and goes on") && strstr(text, "'ignores'"));
	CHECK(strstr(text, "gen_test.c:"));
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(v, 2);
	CHECK_STR(order, "");
	/* Its stack is taken away, once what it deferred was called. */
	CHECK_INT(pawl_gen_fini(&g), PAWL_EBUSY);
	CHECK_STR(order, "ba");
	CHECK(!pawl_gen_stack(&g));
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(who_was_never_asked_holds_nothing)
{
	size_t made = stacks_made();
	int limit = 1, i;
	pawl_gen g, zeroed = { 0 };

	for (i = 0; i < 100; i++) {
		pawl_gen_init(&g, count, &limit);
		CHECK(!pawl_gen_stack(&g));
		CHECK_INT(pawl_gen_cancel(&g), 0);
		CHECK_INT(pawl_gen_fini(&g), 0);
	}
	CHECK_UINT(stacks_made(), made);
	CHECK_INT(pawl_gen_fini(&zeroed), 0);
	CHECK_INT(pawl_gen_fini(NULL), 0);
}

TEST(it_is_made_anew_on_its_stack)
{
	int limit = 3, last, i;
	size_t made;
	pawl_stack *s;
	pawl_gen g;

	pawl_gen_init(&g, count, &limit);
	CHECK_INT(drain(&g, &last), 3);
	s = pawl_gen_stack(&g);
	made = stacks_made();
	for (i = 0; i < 1000; i++) {
		limit = i % 7;
		pawl_gen_reset(&g, i % 2 ? count : count, &limit);
		CHECK(!pawl_gen_done(&g));
		CHECK_INT(drain(&g, &last), limit);
		CHECK(pawl_gen_stack(&g) == s);
	}
	CHECK_UINT(stacks_made(), made);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(many_share_few_stacks)
{
	int limit = 2, last, i;
	size_t made = 0;

	for (i = 0; i < 1000; i++) {
		pawl_gen g;

		pawl_gen_init(&g, count, &limit);
		CHECK_INT(drain(&g, &last), 2);
		CHECK_INT(pawl_gen_fini(&g), 0);
		if (i == 0)
			made = stacks_made();
	}
	CHECK_UINT(stacks_made(), made);
}

struct on_thread {
	pawl_gen *g;
	int want;
};

static void *ask(void *arg)
{
	struct on_thread *o = arg;
	int v = -1;

	CHECK_INT(ints_next(o->g, &v), 0);
	CHECK_INT(v, o->want);
	return NULL;
}

TEST(each_value_on_another_thread)
{
	int limit = 20, i, last, v;
	pawl_gen g;

	pawl_gen_init(&g, count, &limit);
	for (i = 0; i < 20; i++) {
		struct on_thread o = { &g, i };
		pthread_t t;

		CHECK_INT(pthread_create(&t, NULL, ask, &o), 0);
		CHECK_INT(pthread_join(t, NULL), 0);
	}
	last = ints_next(&g, &v);
	CHECK_INT(last, PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int asks_another(pawl_gen *g)
{
	int limit = 4, v, r = 0;
	pawl_gen inner;

	pawl_gen_init(&inner, count, &limit);
	while (r == 0 && ints_next(&inner, &v) == 0)
		r = ints_yield(g, v);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return r;
}

static int asks_that(pawl_gen *g)
{
	int v, r = 0;
	pawl_gen inner;

	pawl_gen_init(&inner, asks_another, NULL);
	while (r == 0 && ints_next(&inner, &v) == 0)
		r = ints_yield(g, v);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return r;
}

TEST(they_may_be_nested)
{
	pawl_gen g;
	int last, v;

	pawl_gen_init(&g, asks_that, NULL);
	CHECK_INT(drain(&g, &last), 4);
	CHECK_INT(pawl_gen_fini(&g), 0);
	pawl_gen_init(&g, asks_that, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* A generator on top of another may leave both at once, by the outer one's yield. */
static int yields_for_arg(pawl_gen *g)
{
	int r = ints_yield(g->arg, 0);

	return r < 0 ? r : ints_yield(g, 77);
}

static int leaves_from_above(pawl_gen *g)
{
	pawl_gen inner;
	int v = -1;

	pawl_gen_init(&inner, yields_for_arg, g);
	CHECK_INT(ints_next(&inner, &v), 0);
	CHECK_INT(v, 77);
	CHECK_INT(ints_next(&inner, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return ints_yield(g, 1);
}

TEST(both_are_left_at_once)
{
	pawl_gen g;
	int last;

	pawl_gen_init(&g, leaves_from_above, NULL);
	CHECK_INT(drain(&g, &last), 2);
	CHECK_INT(last, PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int panics(pawl_gen *g)
{
	char a = 'a';

	PAWL_DEFER(g, note, &a);
	if (ints_yield(g, 1) < 0)
		return 0;
	pawl_panic("on purpose");
}

TEST(a_panic_ends_it)
{
	char text[256];
	pawl_gen g;
	int v = -1;

	order[0] = '\0';
	pawl_gen_init(&g, panics, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(ints_next(&g, &v), PAWL_EPANIC);
	CHECK_STR(order, "a");
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK(pawl_gen_text(&g, text, sizeof text) > 0);
	CHECK(strstr(text, "on purpose"));
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int delegates_to_panic(pawl_gen *g)
{
	pawl_gen inner;

	pawl_gen_init(&inner, panics, NULL);
	CHECK_INT(pawl_yield_from(g, &inner), PAWL_EPANIC);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return ints_yield(g, 2);
}

TEST(a_panic_ends_only_the_innermost)
{
	pawl_gen g;
	int v = -1;

	pawl_gen_init(&g, delegates_to_panic, NULL);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(v, 1);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(v, 2);
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int overruns(pawl_gen *g)
{
	char a = 'a';

	PAWL_DEFER(g, note, &a);
	return deep(1) ? 0 : 0;
}

TEST(an_overrun_ends_it)
{
	int i;

	for (i = 0; i < 3; i++) {
		char text[256];
		pawl_gen g;
		int v = -1;

		order[0] = '\0';
		pawl_gen_init(&g, overruns, NULL);
		CHECK_INT(ints_next(&g, &v), PAWL_ESTACK);
		CHECK_STR(order, "a");
		CHECK(pawl_gen_text(&g, text, sizeof text) > 0);
		CHECK(strstr(text, "'overruns'") && strstr(text, "65536 bytes"));
		CHECK_INT(pawl_gen_fini(&g), 0);
	}
}

static _Alignas(16) char memory[8192];

TEST(it_runs_in_memory_of_the_program)
{
	pawl_stack_options o = { .memory = memory, .size = sizeof memory };
	size_t made = stacks_made(), used = 0;
	int limit = 3, last;
	pawl_gen g;

	pawl_gen_init_with(&g, count, &limit, &o);
	CHECK_INT(drain(&g, &last), 3);
	CHECK((char *)pawl_gen_stack(&g) > memory);
	CHECK((char *)pawl_gen_stack(&g) < memory + sizeof memory);
	CHECK_INT(pawl_stack_high_water(pawl_gen_stack(&g), &used), PAWL_ENOTSUP);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_UINT(stacks_made(), made);
	/* The next one may have it. */
	o.paint = true;
	pawl_gen_init_with(&g, count, &limit, &o);
	CHECK_INT(drain(&g, &last), 3);
	CHECK_INT(pawl_stack_high_water(pawl_gen_stack(&g), &used), 0);
	CHECK(used > 0 && used < sizeof memory);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

TEST(what_is_too_small_is_refused)
{
	pawl_stack_options o = { .memory = memory, .size = PAWL_STACK_SIZE_MIN - 1 };
	int limit = 3, v;
	pawl_gen g;

	pawl_gen_init_with(&g, count, &limit, &o);
	CHECK_INT(ints_next(&g, &v), PAWL_EINVAL);
	CHECK_INT(pawl_gen_fini(&g), 0);
	o.memory = NULL;
	o.size = PAWL_STACKS_SIZE_MAX + 1;
	pawl_gen_init_with(&g, count, &limit, &o);
	CHECK_INT(ints_next(&g, &v), PAWL_ENOMEM);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static void writes_over_the_end(void *arg)
{
	pawl_stack_options o = { .memory = memory, .size = sizeof memory };
	int limit = 3, v;
	pawl_gen g;

	(void)arg;
	pawl_gen_init_with(&g, count, &limit, &o);
	(void)ints_next(&g, &v);
	memset(memory, 0, 16);
	pawl_gen_fini(&g);
}

static int asks_itself(pawl_gen *g)
{
	int v = -1;

	return ints_next(g, &v);
}

static void runs_twice(void *arg)
{
	pawl_gen g;
	int v = -1;

	(void)arg;
	pawl_gen_init(&g, asks_itself, NULL);
	(void)ints_next(&g, &v);
}

static void yields_outside(void *arg)
{
	int limit = 1, v;
	pawl_gen g;

	(void)arg;
	pawl_gen_init(&g, count, &limit);
	(void)ints_next(&g, &v);
	if (ints_yield(&g, 1) == 0)
		pawl_gen_fini(&g);
}

static void resets_too_early(void *arg)
{
	int limit = 2, v;
	pawl_gen g;

	(void)arg;
	pawl_gen_init(&g, count, &limit);
	(void)ints_next(&g, &v);
	pawl_gen_reset(&g, count, &limit);
}

TEST(mistakes_are_noticed)
{
	CHECK_ABORTS(writes_over_the_end, NULL);
	CHECK_ABORTS(runs_twice, NULL);
	CHECK_ABORTS(yields_outside, NULL);
	CHECK_ABORTS(resets_too_early, NULL);
}

static const struct kit_case cases[] = {
	CASE(values_come_in_order),
	CASE(an_error_is_told_once),
	CASE(it_yields_at_any_depth),
	CASE(values_are_sent_in),
	CASE_N(delegation_hands_out_all_values, 1),
	CASE_N(delegation_hands_out_all_values, 2),
	CASE_N(delegation_hands_out_all_values, 20),
	CASE_N(delegation_passes_on_a_cancel, 1),
	CASE_N(delegation_passes_on_a_cancel, 20),
	CASE(delegation_goes_on_where_another_stopped),
	CASE(a_cancel_reaches_what_was_taken_over),
	CASE(what_is_sent_reaches_the_innermost),
	CASE(blocks_clean_up),
	CASE(cancelling_cleans_up_innermost_first),
	CASE(its_end_cancels_it),
	CASE(who_ignores_cancelling_is_reported),
	CASE(who_was_never_asked_holds_nothing),
	CASE(it_is_made_anew_on_its_stack),
	CASE(many_share_few_stacks),
	CASE(each_value_on_another_thread),
	CASE(they_may_be_nested),
	CASE(both_are_left_at_once),
	CASE(a_panic_ends_it),
	CASE(a_panic_ends_only_the_innermost),
	CASE(an_overrun_ends_it),
	CASE(it_runs_in_memory_of_the_program),
	CASE(what_is_too_small_is_refused),
	CASE(mistakes_are_noticed),
};

KIT_MAIN(cases)
