/* SPDX-License-Identifier: MIT */
/* What others do to a build: work folders that are changed, inputs too; slots, and who has them. */
#include "simbuild.h"

#include <pawl/co_await.h>

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

static void build_well(struct graph *g, struct build *ret, const char *name)
{
	build_whole(ret, g, name, JOBS);
	build_check_well(ret);
	build_check_quiet(ret);
}

/* ---- the store after a crash ---- */

/* Whatever crashed, no blob is damaged, and no result is without its blobs. */
PAWL_SIM_TEST(a_crash_damages_no_blob, .seeds = 400)
{
	struct graph g = some_graph(sim, 4);
	struct build b;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t call =
			pawl_sim_world_calls(sim) + 1 + below(sim, 1u << (4 + below(sim, 8)));

		if (below(sim, 4))
			pawl_sim_power_cut_at(sim, call);
		else
			pawl_sim_kill_at(sim, call);
		build_whole(&b, &g, "crashes", JOBS);
		build_check_quiet(&b);
		pawl_sim_power_cut_at(sim, 0);
		pawl_sim_kill_at(sim, 0);
	}
	build_well(&g, &b, "last");
}

/* A sync fails, the next one does not, and has not written what the first was to write. */
PAWL_SIM_TEST(a_sync_that_failed_is_not_made_up_for, .seeds = 1000)
{
	const pawl_sim_faults f = { .sync_fails_in = 4, .delay_in = 5, .delay_max = PAWL_MS(30) };
	struct graph g = some_graph(sim, 4);
	struct build b;

	pawl_sim_set_faults(sim, &f);
	build_whole(&b, &g, "with faults", JOBS);
	pawl_sim_set_faults(sim, NULL);
	pawl_sim_power_cut(sim);
	build_whole(&b, &g, "last", JOBS);
	build_check_well(&b);
}

/* The store is a file system of its own: neither is synced with the other. */
PAWL_SIM_TEST(the_store_is_apart, .seeds = 400)
{
	struct build crashed[2], b;
	pawl_time at[2];
	struct graph g;

	CHECK(pawl_sim_mount(sim, "/b/store") == 0);
	g = some_graph(sim, 4);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t more = 1 + below(sim, 1u << (4 + below(sim, 8)));

		pawl_sim_power_cut_at(sim, pawl_sim_world_calls(sim) + more);
		build_whole(&crashed[i], &g, "crashes", JOBS);
		at[i] = pawl_now(pawl_sim_exec(sim));
		pawl_sim_power_cut_at(sim, 0);
		if (below(sim, 2))
			pawl_sim_power_cut(sim);
		build_check_quiet(&crashed[i]);
	}
	build_well(&g, &b, "last");
	build_check_kept(&crashed[0], at[0], &b);
	build_check_kept(&crashed[1], at[1], &b);
	build_well(&g, &b, "after it");
	CHECK(build_ran(&b) == 0);
}

/* ---- time that passes ---- */

/*
 * Calls take their time, so that the store is flushed while tasks are brought and captured: without
 * that, all that happens in an instant comes before the next tick.
 */
PAWL_SIM_TEST(a_flush_comes_at_any_time, .seeds = 400)
{
	const pawl_sim_faults slow = { .delay_in = 2 + below(sim, 10), .delay_max = PAWL_MS(12) };
	struct graph g;
	struct build b;

	graph_chain(&g, sim, 2 + below(sim, 3), 1 + below(sim, 3));
	graph_write(&g);
	pawl_sim_set_faults(sim, &slow);
	build_well(&g, &b, "first");
	g.recipes[below(sim, g.count)].word = 1;
	graph_write(&g);
	build_well(&g, &b, "changed");
	pawl_sim_set_faults(sim, NULL);
	build_well(&g, &b, "after it");
	CHECK(build_ran(&b) == 0);
}

/* ---- job slots ---- */

static struct {
	unsigned working; /* processes, and what they do besides, each with a slot of its own */
	unsigned most;
	unsigned may_take;
} slots;

static void works(pawl_sim_process *p)
{
	slots.working++;
	if (slots.working > slots.most)
		slots.most = slots.working;
	(void)!pawl_co_sleep(p->co, PAWL_MS(1 + pawl_sim_random(p->sim, 20)));
	slots.working--;
}

/* A shell that has more to do, and does it in a child when there is a slot, as make does. */
static int parallel(pawl_sim_process *p)
{
	int r;

	slots.working++;
	if (slots.may_take > 0) {
		slots.may_take--;
		if (pawl_sim_process_slot_take(p) == 0) {
			works(p);
			pawl_sim_process_slot_give(p);
		}
	}
	(void)!pawl_co_sleep(p->co, PAWL_MS(1 + pawl_sim_random(p->sim, 20)));
	if (slots.working > slots.most)
		slots.most = slots.working;
	r = pawl_sim_script(p);
	slots.working--;
	return r;
}

/* Tasks, and what these do at once, are never more than there are slots; and not fewer, either. */
PAWL_SIM_TEST(slots_are_for_all_who_work)
{
	struct graph g;
	struct build b;

	memset(&slots, 0, sizeof slots);
	slots.may_take = JOBS - 1;
	graph_chain(&g, sim, 7, 1);
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].deps = i + 1 == g.count ? (1u << i) - 1 : 0;
	g.shell = parallel;
	graph_write(&g);
	build_well(&g, &b, "with slots");
	CHECK(slots.working == 0);
	CHECK(slots.most == JOBS);
}

/* ---- work folders ---- */

struct file {
	pawl_task task;
	pawl_work work;
	pawl_world *w;
	char path[64], text[32];
	int result;
};

static void over_write(pawl_work *w)
{
	struct file *f = PAWL_OF(w, struct file, work);
	int file, closed;

	f->result = f->w->ops->open(f->w, f->path, PAWL_OPEN_WRITE, 0, &file);
	if (f->result < 0)
		return;
	f->result = f->w->ops->write(f->w, file, f->text, strlen(f->text));
	closed = f->w->ops->close(f->w, file);
	f->result = f->result ? f->result : closed;
}

static int over_writes(pawl_task *t)
{
	struct file *f = PAWL_OF(t, struct file, task);

	PAWL_BEGIN(t);
	f->work.fn = over_write;
	PAWL_AWAIT(t, pawl_blocking(t, &f->work));
	PAWL_END(t);
}

/* In the same instant in which the build ended, with as many bytes as before. */
PAWL_SIM_TEST(a_work_folder_is_changed, .seeds = 400)
{
	struct graph g = some_graph(sim, 4);
	struct file f = { 0 };
	pawl_sim_node *user;
	struct build b;
	unsigned r = below(sim, g.count);

	build_well(&g, &b, "first");
	CHECK(pawl_sim_node_new(sim, "user", &user) == 0);
	f.w = pawl_sim_node_world(user);
	snprintf(f.path, sizeof f.path, "/b/tmp/work/r%u-1.0-r0/%s", r, "note");
	snprintf(f.text, sizeof f.text, "bad-w%u\n", g.recipes[r].word);
	CHECK(pawl_spawn(pawl_sim_node_exec(user), &f.task, over_writes) == 0);
	CHECK(pawl_block_on(pawl_sim_node_exec(user), &f.task, NULL) == 0 && f.result == 0);
	build_well(&g, &b, "again");
	CHECK(build_ran(&b) == 0);
}

/* ---- inputs ---- */

struct changer {
	pawl_task task;
	struct graph *g;
	unsigned recipe, turns;
	pawl_time after;
};

static int changes(pawl_task *t)
{
	struct changer *c = PAWL_OF(t, struct changer, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, c->after));
	for (; c->turns; c->turns--)
		PAWL_AWAIT(t, pawl_task_yield(t));
	c->g->recipes[c->recipe].input = 2;
	graph_write_input(c->g, c->recipe);
	PAWL_END(t);
}

/*
 * A file is changed while tasks run that read it: what was made of the new one does not go by the
 * signature of the old one, which shows when that is there again.
 */
PAWL_SIM_TEST(an_input_is_changed_meanwhile, .seeds = 400)
{
	struct changer c = { 0 };
	struct graph g;
	struct build b;

	graph_random(&g, sim, 1 + below(sim, 4));
	c.g = &g;
	c.recipe = below(sim, g.count);
	c.turns = below(sim, 1u << below(sim, 10));
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].input = 1;
	g.recipes[c.recipe].sleep_ms = below(sim, 2) * 200;
	c.after = PAWL_MS(below(sim, 2) * below(sim, 400));
	graph_write(&g);
	CHECK(pawl_spawn(pawl_sim_exec(sim), &c.task, changes) == 0);
	pawl_detach(&c.task);
	build_whole(&b, &g, "meanwhile", JOBS);
	CHECK(b.is_over && (b.result == 0 || b.result == PAWL_EIO));
	g.recipes[c.recipe].input = 2;
	build_well(&g, &b, "changed");
	g.recipes[c.recipe].input = 1;
	graph_write(&g);
	build_well(&g, &b, "as it was");
}

PAWL_SIM_MAIN(&a_crash_damages_no_blob_case, &a_sync_that_failed_is_not_made_up_for_case,
	      &the_store_is_apart_case, &a_flush_comes_at_any_time_case,
	      &slots_are_for_all_who_work_case, &a_work_folder_is_changed_case,
	      &an_input_is_changed_meanwhile_case)
