/* SPDX-License-Identifier: MIT */
/* The port for RISC-V in machine mode with a CLINT: clock, traps, executors in interrupts. */
#ifndef PAWL_RISCV_H
#define PAWL_RISCV_H

#include <pawl/alarm.h>
#include <pawl/local.h>

/*
 * One source for 32 and 64 bits, without floating-point registers. A program calls
 * pawl_riscv_init first; start-up code and linker script are its own.
 *
 * The lock is mstatus.MIE. The clock is mtime: nothing that is set ever changes it, and nanoseconds
 * are computed from it with a relative error of at most 2^-32 of a nanosecond per count, none where
 * a count is a whole number of nanoseconds.
 *
 * The privileged architecture has one level of interrupts: a handler runs with interrupts off. This
 * port makes three of it, by switching kinds of interrupts off while handlers run with the others
 * on: the executor in the software interrupt is pre-empted by the timer's and by external
 * interrupts, the executor in the timer's interrupt by external ones. External interrupts pre-empt
 * all and are pre-empted by none.
 */

/* Where the machine has them, for this hart. */
typedef struct pawl_riscv_options {
	uintptr_t mtime;
	uintptr_t mtimecmp;
	uintptr_t msip;    /* 0: there is none, and so no executor in the software interrupt */
	uint32_t mtime_hz; /* how fast mtime counts, below 2^31 */
} pawl_riscv_options;

PAWL_BEGIN_C

/*
 * Starts the clock, sets the trap vector to the port's own, and switches interrupts on.
 *
 *	options	where the registers are
 *
 * result:  nothing
 * owns:    mtvec, mtimecmp and msip are the port's from now on
 * from:    init
 * cost:    some hundred instructions
 */
void pawl_riscv_init(const pawl_riscv_options *options);

/*
 * What the trap vector calls with the registers of the interrupted saved, mepc and mstatus among
 * them. A program with a vector of its own calls it from there.
 *
 *	cause	mcause
 *
 * result:  nothing
 * owns:    nothing
 * from:    isr
 * cost:    that of the handler
 */
void pawl_riscv_trap(uintptr_t cause);

/*
 * Called for external interrupts, with interrupts off. The port's ends the program: define your
 * own, which asks the interrupt controller of the machine. It may wake tasks of every executor.
 *
 *	code	which one, as in mcause; 11 is the machine's external interrupt
 *
 * result:  nothing
 * owns:    nothing
 * from:    isr
 * cost:    yours
 */
void pawl_riscv_external(uintptr_t code);

/* The interrupts in which an executor can live; the second pre-empts the first. */
enum pawl_riscv_level { PAWL_RISCV_SOFTWARE, PAWL_RISCV_TIMER };

/*
 * An executor that lives in an interrupt: its tasks run in its handler, and pre-empt the thread and
 * the executor of the lower level. There is one per level. Spawn on pawl_local_exec(&e->local),
 * from anywhere; nobody calls pawl_block_on or pawl_poll_once for it. A task that panics there ends
 * alone, as everywhere.
 */
typedef struct pawl_riscv_exec {
	pawl_local local;
	pawl_alarm alarm_; /* for the next of its timers */
	enum pawl_riscv_level level_;
	bool is_pending_; /* PAWL_RISCV_TIMER: mtimecmp was set to 0 for it */
} pawl_riscv_exec;

/*
 * Makes such an executor.
 *
 *	e	the memory
 *	level	where it lives
 *
 * result:  0, PAWL_EBUSY when there is one on that level, PAWL_ENOTSUP without msip
 * owns:    nothing; there is nothing to release, and it lives for ever
 * from:    init
 * cost:    O(1), no allocation
 */
int pawl_riscv_exec_init(pawl_riscv_exec *e, enum pawl_riscv_level level);

PAWL_END_C

#endif
