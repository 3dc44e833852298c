/* SPDX-License-Identifier: MIT */
/* Why a test fails: who waits for what, where it was spawned, who woke it last, what is left. */
#include "sim/sim.h"

#include "core/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same for the same reason: numbers in it, such as of steps, do not count. */
static uint64_t place_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		if (*text < '0' || *text > '9')
			hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

static void add(struct sim_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct sim_report *r, const char *format, ...)
{
	size_t at = strlen(r->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(r->text + at, sizeof r->text - at, format, arguments);
	va_end(arguments);
}

static void add_lines(struct sim_report *r)
{
	unsigned i;

	for (i = 0; i < r->line_count; i++)
		add(r, "%s%s", i ? "\n" : " ", r->lines[i]);
}

static void add_parked(struct sim_report *r)
{
	add(r, "nothing can go on, and %u tasks wait:", r->parked);
	add_lines(r);
}

void pawl_sim_fail_(pawl_sim *sim, enum sim_failure f, const char *format, ...)
{
	struct sim_report *r = &sim->report;
	va_list arguments;

	if (r->failure)
		return;
	r->failure = f;
	r->text[0] = 0;
	if (f == SIM_PARKED) {
		add_parked(r);
	} else {
		va_start(arguments, format);
		vsnprintf(r->text, sizeof r->text, format, arguments);
		va_end(arguments);
	}
	r->place = place_of(r->text) ^ f;
	sim->must_stop = r->is_test;
}

void pawl_sim_tell_left_(pawl_sim *sim)
{
	struct sim_report *r = &sim->report;

	add(r, "; %u %s left:", r->parked, r->parked == 1 ? "task is" : "tasks are");
	add_lines(r);
}

static void put_name(struct pawl_text *x, const pawl_task *t)
{
	pawl_text_put_(x, pawl_task_name(t));
#if PAWL_DIAG
	pawl_text_put_(x, " (");
	pawl_text_put_(x, t->place_ ? t->place_ : "?");
	pawl_text_put_(x, ")");
#endif
}

void pawl_sim_say_where_(const pawl_sim *sim, char *buf, size_t size)
{
	struct pawl_text x;
	char step[64];

	if (!sim || !sim->current)
		return;
	snprintf(step, sizeof step, ", at step %llu", (unsigned long long)sim->steps);
	pawl_text_begin_(&x, buf, size);
	pawl_text_put_(&x, " in ");
	put_name(&x, sim->current);
	pawl_text_put_(&x, step);
	pawl_text_end_(&x);
}

static bool node_has(const pawl_sim_node *n, const pawl_task *it)
{
	const pawl_crew *c = &n->tasks.crew;
	const pawl_session *s;
	const pawl_task *t;

	for (t = c->first_; t; t = t->peer_)
		if (t == it)
			return true;
	for (s = c->sessions_; s; s = s->next_)
		for (t = s->first_; t; t = t->peer_)
			if (t == it)
				return true;
	return false;
}

/* Does it live? If not, its memory may be anything. */
static bool is_left(const pawl_sim *sim, const pawl_task *t)
{
	const pawl_sim_node *n;

	for (n = sim->nodes; n; n = n->next)
		if (node_has(n, t))
			return true;
	return node_has(&sim->first, t);
}

/* Who has what it waits for, as far as that can be known: a mutex its owner, a join its child. */
static void put_holder(const pawl_sim *sim, struct pawl_text *x, const pawl_task *t)
{
	void *what = (void *)(t->waits_ & ~(uintptr_t)3);
	const pawl_task *owner;

	if (what && (t->waits_ & 3) == PAWL_WAITS_JOIN_) {
		pawl_text_put_(x, ": ");
		put_name(x, what);
	}
	if (!what || (t->waits_ & 3) != PAWL_WAITS_QUEUE_ ||
	    strcmp(pawl_task_wait(t), "a mutex") != 0)
		return;
	owner = ((const pawl_mutex *)((const pawl_waitq *)what)->of_)->owner_;
	if (!is_left(sim, owner)) {
		pawl_text_put_(x, ", which a task holds that has ended");
		return;
	}
	pawl_text_put_(x, ", which is held by ");
	put_name(x, owner);
}

/* A stackless task knows the line of its await. */
static void put_line(struct pawl_text *x, const pawl_task *t)
{
	char line[16];

	if (!t->pc_)
		return;
	snprintf(line, sizeof line, "%u", t->pc_);
	pawl_text_put_(x, " in line ");
	pawl_text_put_(x, line);
}

/* Of which session it is, if that has a name. */
static void put_session(struct pawl_text *x, const pawl_task *t)
{
#if PAWL_DIAG
	const pawl_session *s = pawl_task_session(t);

	if (!s || !s->label_)
		return;
	pawl_text_put_(x, s->label_);
	pawl_text_put_(x, ": ");
#else
	(void)x, (void)t;
#endif
}

static void note_task(pawl_sim *sim, const char *program, const pawl_task *t)
{
	struct sim_report *r = &sim->report;
	struct pawl_text x;
	char wake[160] = "";

	if (r->line_count == SIM_LINES)
		return;
	if (sim->tape)
		pawl_sim_tape_last_wake_(sim->tape, t, wake, sizeof wake);
	pawl_text_begin_(&x, r->lines[r->line_count++], sizeof r->lines[0]);
	pawl_text_put_(&x, program);
	pawl_text_put_(&x, *program ? ": " : "");
	put_session(&x, t);
	put_name(&x, t);
	put_line(&x, t);
	pawl_text_put_(&x, ": ");
	pawl_text_put_(&x, pawl_task_wait(t));
	put_holder(sim, &x, t);
	pawl_text_put_(&x, wake[0] ? "; " : "");
	pawl_text_put_(&x, wake);
	pawl_text_end_(&x);
}

static void note_node(pawl_sim *sim, const pawl_sim_node *n)
{
	const char *program = sim->nodes ? n->name : "";
	const pawl_crew *c = &n->tasks.crew;
	const pawl_session *s;
	const pawl_task *t;

	sim->report.parked += pawl_crew_count(c);
	if (!sim->report.is_test)
		return;
	for (t = c->first_; t; t = t->peer_)
		note_task(sim, program, t);
	for (s = c->sessions_; s; s = s->next_)
		for (t = s->first_; t; t = t->peer_)
			note_task(sim, program, t);
}

unsigned pawl_sim_note_parked_(pawl_sim *sim)
{
	const pawl_sim_node *n;

	if (sim->report.failure && sim->report.is_test)
		return sim->report.parked;
	sim->report.parked = 0;
	sim->report.line_count = 0;
	note_node(sim, &sim->first);
	for (n = sim->nodes; n; n = n->next)
		note_node(sim, n);
	return sim->report.parked;
}

static void count_slots(void *arg, const pawl_pool *p)
{
	*(uint64_t *)arg += p->out_;
}

static uint64_t slots_out(void)
{
	uint64_t n = 0;

	pawl_pools_each_used_(count_slots, &n);
	return n;
}

void pawl_sim_leaks_begin_(pawl_sim *sim)
{
	sim->slots_out = slots_out();
}

static unsigned count_tasks(const pawl_sim *sim)
{
	return pawl_sim_pending(sim).tasks;
}

/* By now the memory of the tasks may be gone: those are named that the last run wrote down. */
static void fail_tasks(pawl_sim *sim, unsigned count)
{
	struct sim_report *r = &sim->report;
	char text[sizeof r->text];
	int at;
	unsigned i;

	if (r->parked != count) {
		pawl_sim_fail_(sim, SIM_LEFT,
			       "%u tasks were left; end with pawl_sim_run to hear which", count);
		return;
	}
	at = snprintf(text, sizeof text, "%u tasks were left:", count);
	for (i = 0; i < r->line_count && at < (int)sizeof text; i++)
		at += snprintf(text + at, sizeof text - (size_t)at, "%s%s", i ? "\n" : " ",
			       r->lines[i]);
	pawl_sim_fail_(sim, SIM_LEFT, "%s", text);
}

struct slots {
	char text[300];
	size_t length;
};

static void add_pool(void *arg, const pawl_pool *p)
{
	struct slots *s = arg;

	if (p->out_ && s->length < sizeof s->text)
		s->length += (size_t)snprintf(s->text + s->length, sizeof s->text - s->length,
					      "%s %u of pool '%s'", s->length ? "," : "", p->out_,
					      (*p->info_)->name);
}

void pawl_sim_leaks_end_(pawl_sim *sim)
{
	unsigned count = count_tasks(sim);
	struct slots s = { 0 };

	if (sim->report.failure)
		return;
	if (count) {
		fail_tasks(sim, count);
	} else if (slots_out() > sim->slots_out) {
		pawl_pools_each_used_(add_pool, &s);
		pawl_sim_fail_(sim, SIM_LEFT, "slots were left:%s", s.text);
	}
}
