/* SPDX-License-Identifier: MIT */
/* What ports without an operating system share: idling, and the frames of tries. */
#ifndef PAWL_PORT_BARE_H
#define PAWL_PORT_BARE_H

#include "port/port.h"

#if defined(__arm__)
#include "port/cortexm.h"
#elif defined(__riscv)
#include "port/riscv.h"
#endif

/*
 * Both architectures' headers have:
 *
 *	pawl_level_()		which interrupt runs: differs for all that can pre-empt each other
 *	pawl_is_locked_()	whether interrupts are off
 *	pawl_mask_()		interrupts off, all of them, whatever the lock is
 *	pawl_unmask_()		interrupts on
 *	pawl_idle_locked_()	waits, with interrupts off, until one is pending, and takes it
 *	pawl_halt_()		interrupts off, for good
 */

/*
 * What pawl_port_try leaves on the stack, lowest address first; above it are the registers that a
 * call preserves. An interrupt leaves the list as it found it, so one list is enough; the level
 * tells frames that were pre-empted from those of the running interrupt. A frame is off the list
 * before it is off the stack.
 */
struct pawl_frame {
	struct pawl_frame *outer;
	uintptr_t level;
};

extern struct pawl_frame *pawl_innermost_;

/* In assembly, beside pawl_port_try: goes back to where the frame was made. */
PAWL_NORETURN void pawl_leave_(struct pawl_frame *f, const char *why);

#endif
