/* SPDX-License-Identifier: MIT */
/* The simulator's clock: it jumps from timer to timer, and which of an instant is first is open. */
#include "sim/ring.h"

#include "core/core.h"

/* Where in the queue the n'th of the session is. */
static pawl_task **skip_of_session(pawl_runq *q, const pawl_session *s, uint32_t n)
{
	pawl_task **at = &q->head_;

	while (!pawl_sim_is_ordered_(*at) || (*at)->of_.session_ != s || n-- > 0)
		at = &(*at)->u_.next_;
	return at;
}

static uint32_t count_of_session(const pawl_runq *q, const pawl_session *s)
{
	const pawl_task *t;
	uint32_t n = 0;

	for (t = q->head_; t; t = t->u_.next_)
		n += pawl_sim_is_ordered_(t) && t->of_.session_ == s;
	return n;
}

/*
 * The next of those whose timers fired at once. Their order is a choice where it is not made later,
 * when one of those that are ready is taken: in a session.
 */
static pawl_task *take_fired(pawl_sim *sim, pawl_runq *q)
{
	pawl_task *t = q->head_, **at;
	uint32_t nth;

	if (!t || !t->u_.next_ || !pawl_sim_is_ordered_(t))
		return pawl_runq_pop_(q);
	nth = pawl_sim_draw_(sim, count_of_session(q, t->of_.session_));
	at = skip_of_session(q, t->of_.session_, nth);
	t = *at;
	*at = t->u_.next_;
	return t;
}

bool pawl_sim_jump_(pawl_sim *sim, pawl_time until)
{
	pawl_time due = pawl_timers_next(&sim->timers);
	pawl_runq ready = { 0 };
	pawl_task *t;

	if (due == PAWL_NEVER || due > until || sim->must_stop)
		return false;
	if (due > sim->clock)
		sim->clock = due;
	pawl_timers_expire(&sim->timers, sim->clock, &ready);
	while ((t = take_fired(sim, &ready))) {
		SIM_TAPE(sim, SIM_EVENT_FIRE, t, 0, NULL);
		pawl_dispatch_(t);
	}
	return true;
}

void pawl_sim_pass_(pawl_sim *sim, pawl_time until)
{
	while (pawl_sim_jump_(sim, until)) {}
	if (until > sim->clock)
		sim->clock = until;
}
