/* SPDX-License-Identifier: MIT */
/* Where the local executor counts; nothing at all without PAWL_STATS. */
#ifndef PAWL_CORE_STATS_H
#define PAWL_CORE_STATS_H

#include <pawl/local.h>

#include "core/core.h"

#if PAWL_STATS

pawl_time pawl_stats_deadline_(const pawl_task *t);

/* Begins to count, when the options say so. */
void pawl_stats_begin_(pawl_local *l, pawl_stats *s);

/* Under the lock: a task was taken out of the queue. Its deadline, for the end of its turn. */
pawl_time pawl_stats_turn_begin_(pawl_local *l, const pawl_task *t);

/* Its poll answered this; the task is still there. */
void pawl_stats_turn_end_(pawl_local *l, const pawl_task *t, pawl_time deadline, int r);
void pawl_stats_turn_end_locked_(pawl_local *l, const pawl_task *t, pawl_time deadline, int r);

#else

static inline pawl_time pawl_stats_deadline_(const pawl_task *t)
{
	(void)t;
	return PAWL_NEVER;
}

static inline pawl_time pawl_stats_turn_begin_(pawl_local *l, const pawl_task *t)
{
	(void)l, (void)t;
	return PAWL_NEVER;
}

static inline void pawl_stats_turn_end_(pawl_local *l, const pawl_task *t, pawl_time deadline,
					int r)
{
	(void)l, (void)t, (void)deadline, (void)r;
}

static inline void pawl_stats_turn_end_locked_(pawl_local *l, const pawl_task *t,
					       pawl_time deadline, int r)
{
	(void)l, (void)t, (void)deadline, (void)r;
}

#endif

#endif
