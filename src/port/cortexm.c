/* SPDX-License-Identifier: MIT */
/* The port for Cortex-M: what pawl_port_try saves, and the way back to it. */
#include "port/bare.h"

#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)

__attribute__((naked)) int pawl_port_try(PAWL_UNUSED_ int (*fn)(void *arg), PAWL_UNUSED_ void *arg,
					 PAWL_UNUSED_ const char **ret_why)
{
	__asm__(".syntax unified\n\t"
		"push {r2, r4-r7, lr}\n\t"
		"mov r4, r8\n\t"
		"mov r5, r9\n\t"
		"mov r6, r10\n\t"
		"mov r7, r11\n\t"
		"push {r4-r7}\n\t"
		"ldr r4, 1f\n\t"
		"ldr r5, [r4]\n\t"
		"mrs r6, ipsr\n\t"
		"push {r5, r6}\n\t"
		"mov r6, sp\n\t"
		"str r6, [r4]\n\t"
		"mov r3, r0\n\t"
		"mov r0, r1\n\t"
		"blx r3\n\t"
		"str r5, [r4]\n\t"
		"add sp, #8\n\t"
		"pop {r4-r7}\n\t"
		"mov r8, r4\n\t"
		"mov r9, r5\n\t"
		"mov r10, r6\n\t"
		"mov r11, r7\n\t"
		"pop {r2, r4-r7, pc}\n\t"
		".align 2\n"
		"1:	.word pawl_innermost_\n");
}

__attribute__((naked)) PAWL_NORETURN void pawl_leave_(PAWL_UNUSED_ struct pawl_frame *f,
						      PAWL_UNUSED_ const char *why)
{
	__asm__(".syntax unified\n\t"
		"mov sp, r0\n\t"
		"ldr r5, [r0]\n\t"
		"ldr r4, 1f\n\t"
		"str r5, [r4]\n\t"
		"add sp, #8\n\t"
		"pop {r4-r7}\n\t"
		"mov r8, r4\n\t"
		"mov r9, r5\n\t"
		"mov r10, r6\n\t"
		"mov r11, r7\n\t"
		"pop {r2, r4-r7}\n\t"
		"str r1, [r2]\n\t"
		"movs r0, #10\n\t" /* PAWL_EPANIC */
		"rsbs r0, r0, #0\n\t"
		"pop {pc}\n\t"
		".align 2\n"
		"1:	.word pawl_innermost_\n");
}

#else

/*
 * In thread mode, registers of the floating-point unit hold nothing of the caller's as long as it
 * was not used (CONTROL.FPCA). In a handler they may be those of whom it pre-empted, of which the
 * hardware saves only one half.
 */
#if defined(__ARM_FP)
#define FP_LOOK               \
	"mrs r7, control\n\t" \
	"and r7, r7, #4\n\t"  \
	"orrs r7, r7, r6\n\t" \
	"it ne\n\t"           \
	"vpushne {d8-d15}\n\t"
#define FP_BACK          \
	"cmp r7, #0\n\t" \
	"it ne\n\t"      \
	"vpopne {d8-d15}\n\t"
#define FP_AGAIN "ldr r7, [r0, #8]\n\t"
#define FRAME "{r5-r8}"
#define FRAME_SIZE "16"
#else
#define FP_LOOK
#define FP_BACK
#define FP_AGAIN
#define FRAME "{r5, r6}"
#define FRAME_SIZE "8"
#endif

__attribute__((naked)) int pawl_port_try(PAWL_UNUSED_ int (*fn)(void *arg), PAWL_UNUSED_ void *arg,
					 PAWL_UNUSED_ const char **ret_why)
{
	__asm__("push {r2, r4-r11, lr}\n\t"
		"ldr r4, 1f\n\t"
		"ldr r5, [r4]\n\t"
		"mrs r6, ipsr\n\t" FP_LOOK "push " FRAME "\n\t"
		"str sp, [r4]\n\t"
		"mov r3, r0\n\t"
		"mov r0, r1\n\t"
		"blx r3\n\t"
		"str r5, [r4]\n\t"
		"add sp, #" FRAME_SIZE "\n\t" FP_BACK "pop {r2, r4-r11, pc}\n\t"
		".align 2\n"
		"1:	.word pawl_innermost_\n");
}

__attribute__((naked)) PAWL_NORETURN void pawl_leave_(PAWL_UNUSED_ struct pawl_frame *f,
						      PAWL_UNUSED_ const char *why)
{
	__asm__("mov sp, r0\n\t"
		"ldr r5, [r0]\n\t"
		"ldr r4, 1f\n\t"
		"str r5, [r4]\n\t" FP_AGAIN "add sp, #" FRAME_SIZE "\n\t" FP_BACK
		"pop {r2, r4-r11, lr}\n\t"
		"str r1, [r2]\n\t"
		"mvn r0, #9\n\t" /* PAWL_EPANIC */
		"bx lr\n\t"
		".align 2\n"
		"1:	.word pawl_innermost_\n");
}

#endif

PAWL_STATIC_ASSERT(PAWL_EPANIC == -10, "the assembly above answers it");
