/* SPDX-License-Identifier: MIT */
/* What a local executor counts, under its lock, and averages that never divide by zero. */
#include "core/local.h"
#include "core/stats.h"

#if PAWL_STATS

/* Takes the place of the policy's insert: all that becomes ready comes through here. */
static void count_insert(pawl_queue *q, pawl_task *t)
{
	pawl_local *l = PAWL_OF(q, pawl_local, queue_);
	pawl_stats *s = l->stats_;

	s->schedules++;
	if (++s->ready > s->ready_max)
		s->ready_max = s->ready;
	if (l->insert_)
		l->insert_(q, t);
	else
		pawl_runq_push_(&q->ready_, t);
}

void pawl_stats_begin_(pawl_local *l, pawl_stats *s)
{
	l->stats_ = s;
	l->insert_ = l->queue_.insert_;
	if (s)
		l->queue_.insert_ = count_insert;
}

pawl_time pawl_stats_deadline_(const pawl_task *t)
{
#if PAWL_POLICIES
	return t->deadline_;
#else
	(void)t;
	return PAWL_NEVER;
#endif
}

static bool has_spent_all(const pawl_task *t)
{
#if PAWL_POLICIES
	return t->spent_ == PAWL_SPENT_ALL_;
#else
	(void)t;
	return false;
#endif
}

pawl_time pawl_stats_turn_begin_(pawl_local *l, const pawl_task *t)
{
	pawl_stats *s = l->stats_;

	if (!s)
		return PAWL_NEVER;
	s->polls++;
	s->ready_sum_ += s->ready--;
	return pawl_stats_deadline_(t);
}

void pawl_stats_turn_end_locked_(pawl_local *l, const pawl_task *t, pawl_time deadline, int r)
{
	pawl_stats *s = l->stats_;
	bool is_settled, is_late;

	if (!s)
		return;
	is_settled = r != PAWL_PENDING || pawl_stats_deadline_(t) != deadline;
	is_late = deadline != PAWL_NEVER && is_settled && pawl_port_now() > deadline;
	s->finished += r != PAWL_PENDING;
	s->budget_ends += r == PAWL_PENDING && has_spent_all(t);
	s->missed += is_late;
}

void pawl_stats_turn_end_(pawl_local *l, const pawl_task *t, pawl_time deadline, int r)
{
	uintptr_t was;

	if (!l->stats_)
		return;
	was = pawl_local_lock_(l);
	pawl_stats_turn_end_locked_(l, t, deadline, r);
	pawl_local_unlock_(l, was);
}

void pawl_local_stats(pawl_local *l, pawl_stats *ret)
{
	uintptr_t was = pawl_local_lock_(l);

	*ret = l->stats_ ? *l->stats_ : (pawl_stats){ 0 };
	pawl_local_unlock_(l, was);
	if (l->stats_)
		ret->spawned = ret->finished + pawl_crew_count(&l->crew_);
}

/* Hundredths, by a division of 32 bits: what does not fit loses its last bits first. */
static uint32_t ratio_x100(uint64_t of, uint64_t by)
{
	uint32_t n, d, whole;

	if (by == 0)
		return 0;
	while (of > UINT32_MAX || by > UINT32_MAX) {
		of >>= 1;
		by >>= 1;
	}
	n = (uint32_t)of;
	d = (uint32_t)by;
	if (d == 0 || n / d > UINT32_MAX / 100 - 1)
		return UINT32_MAX;
	whole = n / d;
	for (n %= d; n > UINT32_MAX / 100; n >>= 1)
		d >>= 1;
	return whole * 100 + n * 100 / d;
}

uint32_t pawl_stats_polls_per_task_x100(const pawl_stats *s)
{
	return ratio_x100(s->polls, s->spawned);
}

uint32_t pawl_stats_ready_x100(const pawl_stats *s)
{
	return ratio_x100(s->ready_sum_, s->polls);
}

#endif
