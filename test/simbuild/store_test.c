/* SPDX-License-Identifier: MIT */
/* The store between builds: its care, damage to it, disks that are full, folders that share it. */
#include "simbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 3
#define BLOB_MAX 8192

static unsigned below(pawl_sim *sim, unsigned n)
{
	return pawl_sim_random(sim, n);
}

/* Words of a recipe's own, so that no two have a blob in common. */
static struct graph some_graph(pawl_sim *sim, unsigned recipes)
{
	struct graph g;

	graph_random(&g, sim, 1 + below(sim, recipes));
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].word = i * 100;
	graph_write(&g);
	return g;
}

static void build_well(struct graph *g, struct build *ret, const char *name)
{
	build_whole(ret, g, name, JOBS);
	build_check_well(ret);
}

static void end_well(struct graph *g)
{
	struct build b;

	build_well(g, &b, "last");
	build_well(g, &b, "after it");
	pawl_sim_check(g->sim, build_ran(&b) == 0, "nothing is to be done", __FILE__, __LINE__);
}

static void change_some(struct graph *g)
{
	for (unsigned i = 0; i < g->count; i++)
		g->recipes[i].word += below(g->sim, 2);
	graph_write(g);
}

/* At a call of the world, more often at an early one. */
static void crash_somewhere(pawl_sim *sim)
{
	uint64_t call = pawl_sim_world_calls(sim) + 1 + below(sim, 1u << (3 + below(sim, 8)));

	if (below(sim, 2))
		pawl_sim_power_cut_at(sim, call);
	else
		pawl_sim_kill_at(sim, call);
}

/* ---- programs that take care of the store ---- */

struct care {
	pawl_task task;
	struct graph *g;
	pawl_sim_node *node;
	bool verifies; /* else drops what is not used */
	int64_t keep_bytes;
	int result;
	bool is_over;
	char message[300];
};

static void heard(void *arg, const pawl_build_event *e)
{
	struct care *c = arg;

	if (e->kind == PAWL_EVENT_MESSAGE && e->level != PAWL_NOTE)
		snprintf(c->message, sizeof c->message, "%s", e->text);
}

static void unread(void *arg, const char *text, size_t len)
{
	(void)arg, (void)text, (void)len;
}

static int care_for(struct care *c, pawl_graph *graph)
{
	return c->verifies ? pawl_graph_store_verify(graph, unread, NULL)
			   : pawl_graph_store_gc(graph, c->keep_bytes, unread, NULL);
}

static int cares(pawl_task *t)
{
	struct care *c = PAWL_OF(t, struct care, task);
	const pawl_graph_options o = { .world = pawl_sim_node_world(c->node),
				       .exec = pawl_sim_node_exec(c->node),
				       .top = "/b",
				       .own_layer = "/own",
				       .fetch_program = "/bin/fetch",
				       .holder = "carer",
				       .event = heard,
				       .event_arg = c };
	pawl_graph *graph = NULL;

	c->result = pawl_graph_open(&o, &graph);
	if (!c->result)
		c->result = care_for(c, graph);
	pawl_graph_close(graph);
	c->is_over = true;
	return 0;
}

static void care_start(struct care *c, struct graph *g)
{
	c->g = g;
	pawl_sim_check(g->sim, pawl_sim_node_new(g->sim, "carer", &c->node) == 0, "a node",
		       __FILE__, __LINE__);
	pawl_sim_check(g->sim, pawl_sim_sqlite(pawl_sim_node_world(c->node)) == 0, "SQLite",
		       __FILE__, __LINE__);
	pawl_sim_check(g->sim,
		       pawl_spawn_foreground(pawl_sim_node_exec(c->node), &c->task, cares) == 0,
		       "its task", __FILE__, __LINE__);
	pawl_detach(&c->task);
}

static void care_whole(struct care *c, struct graph *g)
{
	pawl_sim *sim = g->sim;

	care_start(c, g);
	pawl_sim_run(sim);
	CHECK(c->is_over || pawl_sim_node_is_dead(c->node));
}

/* What is dropped is what nothing needs, or all of it comes again; and that at any crash. */
PAWL_SIM_TEST(dropped_and_crashed)
{
	struct graph g = some_graph(sim, 4);
	struct care c = { .keep_bytes = below(sim, 2) ? 1 : 1 + below(sim, 400) };
	struct build b;

	build_well(&g, &b, "first");
	change_some(&g);
	build_well(&g, &b, "second");
	if (below(sim, 4))
		crash_somewhere(sim);
	care_whole(&c, &g);
	crash_never(sim);
	CHECK(!c.is_over || c.result == 0);
	if (c.is_over) {
		build_well(&g, &b, "as before");
		CHECK(build_ran(&b) == 0);
	}
	change_some(&g);
	build_well(&g, &b, "third");
	build_check_quiet(&b);
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].word = i * 100;
	graph_write(&g);
	build_well(&g, &b, "first again");
	build_check_quiet(&b);
	end_well(&g);
}

/* One is at the store, the other hears so, or comes after it. */
PAWL_SIM_TEST(dropped_while_another_builds)
{
	struct graph g = some_graph(sim, 4);
	struct care c = { .keep_bytes = 1, .verifies = below(sim, 2) };
	struct build b;

	if (below(sim, 2)) {
		build_well(&g, &b, "first");
		change_some(&g);
	}
	if (below(sim, 2))
		crash_somewhere(sim);
	build_start(&b, &g, pawl_sim_first_node(sim), JOBS);
	care_start(&c, &g);
	pawl_sim_run(sim);
	crash_never(sim);
	if (b.is_over && b.result == 0)
		build_check_well(&b);
	CHECK(!b.is_over || b.result == 0 || (b.result == PAWL_EBUSY && b.message[0]));
	CHECK(!c.is_over || c.result == 0 || (c.result == PAWL_EBUSY && c.message[0]));
	build_well(&g, &b, "last");
	build_check_quiet(&b);
	end_well(&g);
}

/* ---- damage ---- */

/* A file or folder of a listing; `at` goes on. NULL: no more below `dir`. */
static char *next_in(char **at, const char *dir)
{
	size_t len = strlen(dir);

	while (**at) {
		char *path = *at, *end = path + strcspn(path, "\n");

		*at = *end ? end + 1 : end;
		path[strcspn(path, " ")] = 0;
		if (strncmp(path, dir, len) == 0)
			return path;
	}
	return NULL;
}

/* All below a folder goes; what is deeper stands behind it in the list. */
static void remove_below(pawl_sim *sim, pawl_world *w, const char *dir)
{
	char *list = pawl_sim_list(sim), *at = list, *paths[2000], *path;
	unsigned count = 0;

	while ((path = next_in(&at, dir))) {
		CHECK(count < PAWL_COUNT(paths));
		paths[count++] = path;
	}
	for (; count; count--) {
		path = paths[count - 1];
		(void)!w->ops->chmod(w, path, 0755);
		if (w->ops->unlink(w, path) < 0)
			(void)!w->ops->rmdir(w, path);
	}
	free(list);
}

static pawl_sim_node *user_node(pawl_sim *sim)
{
	pawl_sim_node *n;

	CHECK(pawl_sim_node_new(sim, "user", &n) == 0);
	return n;
}

static pawl_world *user_of(pawl_sim *sim)
{
	return pawl_sim_node_world(user_node(sim));
}

/* Which recipe made it: by the first word in it, if there is one. */
static unsigned maker_of(const char *text)
{
	const char *w = text;

	while ((w = strchr(w, 'w')) && (w[1] < '0' || w[1] > '9'))
		w++;
	return !w ? RECIPES_MAX : (unsigned)strtoul(w + 1, NULL, 10) / 100;
}

enum harm { CHANGED, CUT_OFF, REMOVED, HARMS };

static void do_harm(pawl_sim *sim, pawl_world *w, const char *path, enum harm harm)
{
	char text[BLOB_MAX];
	size_t size;

	CHECK(pawl_sim_get_file(sim, path, text, sizeof text, &size) == 0 && size < sizeof text);
	if (harm == REMOVED) {
		CHECK(w->ops->unlink(w, path) == 0);
		return;
	}
	if (harm == CUT_OFF)
		size = size ? below(sim, (unsigned)size) : 0;
	else
		text[below(sim, (unsigned)size)] ^= 4;
	CHECK(pawl_sim_put_file(sim, path, text, size, 0444) == 0);
}

/* Harm comes to one blob. Gives whose it was. */
static unsigned harm_a_blob(pawl_sim *sim, pawl_world *w, enum harm harm)
{
	char *list = pawl_sim_list(sim), *at = list, *path, *blobs[500], text[BLOB_MAX] = "";
	unsigned count = 0, maker;
	size_t size;

	while ((path = next_in(&at, "/b/store/blobs/")))
		if (strlen(path) > sizeof "/b/store/blobs/" + 8)
			blobs[count++] = path;
	CHECK(count > 0);
	path = blobs[below(sim, count)];
	CHECK(pawl_sim_get_file(sim, path, text, sizeof text - 1, &size) == 0);
	maker = maker_of(text);
	do_harm(sim, w, path, harm);
	free(list);
	return maker;
}

/* Of what is damaged, all is made again; of what was whole, nothing. */
PAWL_SIM_TEST(a_blob_is_damaged)
{
	struct graph g = some_graph(sim, 5);
	enum harm harm = below(sim, HARMS);
	bool is_gone = below(sim, 3);
	struct care c = { .verifies = true };
	pawl_world *w = user_of(sim);
	struct build b;
	unsigned maker;

	build_well(&g, &b, "first");
	maker = harm_a_blob(sim, w, harm);
	CHECK(maker < g.count);
	if (is_gone)
		remove_below(sim, w, "/b/tmp/");
	if (below(sim, 2)) {
		care_whole(&c, &g);
		CHECK(c.is_over && c.result == (harm == REMOVED ? 0 : PAWL_ECORRUPT));
		CHECK(harm == REMOVED || c.message[0]);
	}
	if (below(sim, 3) == 0) {
		crash_somewhere(sim);
		build_whole(&b, &g, "crashes", JOBS);
		crash_never(sim);
	}
	build_well(&g, &b, "after the damage");
	for (unsigned i = 0; i < g.count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++)
			CHECK(i == maker || (b.went[i][k] != RAN && !b.ran_before[i][k]));
	end_well(&g);
}

/* The database is damaged, or gone: somebody says so, and what is made then is right. */
PAWL_SIM_TEST(the_database_is_damaged)
{
	static const char *const names[] = { "/b/store/pawl.db", "/b/store/pawl.db-wal",
					     "/b/store/pawl.db-shm" };
	struct graph g = some_graph(sim, 4);
	pawl_world *w = user_of(sim);
	char text[2000];
	struct build b;

	build_well(&g, &b, "first");
	for (unsigned i = 0; i < sizeof text; i++)
		text[i] = (char)below(sim, 256);
	if (below(sim, 2))
		CHECK(pawl_sim_put_file(sim, names[0], text, below(sim, sizeof text), 0644) == 0);
	else
		CHECK(w->ops->unlink(w, names[0]) == 0);
	if (below(sim, 2))
		remove_below(sim, w, "/b/tmp/");
	if (below(sim, 2))
		change_some(&g);
	build_whole(&b, &g, "after the damage", JOBS);
	CHECK(b.is_over && (b.result == 0 || strstr(b.message, "remove it to start over")));
	if (b.result)
		for (unsigned i = 0; i < PAWL_COUNT(names); i++)
			(void)!w->ops->unlink(w, names[i]);
	end_well(&g);
}

/* ---- what there is not enough of ---- */

/* It may fail, and then it says why; nothing is damaged by that, so nothing is to be removed. */
static void check_told(const struct build *b)
{
	pawl_sim *sim = b->g->sim;

	CHECK(b->is_over);
	if (b->result == 0)
		build_check_well((struct build *)(uintptr_t)b);
	else
		CHECK(b->message[0] || b->summary.failed);
	CHECK(!strstr(b->message, "start over"));
}

#define BALLAST ((size_t)32 * 1024)

static unsigned fill(pawl_sim *sim)
{
	static const char bytes[BALLAST];
	char path[32];

	for (unsigned i = 0;; i++) {
		snprintf(path, sizeof path, "/ballast%u", i);
		if (pawl_sim_put_file(sim, path, bytes, sizeof bytes, 0644) < 0)
			return i;
	}
}

/* What is removed takes up its place until the disk knows of it. */
static unsigned make_space(pawl_sim *sim, pawl_world *w, unsigned count, unsigned most)
{
	char path[32];

	for (; count && most; most--) {
		snprintf(path, sizeof path, "/ballast%u", --count);
		CHECK(w->ops->unlink(w, path) == 0);
	}
	CHECK(w->ops->sync_all(w, "/") == 0);
	return count;
}

PAWL_SIM_TEST(the_disk_is_full)
{
	const pawl_sim_machine m = { .disk_bytes = 2 << 20 };
	unsigned ballast;
	pawl_world *w;
	struct graph g;
	struct build b;

	pawl_sim_set_machine(sim, &m);
	w = user_of(sim);
	g = some_graph(sim, 4);
	if (below(sim, 2)) {
		build_well(&g, &b, "first");
		change_some(&g);
	}
	ballast = make_space(sim, w, fill(sim), below(sim, 12));
	for (unsigned i = 1 + below(sim, 2); i; i--) {
		build_whole(&b, &g, "without space", JOBS);
		check_told(&b);
	}
	make_space(sim, w, ballast, ballast);
	end_well(&g);
}

PAWL_SIM_TEST(too_many_open_files)
{
	const pawl_sim_machine m = { .files_max = 1 + below(sim, 24) };
	struct graph g;
	struct build b;

	pawl_sim_set_machine(sim, &m);
	g = some_graph(sim, 4);
	for (unsigned i = 0; i < 2; i++) {
		build_whole(&b, &g, "with few files", JOBS);
		check_told(&b);
	}
	if (b.result == 0)
		end_well(&g);
}

PAWL_SIM_TEST(a_slow_disk)
{
	struct graph g = some_graph(sim, 4);
	pawl_sim_faults f = { .delay_in = 1 + below(sim, 30),
			      .delay_max = PAWL_MS(1 + below(sim, 300)) };
	struct build b;

	pawl_sim_set_faults(sim, &f);
	build_whole(&b, &g, "slow", JOBS);
	check_told(&b);
	if (below(sim, 2)) {
		change_some(&g);
		crash_somewhere(sim);
		build_whole(&b, &g, "slow and crashes", JOBS);
		crash_never(sim);
	}
	pawl_sim_set_faults(sim, NULL);
	end_well(&g);
}

/* ---- what is left behind ---- */

/*
 * Without a sandbox, processes of a killed program go on until the guard comes: the next build does
 * not take what they write for its own.
 */
PAWL_SIM_TEST(without_a_sandbox)
{
	struct graph g = some_graph(sim, 4);
	struct build b;

	for (unsigned i = 0; i < g.count; i++) {
		g.recipes[i].sleep_ms = below(sim, 2) * below(sim, 300);
		if (below(sim, 4) == 0)
			g.recipes[i].manner = LEAVES_DAEMON;
	}
	graph_write(&g);
	for (unsigned i = 0; i < 3; i++) {
		crash_somewhere(sim);
		build_start(&b, &g, i ? user_node(sim) : pawl_sim_first_node(sim), JOBS);
		b.options.no_sandbox = true;
		pawl_sim_run(sim);
		crash_never(sim);
		CHECK(b.is_over || pawl_sim_node_is_dead(b.node));
	}
	for (unsigned i = 0; i < 2; i++) {
		build_start(&b, &g, user_node(sim), JOBS);
		b.options.no_sandbox = true;
		pawl_sim_run(sim);
		build_check_well(&b);
	}
	CHECK(build_ran(&b) == 0);
}

PAWL_SIM_TEST(interrupted_and_crashed)
{
	struct graph g = some_graph(sim, 5);
	struct interrupter i = { .times = 1 + below(sim, 2), .after = PAWL_MS(below(sim, 300)) };
	struct build b;

	for (unsigned k = 0; k < g.count; k++)
		g.recipes[k].sleep_ms = below(sim, 400);
	graph_write(&g);
	crash_somewhere(sim);
	build_start(&b, &g, user_node(sim), JOBS);
	build_interrupt_later(&b, &i);
	pawl_sim_run(sim);
	crash_never(sim);
	CHECK(b.is_over || pawl_sim_node_is_dead(b.node));
	CHECK(!b.is_over || b.result == 0 || b.result == PAWL_ECANCELED);
	end_well(&g);
}

/* A build notices, forgets what was made of it, and is stopped; then dependents are to run. */
PAWL_SIM_TEST(damage_is_noticed_and_then)
{
	struct graph g = some_graph(sim, 4);
	pawl_world *w = user_of(sim);
	struct interrupter i = { .times = 1, .after = PAWL_MS(below(sim, 300)) };
	struct build b;

	for (unsigned k = 0; k < g.count; k++)
		g.recipes[k].sleep_ms = below(sim, 2) * 200;
	graph_write(&g);
	build_well(&g, &b, "first");
	for (unsigned k = below(sim, 6); k; k--)
		(void)harm_a_blob(sim, w, CUT_OFF);
	g.recipes[g.count - 1].word++;
	change_some(&g);
	if (below(sim, 4) == 0)
		crash_somewhere(sim);
	build_start(&b, &g, user_node(sim), JOBS);
	build_interrupt_later(&b, &i);
	pawl_sim_run(sim);
	crash_never(sim);
	change_some(&g);
	end_well(&g);
}

/* Some fail, all that can goes on, and that is cut short: mended, what is missing comes. */
PAWL_SIM_TEST(goes_on_and_crashes)
{
	struct graph g = some_graph(sim, 6);
	struct build b;

	for (unsigned i = 1 + below(sim, 2); i; i--)
		g.recipes[below(sim, g.count)].manner = EXITS + below(sim, HANGS - EXITS + 1);
	graph_write(&g);
	for (unsigned i = 0; i < 2; i++) {
		crash_somewhere(sim);
		build_start(&b, &g, user_node(sim), JOBS);
		b.options.keep_going = true;
		pawl_sim_run(sim);
		crash_never(sim);
		CHECK(b.is_over ? b.result == PAWL_EIO : pawl_sim_node_is_dead(b.node));
	}
	for (unsigned i = 0; i < g.count; i++)
		g.recipes[i].manner = WELL;
	graph_write(&g);
	end_well(&g);
}

/* ---- recipes that come and go ---- */

PAWL_SIM_TEST(a_recipe_goes_and_comes_back)
{
	struct graph g = some_graph(sim, 5);
	pawl_world *w = user_of(sim);
	struct build b;
	char path[64];

	build_well(&g, &b, "first");
	if (g.count == 1)
		return;
	snprintf(path, sizeof path, "/layer/recipes/r%u_1.0.bb", --g.count);
	CHECK(w->ops->unlink(w, path) == 0);
	build_well(&g, &b, "without it");
	CHECK(build_ran(&b) == 0);
	g.count++;
	build_whole(&b, &g, "it is missed", JOBS);
	CHECK(b.is_over && b.result == PAWL_EINVAL && strstr(b.message, "nothing provides"));
	graph_write(&g);
	build_well(&g, &b, "with it");
	CHECK(build_ran(&b) == 0);
	end_well(&g);
}

/* It, and whoever depends on it, runs; nobody else does. */
PAWL_SIM_TEST(a_task_is_added_or_taken_away)
{
	struct graph g = some_graph(sim, 6);
	uint64_t changed = 0;
	struct build b;

	build_well(&g, &b, "first");
	for (unsigned i = 0; i < g.count; i++) {
		unsigned steps = 1 + below(sim, STEPS_MAX);

		if (steps != g.recipes[i].steps)
			changed |= UINT64_C(1) << i;
		if (g.recipes[i].deps & changed)
			changed |= UINT64_C(1) << i;
		g.recipes[i].steps = steps;
	}
	graph_write(&g);
	if (below(sim, 2)) {
		crash_somewhere(sim);
		build_whole(&b, &g, "crashes", JOBS);
		crash_never(sim);
	}
	build_well(&g, &b, "changed");
	for (unsigned i = 0; i < g.count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++)
			CHECK(b.went[i][k] != RAN || changed >> i & 1);
	end_well(&g);
}

/* ---- one store, two folders ---- */

static const char *const shared[] = { "PAWL_STORE_DIR=/shared", NULL };

static struct graph in_folder(const struct graph *g, const char *top)
{
	struct graph copy = *g;

	copy.top = top;
	copy.assign = shared;
	graph_write(&copy);
	return copy;
}

PAWL_SIM_TEST(two_folders_one_after_the_other)
{
	struct graph g = some_graph(sim, 4), one = in_folder(&g, "/one"),
		     two = in_folder(&g, "/two");
	struct build b;

	if (below(sim, 2))
		crash_somewhere(sim);
	build_whole(&b, &one, "one", JOBS);
	crash_never(sim);
	build_well(&two, &b, "two");
	if (below(sim, 2)) {
		change_some(&g);
		one = in_folder(&g, "/one");
		two = in_folder(&g, "/two");
	}
	end_well(&one);
	end_well(&two);
	build_well(&one, &b, "one");
	CHECK(build_ran(&b) == 0);
}

PAWL_SIM_TEST(two_folders_at_once)
{
	struct graph g = some_graph(sim, 4), one = in_folder(&g, "/one"),
		     two = in_folder(&g, "/two");
	struct build a, b;
	bool crashes = below(sim, 2);

	if (crashes)
		crash_somewhere(sim);
	build_start(&a, &one, user_node(sim), JOBS);
	build_start(&b, &two, user_node(sim), JOBS);
	pawl_sim_run(sim);
	crash_never(sim);
	CHECK(!a.is_over || a.result == 0 || a.result == PAWL_EBUSY);
	CHECK(!b.is_over || b.result == 0 || b.result == PAWL_EBUSY);
	CHECK(crashes || a.result == 0 || b.result == 0);
	if (a.is_over && a.result == 0)
		build_check_well(&a);
	if (b.is_over && b.result == 0)
		build_check_well(&b);
	end_well(&one);
	end_well(&two);
}

PAWL_SIM_MAIN(&dropped_and_crashed_case, &dropped_while_another_builds_case,
	      &a_blob_is_damaged_case, &damage_is_noticed_and_then_case,
	      &the_database_is_damaged_case, &the_disk_is_full_case, &too_many_open_files_case,
	      &a_slow_disk_case, &without_a_sandbox_case, &interrupted_and_crashed_case,
	      &goes_on_and_crashes_case, &a_recipe_goes_and_comes_back_case,
	      &a_task_is_added_or_taken_away_case, &two_folders_one_after_the_other_case,
	      &two_folders_at_once_case)
