/* SPDX-License-Identifier: MIT */
/* The search: which actor takes each step, until all orders of steps that touch each other were. */
#include "inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 3000
#define WORDS_MAX 1024 /* a power of two */
#define ENDS_MAX 4096

typedef uint32_t mask;
#define BIT(a) ((mask)1 << (a))

/* A state, and the step that was chosen there. Clocks are numbers of steps, counted from 1. */
struct step {
	struct op ops[MODEL_ACTORS]; /* what everybody was about to do */
	mask enabled;                /* who could */
	mask backtrack;              /* who has to be tried */
	mask sleep;                  /* who need not be: as good as done */
	mask done;
	int actor;
	unsigned forced; /* switches up to here that nobody had to make */
};

typedef uint32_t clock_of[MODEL_ACTORS];

/* Who did what to a word in any run. */
struct use {
	uintptr_t at;
	mask read, wrote;
};

/* What was done to a word in this run. */
struct word {
	uintptr_t at;
	uint32_t run;
	uint32_t wrote, wrote_by; /* the last step that did */
	clock_of read;            /* each actor's last step that did */
	clock_of after_write, after_read;
};

static struct {
	const struct model *m;
	struct model_count count;
	struct step steps[STEPS_MAX];
	struct word words[WORDS_MAX];
	clock_of clocks[MODEL_ACTORS];
	struct op ops[MODEL_ACTORS];
	unsigned actors, depth;
	unsigned fixed;  /* so many steps are as they were in the last run */
	unsigned record; /* so many are the search's; beyond, a run only comes to its end */
	uint32_t run;
	bool is_warming, is_running, is_cut, is_winding;
	const char *replay;
	uint64_t ends[ENDS_MAX], end;
	struct use uses[WORDS_MAX];
	bool is_news; /* a word turned out to be shared */
} s;

void model_replay(const char *schedule)
{
	s.replay = schedule;
}

unsigned model_steps[MODEL_ACTORS + 1];

static const char *planted;

void model_plant(const char *message)
{
	planted = message;
}

bool model_is_running(void)
{
	return s.is_running || s.is_warming;
}

static bool is_reduced(void)
{
	return !s.m->is_full && !s.replay && !s.m->preemptions;
}

static struct word *word_at(uintptr_t at)
{
	size_t i = (at ^ at >> 7 ^ at >> 17) & (WORDS_MAX - 1);
	size_t n;

	for (n = 0; n < WORDS_MAX; n++, i = (i + 1) & (WORDS_MAX - 1)) {
		struct word *w = &s.words[i];

		if (w->run != s.run) {
			*w = (struct word){ .at = at, .run = s.run };
			return w;
		}
		if (w->at == at)
			return w;
	}
	model_fail(__FILE__, __LINE__, "the model has too many words");
}

static struct use *use_of(uintptr_t at)
{
	size_t i = (at ^ at >> 7 ^ at >> 17) & (WORDS_MAX - 1);
	size_t n;

	for (n = 0; n < WORDS_MAX; n++, i = (i + 1) & (WORDS_MAX - 1)) {
		struct use *u = &s.uses[i];

		if (!u->at)
			u->at = at;
		if (u->at == at)
			return u;
	}
	model_fail(__FILE__, __LINE__, "the model has too many words");
}

/* Several actors have to do with it, and not only read it. */
static bool is_shared(const struct use *u)
{
	mask all = u->read | u->wrote;

	return u->wrote && all & (all - 1);
}

static void use(const struct op *op, int actor)
{
	struct use *u = use_of(op->at);
	bool was_shared = is_shared(u);

	u->read |= BIT(actor);
	if (op->is_write)
		u->wrote |= BIT(actor);
	s.is_news |= !was_shared && is_shared(u);
}

static bool touch(const struct op *a, const struct op *b)
{
	return a->at == b->at && (a->is_write || b->is_write);
}

static void join(uint32_t *into, const uint32_t *from)
{
	unsigned a;

	for (a = 0; a < MODEL_ACTORS; a++)
		if (from[a] > into[a])
			into[a] = from[a];
}

/* Somebody who was able to go at a state, and whose going is before the actor's next step. */
static mask stands_for(unsigned state, int actor)
{
	mask found = 0;
	unsigned j;

	for (j = state + 1; j < s.depth; j++) {
		int a = s.steps[j].actor;

		if (s.steps[state].enabled & BIT(a) && j + 1 <= s.clocks[actor][a]) {
			if (s.steps[state].backtrack & BIT(a))
				return BIT(a);
			if (!found)
				found = BIT(a);
		}
	}
	return found;
}

/* The actor's next step could have come before the step that was taken there: try that, too. */
static void try_before(unsigned state, int actor)
{
	struct step *at = &s.steps[state];
	mask instead;

	if (at->enabled & BIT(actor)) {
		at->backtrack |= BIT(actor);
		return;
	}
	instead = stands_for(state, actor);
	at->backtrack |= instead ? instead : at->enabled;
}

/* The last step that touches the actor's next one and is in no order with it. */
static void find_races(int actor)
{
	const struct op *op = &s.ops[actor];
	const uint32_t *known = s.clocks[actor];
	struct word *w = word_at(op->at);
	uint32_t last = 0;
	int a;

	if (w->wrote && (int)w->wrote_by != actor && w->wrote > known[w->wrote_by])
		last = w->wrote;
	for (a = 0; op->is_write && a < MODEL_ACTORS; a++)
		if (a != actor && w->read[a] > known[a] && w->read[a] > last)
			last = w->read[a];
	if (last)
		try_before(last - 1, actor);
}

static mask sleep_after(const struct step *before)
{
	mask stay = 0;
	unsigned a;

	for (a = 0; a < s.actors; a++)
		if (before->sleep & BIT(a) && (int)a != before->actor &&
		    !touch(&before->ops[a], &before->ops[before->actor]))
			stay |= BIT(a);
	return stay;
}

static int first_of(mask m)
{
	return __builtin_ctz(m);
}

/* Whoever went last goes on, if it can. */
static int prefer(mask m)
{
	int last = s.depth ? s.steps[s.depth - 1].actor : 0;

	return m & BIT(last) ? last : first_of(m);
}

static void new_step_reduced(struct step *at)
{
	mask awake;

	at->sleep = s.depth ? sleep_after(&s.steps[s.depth - 1]) : 0;
	awake = at->enabled & ~at->sleep;
	if (!awake) {
		s.is_cut = true;
		at->actor = prefer(at->enabled);
		return;
	}
	at->actor = prefer(awake);
	at->backtrack = BIT(at->actor);
}

/*
 * Everybody, as long as there are switches left. Before an access to what is nobody else's a switch
 * is the same as before the next one.
 */
static void new_step_whole(struct step *at)
{
	const struct step *before = s.depth ? at - 1 : NULL;
	bool can_stay = before && at->enabled & BIT(before->actor);

	at->actor = prefer(at->enabled);
	at->backtrack = at->enabled;
	at->forced = before ? before->forced : 0;
	if (can_stay && s.m->preemptions &&
	    (at->forced >= s.m->preemptions || !is_shared(use_of(at->ops[at->actor].at))))
		at->backtrack = BIT(at->actor);
}

/* Where a switch was made that nobody had to, what follows has one less. */
static void count_switch(struct step *at)
{
	const struct step *before = s.depth ? at - 1 : NULL;

	at->forced = before ? before->forced : 0;
	if (before && at->actor != before->actor && at->enabled & BIT(before->actor))
		at->forced++;
}

static void new_step_replayed(struct step *at)
{
	char c = s.depth < strlen(s.replay) ? s.replay[s.depth] : 0;
	int a = c - '0';

	if (!c) {
		at->actor = prefer(at->enabled);
		return;
	}
	if (a < 0 || a >= (int)s.actors || !(at->enabled & BIT(a)))
		model_fail(__FILE__, __LINE__, "the schedule does not fit the model");
	at->actor = a;
}

static void new_step(struct step *at, mask enabled)
{
	memcpy(at->ops, s.ops, sizeof at->ops);
	at->enabled = enabled;
	at->backtrack = at->done = at->sleep = 0;
	if (s.replay)
		new_step_replayed(at);
	else if (s.is_cut)
		at->actor = prefer(enabled);
	else if (is_reduced())
		new_step_reduced(at);
	else
		new_step_whole(at);
	if (!s.is_cut)
		s.record = s.depth + 1;
}

/* The step is taken: it comes after all that it touches. */
static void enter(const struct step *at)
{
	int a = at->actor;
	const struct op *op = &s.ops[a];
	struct word *w = word_at(op->at);
	uint32_t now = s.depth + 1;

	join(s.clocks[a], w->after_write);
	if (op->is_write)
		join(s.clocks[a], w->after_read);
	s.clocks[a][a] = now;
	if (s.m->preemptions)
		use(op, a);
	if (op->is_write) {
		w->wrote = now;
		w->wrote_by = (uint32_t)a;
		memcpy(w->after_write, s.clocks[a], sizeof(clock_of));
		memset(w->after_read, 0, sizeof(clock_of));
	} else {
		w->read[a] = now;
		join(w->after_read, s.clocks[a]);
	}
	if (s.replay)
		model_trace_step(s.depth, a, op);
	s.depth++;
}

/* A lock was released: who takes it next comes after all that was done under it. */
void model_released(uintptr_t word)
{
	struct word *w = word_at(word);

	if (s.is_running)
		memcpy(w->after_write, s.clocks[model_self], sizeof(clock_of));
}

static mask who_can(void)
{
	mask m = 0, late = 0;
	unsigned a;

	for (a = 0; a < s.actors; a++) {
		const struct op *op = &s.ops[a];

		if (model_actor_is_over((int)a))
			continue;
		if (!op->ready || op->ready(op->arg))
			m |= BIT(a);
		else if (op->is_timed)
			late |= BIT(a);
	}
	if (m || !late)
		return m;
	/* Time goes on when nothing else does. */
	if (s.m->late)
		s.m->late();
	return late;
}

static void check_as_before(const struct step *at)
{
	unsigned a;

	for (a = 0; a < s.actors; a++)
		if (!model_actor_is_over((int)a) && at->ops[a].at != s.ops[a].at)
			model_fail(__FILE__, __LINE__, "the model is not the same in each run");
}

/* Who goes next: an actor, or the program when nobody can. */
static int choose(void)
{
	mask enabled = who_can();
	struct step *at = &s.steps[s.depth];
	unsigned a;

	if (s.depth >= STEPS_MAX - 1)
		model_fail(__FILE__, __LINE__, "a run without an end");
	for (a = 0; is_reduced() && !s.is_cut && s.depth >= s.fixed && a < s.actors; a++)
		if (!model_actor_is_over((int)a))
			find_races((int)a);
	if (!enabled)
		return MODEL_MAIN_ACTOR;
	if (s.depth < s.fixed)
		check_as_before(at);
	else
		new_step(at, enabled);
	count_switch(at);
	enter(at);
	return at->actor;
}

bool model_point(struct op op)
{
	if (model_self == MODEL_MAIN_ACTOR || s.is_winding)
		return !s.is_winding;
	s.ops[model_self] = op;
	model_steps[model_self]++;
	model_switch(s.is_warming ? MODEL_MAIN_ACTOR : choose());
	return !s.is_winding;
}

void model_actor_over(void)
{
	model_switch(s.is_warming || s.is_winding ? MODEL_MAIN_ACTOR : choose());
}

/* Each up to what it is about to do first. */
static void warm_up(void)
{
	unsigned a;

	s.is_warming = true;
	for (a = 0; a < s.actors; a++) {
		model_actor_start((int)a, s.m->actor[a]);
		model_switch((int)a);
	}
	s.is_warming = false;
}

static void wind_up(void)
{
	unsigned a;

	for (a = 0; a < s.actors - s.m->resting; a++)
		if (!model_actor_is_over((int)a))
			model_fail(__FILE__, __LINE__, "a deadlock: nobody can go on");
	s.is_winding = true;
	if (s.m->halt)
		s.m->halt();
	for (; a < s.actors; a++)
		while (!model_actor_is_over((int)a))
			model_switch((int)a);
	s.is_winding = false;
}

static void see_end(void)
{
	size_t i = s.end * UINT64_C(0x9e3779b97f4a7c15) >> 52;

	while (s.ends[i] && s.ends[i] != s.end)
		i = (i + 1) % ENDS_MAX;
	if (s.ends[i] == s.end)
		return;
	s.ends[i] = s.end;
	if (++s.count.ends == ENDS_MAX)
		model_fail(__FILE__, __LINE__, "too many different ends");
	s.count.hash += s.end * UINT64_C(0x9e3779b97f4a7c15);
}

static void run_once(void)
{
	s.run++;
	s.depth = 0;
	s.is_cut = false;
	s.end = 1;
	memset(s.clocks, 0, sizeof s.clocks);
	model_names_clear();
	model_port_begin();
	model_race_begin();
	s.m->begin();
	warm_up();
	s.is_running = true;
	model_switch(choose());
	wind_up();
	s.is_running = false;
	s.m->end();
	see_end();
	s.count.schedules += !s.is_cut;
	s.count.cut += s.is_cut;
	if (s.depth > s.count.steps_max)
		s.count.steps_max = s.depth;
}

/* Back to the last state with somebody left to try. */
static bool next(void)
{
	for (; s.record > 0; s.record--) {
		struct step *at = &s.steps[s.record - 1];
		mask rest;

		at->done |= BIT(at->actor);
		if (is_reduced())
			at->sleep |= BIT(at->actor);
		rest = at->backtrack & ~at->done & ~at->sleep;
		if (rest) {
			at->actor = first_of(rest);
			s.fixed = s.record;
			return true;
		}
	}
	return false;
}

/* From the start, but with the knowledge of which words are shared. */
static void start_again(void)
{
	s.count = (struct model_count){ 0 };
	memset(s.ends, 0, sizeof s.ends);
	s.record = s.fixed = 0;
	s.is_news = false;
}

/* One run after the other; false: that was the last. */
static bool go_on(void)
{
	if (s.replay)
		return false;
	if (!s.is_news)
		return next();
	start_again();
	return true;
}

struct model_count model_check(const struct model *m)
{
	const char *replay = s.replay;

	memset(&s, 0, sizeof s);
	s.replay = replay;
	s.m = m;
	while (s.actors < MODEL_ACTORS && m->actor[s.actors])
		s.actors++;
	do {
		s.record = s.fixed;
		run_once();
	} while (go_on());
	printf("%llu schedules, %llu cut, up to %u steps, %llu ends\n",
	       (unsigned long long)s.count.schedules, (unsigned long long)s.count.cut,
	       s.count.steps_max, (unsigned long long)s.count.ends);
	return s.count;
}

void model_add(unsigned *count)
{
	++*count;
}

void model_see(uint64_t value)
{
	s.end = (s.end ^ value) * UINT64_C(0x100000001b3) + 0x9e37;
}

bool model_wait(const void *of, bool (*ready)(void *arg), void *arg, const char *what)
{
	return model_point((struct op){ .at = LOCK_OF(of),
					.is_write = true,
					.ready = ready,
					.arg = arg,
					.what = what,
					.pc = __builtin_return_address(0) });
}

void model_step(const void *of, const char *what)
{
	model_point((struct op){ .at = LOCK_OF(of),
				 .is_write = true,
				 .what = what,
				 .pc = __builtin_return_address(0) });
}

_Noreturn void model_fail(const char *file, int line, const char *what)
{
	static char message[STEPS_MAX + 512], schedule[STEPS_MAX + 1];
	unsigned n;

	if (planted && strstr(what, planted))
		abort();
	for (n = 0; n < s.depth; n++) {
		schedule[n] = (char)('0' + s.steps[n].actor);
		if (!s.replay)
			model_trace_step(n, s.steps[n].actor, &s.steps[n].ops[s.steps[n].actor]);
	}
	fflush(stdout);
	snprintf(message, sizeof message, "%s, after %llu schedules; --schedule=%s", what,
		 (unsigned long long)(s.count.schedules + s.count.cut), schedule);
	kit_fail(file, line, message);
}
