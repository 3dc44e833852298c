/* SPDX-License-Identifier: MIT */
/* How long 1,000 seeds of a test of ten tasks take, on all processors, with their processes. */
#define _POSIX_C_SOURCE 200809L
#include <pawl/sim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TASKS = 10, STEPS = 20, SEEDS = 1000, ROUNDS = 9 };

struct walker {
	pawl_task task;
	int left;
};

static int walk(pawl_task *t)
{
	struct walker *w = PAWL_OF(t, struct walker, task);

	PAWL_BEGIN(t);
	for (w->left = STEPS - 1; w->left; w->left--)
		PAWL_YIELD(t);
	PAWL_END(t);
}

PAWL_SIM_TEST(ten_walkers, .seeds = SEEDS)
{
	struct walker walkers[TASKS] = { 0 };
	int i;

	for (i = 0; i < TASKS; i++) {
		pawl_spawn(pawl_sim_exec(sim), &walkers[i].task, walk);
		pawl_detach(&walkers[i].task);
	}
	CHECK(pawl_sim_run(sim) == 0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int measure(uint64_t first, double *ret)
{
	double begun = now();
	pawl_sim_result r;

	if (pawl_sim_many(&ten_walkers_case, first, SEEDS, &r) < 0)
		return -1;
	*ret = now() - begun;
	return r.has_failed || r.different != SEEDS ? -1 : 0;
}

/* The median of some rounds; with an argument of `--quick`, one round. */
int main(int argc, char **argv)
{
	int rounds = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 1 : ROUNDS, i;
	double seconds[ROUNDS];

	for (i = 0; i < rounds; i++)
		if (measure(1 + (uint64_t)i * SEEDS, &seconds[i]) < 0) {
			fprintf(stderr, "sim_seeds: not all seeds ran, or not each otherwise\n");
			return 1;
		}
	qsort(seconds, (size_t)rounds, sizeof *seconds, compare);
	printf("sim_seeds,random10x20x1000,pawl,%.4f,s\n", seconds[rounds / 2]);
	return 0;
}
