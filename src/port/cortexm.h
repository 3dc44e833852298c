/* SPDX-License-Identifier: MIT */
/* The registers of Cortex-M that the port uses, those of the core and those of its system space. */
#ifndef PAWL_PORT_CORTEXM_H
#define PAWL_PORT_CORTEXM_H

#include <pawl/base.h>

#define PAWL_REG_(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define PAWL_SYST_ 0xe000e010u
#define PAWL_SYST_CSR_ PAWL_REG_(PAWL_SYST_)
#define PAWL_SYST_RVR_ PAWL_REG_(PAWL_SYST_ + 4)
#define PAWL_SYST_CVR_ PAWL_REG_(PAWL_SYST_ + 8)
#define PAWL_SYST_MAX_ 0xffffffu

#define PAWL_NVIC_ISER_(irq) PAWL_REG_(0xe000e100u + ((irq) >> 5) * 4)
#define PAWL_NVIC_ISPR_(irq) PAWL_REG_(0xe000e200u + ((irq) >> 5) * 4)
#define PAWL_NVIC_IPR_(irq) PAWL_REG_(0xe000e400u + ((irq) >> 2) * 4)

#define PAWL_STIR_ PAWL_REG_(0xe000ef00u)
#define PAWL_ICSR_ PAWL_REG_(0xe000ed04u)
#define PAWL_ICSR_PENDSTSET_ (1u << 26)

/* The number of the exception that runs; 0 in thread mode. */
static inline uintptr_t pawl_level_(void)
{
	uintptr_t n;

	__asm__ volatile("mrs %0, ipsr" : "=r"(n));
	return n;
}

static inline bool pawl_is_locked_(void)
{
	uintptr_t primask;

	__asm__ volatile("mrs %0, primask" : "=r"(primask));
	return primask;
}

static inline void pawl_mask_(void)
{
	__asm__ volatile("cpsid i" : : : "memory");
}

static inline void pawl_unmask_(void)
{
	__asm__ volatile("cpsie i" : : : "memory");
}

static inline void pawl_idle_locked_(void)
{
	__asm__ volatile("dsb\n\twfi\n\tcpsie i\n\tisb\n\tcpsid i" : : : "memory");
}

static inline void pawl_halt_(void)
{
	__asm__ volatile("cpsid i\n\twfi" : : : "memory");
}

#endif
