/* SPDX-License-Identifier: MIT */
/* Tests under many seeds: runs each until one fails, and says how to see that again. */
#include "sim/sim.h"

#include "port/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 200

static const char left_test[] = "a check of the test failed";

void pawl_sim_check(pawl_sim *sim, bool ok, const char *what, const char *file, int line)
{
	struct pawl_sim_report *r = &sim->report;

	if (ok)
		return;
	if (!r->has_failed)
		snprintf(r->text, sizeof r->text, "%s:%d: %s", file, line, what);
	r->has_failed = true;
	/* Inside a task this ends the task, and the test at its next check. */
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

/* By now the memory of the tasks may be gone: those are named that the last run wrote down. */
static void fail_left(struct pawl_sim_report *r, unsigned count)
{
	size_t at;
	unsigned i;

	r->has_failed = true;
	if (r->parked != count) {
		snprintf(r->text, sizeof r->text,
			 "%u tasks were left; end with pawl_sim_run to hear which", count);
		return;
	}
	at = (size_t)snprintf(r->text, sizeof r->text, "%u tasks were left:", r->parked);
	for (i = 0; i < r->line_count && at < sizeof r->text; i++)
		at += (size_t)snprintf(r->text + at, sizeof r->text - at, "%s %s", i ? "," : "",
				       r->lines[i]);
}

/* One seed. Returns whether it passed; `ret_why` says why not. */
static bool run_seed(const pawl_sim_case *c, uint64_t seed, uint64_t *ret_trace, char *ret_why,
		     size_t size)
{
	struct one_run run = { .c = c };
	struct pawl_sim_report *r;
	const char *why = NULL;
	bool passed;

	if (pawl_sim_new(seed, &run.sim) < 0) {
		snprintf(ret_why, size, "out of memory");
		return false;
	}
	r = &run.sim->report;
	r->is_wanted = true;
	if (pawl_port_try(call_test, &run, &why) < 0 && !r->has_failed) {
		snprintf(r->text, sizeof r->text, "panic: %s", why);
		r->has_failed = true;
	}
	if (!r->has_failed && pawl_crew_count(&run.sim->crew))
		fail_left(r, pawl_crew_count(&run.sim->crew));
	passed = !r->has_failed;
	snprintf(ret_why, size, "%s", r->text);
	*ret_trace = run.sim->trace;
	pawl_sim_forget_(run.sim);
	return passed;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static unsigned count_different(uint64_t *traces, unsigned count)
{
	unsigned i, n = count > 0;

	qsort(traces, count, sizeof(*traces), compare);
	for (i = 1; i < count; i++)
		n += traces[i] != traces[i - 1];
	return n;
}

struct seeds {
	uint64_t first;
	unsigned count;
};

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

static struct seeds seeds_of(const pawl_sim_case *c)
{
	struct seeds s = { 1, c->seeds ? c->seeds : SEEDS };
	uint64_t n;

	if (from_environment("PAWL_SEEDS", &n) && n > 0 && n < UINT32_MAX)
		s.count = (unsigned)n;
	if (from_environment("PAWL_SEED", &n))
		s = (struct seeds){ n, 1 };
	return s;
}

int pawl_sim_run_case(const pawl_sim_case *c)
{
	struct seeds s = seeds_of(c);
	uint64_t *traces = calloc(s.count, sizeof(*traces));
	char why[512] = "out of memory";
	unsigned i;
	bool passed = traces != NULL;

	for (i = 0; passed && i < s.count; i++)
		passed = run_seed(c, s.first + i, &traces[i], why, sizeof why);
	if (passed)
		printf("ok %s # seeds %llu to %llu, %u schedules\n", c->name,
		       (unsigned long long)s.first, (unsigned long long)(s.first + s.count - 1),
		       count_different(traces, s.count));
	else
		printf("not ok %s: %s (seed %llu; to see it again: PAWL_SEED=%llu)\n", c->name, why,
		       (unsigned long long)(s.first + i - (i > 0)),
		       (unsigned long long)(s.first + i - (i > 0)));
	free(traces);
	return passed ? 0 : 1;
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
