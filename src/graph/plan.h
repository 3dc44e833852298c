/* SPDX-License-Identifier: MIT */
/* The graph of (recipe, task) nodes that some targets need, in an order in which they could run. */
#ifndef PAWL_GRAPH_PLAN_H
#define PAWL_GRAPH_PLAN_H

#include "base.h"
#include "hash.h"
#include "meta.h"

/* A recipe that takes part in a plan: its tasks work in one folder, one at a time. */
struct pawl_folder {
	struct pawl_recipe *recipe;
	const char *path;           /* WORKDIR */
	struct pawl_node **by_task; /* one per task of the recipe; NULL: not in the plan */
	/* those in the plan, in order; filled once the plan is sorted */
	struct pawl_node **nodes;
	size_t node_count;
	struct pawl_recipe **depends; /* who provides what DEPENDS names */
	size_t depend_count;
	struct pawl_uri *uris; /* of SRC_URI, once pawl_folder_uris was asked */
	size_t uri_count;
	int uris_read_;           /* 0: not yet, 1: yes, negative: failed */
	struct pawl_folder *next; /* of all folders of the plan */
	/* for whoever runs the plan: the state of the folder; NULL at first */
	struct pawl_site *site;
};

/* How it ended while the build was to begin again, because a blob is damaged. */
enum pawl_untold { PAWL_UNTOLD_NOTHING = 0, PAWL_UNTOLD_END, PAWL_UNTOLD_SKIP };

struct pawl_node {
	const char *name; /* "recipe:do_task" */
	const char *task; /* "do_task" */
	struct pawl_folder *folder;
	/* what it depends on; each once, in the order in which it was declared */
	struct pawl_node **after;
	size_t after_count;
	struct pawl_node **before; /* what depends on it */
	size_t before_count;
	/* its place in the plan: larger than that of all it depends on */
	size_t index;
	bool target;  /* was asked for */
	bool noexec;  /* holds others together, has nothing to run */
	bool nostamp; /* runs every time */
	bool fetch;   /* needs the remote files of SRC_URI in DL_DIR */
	bool ran;     /* in this build, before its fates were decided again */
	enum pawl_untold untold;
	bool sees_sources; /* after pawl_sign_plan: the files that SRC_URI names */
	/* folders, relative to the work folder, that dependents see; NULL: none */
	const char *const *publishes;
	size_t publish_count;
	pawl_digest signature; /* after pawl_sign_plan */
	/* what the signature is the digest of, as text: see sign.h */
	const char *fields;
	struct pawl_input **inputs; /* files and folders whose content is in it */
	size_t input_count;
	/* for whoever runs the plan: what becomes of it; NULL at first */
	struct pawl_act *act;
	size_t mark_;
	size_t missing_;
};

struct pawl_plan {
	struct pawl_meta *meta;
	struct pawl_messages *messages;
	struct pawl_node **nodes; /* in order */
	size_t count;
	struct pawl_folder *folders;
	size_t folder_count;
	/* of struct pawl_input: files that were read for signatures */
	struct pawl_list inputs;
	struct pawl_arena arena; /* all of the above */
	size_t stamp_;
};

/*
 * Makes the plan for some targets.
 *
 *	targets	"recipe", "recipe:task" or "recipe:do_task", ended by NULL
 *	task	for those that name none; NULL: BB_DEFAULT_TASK, else "build"
 *	m	gets what is wrong: all of it, not the first
 *
 * result:  0; PAWL_EINVAL when m got an error
 * owns:    *ret_plan is the caller's: pawl_plan_free; it refers to meta
 * from:    task
 * cost:    O(nodes + edges)
 */
int pawl_plan_make(struct pawl_meta *meta, const char *const *targets, const char *task,
		   struct pawl_messages *m, struct pawl_plan **ret_plan);
void pawl_plan_free(struct pawl_plan *p);

/* Reads SRC_URI of the folder's recipe, once. 0, PAWL_ESYNTAX (said in the plan's messages) */
int pawl_folder_uris(struct pawl_plan *p, struct pawl_folder *f);

/*
 * What n depends on within its own recipe, however indirectly: fills `ret`, in plan order, without
 * n. Returns how many.
 */
size_t pawl_plan_ancestors(struct pawl_plan *p, const struct pawl_node *n, struct pawl_node **ret);

/*
 * The nodes of other recipes whose published folders n sees: those that n and its ancestors in its
 * recipe depend on directly, and all of the same task names that these in turn stand on. Adds them
 * to `ret`, in plan order.
 */
void pawl_plan_published(struct pawl_plan *p, struct pawl_node *n, struct pawl_list *ret);

#endif
