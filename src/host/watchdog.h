/* SPDX-License-Identifier: MIT */
/* Long polls: a thread that looks now and then at what the others are at. */
#ifndef PAWL_HOST_WATCHDOG_H
#define PAWL_HOST_WATCHDOG_H

#include <pawl/host.h>

#include "port/atomic.h"

/*
 * What a thread that polls says of the task that it is at. It alone writes. The strings are
 * constants; the task may be gone, so others only ask whether there is one.
 */
struct pawl_running {
	const pawl_task *task; /* atomic; NULL between polls */
	const char *place;     /* atomic */
	const char *label;     /* atomic */
};

struct pawl_watchdog {
	uint32_t event;       /* of pawl_port_sleep */
	uint32_t is_asleep;   /* atomic: nobody was at anything; who begins clears it, and wakes */
	uint32_t is_stopping; /* atomic */
};

/*
 * What the options ask for, NULL when that is nothing. It starts after the workers, stops before
 * them, and is there as long as they are. Each is NULL's, too.
 */
int pawl_watchdog_new_(pawl_host *h, const pawl_host_options *o, unsigned workers,
		       struct pawl_watchdog **ret);
int pawl_watchdog_start_(struct pawl_watchdog *d);
void pawl_watchdog_stop_(struct pawl_watchdog *d);
void pawl_watchdog_free_(struct pawl_watchdog *d);

/*
 * This thread said that it has something to do: the watchdog, which says that it sleeps before it
 * looks for the last time, sees that, or is woken.
 */
static inline void pawl_watchdog_stir_(struct pawl_watchdog *d)
{
	if (!d)
		return;
	pawl_fence(&d->is_asleep);
	if (pawl_load(&d->is_asleep) && pawl_exchange(&d->is_asleep, 0))
		pawl_port_wake(&d->event);
}

#endif
