/* SPDX-License-Identifier: MIT */
/* A step of the simulator: 10 tasks of 20 steps each in random order, a new simulator per seed. */
#include "measure.h"

#include <pawl/sim.h>

enum { TASKS = 10, STEPS = 20 };

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

static void batch(void *arg, long count)
{
	static uint64_t seed;

	(void)arg;
	for (long i = 0; i < count; i++) {
		struct walker walkers[TASKS] = { 0 };
		pawl_sim *sim;

		measure_must(pawl_sim_new(++seed, &sim) == 0, "pawl_sim_new");
		for (int k = 0; k < TASKS; k++) {
			measure_must(pawl_spawn(pawl_sim_exec(sim), &walkers[k].task, walk) == 0,
				     "spawn");
			pawl_detach(&walkers[k].task);
		}
		measure_must(pawl_sim_run(sim) == 0, "ending all of them");
		pawl_sim_free(sim);
	}
}

static double run(bool quick)
{
	return measure(quick, batch, NULL, TASKS * STEPS);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "sim_step", "random10x20", run },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
