/* SPDX-License-Identifier: MIT */
/* The registers of RISC-V in machine mode that the port uses. */
#ifndef PAWL_PORT_RISCV_H
#define PAWL_PORT_RISCV_H

#include <pawl/base.h>

#if defined(__riscv_flen)
#error "the port saves no floating-point registers: build for a core without F and D"
#endif

#define PAWL_MIE_SOFTWARE_ 0x008u
#define PAWL_MIE_TIMER_ 0x080u
#define PAWL_MIE_EXTERNAL_ 0x800u

/* How many interrupts are being handled; 0 in the thread. The trap handler counts it. */
extern uint32_t pawl_riscv_depth_;

static inline uintptr_t pawl_level_(void)
{
	return *(volatile uint32_t *)&pawl_riscv_depth_;
}

static inline bool pawl_is_locked_(void)
{
	uintptr_t mstatus;

	__asm__ volatile("csrr %0, mstatus" : "=r"(mstatus));
	return !(mstatus & 8);
}

static inline void pawl_mask_(void)
{
	__asm__ volatile("csrci mstatus, 8" : : : "memory");
}

static inline void pawl_unmask_(void)
{
	__asm__ volatile("csrsi mstatus, 8" : : : "memory");
}

static inline void pawl_idle_locked_(void)
{
	__asm__ volatile("wfi\n\tcsrsi mstatus, 8\n\tcsrci mstatus, 8" : : : "memory");
}

static inline void pawl_halt_(void)
{
	__asm__ volatile("csrci mstatus, 8\n\tcsrw mie, zero\n\twfi" : : : "memory");
}

static inline void pawl_riscv_enable_(uintptr_t mie)
{
	__asm__ volatile("csrs mie, %0" : : "r"(mie) : "memory");
}

/* Answers which were enabled. */
static inline uintptr_t pawl_riscv_disable_(uintptr_t mie)
{
	uintptr_t were;

	__asm__ volatile("csrrc %0, mie, %1" : "=r"(were) : "r"(mie) : "memory");
	return were;
}

#endif
