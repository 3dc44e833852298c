/* SPDX-License-Identifier: MIT */
/* Sessions. The lock of the executor's crew guards all that is in one. */
#include "core/dump.h"

#if PAWL_SESSIONS_

void pawl_session_init(pawl_session *s, pawl_exec *x)
{
	*s = (pawl_session){ .exec_ = x };
	pawl_waitq_init(&s->ended_, pawl_crew_of_(x), NULL);
}

void pawl_session_set_label(pawl_session *s, const char *label)
{
#if PAWL_DIAG
	PAWL_ASSERT(s->count_ == 0);
	s->label_ = label;
#else
	(void)s, (void)label;
#endif
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

/* How many of its tasks did not end, and what is known of some of those that it still lists. */
static uint32_t look(pawl_session *s, struct pawl_piece *p)
{
	uintptr_t was;
	uint32_t n;

	p->now = pawl_now(s->exec_);
	was = pawl_port_lock(s->ended_.of_);
	p->count = 0;
	pawl_piece_copy_(p, s->first_);
	n = s->count_;
	pawl_port_unlock(s->ended_.of_, was);
	return n;
}

unsigned pawl_session_list(pawl_session *s, pawl_task_info *ret, unsigned room)
{
	struct pawl_piece p = { .info = ret, .room = room };

	look(s, &p);
	return p.count;
}

static const char *label_of(const pawl_session *s)
{
#if PAWL_DIAG
	return s->label_ ? s->label_ : "";
#else
	(void)s;
	return "";
#endif
}

#if PAWL_DIAG
/* How many of a unit fit into a time: doubled and halved, instead of a division. */
static uint32_t count_units(pawl_time time, pawl_time unit)
{
	pawl_time step = unit;
	uint32_t units = 0, steps = 1;

	for (; time - step >= step; step *= 2)
		steps *= 2;
	for (; steps; step /= 2, steps /= 2)
		if (time >= step) {
			time -= step;
			units += steps;
		}
	return units;
}

/* In the largest unit of which it has ten or more. */
static void put_age(struct pawl_text *x, pawl_time age)
{
	static const struct {
		pawl_time unit;
		const char *name;
	} units[] = { { PAWL_S(3600), " h" }, { PAWL_S(60), " min" }, { PAWL_S(1), " s" },
		      { PAWL_MS(1), " ms" },  { PAWL_US(1), " us" },  { 1, " ns" } };
	size_t i = 0;

	while (i + 1 < PAWL_COUNT(units) && age < 10 * units[i].unit)
		i++;
	pawl_text_put_(x, ", ");
	pawl_text_uint_(x, count_units(age, units[i].unit));
	pawl_text_put_(x, units[i].name);
	pawl_text_put_(x, " old");
}
#else
static void put_age(struct pawl_text *x, pawl_time age)
{
	(void)x, (void)age;
}
#endif

static void say(const pawl_session *s, const pawl_task_info *i,
		void (*line)(void *arg, const char *text), void *arg)
{
	struct pawl_text x;
	char buf[256];

	pawl_text_begin_(&x, buf, sizeof buf);
	if (*label_of(s)) {
		pawl_text_put_(&x, label_of(s));
		pawl_text_put_(&x, ": ");
	}
	pawl_text_task_(&x, i);
	put_age(&x, i->age);
	pawl_text_put_(&x, ": ");
	pawl_text_put_(&x, i->wait);
	pawl_text_end_(&x);
	line(arg, buf);
}

int pawl_session_validate(pawl_session *s, void (*line)(void *arg, const char *text), void *arg)
{
	pawl_task_info some[8];
	struct pawl_piece p = { .info = some, .room = line ? PAWL_COUNT(some) : 0 };
	uint32_t count = look(s, &p);
	unsigned i, n;

	while ((n = pawl_piece_size_(&p)) > 0) {
		for (i = 0; i < n; i++)
			say(s, &some[i], line, arg);
		p.skip += n;
		look(s, &p);
	}
	return count ? PAWL_EBUSY : 0;
}

unsigned pawl_sessions(pawl_exec *x, pawl_session_info *ret, unsigned room)
{
	pawl_crew *c = pawl_crew_of_(x);
	pawl_time now = pawl_now(x);
	uintptr_t was = pawl_port_lock(c);
	pawl_session *s;
	unsigned n = 0;

	for (s = c->sessions_; s; s = s->next_) {
		pawl_time age = s->first_ ? pawl_task_info_(s->first_, now).age : 0;

		if (s->exec_ == x && n++ < room)
			ret[n - 1] = (pawl_session_info){ label_of(s), s->count_, s->failed_, age };
	}
	pawl_port_unlock(c, was);
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
	PAWL_ASSERT_OF(t, !(t->kind_ & PAWL_TASK_SESSION_) || t->of_.session_ != s);
	pawl_session_cancel(s);
	return wait(t, s, false);
}

#endif
