/* SPDX-License-Identifier: MIT */
/* The workers of a host: what one of them holds, what they share, how they park. */
#ifndef PAWL_HOST_WORKER_H
#define PAWL_HOST_WORKER_H

#include "host/counts.h"
#include "host/ring.h"
#include "host/watchdog.h"

#include <pawl/exec.h>

#include <pthread.h>

/* Tasks that wait for whoever takes them. Its own lock (pawl_port_lock) guards it. */
struct pawl_bag {
	pawl_runq tasks;
	_Alignas(64) uint32_t count; /* atomic: others look before they take the lock */
	uint64_t total;              /* put in so far; written under the lock */
};

typedef struct pawl_worker pawl_worker;
struct pawl_worker {
	struct pawl_ring ring;
	struct pawl_bag spill; /* what did not fit into the ring, and comes after it */
	struct pawl_bag kept;  /* tasks that stay here: nobody else takes them */

	pawl_tally tally; /* its part of the crew */

	/* Timers of tasks that were polled here when they started them; `bias` guards them. */
	_Alignas(64) struct pawl_biased bias;
	pawl_timers timers;
	pawl_time timers_next; /* atomic: when the next of them is due */

	/* The worker's own from here on; others only look. */
	_Alignas(64) struct pawl_background *bg;
	pawl_task *current;     /* atomic: whose poll runs now? NULL between polls */
	const char *place;      /* atomic: where the running task was spawned, NULL between polls */
	const char *label;      /* atomic: its label */
	uint32_t is_first_poll; /* atomic: does a task run that is in no list yet? */
	uint32_t turn;          /* counts tasks that it took */
	uint32_t slot_runs;     /* how many in a row came from the place before all others */
	pawl_time clock;        /* when it last looked at the clock */
	struct pawl_counts counts;

	/* Parking. */
	_Alignas(64) uint32_t event; /* of pawl_port_sleep */
	uint32_t index;
	pawl_worker *parked_next; /* who parked before it; the lock of the background */
	bool is_parked;           /* in that list */
	pthread_t thread;
};

/*
 * Who looks after the idle and the busy ones
 *
 * An idle worker either parks, until somebody wakes it or a timer of its own is due, or it keeps
 * watch: as long as some worker is active, one idle worker looks at the others' queues again and
 * again, and naps in between. So who makes a task ready on a worker need not wake anybody, nor
 * order its store before a load that tells whether it should: if no one keeps watch, it wakes one,
 * once. The same holds for timers, which may become due while their worker is in a long poll. What
 * comes from other threads goes into a bag, and wakes the watch, or a worker that is to keep it.
 *
 *	watch	state | index of the worker << 2
 *
 *	NONE ──► AWAKE ◄──► NAPPING		AWAKE: it is about to look at everything
 *	  ▲        │				NAPPING: it sleeps on its event for a while
 *	  └────────┘
 *
 * Whoever changes NONE to AWAKE does so for itself or for a worker that it takes out of the parked
 * ones; who changes NAPPING to AWAKE wakes it. A worker that finds something to do gives the watch
 * up before it does it, and passes it on when others are parked and more is to be done.
 */
enum pawl_watch_state {
	PAWL_WATCH_NONE,
	PAWL_WATCH_AWAKE,
	PAWL_WATCH_NAPPING,
	PAWL_WATCH_STATE_ = 3
};

/* What is called instead while there is a trace (tracer.c). */
struct pawl_tracing {
	int (*poll)(pawl_worker *w, pawl_task *t);
	void (*parked)(pawl_worker *w, pawl_time from, pawl_time until);
	void (*stole)(pawl_worker *w, uint32_t n);
};

struct pawl_background {
	pawl_worker *workers;
	struct pawl_watchdog *dog; /* NULL: long polls are not watched for */
	uintptr_t tracing;         /* atomic: a struct pawl_tracing; 0: there is no trace */
	unsigned count, started;
	uint32_t is_stopping; /* atomic */

	/* From other threads, and those that are not of normal priority. */
	struct pawl_bag high, normal, low;

	_Alignas(64) uint32_t watch;  /* atomic: see above */
	uint32_t parked_count;        /* atomic; changed under the lock of the background */
	pawl_worker *parked;          /* the last that parked; the same lock */
	_Alignas(64) uint32_t active; /* atomic: workers that have something to do */
	uint64_t wakes;               /* atomic: of workers, by threads that are none */

	/* When the last of the workers is busy, too: who clears `wants_to_know` calls it. */
	uint32_t wants_to_know; /* atomic */
	void (*all_busy)(struct pawl_background *bg);
};

/* NULL: there is no trace. All that a poll costs then is to look. */
static inline const struct pawl_tracing *pawl_tracing_(const struct pawl_background *bg)
{
#if PAWL_DIAG
	return (const struct pawl_tracing *)pawl_load_ptr(&bg->tracing);
#else
	(void)bg;
	return NULL;
#endif
}

/* The worker that this thread is, NULL when it is none. */
extern _Thread_local pawl_worker *pawl_worker_here_;

/* steal.c: takes tasks from another worker; the first of them, NULL when none is worth it. */
pawl_task *pawl_worker_steal_(pawl_worker *w);
/* Takes all tasks out, calls `fn` for each, and puts them back; and for those that run. */
void pawl_background_each_(struct pawl_background *bg, void (*fn)(void *arg, const pawl_task *t),
			   void *arg);

/* park.c */
/* Somebody has to look: after a task was put into a bag. */
void pawl_rouse_(struct pawl_background *bg);
/* The worker has nothing to do. Answers a task, or NULL when `*stop`. */
pawl_task *pawl_worker_idle_(pawl_worker *w, const uint32_t *stop);

static inline bool pawl_worker_has_timers_(const pawl_worker *w)
{
	return __atomic_load_n(&w->timers_next, __ATOMIC_RELAXED) != PAWL_NEVER;
}

/*
 * After an active worker put a task into its own ring or a timer into its heap, and when it goes on
 * with more of these than the one that it polls: if nobody keeps watch, somebody should.
 */
static inline void pawl_worker_mind_(const pawl_worker *w)
{
	struct pawl_background *bg = w->bg;

	if ((pawl_peek(&bg->watch) & PAWL_WATCH_STATE_) == PAWL_WATCH_NONE &&
	    pawl_peek(&bg->parked_count))
		pawl_rouse_(bg);
}

/* clock.c: the timers */
/* Makes room for one more. */
int pawl_timers_grow_(pawl_timers *ts);
int pawl_worker_arm_(pawl_worker *w, pawl_task *t, pawl_time due);
pawl_time pawl_background_disarm_(struct pawl_background *bg, pawl_task *t);
/* Puts the tasks whose timers are due into the worker's ring; how many there were. */
uint32_t pawl_worker_expire_(pawl_worker *w);
/* Takes due timers of a worker that does not get to it. */
bool pawl_worker_rescue_(pawl_worker *w, pawl_worker *late);
/* The same for who is no worker: how many are in `ret_ready`. */
uint32_t pawl_worker_take_late_(pawl_worker *late, pawl_time now, pawl_runq *ret_ready);

/* bag.c */
void pawl_bag_put_(struct pawl_bag *b, pawl_task *t);
void pawl_bag_put_all_(struct pawl_bag *b, pawl_runq *tasks, uint32_t count);
/* Takes the first, and puts up to `more` others into the worker's ring, which has room for them. */
pawl_task *pawl_bag_take_(struct pawl_bag *b, struct pawl_ring *into, uint32_t more);

/* worker.c */
/* Puts a ready task into the worker's own queue, or into the bag of its priority. */
void pawl_worker_push_(pawl_worker *w, pawl_task *t);
/* The task stays with this worker, which polls it now. */
void pawl_worker_bind_(const pawl_worker *w, pawl_task *t);
/* Gives a ready task that stays to its worker. From anywhere. */
void pawl_worker_keep_(struct pawl_background *bg, pawl_task *t);
/* Takes the next of those that are the worker's to take without stealing; NULL: there is none. */
pawl_task *pawl_worker_next_(pawl_worker *w);

#endif
