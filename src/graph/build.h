/* SPDX-License-Identifier: MIT */
/* What the files of a running build share: the graph, the build, and one job per slot. */
#ifndef PAWL_GRAPH_BUILD_H
#define PAWL_GRAPH_BUILD_H

#include <pawl/sem.h>
#include <pawl/timeout.h>

#include "act.h"

/* A build folder, opened. */
struct pawl_graph {
	pawl_graph_options options;
	pawl_world *world;
	pawl_time opened;
	struct pawl_messages messages; /* not shown yet */
	size_t shown;                  /* how many of them were */
	struct pawl_meta *meta;        /* NULL until it is needed */
	struct pawl_hasher hasher;
	struct pawl_store *store; /* NULL until it is needed */
};

/*
 * One slot: a task that takes one ready act after the other and sees it through. Fields below `act`
 * are about that act.
 */
struct pawl_job {
	pawl_task task; /* first */
	pawl_work work;
	struct pawl_build *build;
	unsigned slot;
	struct pawl_act *act;          /* NULL: none */
	int result;                    /* of the step that was done last */
	struct pawl_messages messages; /* said in blocking sections */
	struct pawl_arena arena;
	pawl_time started;
	pawl_time kill_at; /* when to end it, with growing force */
	int kills;
	bool brought; /* the folder is what it shall be before the task runs */
	bool counted; /* as one of those that run */
	bool told;    /* that the act's task started, and not yet how it ended */
	bool lost;    /* its task panicked */
	bool left;    /* its task ended as it should */
	bool runs;    /* a process is needed */
	bool waits;   /* for a process, which is there */
	bool timed_out;
	pawl_world_process process;
	pawl_command command;
	pawl_sandbox sandbox;
	const char *script_path, *log_path;
	const char *log_end; /* what is kept of the log, once the task succeeded */
	struct pawl_buf script;
	int log;    /* open file, or -1 */
	int log_in; /* the same, to be read: what stands at its path later may be another */
	/* of which the folder is the sum before the task runs */
	const struct pawl_delta **parts;
	size_t part_count;
	struct pawl_node **part_nodes;
	struct pawl_publisher *published;
	size_t published_count;
	const char *sysroots; /* the folder of all sysroots; NULL: the task gets none */
	pawl_bind *sysroot_bind;
	struct pawl_buf sysroot;
	struct pawl_tree before, after;
	struct pawl_action made;
	size_t uri; /* the source at work */
};

/* A build. All but the blocking sections of its jobs runs on the main thread. */
struct pawl_build {
	pawl_task task;   /* first: waits for the jobs, then closes */
	pawl_task ticker; /* flushes, and ends what takes too long */
	pawl_work flush;
	int flush_result;
	pawl_timeout look;
	struct pawl_graph *graph;
	pawl_world *world;
	pawl_build_options options;
	const char **targets; /* copies */
	struct pawl_arena arena;
	struct pawl_plan *plan; /* NULL: everything was up to date */
	struct pawl_job *jobs;
	unsigned job_count, joined;
	bool sandboxed;
	char makeflags[128];
	pawl_sem ready;        /* one permit per act in `heap` */
	struct pawl_list heap; /* of struct pawl_act, the heaviest first */
	/* acts that are not over: RUN ones, and folders to be put in place */
	size_t open;
	unsigned running;
	int interrupts;
	bool damaged; /* a blob that was thought to be whole was not */
	unsigned attempts;
	bool given_up; /* a task of the build's own panicked */
	bool stopping; /* nothing new starts */
	bool over;     /* the jobs may go */
	bool closed;   /* the summary was sent */
	bool ended;    /* the task is over: do not touch it */
	pawl_summary summary;
};

/* graph.c */
/* reads the metadata once. 0, PAWL_EINVAL (shown) */
int pawl_graph_load(struct pawl_graph *g);
/* made and signed */
int pawl_graph_plan(struct pawl_graph *g, const char *const *targets, const char *task,
		    struct pawl_plan **ret_plan);
/* opens it. 0, PAWL_EBUSY, PAWL_ENOENT (read only) … (shown) */
int pawl_graph_store(struct pawl_graph *g, bool read_only);
void pawl_graph_store_close(struct pawl_graph *g);
/*
 * A file that changed later may have changed once more after we looked, and show the same times: as
 * wall time, a little before the graph was opened.
 */
int64_t pawl_graph_sure(const struct pawl_graph *g);

char *pawl_graph_sysroots(struct pawl_graph *g); /* their folder: the caller's; NULL: no TMPDIR */
void pawl_graph_show_messages(struct pawl_graph *g);
void pawl_graph_emit(struct pawl_graph *g, pawl_build_event *e);
void pawl_graph_say(struct pawl_graph *g, enum pawl_level level, const char *fmt, ...)
	PAWL_PRINTF(3, 4);

/* build.c: for job.c */
/* the next act that may start now, or NULL; its folder is then busy */
struct pawl_act *pawl_build_take(struct pawl_build *b);
/* j->act is over as its state says */
void pawl_build_done(struct pawl_build *b, struct pawl_job *j);
void pawl_build_emit(struct pawl_build *b, pawl_build_event *e);

/* lost.c: allocates nothing */
/* says what a task or a blocking section said when it panicked */
void pawl_build_tell_panic(struct pawl_build *b, const char *name, const char *why);
/* gives the build up when a job or the ticker has panicked */
void pawl_build_look_for_panic(struct pawl_build *b);
/* what was kept back, as the build was to begin again; it does not */
void pawl_build_tell_late(struct pawl_build *b);
/* of which the last task panicked */
void pawl_build_close_lost(struct pawl_build *b);

/* job.c */
int pawl_job_poll(pawl_task *t);
void pawl_job_tick(struct pawl_job *j, pawl_time now); /* ends it when its time is over */
void pawl_job_kill(struct pawl_job *j);

/* current.c: what the last build of these targets left, when nothing is to do */
bool pawl_current_check(struct pawl_graph *g, const pawl_build_options *o, unsigned *ret_tasks);
void pawl_current_save(struct pawl_graph *g, const pawl_build_options *o, struct pawl_plan *p);
void pawl_current_drop(struct pawl_graph *g); /* forgets all of them */

#endif
