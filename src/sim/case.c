/* SPDX-License-Identifier: MIT */
/* Tests under many seeds: runs each until one fails, and says how to see that again. */
#include "sim/spread.h"

#include "port/atomic.h"
#include "port/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 200
#define SCHEDULES 100000
#define DEPTH 3

#define LINES_MAX 40

/* A failing schedule is made smaller by at most so many runs. */
#define SHRINK_RUNS 1000

static const char left_test[] = "the test has failed";
static const char no_schedule[] = "there is no schedule of that number";

pawl_sim *pawl_sim_tested_;

_Noreturn void pawl_sim_leave_test_(void)
{
	pawl_port_throw(left_test);
}

/* Nothing goes on by itself, and the last run wrote down who is left. */
static bool is_stuck(const pawl_sim *sim)
{
	pawl_sim_counts c = pawl_sim_pending(sim);

	return !sim->current && !c.foreground && !c.background && !c.works && !c.timers &&
	       c.tasks && c.tasks == sim->report.parked;
}

void pawl_sim_check(pawl_sim *sim, bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	if (!sim->report.failure) {
		pawl_sim_fail_(sim, SIM_CHECK, "%s:%d: %s", file, line, what);
		if (is_stuck(sim))
			pawl_sim_tell_left_(sim);
	}
	/* Inside a task this ends the task, and the test with the next call of the simulator. */
	pawl_port_throw(left_test);
}

struct one_run {
	const pawl_sim_case *c;
	pawl_sim *sim;
};

static int call_test(void *arg)
{
	struct one_run *run = arg;

	run->c->fn(run->sim);
	return 0;
}

static void run_test(const pawl_sim_case *c, pawl_sim *sim)
{
	struct one_run run = { c, sim };
	pawl_sim *outer = pawl_sim_tested_;
	const char *why = NULL;

	sim->report.is_test = true;
	pawl_sim_tested_ = sim;
	pawl_sim_leaks_begin_(sim);
	if (pawl_port_try(call_test, &run, &why) < 0 && why != left_test)
		pawl_sim_fail_(sim, SIM_PANIC, "panic: %s", why);
	if (pawl_load(&sim->has_foreign))
		pawl_sim_take_foreign_(sim);
	pawl_sim_leaks_end_(sim);
	pawl_sim_tested_ = outer;
}

void pawl_sim_run_test_(const pawl_sim_case *c, uint64_t seed, struct pawl_search *s,
			struct sim_tape *tape, struct sim_outcome *ret)
{
	pawl_sim_options o = c->options;
	uint32_t used, blocks;
	pawl_sim *sim;

	memset(ret, 0, sizeof *ret);
	o.seed = seed;
	if (pawl_sim_new_searching_(&o, s, &sim) < 0) {
		ret->failure = SIM_NO_MEMORY;
		snprintf(ret->text, sizeof ret->text, "out of memory");
		return;
	}
	sim->tape = tape;
	sim->is_special |= tape != NULL;
	used = sim->body.used;
	blocks = sim->body.input[12];
	run_test(c, sim);
	ret->has_drawn = sim->body.used != used || sim->body.input[12] != blocks;
	ret->failure = sim->report.failure;
	ret->place = sim->report.place;
	ret->hash = sim->hash;
	ret->steps = sim->steps;
	ret->calls = sim->calls;
	ret->has_choices = sim->has_choices && !o.is_fifo;
	memcpy(ret->text, sim->report.text, sizeof ret->text);
	pawl_sim_forget_(sim);
}

/* How many steps the plainest run has: PCT wants to know. */
static void expect_steps(struct sim_plan *p)
{
	uint32_t none = 0;
	struct sim_show show = { .plan = p, .is_replay = true, .count = &none };

	if (p->mode == PAWL_SIM_PCT && pawl_sim_show_(&show) == 0)
		p->steps_expected = show.outcome.steps < UINT32_MAX ? (uint32_t)show.outcome.steps
								    : UINT32_MAX;
}

static int plan_of(const pawl_sim_case *c, uint64_t first, unsigned count, struct sim_plan *ret)
{
	bool is_exhaustive = c->mode == PAWL_SIM_EXHAUSTIVE;
	struct sim_plan p = { .c = c, .mode = c->mode, .depth = c->depth, .first = first };

	if (c->mode == PAWL_SIM_PCT && c->depth > PAWL_SEARCH_DEPTH_)
		return PAWL_EINVAL;
	p.count = count ? count : c->seeds;
	if (!p.count)
		p.count = is_exhaustive ? SCHEDULES : SEEDS;
	if (!p.depth && !is_exhaustive)
		p.depth = DEPTH;
	if (!p.first && is_exhaustive)
		p.first = 1;
	expect_steps(&p);
	*ret = p;
	return 0;
}

/* One that fails, to be made smaller. */
struct failing {
	const struct sim_plan *plan;
	uint64_t seed;              /* the test's own numbers come from it, also when replayed */
	struct sim_outcome outcome; /* of the last that failed alike */
	struct pawl_choice *log;
	uint32_t count;
};

/* One that goes on for much longer than the run that failed is none that is shorter. */
#define LONGER 4
#define LONGER_BY 10000

static void limit_steps(const struct failing *f, pawl_sim_case *c)
{
	uint64_t most = LONGER * (f->outcome.steps + f->outcome.calls) + LONGER_BY;

	if (f->outcome.failure == SIM_ENDLESS || f->outcome.failure == SIM_CRASHED)
		return;
	if (!c->options.steps_max || c->options.steps_max > most)
		c->options.steps_max = most;
}

static bool fails_alike(void *arg, struct pawl_choice *log, uint32_t *count)
{
	struct failing *f = arg;
	pawl_sim_case c = *f->plan->c;
	struct sim_plan plan = *f->plan;
	struct sim_show show = {
		.plan = &plan, .seed = f->seed, .is_replay = true, .log = log, .count = count
	};

	plan.c = &c;
	limit_steps(f, &c);
	if (pawl_sim_show_(&show) < 0 || show.has_overflown)
		return false;
	return show.outcome.failure == f->outcome.failure && show.outcome.place == f->outcome.place;
}

/* The same run again, with all its answers. False: it was not the same. */
static bool repeat(struct failing *f, bool *ret_is_long)
{
	struct sim_show show = {
		.plan = f->plan, .seed = f->seed, .log = f->log, .count = &f->count
	};

	if (pawl_sim_show_(&show) < 0)
		return true;
	*ret_is_long = show.has_overflown;
	return show.outcome.failure == f->outcome.failure && show.outcome.hash == f->outcome.hash &&
	       strcmp(show.outcome.text, f->outcome.text) == 0;
}

/* What is to be told of a failure, besides of why. */
struct story {
	char *text; /* the switches that are enough */
	size_t size;
};

static void tell(struct failing *f, struct story *story, pawl_sim_result *ret)
{
	struct sim_show show = { .plan = f->plan,
				 .seed = f->seed,
				 .is_replay = true,
				 .log = f->log,
				 .count = &f->count,
				 .form = SIM_SWITCHES,
				 .text = story->text,
				 .size = story->size };

	if (pawl_sim_show_(&show) == 0 && show.outcome.failure)
		snprintf(ret->why, sizeof ret->why, "%s", show.outcome.text);
}

static void shrink(struct failing *f, struct story *story, pawl_sim_result *ret)
{
	bool is_long = false;

	if (!repeat(f, &is_long)) {
		size_t n = strlen(ret->why);

		snprintf(ret->why + n, sizeof ret->why - n,
			 "; nondeterministic: a second run with this seed went otherwise");
		return;
	}
	if (is_long) {
		snprintf(story->text, story->size, "too long to be made shorter: %u choices",
			 PAWL_SEARCH_LOG_);
		return;
	}
	/* With the one above. */
	ret->shrunk_in = 1 + pawl_search_shrink_(f->log, &f->count, SHRINK_RUNS, fails_alike, f);
	ret->switches = pawl_search_switches_(f->log, f->count);
	tell(f, story, ret);
}

static void explain(const struct sim_plan *p, const struct sim_sum *sum, struct story *story,
		    pawl_sim_result *ret)
{
	struct failing f = { .plan = p, .seed = ret->seed, .outcome = sum->outcome };

	f.log = calloc(PAWL_SEARCH_LOG_, sizeof *f.log);
	if (f.log && sum->outcome.failure != SIM_SLOW)
		shrink(&f, story, ret);
	free(f.log);
}

static const char same_choices[] =
	"all seeds gave the same schedule; if that is so, say .is_fixed = true";
static const char no_choices[] = "all seeds gave the same schedule, as there was nothing to "
				 "choose; if that is so, say .is_fixed = true";

/*
 * The first run once more, now with a trace, so that all its memory is elsewhere: is it the same?
 * What hangs on addresses, or on runs before, shows here.
 */
static bool is_repeatable(const struct sim_plan *p, const struct sim_sum *sum)
{
	char text[2];
	struct sim_show show = { .plan = p, .seed = p->first, .form = SIM_SWITCHES };

	show.text = text;
	show.size = sizeof text;
	return pawl_sim_show_(&show) < 0 || show.outcome.hash == sum->first_hash;
}

static void fail_all(const struct sim_plan *p, const char *why, pawl_sim_result *ret)
{
	ret->has_failed = true;
	ret->seed = p->first;
	snprintf(ret->why, sizeof ret->why, "%s", why);
}

static int many(const struct sim_plan *p, struct story *story, pawl_sim_result *ret)
{
	struct sim_sum sum;
	int r = pawl_sim_spread_(p, &sum);

	if (r < 0)
		return r;
	*ret = (pawl_sim_result){ .runs = sum.runs, .different = sum.different };
	ret->is_complete = sum.is_complete;
	ret->has_drawn = sum.has_drawn;
	if (sum.failed < p->count) {
		ret->has_failed = true;
		ret->seed = p->first + sum.failed;
		memcpy(ret->why, sum.outcome.text, sizeof ret->why);
		explain(p, &sum, story, ret);
	} else if (!sum.runs) {
		fail_all(p, no_schedule, ret);
		ret->different = 0;
	} else if (sum.different < 2 && p->count > 1 && !p->c->is_fixed && !sum.is_complete) {
		fail_all(p, sum.has_choices ? same_choices : no_choices, ret);
	} else if (!is_repeatable(p, &sum)) {
		fail_all(p, "nondeterministic: a second run with this seed went otherwise", ret);
	}
	return 0;
}

int pawl_sim_many(const pawl_sim_case *c, uint64_t first, unsigned count, pawl_sim_result *ret)
{
	struct story story = { 0 };
	struct sim_plan p;
	int r = plan_of(c, first, count, &p);

	return r < 0 ? r : many(&p, &story, ret);
}

static void run_once(const struct sim_plan *p, struct pawl_search *s, struct sim_outcome *ret)
{
	uint64_t seed = p->mode == PAWL_SIM_EXHAUSTIVE ? 1 : p->first;

	if (p->mode == PAWL_SIM_EXHAUSTIVE && !pawl_sim_lead_to_(p, p->first, s)) {
		*ret = (struct sim_outcome){ .failure = SIM_CHECK };
		snprintf(ret->text, sizeof ret->text, "%s", no_schedule);
		return;
	}
	pawl_search_begin_(s, seed, false);
	pawl_sim_run_test_(p->c, seed, s, NULL, ret);
}

int pawl_sim_once(const pawl_sim_case *c, uint64_t seed, pawl_sim_result *ret)
{
	struct pawl_search s;
	struct sim_outcome o;
	struct sim_plan p;
	int r = plan_of(c, seed, 1, &p);

	if (r < 0)
		return r;
	pawl_search_init_(&s, p.mode, p.depth);
	s.steps_expected = p.steps_expected;
	if (c->options.is_fifo)
		pawl_search_replay_(&s, NULL, 0);
	run_once(&p, &s, &o);
	pawl_search_fini_(&s);
	if (o.failure == SIM_NO_MEMORY)
		return PAWL_ENOMEM;
	*ret = (pawl_sim_result){ .has_failed = o.failure, .seed = seed, .runs = 1 };
	ret->different = 1;
	memcpy(ret->why, o.text, sizeof ret->why);
	return 0;
}

/* What the environment wants. */
struct wishes {
	bool has_seed, has_seeds, has_depth, has_mode, is_here;
	uint64_t seed, seeds, depth;
	enum pawl_sim_mode mode;
	const char *trace; /* NULL: none */
};

static const char *const modes[] = { "random", "pct", "exhaustive" };

static const char *value_of(const char *name)
{
	const char *text = getenv(name);

	return text && *text ? text : NULL;
}

static bool refuse(const char *name, const char *why)
{
	fprintf(stderr, "%s=%s: %s\n", name, getenv(name), why);
	return false;
}

/* A number from 0 or 1 up to a largest. False: it is none. */
static bool read_number(const char *name, uint64_t min, uint64_t max, bool *has, uint64_t *ret)
{
	const char *text = value_of(name);
	char *end, why[64];

	*has = text;
	if (!text)
		return true;
	errno = 0;
	*ret = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end)
		return refuse(name, "not a number");
	if (!errno && *ret >= min && *ret <= max)
		return true;
	snprintf(why, sizeof why, "not from %llu to %llu", (unsigned long long)min,
		 (unsigned long long)max);
	return refuse(name, why);
}

static bool read_mode(struct wishes *w)
{
	const char *text = value_of("PAWL_SIM_MODE");
	unsigned i;

	w->has_mode = text;
	for (i = 0; text && i < PAWL_COUNT(modes); i++) {
		if (strcmp(text, modes[i]) != 0)
			continue;
		w->mode = (enum pawl_sim_mode)i;
		return true;
	}
	return !text || refuse("PAWL_SIM_MODE", "not random, pct or exhaustive");
}

/* False: it wants what cannot be, and was told so. */
static bool read_wishes(struct wishes *w)
{
	*w = (struct wishes){ .seed = 1, .trace = value_of("PAWL_SIM_TRACE") };
	w->is_here = value_of("PAWL_SIM_HERE");
	if (!read_number("PAWL_SEED", 0, UINT64_MAX, &w->has_seed, &w->seed) ||
	    !read_number("PAWL_SEEDS", 1, UINT32_MAX - 1, &w->has_seeds, &w->seeds) ||
	    !read_number("PAWL_SIM_DEPTH", 0, 999, &w->has_depth, &w->depth) || !read_mode(w))
		return false;
	if (w->trace && !w->has_seed)
		return refuse("PAWL_SIM_TRACE", "of which seed? PAWL_SEED=n says it");
	if (w->is_here && !w->has_seed)
		return refuse("PAWL_SIM_HERE", "with which seed? PAWL_SEED=n says it");
	return true;
}

/* As the environment wants it. */
static pawl_sim_case case_of(const pawl_sim_case *c, const struct wishes *w)
{
	pawl_sim_case it = *c;

	if (w->has_mode)
		it.mode = w->mode;
	if (it.mode != c->mode)
		it.depth = 0;
	if (w->has_depth)
		it.depth = (unsigned)w->depth;
	if (w->has_seeds)
		it.seeds = (unsigned)w->seeds;
	return it;
}

/* False: it cannot be written. */
static bool write_trace(const struct sim_plan *p, const char *name)
{
	static char buffer[BUFSIZ];
	struct sim_show show = { .plan = p, .seed = p->first, .form = SIM_TEXT };
	size_t n = strlen(name);

	if (n > 5 && strcmp(name + n - 5, ".json") == 0)
		show.form = SIM_JSON;
	show.file = fopen(name, "w");
	if (!show.file)
		return refuse("PAWL_SIM_TRACE", strerror(errno));
	/* A process that crashes is to have it. */
	setvbuf(show.file, buffer, _IOFBF, sizeof buffer);
	if (pawl_sim_show_(&show) < 0)
		show.file_error = EAGAIN;
	if (fclose(show.file) != 0 && !show.file_error)
		show.file_error = errno;
	return !show.file_error || refuse("PAWL_SIM_TRACE", strerror(show.file_error));
}

static void print_passed(const struct sim_plan *p, const pawl_sim_result *r)
{
	if (p->mode == PAWL_SIM_EXHAUSTIVE)
		printf("ok %s # %u schedules%s\n", p->c->name, r->runs,
		       !r->is_complete ? ""
		       : r->has_drawn  ? ", which are all with the numbers of seed 1"
				       : ", which are all");
	else
		printf("ok %s # seeds %llu to %llu, %u schedules\n", p->c->name,
		       (unsigned long long)p->first, (unsigned long long)(p->first + r->runs - 1),
		       r->different);
}

/* As many as a person reads; the others are counted. */
static void print_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text += strcspn(text, "\n")) {
		text += *text == '\n';
		if (*text && *text != '\n' && ++n <= LINES_MAX)
			printf("# %.*s\n", (int)strcspn(text, "\n"), text);
	}
	if (n > LINES_MAX)
		printf("# and %u more; PAWL_SIM_TRACE=FILE has all\n", n - LINES_MAX);
}

/* What the test does not say itself has to be said again. */
static void print_again(const struct wishes *w, uint64_t seed)
{
	if (w->has_mode)
		printf("PAWL_SIM_MODE=%s ", modes[w->mode]);
	if (w->has_depth)
		printf("PAWL_SIM_DEPTH=%llu ", (unsigned long long)w->depth);
	printf("PAWL_SEED=%llu)\n", (unsigned long long)seed);
}

static void print_failed(const struct sim_plan *p, const struct wishes *w, const pawl_sim_result *r,
			 struct story *story)
{
	int first = (int)strcspn(r->why, "\n");

	printf("not ok %s: %.*s (seed %llu; to see it again: ", p->c->name, first, r->why,
	       (unsigned long long)r->seed);
	print_again(w, r->seed);
	print_lines(r->why + first);
	if (!r->shrunk_in) {
		print_lines(story->text);
		return;
	}
	if (r->switches)
		printf("# %u %s enough to make it fail (found in %u runs):\n", r->switches,
		       r->switches == 1 ? "switch is" : "switches are", r->shrunk_in);
	else
		printf("# no switch is needed: it fails when whoever is ready longest is next%s\n",
		       *story->text ? "; what happens then:" : "");
	print_lines(story->text);
}

static const char *words_for(int r)
{
	if (r == PAWL_EINVAL)
		return "PCT has a depth of at most " PAWL_STRINGIFY(PAWL_SEARCH_DEPTH_);
	return r == PAWL_ENOMEM ? "out of memory" : "no process can be made";
}

static int refuse_case(const pawl_sim_case *c, int r)
{
	printf("not ok %s: %s\n", c->name, words_for(r));
	return r == PAWL_EINVAL ? 2 : 1;
}

static int run_here(const pawl_sim_case *c, uint64_t seed)
{
	pawl_sim_result result = { 0 };
	int r = pawl_sim_once(c, seed, &result);

	if (r < 0)
		return refuse_case(c, r);
	printf("%s %s%s%.*s (seed %llu)\n", result.has_failed ? "not ok" : "ok", c->name,
	       result.has_failed ? ": " : "", (int)strcspn(result.why, "\n"), result.why,
	       (unsigned long long)seed);
	print_lines(result.why + strcspn(result.why, "\n"));
	return result.has_failed;
}

static int run_case(const pawl_sim_case *c, const struct wishes *w)
{
	static char text[64 * 1024];
	struct story story = { text, sizeof text };
	pawl_sim_case it = case_of(c, w);
	pawl_sim_result result;
	struct sim_plan p;
	int r = plan_of(&it, w->seed, w->has_seed ? 1 : 0, &p);

	text[0] = 0;
	if (r == 0 && w->trace && !write_trace(&p, w->trace))
		return 2;
	if (r == 0 && w->is_here)
		return run_here(&it, w->seed);
	if (r == 0)
		r = many(&p, &story, &result);
	if (r < 0)
		return refuse_case(c, r);
	if (result.has_failed)
		print_failed(&p, w, &result, &story);
	else
		print_passed(&p, &result);
	return result.has_failed;
}

int pawl_sim_run_case(const pawl_sim_case *c)
{
	struct wishes w;

	return read_wishes(&w) ? run_case(c, &w) : 2;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

static int list(const pawl_sim_case *const *cases)
{
	for (; *cases; cases++)
		printf("%s\n", (*cases)->name);
	return 0;
}

/* How many are wanted; -1: one of the names is of none. */
static int count_wanted(const pawl_sim_case *const *cases, int argc, char **argv)
{
	const pawl_sim_case *const *c;
	int wanted = 0, i;

	for (i = 1; i < argc; i++) {
		for (c = cases; *c && strcmp((*c)->name, argv[i]) != 0; c++) {}
		if (*c)
			continue;
		fprintf(stderr, "%s: there is no such test; --list names them\n", argv[i]);
		return -1;
	}
	for (c = cases; *c; c++)
		wanted += is_wanted((*c)->name, argc, argv);
	return wanted;
}

int pawl_sim_main(const pawl_sim_case *const *cases, int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	struct wishes w;
	int wanted, r;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list(cases);
	wanted = count_wanted(cases, argc, argv);
	if (wanted < 0 || !read_wishes(&w))
		return 2;
	if (w.trace && wanted > 1)
		return refuse("PAWL_SIM_TRACE", "of which test? Say its name") ? 0 : 2;
	for (; *cases; cases++) {
		if (!is_wanted((*cases)->name, argc, argv))
			continue;
		r = run_case(*cases, &w);
		if (r > 1)
			return r;
		passed += r == 0;
		failed += r != 0;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
