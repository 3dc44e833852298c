/* SPDX-License-Identifier: MIT */
/* The numbers of the micro:bit as QEMU has it: with a SysTick, which a real nRF51 lacks. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

#define MACHINE_NAME "microbit"
#define MACHINE_CORE_HZ 16000000
/* Software interrupts 0 to 2. */
#define MACHINE_IRQ 20
#define MACHINE_TICKS_HZ 16000000

#define MACHINE_TIMER_REG(offset) (*(volatile uint32_t *)(0x40008000u + (offset)))

/* START of the random number generator. */
#define MACHINE_RNG_START (*(volatile uint32_t *)0x4000d000u)

/*
 * Nobody wants random numbers, but one is made every 167 us. See the MPS2 boards for what that is
 * good for.
 */
static inline void machine_ticks_start(void)
{
	MACHINE_RNG_START = 1;
	MACHINE_TIMER_REG(0x508) = 3; /* 32 bits */
	MACHINE_TIMER_REG(0x510) = 0; /* no prescaler */
	MACHINE_TIMER_REG(0x000) = 1; /* start */
}

static inline uint32_t machine_ticks(void)
{
	MACHINE_TIMER_REG(0x040) = 1; /* capture */
	return MACHINE_TIMER_REG(0x540);
}

#endif
