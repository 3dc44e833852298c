/* SPDX-License-Identifier: MIT */
/* What must not be done with coroutines and generators, and by which words it is noticed. */
#define _GNU_SOURCE
#include "relay_fix.h"

#include <pawl/gen.h>
#include <pawl/host.h>

#include <setjmp.h>
#include <unistd.h>

/* The call must abort, and say both. */
static void check_says(void (*fn)(void *arg), void *arg, const char *name, const char *why)
{
	char said[4096];
	int ends[2], before = dup(2);
	bool has_aborted;
	ssize_t n;

	CHECK_INT(pipe(ends), 0);
	dup2(ends[1], 2);
	has_aborted = kit_aborts(fn, arg);
	dup2(before, 2);
	close(before);
	close(ends[1]);
	n = read(ends[0], said, sizeof said - 1);
	close(ends[0]);
	CHECK(n > 0);
	said[n] = 0;
	if (!has_aborted || !strstr(said, name) || !strstr(said, why))
		CHECK_STR(said, why);
}

/* Sanitizers themselves end the program then. */
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
static jmp_buf outside;

static int jumps_out(pawl_co *co)
{
	(void)co;
	longjmp(outside, 1);
}

static int poll_over_a_jump(pawl_task *t)
{
	if (setjmp(outside) == 0)
		return pawl_co_poll(t);
	pawl_wake(t);
	return PAWL_PENDING;
}

static void jump_out_of_a_task(void *arg)
{
	struct mover m = { 0 };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	pawl_co_init(&m, jumps_out, NULL);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &m.task, poll_over_a_jump), 0);
	pawl_block_on(pawl_local_exec(&l), &m.task, NULL);
}

static int pin_over_a_jump(pawl_task *t)
{
	struct mover *m = PAWL_OF(t, struct mover, task);

	if (setjmp(outside) == 0)
		return pawl_pin(t, &m->co, jumps_out);
	return pawl_pin(t, &m->co, jumps_out);
}

static void jump_out_of_a_pinned_one(void *arg)
{
	struct mover m = { 0 };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &m.task, pin_over_a_jump), 0);
	pawl_block_on(pawl_local_exec(&l), &m.task, NULL);
}

static int gen_jumps_out(pawl_gen *g)
{
	(void)g;
	longjmp(outside, 1);
}

static void jump_out_of_a_generator(void *arg)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, gen_jumps_out, NULL);
	if (setjmp(outside) == 0)
		CHECK_INT(pawl_next(&g, &v), 0);
	if (arg)
		(void)pawl_next(&g, &v);
	else
		pawl_gen_fini(&g);
}

TEST(longjmp_out_of_it_is_noticed)
{
	check_says(jump_out_of_a_task, NULL, "jumps_out", "left by longjmp");
	check_says(jump_out_of_a_pinned_one, NULL, "jumps_out", "left by longjmp");
	check_says(jump_out_of_a_generator, NULL, "gen_jumps_out", "left by longjmp");
	check_says(jump_out_of_a_generator, &outside, "gen_jumps_out", "left by longjmp");
}

/* pawl_port_try */
#endif

static int yields_in_try(void *arg)
{
	return pawl_co_yield(arg);
}

static int waits_in_try(pawl_co *co)
{
	const char *why;

	return pawl_port_try(yields_in_try, co, &why);
}

static void wait_in_try(void *arg)
{
	pawl_exec *x = begin_relay();
	struct mover m = { 0 };

	(void)arg;
	CHECK_INT(pawl_co_spawn(x, &m, waits_in_try), 0);
	run_relay();
}

static int panics_soon(pawl_task *t)
{
	(void)t;
	pawl_panic("not yours");
}

static void panic_while_one_waits_in_try(void *arg)
{
	struct mover m = { 0 };
	pawl_task t = { 0 };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &m, waits_in_try), 0);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &t, panics_soon), 0);
	pawl_block_on(pawl_local_exec(&l), &t, NULL);
}

TEST(wait_in_try_is_noticed)
{
	check_says(wait_in_try, NULL, "pawl_port_try", "left open");
	check_says(panic_while_one_waits_in_try, NULL, "pawl_port_try", "left open");
}

/* But what runs inside of that may not wait as the outer one: its thread is the executor's. */
static pawl_co *outer_co;

static int waits_as_the_outer(pawl_task *t)
{
	(void)t;
	return pawl_co_yield(outer_co);
}

static int lets_others_wait(pawl_co *co)
{
	pawl_task t = { 0 };
	pawl_local l;

	outer_co = co;
	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &t, waits_as_the_outer), 0);
	return pawl_block_on(pawl_local_exec(&l), &t, NULL);
}

static void wait_as_the_outer(void *arg)
{
	pawl_exec *x = begin_relay();
	struct mover m = { 0 };

	(void)arg;
	CHECK_INT(pawl_co_spawn(x, &m, lets_others_wait), 0);
	run_relay();
}

/* There other threads could go on with it, and with a worker that is not theirs. */
static int lets_others_wait_here(pawl_co *co)
{
	pawl_task t = { 0 };

	outer_co = co;
	CHECK_INT(pawl_spawn(pawl_here(pawl_co_task(co)), &t, waits_as_the_outer), 0);
	return pawl_block_on(pawl_here(pawl_co_task(co)), &t, NULL);
}

static void wait_as_the_outer_of_a_host(void *arg)
{
	/* another one would not wait until it blocks */
	const pawl_host_options o = { .workers = 1 };
	struct mover m = { 0 };
	pawl_host *h;

	(void)arg;
	CHECK_INT(pawl_host_new(&o, &h), 0);
	CHECK_INT(pawl_co_spawn(pawl_host_exec(h), &m, lets_others_wait_here), 0);
	pawl_block_on(pawl_host_exec(h), &m.task, NULL);
}

/* The executor runs on top of a generator on top of the coroutine. */
static int blocks_in_a_generator(pawl_gen *g)
{
	return lets_others_wait(g->arg);
}

static int lets_others_wait_below(pawl_co *co)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, blocks_in_a_generator, co);
	return pawl_next(&g, &v);
}

static void wait_as_the_outer_below(void *arg)
{
	struct mover m = { 0 };
	pawl_local l;

	(void)arg;
	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &m, lets_others_wait_below), 0);
	pawl_block_on(pawl_local_exec(&l), &m.task, NULL);
}

TEST(wait_from_inside_of_an_executor_is_noticed)
{
	check_says(wait_as_the_outer, NULL, "lets_others_wait", "blocks on another task");
	check_says(wait_as_the_outer_of_a_host, NULL, "lets_others_wait_here", "blocks on");
	check_says(wait_as_the_outer_below, NULL, "lets_others_wait_below", "blocks on");
}

static const struct kit_case cases[] = {
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
	CASE(longjmp_out_of_it_is_noticed),
#endif
	CASE(wait_in_try_is_noticed),
	CASE(wait_from_inside_of_an_executor_is_noticed),
};

KIT_MAIN(cases)
