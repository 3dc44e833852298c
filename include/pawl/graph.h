/* SPDX-License-Identifier: MIT */
/* The build tool as a library: open a build folder, build targets in it, ask about them. */
#ifndef PAWL_GRAPH_H
#define PAWL_GRAPH_H

#include <pawl/base.h>
#include <pawl/exec.h>
#include <pawl/task.h>
#include <pawl/world.h>

PAWL_BEGIN_C

/*
 * A build folder holds conf/bblayers.conf and conf/local.conf. A graph is that folder, opened: its
 * recipes (read when first needed) and its store. Everything here is called from foreground tasks
 * of one executor; out of memory ends the calling task with PAWL_EPANIC. Nothing here prints: what
 * there is to say arrives as events or goes to a writer that the caller gives.
 */
typedef struct pawl_graph pawl_graph;
typedef struct pawl_build pawl_build;

enum pawl_event_kind {
	PAWL_EVENT_MESSAGE,      /* level, text */
	PAWL_EVENT_STARTED,      /* the build: count tasks are in the plan, slots */
	PAWL_EVENT_TASK_STARTED, /* task, slot, text: why it runs */
	/* task, slot, result, exit_code, signal, duration, cpu, memory, path: its log */
	PAWL_EVENT_TASK_FINISHED,
	PAWL_EVENT_TASK_RESTORED, /* task; or, in a dry run, would be */
	PAWL_EVENT_TASK_CURRENT,  /* task */
	/*
	 * task, text: because of what; result: PAWL_EIO a failed task, PAWL_ECANCELED the build's
	 * end
	 */
	PAWL_EVENT_TASK_SKIPPED,
	PAWL_EVENT_FINISHED /* summary */
};

enum pawl_level { PAWL_NOTE, PAWL_WARNING, PAWL_ERROR };

/* How a build ended, in counts of tasks. tasks is the sum of the five. */
typedef struct pawl_summary {
	unsigned tasks;
	unsigned run;      /* ran and succeeded */
	unsigned restored; /* put in place from the store */
	unsigned current;  /* outputs already in place */
	unsigned failed;
	/* did not run because another failed, or because the build was stopped */
	unsigned skipped;
	pawl_time duration; /* ns */
	/*
	 * 0, PAWL_EINVAL: bad metadata or targets, PAWL_ECANCELED: interrupted, PAWL_EIO: a task
	 * failed, PAWL_EPANIC: memory ran out, else why the store could not be written; a message
	 * has said so
	 */
	int result;
	bool dry; /* nothing was done: run and restored say what would be */
} pawl_summary;

typedef struct pawl_build_event {
	enum pawl_event_kind kind;
	enum pawl_level level;
	pawl_time at;     /* ns since the graph was opened */
	int64_t wall;     /* ns since 1970 */
	const char *task; /* "recipe:do_task" */
	const char *text;
	const char *path;
	unsigned slot; /* 0, 1, …: which of the parallel lanes */
	unsigned count, slots;
	int result; /* 0 or negative */
	int exit_code, signal;
	pawl_time duration, cpu;
	int64_t memory; /* bytes */
	const pawl_summary *summary;
} pawl_build_event;

typedef void pawl_build_event_fn(void *arg, const pawl_build_event *e);
typedef void pawl_write_fn(void *arg, const char *text, size_t len);

typedef struct pawl_graph_options {
	pawl_world *world;
	pawl_exec *exec; /* has foreground tasks and blocking work */
	const char *top; /* the build folder, absolute */
	/* pawl's own layer (conf/bitbake.conf, classes/base.bbclass), used last */
	const char *own_layer;
	const char *fetch_program; /* pawl-fetch */
	/*
	 * its environment (proxies, certificates), ended by NULL; NULL: none. Tasks never see it.
	 */
	const char *const *fetch_env;
	/* who we are, for others who find the store locked: "pid 1234" */
	const char *holder;
	/* NAME=value texts that win over local.conf, ended by NULL; NULL: none */
	const char *const *assign;
	pawl_build_event_fn *event; /* may be NULL */
	void *event_arg;
} pawl_graph_options;

/*
 * Opens a build folder. Reads nothing of it yet.
 *
 * result:  0, PAWL_ENOENT: no conf/bblayers.conf there
 * owns:    the graph is the caller's until pawl_graph_close; what the options point at must outlive
 *          it
 * from:    task
 * cost:    two system calls
 */
PAWL_MUST_USE int pawl_graph_open(const pawl_graph_options *options, pawl_graph **ret_graph);

/*
 * Closes a graph; no build may be running in it. Takes NULL.
 *
 * owns:    gives up all
 * from:    task
 * cost:    frees everything that was read
 */
void pawl_graph_close(pawl_graph *g);

typedef struct pawl_build_options {
	const char *const *targets; /* "recipe" or "recipe:task", ended by NULL */
	/* for targets that name none; NULL: BB_DEFAULT_TASK, else build */
	const char *task;
	unsigned jobs;   /* tasks at once; 0: the CPUs that this process may use */
	bool keep_going; /* after a failure, go on with what does not depend on it */
	bool dry;        /* say what would be done, do nothing */
	bool force;      /* run the targets' tasks even when they are current */
	bool no_sandbox;
} pawl_build_options;

/*
 * Starts a build; pawl_build_wait ends it.
 *
 * result:  0; PAWL_EBUSY: another pawl builds with this store (an event says who); PAWL_EINVAL:
 *          metadata or targets have errors (events say which), nothing was run; PAWL_ENOTSUP: no
 *          sandbox can be made here and no_sandbox is not set
 * owns:    the build is the caller's until pawl_build_free; the options are copied
 * from:    task (foreground)
 * cost:    reads the metadata and the database when something changed since the last build, else
 *          one stat per file that was read
 */
PAWL_MUST_USE int pawl_build_start(pawl_graph *g, const pawl_build_options *options,
				   pawl_build **ret_build);

/*
 * Waits until the build is over.
 *
 * result:  0 when it is over (ret_summary->result says how it ended), PAWL_PENDING; goes on when t
 *          is cancelled: interrupt it instead
 * owns:    nothing
 * from:    task
 * cost:    O(1)
 */
PAWL_MUST_USE int pawl_build_wait(pawl_task *t, pawl_build *b, pawl_summary *ret_summary);

/*
 * Asks a build to stop: the first time no new task starts and those that run may finish, the second
 * time they are killed.
 *
 * owns:    nothing
 * from:    task (foreground), or a callback of the main loop
 * cost:    O(running tasks)
 */
void pawl_build_interrupt(pawl_build *b);

/* A task that runs now. */
typedef struct pawl_running {
	const char *task;
	pawl_time since; /* ns on the world's clock */
	unsigned slot;
} pawl_running;

/*
 * Lists the tasks that run now, oldest first, for a live display.
 *
 *	ret_running	filled with at most `room` entries
 *	ret_so_far	the counts until now
 *
 * result:  how many entries were filled
 * owns:    nothing
 * from:    task (foreground), or a callback of the main loop
 * cost:    O(slots)
 */
size_t pawl_build_running(const pawl_build *b, pawl_running *ret_running, size_t room,
			  pawl_summary *ret_so_far);

/*
 * Ends what pawl_build_start began. The build must be over. Takes NULL.
 *
 * result:  nothing
 * owns:    gives up all
 * from:    task (foreground)
 * cost:    frees the plan
 */
void pawl_build_free(pawl_build *b);

/*
 * Says in one line why a task will run, or why it last ran. Like all questions below it writes its
 * answer to `out`, takes no lock, and may be asked while another process builds there.
 *
 * result:  0; PAWL_EINVAL, PAWL_ENOENT after events that name the mistake
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata and looks at the work folders
 */
PAWL_MUST_USE int pawl_graph_why(pawl_graph *g, const char *target, pawl_write_fn *out, void *arg);

/*
 * Lists the tasks that the targets need and what each depends on; with `dot`, as input for
 * Graphviz.
 *
 * result:  0; PAWL_EINVAL after events that name the mistake
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata
 */
PAWL_MUST_USE int pawl_graph_show(pawl_graph *g, const char *const *targets, bool dot,
				  pawl_write_fn *out, void *arg);

/*
 * Shows variables of a recipe or (target NULL) of the configuration: one, or (var NULL) all of
 * them, each with its value and where each part of it was set.
 *
 * result:  0; PAWL_EINVAL, PAWL_ENOENT after events that name the mistake
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata
 */
PAWL_MUST_USE int pawl_graph_env(pawl_graph *g, const char *target, const char *var,
				 pawl_write_fn *out, void *arg);

/*
 * Lists the recipes: name, version, file.
 *
 * result:  0; PAWL_EINVAL after events that name the mistake
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata
 */
PAWL_MUST_USE int pawl_graph_list(pawl_graph *g, pawl_write_fn *out, void *arg);

/*
 * Copies the log of a task's last run.
 *
 * result:  0; PAWL_EINVAL, PAWL_ENOENT after events that name the mistake
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata and the log
 */
PAWL_MUST_USE int pawl_graph_log(pawl_graph *g, const char *target, pawl_write_fn *out, void *arg);

/*
 * Removes the work folders of the targets' recipes. What is in the store stays.
 *
 * result:  0; PAWL_EINVAL after events; PAWL_EBUSY while a build runs; an operating error
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the metadata, removes the folders
 */
PAWL_MUST_USE int pawl_graph_clean(pawl_graph *g, const char *const *targets, pawl_write_fn *out,
				   void *arg);

/*
 * Writes the counts and sizes of the store.
 *
 * result:  0, or an operating error
 * owns:    nothing
 * from:    task (foreground)
 * cost:    one stat per blob
 */
PAWL_MUST_USE int pawl_graph_store_stat(pawl_graph *g, pawl_write_fn *out, void *arg);

/*
 * Checks every blob of the store against its name. Damaged ones are moved aside, and what needs
 * them will run again.
 *
 * result:  0; PAWL_ECORRUPT when one was damaged; PAWL_EBUSY while a build runs; an operating error
 * owns:    nothing
 * from:    task (foreground)
 * cost:    reads the whole store
 */
PAWL_MUST_USE int pawl_graph_store_verify(pawl_graph *g, pawl_write_fn *out, void *arg);

/*
 * Drops blobs that nothing refers to, and what was not used for longest until the store fits. What
 * stands in a work folder is in use and stays.
 *
 *	keep_bytes	the size to come down to; 0: no limit
 *
 * result:  0; PAWL_EBUSY while a build runs; an operating error
 * owns:    nothing
 * from:    task (foreground)
 * cost:    one look at each action and blob
 */
PAWL_MUST_USE int pawl_graph_store_gc(pawl_graph *g, int64_t keep_bytes, pawl_write_fn *out,
				      void *arg);

/*
 * Writes an event as one JSON object, with its newline, in one call of `out`.
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(its texts)
 */
void pawl_event_json(const pawl_build_event *e, pawl_write_fn *out, void *arg);

/* A trace being written. */
typedef struct pawl_trace {
	pawl_write_fn *out_;
	void *arg_;
	unsigned slots_;
	bool some_;
} pawl_trace;

/*
 * Begins a trace that opens in Perfetto: give it every event of a build, then end it.
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, one call at a time
 * cost:    O(1)
 */
void pawl_trace_begin(pawl_trace *t, pawl_write_fn *out, void *arg);

/*
 * Adds an event to a trace: tasks lie in the lane of their slot.
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, one call at a time
 * cost:    O(its texts)
 */
void pawl_trace_event(pawl_trace *t, const pawl_build_event *e);

/*
 * Ends a trace: what was written is then whole.
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, one call at a time
 * cost:    O(1)
 */
void pawl_trace_end(pawl_trace *t);

PAWL_END_C

#endif
