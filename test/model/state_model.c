/* SPDX-License-Identifier: MIT */
/* The state word: wake, run, cancel, join, detach, end and drop of tasks, in every order. */
#include "life.h"

#include <port/atomic.h>

static struct model_exec x;
static struct life a, b;
static uint32_t told[2];

static void work(void)
{
	model_exec_work(&x);
}

static void begin_empty(void)
{
	told[0] = told[1] = 0;
	model_exec_init(&x);
}

static void cancel_a(void)
{
	pawl_cancel(&a.task);
}

static int waits(struct life *l)
{
	return pawl_cancelled(&l->task) ? PAWL_ECANCELED : PAWL_PENDING;
}

/* Waking: what was told before the wake is heard by a poll after it. */

static int listens(struct life *l)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (pawl_peek(&told[i]))
			l->step |= 1 << i;
	return l->step == 3 ? 0 : PAWL_PENDING;
}

static void tell(unsigned i)
{
	pawl_poke(&told[i], 1);
	pawl_wake(&a.task);
}

static void tell_0(void)
{
	tell(0);
}

static void tell_1(void)
{
	tell(1);
}

static void begin_listening(void)
{
	begin_empty();
	life_begin(&a, &x, listens, NULL);
	pawl_detach(&a.task);
}

static void end_heard(void)
{
	MUST(a.drops == 1 && a.outcome == 0);
	MUST(a.polls <= 3);
	MUST(x.schedules == a.polls);
	MUST(model_exec_is_empty(&x));
	model_see(a.polls);
}

TEST(no_wake_is_lost)
{
	struct model m = { .begin = begin_listening,
			   .actor = { tell_0, tell_1, work },
			   .resting = 1,
			   .end = end_heard };

	CHECK(model_ends(&m, 3));
	CHECK(model_ends_weakly(&m, 3));
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 3));
	CHECK(model_ends_weakly(&m, 3));
}

/* What the waker wrote plainly is there for the poll, without any word but the task's own. */
static unsigned mail;

static int reads_mail(struct life *l)
{
	return l->polls == 1 ? PAWL_PENDING : (int)mail - 5;
}

static void begin_mail(void)
{
	begin_empty();
	mail = 0;
	life_begin_waiting(&a, &x, reads_mail);
	pawl_detach(&a.task);
}

static void write_mail(void)
{
	mail = 5;
	pawl_wake(&a.task);
}

static void end_mail(void)
{
	MUST(a.drops == 1 && a.outcome == 0 && a.polls == 2);
}

TEST(a_wake_publishes)
{
	struct model m = { .begin = begin_mail,
			   .actor = { write_mail, work, work },
			   .resting = 2,
			   .end = end_mail };

	CHECK(model_schedules_from(&m, 2));
	CHECK(model_ends_weakly(&m, 1));
}

/* Also of a wake that came while the task was ready already: a poll after it knows of it. */
static unsigned mails[2];

static void begin_mails(void)
{
	begin_empty();
	mails[0] = mails[1] = 0;
	life_begin(&a, &x, waits, NULL);
	pawl_detach(&a.task);
}

static void write_mail_0(void)
{
	mails[0] = 5;
	pawl_wake(&a.task);
}

static void write_mail_1(void)
{
	mails[1] = 5;
	pawl_wake(&a.task);
}

/* What its polls know it knows at the end. */
static void work_and_read(void)
{
	model_exec_work(&x);
	MUST(mails[0] == 5 && mails[1] == 5);
}

static void end_mails(void)
{
	life_end(&a, &x);
}

TEST(each_wake_publishes)
{
	struct model m = { .begin = begin_mails,
			   .actor = { write_mail_0, write_mail_1, work_and_read },
			   .resting = 1,
			   .end = end_mails };

	CHECK(model_schedules_from(&m, 11));
	CHECK(model_ends_weakly(&m, 1));
}

/* How often: two wakes of a waiting task give one or two polls, and never a third. */

static void begin_waiting(void)
{
	begin_empty();
	life_begin_waiting(&a, &x, waits);
	pawl_detach(&a.task);
}

static void wake_a(void)
{
	pawl_wake(&a.task);
}

static void end_woken(void)
{
	MUST(model_exec_is_empty(&x));
	MUST(x.schedules == a.polls && a.drops == 0);
	model_see(a.polls);
	MUST(a.polls == 2 || a.polls == 3);
	life_end(&a, &x);
}

TEST(a_wake_is_one_more_poll)
{
	struct model m = { .begin = begin_waiting,
			   .actor = { wake_a, wake_a, work },
			   .resting = 1,
			   .end = end_woken };

	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
}

/* Cancelling: once more polled, and the end. */

static void end_cancelled(void)
{
	MUST(a.drops == 1 && a.outcome == PAWL_ECANCELED);
	MUST(a.polls == 2 || a.polls == 3);
	MUST(x.schedules == a.polls && model_exec_is_empty(&x));
	model_see(a.polls);
}

TEST(a_cancel_is_heard)
{
	struct model m = { .begin = begin_waiting,
			   .actor = { cancel_a, wake_a, work },
			   .resting = 1,
			   .end = end_cancelled };

	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
	m.actor[1] = cancel_a;
	CHECK(model_ends(&m, 1));
	CHECK(model_ends_weakly(&m, 1));
	m.actor[1] = wake_a;
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
}

/* Giving way during a poll that is woken, too: one more, not two. */

static int yields(struct life *l)
{
	if (pawl_cancelled(&l->task))
		return PAWL_ECANCELED;
	return l->step++ == 0 ? pawl_task_yield(&l->task) : waits(l);
}

static void begin_yielding(void)
{
	begin_empty();
	life_begin(&a, &x, yields, NULL);
	pawl_detach(&a.task);
}

static void end_yielded(void)
{
	MUST(model_exec_is_empty(&x));
	MUST(a.polls == 2 || a.polls == 3);
	model_see(a.polls);
	life_end(&a, &x);
}

TEST(a_yield_is_a_wake)
{
	struct model m = { .begin = begin_yielding,
			   .actor = { wake_a, work, work },
			   .resting = 2,
			   .end = end_yielded };

	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
}

/* Detaching: dropped once, by the one or the other. */

static int ends(struct life *l)
{
	(void)l;
	return -7;
}

static void begin_ending(void)
{
	begin_empty();
	life_begin(&a, &x, ends, NULL);
}

static void detach_a(void)
{
	pawl_detach(&a.task);
}

static void end_detached(void)
{
	MUST(a.drops == 1 && a.polls == 1 && a.outcome == -7);
}

TEST(detach_meets_end)
{
	struct model m = { .begin = begin_ending,
			   .actor = { detach_a, work },
			   .resting = 1,
			   .end = end_detached };

	CHECK(model_schedules_from(&m, 2));
	CHECK(model_ends_weakly(&m, 1));
	m.actor[1] = wake_a;
	m.actor[2] = work;
	CHECK(model_schedules_from(&m, 6));
	CHECK(model_ends_weakly(&m, 1));
}

/* Joining: `b` waits for `a`, and may be cancelled meanwhile. */

static int joins(struct life *l)
{
	int outcome = 1, r;

	if (l->step == 1) {
		r = pawl_stop(&l->task, &a.task, &outcome);
		MUST(r == PAWL_PENDING || outcome == -7);
		return r ? r : PAWL_ECANCELED;
	}
	r = pawl_join(&l->task, &a.task, &outcome);
	MUST(r || outcome == -7);
	if (r == PAWL_ECANCELED && l->step == 2) {
		l->step = 1;
		return joins(l);
	}
	if (r == PAWL_ECANCELED)
		pawl_detach(&a.task);
	return r;
}

static void begin_joining(void)
{
	begin_ending();
	life_begin(&b, &x, joins, NULL);
	pawl_detach(&b.task);
}

static void end_joined(void)
{
	MUST(a.drops == 1 && a.polls == 1);
	MUST(b.drops == 1 && (b.outcome == 0 || b.outcome == PAWL_ECANCELED));
	MUST(b.polls <= 3);
	MUST(model_exec_is_empty(&x));
	model_see(b.polls * 2 + (b.outcome == 0));
}

TEST(join_meets_end)
{
	struct model m = {
		.begin = begin_joining, .actor = { work, work }, .resting = 2, .end = end_joined
	};

	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
	m.actor[2] = work;
	m.resting = 3;
	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
}

static void cancel_b(void)
{
	pawl_cancel(&b.task);
}

TEST(join_meets_end_and_cancel)
{
	struct model m = { .begin = begin_joining,
			   .actor = { cancel_b, work, work },
			   .resting = 2,
			   .end = end_joined,
			   .preemptions = kit_long() ? 0 : 3 };

	CHECK(model_ends_from(&m, 4));
	CHECK(model_ends_weakly(&m, 4));
}

/* Who is cancelled while it joins, and stops its child then. */
static void begin_stopping(void)
{
	begin_joining();
	b.step = 2;
}

TEST(stop_meets_end_and_cancel)
{
	struct model m = { .begin = begin_stopping,
			   .actor = { cancel_b, work, work },
			   .resting = 2,
			   .end = end_joined,
			   .preemptions = kit_long() ? 0 : 3 };

	CHECK(model_ends_from(&m, 4));
	CHECK(model_ends_weakly(&m, 4));
}

static int waits_for_cancel(struct life *l)
{
	return pawl_cancelled(&l->task) ? -7 : PAWL_PENDING;
}

static void begin_stopping_waiting(void)
{
	begin_empty();
	life_begin_waiting(&a, &x, waits_for_cancel);
	life_begin(&b, &x, joins, NULL);
	b.step = 1;
	pawl_detach(&b.task);
}

static void end_stopped(void)
{
	MUST(a.drops == 1 && b.drops == 1 && b.outcome == PAWL_ECANCELED);
	MUST(model_exec_is_empty(&x));
}

TEST(stop_meets_wake)
{
	struct model m = { .begin = begin_stopping_waiting,
			   .actor = { wake_a, work, work },
			   .resting = 2,
			   .end = end_stopped,
			   .preemptions = kit_long() ? 0 : 3 };

	CHECK(model_schedules_from(&m, 11));
	CHECK(model_ends_weakly(&m, 1));
}

/* Wakers: memory that is another task's by now is left alone. */

static struct life again;
static pawl_waker old;

/* The memory is a task again as soon as it was given back. */
static void respawn(pawl_task_owner *o, pawl_task *t)
{
	life_drop(o, t);
	if (again.drops == 1) {
		again.body = waits;
		again.polls = 0;
		MUST(pawl_spawn(&x.exec, t, life_poll) == 0);
		pawl_detach(t);
	}
}

static void begin_again(void)
{
	begin_empty();
	life_begin(&again, &x, ends, NULL);
	again.owner.drop = respawn;
	old = pawl_waker_of(&again.task);
	pawl_detach(&again.task);
}

static void wake_old(void)
{
	pawl_waker_wake(old);
}

static void end_again(void)
{
	MUST(again.drops == 1 && again.polls == 1);
	MUST(model_exec_is_empty(&x));
	pawl_cancel(&again.task);
	life_drain(&x);
	MUST(again.drops == 2);
}

TEST(an_old_waker_wakes_nobody)
{
	struct model m = { .begin = begin_again,
			   .actor = { wake_old, work, work },
			   .resting = 2,
			   .end = end_again };

	CHECK(model_schedules_from(&m, 6));
	CHECK(model_ends_weakly(&m, 1));
	m.actor[1] = wake_old;
	CHECK(model_schedules_from(&m, 21));
	CHECK(model_ends_weakly(&m, 1));
}

static const struct kit_case cases[] = {
	CASE(no_wake_is_lost),           CASE(each_wake_publishes), CASE(a_wake_publishes),
	CASE(a_wake_is_one_more_poll),   CASE(a_cancel_is_heard),   CASE(a_yield_is_a_wake),
	CASE(detach_meets_end),          CASE(join_meets_end),      CASE(join_meets_end_and_cancel),
	CASE(stop_meets_end_and_cancel), CASE(stop_meets_wake),     CASE(an_old_waker_wakes_nobody),
};

MODEL_MAIN(cases)
