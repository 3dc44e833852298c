/* SPDX-License-Identifier: MIT */
/* Tests under many seeds: runs each until one fails, and says how to see that again. */
#include "sim/spread.h"

#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 200
#define SCHEDULES 100000
#define DEPTH 3

/* A failing schedule is made smaller by at most so many runs. */
#define SHRINK_RUNS 1000

static const char left_test[] = "the test has failed";

_Noreturn void pawl_sim_leave_test_(void)
{
	pawl_port_throw(left_test);
}

void pawl_sim_check(pawl_sim *sim, bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	pawl_sim_fail_(sim, SIM_CHECK, "%s:%d: %s", file, line, what);
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
	const char *why = NULL;

	sim->report.is_test = true;
	pawl_sim_leaks_begin_(sim);
	if (pawl_port_try(call_test, &run, &why) < 0 && why != left_test)
		pawl_sim_fail_(sim, SIM_PANIC, "panic: %s", why);
	pawl_sim_leaks_end_(sim);
}

void pawl_sim_run_test_(const pawl_sim_case *c, uint64_t seed, struct pawl_search *s,
			struct sim_tape *tape, struct sim_outcome *ret)
{
	pawl_sim_options o = c->options;
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
	run_test(c, sim);
	ret->failure = sim->report.failure;
	ret->place = sim->report.place;
	ret->hash = sim->hash;
	ret->steps = sim->steps;
	ret->has_choices = sim->has_choices;
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

static struct sim_plan plan_of(const pawl_sim_case *c, uint64_t first, unsigned count)
{
	bool is_exhaustive = c->mode == PAWL_SIM_EXHAUSTIVE;
	struct sim_plan p = { .c = c, .mode = c->mode, .depth = c->depth, .first = first };

	p.count = count ? count : c->seeds;
	if (!p.count)
		p.count = is_exhaustive ? SCHEDULES : SEEDS;
	if (!p.depth && !is_exhaustive)
		p.depth = DEPTH;
	if (!p.first && is_exhaustive)
		p.first = 1;
	expect_steps(&p);
	return p;
}

/* One that fails, to be made smaller. */
struct failing {
	const struct sim_plan *plan;
	struct sim_outcome outcome; /* of the last that failed alike */
	struct pawl_choice *log;
	uint32_t count;
};

static bool fails_alike(void *arg, struct pawl_choice *log, uint32_t *count)
{
	struct failing *f = arg;
	struct sim_show show = { .plan = f->plan, .is_replay = true, .log = log, .count = count };

	if (pawl_sim_show_(&show) < 0 || show.has_overflown)
		return false;
	return show.outcome.failure == f->outcome.failure && show.outcome.place == f->outcome.place;
}

/* The same run again, with all its answers. False: it was not the same. */
static bool repeat(struct failing *f, uint64_t seed, bool *ret_is_long)
{
	struct sim_show show = { .plan = f->plan, .seed = seed, .log = f->log, .count = &f->count };

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
				 .is_replay = true,
				 .log = f->log,
				 .count = &f->count,
				 .form = SIM_SWITCHES,
				 .text = story->text,
				 .size = story->size };

	if (pawl_sim_show_(&show) == 0 && show.outcome.failure)
		snprintf(ret->why, sizeof ret->why, "%s", show.outcome.text);
}

static void shrink(struct failing *f, uint64_t seed, struct story *story, pawl_sim_result *ret)
{
	bool is_long = false;

	if (!repeat(f, seed, &is_long)) {
		size_t n = strlen(ret->why);

		snprintf(ret->why + n, sizeof ret->why - n,
			 "; nondeterministic: a second run with this seed went otherwise");
		return;
	}
	if (is_long)
		return;
	if (f->outcome.failure != SIM_CRASHED || f->count)
		ret->shrunk_in =
			pawl_search_shrink_(f->log, &f->count, SHRINK_RUNS, fails_alike, f);
	ret->switches = pawl_search_switches_(f->log, f->count);
	tell(f, story, ret);
}

static void explain(const struct sim_plan *p, const struct sim_sum *sum, struct story *story,
		    pawl_sim_result *ret)
{
	struct failing f = { .plan = p, .outcome = sum->outcome };

	f.log = calloc(PAWL_SEARCH_LOG_, sizeof *f.log);
	if (f.log)
		shrink(&f, ret->seed, story, ret);
	free(f.log);
}

static int many(const struct sim_plan *p, struct story *story, pawl_sim_result *ret)
{
	struct sim_sum sum;
	int r = pawl_sim_spread_(p, &sum);

	if (r < 0)
		return r;
	*ret = (pawl_sim_result){ .runs = sum.runs, .different = sum.different };
	ret->is_complete = sum.is_complete;
	if (sum.failed < p->count) {
		ret->has_failed = true;
		ret->seed = p->first + sum.failed;
		memcpy(ret->why, sum.outcome.text, sizeof ret->why);
		explain(p, &sum, story, ret);
	} else if (sum.different < 2 && p->count > 1 && !p->c->is_fixed && !sum.is_complete) {
		ret->has_failed = true;
		ret->seed = p->first;
		snprintf(ret->why, sizeof ret->why,
			 "all seeds gave the same schedule%s; if that is so, say .is_fixed = true",
			 sum.has_choices ? "" : ", as there was nothing to choose");
	}
	return 0;
}

int pawl_sim_many(const pawl_sim_case *c, uint64_t first, unsigned count, pawl_sim_result *ret)
{
	struct sim_plan p = plan_of(c, first, count);
	struct story story = { 0 };

	return many(&p, &story, ret);
}

int pawl_sim_once(const pawl_sim_case *c, uint64_t seed, pawl_sim_result *ret)
{
	struct pawl_search s;
	struct sim_outcome o;

	pawl_search_init_(&s, PAWL_SIM_RANDOM, 0);
	if (c->options.is_fifo)
		pawl_search_replay_(&s, NULL, 0);
	pawl_search_begin_(&s, seed, false);
	pawl_sim_run_test_(c, seed, &s, NULL, &o);
	pawl_search_fini_(&s);
	if (o.failure == SIM_NO_MEMORY)
		return PAWL_ENOMEM;
	*ret = (pawl_sim_result){ .has_failed = o.failure, .seed = seed, .runs = 1 };
	ret->different = 1;
	memcpy(ret->why, o.text, sizeof ret->why);
	return 0;
}

/* Tells whether the environment has a number of that name. */
static bool from_environment(const char *name, uint64_t *ret)
{
	const char *text = getenv(name);
	char *end;
	uint64_t n;

	if (!text || !*text)
		return false;
	n = strtoull(text, &end, 0);
	if (*end)
		return false;
	*ret = n;
	return true;
}

static enum pawl_sim_mode mode_from_environment(enum pawl_sim_mode otherwise)
{
	static const char *const names[] = { "random", "pct", "exhaustive" };
	const char *text = getenv("PAWL_SIM_MODE");
	unsigned i;

	for (i = 0; text && i < PAWL_COUNT(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum pawl_sim_mode)i;
	return otherwise;
}

/* As the environment wants it. */
static pawl_sim_case case_of(const pawl_sim_case *c)
{
	pawl_sim_case it = *c;
	uint64_t n;

	it.mode = mode_from_environment(c->mode);
	if (it.mode != c->mode)
		it.depth = 0;
	if (from_environment("PAWL_SIM_DEPTH", &n) && n < 1000)
		it.depth = (unsigned)n;
	if (from_environment("PAWL_SEEDS", &n) && n > 0 && n < UINT32_MAX)
		it.seeds = (unsigned)n;
	return it;
}

static void write_trace(const struct sim_plan *p)
{
	const char *file = getenv("PAWL_SIM_TRACE");
	size_t n = file ? strlen(file) : 0;
	struct sim_show show = { .plan = p, .seed = p->first, .file = file, .form = SIM_TEXT };

	if (n > 5 && strcmp(file + n - 5, ".json") == 0)
		show.form = SIM_JSON;
	if (n)
		pawl_sim_show_(&show);
}

static void print_passed(const struct sim_plan *p, const pawl_sim_result *r)
{
	if (p->mode == PAWL_SIM_EXHAUSTIVE)
		printf("ok %s # %u schedules%s\n", p->c->name, r->runs,
		       r->is_complete ? ", which are all" : "");
	else
		printf("ok %s # seeds %llu to %llu, %u schedules\n", p->c->name,
		       (unsigned long long)p->first, (unsigned long long)(p->first + r->runs - 1),
		       r->different);
}

static void print_story(char *text)
{
	char *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

static void print_failed(const struct sim_plan *p, const pawl_sim_result *r, struct story *story)
{
	printf("not ok %s: %s (seed %llu; to see it again: PAWL_SEED=%llu)\n", p->c->name, r->why,
	       (unsigned long long)r->seed, (unsigned long long)r->seed);
	if (!r->shrunk_in)
		return;
	printf("# %u %s enough to make it fail (found in %u runs):\n", r->switches,
	       r->switches == 1 ? "switch is" : "switches are", r->shrunk_in);
	print_story(story->text);
}

static const char *words_for(int r)
{
	return r == PAWL_ENOMEM ? "out of memory" : "no process can be made";
}

static int run_here(const pawl_sim_case *c, uint64_t seed)
{
	pawl_sim_result r = { 0 };
	int failed = pawl_sim_once(c, seed, &r) < 0 || r.has_failed;

	printf("%s %s%s%s\n", failed ? "not ok" : "ok", c->name, failed ? ": " : "", r.why);
	return failed;
}

int pawl_sim_run_case(const pawl_sim_case *c)
{
	static char text[64 * 1024];
	struct story story = { text, sizeof text };
	pawl_sim_case it = case_of(c);
	uint64_t seed = 1;
	bool is_one = from_environment("PAWL_SEED", &seed);
	pawl_sim_result result;
	struct sim_plan p;
	int r;

	if (is_one && getenv("PAWL_SIM_HERE"))
		return run_here(&it, seed);
	p = plan_of(&it, seed, is_one ? 1 : 0);
	text[0] = 0;
	if (is_one)
		write_trace(&p);
	r = many(&p, &story, &result);
	if (r < 0)
		printf("not ok %s: %s\n", c->name, words_for(r));
	else if (result.has_failed)
		print_failed(&p, &result, &story);
	else
		print_passed(&p, &result);
	return r < 0 || result.has_failed;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int pawl_sim_main(const pawl_sim_case *const *cases, int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	bool only_list = argc > 1 && strcmp(argv[1], "--list") == 0;

	for (; *cases; cases++) {
		if (only_list) {
			printf("%s\n", (*cases)->name);
			continue;
		}
		if (!is_wanted((*cases)->name, argc, argv))
			continue;
		if (pawl_sim_run_case(*cases) == 0)
			passed++;
		else
			failed++;
	}
	if (only_list)
		return 0;
	printf("%u passed, %u failed\n", passed, failed);
	/* Asked for by name, a test that does not exist is a failure too. */
	return failed || (argc > 1 && !passed) ? 1 : 0;
}
