/* SPDX-License-Identifier: MIT */
/* The ticker: instants at a fixed distance, that do not drift, and a count of those missed. */
#ifndef PAWL_TICKER_H
#define PAWL_TICKER_H

#include <pawl/exec.h>

/*
 * The ticks lie on a grid: the first and so many periods. However late a task is told of one, the
 * next lies on the grid too. Those that passed before the task came for them are not made up for,
 * but counted.
 */
typedef struct pawl_ticker {
	pawl_time next;    /* when the next tick is due */
	pawl_time period;  /* more than 0 */
	uint32_t overruns; /* how many ticks were missed; yours to set back */
} pawl_ticker;

PAWL_BEGIN_C

/*
 * Makes a ticker whose first tick is one period from now. For another first tick, fill in `next`
 * and `period` instead.
 *
 *	k	the ticker
 *	x	the executor on whose clock it ticks
 *	period	the distance of its ticks, more than 0
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_ticker_init(pawl_ticker *k, pawl_exec *x, pawl_time period);

/*
 * Waits for the next tick; to one who is late it comes at once, after what else is ready. Ticks
 * that passed by then are added to `overruns`, and the next one is the first that is not in the
 * past.
 *
 *	t	the running task
 *	k	the ticker
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED: then the tick is still to come, PAWL_ENOTSUP when the
 *          executor has no timers
 * owns:    nothing
 * from:    task
 * cost:    that of pawl_sleep_until; O(log missed ticks) when late; no division, no allocation
 */
PAWL_MUST_USE int pawl_tick(pawl_task *t, pawl_ticker *k);

PAWL_END_C

#endif
