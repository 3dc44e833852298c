/* SPDX-License-Identifier: MIT */
/* Long polls: each is told of once, while it lasts, by name and place; nobody else is. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/dedicated.h>
#include <pawl/timer.h>

#include "host/host.h"

#include <sched.h>
#include <string.h>

#define LIMIT PAWL_MS(4)

/* Where nothing is to be told of; but if a thread was stopped for so long, that was a long poll. */
#define LONG_LIMIT PAWL_MS(150)
#define LONGER (3 * LONG_LIMIT)

static pawl_host *host;
static pawl_exec *x;
static uint32_t reports; /* atomic */
static pawl_long_poll told[64];

static void hears(void *arg, const pawl_long_poll *p)
{
	uint32_t n = __atomic_load_n(&reports, __ATOMIC_RELAXED);

	CHECK(arg == told);
	CHECK(n < KIT_COUNT(told));
	told[n] = *p;
	__atomic_store_n(&reports, n + 1, __ATOMIC_RELEASE);
}

static uint32_t heard(void)
{
	return __atomic_load_n(&reports, __ATOMIC_ACQUIRE);
}

static unsigned heard_of(const char *name)
{
	unsigned count = 0, n = heard();

	for (unsigned i = 0; i < n; i++)
		count += strcmp(told[i].name, name) == 0;
	return count;
}

static void begin_with(unsigned workers, pawl_time limit)
{
	pawl_host_options o = {
		.workers = workers, .long_poll = limit, .on_long_poll = hears, .long_poll_arg = told
	};

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static void begin(unsigned workers)
{
	begin_with(workers, LIMIT);
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

/* Is at each of its polls until that was told of, which may be before the poll does anything. */
struct slow {
	pawl_task task;
	const char *name;
	unsigned told_before, polls, left;
};

static int is_slow(pawl_task *t)
{
	struct slow *s = PAWL_OF(t, struct slow, task);

	while (heard_of(s->name) <= s->told_before + s->polls)
		sched_yield();
	s->polls++;
	if (--s->left == 0)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static void spawn_slow(struct slow *s, const char *label, bool is_foreground)
{
	pawl_spawn_options o = { .label = label, .foreground = is_foreground };

	s->name = label ? label : "is_slow";
	s->told_before = heard_of(s->name);
	CHECK_INT(pawl_spawn_with(x, &s->task, is_slow, &o), 0);
}

/* Not by pawl_block_on: the main thread helps with nothing. */
static void await(const pawl_task *t)
{
	while (!pawl_task_is_finished(t))
		sched_yield();
}

TEST(on_a_worker)
{
	struct slow s = { .left = 3 };

	begin(1);
	spawn_slow(&s, NULL, false);
	await(&s.task);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK_UINT(heard(), 3);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_STR(told[i].name, "is_slow");
		CHECK(strstr(told[i].place, "watchdog_test.c:") != NULL);
		CHECK(told[i].for_at_least >= LIMIT);
		CHECK_INT(told[i].worker, 0);
	}
	end();
	CHECK_UINT(heard(), 3);
}

TEST(on_the_main_thread)
{
	struct slow s = { .left = 2 };

	begin(1);
	spawn_slow(&s, "draw", true);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK_UINT(heard(), 2);
	CHECK_STR(told[1].name, "draw");
	CHECK_INT(told[0].worker, -1);
	end();
}

/* Until another poll was told of twice, so this one was looked at all the while. */
static int outlasts(pawl_task *t)
{
	(void)t;
	while (heard_of("other") < 2)
		sched_yield();
	return 0;
}

TEST(once_while_it_lasts)
{
	pawl_spawn_options o = { .label = "long" };
	struct slow s = { .left = 2 };
	pawl_task t = { 0 };

	begin(2);
	CHECK_INT(pawl_spawn_with(x, &t, outlasts, &o), 0);
	while (heard_of("long") == 0)
		sched_yield();
	spawn_slow(&s, "other", false);
	await(&s.task);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK_UINT(heard_of("long"), 1);
	CHECK_UINT(heard_of("other"), 2);
	end();
}

static bool is_watchdog_asleep(void)
{
	return __atomic_load_n(&host->bg.dog->is_asleep, __ATOMIC_ACQUIRE);
}

/* The watchdog rests when nobody has anything to do, and sees who begins then. */
TEST(sleeps_while_nobody_polls)
{
	for (int round = 0; round < 3; round++) {
		struct slow s = { .left = 1 };

		if (round == 0)
			begin(2);
		while (!is_watchdog_asleep())
			sched_yield();
		spawn_slow(&s, NULL, param);
		CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
		CHECK_UINT(heard(), round + 1);
	}
	end();
}

/* Many polls that take long together, and a poll that blocks on a task: none of them is long. */
struct brief {
	pawl_task task;
	pawl_time until;
	pawl_task child;
	bool is_foreground;
};

static int is_brief(pawl_task *t)
{
	struct brief *b = PAWL_OF(t, struct brief, task);

	if (pawl_now(x) >= b->until)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static int child_waits(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, LONGER));
	PAWL_END(t);
}

static int blocks_on_child(pawl_task *t)
{
	struct brief *b = PAWL_OF(t, struct brief, task);

	CHECK_INT(pawl_spawn(x, &b->child, child_waits), 0);
	CHECK_INT(pawl_block_on(x, &b->child, NULL), 0);
	return 0;
}

static unsigned told_in(pawl_poll_fn *poll, bool is_foreground)
{
	pawl_spawn_options o = { .label = "brief", .foreground = is_foreground };
	struct brief b = { 0 };

	reports = 0;
	begin_with(1, LONG_LIMIT);
	b.until = pawl_now(x) + LONGER;
	CHECK_INT(pawl_spawn_with(x, &b.task, poll, &o), 0);
	CHECK_INT(pawl_block_on(x, &b.task, NULL), 0);
	end();
	return heard();
}

/* Sooner or later the machine stops no thread meanwhile. */
TEST(many_short_polls_are_not_a_long_one)
{
	while (told_in(is_brief, param)) {}
}

TEST(waiting_inside_does_not_count)
{
	while (told_in(blocks_on_child, param)) {}
}

/* What a task does in a thread of its own may take its time, and blocking work is there to. */
static void takes_its_time(pawl_work *w)
{
	(void)w;
	for (pawl_time until = pawl_now(x) + LONGER; pawl_now(x) < until;)
		sched_yield();
}

struct job {
	pawl_task task;
	pawl_work work;
};

static int awaits_it(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct job, task)->work);
}

static int takes_its_own_time(pawl_task *t)
{
	(void)t;
	takes_its_time(NULL);
	return 0;
}

static unsigned told_of_who_may(void)
{
	struct job j = { .work.fn = takes_its_time };
	pawl_task t = { 0 };

	reports = 0;
	begin_with(1, LONG_LIMIT);
	CHECK_INT(pawl_spawn(x, &j.task, awaits_it), 0);
	CHECK_INT(pawl_spawn_dedicated(x, &t, takes_its_own_time, NULL), 0);
	CHECK_INT(pawl_block_on(x, &j.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	end();
	return heard();
}

TEST(who_may_take_long_is_not_told_of)
{
	while (told_of_who_may()) {}
}

/* Who is told may look at everything. */
static unsigned lines;

static void reads(void *arg, const char *text)
{
	(void)arg;
	lines += strncmp(text, "is_slow (", 9) == 0 && strstr(text, "): running") != NULL;
}

static void dumps(void *arg, const pawl_long_poll *p)
{
	pawl_dump(x, reads, NULL);
	hears(arg, p);
}

TEST(a_report_with_a_dump)
{
	pawl_host_options o = {
		.workers = 1, .long_poll = LIMIT, .on_long_poll = dumps, .long_poll_arg = told
	};
	struct slow s = { .left = 1 };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
	spawn_slow(&s, NULL, param);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	end();
	CHECK_UINT(heard(), 1);
	CHECK_UINT(lines, 1);
}

static void news_nothing_to_tell(void *arg)
{
	pawl_host_options o = { .long_poll = LIMIT };

	(void)!pawl_host_new(&o, arg);
}

TEST(somebody_has_to_be_told)
{
	CHECK_ABORTS(news_nothing_to_tell, &host);
}

static const struct kit_case cases[] = {
	CASE(on_a_worker),
	CASE(on_the_main_thread),
	CASE(once_while_it_lasts),
	CASE_N(sleeps_while_nobody_polls, 0),
	CASE_N(sleeps_while_nobody_polls, 1),
	CASE_N(many_short_polls_are_not_a_long_one, 0),
	CASE_N(many_short_polls_are_not_a_long_one, 1),
	CASE_N(waiting_inside_does_not_count, 0),
	CASE_N(waiting_inside_does_not_count, 1),
	CASE(who_may_take_long_is_not_told_of),
	CASE_N(a_report_with_a_dump, 0),
	CASE_N(a_report_with_a_dump, 1),
	CASE(somebody_has_to_be_told),
};

KIT_MAIN(cases)
