/* SPDX-License-Identifier: MIT */
/* Sessions. The lock of the executor's crew guards all that is in one. */
#include "core/core.h"

#include <pawl/session.h>

#if PAWL_SESSIONS_

void pawl_session_init(pawl_session *s, pawl_exec *x)
{
	*s = (pawl_session){ .exec_ = x };
	pawl_waitq_init(&s->ended_, pawl_crew_of_(x), NULL);
}

static pawl_spawn_options in_session(pawl_session *s)
{
	return (pawl_spawn_options){ .session = s,
				     .foreground = PAWL_HAS_(s->exec_, is_main_thread) };
}

int(pawl_spawn_in)(pawl_session *s, pawl_task *t, pawl_poll_fn *poll)
{
	pawl_spawn_options o = in_session(s);

	return (pawl_spawn_with)(NULL, t, poll, &o);
}

#if PAWL_DIAG
int pawl_spawn_in_at_(pawl_session *s, pawl_task *t, pawl_poll_fn *poll, const char *place)
{
	pawl_spawn_options o = in_session(s);

	return pawl_spawn_at_(NULL, t, poll, &o, place);
}
#endif

unsigned pawl_session_count(pawl_session *s)
{
	uintptr_t was = pawl_port_lock(s->ended_.of_);
	unsigned n = s->count_;

	pawl_port_unlock(s->ended_.of_, was);
	return n;
}

unsigned pawl_session_failed(pawl_session *s)
{
	uintptr_t was = pawl_port_lock(s->ended_.of_);
	unsigned n = s->failed_;

	pawl_port_unlock(s->ended_.of_, was);
	return n;
}

void pawl_session_cancel(pawl_session *s)
{
	pawl_crew *crew = s->ended_.of_;
	uintptr_t was = pawl_port_lock(crew);

	s->is_ending_ = true;
	pawl_crew_cancel_(crew, s->first_, false, was);
}

static int wait_locked(pawl_task *t, pawl_session *s, bool cancelled)
{
	if (s->count_ == 0 || cancelled) {
		pawl_waitq_leave(&s->ended_, t);
		return s->count_ == 0 && !cancelled ? 0 : PAWL_ECANCELED;
	}
	pawl_waitq_take(&s->ended_, t);
	pawl_waitq_join(&s->ended_, t, "the end of a session");
	return PAWL_PENDING;
}

static int wait(pawl_task *t, pawl_session *s, bool cancelled)
{
	void *crew = s->ended_.of_;
	uintptr_t was = pawl_port_lock(crew);
	int r = wait_locked(t, s, cancelled);

	pawl_port_unlock(crew, was);
	return r;
}

int pawl_session_wait(pawl_task *t, pawl_session *s)
{
	return wait(t, s, pawl_cancelled(t));
}

int pawl_session_end(pawl_task *t, pawl_session *s)
{
	PAWL_ASSERT(!(t->kind_ & PAWL_TASK_SESSION_) || t->of_.session_ != s);
	pawl_session_cancel(s);
	return wait(t, s, false);
}

#endif
