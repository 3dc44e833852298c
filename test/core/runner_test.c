/* SPDX-License-Identifier: MIT */
/* Futures of any type from one pool: polled, copied, refused, and dropped exactly once. */
#include "fix.h"

#include <pawl/runner.h>
#include <string.h>

/* A future by pointer that counts what happens to it. */
struct counted {
	unsigned polls, drops;
	int outcome;
	bool panics, waits;
};

static int counted_poll(void *state, pawl_task *t)
{
	struct counted *c = state;

	c->polls++;
	CHECK_UINT(c->drops, 0);
	if (c->panics)
		pawl_panic("as told");
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	return c->waits ? PAWL_PENDING : c->outcome;
}

static void counted_drop(void *state)
{
	((struct counted *)state)->drops++;
}

static pawl_future future_of(struct counted *c)
{
	return (pawl_future){ .poll = counted_poll, .drop = counted_drop, .state = c };
}

/* A future by value. */
struct value {
	struct counted *seen;
	uint64_t n;
	char text[PAWL_GENERIC_SIZE - sizeof(void *) - 8];
};

static int value_poll(void *state, pawl_task *t)
{
	struct value *v = state;

	CHECK_UINT((uintptr_t)v % 8, 0);
	PAWL_BEGIN(t);
	v->seen->polls++;
	v->n++;
	PAWL_AWAIT(t, pawl_task_yield(t));
	v->seen->polls++;
	CHECK_UINT(v->n, 8);
	CHECK_STR(v->text, "inline");
	PAWL_END(t);
}

static void value_drop(void *state)
{
	((struct value *)state)->seen->drops++;
}

TEST(future_by_pointer_is_polled_and_dropped)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { 0 };
	pawl_future f = future_of(&c);

	CHECK_INT(pawl_spawn_future(x, &f, NULL), 0);
	f = (pawl_future){ 0 };
	CHECK_UINT(pawl_pool_in_use(pawl_runner_pool()), 1);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(c.polls, 1);
	CHECK_UINT(c.drops, 1);
	CHECK_UINT(pawl_pool_in_use(pawl_runner_pool()), 0);
}

TEST(future_by_value_is_copied)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { 0 };
	struct value v = { .seen = &c, .n = 7, .text = "inline" };
	pawl_future f = { .poll = value_poll, .drop = value_drop, .state = &v, .size = sizeof v };

	CHECK_INT(pawl_spawn_future(x, &f, NULL), 0);
	memset(&v, 0x55, sizeof v);
	CHECK_UINT(pawl_local_run(&l), 2);
	CHECK_UINT(c.polls, 2);
	CHECK_UINT(c.drops, 1);
}

TEST(future_may_have_neither_state_nor_drop)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { 0 };
	pawl_future f = { .poll = counted_poll, .state = &c };

	CHECK_INT(pawl_spawn_future(x, &f, NULL), 0);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(c.drops, 0);
}

TEST(future_may_be_cancelled_and_joined)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { .waits = true };
	pawl_spawn_options o = { .label = "the future" };
	pawl_future f = future_of(&c);
	pawl_task *t = NULL;
	int outcome = 1;

	f.options = &o;
	CHECK_INT(pawl_spawn_future(x, &f, &t), 0);
	CHECK_STR(pawl_task_name(t), "the future");
	CHECK_UINT(pawl_local_run(&l), 1);
	pawl_cancel(t);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(c.drops, 0);
	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(c.polls, 2);
	CHECK_UINT(c.drops, 1);
}

TEST(panicking_future_is_dropped)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { .panics = true };
	pawl_future f = future_of(&c);

	CHECK_INT(pawl_spawn_future(x, &f, NULL), 0);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(c.drops, 1);
	CHECK_UINT(pawl_pool_in_use(pawl_runner_pool()), 0);
}

TEST(future_lives_in_a_session)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c = { .waits = true };
	pawl_session s;
	pawl_spawn_options o = { .session = &s };
	pawl_future f = future_of(&c);

	pawl_session_init(&s, x);
	f.options = &o;
	CHECK_INT(pawl_spawn_future(x, &f, NULL), 0);
	CHECK_UINT(pawl_session_count(&s), 1);
	pawl_session_cancel(&s);
	CHECK_UINT(pawl_local_run(&l), 1);
	CHECK_UINT(pawl_session_count(&s), 0);
	CHECK_UINT(c.drops, 1);
}

TEST(ninth_future_is_refused_and_dropped)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct counted c[PAWL_GENERIC_TASKS + 1] = { 0 };
	char text[128];
	unsigned i;

	for (i = 0; i <= PAWL_GENERIC_TASKS; i++) {
		pawl_future f = future_of(&c[i]);

		c[i].waits = true;
		CHECK_INT(pawl_spawn_future(x, &f, NULL), i < PAWL_GENERIC_TASKS ? 0 : PAWL_EFULL);
	}
	CHECK_UINT(c[PAWL_GENERIC_TASKS].polls, 0);
	CHECK_UINT(c[PAWL_GENERIC_TASKS].drops, 1);
	pawl_pool_full_text(pawl_runner_pool(), text, sizeof text);
	CHECK_STR(text, "pool 'futures' is full: 8 of 8 in use; raise PAWL_GENERIC_TASKS");
	pawl_local_fini(&l);
	for (i = 0; i <= PAWL_GENERIC_TASKS; i++)
		CHECK_UINT(c[i].drops, 1);
	CHECK_UINT(pawl_pool_refused(pawl_runner_pool()), 1);
}

TEST(refused_futures_are_dropped)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	char large[PAWL_GENERIC_SIZE + 1];
	struct counted c = { 0 };
	struct value v = { .seen = &c };
	pawl_future f = future_of(&c);

	f.state = large;
	f.size = sizeof large;
	f.drop = NULL;
	CHECK_INT(pawl_spawn_future(x, &f, NULL), PAWL_EINVAL);
	f = future_of(&c);
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_spawn_future(x, &f, NULL), PAWL_ESTOPPED);
	CHECK_UINT(c.drops, 1);
	f = (pawl_future){ .poll = value_poll, .drop = value_drop, .state = &v, .size = sizeof v };
	CHECK_INT(pawl_spawn_future(x, &f, NULL), PAWL_ESTOPPED);
	CHECK_UINT(c.drops, 2);
	CHECK_UINT(c.polls, 0);
	CHECK_UINT(pawl_pool_in_use(pawl_runner_pool()), 0);
}

static const struct kit_case cases[] = {
	CASE(future_by_pointer_is_polled_and_dropped),
	CASE(future_by_value_is_copied),
	CASE(future_may_have_neither_state_nor_drop),
	CASE(future_may_be_cancelled_and_joined),
	CASE(panicking_future_is_dropped),
	CASE(future_lives_in_a_session),
	CASE(ninth_future_is_refused_and_dropped),
	CASE(refused_futures_are_dropped),
};

KIT_MAIN(cases)
