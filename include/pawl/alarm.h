/* SPDX-License-Identifier: MIT */
/* Alarms of the bare-metal ports: functions that are called at an instant, over one timer. */
#ifndef PAWL_ALARM_H
#define PAWL_ALARM_H

#include <pawl/port.h>

/*
 * Something to be done at an instant, in the timer's interrupt. Put it first in your own struct,
 * fill `fire`, leave the rest zero. It may neither move nor be freed while it is set.
 *
 * Tasks do not need this; they have pawl_sleep. The ports multiplex with it what they need
 * themselves: a thread that sleeps, and an executor in each of several interrupts.
 */
typedef struct pawl_alarm pawl_alarm;
struct pawl_alarm {
	void (*fire)(pawl_alarm *a); /* from the interrupt; it may set or clear any alarm */
	pawl_alarm *next_;           /* who is due after it? guarded by the lock of the list */
	pawl_time due_;
	bool is_set_;
};

PAWL_BEGIN_C

/*
 * Sets an alarm, or moves one that is set.
 *
 *	a	the alarm
 *	due	when; what has passed is soon
 *
 * result:  nothing
 * owns:    the list has the alarm until it fired or was cleared
 * from:    any
 * cost:    O(alarms), no allocation
 */
void pawl_alarm_set(pawl_alarm *a, pawl_time due);

/*
 * Takes it back.
 *
 *	a	the alarm; nothing happens when it is not set
 *
 * result:  nothing; it does not fire any more, unless this interrupted its `fire`
 * owns:    nothing
 * from:    any
 * cost:    O(alarms), no allocation
 */
void pawl_alarm_clear(pawl_alarm *a);

/*
 * For ports: what the timer's interrupt calls. Fires what is due, and arms the timer for the next.
 *
 * result:  nothing
 * owns:    nothing
 * from:    isr
 * cost:    O(alarms), and that of what fires
 */
void pawl_alarm_interrupt(void);

/*
 * What a clock brings besides pawl_port_now: sees to it that pawl_alarm_interrupt is called at the
 * instant, or before: then this is called again.
 *
 *	due	when; replaces what was armed before
 *
 * result:  nothing
 * owns:    nothing
 * from:    any, under a lock
 * cost:    O(1), no allocation
 */
void pawl_port_arm(pawl_time due);

PAWL_END_C

#endif
