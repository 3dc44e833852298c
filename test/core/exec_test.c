/* SPDX-License-Identifier: MIT */
/* An executor that knows only what it must, and one with an old, short table. */
#include "fix.h"

struct frame_exec {
	pawl_exec exec;
	pawl_runq ready;
	pawl_time clock;
};

static void frame_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_runq_push(&PAWL_OF(x, struct frame_exec, exec)->ready, t);
}

static pawl_time frame_now(pawl_exec *x)
{
	return PAWL_OF(x, struct frame_exec, exec)->clock;
}

static bool old_is_running(pawl_exec *x)
{
	(void)x;
	return true;
}

static const pawl_exec_ops frame_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "frame",
	.schedule = frame_schedule,
	.now = frame_now,
};

/* Compiled when the table ended before `is_running`: what stands there is not its. */
static const pawl_exec_ops old_ops = {
	.size = offsetof(pawl_exec_ops, is_running),
	.name = "old",
	.schedule = frame_schedule,
	.now = frame_now,
	.is_running = old_is_running,
};

static unsigned tick(struct frame_exec *f)
{
	pawl_task *t;
	unsigned n = 0;

	while ((t = pawl_runq_pop(&f->ready))) {
		pawl_run(t);
		n++;
	}
	return n;
}

struct user {
	pawl_task task;
	int sleep, blocking;
	pawl_work work;
};

static void work(pawl_work *w)
{
	(void)w;
}

static int tries(pawl_task *t)
{
	struct user *u = PAWL_OF(t, struct user, task);

	u->sleep = pawl_sleep(t, PAWL_MS(1));
	u->work.fn = work;
	u->blocking = pawl_blocking(t, &u->work);
	return 0;
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

TEST(absent_entries_are_not_supported)
{
	struct frame_exec f = { .exec = { &frame_ops }, .clock = 42 };
	struct user u = { 0 };
	pawl_task t = { 0 };

	CHECK_INT(pawl_now(&f.exec), 42);
	CHECK_INT(pawl_poll_once(&f.exec), PAWL_ENOTSUP);
	CHECK_INT(pawl_is_running(&f.exec), PAWL_ENOTSUP);
	CHECK_INT(pawl_shutdown(&f.exec), PAWL_ENOTSUP);
	CHECK(!pawl_is_main_thread(&f.exec));
	CHECK_INT(pawl_spawn_foreground(&f.exec, &t, waits), PAWL_ENOTSUP);
	CHECK_INT(pawl_spawn_after(&f.exec, &t, waits, 1), PAWL_ENOTSUP);
	CHECK_INT(pawl_spawn(&f.exec, &u.task, tries), 0);
	CHECK_INT(pawl_block_on(&f.exec, &u.task, NULL), PAWL_ENOTSUP);
	CHECK_UINT(tick(&f), 1);
	CHECK_INT(u.sleep, PAWL_ENOTSUP);
	CHECK_INT(u.blocking, PAWL_ENOTSUP);
	CHECK(pawl_task_is_finished(&u.task));
	pawl_detach(&u.task);
}

TEST(short_table_is_not_read_past_its_end)
{
	struct frame_exec f = { .exec = { &old_ops } };

	CHECK_INT(pawl_is_running(&f.exec), PAWL_ENOTSUP);
}

static void see(void *arg, const char *text)
{
	(void)text;
	++*(unsigned *)arg;
}

/* Also without a crew of its own: sessions, and the dump of those that have none. */
TEST(sessions_work_on_any_executor)
{
	struct frame_exec f = { .exec = { &frame_ops } };
	pawl_task t[3] = { 0 };
	pawl_session s;
	unsigned i, lines = 0;

	pawl_session_init(&s, &f.exec);
	for (i = 0; i < 3; i++)
		CHECK_INT(pawl_spawn_in(&s, &t[i], waits), 0);
	CHECK_UINT(tick(&f), 3);
	CHECK_UINT(pawl_dump(NULL, see, &lines), 3);
	CHECK_UINT(lines, 3);
	pawl_session_cancel(&s);
	CHECK_UINT(tick(&f), 3);
	CHECK_UINT(pawl_session_count(&s), 0);
	CHECK_UINT(pawl_dump(NULL, see, &lines), 0);
}

TEST(long_dump_comes_in_pieces)
{
	struct frame_exec f = { .exec = { &frame_ops } };
	pawl_task t[100] = { 0 };
	unsigned i, lines = 0;

	for (i = 0; i < 100; i++)
		CHECK_INT(pawl_spawn(&f.exec, &t[i], waits), 0);
	CHECK_UINT(pawl_dump(&f.exec, see, &lines), 100);
	CHECK_UINT(lines, 100);
	for (i = 0; i < 100; i++) {
		pawl_cancel(&t[i]);
		pawl_detach(&t[i]);
	}
	CHECK_UINT(tick(&f), 100);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static const struct kit_case cases[] = {
	CASE(absent_entries_are_not_supported),
	CASE(short_table_is_not_read_past_its_end),
	CASE(sessions_work_on_any_executor),
	CASE(long_dump_comes_in_pieces),
};

KIT_MAIN(cases)
