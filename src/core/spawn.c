/* SPDX-License-Identifier: MIT */
/* Spawning: a task is filled, admitted to its executor's crew and given to it, now or later. */
#include "core/core.h"

#include <pawl/dedicated.h>
#include <pawl/session.h>

/*
 * All but the state. Where there are few of them a call of memset is the smallest; x86-64's
 * compilers make of one for so many bytes an instruction that alone takes 10 ns.
 */
static void clear(pawl_task *t)
{
#if PAWL_LARGE_
	t->pc_ = 0;
	t->priority_ = 0;
	t->u_.next_ = NULL;
#if PAWL_TIMERS
	t->timer_.due_ = 0;
#endif
#if PAWL_WAITS
	t->of_.joiner_ = NULL;
	t->waits_ = 0;
	t->wait_next_ = NULL;
#endif
#if PAWL_CREW
	t->prev_ = t->peer_ = NULL;
#endif
#if PAWL_POLICIES
	t->budget_ = t->spent_ = 0;
#endif
#if PAWL_DIAG
	t->label_ = t->wait_ = NULL;
#if PAWL_SESSIONS_
	t->born_ = 0;
#endif
#endif
#else
	size_t from = offsetof(pawl_task, state_) + sizeof t->state_;

	__builtin_memset((char *)t + from, 0, sizeof *t - from);
#endif
}

/* Everything of the task but its owner and its generation. */
static void fill(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
	uint8_t kind = t->kind_ & PAWL_TASK_OWNED_;

	PAWL_ASSERT(x && poll);
	PAWL_ASSERT_AT(place, !(pawl_load(&t->state_) & PAWL_TASK_FLAGS_));
	clear(t);
	t->kind_ = kind;
	t->exec_ = x;
	t->poll_ = poll;
#if PAWL_POLICIES
	t->deadline_ = PAWL_NEVER;
#endif
#if PAWL_DIAG
	t->place_ = place;
#else
	(void)place;
#endif
}

int pawl_spawn_refuse(pawl_task *t, int why)
{
	pawl_give_back_(t);
	return why;
}

/* The task lives, if its executor takes it. */
static int admit(pawl_task *t, uint32_t flags)
{
	int r = 0;

	pawl_store(&t->state_, pawl_load(&t->state_) | PAWL_TASK_LIVE_ | flags);
#if PAWL_CREW
	r = pawl_crew_admit_(t);
#endif
	if (r < 0)
		return pawl_spawn_refuse(t, r);
	pawl_count_live_(1);
	return 0;
}

static int spawn(pawl_task *t, uint32_t flags)
{
	int r = admit(t, PAWL_TASK_SCHEDULED_ | flags);

	if (r == 0)
		pawl_dispatch_(t);
	return r;
}

#if PAWL_TIMERS

static int take_back(pawl_task *t, int r)
{
#if PAWL_CREW
	pawl_crew *c = pawl_crew_of_(t->exec_);

	if (!pawl_crew_leave_unlisted_(t))
		pawl_crew_leave_(c, t);
#endif
	pawl_count_live_(UINT32_MAX);
#if PAWL_SESSIONS_
	if (t->kind_ & PAWL_TASK_SESSION_)
		pawl_crew_session_leave_(c, t->of_.session_, 0);
#endif
	return pawl_spawn_refuse(t, r);
}

/*
 * Starts the timer of the first poll. The task is held as if it was polled, so that a wake or a
 * cancel meanwhile is not lost.
 */
static int spawn_later(pawl_task *t, uint32_t flags, pawl_time after)
{
	pawl_exec *x = t->exec_;
	int r;

	if (!PAWL_HAS_(x, disarm) || !x->ops->arm)
		return pawl_spawn_refuse(t, PAWL_ENOTSUP);
	r = admit(t, PAWL_TASK_RUNNING_ | flags);
	if (r < 0)
		return r;
	t->kind_ |= PAWL_TASK_DELAYED_ | PAWL_TASK_TIMED_;
	pawl_say_wait_(t, "its first poll");
	r = x->ops->arm(x, t, pawl_later_(x->ops->now(x), after));
	if (r < 0)
		return take_back(t, r);
	pawl_settle_(t);
	return 0;
}

#else

static int spawn_later(pawl_task *t, uint32_t flags, pawl_time after)
{
	(void)flags, (void)after;
	return pawl_spawn_refuse(t, PAWL_ENOTSUP);
}

#endif

static int spawn_now(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
	fill(x, t, poll, place);
	return spawn(t, 0);
}

static int spawn_foreground(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
	fill(x, t, poll, place);
	if (!PAWL_HAS_(x, is_main_thread))
		return pawl_spawn_refuse(t, PAWL_ENOTSUP);
	t->kind_ |= PAWL_TASK_FOREGROUND_;
	return spawn(t, 0);
}

static int spawn_after(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, pawl_time after,
		       const char *place)
{
	fill(x, t, poll, place);
	return after > 0 ? spawn_later(t, 0, after) : spawn(t, 0);
}

/* A session's task is as good as detached: nobody may join it. */
static uint32_t enter_session(pawl_task *t, pawl_session *s)
{
#if PAWL_SESSIONS_
	t->kind_ |= PAWL_TASK_SESSION_;
	t->of_.session_ = s;
#if PAWL_DIAG
	t->born_ = t->exec_->ops->now(t->exec_);
#endif
#else
	(void)t, (void)s;
#endif
	return PAWL_TASK_DETACHED_;
}

int pawl_spawn_on(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const pawl_spawn_options *o,
		  const char *place)
{
	uint32_t flags = 0;

	fill(x, t, poll, place);
	t->priority_ = o->priority;
#if PAWL_POLICIES
	if (o->deadline)
		t->deadline_ = o->deadline;
	t->budget_ = o->budget;
#endif
#if PAWL_DIAG
	t->label_ = o->label;
#endif
	if ((o->foreground && !PAWL_HAS_(x, is_main_thread)) || (o->session && !PAWL_SESSIONS_))
		return pawl_spawn_refuse(t, PAWL_ENOTSUP);
	if (o->foreground)
		t->kind_ |= PAWL_TASK_FOREGROUND_;
	if (o->session)
		flags = enter_session(t, o->session);
	return o->after > 0 ? spawn_later(t, flags, o->after) : spawn(t, flags);
}

/* A session's task runs on the executor of the session. */
static pawl_exec *exec_for(pawl_exec *x, const pawl_spawn_options *o)
{
#if PAWL_SESSIONS_
	if (o && o->session)
		return o->session->exec_;
#endif
	(void)o;
	return x;
}

static int spawn_with(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const pawl_spawn_options *o,
		      const char *place)
{
	if (!o)
		return spawn_now(x, t, poll, place);
	return pawl_spawn_on(exec_for(x, o), t, poll, o, place);
}

static int spawn_dedicated(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			   const pawl_spawn_options *o, const char *place)
{
	static const pawl_spawn_options none;

	if (!o)
		o = &none;
	x = exec_for(x, o);
	PAWL_ASSERT(x && poll);
	if (!PAWL_HAS_(x, dedicate) || o->foreground)
		return pawl_spawn_refuse(t, PAWL_ENOTSUP);
	return x->ops->dedicate(x, t, poll, o, place);
}

int(pawl_spawn)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return spawn_now(x, t, poll, NULL);
}

int(pawl_spawn_background)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return spawn_now(x, t, poll, NULL);
}

int(pawl_spawn_foreground)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return spawn_foreground(x, t, poll, NULL);
}

int(pawl_spawn_after)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, pawl_time after)
{
	return spawn_after(x, t, poll, after, NULL);
}

int(pawl_spawn_with)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
		     const pawl_spawn_options *options)
{
	return spawn_with(x, t, poll, options, NULL);
}

int(pawl_spawn_dedicated)(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			  const pawl_spawn_options *options)
{
	return spawn_dedicated(x, t, poll, options, NULL);
}

#if PAWL_DIAG

int pawl_spawn_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
		   const pawl_spawn_options *options, const char *place)
{
	return spawn_with(x, t, poll, options, place);
}

int pawl_spawn_dedicated_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			     const pawl_spawn_options *options, const char *place)
{
	return spawn_dedicated(x, t, poll, options, place);
}

int pawl_spawn_foreground_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
	return spawn_foreground(x, t, poll, place);
}

int pawl_spawn_after_at_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, pawl_time after,
			 const char *place)
{
	return spawn_after(x, t, poll, after, place);
}

#endif
