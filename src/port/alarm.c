/* SPDX-License-Identifier: MIT */
/* The list of alarms, the next due first. */
#include "port/assert.h"

#include <pawl/alarm.h>

static pawl_alarm *first;

static void unlink_locked(pawl_alarm *a)
{
	pawl_alarm **at = &first;

	while (*at != a) {
		PAWL_ASSERT(*at);
		at = &(*at)->next_;
	}
	*at = a->next_;
	a->is_set_ = false;
}

void pawl_alarm_set(pawl_alarm *a, pawl_time due)
{
	uintptr_t was = pawl_port_lock(&first);
	pawl_alarm **at = &first;

	PAWL_ASSERT(a->fire);
	if (a->is_set_)
		unlink_locked(a);
	while (*at && (*at)->due_ <= due)
		at = &(*at)->next_;
	a->due_ = due;
	a->next_ = *at;
	a->is_set_ = true;
	*at = a;
	if (first == a)
		pawl_port_arm(due);
	pawl_port_unlock(&first, was);
}

void pawl_alarm_clear(pawl_alarm *a)
{
	uintptr_t was = pawl_port_lock(&first);

	if (a->is_set_)
		unlink_locked(a);
	pawl_port_unlock(&first, was);
}

/* The next one that is due, taken out; without one the timer is armed. */
static pawl_alarm *take_due(void)
{
	uintptr_t was = pawl_port_lock(&first);
	pawl_alarm *a = first;

	if (a && a->due_ > pawl_port_now()) {
		pawl_port_arm(a->due_);
		a = NULL;
	}
	if (a)
		unlink_locked(a);
	pawl_port_unlock(&first, was);
	return a;
}

void pawl_alarm_interrupt(void)
{
	pawl_alarm *a;

	while ((a = take_due()) != NULL)
		a->fire(a);
}
