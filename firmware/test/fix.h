/* SPDX-License-Identifier: MIT */
/* What the tests of the ports share: three executors, and the time between two instants. */
#ifndef FIX_H
#define FIX_H

#include "board.h"

#include <kit.h>
#include <pawl/alarm.h>
#include <pawl/pawl.h>

/* The thread's executor, or one in an interrupt. */
enum fix_level { FIX_THREAD, FIX_MID, FIX_HIGH, FIX_LEVELS };

pawl_exec *fix_exec(enum fix_level level);

/* Waits, on the thread, until a task of any of them ended, and answers its outcome. */
int fix_join(pawl_task *whom);

/* What the sensor's interrupt does; NULL: nothing. */
extern void (*fix_on_sensor)(void);

/* An alarm that makes the sensor's interrupt pending. */
void fix_sensor_at(pawl_time due);

/* How often the timer's interrupt came. */
extern volatile uint32_t fix_timer_interrupts;

/* Nanoseconds of the board's own ticks, since a reading of at most four seconds ago. */
static inline int64_t fix_ns_since(uint32_t ticks)
{
	return (int64_t)(board_ticks() - ticks) * 1000000 / (board_ticks_hz / 1000);
}

#endif
