/* SPDX-License-Identifier: MIT */
/* Bad ends: who is left on top of others, panics on the way out, blocks that are jumped out of. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/pawl.h>
#include <pawl/port.h>
#include <pawl/stacks.h>

#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where deferred calls say in which order they came. */
static char order[16];

static void note(void *arg)
{
	size_t n = strlen(order);

	order[n] = *(const char *)arg;
	order[n + 1] = '\0';
}

static void note_and_panic(void *arg)
{
	note(arg);
	pawl_panic("on the way out");
}

static void finish(void *g)
{
	pawl_gen_fini(g);
}

/* What stood deeper on this stack is gone. */
static void overwrite(void)
{
	volatile char all[2000];
	size_t i;

	for (i = 0; i < sizeof all; i++)
		all[i] = 'x';
}

struct runner {
	pawl_task task;
	pawl_co co;
	const char *why;
};

static pawl_local local;

static int drive(struct runner *s, int spawned)
{
	int outcome = 1;

	CHECK_INT(spawned, 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&local), &s->task, &outcome), 0);
	CHECK(!pawl_co_stack(&s->co));
	pawl_local_fini(&local);
	return outcome;
}

#define RUN(s, fn)                                                              \
	(order[0] = '\0', pawl_local_init(&local), *(s) = (struct runner){ 0 }, \
	 drive((s), pawl_co_spawn(pawl_local_exec(&local), (s), fn)))

/* Those on top of one that is ended */

static int ignores(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "i" });
	while (pawl_yield(g, g) <= 0) {}
	return 0;
}

static int delegates(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "o" });
	return pawl_yield_from(g, g->arg);
}

static int yields_once(pawl_gen *g)
{
	return pawl_yield(g, g->arg);
}

TEST(who_delegated_takes_along_to_whom)
{
	pawl_gen outer, inner;
	void *v = NULL;

	order[0] = '\0';
	pawl_gen_init(&inner, ignores, NULL);
	pawl_gen_init(&outer, delegates, &inner);
	CHECK_INT(pawl_next(&outer, &v), 0);
	CHECK_INT(pawl_gen_fini(&outer), PAWL_EBUSY);
	CHECK_STR(order, "io");
	CHECK(pawl_gen_done(&inner));
	CHECK_INT(pawl_gen_result(&inner), PAWL_ECANCELED);
	/* It ended: who delegates to it has nothing to hand out. */
	pawl_gen_reset(&outer, delegates, &inner);
	CHECK_INT(pawl_next(&outer, &v), PAWL_ECLOSED);
	/* Both begin anew, and by themselves. */
	pawl_gen_reset(&inner, yields_once, &local);
	CHECK_INT(pawl_next(&inner, &v), 0);
	CHECK(v == &local);
	CHECK_INT(pawl_next(&inner, &v), PAWL_ECLOSED);
	pawl_gen_reset(&inner, yields_once, &local);
	pawl_gen_reset(&outer, delegates, &inner);
	CHECK_INT(pawl_next(&outer, &v), 0);
	CHECK(v == &local);
	CHECK_INT(pawl_next(&outer, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&outer), 0);
	CHECK_INT(pawl_gen_fini(&inner), 0);
}

static int yields_below(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "t" });
	while (pawl_yield(g->arg, g) <= 0) {}
	return 0;
}

static int asks_one_on_top(pawl_gen *g)
{
	pawl_gen top;
	void *v;

	pawl_gen_init(&top, yields_below, g);
	PAWL_DEFER(g, note, (char[]){ "g" });
	PAWL_DEFER(g, finish, &top);
	return pawl_next(&top, &v);
}

TEST(who_is_taken_away_takes_along_who_is_on_top)
{
	pawl_gen g;
	void *v;

	order[0] = '\0';
	pawl_gen_init(&g, asks_one_on_top, NULL);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_INT(pawl_gen_fini(&g), PAWL_EBUSY);
	CHECK_STR(order, "tg");
}

static int waits_on_top(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "t" });
	return pawl_co_sleep(g->arg, PAWL_S(1));
}

static int waits_in_one_on_top(pawl_co *co)
{
	pawl_gen top;
	void *v;

	pawl_gen_init(&top, waits_on_top, co);
	PAWL_DEFER(co, note, (char[]){ "c" });
	PAWL_DEFER(co, finish, &top);
	return pawl_next(&top, &v);
}

static int leaves_early(pawl_task *t)
{
	struct runner *s = PAWL_OF(t, struct runner, task);

	CHECK_INT(pawl_pin(t, &s->co, waits_in_one_on_top), PAWL_PENDING);
	pawl_co_fini(&s->co);
	CHECK_STR(order, "tc");
	return 0;
}

TEST(a_coroutine_takes_along_who_is_on_top)
{
	struct runner s = { 0 };

	order[0] = '\0';
	pawl_local_init(&local);
	CHECK_INT(drive(&s, pawl_spawn(pawl_local_exec(&local), &s.task, leaves_early)), 0);
	CHECK_STR(order, "tc");
}

static int counts_cancels(pawl_gen *g)
{
	int i;

	for (i = 0; i < 3;)
		i += pawl_yield(g, g) == PAWL_ECANCELED;
	return 0;
}

TEST(who_is_to_end_is_so_for_others_too)
{
	pawl_gen outer, inner;
	void *v;

	order[0] = '\0';
	pawl_gen_init(&inner, counts_cancels, NULL);
	CHECK_INT(pawl_next(&inner, &v), 0);
	CHECK_INT(pawl_gen_cancel(&inner), PAWL_EBUSY);
	pawl_gen_init(&outer, delegates, &inner);
	CHECK_INT(pawl_next(&outer, &v), 0);
	CHECK_INT(pawl_next(&outer, &v), PAWL_ECLOSED);
	CHECK(pawl_gen_done(&inner));
	CHECK_INT(pawl_gen_fini(&outer), 0);
	CHECK_INT(pawl_gen_fini(&inner), 0);
}

/* Panics in deferred calls */

static int panics_twice(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "a" });
	PAWL_DEFER(g, note_and_panic, (char[]){ "b" });
	PAWL_DEFER(g, note, (char[]){ "c" });
	pawl_panic("on purpose");
}

static int ask(void *g)
{
	void *v;

	return pawl_next(g, &v);
}

static int overwrites(pawl_gen *g)
{
	(void)g;
	overwrite();
	return 0;
}

TEST(what_a_panic_left_is_called_later)
{
	const char *why = NULL;
	pawl_gen g;
	int how;

	for (how = 0; how < 2; how++) {
		order[0] = '\0';
		pawl_gen_init(&g, panics_twice, NULL);
		CHECK_INT(pawl_port_try(ask, &g, &why), PAWL_EPANIC);
		CHECK_STR(why, "on the way out");
		CHECK_STR(order, "cb");
		CHECK_INT(pawl_gen_result(&g), PAWL_EPANIC);
		if (how) {
			pawl_gen_reset(&g, overwrites, NULL);
			CHECK_STR(order, "cba");
			CHECK_INT(ask(&g), PAWL_ECLOSED);
		}
		CHECK_INT(pawl_gen_fini(&g), 0);
		CHECK_STR(order, "cba");
	}
}

static int co_panics_twice(pawl_co *co)
{
	PAWL_DEFER(co, note, (char[]){ "a" });
	PAWL_DEFER(co, note_and_panic, (char[]){ "b" });
	PAWL_DEFER(co, note, (char[]){ "c" });
	pawl_panic("on purpose");
}

TEST(a_coroutine_panics_while_it_panics)
{
	struct runner s;
	char text[256];

	CHECK_INT(RUN(&s, co_panics_twice), PAWL_EPANIC);
	CHECK_STR(order, "cba");
	CHECK(pawl_co_text(&s.co, text, sizeof text) > 0);
	CHECK(strstr(text, "on the way out"));
}

/* Panics that are caught further out on the same stack */

static int defers_and_panics(void *g)
{
	PAWL_DEFER((pawl_gen *)g, note, (char[]){ "b" });
	PAWL_DEFER((pawl_gen *)g, note, (char[]){ "c" });
	pawl_panic("on purpose");
}

static int catches(pawl_gen *g)
{
	const char *why;

	PAWL_DEFER(g, note, (char[]){ "a" });
	CHECK_INT(pawl_port_try(defers_and_panics, g, &why), PAWL_EPANIC);
	CHECK_STR(order, "cb");
	overwrite();
	return 0;
}

TEST(a_panic_leaves_the_blocks_on_its_way)
{
	pawl_gen g;

	order[0] = '\0';
	pawl_gen_init(&g, catches, NULL);
	CHECK_INT(ask(&g), PAWL_ECLOSED);
	CHECK_STR(order, "cba");
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static int panics_at_last(pawl_co *co)
{
	int r = pawl_co_yield(co);

	pawl_panic(r ? "too early" : "on purpose");
}

static int limits_and_panics(void *co)
{
	int r;

	PAWL_CO_TIMEOUT((pawl_co *)co, r, PAWL_S(1), panics_at_last(co));
	return r;
}

static int panics_in_limit(void *co)
{
	int r;

	PAWL_CO_TIMEOUT((pawl_co *)co, r, PAWL_S(1), (pawl_panic("on purpose"), 0));
	return r;
}

static int catches_and_waits(pawl_co *co)
{
	const char *why;

	CHECK_INT(pawl_port_try(panics_in_limit, co, &why), PAWL_EPANIC);
	overwrite();
	return pawl_co_sleep(co, 1);
}

static int only_panics(pawl_co *co)
{
	return limits_and_panics(co);
}

TEST(a_panic_leaves_the_limits_on_its_way)
{
	struct runner s;

	CHECK_INT(RUN(&s, catches_and_waits), 0);
	CHECK_INT(RUN(&s, only_panics), PAWL_EPANIC);
}

/* Whose block it is */

static int defers_for_the_coroutine(pawl_gen *g)
{
	PAWL_DEFER((pawl_co *)g->arg, note, (char[]){ "g" });
	pawl_panic("on purpose");
}

static int goes_on_below(pawl_co *co)
{
	pawl_gen top;

	PAWL_DEFER(co, note, (char[]){ "c" });
	pawl_gen_init(&top, defers_for_the_coroutine, co);
	CHECK_INT(ask(&top), PAWL_EPANIC);
	CHECK_STR(order, "g");
	pawl_gen_fini(&top);
	pawl_panic("on purpose");
}

TEST(a_block_ends_with_the_stack_that_it_is_on)
{
	struct runner s;

	CHECK_INT(RUN(&s, goes_on_below), PAWL_EPANIC);
	CHECK_STR(order, "gc");
}

/* Both may defer by the coroutine, and one of them goes on while the other is in its block. */
static int yields_in_block(pawl_gen *g)
{
	PAWL_DEFER((pawl_co *)g->arg, note, (char[]){ "g" });
	return pawl_yield(g, g);
}

static int takes_turns(pawl_co *co)
{
	pawl_gen top;

	pawl_gen_init(&top, yields_in_block, co);
	CHECK_INT(ask(&top), 0);
	PAWL_DEFER(co, note, (char[]){ "c" });
	CHECK_INT(ask(&top), PAWL_ECLOSED);
	CHECK_STR(order, "g");
	pawl_gen_fini(&top);
	overwrite();
	pawl_panic("on purpose");
}

TEST(blocks_of_both_end_in_any_order)
{
	struct runner s;

	CHECK_INT(RUN(&s, takes_turns), PAWL_EPANIC);
	CHECK_STR(order, "gc");
}

/* Those who run over while an executor is on top of them */

static int deep(int n)
{
	volatile char frame[512];

	frame[0] = (char)n;
	return n ? deep(n + 1) + frame[0] : 0;
}

static pawl_local on_top;

static int runs_over(pawl_task *t)
{
	(void)t;
	return deep(1);
}

static int block_on_who_runs_over(void)
{
	static pawl_task t;
	int outcome;

	t = (pawl_task){ 0 };
	pawl_local_init(&on_top);
	CHECK_INT(pawl_spawn(pawl_local_exec(&on_top), &t, runs_over), 0);
	return pawl_block_on(pawl_local_exec(&on_top), &t, &outcome);
}

static int blocks(pawl_gen *g)
{
	(void)g;
	return block_on_who_runs_over();
}

static int co_blocks(pawl_co *co)
{
	(void)co;
	return block_on_who_runs_over();
}

static int asks_who_delegates(pawl_gen *g)
{
	pawl_gen inner, outer;

	(void)g;
	pawl_gen_init(&inner, blocks, NULL);
	pawl_gen_init(&outer, delegates, &inner);
	CHECK_INT(ask(&outer), PAWL_ESTACK);
	pawl_gen_fini(&outer);
	pawl_gen_fini(&inner);
	return 0;
}

struct pinner {
	struct runner r;
	pawl_co pinned;
};

static int waits_afterwards(pawl_co *co)
{
	struct pinner *p = PAWL_OF(co, struct pinner, r.co);
	pawl_gen g;
	int r;

	pawl_gen_init(&g, asks_who_delegates, NULL);
	CHECK_INT(ask(&g), PAWL_ECLOSED);
	CHECK_INT(pawl_co_yield(co), 0);
	pawl_gen_reset(&g, blocks, NULL);
	CHECK_INT(ask(&g), PAWL_ESTACK);
	CHECK_INT(pawl_co_yield(co), 0);
	pawl_gen_fini(&g);
	PAWL_CO_AWAIT(co, r, pawl_pin(pawl_co_task(co), &p->pinned, co_blocks));
	CHECK_INT(r, PAWL_ESTACK);
	return pawl_co_yield(co);
}

/* The tasks that ran over never end: it is all done in a process of its own. */
static void goes_on_below_blockers(void *is_right)
{
	static struct pinner p;

	*(bool *)is_right = RUN(&p.r, waits_afterwards) == 0;
	_exit(0);
}

TEST(nobody_below_is_kept_from_waiting_by_who_ran_over)
{
	bool *is_right = mmap(NULL, sizeof *is_right, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(is_right != MAP_FAILED);
	CHECK(!kit_aborts(goes_on_below_blockers, is_right));
	CHECK(*is_right);
	munmap(is_right, sizeof *is_right);
}

static int yields_for_blocked(pawl_task *t)
{
	pawl_gen **inner = (pawl_gen **)(void *)(t + 1);

	return pawl_yield(*inner, NULL);
}

static int blocks_on_yield(pawl_gen *g)
{
	struct {
		pawl_task task;
		pawl_gen *g;
	} t = { .g = g };

	CHECK_INT(pawl_spawn(pawl_local_exec(&on_top), &t.task, yields_for_blocked), 0);
	return pawl_block_on(pawl_local_exec(&on_top), &t.task, NULL);
}

static void yields_by_who_blocks(void *arg)
{
	pawl_gen inner, outer;

	(void)arg;
	pawl_local_init(&on_top);
	pawl_gen_init(&inner, blocks_on_yield, NULL);
	pawl_gen_init(&outer, delegates, &inner);
	ask(&outer);
}

TEST(who_blocks_does_not_yield_for_another_either)
{
	CHECK_ABORTS(yields_by_who_blocks, NULL);
}

static jmp_buf outside;

static void jumps(pawl_gen *g)
{
	PAWL_DEFER(g, note, (char[]){ "a" });
	longjmp(outside, 1);
}

static int jumps_out_of_a_block(pawl_gen *g)
{
	if (setjmp(outside) == 0)
		jumps(g);
	overwrite();
	return 0;
}

static void leaves_a_block(void *arg)
{
	pawl_gen g;

	(void)arg;
	pawl_gen_init(&g, jumps_out_of_a_block, NULL);
	ask(&g);
}

TEST(who_jumps_out_of_a_block_is_noticed)
{
	CHECK_ABORTS(leaves_a_block, NULL);
}

static char memory[4096];

TEST(the_size_of_own_memory_has_to_be_said)
{
	pawl_stack_options o = { .memory = memory };
	pawl_gen g;

	pawl_gen_init_with(&g, overwrites, NULL, &o);
	CHECK_INT(ask(&g), PAWL_EINVAL);
	CHECK_INT(pawl_gen_fini(&g), 0);
}

static const struct kit_case cases[] = {
	CASE(who_delegated_takes_along_to_whom),
	CASE(who_is_taken_away_takes_along_who_is_on_top),
	CASE(a_coroutine_takes_along_who_is_on_top),
	CASE(who_is_to_end_is_so_for_others_too),
	CASE(what_a_panic_left_is_called_later),
	CASE(a_coroutine_panics_while_it_panics),
	CASE(a_panic_leaves_the_blocks_on_its_way),
	CASE(a_panic_leaves_the_limits_on_its_way),
	CASE(a_block_ends_with_the_stack_that_it_is_on),
	CASE(blocks_of_both_end_in_any_order),
	CASE(nobody_below_is_kept_from_waiting_by_who_ran_over),
	CASE(who_blocks_does_not_yield_for_another_either),
	CASE(who_jumps_out_of_a_block_is_noticed),
	CASE(the_size_of_own_memory_has_to_be_said),
};

KIT_MAIN(cases)
