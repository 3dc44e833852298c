/* SPDX-License-Identifier: MIT */
/* Graphs of recipes on the simulated disk, and builds of them whose every event is looked at. */
#include "simbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(g, cond) pawl_sim_check((g)->sim, (cond), #cond, __FILE__, __LINE__)

static const char *const steps[STEPS_MAX] = { "do_make", "do_one", "do_two" };

/* A flush begins every 100 ms; with some time for the disk, what is so old has to be durable. */
#define DURABLE PAWL_MS(250)

/* ---- graphs ---- */

void graph_chain(struct graph *g, pawl_sim *sim, unsigned count, unsigned step_count)
{
	*g = (struct graph){ .sim = sim, .count = count };
	for (unsigned i = 0; i < count; i++)
		g->recipes[i] = (struct recipe){ .steps = step_count,
						 .deps = i ? UINT64_C(1) << (i - 1) : 0 };
}

void graph_random(struct graph *g, pawl_sim *sim, unsigned count)
{
	uint64_t needed = 0;

	*g = (struct graph){ .sim = sim, .count = count };
	for (unsigned i = 0; i < count; i++) {
		struct recipe *r = &g->recipes[i];

		r->steps = 1 + pawl_sim_random(sim, STEPS_MAX);
		r->sleep_ms = pawl_sim_random(sim, 4) ? 0 : pawl_sim_random(sim, 400);
		r->is_apart = pawl_sim_random(sim, 2);
		for (unsigned k = 0; k < i; k++)
			if (pawl_sim_random(sim, i) < 2)
				r->deps |= UINT64_C(1) << k;
		needed |= r->deps;
	}
	g->recipes[count - 1].deps |= ((UINT64_C(1) << (count - 1)) - 1) & ~needed;
}

static const char *top_of(const struct graph *g)
{
	return g->top ? g->top : "/b";
}

static void put(struct graph *g, const char *path, const char *text)
{
	MUST(g, pawl_sim_put_file(g->sim, path, text, strlen(text), 0644) == 0);
}

static const char bitbake_conf[] =
	"P = \"${PN}-${PV}\"\nPF = \"${PN}-${PV}-r0\"\nPROVIDES = \"${PN}\"\nDEPENDS = \"\"\n"
	"OVERRIDES = \"pn-${PN}\"\nTMPDIR = \"${TOPDIR}/tmp\"\nDL_DIR = \"${TOPDIR}/downloads\"\n"
	"PAWL_STORE_DIR = \"${TOPDIR}/store\"\nWORKDIR = \"${TMPDIR}/work/${PF}\"\n"
	"T = \"${WORKDIR}/temp\"\nRECIPE_SYSROOT = \"${WORKDIR}/recipe-sysroot\"\n"
	"PAWL_HOST_PATHS = \"\"\n"
	"BB_BASEHASH_IGNORE_VARS = \"DL_DIR PAWL_STORE_DIR FILE FILE_DIRNAME THISDIR\"\n"
	"BB_DEFAULT_TASK = \"build\"\ninclude conf/local.conf\n";

static const char layer_conf[] =
	"BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/recipes/*.bb\"\n"
	"BBFILE_COLLECTIONS += \"test\"\nBBFILE_PATTERN_test = \"^${LAYERDIR}/\"\n";

static const char base_class[] = "addtask build\ndo_build[noexec] = \"1\"\ndo_build() {\n\t:\n}\n";

static size_t put_manner(enum manner m, char *at, size_t size)
{
	static const char *const lines[MANNERS] = {
		[WELL] = "",
		[EXITS] = "\tsim-exit 3\n",
		[DIES] = "\tsim-die 11\n",
		[HALVES] = "\tsim-half pub/half a b c\n",
		[HANGS] = "\tsim-ignore-term\n\tsim-hang\n",
		[LEAVES_DAEMON] = "\tsim-daemon 1 pub/late\n",
		[USES_SLOT] = "\tsim-slot 5\n",
	};

	return (size_t)snprintf(at, size, "%s", lines[m]);
}

/* The last task: what the others made, and what the recipes below published. */
static size_t put_make(const struct recipe *r, unsigned number, char *at, size_t size)
{
	size_t n = (size_t)snprintf(at, size,
				    "do_make[deptask] = \"do_make\"\n"
				    "do_make[timeout] = \"2\"\n"
				    "do_make[sstate-inputdirs] = \"${WORKDIR}/pub\"\n"
				    "do_make() {\n\tsim-mkdir pub\n"
				    "\tsim-write pub/${PN} ${WORD}\n"
				    "\tsim-write note end-${WORD}\n");

	if (r->sleep_ms)
		n += (size_t)snprintf(at + n, size - n, "\tsim-sleep %u\n", r->sleep_ms);
	if (r->input)
		n += (size_t)snprintf(at + n, size - n, "\tsim-append /src/r%u pub/${PN}\n",
				      number);
	for (unsigned i = 1; i < r->steps; i++)
		n += (size_t)snprintf(at + n, size - n, "\tsim-append %s pub/${PN}\n",
				      steps[i] + 3);
	for (unsigned i = 0; i < RECIPES_MAX; i++)
		if (r->deps >> i & 1)
			n += (size_t)snprintf(at + n, size - n,
					      "\tsim-append recipe-sysroot/r%u pub/${PN}\n", i);
	n += put_manner(r->manner, at + n, size - n);
	n += (size_t)snprintf(at + n, size - n, "}\naddtask make before do_build\n");
	if (r->input)
		n += (size_t)snprintf(at + n, size - n,
				      "do_make[file-checksums] = \"/src/r%u:True\"\n", number);
	return n;
}

/* One that comes before the last. */
static size_t put_step(const struct recipe *r, unsigned s, char *at, size_t size)
{
	const char *name = steps[s] + 3;
	bool is_after = s > 1 && !r->is_apart;
	size_t n = (size_t)snprintf(at, size, "%s() {\n\tsim-write %s %s-${WORD}\n", steps[s], name,
				    name);

	if (s == 1 || is_after)
		n += (size_t)snprintf(at + n, size - n, "\tsim-write note %s-${WORD}\n", name);
	return n + (size_t)snprintf(at + n, size - n, "}\naddtask %s %s%s before do_make\n", name,
				    is_after ? "after " : "", is_after ? steps[s - 1] : "");
}

static void put_recipe(struct graph *g, unsigned i)
{
	const struct recipe *r = &g->recipes[i];
	char text[4096], path[64];
	size_t n = (size_t)snprintf(text, sizeof text, "WORD = \"w%u\"\nDEPENDS = \"", r->word);

	for (unsigned k = 0; k < i; k++)
		if (r->deps >> k & 1)
			n += (size_t)snprintf(text + n, sizeof text - n, " r%u", k);
	n += (size_t)snprintf(text + n, sizeof text - n, "\"\n");
	for (unsigned s = 1; s < r->steps; s++)
		n += put_step(r, s, text + n, sizeof text - n);
	n += put_make(r, i, text + n, sizeof text - n);
	MUST(g, n < sizeof text);
	snprintf(path, sizeof path, "/layer/recipes/r%u_1.0.bb", i);
	put(g, path, text);
}

void graph_write_input(struct graph *g, unsigned i)
{
	char path[64], text[32];

	snprintf(path, sizeof path, "/src/r%u", i);
	snprintf(text, sizeof text, "i%u\n", g->recipes[i].input);
	put(g, path, text);
}

void graph_write(struct graph *g)
{
	char path[64];

	snprintf(path, sizeof path, "%s/conf/bblayers.conf", top_of(g));
	put(g, path, "BBLAYERS = \"/layer\"\n");
	snprintf(path, sizeof path, "%s/conf/local.conf", top_of(g));
	put(g, path, "");
	put(g, "/own/conf/bitbake.conf", bitbake_conf);
	put(g, "/layer/conf/layer.conf", layer_conf);
	put(g, "/layer/classes/base.bbclass", base_class);
	for (unsigned i = 0; i < g->count; i++) {
		put_recipe(g, i);
		if (g->recipes[i].input)
			graph_write_input(g, i);
	}
}

/* ---- what comes out ---- */

#define WANT_SIZE ((size_t)256 * 1024)

static size_t expect(const struct graph *g, unsigned i, char *at, size_t size)
{
	const struct recipe *r = &g->recipes[i];
	size_t n = (size_t)snprintf(at, size, "w%u\n", r->word);

	if (r->input)
		n += (size_t)snprintf(at + n, size - n, "i%u\n", r->input);
	for (unsigned s = 1; s < r->steps; s++)
		n += (size_t)snprintf(at + n, size - n, "%s-w%u\n", steps[s] + 3, r->word);
	for (unsigned k = 0; k < i && n < size; k++)
		if (r->deps >> k & 1)
			n += expect(g, k, at + n, size - n);
	return n;
}

static void check_file(struct graph *g, const char *path, const char *want, size_t n)
{
	static char is[WANT_SIZE];
	size_t got = 0;
	char why[160];
	int r = pawl_sim_get_file(g->sim, path, is, sizeof is, &got);

	snprintf(why, sizeof why, "%s is as it has to be (%d, %zu of %zu bytes)", path, r, got, n);
	pawl_sim_check(g->sim, r == 0 && got == n && memcmp(is, want, n) == 0, why, __FILE__,
		       __LINE__);
}

static void check_output(struct graph *g, unsigned i)
{
	static char want[WANT_SIZE];
	size_t n = expect(g, i, want, sizeof want);
	char path[64];

	MUST(g, n < sizeof want);
	snprintf(path, sizeof path, "%s/tmp/work/r%u-1.0-r0/pub/r%u", top_of(g), i, i);
	check_file(g, path, want, n);
	snprintf(path, sizeof path, "%s/tmp/work/r%u-1.0-r0/note", top_of(g), i);
	n = (size_t)snprintf(want, sizeof want, "end-w%u\n", g->recipes[i].word);
	check_file(g, path, want, n);
}

void graph_check_outputs(struct graph *g)
{
	for (unsigned i = 0; i < g->count; i++)
		check_output(g, i);
}

/* ---- builds ---- */

/* Which task an event is about. False: none of ours (do_build). */
static bool find(const char *task, unsigned *ret_recipe, unsigned *ret_step)
{
	unsigned s;
	char *end;

	if (!task || task[0] != 'r')
		return false;
	*ret_recipe = (unsigned)strtoul(task + 1, &end, 10);
	if (end == task + 1 || *end != ':')
		return false;
	for (s = 0; s < STEPS_MAX && strcmp(end + 1, steps[s]) != 0; s++) {}
	*ret_step = s;
	return s < STEPS_MAX;
}

/* It starts: nothing that it depends on is still to come. */
static void check_before(struct build *b, unsigned i, unsigned step)
{
	const struct recipe *r = &b->g->recipes[i];
	const enum went *own = b->went[i];
	unsigned k;

	MUST(b->g, own[step] == NOT_YET);
	for (k = 0; k < STEPS_MAX; k++)
		MUST(b->g, own[k] != RUNS); /* they have one folder */
	if (step == 2 && !r->is_apart)
		MUST(b->g, own[1] != RUNS && own[1] != FAILED && own[1] != SKIPPED);
	for (k = 1; step == 0 && k < r->steps; k++)
		MUST(b->g, own[k] != RUNS && own[k] != FAILED && own[k] != SKIPPED);
	for (k = 0; step == 0 && k < i; k++)
		if (r->deps >> k & 1)
			MUST(b->g, b->went[k][0] != RUNS && b->went[k][0] != FAILED &&
					   b->went[k][0] != SKIPPED);
}

/* It starts or is put in place: nobody who needs it came before. */
static void check_after(struct build *b, unsigned i, unsigned step)
{
	unsigned k;

	if (step)
		MUST(b->g, b->went[i][0] != RUNS && b->went[i][0] != RAN);
	for (k = i + 1; step == 0 && k < b->g->count; k++)
		if (b->g->recipes[k].deps >> i & 1)
			MUST(b->g, b->went[k][0] != RUNS && b->went[k][0] != RAN);
}

static void started(struct build *b, unsigned i, unsigned step)
{
	check_before(b, i, step);
	check_after(b, i, step);
	b->went[i][step] = RUNS;
	b->running++;
	MUST(b->g, b->running <= b->options.jobs);
}

static void finished(struct build *b, unsigned i, unsigned step, int result)
{
	MUST(b->g, b->went[i][step] == RUNS);
	b->went[i][step] = result ? FAILED : RAN;
	b->running--;
	if (!result)
		b->finished[i][step] = 1 + pawl_now(pawl_sim_exec(b->g->sim));
}

/* The first time, or again, because a blob turned out to be damaged: all is open. */
static void begin(struct build *b)
{
	for (unsigned i = 0; i < b->g->count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++) {
			b->ran_before[i][k] |= b->went[i][k] == RAN;
			b->went[i][k] = NOT_YET;
		}
	b->running = 0;
}

static void note(void *arg, const pawl_build_event *e)
{
	struct build *b = arg;
	unsigned i, step;

	if (e->kind == PAWL_EVENT_STARTED)
		begin(b);
	if (e->kind == PAWL_EVENT_MESSAGE && e->level == PAWL_ERROR)
		snprintf(b->message, sizeof b->message, "%s", e->text);
	if (e->kind == PAWL_EVENT_MESSAGE && e->level == PAWL_WARNING)
		snprintf(b->warning, sizeof b->warning, "%s", e->text);
	if (!find(e->task, &i, &step))
		return;
	if (e->kind == PAWL_EVENT_TASK_STARTED)
		started(b, i, step);
	else if (e->kind == PAWL_EVENT_TASK_FINISHED)
		finished(b, i, step, e->result);
	else if (e->kind == PAWL_EVENT_TASK_RESTORED)
		b->went[i][step] = RESTORED;
	else if (e->kind == PAWL_EVENT_TASK_CURRENT)
		b->went[i][step] = CURRENT;
	else if (e->kind == PAWL_EVENT_TASK_SKIPPED)
		b->went[i][step] = SKIPPED;
}

static int open_and_start(struct build *b)
{
	const pawl_graph_options o = { .world = pawl_sim_node_world(b->node),
				       .exec = pawl_sim_node_exec(b->node),
				       .top = top_of(b->g),
				       .assign = b->g->assign,
				       .own_layer = "/own",
				       .fetch_program = "/bin/fetch",
				       .holder = "another",
				       .event = note,
				       .event_arg = b };
	int r = pawl_graph_open(&o, &b->graph);

	return r ? r : pawl_build_start(b->graph, &b->options, &b->build);
}

static int run(pawl_task *t)
{
	struct build *b = PAWL_OF(t, struct build, task);

	PAWL_BEGIN(t);
	b->result = open_and_start(b);
	if (!b->result) {
		PAWL_AWAIT(t, pawl_build_wait(t, b->build, &b->summary));
		b->result = b->summary.result;
		pawl_build_free(b->build);
	}
	pawl_graph_close(b->graph);
	b->is_over = true;
	MUST(b->g, b->running == 0);
	PAWL_END(t);
}

/* A program whose own task has panicked is at its end, whatever its other tasks do. */
static int end(pawl_task *t)
{
	struct build *b = PAWL_OF(t, struct build, end);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_join(t, &b->task, &b->outcome));
	if (b->outcome == PAWL_EPANIC)
		pawl_sim_node_kill(b->node);
	PAWL_END(t);
}

void build_start(struct build *b, struct graph *g, pawl_sim_node *node, unsigned jobs)
{
	*b = (struct build){ .g = g, .node = node };
	snprintf(b->target, sizeof b->target, "r%u", g->count - 1);
	b->targets[0] = b->target;
	b->options = (pawl_build_options){ .targets = b->targets, .jobs = jobs };
	MUST(g, pawl_sim_install(g->sim, "/bin/sh", g->shell ? g->shell : pawl_sim_script) == 0);
	MUST(g, pawl_sim_node_world(node) != NULL);
	MUST(g, pawl_sim_sqlite(pawl_sim_node_world(node)) == 0);
	MUST(g, pawl_spawn_foreground(pawl_sim_node_exec(node), &b->task, run) == 0);
	MUST(g, pawl_spawn_foreground(pawl_sim_node_exec(node), &b->end, end) == 0);
	pawl_detach(&b->end);
}

void build_whole(struct build *b, struct graph *g, const char *name, unsigned jobs)
{
	pawl_sim_node *node;

	MUST(g, pawl_sim_node_new(g->sim, name, &node) == 0);
	build_start(b, g, node, jobs);
	pawl_sim_run(g->sim);
	MUST(g, b->is_over || pawl_sim_node_is_dead(node));
}

static void check_counts(const struct build *b)
{
	const pawl_summary *s = &b->summary;
	unsigned failed = 0, ran = 0;

	for (unsigned i = 0; i < b->g->count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++) {
			failed += b->went[i][k] == FAILED;
			ran += b->went[i][k] == RAN ||
			       (b->went[i][k] == CURRENT && b->ran_before[i][k]);
		}
	MUST(b->g, s->failed == failed);
	MUST(b->g, s->run == ran);
	MUST(b->g, s->tasks == s->run + s->restored + s->current + s->failed + s->skipped);
}

void build_check_well(struct build *b)
{
	char why[400];

	snprintf(why, sizeof why, "the build ends well (%d: %s)", b->result, b->message);
	pawl_sim_check(b->g->sim, b->is_over && b->result == 0, why, __FILE__, __LINE__);
	check_counts(b);
	MUST(b->g, b->summary.failed == 0 && b->summary.skipped == 0);
	graph_check_outputs(b->g);
}

void build_check_quiet(const struct build *b)
{
	char why[400];

	snprintf(why, sizeof why, "there is nothing to warn of (%s)", b->warning);
	pawl_sim_check(b->g->sim, !b->warning[0], why, __FILE__, __LINE__);
}

unsigned build_ran(const struct build *b)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->g->count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++)
			n += b->went[i][k] == RAN || b->went[i][k] == FAILED;
	return n;
}

void build_check_kept(const struct build *before, pawl_time crashed, const struct build *after)
{
	for (unsigned i = 0; i < before->g->count; i++)
		for (unsigned k = 0; k < STEPS_MAX; k++)
			if (before->finished[i][k] && before->finished[i][k] + DURABLE < crashed)
				MUST(before->g, after->went[i][k] != RAN);
}

/* ---- what happens to builds ---- */

void crash_never(pawl_sim *sim)
{
	pawl_sim_power_cut_at(sim, 0);
	pawl_sim_kill_at(sim, 0);
}

static int interrupts(pawl_task *t)
{
	struct interrupter *i = PAWL_OF(t, struct interrupter, task);

	PAWL_BEGIN(t);
	for (; i->times; i->times--) {
		PAWL_AWAIT(t, pawl_sleep(t, i->after));
		if (i->b->build && !i->b->is_over)
			pawl_build_interrupt(i->b->build);
	}
	PAWL_END(t);
}

void build_interrupt_later(struct build *b, struct interrupter *i)
{
	i->b = b;
	MUST(b->g, pawl_spawn_foreground(pawl_sim_node_exec(b->node), &i->task, interrupts) == 0);
	pawl_detach(&i->task);
}
