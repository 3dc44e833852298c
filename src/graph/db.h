/* SPDX-License-Identifier: MIT */
/* The build database: actions, places, last results and signature texts in SQLite. */
#ifndef PAWL_GRAPH_DB_H
#define PAWL_GRAPH_DB_H

#include "tree.h"

/* How a task's last run ended. */
enum pawl_ending {
	PAWL_ENDING_NONE = 0, /* never ran */
	PAWL_ENDING_OK = 1,
	PAWL_ENDING_FAILED = 2
};

/* What is known about a task (recipe:task) from earlier builds. Strings belong to the store. */
struct pawl_last {
	pawl_digest signature; /* of the last run or restore that ended well; zero: none */
	enum pawl_ending ending;
	int64_t duration; /* ns, smoothed over its runs; 0: never ran */
};

/* The rest of it, for `pawl why` and `pawl log`. Strings belong to the caller's arena. */
struct pawl_last_more {
	struct pawl_last last;
	pawl_digest tried; /* signature of the last run, whatever came of it */
	int64_t when;      /* wall clock, ns, when it ended */
	int64_t took;      /* ns, the last run */
	int exit_code;     /* -1: a signal */
	int signal;
	const char *log; /* path, or "" */
};

/* One of the tasks whose outputs a place holds. */
struct pawl_held {
	const char *task;
	pawl_digest signature;
};

/*
 * A work folder and what stands in it. Strings, `held` and the tree belong to the place
 * (pawl_place_fini).
 */
struct pawl_place {
	struct pawl_held *held; /* in the order in which they were summed */
	size_t held_count;
	struct pawl_tree tree; /* with fingerprints */
	struct pawl_arena texts_;
};

void pawl_place_fini(struct pawl_place *p);

#endif
