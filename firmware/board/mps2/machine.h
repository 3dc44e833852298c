/* SPDX-License-Identifier: MIT */
/* What the MPS2 boards share: a CMSDK timer for the ticks, and interrupts that nothing uses. */
#ifndef MACHINE_MPS2_H
#define MACHINE_MPS2_H

#include <stdint.h>

/* The executors' interrupts and the sensor's: this one and the two after it. */
#define MACHINE_IRQ 20
#define MACHINE_TICKS_HZ MACHINE_CORE_HZ

/* CTRL, VALUE, RELOAD, INTSTATUS: it counts down. */
#define MACHINE_TIMER_REG(n) (((volatile uint32_t *)MACHINE_TIMER)[n])

static inline void machine_ticks_start(void)
{
	MACHINE_TIMER_REG(2) = UINT32_MAX;
	MACHINE_TIMER_REG(1) = UINT32_MAX;
	MACHINE_TIMER_REG(0) = 1;
}

static inline uint32_t machine_ticks(void)
{
	return UINT32_MAX - MACHINE_TIMER_REG(1);
}

#endif
