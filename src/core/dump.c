/* SPDX-License-Identifier: MIT */
/* What is seen of tasks from outside: name, place, what they wait for, and all of them. */
#include "core/core.h"

#include <pawl/session.h>

const char *pawl_task_name(const pawl_task *t)
{
#if PAWL_DIAG
	const char *p = t->place_;

	if (t->label_)
		return t->label_;
	if (!p)
		return "task";
	while (*p)
		p++;
	return p + 1;
#else
	(void)t;
	return "task";
#endif
}

const char *pawl_task_place(const pawl_task *t)
{
#if PAWL_DIAG
	return t->place_ ? t->place_ : "";
#else
	(void)t;
	return "";
#endif
}

static const char *wait_words(const pawl_task *t, const char *otherwise)
{
#if PAWL_DIAG
	const char *wait = __atomic_load_n(&t->wait_, __ATOMIC_RELAXED);

	return wait ? wait : otherwise;
#else
	(void)t;
	return otherwise;
#endif
}

const char *pawl_task_wait(const pawl_task *t)
{
	uint32_t s = pawl_load(&t->state_);

	if (!(s & PAWL_TASK_LIVE_))
		return "not spawned";
	if (s & PAWL_TASK_DONE_)
		return t->u_.outcome_ == PAWL_EPANIC ? wait_words(t, "done") : "done";
	if (s & PAWL_TASK_RUNNING_)
		return "running";
	if (s & PAWL_TASK_SCHEDULED_)
		return "ready";
	return wait_words(t, "a wake");
}

#if PAWL_CREW

static pawl_dangling known_of(const pawl_task *t)
{
	return (pawl_dangling){ .name = pawl_task_name(t),
				.place = pawl_task_place(t),
				.wait = pawl_task_wait(t) };
}

/* Copies what is known of the tasks of a list, but for the first `skip`; counts on in `*at`. */
static void copy(const pawl_task *t, unsigned skip, pawl_dangling *ret, unsigned room, unsigned *at)
{
	for (; t; t = t->peer_, ++*at)
		if (*at >= skip && *at - skip < room)
			ret[*at - skip] = known_of(t);
}

/* All strings are constants, so that they may be used after the lock was released. */
static unsigned copy_some(pawl_crew *c, unsigned skip, pawl_dangling *ret, unsigned room)
{
	uintptr_t was = pawl_port_lock(c);
	unsigned at = 0;

	copy(c->first_, skip, ret, room, &at);
#if PAWL_SESSIONS_
	for (pawl_session *s = c->sessions_; s; s = s->next_)
		copy(s->first_, skip, ret, room, &at);
#endif
	pawl_port_unlock(c, was);
	return at;
}

static void say(const pawl_dangling *d, void (*line)(void *arg, const char *text), void *arg)
{
	struct pawl_text x;
	char buf[256];

	pawl_text_begin_(&x, buf, sizeof buf);
	pawl_text_put_(&x, d->name);
	if (*d->place) {
		pawl_text_put_(&x, " (");
		pawl_text_put_(&x, d->place);
		pawl_text_put_(&x, ")");
	}
	pawl_text_put_(&x, ": ");
	pawl_text_put_(&x, d->wait);
	pawl_text_end_(&x);
	line(arg, buf);
}

unsigned pawl_dump(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg)
{
	pawl_crew *c = pawl_crew_of_(x);
	pawl_dangling some[16];
	unsigned done = 0, count, i;

	do {
		count = copy_some(c, done, some, PAWL_COUNT(some));
		for (i = 0; i < PAWL_COUNT(some) && done < count; i++, done++)
			say(&some[i], line, arg);
	} while (done < count);
	return count;
}

#else

unsigned pawl_dump(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg)
{
	(void)x, (void)line, (void)arg;
	return 0;
}

#endif

#if PAWL_SESSIONS_

/* Others may have been spawned since the clock was read. */
static pawl_time age_of(const pawl_task *t, pawl_time now)
{
#if PAWL_DIAG
	return now > t->born_ ? now - t->born_ : 0;
#else
	(void)t, (void)now;
	return 0;
#endif
}

unsigned pawl_session_validate(pawl_session *s, pawl_dangling *ret, unsigned room)
{
	pawl_crew *c = pawl_crew_of_(s->exec_);
	pawl_time now = pawl_now(s->exec_);
	uintptr_t was = pawl_port_lock(c);
	const pawl_task *t = s->first_;
	unsigned at = 0;

	for (; t; t = t->peer_, at++)
		if (at < room) {
			ret[at] = known_of(t);
			ret[at].age = age_of(t, now);
		}
	pawl_port_unlock(c, was);
	return at;
}
#endif
