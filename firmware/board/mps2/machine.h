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
#define MACHINE_SECOND_REG(n) (((volatile uint32_t *)(MACHINE_TIMER + 0x1000))[n])

/*
 * The second timer interrupts nobody. When SysTick ends a period while the core sleeps, QEMU (with
 * -icount sleep=off) lets time jump once more to whatever ends next before it wakes the core: this
 * makes that at most 200 us, where it would be the whole next period of SysTick.
 */
static inline void machine_ticks_start(void)
{
	MACHINE_TIMER_REG(2) = UINT32_MAX;
	MACHINE_TIMER_REG(1) = UINT32_MAX;
	MACHINE_TIMER_REG(0) = 1;
	MACHINE_SECOND_REG(2) = MACHINE_CORE_HZ / 5000;
	MACHINE_SECOND_REG(0) = 1;
}

static inline uint32_t machine_ticks(void)
{
	return UINT32_MAX - MACHINE_TIMER_REG(1);
}

#endif
