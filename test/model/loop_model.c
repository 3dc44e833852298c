/* SPDX-License-Identifier: MIT */
/* The main thread's loop: tasks and news from other threads against its falling asleep. */
#define _GNU_SOURCE
#include "model.h"

#include "threads.h"

#include <core/core.h>
#include <host/host.h>

#include <string.h>

/* What libuv does here: it sleeps until somebody sends. */
static int send_wake(uv_async_t *a);
static int run_loop(uv_loop_t *l, uv_run_mode mode);
static void stop_loop(uv_loop_t *l);

#define uv_async_send send_wake
#define uv_run run_loop
#define uv_stop stop_loop
#define uv_timer_start(timer, fn, in, again) ((void)(timer), (void)(fn), (void)(in), (void)(again))
#define uv_timer_stop(timer) ((void)(timer))
#define uv_update_time(l) ((void)(l))
#define uv_now(l) ((void)(l), UINT64_C(0))
#include "host/loop.c"
#undef uv_run
#undef uv_stop

static pawl_host host;
static bool is_sent, is_stopped;
static uint32_t is_flagged; /* atomic */

static struct errand {
	pawl_task task;
	unsigned polls, mail;
} errands[2];

/* What the host's files ask of others. */

void pawl_poll_here_(pawl_host *h, pawl_task *t)
{
	struct errand *e = PAWL_OF(t, struct errand, task);

	(void)h;
	MUST(e->mail == 5);
	e->polls++;
}

bool pawl_help_(pawl_host *h)
{
	(void)h;
	return false;
}

pawl_time pawl_help_later_(pawl_host *h, bool did_something)
{
	(void)h, (void)did_something;
	return PAWL_NEVER;
}

void pawl_help_awake_(pawl_host *h)
{
	(void)h;
}

pawl_time pawl_workers_disarm_(pawl_host *h, pawl_task *t)
{
	(void)h, (void)t;
	return PAWL_NEVER;
}

int pawl_timers_grow_(pawl_timers *timers)
{
	(void)timers;
	return 0;
}

MODEL_UNWATCHED static int send_wake(uv_async_t *a)
{
	model_step(&is_sent, "send");
	model_give(a);
	is_sent = true;
	model_add(&model_wakes);
	return 0;
}

MODEL_UNWATCHED static bool has_sent(void *arg)
{
	(void)arg;
	return is_sent;
}

MODEL_UNWATCHED static int run_loop(uv_loop_t *l, uv_run_mode mode)
{
	(void)l;
	if (mode == UV_RUN_ONCE && !is_stopped)
		model_wait(&is_sent, has_sent, NULL, "asleep in the loop");
	else
		model_step(&is_sent, "look for events");
	if (is_sent)
		model_take(&host.fg.wake);
	is_sent = is_stopped = false;
	return 0;
}

MODEL_UNWATCHED static void stop_loop(uv_loop_t *l)
{
	(void)l;
	is_stopped = true;
}

static void begin(void)
{
	unsigned i;

	memset(&host, 0, sizeof host);
	memset(errands, 0, sizeof errands);
	host.fg.thread = model_thread_of(0);
	host.fg.timer_due = PAWL_NEVER;
	is_sent = is_stopped = false;
	is_flagged = 0;
	for (i = 0; i < 2; i++)
		errands[i].task.kind_ = PAWL_TASK_FOREGROUND_;
	model_name(&host.fg, sizeof host.fg, "foreground");
	model_name(errands, sizeof errands, "tasks");
}

static bool are_polled(const void *arg)
{
	return errands[0].polls + errands[1].polls == (size_t)arg;
}

static void drive(void)
{
	pawl_loop_until_(&host, are_polled, (const void *)(size_t)2);
}

static void post_one(unsigned i)
{
	errands[i].mail = 5;
	pawl_loop_schedule_(&host, &errands[i].task);
}

static void post_0(void)
{
	post_one(0);
}

static void post_1(void)
{
	post_one(1);
}

static void post_both(void)
{
	post_one(0);
	post_one(1);
}

static void end(void)
{
	MUST(errands[0].polls == 1 && errands[1].polls == 1);
	MUST(!host.fg.inbox && !host.fg.lanes.count);
	MUST(model_wakes <= 2);
	model_see(model_wakes);
}

static void check(struct model *m, uint64_t ends)
{
	CHECK(model_ends(m, ends));
	CHECK(model_ends_weakly(m, ends));
}

TEST(posts_meet_sleep)
{
	struct model m = { .begin = begin, .actor = { drive, post_both }, .end = end };

	check(&m, 3);
}

TEST(posts_of_two_meet_sleep)
{
	struct model m = {
		.begin = begin, .actor = { drive, post_0, post_1 }, .end = end, .preemptions = 2
	};

	check(&m, 3);
}

/* Something becomes true elsewhere, and the loop is woken to look. */

static bool is_true(const void *arg)
{
	return pawl_load(arg);
}

static void drive_until_flagged(void)
{
	pawl_loop_until_(&host, is_true, &is_flagged);
}

static void flag(void)
{
	pawl_store(&is_flagged, 1);
	pawl_loop_wake_(&host);
}

static void end_flagged(void)
{
	MUST(model_wakes <= 1);
	model_see(model_wakes);
}

TEST(news_meet_sleep)
{
	struct model m = { .begin = begin,
			   .actor = { drive_until_flagged, flag },
			   .end = end_flagged };

	check(&m, 2);
}

static const struct kit_case cases[] = {
	CASE(posts_meet_sleep),
	CASE(posts_of_two_meet_sleep),
	CASE(news_meet_sleep),
};

MODEL_MAIN(cases)
