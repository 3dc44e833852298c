/* SPDX-License-Identifier: MIT */
/* Job slots: as many as there are, in the order in which they were asked for, shared with make. */
#define _GNU_SOURCE
#include "kit.h"
#include "world_fix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct taker {
	pawl_task task;
	struct fix *fix;
	int *order; /* who came when */
	int *next;
	int me;
	int keeps; /* polls for which it keeps its slot */
	bool has;
};

static int taker_poll(pawl_task *t)
{
	struct taker *k = PAWL_OF(t, struct taker, task);
	const pawl_world_ops *ops = k->fix->w->ops;
	int r;

	if (!k->has) {
		r = ops->slot_take(k->fix->w, t);
		if (r)
			return r;
		k->has = true;
		k->order[(*k->next)++] = k->me;
	}
	if (k->keeps-- > 0) {
		pawl_wake(t);
		return PAWL_PENDING;
	}
	ops->slot_give(k->fix->w);
	return 0;
}

static void open_slots(struct fix *f, unsigned count)
{
	char flags[64];

	fix_open(f);
	CHECK_INT(f->w->ops->slots_open(f->w, count, flags, sizeof flags), 0);
}

static void close_slots(struct fix *f)
{
	f->w->ops->slots_close(f->w);
	fix_close(f);
}

TEST(first_come_first_served)
{
	enum { MANY = 20 };
	struct taker k[MANY] = { 0 };
	int order[MANY], next = 0, outcome;
	struct fix f;
	pawl_exec *x;

	open_slots(&f, (unsigned)param);
	x = pawl_host_exec(f.host);
	for (int i = 0; i < MANY; i++) {
		k[i] = (struct taker){
			.fix = &f, .order = order, .next = &next, .me = i, .keeps = i % 4
		};
		CHECK_INT(pawl_spawn_foreground(x, &k[i].task, taker_poll), 0);
	}
	for (int i = 0; i < MANY; i++) {
		CHECK_INT(pawl_block_on(x, &k[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
	}
	CHECK_INT(next, MANY);
	for (int i = 0; i < MANY; i++)
		CHECK_INT(order[i], i);
	close_slots(&f);
}

/* Holds a slot until it is told. */
static int holder_poll(pawl_task *t)
{
	struct taker *k = PAWL_OF(t, struct taker, task);
	int r;

	if (k->has)
		return 0;
	r = k->fix->w->ops->slot_take(k->fix->w, t);
	k->has = r == 0;
	return r;
}

TEST(who_is_cancelled_leaves_the_queue)
{
	int order[3], next = 0, outcome;
	struct fix f;
	pawl_exec *x;

	open_slots(&f, 1);
	x = pawl_host_exec(f.host);
	struct taker first = { .fix = &f };
	struct taker second = { .fix = &f, .order = order, .next = &next, .me = 2 };
	struct taker third = { .fix = &f, .order = order, .next = &next, .me = 3 };

	CHECK_INT(pawl_spawn_foreground(x, &first.task, holder_poll), 0);
	CHECK_INT(pawl_block_on(x, &first.task, &outcome), 0); /* it has the only slot now */
	CHECK_INT(pawl_spawn_foreground(x, &second.task, taker_poll), 0);
	CHECK_INT(pawl_spawn_foreground(x, &third.task, taker_poll), 0);
	pawl_poll_once(x);
	pawl_poll_once(x);
	pawl_cancel(&second.task);
	f.w->ops->slot_give(f.w);
	CHECK_INT(pawl_block_on(x, &second.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(pawl_block_on(x, &third.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(next, 1);
	close_slots(&f);
}

/* A killed make takes its tokens along. */
TEST(refill_brings_back_what_was_lost)
{
	int order[4], next = 0, outcome;
	pawl_world_process p;
	struct fix f;
	pawl_exec *x;

	open_slots(&f, 2);
	x = pawl_host_exec(f.host);
	fix_run(&f, &p,
		&(struct shell){ .script = "dd bs=1 count=2 if=/dev/fd/20 of=/dev/null 2>/dev/null",
				 .jobs = true });
	f.w->ops->slots_refill(f.w);
	for (int i = 0; i < 2; i++) {
		struct taker k = { .fix = &f, .order = order, .next = &next, .me = i };

		CHECK_INT(pawl_spawn_foreground(x, &k.task, taker_poll), 0);
		CHECK_INT(pawl_block_on(x, &k.task, &outcome), 0);
		CHECK_INT(outcome, 0);
	}
	CHECK_INT(next, 2);
	close_slots(&f);
}

/*
 * Two makes with -j and one slot each of their own share the third: never more than that at once.
 */
TEST(makes_share_the_slots)
{
	static const char makefile[] =
		"all: 1 2 3 4 5 6\n"
		"1 2 3 4 5 6:\n"
		"\t@mkdir busy.$$$$ && set -- ../*/busy.* && echo $$# >>../seen && "
		"rmdir busy.$$$$\n";
	static const char script[] = "MAKEFLAGS='-j --jobserver-auth=20,21' make -s 2>&1";
	int outcome, order[4], next = 0, out, most = 0;
	struct taker k[2];
	pawl_world_process p[2];
	char text[400], *at;
	struct fix f;
	pawl_exec *x;

	open_slots(&f, 3);
	x = pawl_host_exec(f.host);
	CHECK_INT(f.w->ops->open(f.w, fix_path(&f, "out"), PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644,
				 &out),
		  0);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "b" : "a";

		k[i] = (struct taker){ .fix = &f, .order = order, .next = &next };
		CHECK_INT(pawl_spawn_foreground(x, &k[i].task, holder_poll), 0);
		CHECK_INT(pawl_block_on(x, &k[i].task, &outcome), 0);
		CHECK_INT(f.w->ops->mkdir(f.w, fix_path(&f, name), 0755), 0);
		fix_write(&f, i ? "b/Makefile" : "a/Makefile", makefile);
		fix_start(&f, &p[i],
			  &(struct shell){ .script = script,
					   .cwd = fix_path(&f, name),
					   .out = out,
					   .jobs = true });
	}
	for (int i = 0; i < 2; i++) {
		fix_wait(&f, &p[i]);
		CHECK_INT(p[i].exit_code, 0);
		f.w->ops->slot_give(f.w);
	}
	CHECK_STR(fix_read(&f, "out"), "");
	snprintf(text, sizeof text, "%s", fix_read(&f, "seen"));
	for (at = text; *at; at = strchr(at, '\n') + 1)
		most = atoi(at) > most ? atoi(at) : most;
	CHECK(most >= 1 && most <= 3);
	close(out);
	close_slots(&f);
}

TEST(too_many_are_refused)
{
	char flags[64];
	struct fix f;

	fix_open(&f);
	CHECK_INT(f.w->ops->slots_open(f.w, 100000, flags, sizeof flags), PAWL_EINVAL);
	f.w->ops->slots_close(f.w);
	fix_close(&f);
}

static const struct kit_case cases[] = {
	CASE_N(first_come_first_served, 1),
	CASE_N(first_come_first_served, 3),
	CASE_N(first_come_first_served, 100),
	CASE(who_is_cancelled_leaves_the_queue),
	CASE(refill_brings_back_what_was_lost),
	CASE(makes_share_the_slots),
	CASE(too_many_are_refused),
};

KIT_MAIN(cases)
