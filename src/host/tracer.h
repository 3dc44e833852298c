/* SPDX-License-Identifier: MIT */
/* The inside of the tracer: events, the rings that keep them, and who puts them there. */
#ifndef PAWL_HOST_TRACER_H
#define PAWL_HOST_TRACER_H

#include <pawl/tracer.h>

#include "port/atomic.h"

#include <pthread.h>

enum pawl_happened {
	PAWL_HAPPENED_POLL,
	PAWL_HAPPENED_WORK,
	PAWL_HAPPENED_PARK,
	PAWL_HAPPENED_STEAL
};

/* All strings are constants. */
struct pawl_traced {
	const char *name, *place;
	const char *wait; /* what the task waits for, NULL: it did not say */
	uint64_t id;
	pawl_time begin, end;
	enum pawl_happened what;
	int result;      /* of a poll or of work; how many tasks were stolen */
	uint32_t thread; /* 0 the main thread, then the workers, then those for blocking work */
};

/* Events of one thread, or of all those for blocking work. Its lock (pawl_port_lock) guards it. */
struct pawl_track {
	struct pawl_traced *ring; /* NULL: nothing is kept */
	uint32_t room, first, count;
	uint64_t lost;
};

/* Its mutex guards all of it, but for the tracks; these, once made, stay. */
struct pawl_tracer {
	pthread_mutex_t lock;
	pawl_tracer_options options;
	struct pawl_track *tracks; /* the main thread's, the workers', and one for blocking work */
	unsigned track_count;
	bool *is_named;   /* which threads for blocking work were given their names? */
	unsigned written; /* events since the beginning: 0 or not */
	uint64_t lost;    /* in the tracks, said already */
	int error;        /* what `write` answered */
	bool is_started;
};

void pawl_tracer_init_(pawl_host *h);
void pawl_tracer_fini_(pawl_host *h);

/* As pawl_run and pawl_work_call_; and traced. */
void pawl_tracer_run_(pawl_host *h, pawl_task *t);
void pawl_tracer_call_(pawl_host *h, unsigned blocker, pawl_work *work);

/* tracer_text.c */
/* The beginning and the end of the text; some events of a track; how many were lost. */
void pawl_tracer_begin_text_(pawl_host *h);
void pawl_tracer_end_text_(pawl_host *h);
void pawl_tracer_text_(pawl_host *h, const struct pawl_traced *e, unsigned count);
void pawl_tracer_lost_text_(pawl_host *h, unsigned track, uint64_t lost);

#endif
