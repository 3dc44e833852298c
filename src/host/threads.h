/* SPDX-License-Identifier: MIT */
/* Threads of the host that come and go: those for blocking work, and the dedicated ones. */
#ifndef PAWL_HOST_THREADS_H
#define PAWL_HOST_THREADS_H

#include <pawl/exec.h>

#include "host/counts.h"

#include <pthread.h>

/*
 * Threads that ended by themselves: each joins the one before it, so that one at most is left for
 * whoever ends them all. Guarded by a lock of its owner's.
 */
struct pawl_ended {
	pthread_t last;
	bool has_last;
};

/* The calling thread is about to end. True: it has to join the one before it, without the lock. */
static inline bool pawl_ended_swap_(struct pawl_ended *e, pthread_t *ret_before)
{
	bool has_before = e->has_last;

	*ret_before = e->last;
	e->last = pthread_self();
	e->has_last = true;
	return has_before;
}

/* A place for a thread of the pool. */
struct pawl_blocker {
	struct pawl_blockers *of;
	struct pawl_blocker *next, *prev; /* who rested before and after it; free places: next */
	pthread_t thread;
	uint32_t event; /* of pawl_port_sleep: it was taken from the idle ones */
	bool is_used;   /* there is a thread */
	bool is_idle;   /* in the list of those that rest */
};

/*
 * Blocking work: a queue, and threads that start while all others are busy and end after a time
 * without work. The lock guards all of it but what is said to be atomic.
 */
struct pawl_blockers {
	pthread_mutex_t lock;
	pawl_work *head, *tail;
	uint32_t queued;
	uint32_t looking;          /* atomic: threads that look at the queue before they rest */
	struct pawl_blocker *idle; /* who came to rest last is the first */
	struct pawl_blocker *free;
	struct pawl_blocker *all; /* as many as `max` */
	unsigned count, max;
	unsigned starting; /* of them, those whose start may still fail */
	pawl_time idle_for;
	struct pawl_ended ended;
	uint64_t done; /* atomic: pieces of work */
	bool is_stopping;
};

/* Dedicated threads: each is freed by itself, with the last of its tasks. */
struct pawl_dedicated {
	pthread_mutex_t lock;
	struct dedicated *first; /* under the lock */
	uint32_t count;          /* of them; the same */
	struct pawl_ended ended;
};

/* blocking.c */
int pawl_blockers_init_(struct pawl_blockers *bl, unsigned max, pawl_time idle_for);
void pawl_blockers_fini_(struct pawl_blockers *bl);
int pawl_blockers_submit_(struct pawl_blockers *bl, pawl_work *w);
int pawl_blockers_withdraw_(struct pawl_blockers *bl, pawl_work *w);

/* dedicated.c */
void pawl_dedicated_init_(struct pawl_dedicated *all);
void pawl_dedicated_fini_(struct pawl_dedicated *all);
/* Those of their tasks that the host does not know by themselves. */
void pawl_dedicated_each_(struct pawl_dedicated *all, void (*fn)(void *arg, const pawl_task *t),
			  void *arg);
int pawl_dedicated_block_on_(pawl_exec *x, pawl_task *t);
int pawl_host_dedicate_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			const pawl_spawn_options *options, const char *place);

#endif
