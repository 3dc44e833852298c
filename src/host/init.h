/* SPDX-License-Identifier: MIT */
/* What pawl and its small program (pid 1 of a sandbox, and the guard) say to each other. */
#ifndef PAWL_HOST_INIT_H
#define PAWL_HOST_INIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers of descriptors in a child. The job slots lie above those that shell scripts use by hand
 * (3 to 9) and those where a shell keeps what it saves (10 and a few more).
 */
enum {
	PAWL_FD_JOBS_READ = 20,
	PAWL_FD_JOBS_WRITE = 21,
	PAWL_FD_STATUS = 22, /* pid 1: where it reports */
	PAWL_FD_LIFE = 23,   /* pid 1: ends when pawl does */
	PAWL_FD_EXTRA = 24   /* bubblewrap: the files that it is to lay down */
};

enum pawl_init_kind {
	PAWL_INIT_STARTED = 1, /* the command's program runs */
	PAWL_INIT_FAILED = 2,  /* value: the errno of the attempt */
	PAWL_INIT_ENDED = 3    /* value: the wait status */
};

/* One report of pid 1. */
struct pawl_init_report {
	int32_t kind;
	int32_t value;
	int64_t cpu_us; /* of the command, with its children that were waited for */
	int64_t memory; /* bytes */
};

/* To the guard: a process group to kill, or one that is gone when negative. */
typedef int32_t pawl_guard_note;

#define PAWL_INIT_NAME "pawl-init"
#define PAWL_GUARD_NAME "pawl-guard"

/* The program itself; made by the build from init.c. */
extern const unsigned char pawl_init_image[];
extern const size_t pawl_init_image_size;

#endif
