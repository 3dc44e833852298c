/* SPDX-License-Identifier: MIT */
/* What the files of the pawl command share. */
#ifndef PAWL_CLI_H
#define PAWL_CLI_H

#include <pawl/graph.h>
#include <pawl/host.h>

#include <stdio.h>

enum pawl_exit {
	PAWL_EXIT_OK = 0,
	PAWL_EXIT_FAILED = 1, /* a task, or the disk, or memory: the build could not go on */
	PAWL_EXIT_USAGE = 2,  /* or bad metadata, or nothing could be begun */
	PAWL_EXIT_INTERRUPTED = 130
};

/* The command line, read. */
struct pawl_args {
	const char *command; /* "build", "why", … */
	const char *top;     /* -C */
	pawl_build_options build;
	const char *events, *trace; /* files, "-": standard output */
	bool dot;
	int64_t keep;            /* bytes, of store gc */
	const char *const *rest; /* what follows the options, ended by NULL */
	size_t rest_count;
};

/* Reads the command line. -1: go on; else the exit code: everything is said. */
int pawl_args_read(int argc, char **argv, struct pawl_args *ret_args);

/* What a build shows: plain lines, or a live block on a terminal. */
struct pawl_live {
	FILE *out;
	bool terminal;
	unsigned lines; /* of the block on the screen */
	unsigned total, done;
	unsigned unstarted; /* tasks that the end of the build came before */
	pawl_build *build;  /* NULL: none yet */
	pawl_world *world;
	pawl_time started;
	FILE *events; /* may be NULL */
	FILE *trace_file;
	pawl_trace trace;
	bool dry;
	char *failed; /* a line for each task that failed, or NULL */
	size_t failed_len;
};

/* 0, or PAWL_EIO: a file cannot be written (said) */
int pawl_live_open(struct pawl_live *l, const struct pawl_args *args, pawl_world *w);
void pawl_live_event(void *live, const pawl_build_event *e);
void pawl_live_draw(struct pawl_live *l); /* the block again */
/* 0, PAWL_EIO: what was written did not arrive (said) */
int pawl_live_close(struct pawl_live *l);

#endif
