/* SPDX-License-Identifier: MIT */
/* Builds under seeds: whatever happens to them, the next one finishes, and nothing is wrong. */
#include "simbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 3

static unsigned below(pawl_sim *sim, unsigned n)
{
	return pawl_sim_random(sim, n);
}

static struct graph some_graph(pawl_sim *sim, unsigned recipes)
{
	struct graph g;

	graph_random(&g, sim, 1 + below(sim, recipes));
	graph_write(&g);
	return g;
}

static unsigned tasks_of(const struct graph *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->count; i++)
		n += g->recipes[i].steps;
	return n;
}

/* The last build of a test: all is right, and the one after it has nothing to do. */
static void build_to_the_end(struct graph *g, struct build *ret)
{
	struct build again;

	build_whole(ret, g, "last", JOBS);
	build_check_well(ret);
	build_whole(&again, g, "after it", JOBS);
	build_check_well(&again);
	pawl_sim_check(g->sim, build_ran(&again) == 0, "nothing is to be done", __FILE__, __LINE__);
}

PAWL_SIM_TEST(each_task_runs_once)
{
	struct graph g = some_graph(sim, 8);
	struct build b;

	build_to_the_end(&g, &b);
	CHECK(build_ran(&b) == tasks_of(&g));
}

/* A call of the world, more often an early one; it may be later than all that come. */
static uint64_t some_call(pawl_sim *sim)
{
	return pawl_sim_world_calls(sim) + 1 + below(sim, 1u << (2 + below(sim, 10)));
}

static void crash_somewhere(pawl_sim *sim)
{
	if (below(sim, 2))
		pawl_sim_power_cut_at(sim, some_call(sim));
	else
		pawl_sim_kill_at(sim, some_call(sim));
}

/* One build after the other that does not come to its end, and what was durable stays. */
static void crash_and_go_on(pawl_sim *sim, unsigned times)
{
	struct graph g = some_graph(sim, 6);
	struct build builds[5], last;
	pawl_time crashed[5];

	for (unsigned i = 0; i < times; i++) {
		crash_somewhere(sim);
		build_whole(&builds[i], &g, "crashes", JOBS);
		crashed[i] = pawl_now(pawl_sim_exec(sim));
		crash_never(sim);
		if (builds[i].is_over)
			build_check_well(&builds[i]);
		for (unsigned k = 0; k < i; k++)
			build_check_kept(&builds[k], crashed[k], &builds[i]);
	}
	build_to_the_end(&g, &last);
	for (unsigned k = 0; k < times; k++)
		build_check_kept(&builds[k], crashed[k], &last);
}

PAWL_SIM_TEST(a_crash_anywhere, .seeds = 400)
{
	crash_and_go_on(sim, 1);
}

PAWL_SIM_TEST(crash_after_crash)
{
	crash_and_go_on(sim, 5);
}

/* Everything that can fail does now and then: the build may fail, but not be wrong. */
static pawl_sim_faults some_faults(pawl_sim *sim)
{
	uint32_t in = 20 + below(sim, 1000);
	pawl_sim_faults f = { 0 };

	if (below(sim, 2))
		f.short_read_in = 5;
	if (below(sim, 2))
		f.read_fails_in = in;
	if (below(sim, 2))
		f.write_fails_in = in;
	if (below(sim, 2))
		f.sync_fails_in = in / 10;
	if (below(sim, 2))
		f.open_fails_in = in;
	if (below(sim, 2))
		f.change_fails_in = in;
	if (below(sim, 2))
		f.start_fails_in = in / 10;
	if (below(sim, 2)) {
		f.delay_in = 20;
		f.delay_max = PAWL_MS(50);
	}
	return f;
}

static void with_faults(pawl_sim *sim, bool crashes)
{
	struct graph g = some_graph(sim, 6);
	pawl_sim_faults f = some_faults(sim);
	struct build b, last;

	for (unsigned i = 0; i < 2; i++) {
		pawl_sim_set_faults(sim, &f);
		if (crashes)
			crash_somewhere(sim);
		build_whole(&b, &g, "with faults", JOBS);
		crash_never(sim);
		pawl_sim_set_faults(sim, NULL);
		if (b.is_over && b.result == 0)
			build_check_well(&b);
	}
	build_to_the_end(&g, &last);
}

PAWL_SIM_TEST(calls_that_fail, .seeds = 400)
{
	with_faults(sim, false);
}

PAWL_SIM_TEST(calls_that_fail_and_crashes, .seeds = 400)
{
	with_faults(sim, true);
}

/* Tasks that fail, each in its way: nobody who depends on one runs; mended, all is well. */
PAWL_SIM_TEST(tasks_that_fail, .seeds = 400)
{
	struct graph g = some_graph(sim, 8);
	unsigned bad = 1 + below(sim, 2), failed = 0;
	struct build b, last;

	for (unsigned i = 0; i < bad; i++)
		g.recipes[below(sim, g.count)].manner = EXITS + below(sim, HANGS - EXITS + 1);
	graph_write(&g);
	build_start(&b, &g, pawl_sim_first_node(sim), JOBS);
	b.options.keep_going = below(sim, 2);
	pawl_sim_run(sim);
	CHECK(b.is_over && b.result == PAWL_EIO && b.summary.failed >= 1);
	for (unsigned i = 0; i < g.count; i++) {
		failed += b.went[i][0] == FAILED;
		CHECK((b.went[i][0] == FAILED) <= (g.recipes[i].manner != WELL));
		g.recipes[i].manner = WELL;
	}
	CHECK(failed == b.summary.failed);
	graph_write(&g);
	build_to_the_end(&g, &last);
}

/*
 * Processes that leave others behind, and that take job slots, fewer than there are: unlike make,
 * they have nothing else to do meanwhile.
 */
PAWL_SIM_TEST(daemons_and_slots)
{
	struct graph g = some_graph(sim, 6);
	struct build b;

	for (unsigned i = 0; i < g.count; i++)
		if (below(sim, 2))
			g.recipes[i].manner = LEAVES_DAEMON;
	for (unsigned i = 1; i < JOBS; i++)
		g.recipes[below(sim, g.count)].manner = USES_SLOT;
	graph_write(&g);
	build_to_the_end(&g, &b);
}

/* Two at once: one builds, the other hears that, or comes later. Either may be killed. */
PAWL_SIM_TEST(two_pawls_at_once, .seeds = 400)
{
	struct graph g = some_graph(sim, 5);
	struct build a, b, last;
	pawl_sim_node *other;
	bool is_killed = below(sim, 2);

	CHECK(pawl_sim_node_new(sim, "other", &other) == 0);
	if (is_killed)
		pawl_sim_kill_at(sim, some_call(sim));
	build_start(&a, &g, pawl_sim_first_node(sim), JOBS);
	build_start(&b, &g, other, JOBS);
	pawl_sim_run(sim);
	crash_never(sim);
	CHECK(a.is_over || pawl_sim_node_is_dead(a.node));
	CHECK(b.is_over || pawl_sim_node_is_dead(b.node));
	CHECK(!a.is_over || a.result == 0 || a.result == PAWL_EBUSY);
	CHECK(!b.is_over || b.result == 0 || b.result == PAWL_EBUSY);
	CHECK(is_killed || a.result == 0 || b.result == 0);
	if (a.is_over && a.result == 0)
		build_check_well(&a);
	build_to_the_end(&g, &last);
}

/* Of what was changed, and of what depends on it, runs all; of the rest nothing. */
PAWL_SIM_TEST(changes_run_what_they_concern)
{
	struct graph g = some_graph(sim, 8);
	uint64_t changed = 0;
	struct build b;

	build_to_the_end(&g, &b);
	for (unsigned i = 0; i < g.count; i++) {
		if (below(sim, 3) == 0) {
			g.recipes[i].word++;
			changed |= UINT64_C(1) << i;
		}
		if (g.recipes[i].deps & changed)
			changed |= UINT64_C(1) << i;
	}
	graph_write(&g);
	if (below(sim, 2)) {
		crash_somewhere(sim);
		build_whole(&b, &g, "crashes", JOBS);
		crash_never(sim);
	}
	build_whole(&b, &g, "changed", JOBS);
	build_check_well(&b);
	for (unsigned i = 0; i < g.count; i++)
		CHECK(b.went[i][0] != RAN || changed >> i & 1);
}

/* Sysroots whose time is not as it was made are damaged. */
static void damage_sysroots(pawl_sim *sim, pawl_world *w)
{
	static const char dir[] = "/b/tmp/sysroots/";
	char *list = pawl_sim_list(sim), *at, *end;
	unsigned damaged = 0;

	CHECK(list != NULL);
	for (at = list; (at = strstr(at, dir)); at = end + 1) {
		end = at + strcspn(at, "\n");
		at[strcspn(at, " ")] = 0;
		if (strchr(at + sizeof dir - 1, '/'))
			continue;
		CHECK(w->ops->set_mtime(w, at, 1) == 0);
		damaged++;
	}
	CHECK(damaged >= 1);
	free(list);
}

/*
 * Two tasks need a sysroot that is damaged, at the same time: neither takes away what
 * the other has mended and uses.
 */
PAWL_SIM_TEST(a_damaged_sysroot_is_mended_by_several, .seeds = 400)
{
	struct graph g;
	struct build b;

	graph_chain(&g, sim, 4, 1);
	g.recipes[2].deps = 1;
	g.recipes[3].deps = 6;
	graph_write(&g);
	build_whole(&b, &g, "first", JOBS);
	build_check_well(&b);
	g.recipes[1].word = g.recipes[2].word = 1;
	graph_write(&g);
	damage_sysroots(sim, pawl_sim_node_world(b.node));
	build_to_the_end(&g, &b);
}

PAWL_SIM_TEST(interrupted_once_or_twice)
{
	struct graph g = some_graph(sim, 6);
	struct build b, last;
	struct interrupter i = { .times = 1 + below(sim, 2), .after = PAWL_MS(below(sim, 300)) };

	for (unsigned k = 0; k < g.count; k++)
		g.recipes[k].sleep_ms = below(sim, 400);
	graph_write(&g);
	build_start(&b, &g, pawl_sim_first_node(sim), JOBS);
	build_interrupt_later(&b, &i);
	pawl_sim_run(sim);
	CHECK(b.is_over && (b.result == 0 || b.result == PAWL_ECANCELED));
	build_to_the_end(&g, &last);
}

PAWL_SIM_MAIN(&each_task_runs_once_case, &a_crash_anywhere_case, &crash_after_crash_case,
	      &calls_that_fail_case, &calls_that_fail_and_crashes_case, &tasks_that_fail_case,
	      &daemons_and_slots_case, &two_pawls_at_once_case, &changes_run_what_they_concern_case,
	      &interrupted_once_or_twice_case, &a_damaged_sysroot_is_mended_by_several_case)
