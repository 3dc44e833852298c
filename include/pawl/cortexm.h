/* SPDX-License-Identifier: MIT */
/* The port for Arm Cortex-M: a clock from SysTick, sleeping, executors at interrupt priorities. */
#ifndef PAWL_CORTEXM_H
#define PAWL_CORTEXM_H

#include <pawl/alarm.h>
#include <pawl/local.h>

/*
 * One source for Cortex-M0, M0+, M3, M4, M7, M23 and M33. A program calls pawl_cortexm_init first
 * and puts pawl_cortexm_systick into its vector table; start-up code and linker script are its own.
 *
 * The lock is PRIMASK, so interrupts of every priority may wake tasks. It is held for some tens of
 * instructions at most.
 *
 * The clock counts the core's cycles in 64 bits over SysTick's 24. While nothing is due sooner, its
 * interrupt comes once in 2^24 cycles; keep interrupts off for less than that. An alarm that is due
 * before the running period ends makes that period shorter, and the cycles that the change takes
 * are added: pawl_cortexm_init measures how many. Where two runs of the same four instructions take
 * the same time, no time is lost; otherwise it is their difference, once per such alarm, in no
 * preferred direction. Cycles become nanoseconds with a relative error of at most 2^-32 of a
 * nanosecond per cycle, less than a second in a hundred years at 25 MHz and none where the cycle is
 * a whole number of nanoseconds.
 *
 * A board with a better timer brings pawl_port_now and pawl_port_arm (pawl/alarm.h) itself; then
 * SysTick is left alone.
 */

PAWL_BEGIN_C

/*
 * Starts the clock, at 0.
 *
 *	core_hz	how fast the core runs, below 2^31
 *
 * result:  nothing
 * owns:    SysTick is the port's from now on
 * from:    init, in thread mode
 * cost:    some hundred instructions
 */
void pawl_cortexm_init(uint32_t core_hz);

/*
 * The handler of SysTick. Its priority has to be at least as urgent as that of every executor in
 * an interrupt; after a reset it is the most urgent.
 *
 * result:  nothing
 * owns:    nothing
 * from:    isr
 * cost:    O(alarms), no allocation
 */
void pawl_cortexm_systick(void);

/*
 * Enables an interrupt.
 *
 *	irq		its number, as the NVIC counts: 0 is the first after the core's own
 *	priority	as the NVIC's register takes it: lower is more urgent, and every part has
 *			0x00, 0x40, 0x80 and 0xc0
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_cortexm_irq_start(unsigned irq, uint8_t priority);

/*
 * Makes an interrupt pending.
 *
 *	irq	its number
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_cortexm_irq_pend(unsigned irq);

/*
 * An executor that lives in an interrupt: its tasks run in that interrupt's handler, at its
 * priority, and pre-empt thread mode and every executor of a less urgent one. Use an interrupt of
 * which nothing else makes use. Spawn on pawl_local_exec(&e->local), from anywhere; nobody calls
 * pawl_block_on or pawl_poll_once for it. A task that panics there ends alone, as everywhere.
 */
typedef struct pawl_cortexm_exec {
	pawl_local local;
	pawl_alarm alarm_; /* for the next of its timers */
	uint16_t irq_;
} pawl_cortexm_exec;

/*
 * Makes such an executor and enables its interrupt.
 *
 *	e		the memory
 *	irq		its interrupt; the vector calls pawl_cortexm_exec_irq
 *	priority	as for pawl_cortexm_irq_start; less urgent than SysTick or the same
 *
 * result:  nothing
 * owns:    nothing; there is nothing to release
 * from:    init
 * cost:    O(1), no allocation
 */
void pawl_cortexm_exec_init(pawl_cortexm_exec *e, unsigned irq, uint8_t priority);

/*
 * What its interrupt's handler does: runs what is ready, and sets an alarm for what is due next.
 *
 *	e	the executor
 *
 * result:  nothing
 * owns:    nothing
 * from:    isr
 * cost:    that of the polls
 */
void pawl_cortexm_exec_irq(pawl_cortexm_exec *e);

PAWL_END_C

#endif
