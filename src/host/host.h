/* SPDX-License-Identifier: MIT */
/* The inside of the host executor, for its own files. */
#ifndef PAWL_HOST_HOST_H
#define PAWL_HOST_HOST_H

#include <pawl/host.h>

#include "host/loop.h"
#include "host/threads.h"

#include <pthread.h>
#include <uv.h>

/*
 * Background: one queue for all workers. Its lock guards all of it; an idle worker keeps the
 * timers.
 */
struct pawl_background {
	pthread_mutex_t lock;
	pthread_cond_t more;  /* for idle workers, but the keeper */
	pthread_cond_t keep;  /* for the keeper: a task, or an earlier timer */
	pthread_cond_t ended; /* for threads that are none of ours and wait in pawl_block_on */
	pawl_runq ready;
	pawl_timers timers;
	unsigned idle;   /* waiting for `more` */
	bool has_keeper; /* somebody waits for `keep` */
	bool is_stopping;
	pthread_t *threads;
	unsigned count;
};

struct pawl_host {
	pawl_exec exec;
	pawl_crew crew;
	struct pawl_background bg;
	struct pawl_foreground fg;
	struct pawl_blockers bl;
	uint32_t is_closing; /* atomic: tell the main thread when the last task ended */
};

static inline pawl_host *pawl_host_from_(pawl_exec *x)
{
	return PAWL_OF(x, pawl_host, exec);
}

/* worker.c */
int pawl_workers_start_(pawl_host *h, unsigned count);
void pawl_workers_stop_(pawl_host *h);
void pawl_workers_schedule_(pawl_host *h, pawl_task *t);
int pawl_workers_arm_(pawl_host *h, pawl_task *t, pawl_time due);
pawl_time pawl_workers_disarm_(pawl_host *h, pawl_task *t);
bool pawl_workers_is_here_(const pawl_host *h);
bool pawl_workers_turn_(pawl_host *h, const bool *stop);
int pawl_thread_start_(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg);

/* wait.c */
void pawl_poll_here_(pawl_task *t);
int pawl_host_block_on_(pawl_exec *x, pawl_task *t);

/* Makes room for one more timer. */
int pawl_timers_grow_(pawl_timers *ts);

#endif
