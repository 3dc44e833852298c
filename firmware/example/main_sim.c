/* SPDX-License-Identifier: MIT */
/* The examples under the simulator, for the seed that is given; a task plays the sensor. */
#include "ground.h"

#include <pawl/sim.h>

#include <stdlib.h>

static pawl_exec *exec;
static pawl_task sensor;
static void (*on_ready)(int sample);

static int measure(pawl_task *t)
{
	(void)t;
	on_ready(ground_sample());
	return PAWL_OK;
}

/* It was dropped before the one who waited for its last sample asks for another. */
void ground_measure(void (*ready)(int sample))
{
	on_ready = ready;
	if (pawl_spawn_after(exec, &sensor, measure, PAWL_MS(1)) < 0)
		abort();
	pawl_detach(&sensor);
}

int main(int argc, char **argv)
{
	pawl_task task = { 0 };
	pawl_sim *sim = NULL;
	int outcome = 1;

	if (pawl_sim_new(argc > 1 ? strtoull(argv[1], NULL, 10) : 1, &sim) < 0)
		return 2;
	exec = pawl_sim_exec(sim);
	if (pawl_spawn(exec, &task, app) == 0)
		pawl_block_on(exec, &task, &outcome);
	pawl_sim_free(sim);
	return outcome != 0;
}
