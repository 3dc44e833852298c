/* SPDX-License-Identifier: MIT */
/* The port for RISC-V: what pawl_port_try saves, the way back to it, and the trap vector. */
#include "port/bare.h"

#if __riscv_xlen == 64
#define SAVE(reg, at) "sd " reg ", 8*" #at "(sp)\n\t"
#define LOAD(reg, at) "ld " reg ", 8*" #at "(sp)\n\t"
#define MAKE_ROOM(n) "addi sp, sp, -8*" #n "\n\t"
#define GIVE_ROOM(n) "addi sp, sp, 8*" #n "\n\t"
#define STORE_TO(reg, ptr) "sd " reg ", 0(" ptr ")\n\t"
#define LOAD_FROM(reg, ptr) "ld " reg ", 0(" ptr ")\n\t"
#else
#define SAVE(reg, at) "sw " reg ", 4*" #at "(sp)\n\t"
#define LOAD(reg, at) "lw " reg ", 4*" #at "(sp)\n\t"
#define MAKE_ROOM(n) "addi sp, sp, -4*" #n "\n\t"
#define GIVE_ROOM(n) "addi sp, sp, 4*" #n "\n\t"
#define STORE_TO(reg, ptr) "sw " reg ", 0(" ptr ")\n\t"
#define LOAD_FROM(reg, ptr) "lw " reg ", 0(" ptr ")\n\t"
#endif

/* clang-format off */

/* What a call preserves, above the two words of the frame and ret_why. */
#define SAVED(x)                                                                \
	x("ra", 3) x("s0", 4) x("s1", 5) x("s2", 6) x("s3", 7) x("s4", 8)       \
	x("s5", 9) x("s6", 10) x("s7", 11) x("s8", 12) x("s9", 13) x("s10", 14) \
	x("s11", 15)

/* What a call does not preserve. */
#define VOLATILE(x)                                                             \
	x("ra", 0) x("t0", 1) x("t1", 2) x("t2", 3) x("t3", 4) x("t4", 5)       \
	x("t5", 6) x("t6", 7) x("a0", 8) x("a1", 9) x("a2", 10) x("a3", 11)     \
	x("a4", 12) x("a5", 13) x("a6", 14) x("a7", 15)

/* clang-format on */

__attribute__((naked)) int pawl_port_try(PAWL_UNUSED_ int (*fn)(void *arg), PAWL_UNUSED_ void *arg,
					 PAWL_UNUSED_ const char **ret_why)
{
	__asm__(MAKE_ROOM(16) SAVE("a2", 2) SAVED(SAVE) "la s0, pawl_innermost_\n\t" LOAD_FROM(
		"s1", "s0") "lw s2, pawl_riscv_depth_\n\t" SAVE("s1", 0) SAVE("s2", 1)
			STORE_TO("sp", "s0") "mv t0, a0\n\t"
					     "mv a0, a1\n\t"
					     "jalr t0\n\t" STORE_TO("s1", "s0") SAVED(LOAD)
						     GIVE_ROOM(16) "ret");
}

__attribute__((naked)) PAWL_NORETURN void pawl_leave_(PAWL_UNUSED_ struct pawl_frame *f,
						      PAWL_UNUSED_ const char *why)
{
	__asm__("mv sp, a0\n\t"
		"la s0, pawl_innermost_\n\t" LOAD("s1", 0) STORE_TO("s1", "s0") LOAD("a2", 2)
			STORE_TO("a1", "a2") SAVED(LOAD)
				GIVE_ROOM(16) "li a0, -10\n\t" /* PAWL_EPANIC */
					      "ret");
}

PAWL_STATIC_ASSERT(PAWL_EPANIC == -10, "the assembly above answers it");

/* Handlers may switch interrupts on, so what a further trap overwrites is saved, too. */
void pawl_riscv_entry_(void);

__attribute__((naked, aligned(4))) void pawl_riscv_entry_(void)
{
	__asm__(MAKE_ROOM(20) VOLATILE(
		SAVE) "csrr t0, mepc\n\t"
		      "csrr t1, mstatus\n\t" SAVE("t0", 16)
			      SAVE("t1", 17) "csrr a0, mcause\n\t"
					     "call pawl_riscv_trap\n\t" LOAD("t0", 16) LOAD(
						     "t1", 17) "csrw mepc, t0\n\t"
							       "csrw mstatus, t1\n\t" VOLATILE(LOAD)
								       GIVE_ROOM(20) "mret");
}
