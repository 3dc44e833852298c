/* SPDX-License-Identifier: MIT */
/* GCC's OpenMP: 1,000 trivial tasks are spawned by one thread of a team and waited for. */
#include "measure.h"

#include <omp.h>

enum { TASKS = 1000 };

static long ran;

static void trivial(void)
{
	__asm__ volatile("" : : : "memory");
}

static void batch(void *arg, long count)
{
	int threads = *(int *)arg;

#pragma omp parallel num_threads(threads)
#pragma omp single
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++) {
#pragma omp task
			trivial();
		}
#pragma omp taskwait
		ran++;
	}
}

static double run_one(bool quick)
{
	int threads = 1;

	return measure(quick, batch, &threads, TASKS);
}

static double run_two(bool quick)
{
	int threads = 2;

	return measure(quick, batch, &threads, TASKS);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "w1b1000", run_one },
		{ "spawn_join", "t2b1000", run_two },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
