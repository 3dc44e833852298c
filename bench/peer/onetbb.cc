/* SPDX-License-Identifier: MIT */
/* oneTBB: 1,000 trivial tasks of a group, spawned by one thread of an arena and waited for. */
#include "measure.h"

#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

enum { TASKS = 1000 };

static void batch(void *arg, long count)
{
	auto arena = static_cast<tbb::task_arena *>(arg);

	arena->execute([count] {
		for (long i = 0; i < count; i++) {
			tbb::task_group group;

			for (int k = 0; k < TASKS; k++)
				group.run([] { __asm__ volatile("" : : : "memory"); });
			group.wait();
		}
	});
}

static double run(bool quick, int threads)
{
	tbb::task_arena arena(threads);

	return measure(quick, batch, &arena, TASKS);
}

static double run_one(bool quick)
{
	return run(quick, 1);
}

static double run_two(bool quick)
{
	return run(quick, 2);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "spawn_join", "w1b1000", run_one },
		{ "spawn_join", "t2b1000", run_two },
		{},
	};

	return measure_main(argc, argv, rows);
}
