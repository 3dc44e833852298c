/* SPDX-License-Identifier: MIT */
/* Awaitables: grants against cancelling and letting go; nothing is lost, nothing doubled. */
#include "life.h"

#include <pawl/chan.h>
#include <pawl/mutex.h>
#include <pawl/notify.h>
#include <pawl/oneshot.h>
#include <pawl/sem.h>

static struct model_exec x;
static struct life a, b, c;

static void work(void)
{
	model_exec_work(&x);
}

static void cancel_a(void)
{
	pawl_cancel(&a.task);
}

/* Two that wait, from a state in which both do. */
static void begin_two(int (*body)(struct life *l))
{
	life_begin_waiting(&a, &x, body);
	life_begin_waiting(&b, &x, body);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static unsigned how_many_got_it(void)
{
	return (a.outcome == 0) + (b.outcome == 0);
}

static void end_two(void)
{
	MUST(model_exec_is_empty(&x));
	MUST(a.polls <= 3 && b.polls <= 3);
	model_see((uint64_t)(a.outcome == 0) * 2 + (b.outcome == 0));
	life_end(&a, &x);
	life_end(&b, &x);
}

/* Notices. */

static pawl_notify notify;

static int waits_for_notice(struct life *l)
{
	return pawl_notify_wait(&l->task, &notify);
}

static void begin_notices(void)
{
	model_exec_init(&x);
	pawl_notify_init(&notify);
	begin_two(waits_for_notice);
}

static void notify_one(void)
{
	pawl_notify_one(&notify);
}

static void notify_all(void)
{
	pawl_notify_all(&notify);
}

/* One notice: one of the two has it, since at most one was cancelled. */
static void end_one_notice(void)
{
	MUST(how_many_got_it() == 1 && !notify.is_kept_);
	end_two();
}

/* With two of them the second may be left over. */
static void end_two_notices(void)
{
	MUST(how_many_got_it() + notify.is_kept_ == 2);
	end_two();
}

static void end_notice_for_all(void)
{
	MUST(b.outcome == 0 && !notify.is_kept_);
	MUST(a.outcome == 0 || a.outcome == PAWL_ECANCELED);
	end_two();
}

TEST(notice_meets_cancel)
{
	struct model m = { .begin = begin_notices,
			   .actor = { notify_one, cancel_a, work },
			   .resting = 1,
			   .end = end_one_notice };

	CHECK(model_ends(&m, 2));
	m.end = end_two_notices;
	m.actor[2] = notify_one;
	m.actor[3] = work;
	CHECK(model_ends(&m, 2));
	m.end = end_notice_for_all;
	m.actor[0] = notify_all;
	m.actor[2] = work;
	m.actor[3] = NULL;
	CHECK(model_ends(&m, 2));
}

TEST(notice_meets_cancel_on_two_workers)
{
	struct model m = { .begin = begin_notices,
			   .actor = { notify_one, cancel_a, work, work },
			   .resting = 2,
			   .end = end_one_notice };

	CHECK(model_ends(&m, 2));
}

/* Who ends as it is told leaves the notice where it came from. */
static int leaves_notice(struct life *l)
{
	return l->polls > 1 ? -7 : pawl_notify_wait(&l->task, &notify);
}

static void begin_leaving_notices(void)
{
	model_exec_init(&x);
	pawl_notify_init(&notify);
	life_begin_waiting(&a, &x, leaves_notice);
	life_begin_waiting(&b, &x, waits_for_notice);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void wake_a(void)
{
	pawl_wake(&a.task);
}

/* One is handed on, or kept; one for all is not. */
static void end_left_notice(void)
{
	MUST(a.outcome == -7 && b.outcome == 0 && !notify.is_kept_);
	end_two();
}

TEST(notice_meets_end)
{
	struct model m = { .begin = begin_leaving_notices,
			   .actor = { notify_all, wake_a, work, work },
			   .resting = 2,
			   .end = end_left_notice };

	CHECK(model_schedules_from(&m, 11));
	m.actor[0] = notify_one;
	CHECK(model_schedules_from(&m, 11));
}

/* Permits. */

static pawl_sem sem;
static pawl_sem_want want;

static int acquires(struct life *l)
{
	return pawl_sem_acquire(&l->task, &sem);
}

static void begin_permits(void)
{
	model_exec_init(&x);
	pawl_sem_init(&sem, 0);
	begin_two(acquires);
}

static void release(void)
{
	pawl_sem_release(&sem);
}

static void release_two(void)
{
	pawl_sem_release_n(&sem, 2);
}

static void end_one_permit(void)
{
	MUST(how_many_got_it() + pawl_sem_available(&sem) == 1);
	MUST(a.outcome == 0 || b.outcome == 0);
	end_two();
}

static void end_two_permits(void)
{
	MUST(how_many_got_it() + pawl_sem_available(&sem) == 2);
	MUST(b.outcome == 0);
	end_two();
}

TEST(permit_meets_cancel)
{
	struct model m = { .begin = begin_permits,
			   .actor = { release, cancel_a, work },
			   .resting = 1,
			   .end = end_one_permit };

	CHECK(model_ends(&m, 2));
	m.end = end_two_permits;
	m.actor[2] = release;
	m.actor[3] = work;
	CHECK(model_ends(&m, 2));
	m.actor[0] = release_two;
	m.actor[2] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
}

/* `a` wants two, `b` is behind it and wants one. */
static int acquires_both(struct life *l)
{
	return pawl_sem_acquire_n(&l->task, &sem, &want, 2);
}

static void begin_many_permits(void)
{
	model_exec_init(&x);
	pawl_sem_init(&sem, 0);
	life_begin_waiting(&a, &x, acquires_both);
	life_begin_waiting(&b, &x, acquires);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void end_many_permits(void)
{
	unsigned taken = 2 * (a.outcome == 0) + (b.outcome == 0);

	MUST(taken + pawl_sem_available(&sem) == 2);
	end_two();
}

TEST(many_permits_meet_cancel)
{
	struct model m = { .begin = begin_many_permits,
			   .actor = { release, release, cancel_a, work },
			   .resting = 1,
			   .end = end_many_permits };

	CHECK(model_ends(&m, 2));
}

/* Who ends without taking its grant gives it back. */
static int leaves_when_told(struct life *l)
{
	int r = pawl_sem_acquire(&l->task, &sem);

	return l->polls > 1 ? -7 : r;
}

static void begin_leaving(void)
{
	model_exec_init(&x);
	pawl_sem_init(&sem, 0);
	life_begin_waiting(&a, &x, leaves_when_told);
	life_begin_waiting(&b, &x, acquires);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void end_left(void)
{
	/* It may have had it, and ended with it. */
	MUST(a.outcome == -7);
	MUST(model_exec_is_empty(&x));
	model_see((uint64_t)(b.outcome == 0));
	life_end(&b, &x);
}

TEST(permit_meets_end)
{
	struct model m = { .begin = begin_leaving,
			   .actor = { release, wake_a, work, work },
			   .resting = 2,
			   .end = end_left };

	CHECK(model_ends(&m, 2));
}

/* Mutexes: what is counted under one is counted plainly. */

static pawl_mutex mutex;
static unsigned inside;

static int locks(struct life *l)
{
	int r;

	if (l->step == 0) {
		r = pawl_mutex_lock(&l->task, &mutex);
		if (r)
			return r;
		inside++;
		l->step = 1;
	}
	if (pawl_task_yield(&l->task) == PAWL_PENDING)
		return PAWL_PENDING;
	inside++;
	pawl_mutex_unlock(&l->task, &mutex);
	return 0;
}

static void begin_locks(void)
{
	model_exec_init(&x);
	pawl_mutex_init(&mutex);
	inside = 0;
	life_begin(&a, &x, locks, NULL);
	life_begin(&b, &x, locks, NULL);
	pawl_detach(&a.task);
	pawl_detach(&b.task);
}

static void end_locked(void)
{
	MUST(b.outcome == 0);
	MUST(inside == 2 * how_many_got_it());
	MUST(pawl_mutex_try_lock(&c.task, &mutex) == 0);
	MUST(a.drops == 1 && b.drops == 1);
	MUST(model_exec_is_empty(&x));
	model_see(a.outcome == 0);
}

TEST(mutex_excludes)
{
	struct model m = {
		.begin = begin_locks, .actor = { work, work }, .resting = 2, .end = end_locked
	};

	CHECK(model_ends(&m, 1));
}

TEST(mutex_meets_cancel)
{
	struct model m = { .begin = begin_locks,
			   .actor = { cancel_a, work, work },
			   .resting = 2,
			   .end = end_locked,
			   .preemptions = kit_long() ? 0 : 2 };

	CHECK(model_ends(&m, 2));
}

/* Channels of one. */

static pawl_chan chan;
static unsigned ring[1];

static int receives(struct life *l)
{
	unsigned value = 0;
	int r = pawl_chan_recv(&l->task, &chan, &value);

	MUST(r || value == 17);
	return r;
}

static int sends(struct life *l)
{
	unsigned value = 17;

	return pawl_chan_send(&l->task, &chan, &value);
}

static void begin_receivers(void)
{
	model_exec_init(&x);
	pawl_chan_init(&chan, ring, sizeof ring[0], 1);
	begin_two(receives);
}

static void try_send(void)
{
	unsigned value = 17;

	MUST(pawl_chan_try_send(&chan, &value) == 0);
}

static void close_chan(void)
{
	pawl_chan_close(&chan);
}

static void end_one_value(void)
{
	MUST(how_many_got_it() == 1 && pawl_chan_count(&chan) == 0);
	end_two();
}

TEST(value_meets_cancel)
{
	struct model m = { .begin = begin_receivers,
			   .actor = { try_send, cancel_a, work },
			   .resting = 1,
			   .end = end_one_value };

	CHECK(model_ends(&m, 2));
	m.actor[3] = work;
	m.resting = 2;
	CHECK(model_ends(&m, 2));
}

static void end_closed(void)
{
	MUST(a.outcome == 0 || a.outcome == PAWL_ECLOSED || a.outcome == PAWL_ECANCELED);
	MUST(b.outcome == 0 || b.outcome == PAWL_ECLOSED);
	MUST(chan.values_granted_ == 0);
	MUST(how_many_got_it() <= 1 && pawl_chan_count(&chan) == 0);
	end_two();
}

static void try_send_open(void)
{
	unsigned value = 17;

	(void)!pawl_chan_try_send(&chan, &value);
}

TEST(value_meets_close_and_cancel)
{
	struct model m = { .begin = begin_receivers,
			   .actor = { try_send_open, close_chan, cancel_a, work },
			   .resting = 1,
			   .end = end_closed };

	CHECK(model_ends_from(&m, 3));
}

/* Two senders wait for room in a full one. */
static void begin_senders(void)
{
	unsigned value = 17;

	model_exec_init(&x);
	pawl_chan_init(&chan, ring, sizeof ring[0], 1);
	MUST(pawl_chan_try_send(&chan, &value) == 0);
	begin_two(sends);
}

static void try_recv(void)
{
	unsigned value;

	MUST(pawl_chan_try_recv(&chan, &value) == 0 && value == 17);
}

static void end_one_room(void)
{
	MUST(how_many_got_it() == 1 && pawl_chan_count(&chan) == 1);
	end_two();
	MUST(chan.room_granted_ == 0);
}

TEST(room_meets_cancel)
{
	struct model m = { .begin = begin_senders,
			   .actor = { try_recv, cancel_a, work },
			   .resting = 1,
			   .end = end_one_room };

	CHECK(model_ends(&m, 2));
}

/* A oneshot: the value or its end, once. */

static pawl_oneshot oneshot;
static unsigned slot;

static int receives_once(struct life *l)
{
	unsigned value = 0;
	int r = pawl_oneshot_recv(&l->task, &oneshot, &value);

	MUST(r || value == 17);
	return r;
}

static void begin_oneshot(void)
{
	model_exec_init(&x);
	pawl_oneshot_init(&oneshot, &slot, sizeof slot);
	life_begin_waiting(&a, &x, receives_once);
	pawl_detach(&a.task);
}

static void send_once(void)
{
	unsigned value = 17;

	(void)!pawl_oneshot_send(&oneshot, &value);
}

static void close_once(void)
{
	pawl_oneshot_close(&oneshot);
}

static void end_oneshot(void)
{
	MUST(a.drops == 1);
	MUST(a.outcome == 0 || a.outcome == PAWL_ECLOSED || a.outcome == PAWL_ECANCELED);
	MUST(model_exec_is_empty(&x));
	model_see((uint64_t)-a.outcome);
}

TEST(oneshot_meets_close_and_cancel)
{
	struct model m = { .begin = begin_oneshot,
			   .actor = { send_once, close_once, cancel_a, work },
			   .resting = 1,
			   .end = end_oneshot };

	CHECK(model_ends(&m, 3));
}

static const struct kit_case cases[] = {
	CASE(notice_meets_cancel),      CASE(notice_meets_cancel_on_two_workers),
	CASE(notice_meets_end),         CASE(permit_meets_cancel),
	CASE(many_permits_meet_cancel), CASE(permit_meets_end),
	CASE(mutex_excludes),           CASE(mutex_meets_cancel),
	CASE(value_meets_cancel),       CASE(value_meets_close_and_cancel),
	CASE(room_meets_cancel),        CASE(oneshot_meets_close_and_cancel),
};

MODEL_MAIN(cases)
