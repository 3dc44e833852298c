/* SPDX-License-Identifier: MIT */
/* Signals: counted, in order, cancelled, closed; each object hears each of them. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <pawl/signal.h>

#include <pthread.h>
#include <signal.h>

struct ear {
	pawl_task task;
	pawl_signal *s;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static int hears(pawl_task *t)
{
	struct ear *e = PAWL_OF(t, struct ear, task);

	e->polls++;
	if (e->after)
		return PAWL_TIMEOUT(t, &e->limit, e->after, pawl_signal_wait(t, e->s));
	return pawl_signal_wait(t, e->s);
}

static void signal_open(pawl_host *h, pawl_signal *s, int number)
{
	CHECK_INT(pawl_signal_open(pawl_host_exec(h), s, number), 0);
}

/* Nothing came, or nothing is left. */
static void check_none(pawl_host *h, pawl_signal *s)
{
	struct ear e = { .s = s };

	io_spawn(h, &e.task, hears);
	io_settle(h);
	CHECK_STR(pawl_task_wait(&e.task), "a signal");
	pawl_cancel(&e.task);
	CHECK_INT(io_end(h, &e.task), PAWL_ECANCELED);
	CHECK_UINT(e.polls, 2);
}

static void check_one(pawl_host *h, pawl_signal *s)
{
	struct ear e = { .s = s };

	CHECK_INT(io_run(h, &e.task, hears), 0);
}

TEST(next_signal_is_waited_for)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e = { .s = &s };

	signal_open(h, &s, SIGUSR1);
	io_spawn(h, &e.task, hears);
	io_settle(h);
	CHECK_UINT(e.polls, 1);
	raise(SIGUSR1);
	CHECK_INT(io_end(h, &e.task), 0);
	CHECK_UINT(e.polls, 2);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

TEST(signals_are_counted_while_nobody_waits)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e = { .s = &s };

	signal_open(h, &s, SIGHUP);
	raise(SIGHUP);
	raise(SIGHUP);
	raise(SIGHUP);
	io_settle(h);
	CHECK_INT(io_run(h, &e.task, hears), 0);
	CHECK_UINT(e.polls, 1);
	check_one(h, &s);
	check_one(h, &s);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

TEST(each_object_hears_it)
{
	pawl_host *h = io_begin();
	pawl_signal s[2] = { 0 }, other = { 0 };

	signal_open(h, &s[0], SIGUSR1);
	signal_open(h, &s[1], SIGUSR1);
	signal_open(h, &other, SIGUSR2);
	raise(SIGUSR1);
	check_one(h, &s[0]);
	check_one(h, &s[1]);
	check_none(h, &other);
	pawl_signal_close(&s[0]);
	raise(SIGUSR1);
	check_one(h, &s[1]);
	pawl_signal_close(&s[1]);
	pawl_signal_close(&other);
	pawl_host_free(h);
}

/* Two wait; the first is cancelled, or times out, when it was told already. */
TEST(cancelled_wait_passes_it_on)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e[2] = { { .s = &s }, { .s = &s } };
	unsigned i;

	signal_open(h, &s, SIGUSR1);
	for (i = 0; i < 2; i++)
		io_spawn(h, &e[i].task, hears);
	io_settle(h);
	raise(SIGUSR1);
	io_until_told(h, &e[0].task);
	CHECK_STR(pawl_task_wait(&e[1].task), "a signal");
	pawl_cancel(&e[0].task);
	CHECK_INT(io_end(h, &e[0].task), PAWL_ECANCELED);
	CHECK_INT(io_end(h, &e[1].task), 0);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

TEST(cancelled_wait_keeps_it)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e = { .s = &s };

	signal_open(h, &s, SIGUSR1);
	io_spawn(h, &e.task, hears);
	io_settle(h);
	raise(SIGUSR1);
	io_until_told(h, &e.task);
	pawl_cancel(&e.task);
	CHECK_INT(io_end(h, &e.task), PAWL_ECANCELED);
	check_one(h, &s);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

TEST(wait_that_timed_out_takes_nothing)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e = { .s = &s, .after = PAWL_MS(1) };

	signal_open(h, &s, SIGUSR1);
	CHECK_INT(io_run(h, &e.task, hears), PAWL_ETIMEDOUT);
	raise(SIGUSR1);
	check_one(h, &s);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

TEST(close_wakes_and_gives_the_signal_back)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e[2] = { { .s = &s }, { .s = &s } };
	struct sigaction now;
	unsigned i;

	signal_open(h, &s, SIGUSR1);
	for (i = 0; i < 2; i++)
		io_spawn(h, &e[i].task, hears);
	io_settle(h);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler != SIG_DFL);
	pawl_signal_close(&s);
	pawl_signal_close(&s);
	pawl_signal_close(NULL);
	for (i = 0; i < 2; i++) {
		CHECK_INT(io_end(h, &e[i].task), PAWL_ECLOSED);
		CHECK_UINT(e[i].polls, 2);
	}
	CHECK_INT(io_run(h, &e[0].task, hears), PAWL_ECLOSED);
	sigaction(SIGUSR1, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);
	signal_open(h, &s, SIGUSR1);
	raise(SIGUSR1);
	check_one(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

/* Closed with one on its way: it is forgotten, and its memory is not used any more. */
TEST(close_with_a_signal_on_its_way)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };

	signal_open(h, &s, SIGUSR1);
	raise(SIGUSR1);
	pawl_signal_close(&s);
	memset(&s, 0, sizeof(s));
	io_settle(h);
	signal_open(h, &s, SIGUSR1);
	check_none(h, &s);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

static void *opens(void *x)
{
	pawl_signal s = { 0 };

	CHECK_INT(pawl_signal_open(x, &s, SIGUSR1), PAWL_ENOTSUP);
	return NULL;
}

TEST(what_cannot_be_waited_for)
{
	pawl_host *h = io_begin();
	pawl_signal s = { 0 };
	struct ear e = { .s = &s };
	pthread_t thread;

	CHECK_INT(pawl_signal_open(pawl_host_exec(h), &s, 0), PAWL_EINVAL);
	CHECK_INT(pawl_signal_open(pawl_host_exec(h), &s, SIGKILL), PAWL_EINVAL);
	CHECK_INT(pawl_signal_open(pawl_host_exec(h), &s, 1000), PAWL_EINVAL);
	opens(pawl_current_executor());
	pthread_create(&thread, NULL, opens, pawl_host_exec(h));
	pthread_join(thread, NULL);
	if (kit_can_fail_alloc()) {
		kit_alloc_fail(1, false);
		CHECK_INT(pawl_signal_open(pawl_host_exec(h), &s, SIGUSR1), PAWL_ENOMEM);
		kit_alloc_fail(0, false);
	}
	signal_open(h, &s, SIGUSR1);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &e.task, hears), 0);
	CHECK_INT(io_end(h, &e.task), PAWL_ENOTSUP);
	pawl_signal_close(&s);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(next_signal_is_waited_for),
	CASE(signals_are_counted_while_nobody_waits),
	CASE(each_object_hears_it),
	CASE(cancelled_wait_passes_it_on),
	CASE(cancelled_wait_keeps_it),
	CASE(wait_that_timed_out_takes_nothing),
	CASE(close_wakes_and_gives_the_signal_back),
	CASE(close_with_a_signal_on_its_way),
	CASE(what_cannot_be_waited_for),
};

KIT_MAIN(cases)
