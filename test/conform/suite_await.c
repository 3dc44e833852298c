/* SPDX-License-Identifier: MIT */
/* Promises about each awaitable: a wait can be broken off at any moment, and nothing is lost. */
#include "conform.h"

#define MANY 6

/* Everything that one can wait for, and a task that waits for one of them. */
enum what {
	SLEEP,
	YIELD,
	SEM,
	SEM_MANY,
	SEND,
	RECV,
	ONESHOT,
	EVENT,
	NOTICE,
	WATCH,
	MUTEX,
	BARRIER,
	TICK,
	JOIN,
	JOIN_ALL,
	SESSION,
	BLOCKING,
	WHATS
};

struct things {
	pawl_sem sem;
	pawl_chan full, empty;
	int full_ring[1], empty_ring[1];
	pawl_oneshot oneshot;
	pawl_event event;
	pawl_notify notice;
	pawl_watch watch;
	pawl_mutex mutex;
	pawl_barrier barrier;
	pawl_session session;
	struct probe joined, member;
	pawl_child children[1];
};

struct waiter {
	TASK(task);
	pawl_task *watcher;
	struct things *things;
	enum what what;
	pawl_work work;
	pawl_sem_want want;
	pawl_ticker ticker;
	pawl_group group;
	int value;
	uint32_t seen;
	pawl_timeout limit;
	bool is_limited;
	uint32_t leaves; /* atomic: ends at its next poll and does not look */
	uint32_t polls;
	uint32_t worked;
};

#define LEFT (-77)

static void work(pawl_work *w)
{
	count_up(&PAWL_OF(w, struct waiter, work)->worked);
}

static int await(pawl_task *t, struct waiter *w)
{
	struct things *th = w->things;

	switch (w->what) {
	case SLEEP:
		return pawl_sleep(t, PAWL_S(10000));
	case YIELD:
		return pawl_task_yield(t);
	case SEM:
		return pawl_sem_acquire(t, &th->sem);
	case SEM_MANY:
		return pawl_sem_acquire_n(t, &th->sem, &w->want, 2);
	case EVENT:
		return pawl_event_wait(t, &th->event);
	case NOTICE:
		return pawl_notify_wait(t, &th->notice);
	case WATCH:
		return pawl_watch_next(t, &th->watch, &w->seen, NULL);
	case MUTEX:
		return pawl_mutex_lock(t, &th->mutex);
	case BARRIER:
		return pawl_barrier_wait(t, &th->barrier, NULL);
	case TICK:
		return pawl_tick(t, &w->ticker);
	case JOIN_ALL:
		return pawl_join_all(t, &w->group);
	case SEND:
		return pawl_chan_send(t, &th->full, &w->value);
	case RECV:
		return pawl_chan_recv(t, &th->empty, &w->value);
	case ONESHOT:
		return pawl_oneshot_recv(t, &th->oneshot, &w->value);
	case JOIN:
		return pawl_join(t, &th->joined.task, NULL);
	case SESSION:
		return pawl_session_wait(t, &th->session);
	default:
		return pawl_blocking(t, &w->work);
	}
}

static int await_limited(pawl_task *t, struct waiter *w)
{
	if (!w->is_limited)
		return await(t, w);
	return PAWL_TIMEOUT(t, &w->limit, PAWL_US(200), await(t, w));
}

static int waiter_poll(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);
	int r = count_of(&w->leaves) ? LEFT : await_limited(t, w);

	count_up(&w->polls);
	pawl_wake(w->watcher);
	return r;
}

static void things_init(struct things *th, pawl_exec *x, pawl_task *watcher)
{
	int one = 1;

	pawl_sem_init(&th->sem, 0);
	pawl_chan_init(&th->full, th->full_ring, sizeof(int), 1);
	pawl_chan_init(&th->empty, th->empty_ring, sizeof(int), 1);
	CHECK_INT(pawl_chan_try_send(&th->full, &one), 0);
	pawl_oneshot_init(&th->oneshot, NULL, 0);
	pawl_event_init(&th->event);
	pawl_notify_init(&th->notice);
	pawl_watch_init(&th->watch, NULL, 0);
	pawl_mutex_init(&th->mutex);
	CHECK_INT(pawl_mutex_try_lock(watcher, &th->mutex), 0);
	pawl_barrier_init(&th->barrier, 2);
	pawl_session_init(&th->session, x);
	probe_init(&th->joined, watcher);
	probe_init(&th->member, watcher);
	CHECK_INT(pawl_spawn(x, &th->joined.task, probe_poll), 0);
	CHECK_INT(pawl_spawn_in(&th->session, &th->member.task, probe_poll), 0);
	th->children[0] = (pawl_child){ &th->joined.task, 1 };
}

static void waiter_init(struct waiter *w, struct things *th, pawl_task *watcher, enum what what)
{
	*w = (struct waiter){ .watcher = watcher, .things = th, .what = what };
	w->work.fn = work;
	pawl_ticker_init(&w->ticker, pawl_here(watcher), PAWL_S(10000));
	w->group = (pawl_group){ .children = th->children, .count = 1 };
}

struct lead {
	TASK(task);
	struct things things;
	struct waiter w;
	uint32_t i;
	int outcome;
	int how; /* the wait ends: PAWL_ECANCELED, LEFT or PAWL_ETIMEDOUT */
};

static struct lead *lead_of(pawl_task *t)
{
	return PAWL_OF(t, struct lead, task);
}

static void begin_wait(struct lead *l, enum what what)
{
	waiter_init(&l->w, &l->things, &l->task, what);
	l->w.is_limited = l->how == PAWL_ETIMEDOUT;
	CHECK_INT(pawl_spawn(pawl_here(&l->task), &l->w.task, waiter_poll), 0);
}

/* What was waited for in vain still does its work for the next one. */
static void things_still_work(struct things *th)
{
	int v = 5;

	pawl_sem_release(&th->sem);
	CHECK_INT(pawl_sem_try_acquire(&th->sem), 0);
	CHECK_INT(pawl_chan_try_recv(&th->full, &v), 0);
	CHECK_INT(v, 1);
	CHECK_INT(pawl_chan_try_recv(&th->full, &v), PAWL_PENDING);
	CHECK_INT(pawl_chan_try_send(&th->empty, &v), 0);
	CHECK_INT(pawl_chan_try_recv(&th->empty, &v), 0);
	CHECK_INT(pawl_oneshot_send(&th->oneshot, NULL), 0);
	CHECK_UINT(pawl_session_count(&th->session), 1);
}

/* The same of those that belong to a task. */
static void locks_still_work(struct things *th, pawl_task *t)
{
	CHECK_INT(pawl_mutex_try_lock(&th->joined.task, &th->mutex), PAWL_EBUSY);
	pawl_mutex_unlock(t, &th->mutex);
	CHECK_INT(pawl_mutex_lock(t, &th->mutex), 0);
	pawl_mutex_unlock(t, &th->mutex);
	pawl_event_set(&th->event);
	CHECK_INT(pawl_event_wait(t, &th->event), 0);
	pawl_notify_one(&th->notice);
	CHECK_INT(pawl_notify_wait(t, &th->notice), 0);
	CHECK_INT(pawl_watch_set(&th->watch, NULL), 0);
	CHECK_INT(pawl_watch_get(&th->watch, NULL, NULL), 0);
}

/* Ends the waiter's wait: asks it to stop, or lets it end without looking. */
static void break_off(struct lead *l)
{
	if (l->how == LEFT)
		pawl_wake(&l->w.task);
	else if (l->how == PAWL_ECANCELED)
		pawl_cancel(&l->w.task);
}

static int breaks_off_each(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	things_init(&l->things, pawl_here(t), t);
	for (l->i = SLEEP; l->i <= SESSION; l->i++) {
		if (l->i == YIELD)
			continue; /* does not wait */
		begin_wait(l, l->i);
		UNTIL(t, count_of(&l->w.polls) >= 1);
		if (l->how == LEFT)
			count_up(&l->w.leaves);
		break_off(l);
		PAWL_AWAIT(t, pawl_join(t, &l->w.task, &l->outcome));
		kit_at("awaitable", l->i);
		CHECK_INT(l->outcome, l->how);
		/* The time may be over before the first poll is. */
		CHECK(l->w.polls == 2 || (l->w.polls == 1 && l->how == PAWL_ETIMEDOUT));
	}
	things_still_work(&l->things);
	locks_still_work(&l->things, t);
	PAWL_AWAIT(t, pawl_stop(t, &l->things.joined.task, NULL));
	PAWL_AWAIT(t, pawl_session_end(t, &l->things.session));
	CHECK_UINT(l->things.joined.drops, 1);
	CHECK_UINT(l->things.member.drops, 1);
	PAWL_END(t);
}

CONFORM(cancelled_while_waiting)
{
	struct lead l = { .how = PAWL_ECANCELED };

	CHECK_INT(conform_run(x, &l.task, breaks_off_each), 0);
}

CONFORM(ended_while_waiting)
{
	struct lead l = { .how = LEFT };

	CHECK_INT(conform_run(x, &l.task, breaks_off_each), 0);
}

CONFORM(timed_out_while_waiting)
{
	struct lead l = { .how = PAWL_ETIMEDOUT };

	CHECK_INT(conform_run(x, &l.task, breaks_off_each), 0);
}

/* Brings what the waiter waits for. */
static void give(struct lead *l)
{
	struct things *th = &l->things;
	pawl_task *t = &l->task;
	int v = 7;

	switch (l->w.what) {
	case SEM:
		pawl_sem_release(&th->sem);
		break;
	case SEM_MANY:
		pawl_sem_release_n(&th->sem, 2);
		break;
	case SEND:
		CHECK_INT(pawl_chan_try_recv(&th->full, &v), 0);
		break;
	case RECV:
		CHECK_INT(pawl_chan_try_send(&th->empty, &v), 0);
		break;
	case ONESHOT:
		CHECK_INT(pawl_oneshot_send(&th->oneshot, NULL), 0);
		break;
	case EVENT:
		pawl_event_set(&th->event);
		break;
	case NOTICE:
		pawl_notify_one(&th->notice);
		break;
	case WATCH:
		CHECK_INT(pawl_watch_set(&th->watch, NULL), 0);
		break;
	case MUTEX:
		pawl_mutex_unlock(t, &th->mutex);
		break;
	default:
		CHECK_INT(pawl_barrier_wait(t, &th->barrier, NULL), 0);
		break;
	}
}

/* It is either the waiter's or still there. */
static void not_lost(struct lead *l, bool taken)
{
	struct things *th = &l->things;
	pawl_task *t = &l->task;
	int v = 0;

	switch (l->w.what) {
	case SEM:
	case SEM_MANY:
		CHECK_UINT(pawl_sem_available(&th->sem), taken ? 0u : l->w.what == SEM ? 1u : 2u);
		CHECK_INT(pawl_sem_try_acquire_n(&th->sem, pawl_sem_available(&th->sem)), 0);
		break;
	case SEND:
		CHECK_INT(pawl_chan_try_recv(&th->full, &v), taken ? 0 : PAWL_PENDING);
		break;
	case RECV:
		if (taken)
			CHECK_INT(l->w.value, 7);
		CHECK_INT(pawl_chan_try_recv(&th->empty, &v), taken ? PAWL_PENDING : 0);
		break;
	case ONESHOT:
		CHECK_INT(pawl_oneshot_recv(t, &th->oneshot, NULL), taken ? PAWL_ECLOSED : 0);
		break;
	case EVENT:
		CHECK(pawl_event_clear(&th->event));
		break;
	case NOTICE:
		if (!taken)
			CHECK_INT(pawl_notify_wait(t, &th->notice), 0);
		CHECK(!th->notice.is_kept_);
		break;
	case MUTEX:
		if (taken)
			pawl_mutex_unlock(&l->w.task, &th->mutex);
		CHECK_INT(pawl_mutex_try_lock(t, &th->mutex), 0);
		pawl_mutex_unlock(t, &th->mutex);
		break;
	default:
		break;
	}
}

static int gives_each(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	things_init(&l->things, pawl_here(t), t);
	for (l->i = SEM; l->i <= BARRIER; l->i++) {
		if (l->i == BARRIER && l->how == PAWL_ETIMEDOUT)
			continue; /* nobody may be there any more to meet */
		begin_wait(l, l->i);
		UNTIL(t, count_of(&l->w.polls) >= 1);
		if (l->how == LEFT)
			count_up(&l->w.leaves);
		give(l);
		break_off(l);
		PAWL_AWAIT(t, pawl_join(t, &l->w.task, &l->outcome));
		kit_at("awaitable", l->i);
		CHECK(l->outcome == l->how || (l->outcome == 0 && l->how != LEFT));
		not_lost(l, l->outcome == 0);
	}
	PAWL_AWAIT(t, pawl_stop(t, &l->things.joined.task, NULL));
	PAWL_AWAIT(t, pawl_session_end(t, &l->things.session));
	PAWL_END(t);
}

CONFORM(cancelled_after_it_was_granted)
{
	struct lead l = { .how = PAWL_ECANCELED };

	CHECK_INT(conform_run(x, &l.task, gives_each), 0);
}

/* The time is over at about the same moment: it has one of both. */
CONFORM(timed_out_about_when_it_was_granted)
{
	struct lead l = { .how = PAWL_ETIMEDOUT };

	CHECK_INT(conform_run(x, &l.task, gives_each), 0);
}

CONFORM(ended_after_it_was_granted)
{
	struct lead l = { .how = LEFT };

	CHECK_INT(conform_run(x, &l.task, gives_each), 0);
}

/* A task that was asked to stop before its first poll: every await fails at once. */
static int fails_each(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);
	unsigned i;

	w->polls++;
	if (!pawl_cancelled(t))
		return PAWL_EINVAL;
	for (i = SLEEP; i < WHATS; i++) {
		w->what = i;
		kit_at("awaitable", i);
		CHECK_INT(await(t, w), PAWL_ECANCELED);
	}
	return 0;
}

static int cancels_before(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	things_init(&l->things, pawl_here(t), t);
	waiter_init(&l->w, &l->things, t, SLEEP);
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->w.task, fails_each), 0);
	pawl_cancel(&l->w.task);
	PAWL_AWAIT(t, pawl_join(t, &l->w.task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	CHECK_UINT(l->w.polls, 1);
	CHECK_UINT(l->w.worked, 0);
	PAWL_AWAIT(t, pawl_stop(t, &l->things.joined.task, NULL));
	PAWL_AWAIT(t, pawl_session_end(t, &l->things.session));
	PAWL_END(t);
}

CONFORM(every_await_of_a_cancelled_task_fails)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, cancels_before), 0);
}

/* Blocking work. */
struct labour {
	TASK(task);
	struct waiter w[MANY];
	pawl_work work;
	uint32_t i;
	int outcome, r;
};

static int labourer_poll(pawl_task *t)
{
	struct waiter *w = PAWL_OF(t, struct waiter, task);

	return pawl_blocking(t, &w->work);
}

static void breaks(pawl_work *w)
{
	(void)w;
	pawl_panic("in blocking work");
}

static int labour_poll(pawl_task *t)
{
	struct labour *l = PAWL_OF(t, struct labour, task);

	PAWL_BEGIN(t);
	l->work.fn = breaks;
	PAWL_AWAIT_AS(t, l->r, pawl_blocking(t, &l->work));
	if (l->r == PAWL_ENOTSUP)
		return 0; /* this ground has no threads that may block, and says so */
	CHECK_INT(l->r, PAWL_EPANIC);
	CHECK_STR(l->work.why, "in blocking work");
	for (l->i = 0; l->i < MANY; l->i++) {
		l->w[l->i].work.fn = work;
		CHECK_INT(pawl_spawn(pawl_here(t), &l->w[l->i].task, labourer_poll), 0);
	}
	/* Asked to stop, it either never started, or is waited for. */
	pawl_cancel(&l->w[MANY - 1].task);
	for (l->i = 0; l->i < MANY; l->i++) {
		PAWL_AWAIT(t, pawl_join(t, &l->w[l->i].task, &l->outcome));
		CHECK_INT(l->outcome, l->w[l->i].worked ? 0 : PAWL_ECANCELED);
		CHECK(l->w[l->i].worked == 1 || l->i == MANY - 1);
	}
	PAWL_END(t);
}

CONFORM(blocking_work_is_done_once_or_never)
{
	struct labour l = { 0 };

	CHECK_INT(conform_run(x, &l.task, labour_poll), 0);
}

const struct conform_case conform_await_cases[] = {
	CONFORM_CASE(cancelled_while_waiting),
	CONFORM_CASE(ended_while_waiting),
	CONFORM_CASE(timed_out_while_waiting),
	CONFORM_CASE(cancelled_after_it_was_granted),
	CONFORM_CASE(ended_after_it_was_granted),
	CONFORM_CASE(timed_out_about_when_it_was_granted),
	CONFORM_CASE(every_await_of_a_cancelled_task_fails),
	CONFORM_CASE(blocking_work_is_done_once_or_never),
};
const size_t conform_await_case_count = PAWL_COUNT(conform_await_cases);
