/* SPDX-License-Identifier: MIT */
/* The foreground inside another main loop: what that has to poll, for how long, and the turns. */
#define _GNU_SOURCE
#include "host/host.h"

#include "port/assert.h"
#include "port/atomic.h"

void pawl_outer_begin(pawl_host *h, pawl_outer *o)
{
	struct pawl_foreground *fg = &h->fg;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	PAWL_ASSERT(o->iterate && !fg->outer && !fg->wait && !fg->is_in_loop);
	fg->outer = o;
	/* Its loop's clock counts instead. */
	uv_timer_stop(&fg->timer);
	fg->timer_due = PAWL_NEVER;
}

void pawl_outer_end(pawl_host *h)
{
	struct pawl_foreground *fg = &h->fg;
	pawl_outer *o = fg->outer;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	PAWL_ASSERT(!fg->wait && !fg->is_in_loop);
	if (!o)
		return;
	fg->outer = NULL;
	pawl_exchange(&fg->is_asleep, 0);
	if (o->end)
		o->end(o);
}

int pawl_outer_fd(const pawl_host *h)
{
	return uv_backend_fd(&h->fg.loop);
}

/* How long libuv would sleep. */
static pawl_time left_to_events(uv_loop_t *loop)
{
	int left_ms;

	uv_update_time(loop);
	left_ms = uv_backend_timeout(loop);
	return left_ms < 0 ? PAWL_NEVER : left_ms * PAWL_MS(1);
}

static pawl_time left_to_timers(pawl_host *h)
{
	pawl_time due = pawl_loop_next_(h), now;

	if (due == PAWL_NEVER)
		return PAWL_NEVER;
	now = pawl_port_now();
	return due > now ? due - now : 0;
}

pawl_time pawl_outer_timeout(pawl_host *h)
{
	pawl_time events, timers;

	PAWL_ASSERT(pawl_loop_is_here_(h));
	PAWL_ASSERT(!h->fg.is_in_loop);
	if (!pawl_loop_doze_(h))
		return 0;
	events = left_to_events(&h->fg.loop);
	timers = left_to_timers(h);
	return events < timers ? events : timers;
}

bool pawl_outer_turn(pawl_host *h)
{
	return pawl_loop_turn_inside_(h);
}
