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

/* An executor whose entries count their calls, and whose table may end before any of them. */
enum entry {
	ARM,
	DISARM,
	CREW,
	IS_MAIN_THREAD,
	POLL_ONCE,
	BLOCK_ON,
	IS_RUNNING,
	SHUTDOWN,
	BLOCKING,
	UNBLOCK,
	ENTRIES
};

struct count_exec {
	struct frame_exec frame;
	pawl_exec_ops ops;
	pawl_queue queue;
	pawl_crew crew;
	unsigned calls[ENTRIES];
};

static struct count_exec *call(pawl_exec *x, enum entry e)
{
	struct count_exec *c = PAWL_OF(x, struct count_exec, frame.exec);

	c->calls[e]++;
	return c;
}

static int count_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_queue_arm(&call(x, ARM)->queue, t, due);
	return 0;
}

static pawl_time count_disarm(pawl_exec *x, pawl_task *t)
{
	return pawl_queue_disarm(&call(x, DISARM)->queue, t);
}

static pawl_crew *count_crew(pawl_exec *x)
{
	return &call(x, CREW)->crew;
}

static bool count_is_main_thread(pawl_exec *x)
{
	return call(x, IS_MAIN_THREAD);
}

static int count_poll_once(pawl_exec *x)
{
	call(x, POLL_ONCE);
	return PAWL_PENDING;
}

static int count_block_on(pawl_exec *x, pawl_task *t)
{
	call(x, BLOCK_ON);
	return pawl_task_is_finished(t) ? 0 : PAWL_EBUSY;
}

static bool count_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&call(x, IS_RUNNING)->crew);
}

static int count_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&call(x, SHUTDOWN)->crew);
}

static int count_blocking(pawl_exec *x, pawl_work *w)
{
	(void)w;
	call(x, BLOCKING);
	return 0;
}

static int count_unblock(pawl_exec *x, pawl_work *w)
{
	(void)w;
	call(x, UNBLOCK);
	return 0;
}

static const size_t offsets[] = {
	[ARM] = offsetof(pawl_exec_ops, arm),
	[DISARM] = offsetof(pawl_exec_ops, disarm),
	[CREW] = offsetof(pawl_exec_ops, crew),
	[IS_MAIN_THREAD] = offsetof(pawl_exec_ops, is_main_thread),
	[POLL_ONCE] = offsetof(pawl_exec_ops, poll_once),
	[BLOCK_ON] = offsetof(pawl_exec_ops, block_on),
	[IS_RUNNING] = offsetof(pawl_exec_ops, is_running),
	[SHUTDOWN] = offsetof(pawl_exec_ops, shutdown),
	[BLOCKING] = offsetof(pawl_exec_ops, blocking),
	[UNBLOCK] = offsetof(pawl_exec_ops, unblock),
};

static void count_init(struct count_exec *c)
{
	*c = (struct count_exec){ .frame = { .exec = { &c->ops } } };
	c->ops = (pawl_exec_ops){
		.size = sizeof(pawl_exec_ops),
		.name = "count",
		.schedule = frame_schedule,
		.now = frame_now,
		.arm = count_arm,
		.disarm = count_disarm,
		.crew = count_crew,
		.is_main_thread = count_is_main_thread,
		.poll_once = count_poll_once,
		.block_on = count_block_on,
		.is_running = count_is_running,
		.shutdown = count_shutdown,
		.blocking = count_blocking,
		.unblock = count_unblock,
	};
}

static int sleeps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(1));
}

static int blocks(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct user, task)->work);
}

static int ends(pawl_task *t)
{
	(void)t;
	return -3;
}

/* How the calls answer when the entry is there, and when it is not. */
static int there(const struct count_exec *c, enum entry e, int answer)
{
	return c->ops.size > offsets[e] ? answer : PAWL_ENOTSUP;
}

/* Spawns, cancels, and runs to the end: its outcome. */
static int cancelled_outcome(struct count_exec *c, pawl_task *t, pawl_poll_fn *poll)
{
	int outcome = 1;

	CHECK_INT(pawl_spawn(&c->frame.exec, t, poll), 0);
	tick(&c->frame);
	if (!pawl_task_is_finished(t)) {
		pawl_cancel(t);
		tick(&c->frame);
	}
	CHECK(pawl_task_is_finished(t));
	CHECK_INT(pawl_block_on(&c->frame.exec, t, &outcome), there(c, BLOCK_ON, 0));
	if (c->ops.size <= offsets[BLOCK_ON])
		pawl_detach(t);
	return outcome;
}

static void call_everything(struct count_exec *c)
{
	pawl_exec *x = &c->frame.exec;
	struct user u = { .work = { .fn = work } };
	pawl_task t = { 0 };
	int r, outcome;

	outcome = cancelled_outcome(c, &t, sleeps);
	if (outcome != 1)
		CHECK_INT(outcome, there(c, DISARM, PAWL_ECANCELED));
	outcome = c->ops.size > offsets[UNBLOCK] || c->ops.size <= offsets[BLOCKING]
			  ? cancelled_outcome(c, &u.task, blocks)
			  : 1;
	if (outcome != 1)
		CHECK_INT(outcome, there(c, UNBLOCK, PAWL_ECANCELED));
	r = pawl_spawn_after(x, &t, ends, PAWL_MS(1));
	CHECK_INT(r, there(c, DISARM, 0));
	if (r == 0) {
		pawl_wake(&t);
		CHECK_UINT(tick(&c->frame), 1);
		pawl_detach(&t);
	}
	r = pawl_spawn_foreground(x, &t, ends);
	CHECK_INT(r, there(c, IS_MAIN_THREAD, 0));
	if (r == 0) {
		CHECK_UINT(tick(&c->frame), 1);
		pawl_detach(&t);
	}
	CHECK_INT(pawl_is_main_thread(x), c->ops.size > offsets[IS_MAIN_THREAD]);
	CHECK_INT(pawl_poll_once(x), there(c, POLL_ONCE, PAWL_PENDING));
	CHECK_INT(pawl_is_running(x), there(c, IS_RUNNING, 1));
	CHECK_INT(pawl_shutdown(x), there(c, SHUTDOWN, 0));
}

/* Each prefix of the table works, and what lies behind it is never called. */
TEST(tables_may_end_before_any_entry)
{
	unsigned cut, e;

	for (cut = ARM; cut <= ENTRIES; cut++) {
		struct count_exec c;

		kit_at("cut", cut);
		count_init(&c);
		if (cut < ENTRIES)
			c.ops.size = offsets[cut];
		call_everything(&c);
		for (e = 0; e < ENTRIES; e++) {
			bool may = e < cut && !(e == ARM && cut == DISARM) &&
				   !(e == BLOCKING && cut == UNBLOCK);

			CHECK_INT(c.calls[e] > 0, may);
		}
		CHECK_UINT(pawl_live_tasks(), 0);
	}
}

TEST(entries_may_be_null)
{
	unsigned e;

	for (e = 0; e < ENTRIES; e++) {
		struct count_exec c;
		pawl_task t = { 0 };

		kit_at("entry", e);
		count_init(&c);
		__builtin_memset((char *)&c.ops + offsets[e], 0, sizeof c.ops.arm);
		CHECK_INT(pawl_spawn(&c.frame.exec, &t, sleeps), 0);
		CHECK_UINT(tick(&c.frame), 1);
		CHECK_INT(pawl_task_is_finished(&t), e == ARM || e == DISARM);
		pawl_cancel(&t);
		tick(&c.frame);
		pawl_detach(&t);
		CHECK_INT(pawl_spawn_after(&c.frame.exec, &t, ends, 1),
			  e == ARM || e == DISARM ? PAWL_ENOTSUP : 0);
		if (e != ARM && e != DISARM) {
			pawl_wake(&t);
			tick(&c.frame);
			pawl_detach(&t);
		}
		CHECK_INT(pawl_poll_once(&c.frame.exec),
			  e == POLL_ONCE ? PAWL_ENOTSUP : PAWL_PENDING);
		CHECK_INT(pawl_shutdown(&c.frame.exec), e == SHUTDOWN ? PAWL_ENOTSUP : 0);
		CHECK_UINT(c.calls[e], 0);
	}
}

static const struct kit_case cases[] = {
	CASE(absent_entries_are_not_supported), CASE(short_table_is_not_read_past_its_end),
	CASE(tables_may_end_before_any_entry),  CASE(entries_may_be_null),
	CASE(sessions_work_on_any_executor),    CASE(long_dump_comes_in_pieces),
};

KIT_MAIN(cases)
