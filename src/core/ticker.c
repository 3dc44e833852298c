/* SPDX-License-Identifier: MIT */
/* Tickers: absolute instants, and the missed ones without a division. */
#include "core/core.h"

#include <pawl/ticker.h>

#if PAWL_TIMERS

void pawl_ticker_init(pawl_ticker *k, pawl_exec *x, pawl_time period)
{
	PAWL_ASSERT(period > 0);
	*k = (pawl_ticker){ pawl_later_(pawl_now(x), period), period, 0 };
}

/*
 * The tick was told of: on to the first one that has not passed. A step of some ticks is taken when
 * the last of them has passed; steps are doubled first and halved then, instead of a division.
 */
static void advance(pawl_ticker *k, pawl_time now)
{
	pawl_time step = k->period, late;
	uint32_t ticks = 1;

	k->next = pawl_later_(k->next, k->period);
	late = now - k->next;
	while (ticks < 1u << 31 && late - step > step - k->period) {
		step *= 2;
		ticks *= 2;
	}
	for (; ticks; step /= 2, ticks /= 2) {
		if (late <= step - k->period)
			continue;
		late -= step;
		k->next += step;
		k->overruns += ticks;
	}
}

int pawl_tick(pawl_task *t, pawl_ticker *k)
{
	int r;

	PAWL_ASSERT(k->period > 0);
	r = pawl_sleep_until(t, k->next);
	if (r == 0)
		advance(k, pawl_now(t->exec_));
	return r;
}

#endif
