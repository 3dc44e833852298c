/* SPDX-License-Identifier: MIT */
/* How long a whole build of about a hundred tasks takes inside the simulator. */
#define _POSIX_C_SOURCE 200809L
#include "simbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECIPES = 34, STEPS = 3, TASKS = RECIPES * STEPS, JOBS = 8, ROUNDS = 41 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Recipes that need nothing, and a last one that needs them all. */
static void wide(struct graph *g, pawl_sim *sim)
{
	graph_chain(g, sim, RECIPES, STEPS);
	for (unsigned i = 0; i < RECIPES - 1; i++)
		g->recipes[i].deps = 0;
	g->recipes[RECIPES - 1].deps = (UINT64_C(1) << (RECIPES - 1)) - 1;
	graph_write(g);
}

/* From opening the build folder to closing it; it is checked, but not in that time. */
static int measure(uint64_t seed, double *ret)
{
	struct graph g;
	struct build b;
	pawl_sim *sim;
	unsigned ran;

	if (pawl_sim_new(seed, &sim) < 0)
		return -1;
	wide(&g, sim);
	*ret = now();
	build_whole(&b, &g, "build", JOBS);
	*ret = now() - *ret;
	build_check_well(&b);
	ran = build_ran(&b);
	pawl_sim_free(sim);
	return ran == TASKS ? 0 : -1;
}

/* The median of some rounds, after one that warms up; with `--quick`, one round. */
int main(int argc, char **argv)
{
	int rounds = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 1 : ROUNDS, i;
	double ms[ROUNDS + 1];

	for (i = 0; i <= rounds; i++)
		if (measure(1 + (uint64_t)i, &ms[i]) < 0) {
			fprintf(stderr, "sim_build: not all tasks ran\n");
			return 1;
		}
	qsort(ms + 1, (size_t)rounds, sizeof *ms, compare);
	printf("sim_build,n%d,pawl,%.2f,ms\n", TASKS, ms[1 + rounds / 2]);
	return 0;
}
