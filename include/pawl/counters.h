/* SPDX-License-Identifier: MIT */
/* Counters: what the threads of a host did so far, and what lies in its queues. */
#ifndef PAWL_COUNTERS_H
#define PAWL_COUNTERS_H

#include <pawl/host.h>

/*
 * What one thread that polls tasks did since it began. It alone counts, by plain stores, so a
 * reader sees each figure as it was a moment ago: at least what happened before something that the
 * reader waited for. Only `ready` is of now, and a glance.
 */
typedef struct pawl_thread_counters {
	/* Of tasks. A worker counts one when it is over, the main thread when it begins. */
	uint64_t polls;
	uint64_t steals;  /* times it took tasks from another worker; the main thread: never */
	uint64_t stolen;  /* tasks it took so */
	uint64_t spilled; /* tasks that found its ring full, and went into a list behind it */
	uint64_t parks;   /* times it went to sleep */
	uint64_t wakes;   /* times it woke another worker that napped or was parked */
	uint64_t fired;   /* timers */
	uint32_t ready;   /* tasks in its queue */
} pawl_thread_counters;

/* What is not of one worker. The last lines of each part are of now. */
typedef struct pawl_counters {
	pawl_thread_counters main;  /* it steals and wakes no workers: `wakes` below has both */
	uint64_t injected;          /* tasks that came into the workers' common queues */
	uint64_t wakes;             /* of workers, by threads that are none */
	uint32_t dedicated;         /* threads of tasks that have one of their own */
	uint32_t high, normal, low; /* tasks in these queues: urgent, from other threads, patient */
	struct {
		uint64_t done;    /* pieces of blocking work that ended */
		uint32_t queued;  /* that did not begin */
		uint32_t threads; /* for such work */
		uint32_t idle;    /* of them, those that rest */
	} blocking;
} pawl_counters;

PAWL_BEGIN_C

/*
 * What the main thread, the blocking work and the workers' common queues have to show.
 *
 *	h	the executor
 *	ret	the figures
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_counters_host(pawl_host *h, pawl_counters *ret);

/*
 * What a worker has to show. For sums over all of them, add.
 *
 *	h	the executor
 *	worker	which: less than pawl_host_workers
 *	ret	the figures
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_counters_worker(pawl_host *h, unsigned worker, pawl_thread_counters *ret);

PAWL_END_C

#endif
