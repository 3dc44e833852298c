/* SPDX-License-Identifier: MIT */
/* The task's life after its spawn: wake, run, end, drop; the state word changes here. */
#include "core/core.h"

#include <pawl/session.h>

#if PAWL_LIVE
static uint32_t live;

void pawl_count_live_(uint32_t by)
{
	pawl_fetch_add(&live, by);
}
#endif

unsigned pawl_live_tasks(void)
{
#if PAWL_LIVE
	return pawl_load(&live);
#else
	return 0;
#endif
}

/* The name by which the test kit asks. */
unsigned pawl_kit_live_tasks(void);

unsigned pawl_kit_live_tasks(void)
{
	return pawl_live_tasks();
}

const char pawl_yielded_[sizeof("ready")] = "ready";

static bool has_ended(uint32_t state)
{
	return (state & (PAWL_TASK_LIVE_ | PAWL_TASK_DONE_)) != PAWL_TASK_LIVE_;
}

/* Sets flags of a task that did not end. True: nobody polls or queues it, so the caller has to. */
#if PAWL_ONE_CORE
PAWL_FLAT_ bool mark(pawl_task *t, uint32_t flags, uint32_t not_with)
{
	uintptr_t was = pawl_port_lock(t);
	uint32_t s = t->state_;
	bool is_new = !has_ended(s) && !(s & not_with);

	if (is_new)
		t->state_ = s | flags;
	pawl_port_unlock(t, was);
	return is_new && !(s & (PAWL_TASK_SCHEDULED_ | PAWL_TASK_RUNNING_));
}
#else
static bool mark(pawl_task *t, uint32_t flags, uint32_t not_with)
{
	uint32_t s = pawl_load(&t->state_);

	/*
	 * Also when nothing changes this has to be a write: what the waker did before must be seen
	 * by the next poll.
	 */
	do {
		if (has_ended(s) || s & not_with)
			return false;
	} while (!pawl_cas(&t->state_, &s, s | flags));
	return !(s & (PAWL_TASK_SCHEDULED_ | PAWL_TASK_RUNNING_));
}
#endif

bool pawl_mark_(pawl_task *t)
{
	return mark(t, PAWL_TASK_SCHEDULED_, 0);
}

bool pawl_mark_fired_(pawl_task *t)
{
	return mark(t, PAWL_TASK_SCHEDULED_ | PAWL_TASK_FIRED_, 0);
}

bool pawl_mark_cancelled_(pawl_task *t)
{
	return mark(t, PAWL_TASK_SCHEDULED_ | PAWL_TASK_CANCEL_, PAWL_TASK_CANCEL_);
}

PAWL_FLAT_ void dispatch(pawl_task *t)
{
	pawl_exec *x = t->exec_;

	x->ops->schedule(x, t);
}

void pawl_dispatch_(pawl_task *t)
{
	dispatch(t);
}

void pawl_wake(pawl_task *t)
{
	if (mark(t, PAWL_TASK_SCHEDULED_, 0))
		dispatch(t);
}

void pawl_cancel(pawl_task *t)
{
	if (pawl_mark_cancelled_(t))
		pawl_dispatch_(t);
}

pawl_waker pawl_waker_of(pawl_task *t)
{
	return (pawl_waker){ t, pawl_load(&t->state_) & ~(uint32_t)PAWL_TASK_FLAGS_ };
}

void pawl_waker_wake(pawl_waker w)
{
	uint32_t s = pawl_load(&w.task_->state_);

	do {
		if (has_ended(s) || (s & ~(uint32_t)PAWL_TASK_FLAGS_) != w.generation_)
			return;
	} while (!pawl_cas(&w.task_->state_, &s, s | PAWL_TASK_SCHEDULED_));
	if (!(s & (PAWL_TASK_SCHEDULED_ | PAWL_TASK_RUNNING_)))
		pawl_dispatch_(w.task_);
}

bool pawl_cancelled(const pawl_task *t)
{
	uint32_t s = pawl_load(&t->state_);

	if (s & PAWL_TASK_CANCEL_)
		return true;
#if PAWL_CREW && PAWL_LARGE_
	/* Its executor was stopped, and had no list in which it found it. */
	return !has_ended(s) && pawl_is_unlisted_(t) && pawl_crew_is_stopping_(t);
#else
	return false;
#endif
}

bool pawl_task_is_finished(const pawl_task *t)
{
	return pawl_load(&t->state_) & PAWL_TASK_DONE_;
}

bool pawl_task_is_foreground(const pawl_task *t)
{
	return t->kind_ & PAWL_TASK_FOREGROUND_;
}

#if PAWL_SESSIONS_
pawl_session *pawl_task_session(const pawl_task *t)
{
	return t->kind_ & PAWL_TASK_SESSION_ ? t->of_.session_ : NULL;
}
#endif

int8_t pawl_task_priority(const pawl_task *t)
{
	return t->priority_;
}

pawl_exec *pawl_here(const pawl_task *t)
{
	return t->exec_;
}

void pawl_task_own_(pawl_task *t)
{
	PAWL_ASSERT(!(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	t->kind_ |= PAWL_TASK_OWNED_;
}

PAWL_FLAT_ void give_back(pawl_task *t)
{
	uint32_t s = pawl_load(&t->state_);
	pawl_task_owner *o = NULL;

	if (t->kind_ & PAWL_TASK_OWNED_)
		o = ((pawl_task_owner **)(void *)t)[-1];
	pawl_store(&t->state_, (s & ~(uint32_t)PAWL_TASK_FLAGS_) + PAWL_TASK_GENERATION_);
	if (o)
		o->drop(o, t);
}

#if PAWL_LARGE_
/* Apart, so that others need not keep anything over the call. */
PAWL_APART_ void give_back_watched(pawl_task *t)
{
	if (pawl_watch_drop_)
		pawl_watch_drop_(t);
	give_back(t);
}
#endif

void pawl_give_back_(pawl_task *t)
{
#if PAWL_LARGE_
	if (__builtin_expect(t->kind_ & PAWL_TASK_WATCHED_, 0)) {
		give_back_watched(t);
		return;
	}
#endif
	give_back(t);
}

void pawl_drop_(pawl_task *t)
{
	pawl_count_live_(UINT32_MAX);
	pawl_give_back_(t);
}

void pawl_take_(pawl_task *t, int *ret_outcome)
{
	PAWL_ASSERT_OF(t, pawl_task_is_finished(t));
	if (ret_outcome)
		*ret_outcome = t->u_.outcome_;
	pawl_drop_(t);
}

void pawl_detach(pawl_task *t)
{
	uint32_t s = pawl_fetch_or(&t->state_, PAWL_TASK_DETACHED_);

	PAWL_ASSERT_OF(t, s & PAWL_TASK_LIVE_);
	PAWL_ASSERT_OF(t, !(s & (PAWL_TASK_DETACHED_ | PAWL_TASK_JOINED_)));
	if (s & PAWL_TASK_DONE_)
		pawl_drop_(t);
}

void pawl_settle_(pawl_task *t)
{
#if PAWL_CREW && PAWL_LARGE_
	if (pawl_is_unlisted_(t))
		pawl_crew_list_(t);
#endif
	if (t->kind_ & PAWL_TASK_YIELDING_) {
#if PAWL_ONE_CORE
		t->kind_ &= (uint8_t)~PAWL_TASK_YIELDING_;
		pawl_fetch_or(&t->state_, PAWL_TASK_SCHEDULED_);
#else
		/* See pawl_poll_begin_again_. */
		pawl_say_wait_(t, pawl_yielded_);
		pawl_dispatch_(t);
		return;
#endif
	}
	if (pawl_fetch_xor(&t->state_, PAWL_TASK_RUNNING_) & PAWL_TASK_SCHEDULED_)
		pawl_dispatch_(t);
}

#if PAWL_WAITS
bool pawl_let_go_(pawl_task *t)
{
	uintptr_t w = pawl_load_ptr(&t->waits_);
	void *what = (void *)(w & ~(uintptr_t)3);

	if (!w)
		return true;
	if ((w & 3) == PAWL_WAITS_OTHER_)
		return ((pawl_wait *)what)->let_go(what, t);
	if ((w & 3) == PAWL_WAITS_JOIN_)
		pawl_join_let_go_(t, what);
	else
		pawl_waitq_let_go_(t);
	return true;
}
#endif

static uint32_t done(uint32_t state)
{
	return (state & ~(uint32_t)(PAWL_TASK_RUNNING_ | PAWL_TASK_SCHEDULED_)) | PAWL_TASK_DONE_;
}

#if PAWL_WAITS
static bool set_done(pawl_task *t, uint32_t *s, uint32_t not_with)
{
	do {
		if (*s & not_with)
			return false;
	} while (!pawl_cas(&t->state_, s, done(*s)));
	return true;
}
#endif

#if PAWL_WAITS
/* The same, of a task that is joined; the joiner if it has to be dispatched. */
static pawl_task *set_done_joined(pawl_task *t, uint32_t *s)
{
	/* The joiner looks under the same lock, so it cannot leave before it is marked. */
	uintptr_t was = pawl_port_lock(t);
	pawl_task *joiner = t->of_.joiner_;

	set_done(t, s, 0);
	if (!(*s & PAWL_TASK_JOINED_) || !pawl_mark_(joiner))
		joiner = NULL;
	pawl_port_unlock(t, was);
	return joiner;
}
#endif

/*
 * Publishes the end. Once DONE is seen, who joined may take the task and free it, so nothing of it
 * is read after.
 */
static void publish(pawl_task *t)
{
	uint32_t s = pawl_load(&t->state_);

#if PAWL_WAITS
	if (!set_done(t, &s, PAWL_TASK_JOINED_)) {
		pawl_task *joiner = set_done_joined(t, &s);

		if (joiner)
			pawl_dispatch_(joiner);
		if (s & PAWL_TASK_JOINED_)
			return;
	}
#else
	while (!pawl_cas(&t->state_, &s, done(s))) {}
#endif
	if (s & PAWL_TASK_DETACHED_)
		pawl_drop_(t);
}

static void let_go(pawl_task *t)
{
	(void)t;
#if PAWL_TIMERS
	if (t->kind_ & PAWL_TASK_TIMED_)
		pawl_timer_let_go_(t);
#endif
#if PAWL_WAITS
	if (!pawl_let_go_(t))
		pawl_fatal_of_(t, "a task ended while its blocking work was running");
#endif
}

#if PAWL_CREW
/*
 * Takes the task out of its crew, and all of it when it is one of a session: then nobody joins it.
 */
static bool leave(pawl_task *t, int outcome)
{
	pawl_crew *c;
#if PAWL_SESSIONS_
	pawl_session *s = pawl_task_session(t);
#endif

	if (pawl_crew_leave_unlisted_(t))
		return false;
	c = pawl_crew_of_(t->exec_);
	pawl_crew_leave_(c, t);
#if PAWL_SESSIONS_
	if (s) {
		/*
		 * The session counts the task until its memory was given back, so that the
		 * session's end is the end of all of it.
		 */
		pawl_drop_(t);
		pawl_crew_session_leave_(c, s, outcome);
		return true;
	}
#endif
	(void)outcome;
	return false;
}
#endif

void pawl_end_(pawl_task *t, int outcome)
{
	let_go(t);
	t->u_.outcome_ = outcome;
#if PAWL_CREW
	if (leave(t, outcome))
		return;
#endif
	publish(t);
}

static int call_poll(void *arg)
{
	pawl_task *t = arg;

	return t->poll_(t);
}

void pawl_run(pawl_task *t)
{
	const char *why = NULL;
	int r;

#if PAWL_CREW && PAWL_LARGE_
	if (pawl_is_unlisted_(t))
		pawl_begin_unlisted_(t, pawl_crew_of_(t->exec_));
#endif
	pawl_poll_begin_(t, false);
	pawl_begin_delayed_(t);
	pawl_turn_begin_(t);
	pawl_say_wait_(t, NULL);
	r = PAWL_PANICS ? pawl_port_try(call_poll, t, &why) : call_poll(t);
	PAWL_ASSERT_OF(t, r <= PAWL_PENDING);
	if (r == PAWL_PENDING) {
		pawl_settle_(t);
		return;
	}
	if (why)
		pawl_say_wait_(t, why);
	pawl_end_(t, r);
}

int pawl_task_yield(pawl_task *t)
{
	uint8_t kind = t->kind_;
	uint32_t is_cancelled = pawl_load(&t->state_) / PAWL_TASK_CANCEL_ & 1;

	if (!(kind & PAWL_TASK_YIELDED_) && !is_cancelled) {
		t->kind_ = kind | PAWL_TASK_YIELDING_ | PAWL_TASK_YIELDED_;
		return PAWL_PENDING;
	}
	t->kind_ = (uint8_t)(kind & ~PAWL_TASK_YIELDED_);
	return PAWL_ECANCELED * (int)is_cancelled;
}
