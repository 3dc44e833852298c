/* SPDX-License-Identifier: MIT */
/* GCC's OpenMP: 1,000 trivial tasks are spawned by one of two threads and waited for. */
#include "measure.h"

enum { TASKS = 1000 };

static void trivial(void)
{
	__asm__ volatile("" : : : "memory");
}

/* A team of one would run each task where it is spawned, so there is no row of one worker. */
static void batch(void *arg, long count)
{
	(void)arg;
#pragma omp parallel num_threads(2)
#pragma omp single
	for (; count; count--) {
		for (int i = 0; i < TASKS; i++) {
#pragma omp task
			trivial();
		}
#pragma omp taskwait
	}
}

static double run(bool quick)
{
	return measure(quick, batch, NULL, TASKS);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "t2b1000", run },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
