/* SPDX-License-Identifier: MIT */
/* The search: which actor takes each step, until all orders of steps that touch each other were. */
#include "inner.h"
#include "modes.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 3000
#define WORDS_MAX 1024 /* a power of two */
#define ENDS_MAX 4096

typedef uint32_t mask;
#define BIT(a) ((mask)1 << (a))

/*
 * A state, and the step that was chosen there; or a choice that is part of the step before. Clocks
 * are numbers of steps, counted from 1.
 */
struct step {
	struct op ops[MODEL_ACTORS]; /* what everybody was about to do */
	mask enabled;                /* who could */
	mask backtrack;              /* who has to be tried */
	mask sleep;                  /* who need not be: as good as done */
	mask done;
	int actor;
	unsigned forced; /* switches up to here that nobody had to make */
	unsigned below;  /* of a choice: one of so many; 0: it is none */
	unsigned value;
	int last; /* the place of the step before; -1: there is none */
};

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
	model_clock read;         /* each actor's last step that did */
	model_clock after_write, after_read;
};

static struct {
	const struct model *m;
	struct model_count count;
	struct step steps[STEPS_MAX];
	struct word words[WORDS_MAX];
	model_clock clocks[MODEL_ACTORS];
	struct op ops[MODEL_ACTORS];
	unsigned actors, depth;
	int last;        /* the place of the last step that is no choice; -1: there was none */
	unsigned fixed;  /* so many steps are as they were in the last run */
	unsigned record; /* so many are the search's; beyond, a run only comes to its end */
	uint32_t run;
	bool is_warming, is_running, is_cut, is_winding;
	const char *replay;
	uint64_t ends[ENDS_MAX], end;
	struct use uses[WORDS_MAX];
	bool is_news; /* a word turned out to be shared */
	jmp_buf back; /* out of a run that failed */
	struct model_failure failure;
	char schedule[STEPS_MAX + 1];
} s;

void model_replay(const char *schedule)
{
	s.replay = schedule;
}

unsigned model_steps[MODEL_ACTORS + 1];

static const char *planted;
static uint64_t schedules_before; /* of other models, in this program */

void model_plant(const char *message)
{
	planted = message;
}

bool model_is_running(void)
{
	return s.is_running || s.is_warming;
}

bool model_is_live(void)
{
	return !s.is_winding;
}

bool model_is_weak(void)
{
	return s.m->weak;
}

bool model_actor_is_there(int a)
{
	return (unsigned)a < s.actors && !model_actor_is_over(a);
}

static bool is_reduced(void)
{
	return !s.m->is_full && !s.replay && !s.m->preemptions && !model_mode_asks();
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
	if (model_is_weak() && ((a->is_sc && b->is_sc) || a->is_all || b->is_all))
		return true;
	return a->at == b->at && (a->is_write || b->is_write);
}

/* With weak memory a step touches more than its word: whatever is seq_cst, and whatever is. */
#define WORD_OF_SC (IS_LOCK | 1)
#define WORD_OF_ALL (IS_LOCK | 2)

struct touched {
	uintptr_t at;
	bool is_write;
};

static unsigned touched_by(const struct op *op, struct touched *ret)
{
	unsigned n = 0;

	ret[n++] = (struct touched){ op->at, op->is_write };
	if (model_is_weak() && op->is_sc)
		ret[n++] = (struct touched){ WORD_OF_SC, true };
	if (model_is_weak())
		ret[n++] = (struct touched){ WORD_OF_ALL, op->is_all };
	return n;
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

		if (!s.steps[j].below && s.steps[state].enabled & BIT(a) &&
		    j + 1 <= s.clocks[actor][a]) {
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

/* The last step that touches this and is in no order with the actor; 0: there is none. */
static uint32_t last_race(const struct touched *t, int actor)
{
	const uint32_t *known = s.clocks[actor];
	struct word *w = word_at(t->at);
	uint32_t last = 0;
	int a;

	if (w->wrote && (int)w->wrote_by != actor && w->wrote > known[w->wrote_by])
		last = w->wrote;
	for (a = 0; t->is_write && a < MODEL_ACTORS; a++)
		if (a != actor && w->read[a] > known[a] && w->read[a] > last)
			last = w->read[a];
	return last;
}

/* The last step that touches the actor's next one and is in no order with it. */
static void find_races(int actor)
{
	struct touched all[3];
	unsigned n = touched_by(&s.ops[actor], all);
	uint32_t last = 0;

	while (n-- > 0) {
		uint32_t at = last_race(&all[n], actor);

		last = at > last ? at : last;
	}
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

static const struct step *before(const struct step *at)
{
	return at->last < 0 ? NULL : &s.steps[at->last];
}

/* Whoever went last goes on, if it can. */
static int prefer(mask m)
{
	int last = s.last < 0 ? 0 : s.steps[s.last].actor;

	return m & BIT(last) ? last : first_of(m);
}

static void new_step_reduced(struct step *at)
{
	mask awake;

	at->sleep = before(at) ? sleep_after(before(at)) : 0;
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
	const struct step *b = before(at);
	bool can_stay = b && at->enabled & BIT(b->actor);

	at->actor = prefer(at->enabled);
	at->backtrack = at->enabled;
	at->forced = b ? b->forced : 0;
	if (can_stay && s.m->preemptions &&
	    (at->forced >= s.m->preemptions || !is_shared(use_of(at->ops[at->actor].at))))
		at->backtrack = BIT(at->actor);
}

/* Where a switch was made that nobody had to, what follows has one less. */
static void count_switch(struct step *at)
{
	const struct step *b = before(at);

	at->forced = b ? b->forced : 0;
	if (b && at->actor != b->actor && at->enabled & BIT(b->actor))
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
	at->below = at->backtrack = at->done = at->sleep = 0;
	at->last = s.last;
	if (s.replay)
		new_step_replayed(at);
	else if (model_mode_asks())
		at->actor = model_mode_pick(enabled, prefer(enabled));
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
static void order(const struct touched *t, int a)
{
	struct word *w = word_at(t->at);

	join(s.clocks[a], w->after_write);
	if (t->is_write)
		join(s.clocks[a], w->after_read);
}

static void note(const struct touched *t, int a)
{
	struct word *w = word_at(t->at);
	uint32_t now = s.depth + 1;

	if (t->is_write) {
		w->wrote = now;
		w->wrote_by = (uint32_t)a;
		memcpy(w->after_write, s.clocks[a], sizeof(model_clock));
		memset(w->after_read, 0, sizeof(model_clock));
	} else {
		w->read[a] = now;
		join(w->after_read, s.clocks[a]);
	}
}

static void enter(const struct step *at)
{
	int a = at->actor;
	const struct op *op = &s.ops[a];
	struct touched all[3];
	unsigned i, n = touched_by(op, all);

	for (i = 0; i < n; i++)
		order(&all[i], a);
	s.clocks[a][a] = s.depth + 1;
	if (s.m->preemptions)
		use(op, a);
	for (i = 0; i < n; i++)
		note(&all[i], a);
	if (s.replay)
		model_trace_step(s.depth, a, op);
	s.last = (int)s.depth;
	s.depth++;
}

static unsigned replayed_value(unsigned below)
{
	char c = s.depth < strlen(s.replay) ? s.replay[s.depth] : 'a';

	if (c < 'a' || (unsigned)(c - 'a') >= below)
		model_fail(__FILE__, __LINE__, "the schedule does not fit the model");
	return (unsigned)(c - 'a');
}

static void new_choice(struct step *at, unsigned below)
{
	at->below = below;
	at->value = 0;
	at->last = s.last;
	at->actor = model_self;
	if (s.replay)
		at->value = replayed_value(below);
	else if (model_mode_asks())
		at->value = model_mode_choose(below);
	if (!s.is_cut)
		s.record = s.depth + 1;
}

unsigned model_choose(unsigned below)
{
	struct step *at = &s.steps[s.depth];

	if (below <= 1 || !s.is_running || s.is_winding || s.is_warming)
		return 0;
	if (below > 26)
		model_fail(__FILE__, __LINE__, "too many stores to read from");
	if (s.depth >= STEPS_MAX - 1)
		model_fail(__FILE__, __LINE__, "a run without an end");
	if (s.depth >= s.fixed)
		new_choice(at, below);
	else if (at->below != below)
		model_fail(__FILE__, __LINE__, "the model is not the same in each run");
	if (s.replay)
		model_trace_choice(s.depth, at->actor, at->value, below);
	s.depth++;
	return at->value;
}

/* A lock was released: who takes it next comes after all that was done under it. */
void model_released(uintptr_t word)
{
	struct word *w = word_at(word);

	if (s.is_running)
		memcpy(w->after_write, s.clocks[model_self], sizeof(model_clock));
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
	if (model_is_weak())
		model_weak_settle();
	if (s.m->late)
		s.m->late();
	return late;
}

static void check_as_before(const struct step *at)
{
	unsigned a;

	for (a = 0; a < s.actors; a++)
		if (at->below || (!model_actor_is_over((int)a) && at->ops[a].at != s.ops[a].at))
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

/* Until it is the program's turn again. */
static void hand_over(int to)
{
	model_switch(to);
	if (s.failure.what)
		longjmp(s.back, 1);
}

/* Each up to what it is about to do first. */
static void warm_up(void)
{
	unsigned a;

	s.is_warming = true;
	for (a = 0; a < s.actors; a++) {
		model_actor_start((int)a, s.m->actor[a]);
		hand_over((int)a);
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
			hand_over((int)a);
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
	s.last = -1;
	s.is_cut = false;
	s.end = 1;
	memset(s.clocks, 0, sizeof s.clocks);
	model_names_clear();
	model_port_begin();
	model_threads_begin();
	model_race_begin();
	s.m->begin();
	warm_up();
	s.is_running = true;
	hand_over(choose());
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

		if (at->below) {
			if (++at->value == at->below)
				continue;
			s.fixed = s.record;
			return true;
		}
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

static void leave_run(void)
{
	s.is_warming = s.is_running = s.is_winding = false;
	model_actors_forget();
}

const struct model_failure *model_run(void)
{
	s.failure = (struct model_failure){ 0 };
	if (setjmp(s.back)) {
		leave_run();
		s.count.schedules++;
		return &s.failure;
	}
	run_once();
	return NULL;
}

static _Noreturn void report(const struct model_failure *f, const char *how)
{
	static char message[STEPS_MAX + 1024];
	unsigned n;

	for (n = 0; n < f->depth && !s.replay; n++) {
		const struct step *at = &s.steps[n];

		if (at->below)
			model_trace_choice(n, at->actor, at->value, at->below);
		else
			model_trace_step(n, at->actor, &at->ops[at->actor]);
	}
	fflush(stdout);
	snprintf(message, sizeof message, "%s, after %llu schedules%s; --schedule=%s", f->what,
		 (unsigned long long)f->after, how, s.schedule);
	kit_fail(f->file, f->line, message);
}

static void begin(const struct model *m)
{
	const char *replay = s.replay;

	memset(&s, 0, sizeof s);
	s.replay = replay;
	s.m = m;
	while (s.actors < MODEL_ACTORS && m->actor[s.actors])
		s.actors++;
}

static const struct model_failure *search(void)
{
	const struct model_failure *f;

	do {
		s.record = s.fixed;
		f = model_run();
	} while (!f && go_on());
	return f;
}

/* What was chosen in the run, as the modes ask for it. */
uint32_t model_log(struct pawl_choice *log, uint32_t max)
{
	uint32_t n, count = 0;

	for (n = 0; n < s.depth && count < max; n++) {
		const struct step *at = &s.steps[n];

		s.last = at->last;
		if (at->below)
			log[count++] = (struct pawl_choice){ at->value, at->below };
		else if (at->enabled & (at->enabled - 1))
			log[count++] =
				model_mode_place(at->enabled, prefer(at->enabled), at->actor);
	}
	return count;
}

uint32_t model_depth(void)
{
	return s.depth;
}

void model_free(void)
{
	s.record = s.fixed = 0;
}

struct model_count model_try(const struct model *m, struct model_result *ret)
{
	const struct model_failure *f;

	begin(m);
	*ret = (struct model_result){ 0 };
	f = model_mode_is_on() && !s.replay ? model_mode_search() : search();
	if (f) {
		ret->failure = *f;
		ret->failure.after = schedules_before + s.count.schedules + s.count.cut;
		if (!s.replay)
			model_mode_shrink(&ret->failure, ret);
		ret->schedule = s.schedule;
	}
	schedules_before += s.count.schedules + s.count.cut;
	return s.count;
}

struct model_count model_check(const struct model *m)
{
	struct model_result r;
	struct model_count count = model_try(m, &r);
	char how[64] = "";

	if (r.failure.what) {
		if (r.runs)
			snprintf(how, sizeof how, ", %u switches of %u left", r.switches,
				 r.switches_found);
		report(&r.failure, how);
	}
	printf("%llu schedules, %llu cut, up to %u steps, %llu ends\n",
	       (unsigned long long)count.schedules, (unsigned long long)count.cut, count.steps_max,
	       (unsigned long long)count.ends);
	return count;
}

bool model_ends(const struct model *m, uint64_t ends)
{
	return model_check(m).ends == ends || model_mode_is_on();
}

bool model_ends_from(const struct model *m, uint64_t ends)
{
	return model_check(m).ends >= ends || model_mode_is_on();
}

bool model_schedules_from(const struct model *m, uint64_t schedules)
{
	return model_check(m).schedules >= schedules || model_mode_is_on();
}

bool model_ends_weakly(const struct model *m, uint64_t ends)
{
	struct model weak = *m;

	weak.weak = true;
	if (weak.actor[2] || weak.preemptions)
		weak.preemptions = kit_long() ? 2 : 1;
	return model_ends_from(&weak, ends);
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

/* The schedule in letters: which actor took each step, and what it chose. */
static void put_schedule(void)
{
	unsigned n;

	for (n = 0; n < s.depth; n++) {
		const struct step *at = &s.steps[n];

		s.schedule[n] = (char)(at->below ? 'a' + (int)at->value : '0' + at->actor);
	}
	s.schedule[n] = '\0';
}

/* Out of the run, whoever it was; the actor is never gone on with. */
_Noreturn void model_fail(const char *file, int line, const char *what)
{
	static char text[256];

	if (planted && strstr(what, planted))
		abort();
	snprintf(text, sizeof text, "%s", what);
	put_schedule();
	s.failure = (struct model_failure){ file, line, text, s.depth, 0 };
	if (model_self != MODEL_MAIN_ACTOR)
		model_switch(MODEL_MAIN_ACTOR);
	longjmp(s.back, 1);
}
