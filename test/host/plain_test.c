/* SPDX-License-Identifier: MIT */
/* A host without PAWL_DIAG: what stands on it is refused, and what does not goes on. */
#include <kit.h>
#include <pawl/counters.h>
#include <pawl/pawl.h>
#include <pawl/tracer.h>

#include <sched.h>
#include <string.h>

static pawl_host *host;
static pawl_exec *x;

static void begin(void)
{
	pawl_host_options o = { .workers = 1 };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static void hears(void *arg, const pawl_long_poll *p)
{
	(void)arg, (void)p;
}

TEST(long_polls)
{
	pawl_host_options o = { .long_poll = PAWL_MS(1), .on_long_poll = hears };

	CHECK_INT(pawl_host_new(&o, &host), PAWL_ENOTSUP);
}

static int takes(void *arg, const char *text, size_t size)
{
	(void)arg, (void)text, (void)size;
	CHECK_FAIL("there is something to write");
}

TEST(traces)
{
	pawl_tracer_options o = { .write = takes };
	uint64_t lost = 1;

	begin();
	CHECK_INT(pawl_tracer_start(host, &o), PAWL_ENOTSUP);
	CHECK_INT(pawl_tracer_flush(host, &lost), 0);
	CHECK_UINT(lost, 0);
	CHECK_INT(pawl_tracer_stop(host, NULL), 0);
	end();
}

static struct dump {
	unsigned waiting, running;
} dump;

static void reads(void *arg, const char *text)
{
	bool is_running = strcmp(text, "task: running") == 0;

	CHECK(arg == &dump);
	if (!is_running)
		CHECK_STR(text, "task: a wake");
	dump.running += is_running;
	dump.waiting += !is_running;
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int dumps(pawl_task *t)
{
	(void)t;
	return (int)pawl_dump(x, reads, &dump) == 2 ? 0 : PAWL_EIO;
}

TEST(dumps_without_names)
{
	pawl_task t[2] = { 0 };
	int outcome = 1;

	begin();
	CHECK_INT(pawl_spawn(x, &t[0], waits), 0);
	CHECK_INT(pawl_spawn(x, &t[1], dumps), 0);
	while (!pawl_task_is_finished(&t[1])) /* the main thread helps with nothing */
		sched_yield();
	CHECK_INT(pawl_block_on(x, &t[1], &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(dump.waiting, 1);
	CHECK_UINT(dump.running, 1);
	pawl_cancel(&t[0]);
	CHECK_INT(pawl_block_on(x, &t[0], NULL), 0);
	end();
}

static const struct kit_case cases[] = {
	CASE(long_polls),
	CASE(traces),
	CASE(dumps_without_names),
};

KIT_MAIN(cases)
