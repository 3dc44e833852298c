/* SPDX-License-Identifier: MIT */
/* Planted bugs: after how many schedules each mode finds each, and with how few switches. */
#include "planted.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Prints, for each bug and mode that finds it,
 *
 *	planted,NAME:MODE,pawl,N,schedules		N was the first that failed
 *	planted_switches,NAME:MODE,pawl,N,switches	N are enough to make it fail
 *
 * as medians of 9 ranges of 1,000 seeds (or as many ranges as the first argument says); a range
 * without it counts as more than 1,000. The exhaustive search is made once, of up to 100,000
 * schedules. What is not found is told on the other output.
 */
static const char *const modes[] = { "random", "pct", "exhaustive" };

enum { RANGES_MAX = 99 };

static int compare(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static unsigned median(unsigned *values, unsigned count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void print(const char *name, unsigned mode, unsigned runs, unsigned switches)
{
	if (runs == (unsigned)-1) {
		fprintf(stderr, "planted: %s finds no %s\n", modes[mode], name);
		return;
	}
	printf("planted,%s:%s,pawl,%u,schedules\n", name, modes[mode], runs);
	printf("planted_switches,%s:%s,pawl,%u,switches\n", name, modes[mode], switches);
}

static int measure(const struct planted *p, unsigned mode, unsigned ranges)
{
	unsigned runs[RANGES_MAX], switches[RANGES_MAX], i;

	if (mode == PAWL_SIM_EXHAUSTIVE)
		ranges = 1;
	for (i = 0; i < ranges; i++) {
		pawl_sim_result result;
		int r = planted_run(&p->bug, (enum pawl_sim_mode)mode,
				    1 + (uint64_t)i * PLANTED_SEEDS, &result);

		if (r < 0) {
			fprintf(stderr, "planted: %s\n", pawl_strerror(r));
			return r;
		}
		runs[i] = result.has_failed ? result.runs : (unsigned)-1;
		switches[i] = result.has_failed ? result.switches : (unsigned)-1;
	}
	print(p->name, mode, median(runs, ranges), median(switches, ranges));
	return 0;
}

int main(int argc, char **argv)
{
	unsigned ranges = argc > 1 ? (unsigned)atoi(argv[1]) : 9, mode, i;

	if (ranges < 1 || ranges > RANGES_MAX) {
		fprintf(stderr, "planted: 1 to %d ranges\n", RANGES_MAX);
		return 2;
	}
	for (i = 0; planted_all[i]; i++)
		for (mode = 0; mode < PAWL_COUNT(modes); mode++)
			if (measure(planted_all[i], mode, ranges) < 0)
				return 1;
	return 0;
}
