/* SPDX-License-Identifier: MIT */
/* The crew: the list of an executor's tasks. One lock, the crew's, guards all of it. */
#include "core/core.h"

#include <pawl/session.h>

void pawl_crew_init(pawl_crew *c, uint32_t limit)
{
	*c = (pawl_crew){ .limit_ = limit };
}

bool pawl_crew_is_stopped(const pawl_crew *c)
{
	return pawl_load(&c->is_stopped_);
}

#if PAWL_LARGE_

void pawl_crew_add_tally(pawl_crew *c, pawl_tally *tally)
{
	*tally = (pawl_tally){ .next_ = c->tallies_ };
	c->tallies_ = tally;
}

static uint32_t ended(const pawl_crew *c)
{
	const pawl_tally *y;
	uint32_t n = 0;

	for (y = c->tallies_; y; y = y->next_)
		n += pawl_load(&y->ended_);
	return n;
}

static uint32_t admitted(const pawl_crew *c)
{
	const pawl_tally *y;
	uint32_t n = 0;

	for (y = c->tallies_; y; y = y->next_)
		n += pawl_load(&y->admitted_);
	return n;
}

#else

void pawl_crew_add_tally(pawl_crew *c, pawl_tally *tally)
{
	(void)c, (void)tally;
}

static uint32_t ended(const pawl_crew *c)
{
	(void)c;
	return 0;
}

static uint32_t admitted(const pawl_crew *c)
{
	(void)c;
	return 0;
}

#endif

/*
 * Never fewer than there were when count_ was read: what ended by then and is counted was admitted
 * before, and all who were admitted by then are. Of count_ come off those that ended when they were
 * listed later than admitted, too.
 */
uint32_t pawl_crew_count(const pawl_crew *c)
{
	uint32_t n = 0u - ended(c);

	n += pawl_load(&c->count_);
	return n + admitted(c);
}

#if PAWL_CREW

/* The tasks of executors that keep no crew. */
static pawl_crew others;

pawl_crew *pawl_crew_of_(pawl_exec *x)
{
	return x && PAWL_HAS_(x, crew) ? x->ops->crew(x) : &others;
}

/* A task's own polls read it without the lock, to see whether it is listed. */
static void set_prev(pawl_task *t, pawl_task *prev)
{
#if PAWL_LARGE_
	__atomic_store_n(&t->prev_, prev, __ATOMIC_RELAXED);
#else
	t->prev_ = prev;
#endif
}

static void link_task(pawl_task **first, pawl_task **last, pawl_task *t)
{
	set_prev(t, *last);
	t->peer_ = NULL;
	if (*last)
		(*last)->peer_ = t;
	else
		*first = t;
	*last = t;
}

static void unlink_task(pawl_task **first, pawl_task **last, pawl_task *t)
{
	if (t->prev_)
		t->prev_->peer_ = t->peer_;
	else
		*first = t->peer_;
	if (t->peer_)
		set_prev(t->peer_, t->prev_);
	else
		*last = t->prev_;
	set_prev(t, NULL);
	t->peer_ = NULL;
}

#if PAWL_SESSIONS_
static void link_session(pawl_crew *c, pawl_session *s)
{
	s->prev_ = NULL;
	s->next_ = c->sessions_;
	if (s->next_)
		s->next_->prev_ = s;
	c->sessions_ = s;
}

static void unlink_session(pawl_crew *c, pawl_session *s)
{
	if (s->prev_)
		s->prev_->next_ = s->next_;
	else
		c->sessions_ = s->next_;
	if (s->next_)
		s->next_->prev_ = s->prev_;
	s->prev_ = s->next_ = NULL;
}

/* A session's task is in the session's list. */
static int admit_to_session(pawl_crew *c, pawl_task *t, pawl_session *s)
{
	if (s->is_ending_)
		return PAWL_ESTOPPED;
	if (s->count_++ == 0)
		link_session(c, s);
	link_task(&s->first_, &s->last_, t);
	return 0;
}
#endif

static int admit_locked(pawl_crew *c, pawl_task *t)
{
	int r = 0;

	if (c->is_stopped_)
		return PAWL_ESTOPPED;
	if (c->limit_ && pawl_crew_count(c) >= c->limit_)
		return PAWL_EFULL;
#if PAWL_SESSIONS_
	if (t->kind_ & PAWL_TASK_SESSION_)
		r = admit_to_session(c, t, t->of_.session_);
	else
#endif
		link_task(&c->first_, &c->last_, t);
	if (r == 0)
		pawl_store(&c->count_, c->count_ + 1);
	return r;
}

#if PAWL_LARGE_

/*
 * The executor has it in its queues; it is listed when it first waits. PAWL_ENOTSUP: it has to be
 * listed now.
 */
static int admit_unlisted(pawl_task *t)
{
	pawl_exec *x = t->exec_;
	int r;

	if (!PAWL_HAS_(x, count) || t->kind_ & (PAWL_TASK_SESSION_ | PAWL_TASK_FOREGROUND_))
		return PAWL_ENOTSUP;
	r = x->ops->count(x, true);
	if (r == 0)
		set_prev(t, t);
	return r;
}

void pawl_crew_list_(pawl_task *t)
{
	pawl_crew *c = pawl_crew_of_(t->exec_);
	uintptr_t was = pawl_port_lock(c);

	link_task(&c->first_, &c->last_, t);
	pawl_port_unlock(c, was);
	/* Who stopped the crew meanwhile may have gone through the list before. */
	if (pawl_load(&c->is_stopped_))
		pawl_mark_cancelled_(t);
}

bool pawl_crew_is_stopping_(const pawl_task *t)
{
	return pawl_load(&pawl_crew_of_(t->exec_)->is_stopped_);
}

#endif

static int admit_listed(pawl_task *t)
{
	pawl_crew *c = pawl_crew_of_(t->exec_);
	uintptr_t was = pawl_port_lock(c);
	int r = admit_locked(c, t);

	pawl_port_unlock(c, was);
	return r;
}

int pawl_crew_admit_(pawl_task *t)
{
#if PAWL_LARGE_
	int r = admit_unlisted(t);

	if (r != PAWL_ENOTSUP)
		return r;
#endif
	return admit_listed(t);
}

bool pawl_crew_leave_unlisted_(pawl_task *t)
{
	if (!pawl_is_unlisted_(t))
		return false;
	t->exec_->ops->count(t->exec_, false);
	return true;
}

void pawl_crew_leave_(pawl_crew *c, pawl_task *t)
{
	uintptr_t was = pawl_port_lock(c);

#if PAWL_SESSIONS_
	if (t->kind_ & PAWL_TASK_SESSION_) {
		/* Still counted: see pawl_crew_session_leave_. */
		unlink_task(&t->of_.session_->first_, &t->of_.session_->last_, t);
		pawl_port_unlock(c, was);
		return;
	}
#endif
	unlink_task(&c->first_, &c->last_, t);
	pawl_store(&c->count_, c->count_ - 1);
	pawl_port_unlock(c, was);
}

#if PAWL_SESSIONS_
void pawl_crew_session_leave_(pawl_crew *c, pawl_session *s, int outcome)
{
	pawl_woken woken = { 0 };
	uintptr_t was;

	if (s->child_ended_)
		s->child_ended_(s, outcome);
	was = pawl_port_lock(c);
	pawl_store(&c->count_, c->count_ - 1);
	if (outcome < 0 && outcome != PAWL_ECANCELED)
		s->failed_++;
	if (--s->count_ == 0) {
		unlink_session(c, s);
		pawl_waitq_grant_all(&s->ended_, &woken);
	}
	pawl_port_unlock(c, was);
	pawl_woken_schedule(&woken);
}
#endif

/* A task of the crew; whether it is one of a session is for its own polls to read. */
struct place {
	pawl_task *task;
	pawl_session *session;
	bool is_all; /* behind the last of a list come the sessions */
};

/* On to a list that is not empty: tasks that ended are counted until they are given back. */
static void skip_empty(const pawl_crew *c, struct place *p)
{
#if PAWL_SESSIONS_
	while (!p->task && p->is_all) {
		p->session = p->session ? p->session->next_ : c->sessions_;
		p->is_all = p->session;
		if (p->is_all)
			p->task = p->session->first_;
	}
#endif
	(void)c, (void)p;
}

static void step(const pawl_crew *c, struct place *p)
{
	p->task = p->task->peer_;
	skip_empty(c, p);
}

/* Cancels tasks from a place on, up to one that has to be dispatched. */
static pawl_task *cancel_from(const pawl_crew *c, struct place *p)
{
	while (p->task && !pawl_mark_cancelled_(p->task))
		step(c, p);
	return p->task;
}

/*
 * A task that was marked stays in its list until it was dispatched and polled, and it is dispatched
 * without the lock; so the next one is marked before.
 */
void pawl_crew_cancel_(pawl_crew *c, pawl_task *first, bool is_all, uintptr_t was)
{
	struct place p = { first, NULL, is_all };
	pawl_task *t, *next;

	skip_empty(c, &p);
	for (t = cancel_from(c, &p); t; t = next) {
		step(c, &p);
		next = cancel_from(c, &p);
		pawl_port_unlock(c, was);
		pawl_dispatch_(t);
		was = pawl_port_lock(c);
	}
	pawl_port_unlock(c, was);
}

int pawl_crew_stop(pawl_crew *c)
{
	uintptr_t was = pawl_port_lock(c);

	if (c->is_stopped_) {
		pawl_port_unlock(c, was);
		return PAWL_ESTOPPED;
	}
	pawl_store(&c->is_stopped_, 1);
	pawl_crew_cancel_(c, c->first_, true, was);
	return 0;
}

#else

int pawl_crew_stop(pawl_crew *c)
{
	(void)c;
	return PAWL_ENOTSUP;
}

#endif
