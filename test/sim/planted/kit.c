/* SPDX-License-Identifier: MIT */
/* What planted bugs share: turns, a wait for somebody's word, the list of all, a run of one. */
#include "planted.h"

extern const struct planted planted_lost_wake, planted_two_sems, planted_missed_cancel,
	planted_loader_goes, planted_starved_holder;
extern const struct planted planted_aba_slot, planted_dropped_slot, planted_order, planted_overdraw,
	planted_filled_twice;
extern const struct planted planted_timer_cancel, planted_lease_over, planted_closed_send,
	planted_session_end, planted_two_winners;

const struct planted *const planted_all[] = {
	&planted_lost_wake,      &planted_two_sems,
	&planted_missed_cancel,  &planted_loader_goes,
	&planted_starved_holder, &planted_aba_slot,
	&planted_dropped_slot,   &planted_order,
	&planted_overdraw,       &planted_filled_twice,
	&planted_timer_cancel,   &planted_lease_over,
	&planted_closed_send,    &planted_session_end,
	&planted_two_winners,    NULL,
};

static void does_nothing(pawl_work *w)
{
	(void)w;
}

int planted_turns(pawl_task *t, struct turns *s)
{
	int r = 0;

	s->work.fn = does_nothing;
	for (; s->left && r == 0; s->left -= r == 0)
		r = pawl_blocking(t, &s->work);
	return r;
}

int planted_told(pawl_task *t, const bool *is_told)
{
	if (*is_told)
		return 0;
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

int planted_run(const pawl_sim_case *c, enum pawl_sim_mode mode, uint64_t first,
		pawl_sim_result *ret)
{
	bool is_exhaustive = mode == PAWL_SIM_EXHAUSTIVE;
	pawl_sim_case it = *c;

	it.mode = mode;
	return pawl_sim_many(&it, is_exhaustive ? 1 : first,
			     is_exhaustive ? PLANTED_SCHEDULES : PLANTED_SEEDS, ret);
}
