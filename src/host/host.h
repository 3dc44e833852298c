/* SPDX-License-Identifier: MIT */
/* The inside of the host executor, for its own files. */
#ifndef PAWL_HOST_HOST_H
#define PAWL_HOST_HOST_H

#include <pawl/host.h>

#include "host/loop.h"
#include "host/threads.h"
#include "host/tracer.h"
#include "host/worker.h"

#include <pthread.h>
#include <uv.h>

struct pawl_host {
	pawl_exec exec;
	pawl_crew crew;
	pawl_tally others; /* counted by threads that are no workers */
	struct pawl_background bg;
	struct pawl_foreground fg;
	struct pawl_blockers bl;
	struct pawl_dedicated dedicated;
	struct pawl_tracer tracer;
	pthread_mutex_t waiters;         /* held while the main thread's pawl_block_on is told */
	uint32_t is_closing;             /* atomic: tell the main thread when the last task ended */
	struct pawl_process_watch *left; /* the main thread's: children closed before they ended */
};

static inline pawl_host *pawl_host_from_(pawl_exec *x)
{
	return PAWL_OF(x, pawl_host, exec);
}

/* io_process.c: lets go of those that are left, and waits for those that were killed. */
void pawl_processes_fini_(pawl_host *h);

/* worker.c */
int pawl_workers_start_(pawl_host *h, unsigned count);
void pawl_workers_stop_(pawl_host *h);
void pawl_workers_schedule_(pawl_host *h, pawl_task *t);
int pawl_workers_arm_(pawl_host *h, pawl_task *t, pawl_time due);
pawl_time pawl_workers_disarm_(pawl_host *h, pawl_task *t);
bool pawl_workers_is_here_(const pawl_host *h);
/* Runs tasks until `*stop`. */
void pawl_worker_run_(pawl_worker *w, const uint32_t *stop);
int pawl_thread_start_(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg);
/* On each thread, first: a program that has stacks can go on with any of them there. */
void pawl_thread_begin_(void);

/* help.c */
void pawl_help_init_(pawl_host *h);
/*
 * For a main thread that would only wait. Runs a background task if all workers are held up: did
 * it?
 */
bool pawl_help_(pawl_host *h);
/* For how long it may sleep before it looks again, since its last sleep something ran or not. */
pawl_time pawl_help_later_(pawl_host *h, bool did_something);
/* It is awake again. */
void pawl_help_awake_(pawl_host *h);

/* wait.c */
void pawl_poll_here_(pawl_host *h, pawl_task *t);
int pawl_host_block_on_(pawl_exec *x, pawl_task *t);

#endif
