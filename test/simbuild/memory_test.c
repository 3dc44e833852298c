/* SPDX-License-Identifier: MIT */
/* Memory runs out anywhere in a build: it ends and says so, and the next one is right. */
#include "memory.h"
#include "simbuild.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 3

/* More than a small build asks for. */
#define ALLOCATIONS_MAX 1000

static unsigned below(pawl_sim *sim, unsigned n)
{
	return pawl_sim_random(sim, n);
}

/* It came to an end, and if that was no good one, somebody hears why. */
static void check_told(struct build *b)
{
	pawl_sim *sim = b->g->sim;

	if (!b->is_over) {
		CHECK(b->outcome == PAWL_EPANIC && pawl_sim_node_is_dead(b->node));
		return;
	}
	CHECK(b->result == 0 || b->message[0]);
	if (b->result == PAWL_EPANIC || b->summary.result == PAWL_EPANIC)
		CHECK(strstr(b->message, "out of memory"));
	if (b->result == 0)
		build_check_well(b);
}

static void end_well(struct graph *g)
{
	struct build b;

	memory_fails(0, 0);
	build_whole(&b, g, "last", JOBS);
	build_check_well(&b);
	build_whole(&b, g, "after it", JOBS);
	build_check_well(&b);
	pawl_sim_check(g->sim, build_ran(&b) == 0, "nothing is to be done", __FILE__, __LINE__);
}

static struct graph some_graph(pawl_sim *sim)
{
	struct graph g;

	graph_random(&g, sim, 1 + below(sim, 4));
	graph_write(&g);
	return g;
}

/* A build starts with so many; what comes after them is its tasks. */
static uint64_t some_allocation(pawl_sim *sim)
{
	return below(sim, 1u << (4 + below(sim, 12)));
}

static void fails_for(pawl_sim *sim, uint64_t count)
{
	struct graph g = some_graph(sim);
	struct build b;

	memory_fails(some_allocation(sim), count);
	build_whole(&b, &g, "without memory", JOBS);
	check_told(&b);
	end_well(&g);
}

PAWL_SIM_TEST(one_allocation_fails, .seeds = 400)
{
	fails_for(sim, 1);
}

PAWL_SIM_TEST(several_fail, .seeds = 400)
{
	fails_for(sim, 1 + below(sim, 1u << below(sim, 12)));
}

PAWL_SIM_TEST(all_that_follow_fail)
{
	fails_for(sim, UINT32_MAX);
}

/* Some are cut off. */
static void damage_blobs(pawl_sim *sim, pawl_world *w)
{
	static const char dir[] = "/b/store/blobs/";
	char *list = pawl_sim_list(sim), *at, *end;

	CHECK(list != NULL);
	for (at = list; (at = strstr(at, dir)); at = end + 1) {
		end = at + strcspn(at, "\n");
		at[strcspn(at, " ")] = 0;
		if (strlen(at) < sizeof dir + 8 || below(sim, 3))
			continue;
		CHECK(w->ops->unlink(w, at) == 0);
		CHECK(pawl_sim_put_file(sim, at, "w", 1, 0444) == 0);
	}
	free(list);
}

/* Only where the tasks run, and often: in what was built before, a few change. */
PAWL_SIM_TEST(one_fails_among_the_tasks, .seeds = 400)
{
	struct graph g = some_graph(sim);
	uint64_t whole;
	struct build b;

	memory_fails(0, 0);
	build_whole(&b, &g, "first", JOBS);
	whole = memory_asked();
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].word = below(sim, 2);
	g.recipes[g.count - 1].word = 1;
	graph_write(&g);
	memory_fails(below(sim, (uint32_t)whole), 1);
	build_whole(&b, &g, "without memory", JOBS);
	check_told(&b);
	end_well(&g);
}

/* Again and again, in one build folder. */
PAWL_SIM_TEST(build_after_build)
{
	struct graph g = some_graph(sim);
	struct build b[4];

	for (unsigned i = 0; i < PAWL_COUNT(b); i++) {
		memory_fails(some_allocation(sim), 1 + below(sim, 3));
		build_whole(&b[i], &g, "without memory", JOBS);
		check_told(&b[i]);
	}
	end_well(&g);
}

/* Blobs that are damaged make a build begin again, and that, too, takes memory. */
PAWL_SIM_TEST(it_fails_where_blobs_are_damaged, .seeds = 400)
{
	struct graph g = some_graph(sim);
	uint64_t whole;
	struct build b;

	memory_fails(0, 0);
	build_whole(&b, &g, "first", JOBS);
	whole = memory_asked();
	damage_blobs(sim, pawl_sim_node_world(b.node));
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].word = below(sim, 2);
	g.recipes[g.count - 1].word = 1;
	graph_write(&g);
	memory_fails(below(sim, (uint32_t)whole), 1 + below(sim, 2));
	build_whole(&b, &g, "without memory", JOBS);
	check_told(&b);
	end_well(&g);
}

/* A small build; the seed is the allocation. The last seeds see to it that these are all. */
PAWL_SIM_TEST(each_allocation_fails, .seeds = ALLOCATIONS_MAX, .options.is_fifo = true)
{
	struct graph g;
	struct build b;

	graph_chain(&g, sim, 2, 2);
	graph_write(&g);
	memory_fails(pawl_sim_seed(sim) - 1, 1);
	build_whole(&b, &g, "without memory", 2);
	check_told(&b);
	CHECK(pawl_sim_seed(sim) < ALLOCATIONS_MAX || memory_asked() < ALLOCATIONS_MAX);
	end_well(&g);
}

PAWL_SIM_MAIN(&one_allocation_fails_case, &several_fail_case, &all_that_follow_fail_case,
	      &one_fails_among_the_tasks_case, &build_after_build_case,
	      &it_fails_where_blobs_are_damaged_case, &each_allocation_fails_case)
