/* SPDX-License-Identifier: MIT */
/* Scopes: a session that looks at each child's end, on the thread on which it ends. */
#include "core/core.h"

#include <pawl/scope.h>

#if PAWL_SESSIONS_

static bool is_parent_alive(const pawl_scope *s)
{
	uint32_t state = pawl_load(&s->parent_.task_->state_);

	return (state & (PAWL_TASK_LIVE_ | PAWL_TASK_DONE_)) == PAWL_TASK_LIVE_ &&
	       (state & ~(uint32_t)PAWL_TASK_FLAGS_) == s->parent_.generation_;
}

/* The parent may be gone, so the scope keeps its name. */
static void check_parent(const pawl_scope *s)
{
	static const char why[] = "a task ended before the children of its scope";

	if (!PAWL_ASSERTS || is_parent_alive(s))
		return;
#if PAWL_ASSERTS && PAWL_DIAG
	pawl_fatal_at_(s->place_, s->label_, why);
#else
	pawl_port_fatal(why);
#endif
}

/* The session still counts the child, so that the scope is still there. */
static void child_ended(pawl_session *session, int outcome)
{
	pawl_scope *s = PAWL_OF(session, pawl_scope, session_);
	uint32_t none = 0;

	check_parent(s);
	if (outcome < 0 && outcome != PAWL_ECANCELED &&
	    pawl_cas(&s->outcome_, &none, (uint32_t)outcome))
		pawl_session_cancel(session);
}

void pawl_scope_begin(pawl_task *t, pawl_scope *s, pawl_exec *x)
{
	*s = (pawl_scope){ .parent_ = pawl_waker_of(t), .is_open_ = true };
	pawl_session_init(&s->session_, x);
	s->session_.child_ended_ = child_ended;
#if PAWL_DIAG
	s->label_ = t->label_;
	s->place_ = t->place_;
#endif
}

static pawl_spawn_options in_scope(pawl_scope *s, const pawl_spawn_options *options)
{
	pawl_spawn_options o = { 0 };

	PAWL_ASSERT(s->is_open_ && is_parent_alive(s));
	PAWL_ASSERT(!options || !options->session);
	if (options)
		o = *options;
	o.session = &s->session_;
	return o;
}

int(pawl_scope_spawn)(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll)
{
	pawl_spawn_options o = in_scope(s, NULL);

	return (pawl_spawn_with)(NULL, child, poll, &o);
}

int(pawl_scope_spawn_with)(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll,
			   const pawl_spawn_options *options)
{
	pawl_spawn_options o = in_scope(s, options);

	return (pawl_spawn_with)(NULL, child, poll, &o);
}

#if PAWL_DIAG
int pawl_scope_spawn_at_(pawl_scope *s, pawl_task *child, pawl_poll_fn *poll,
			 const pawl_spawn_options *options, const char *place)
{
	pawl_spawn_options o = in_scope(s, options);

	return pawl_spawn_at_(NULL, child, poll, &o, place);
}
#endif

unsigned pawl_scope_count(pawl_scope *s)
{
	return pawl_session_count(&s->session_);
}

void pawl_scope_cancel(pawl_scope *s)
{
	PAWL_ASSERT(s->is_open_);
	pawl_session_cancel(&s->session_);
}

int pawl_scope_end(pawl_task *t, pawl_scope *s, int *ret_outcome)
{
	int r;

	PAWL_ASSERT_OF(t, s->is_open_ && s->parent_.task_ == t && is_parent_alive(s));
	r = pawl_session_wait(t, &s->session_);
	if (r == PAWL_ECANCELED)
		r = pawl_session_end(t, &s->session_);
	if (r)
		return r;
	s->is_open_ = false;
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (ret_outcome)
		*ret_outcome = (int)pawl_load(&s->outcome_);
	return 0;
}

#endif
