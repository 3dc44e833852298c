/* SPDX-License-Identifier: MIT */
/* The build tool inside the simulator: graphs of recipes, builds of them, and what must hold. */
#ifndef PAWL_TEST_SIMBUILD_H
#define PAWL_TEST_SIMBUILD_H

#include <pawl/graph.h>
#include <pawl/sim_sqlite.h>
#include <pawl/sim_world.h>

#define RECIPES_MAX 40
#define STEPS_MAX 3 /* tasks of a recipe: do_one, do_two, do_make */

/* What the last task of a recipe does besides its work. */
enum manner { WELL, EXITS, DIES, HALVES, HANGS, LEAVES_DAEMON, USES_SLOT, MANNERS };

/* A recipe: its last task publishes its word, what its other tasks made, and what it depends on. */
struct recipe {
	unsigned steps;
	uint64_t deps;  /* of the recipes before it */
	unsigned word;  /* changes what it makes */
	unsigned input; /* what stands in a file that its last task reads; 0: it reads none */
	unsigned sleep_ms;
	bool is_apart; /* neither of do_one and do_two depends on the other */
	enum manner manner;
};

struct graph {
	pawl_sim *sim;
	unsigned count;             /* the last recipe is built */
	pawl_sim_program_fn *shell; /* NULL: pawl_sim_script */
	const char *top;            /* the build folder; NULL: "/b" */
	const char *const *assign;  /* as in pawl_graph_options */
	struct recipe recipes[RECIPES_MAX];
};

/* How a task went in a build. */
enum went { NOT_YET, RUNS, RAN, FAILED, RESTORED, CURRENT, SKIPPED };

/* A build by one program. */
struct build {
	pawl_task task;
	pawl_task end; /* waits for it: what a program does whose own task panicked */
	struct graph *g;
	pawl_sim_node *node;

	pawl_build_options options;
	const char *targets[2];
	char target[16];
	pawl_graph *graph;
	pawl_build *build;
	pawl_summary summary;
	int result;   /* of starting it, and then the summary's */
	int outcome;  /* of the program's own task; when that panicked, the program is dead */
	bool is_over; /* it came to its end, whatever that was */
	unsigned running;
	enum went went[RECIPES_MAX][STEPS_MAX];
	bool ran_before[RECIPES_MAX][STEPS_MAX];    /* before it began again */
	pawl_time finished[RECIPES_MAX][STEPS_MAX]; /* when it ran to its end; 0: it did not */
	char message[300];                          /* the last error */
	char warning[300];                          /* the last of those */
};

/* A graph by the test's own random numbers: every recipe is needed by the last. */
void graph_random(struct graph *g, pawl_sim *sim, unsigned count);

/* One recipe depends on the one before it. */
void graph_chain(struct graph *g, pawl_sim *sim, unsigned count, unsigned steps);

/* Puts the build folder, the layers and the recipes as they are now onto the disk. */
void graph_write(struct graph *g);

/* Only the file that a recipe reads. */
void graph_write_input(struct graph *g, unsigned i);

/* Spawns the build as a foreground task of a program; run the simulator, then look. */
void build_start(struct build *b, struct graph *g, pawl_sim_node *node, unsigned jobs);

/* The same with a program of its own, to its end. */
void build_whole(struct build *b, struct graph *g, const char *name, unsigned jobs);

/* The last recipe's output, and all that it depends on, is what it has to be. */
void graph_check_outputs(struct graph *g);

/* The build ended well, and all that it made is right. */
void build_check_well(struct build *b);

/*
 * It has not warned of anything: blobs are damaged only where the disk is, not by whatever crashed.
 */
void build_check_quiet(const struct build *b);

/* How many tasks really ran. */
unsigned build_ran(const struct build *b);

/*
 * What ran to its end in `before`, so long before a crash that it was durable, did not run again in
 * `after`.
 */
void build_check_kept(const struct build *before, pawl_time crashed, const struct build *after);

/* No call of the world is the last one any more. */
void crash_never(pawl_sim *sim);

/* Who asks a build to stop, so many times, each so long after the last. */
struct interrupter {
	pawl_task task;
	struct build *b;
	unsigned times;
	pawl_time after;
};

/* Spawns it beside a build that was started. */
void build_interrupt_later(struct build *b, struct interrupter *i);

#endif
