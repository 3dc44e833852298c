/* SPDX-License-Identifier: MIT */
/* The local executor: one queue, one heap of timers; its own lock guards both. */
#include "core/core.h"
#include "core/local.h"
#include "core/queue.h"
#include "core/stats.h"

#if PAWL_PORT_THREADS && !defined(PAWL_PORT_POSIX)
/* For ports without: then no thread is favoured. */
__attribute__((weak)) bool pawl_port_fence_threads(void)
{
	return false;
}
#endif

static pawl_local *local_of(pawl_exec *x)
{
	return PAWL_OF(x, pawl_local, exec);
}

/* Who is favoured is awake, and looks again before it sleeps. */
PAWL_FLAT_ bool is_awake(uintptr_t was)
{
#if PAWL_PORT_THREADS
	return was == PAWL_FAVOURED_;
#else
	(void)was;
	return false;
#endif
}

/*
 * There is something to do: a task is ready, or due earlier than any before. Releases the lock. The
 * event is set under it: who ends the executor takes the lock once more, so it is there until then.
 */
PAWL_FLAT_ void unlock_and_pend(pawl_local *l, uintptr_t was)
{
	void (*by)(pawl_local * l) = l->pend_;

	if (!by && !is_awake(was))
		pawl_port_wake(&l->event_);
	pawl_local_unlock_(l, was);
	if (by)
		by(l);
}

/* Out of the way of the short path, which then needs no stack. */
PAWL_APART_ void schedule_specially(pawl_local *l, pawl_task *t, uintptr_t was)
{
	pawl_queue_push(&l->queue_, t);
	unlock_and_pend(l, was);
}

static void local_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_local_lock_(l);

	if (__builtin_expect(pawl_queue_is_special_(&l->queue_, t), 0)) {
		schedule_specially(l, t, was);
		return;
	}
	pawl_runq_push_(&l->queue_.ready_, t);
	unlock_and_pend(l, was);
}

static pawl_time local_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

#if PAWL_TIMERS
static int local_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_local_lock_(l);
	/* Who runs this task looks for the next timer when it is done with it. */
	bool is_news = pawl_queue_arm(&l->queue_, t, due) && l->current_ != t;

	if (is_news)
		unlock_and_pend(l, was);
	else
		pawl_local_unlock_(l, was);
	return 0;
}

static pawl_time local_disarm(pawl_exec *x, pawl_task *t)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_local_lock_(l);
	pawl_time due = pawl_queue_disarm(&l->queue_, t);

	pawl_local_unlock_(l, was);
	return due;
}
#endif

static pawl_crew *local_crew(pawl_exec *x)
{
	return &local_of(x)->crew_;
}

#if PAWL_PORT_THREADS

/* Under the lock: how many tasks there are, with those that were listed at once. */
static uint32_t count_of(const pawl_local *l)
{
	return l->tally_.admitted_ - l->tally_.ended_ + pawl_load(&l->crew_.count_);
}

static int local_count(pawl_exec *x, bool is_admitted)
{
	pawl_local *l = local_of(x);
	uintptr_t was;
	int r = 0;

	if (!l->crew_.tallies_)
		return PAWL_ENOTSUP;
	was = pawl_local_lock_(l);
	if (!is_admitted)
		pawl_store(&l->tally_.ended_, l->tally_.ended_ + 1);
	else if (pawl_load(&l->crew_.is_stopped_))
		r = PAWL_ESTOPPED;
	else if (count_of(l) >= l->crew_.limit_)
		r = PAWL_EFULL;
	else
		pawl_store(&l->tally_.admitted_, l->tally_.admitted_ + 1);
	pawl_local_unlock_(l, was);
	return r;
}

/* It may be polled by another thread: only what never changes is copied. */
static void copy_running(const pawl_local *l, pawl_task *ret)
{
	*ret = (pawl_task){ 0 };
	if (!l->current_ || !pawl_is_unlisted_(l->current_))
		return;
	ret->state_ = PAWL_TASK_LIVE_ | PAWL_TASK_RUNNING_;
#if PAWL_CREW
	ret->prev_ = ret;
#endif
#if PAWL_DIAG
	ret->place_ = l->current_->place_;
	ret->label_ = l->current_->label_;
#endif
}

static void put_back(pawl_local *l, pawl_runq *all)
{
	uintptr_t was = pawl_local_lock_(l);
	pawl_runq later = l->queue_.ready_;
	pawl_task *t;

	l->queue_.ready_ = (pawl_runq){ 0 };
	while ((t = pawl_runq_pop_(all)))
		pawl_queue_add_(&l->queue_, t);
	while ((t = pawl_runq_pop_(&later)))
		pawl_queue_add_(&l->queue_, t);
	unlock_and_pend(l, was);
}

/* They are taken out and put back: what `fn` does with them is not for under the lock. */
static void local_each_ready(pawl_exec *x, void (*fn)(void *arg, const pawl_task *t), void *arg)
{
	pawl_local *l = local_of(x);
	uintptr_t was = pawl_local_lock_(l);
	pawl_runq all = l->queue_.ready_;
	pawl_task running;
	const pawl_task *t;

	l->queue_.ready_ = (pawl_runq){ 0 };
	copy_running(l, &running);
	pawl_local_unlock_(l, was);
	for (t = all.head_; t; t = t->u_.next_)
		fn(arg, t);
	if (running.state_)
		fn(arg, &running);
	put_back(l, &all);
}

#endif

static bool local_is_main_thread(pawl_exec *x)
{
	(void)x;
	return true;
}

/* What to do: polls until none is ready; or once; or, with sleep, until `until` ended. */
struct batch {
	pawl_local *l;
	const pawl_task *until;
	bool is_once;
	bool is_ending; /* a task, whose owner may be told */
	unsigned turns; /* how many tasks were taken out of the queue? */
	const char *why;
};

/* Nothing is ready: until the next timer, or until a wake sets the event. */
static void sleep(pawl_local *l)
{
#if PAWL_PORT_THREADS
	/* Who wakes it should not pay for that. */
	pawl_biased_end_(&l->bias_, l);
#endif
	pawl_port_sleep(&l->event_, pawl_local_next(l));
}

/*
 * Nobody else wants to run, nor was this task woken meanwhile: if it yields, it may as well go on.
 */
PAWL_FLAT_ bool is_alone(const pawl_local *l, const pawl_task *t)
{
#if PAWL_STATS
	if (l->stats_)
		return false;
#endif
#if PAWL_TIMERS
	if (l->queue_.asleep_)
		return false;
#endif
	return PAWL_HELD_ && !l->queue_.ready_.head_ && !(t->state_ & PAWL_TASK_SCHEDULED_);
}

PAWL_FLAT_ int poll_now(pawl_task *t)
{
	int r;

	pawl_turn_begin_(t);
	pawl_say_wait_(t, NULL);
	r = t->poll_(t);
	PAWL_ASSERT_OF(t, r <= PAWL_PENDING);
	return r;
}

/* Under the lock: it started its timer in that poll, or somebody's executor is in front of ours. */
PAWL_APART_ uintptr_t requeue_specially(pawl_local *l, pawl_task *t, uintptr_t was)
{
	if (t->exec_ == &l->exec) {
		pawl_queue_push(&l->queue_, t);
		return was;
	}
	pawl_local_unlock_(l, was);
	pawl_dispatch_(t);
	return pawl_local_lock_(l);
}

/* Under the lock: a task that was woken while it was polled is queued again. */
PAWL_FLAT_ uintptr_t requeue(pawl_local *l, pawl_task *t, uintptr_t was)
{
	if (t->exec_ != &l->exec || pawl_queue_is_special_(&l->queue_, t))
		return requeue_specially(l, t, was);
	pawl_runq_push_(&l->queue_.ready_, t);
	return was;
}

/*
 * After each poll: what is waited for may also have ended in a batch that was run by that poll. Who
 * drives until none is ready is not held up by the question.
 */
PAWL_FLAT_ bool is_over(const pawl_task *until, bool is_once)
{
	return is_once || (until && pawl_task_is_finished(until));
}

/*
 * Under the lock: the poll answered PAWL_PENDING. True when it is to be repeated at once: the task
 * yields, and nobody else is there. Where there is somebody, it is as if it had been woken.
 */
PAWL_FLAT_ bool repeats(const struct batch *b, const pawl_local *l, pawl_task *t)
{
	if (!PAWL_HELD_ || !(t->kind_ & PAWL_TASK_YIELDING_))
		return false;
	t->kind_ &= (uint8_t)~PAWL_TASK_YIELDING_;
	if (is_alone(l, t) && !is_over(b->until, b->is_once))
		return true;
	t->state_ |= PAWL_TASK_SCHEDULED_;
	return false;
}

/* Under the lock: the poll is over, and the task goes on. Is it to be queued again? */
PAWL_FLAT_ bool is_ready_again(pawl_task *t)
{
	if (!PAWL_HELD_ && t->kind_ & PAWL_TASK_YIELDING_) {
		/* See pawl_poll_begin_again_. */
		pawl_say_wait_(t, pawl_yielded_);
		return true;
	}
	return pawl_state_xor_(t, PAWL_TASK_RUNNING_, true) & PAWL_TASK_SCHEDULED_;
}

/* Outside of the lock: the first poll of a task is over, and it goes on. */
PAWL_FLAT_ void list(pawl_task *t)
{
#if PAWL_CREW && PAWL_LARGE_
	if (pawl_is_unlisted_(t))
		pawl_crew_list_(t);
#else
	(void)t;
#endif
}

/* Who looks from another thread at what is polled has to have the lock, so it must be there. */
PAWL_FLAT_ void forget_current(pawl_local *l)
{
#if PAWL_PORT_THREADS
	uintptr_t was = pawl_local_lock_(l);

	l->current_ = NULL;
	pawl_local_unlock_(l, was);
#else
	(void)l;
#endif
}

/* Now and then: if no other thread came in between for a while, this one is favoured again. */
PAWL_FLAT_ uintptr_t favour(pawl_local *l, uintptr_t was)
{
#if PAWL_PORT_THREADS
	if (!l->pend_ && pawl_biased_is_due_(&l->bias_, was)) {
		pawl_local_unlock_(l, was);
		pawl_biased_favour_(&l->bias_, l);
		return pawl_local_lock_(l);
	}
#else
	(void)l;
#endif
	return was;
}

/* Who is polled: asked after a panic, and when a timer is started. */
#define IS_CURRENT_KNOWN (PAWL_PANICS || PAWL_TIMERS)

PAWL_FLAT_ void note_current(pawl_local *l, pawl_task *t)
{
	if (IS_CURRENT_KNOWN)
		l->current_ = t;
}

PAWL_FLAT_ void run_all(struct batch *b)
{
	pawl_local *l = b->l;
	uintptr_t was = pawl_local_lock_(l);

	for (;;) {
		pawl_time deadline;
		pawl_task *t;
		int r;

		was = favour(l, was);
		t = pawl_queue_pop_(&l->queue_, pawl_port_now);
		if (!t) {
			if (!b->until)
				break;
			note_current(l, NULL);
			pawl_local_unlock_(l, was);
			sleep(l);
			was = pawl_local_lock_(l);
			continue;
		}
		pawl_begin_unlisted_(t, &l->crew_);
		pawl_poll_begin_(t, true);
		note_current(l, t);
		b->turns++;
		deadline = pawl_stats_turn_begin_(l, t);
		do {
			pawl_local_unlock_(l, was);
			r = poll_now(t);
			if (r != PAWL_PENDING)
				break;
			list(t);
			was = pawl_local_lock_(l);
		} while (repeats(b, l, t));
		if (r != PAWL_PENDING) {
			forget_current(l);
			pawl_stats_turn_end_(l, t, deadline, r);
			b->is_ending = true;
			pawl_end_(t, r);
			b->is_ending = false;
			was = pawl_local_lock_(l);
		} else {
			pawl_stats_turn_end_locked_(l, t, deadline, r);
			if (is_ready_again(t))
				was = requeue(l, t, was);
		}
		if (is_over(b->until, b->is_once))
			break;
	}
	note_current(l, NULL);
	pawl_local_unlock_(l, was);
}

static void set_current(pawl_local *l, pawl_task *t)
{
	uintptr_t was = pawl_local_lock_(l);

	l->current_ = t;
	pawl_local_unlock_(l, was);
}

#if PAWL_PANICS

static int run_batch(void *arg)
{
	run_all(arg);
	return 0;
}

/* Ends the task that left the batch by a panic. True: the batch has to go on. */
static bool recover(struct batch *b)
{
	pawl_task *t = b->l->current_;

	/* Nobody's poll: an owner's drop. */
	if (b->is_ending || !t)
		pawl_port_fatal(b->why);
	set_current(b->l, NULL);
	pawl_say_wait_(t, b->why);
	pawl_stats_turn_end_(b->l, t, pawl_stats_deadline_(t), PAWL_EPANIC);
	pawl_end_(t, PAWL_EPANIC);
	return !is_over(b->until, b->is_once);
}

PAWL_FLAT_ void run_contained(struct batch *b)
{
	while (pawl_port_try(run_batch, b, &b->why) && recover(b)) {}
}

#else

PAWL_FLAT_ void run_contained(struct batch *b)
{
	run_all(b);
}

#endif

/* A batch runs to its end; tasks that panic end on the way. */
PAWL_FLAT_ void run(struct batch *b)
{
	pawl_task *outer = IS_CURRENT_KNOWN ? b->l->current_ : NULL;

	run_contained(b);
	if (outer)
		set_current(b->l, outer);
}

static int local_poll_once(pawl_exec *x)
{
	struct batch b = { local_of(x), NULL, true, false, 0, NULL };

	run(&b);
	return b.turns ? 0 : PAWL_PENDING;
}

static int local_block_on(pawl_exec *x, pawl_task *t)
{
	struct batch b = { local_of(x), t, false, false, 0, NULL };

	PAWL_ASSERT_OF(t, !pawl_is_polled_(t));
	if (b.l->pend_)
		return PAWL_ENOTSUP;
	if (!pawl_task_is_finished(t))
		run(&b);
	return 0;
}

#if PAWL_LARGE_
static int local_stay(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
	return 0;
}
#endif

static bool local_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&local_of(x)->crew_);
}

static int local_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&local_of(x)->crew_);
}

const pawl_exec_ops pawl_local_ops_ = {
	.size = sizeof(pawl_exec_ops),
	.name = "local",
	.knob = "PAWL_LOCAL_TASKS",
	.schedule = local_schedule,
	.now = local_now,
#if PAWL_TIMERS
	.arm = local_arm,
	.disarm = local_disarm,
#endif
	.crew = local_crew,
#if PAWL_PORT_THREADS
	.count = local_count,
	.each_ready = local_each_ready,
#endif
	.is_main_thread = local_is_main_thread,
	.poll_once = local_poll_once,
	.block_on = local_block_on,
	.is_running = local_is_running,
	.shutdown = local_shutdown,
#if PAWL_LARGE_
	.stay = local_stay,
#endif
};

void pawl_local_init_with(pawl_local *l, const pawl_local_options *options)
{
	*l = (pawl_local){ .exec = { &pawl_local_ops_ }, .pend_ = options ? options->pend : NULL };
	pawl_crew_init(&l->crew_, options && options->limit ? options->limit : PAWL_LOCAL_TASKS);
#if PAWL_PORT_THREADS
	pawl_crew_add_tally(&l->crew_, &l->tally_);
#endif
	if (options && options->policy)
		l->queue_.insert_ = options->policy->insert;
#if PAWL_STATS
	pawl_stats_begin_(l, options ? options->stats : NULL);
#endif
}

void pawl_local_init(pawl_local *l)
{
	pawl_local_init_with(l, NULL);
}

void pawl_local_fini(pawl_local *l)
{
	uintptr_t was;

	if (!l || !l->exec.ops)
		return;
	/* From here on it is driven by nobody else. */
	was = pawl_local_lock_(l);
	l->pend_ = NULL;
	pawl_local_unlock_(l, was);
	pawl_crew_stop(&l->crew_);
	for (;;) {
		pawl_local_run(l);
		if (!pawl_crew_count(&l->crew_))
			return;
		sleep(l);
	}
}

pawl_exec *pawl_local_exec(pawl_local *l)
{
	return &l->exec;
}

unsigned pawl_local_run(pawl_local *l)
{
	struct batch b = { l, NULL, false, false, 0, NULL };

	run(&b);
	return b.turns;
}

pawl_time pawl_local_next(pawl_local *l)
{
	uintptr_t was = pawl_local_lock_(l);
	pawl_time next = pawl_queue_next(&l->queue_);

	pawl_local_unlock_(l, was);
	return next;
}
