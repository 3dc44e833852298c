/* SPDX-License-Identifier: MIT */
/* What becomes of each node of a plan, and why; what stands in each work folder. */
#ifndef PAWL_GRAPH_ACT_H
#define PAWL_GRAPH_ACT_H

#include "plan.h"
#include "store.h"

enum pawl_fate {
	PAWL_FATE_JOINT,   /* has nothing to run: done when what it depends on is */
	PAWL_FATE_CURRENT, /* its outputs are in place */
	PAWL_FATE_RESTORE, /* its outputs are in the store */
	PAWL_FATE_RUN
};

enum pawl_act_state {
	PAWL_ACT_WAITING, /* for what it depends on */
	PAWL_ACT_READY,   /* for a slot, or for its folder */
	PAWL_ACT_RUNNING,
	PAWL_ACT_DONE,
	PAWL_ACT_FAILED,
	PAWL_ACT_SKIPPED
};

struct pawl_act {
	struct pawl_node *node; /* NULL: puts a folder in place after its last task */
	struct pawl_site *site;
	enum pawl_fate fate;
	enum pawl_act_state state;
	struct pawl_action action; /* what the task made, when has_action */
	bool has_action;
	/* what stands in the folder after this task, when has_sum */
	struct pawl_tree sum;
	bool has_sum;
	bool forced;
	size_t missing;     /* nodes that it depends on and that are not done */
	int64_t weight;     /* ns: longest way from its start to the end of the build */
	const char *reason; /* RUN: why, in words */
	/* the task in which the change was made that makes this one run */
	const char *root;
	const char *root_line; /* and that change */
};

/* A work folder and what stands in it. */
struct pawl_site {
	struct pawl_folder *folder;
	struct pawl_place place;
	bool has_place;          /* the database knows what was there */
	bool in_place;           /* and it is there */
	bool busy;               /* an act is at work in it */
	bool failed;             /* a task failed: the folder stays as it left it */
	size_t to_run;           /* RUN acts that are not over */
	size_t to_place;         /* RESTORE acts, at the start */
	size_t stands;           /* how many tasks' outputs this build has put there */
	bool open;               /* it may still have to be put in place */
	struct pawl_list parked; /* ready acts that wait until it is not busy */
	struct pawl_act placing;
	/* top names that are nobody's output: of T and RECIPE_SYSROOT */
	const char *skip[3];
	const char *temp;    /* T */
	const char *sysroot; /* RECIPE_SYSROOT, or NULL */
};

struct pawl_decide {
	bool force;     /* targets run whatever is known */
	bool read_only; /* the store was opened so */
	/*
	 * a blob turned out to be damaged: what is in place counts only when the store has it too
	 */
	bool again;
};

/*
 * Decides the fate of every node: fills node->act and folder->site.
 *
 *	s	the store; NULL: there is none yet
 *
 * result:  0, PAWL_EINVAL when m got an error
 * owns:    pawl_act_end must be called before the plan is freed
 * from:    task; reads the work folders' entries
 * cost:    per node a few us; per output file that stands in place 1 us
 */
int pawl_act_decide(struct pawl_plan *p, struct pawl_store *s, pawl_world *w,
		    const struct pawl_decide *how, struct pawl_messages *m);
void pawl_act_end(struct pawl_plan *p);

/* Makes sure that act->action is there, from the store. 0, PAWL_ENOENT */
int pawl_act_load(struct pawl_act *a, struct pawl_store *s, struct pawl_messages *m);

/*
 * Makes sure that act->sum is there: what the task and those before it in its folder made. 0,
 * PAWL_ENOENT
 */
int pawl_act_sum(struct pawl_plan *p, struct pawl_act *a, struct pawl_store *s,
		 struct pawl_messages *m);

#endif
