/* SPDX-License-Identifier: MIT */
/* Ready tasks by session: round and round between sessions, first come, first served in each. */
#ifndef PAWL_HOST_LANES_H
#define PAWL_HOST_LANES_H

#include "core/core.h"

#include <pawl/session.h>

/*
 * The tasks without a session are a lane like those of a session. An empty lane is not in the
 * ring, so that a session without tasks may go. Zeroed is empty. It has no lock of its own.
 */
struct pawl_lanes {
	struct pawl_lane_ none;          /* of tasks without a session */
	struct pawl_lane_ *first, *last; /* those that are not empty, as their turns come */
	uint32_t count;                  /* of tasks */
};

static inline void pawl_lanes_append_(struct pawl_lanes *l, struct pawl_lane_ *lane)
{
	lane->next_ = NULL;
	if (l->first)
		l->last->next_ = lane;
	else
		l->first = lane;
	l->last = lane;
}

static inline void pawl_lanes_push_(struct pawl_lanes *l, pawl_task *t)
{
	bool has_session = t->kind_ & PAWL_TASK_SESSION_;
	struct pawl_lane_ *lane = has_session ? &t->of_.session_->lane_ : &l->none;

	if (!lane->ready_.head_)
		pawl_lanes_append_(l, lane);
	pawl_runq_push_(&lane->ready_, t);
	pawl_poke(&l->count, l->count + 1);
}

/* The first task of the lane whose turn it is; NULL when there is none. */
static inline pawl_task *pawl_lanes_pop_(struct pawl_lanes *l)
{
	struct pawl_lane_ *lane = l->first;
	bool is_alone;
	pawl_task *t;

	if (!lane)
		return NULL;
	PAWL_ASSERT(lane->ready_.head_ && l->count);
	is_alone = l->last == lane;
	t = pawl_runq_pop_(&lane->ready_);
	pawl_poke(&l->count, l->count - 1);
	if (is_alone && lane->ready_.head_)
		return t;
	l->first = lane->next_;
	lane->next_ = NULL;
	if (lane->ready_.head_)
		pawl_lanes_append_(l, lane);
	return t;
}

#endif
