/* SPDX-License-Identifier: MIT */
/* What is seen of tasks from outside: name, place, what they wait for, and all of them. */
#include "core/dump.h"

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
		return wait_words(t, "running") == pawl_yielded_ ? pawl_yielded_ : "running";
	if (s & PAWL_TASK_SCHEDULED_)
		return "ready";
	return wait_words(t, "a wake");
}

#if PAWL_CREW

static pawl_time age_of(const pawl_task *t, pawl_time now)
{
#if PAWL_DIAG && PAWL_SESSIONS_
	/* It may have been spawned since the clock was read. */
	if (now > t->born_)
		return now - t->born_;
#endif
	(void)t, (void)now;
	return 0;
}

pawl_task_info pawl_task_info_(const pawl_task *t, pawl_time now)
{
	return (pawl_task_info){ pawl_task_name(t), pawl_task_place(t), pawl_task_wait(t),
				 age_of(t, now) };
}

void pawl_piece_copy_(struct pawl_piece *p, const pawl_task *t)
{
	for (; t; t = t->peer_, p->count++)
		if (p->count >= p->skip && p->count - p->skip < p->room)
			p->info[p->count - p->skip] = pawl_task_info_(t, p->now);
}

unsigned pawl_piece_size_(const struct pawl_piece *p)
{
	unsigned n = p->count > p->skip ? p->count - p->skip : 0;

	return n < p->room ? n : p->room;
}

void pawl_text_task_(struct pawl_text *x, const pawl_task_info *i)
{
	pawl_text_put_(x, i->name);
	if (!*i->place)
		return;
	pawl_text_put_(x, " (");
	pawl_text_put_(x, i->place);
	pawl_text_put_(x, ")");
}

static void copy_crew(struct pawl_piece *p, pawl_crew *c)
{
	uintptr_t was = pawl_port_lock(c);

	p->count = 0;
	pawl_piece_copy_(p, c->first_);
#if PAWL_SESSIONS_
	for (pawl_session *s = c->sessions_; s; s = s->next_)
		pawl_piece_copy_(p, s->first_);
#endif
	pawl_port_unlock(c, was);
}

static void say(const pawl_task_info *i, void (*line)(void *arg, const char *text), void *arg)
{
	struct pawl_text x;
	char buf[256];

	pawl_text_begin_(&x, buf, sizeof buf);
	pawl_text_task_(&x, i);
	pawl_text_put_(&x, ": ");
	pawl_text_put_(&x, i->wait);
	pawl_text_end_(&x);
	line(arg, buf);
}

struct lines {
	void (*line)(void *arg, const char *text);
	void *arg;
	unsigned count;
};

static void say_unlisted(void *arg, const pawl_task *t)
{
	struct lines *l = arg;
	pawl_task_info i = pawl_task_info_(t, 0);

	if (!pawl_is_unlisted_(t))
		return;
	say(&i, l->line, l->arg);
	l->count++;
}

/* Those that are in no list yet. */
static unsigned dump_unlisted(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg)
{
	struct lines l = { line, arg, 0 };

	if (x && PAWL_HAS_(x, each_ready))
		x->ops->each_ready(x, say_unlisted, &l);
	return l.count;
}

unsigned pawl_dump(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg)
{
	pawl_crew *c = pawl_crew_of_(x);
	pawl_task_info some[16];
	struct pawl_piece p = { .info = some, .room = PAWL_COUNT(some) };
	/* First these: who gets into the list meanwhile is better there twice than not at all. */
	unsigned unlisted = dump_unlisted(x, line, arg), i, n;

	do {
		copy_crew(&p, c);
		n = pawl_piece_size_(&p);
		for (i = 0; i < n; i++)
			say(&some[i], line, arg);
		p.skip += n;
	} while (p.skip < p.count);
	return p.count + unlisted;
}

#else

unsigned pawl_dump(pawl_exec *x, void (*line)(void *arg, const char *text), void *arg)
{
	(void)x, (void)line, (void)arg;
	return 0;
}

#endif
