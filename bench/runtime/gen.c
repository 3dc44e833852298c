/* SPDX-License-Identifier: MIT */
/* Generators: what it costs to resume one that yields, and to make, run and end one. */
#include "flows.h"

#include <pawl/gen.h>
#include <pawl/stacks.h>

static pawl_gen flows[FLOWS];

static int yield(pawl_gen *g)
{
	while (pawl_yield(g, g->arg) == 0)
		;
	return 0;
}

static void flow_start(int i)
{
	pawl_gen_init(&flows[i], yield, &flows[i]);
	flow_resume(i);
}

static void flow_resume(int i)
{
	void *value = NULL;

	if (pawl_next(&flows[i], &value) < 0 || value != &flows[i])
		measure_must(false, "pawl_next");
}

static int nothing(pawl_gen *g)
{
	(void)g;
	return 0;
}

static void flow_fresh(int i)
{
	void *value = NULL;

	pawl_gen_init(&flows[i], nothing, NULL);
	if (pawl_next(&flows[i], &value) != PAWL_ECLOSED)
		measure_must(false, "pawl_next");
}

static void flow_end(int i)
{
	pawl_gen_fini(&flows[i]);
}

static void flow_pooled(void)
{
	flow_fresh(0);
	flow_end(0);
}

/* Others keep the stacks that are free now. */
static void flow_waste(int wave, int count)
{
	static pawl_gen keepers[FRESH_WAVES][FLOWS];
	pawl_stacks_stats stats;
	void *value = NULL;

	pawl_stacks_stats_get(&stats);
	measure_must(stats.made == (size_t)(wave + 1) * (size_t)count, "to use fresh stacks");
	for (int i = 0; i < count; i++) {
		pawl_gen_init(&keepers[wave][i], yield, NULL);
		measure_must(pawl_next(&keepers[wave][i], &value) == 0, "pawl_next");
	}
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = { FLOW_ROWS, { 0 } };

	return measure_main(argc, argv, rows);
}
