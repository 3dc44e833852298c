/* SPDX-License-Identifier: MIT */
/* What a call keeps, and how arithmetic rounds, in the language of each machine. */
#include "abi_hold.h"

/* clang-format off */

#define BEGIN(kind)                                                             \
	".text\n.globl abi_hold\n.type abi_hold, %function\n" kind "abi_hold:\n"
#define END ".size abi_hold, . - abi_hold\n"

#if defined(__x86_64__)

__asm__(BEGIN("")
	"pushq %rbx\npushq %rbp\npushq %r12\npushq %r13\npushq %r14\npushq %r15\npushq %rdi\n"
	"movq %rsi, %rax\nmovq %rdi, %rcx\nmovq %rdx, %rdi\n"
	"movq (%rcx), %rbx\nmovq 8(%rcx), %rbp\nmovq 16(%rcx), %r12\n"
	"movq 24(%rcx), %r13\nmovq 32(%rcx), %r14\nmovq 40(%rcx), %r15\n"
	"callq *%rax\n"
	"popq %rcx\n"
	"movq %rbx, 96(%rcx)\nmovq %rbp, 104(%rcx)\nmovq %r12, 112(%rcx)\n"
	"movq %r13, 120(%rcx)\nmovq %r14, 128(%rcx)\nmovq %r15, 136(%rcx)\n"
	"popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbp\npopq %rbx\nretq\n" END);

#elif defined(__i386__)

__asm__(BEGIN("")
	"pushl %ebx\npushl %esi\npushl %edi\npushl %ebp\n"
	"movl 20(%esp), %eax\nmovl 24(%esp), %ecx\nmovl 28(%esp), %edx\n"
	"subl $8, %esp\npushl %edx\n"
	"movl (%eax), %ebx\nmovl 4(%eax), %esi\nmovl 8(%eax), %edi\nmovl 12(%eax), %ebp\n"
	"calll *%ecx\n"
	"addl $12, %esp\nmovl 20(%esp), %eax\n"
	"movl %ebx, 48(%eax)\nmovl %esi, 52(%eax)\nmovl %edi, 56(%eax)\nmovl %ebp, 60(%eax)\n"
	"popl %ebp\npopl %edi\npopl %esi\npopl %ebx\nretl\n" END);

#elif defined(__aarch64__)

#define INTS(op, at, to)                                                        \
	op " x19, x20, [" at ", #" to "]\n" op " x21, x22, [" at ", #" to "+16]\n" \
	op " x23, x24, [" at ", #" to "+32]\n" op " x25, x26, [" at ", #" to "+48]\n" \
	op " x27, x28, [" at ", #" to "+64]\n"
#define FPS(op, at, to)                                                         \
	op " d8, d9, [" at ", #" to "]\n" op " d10, d11, [" at ", #" to "+16]\n"   \
	op " d12, d13, [" at ", #" to "+32]\n" op " d14, d15, [" at ", #" to "+48]\n"

__asm__(BEGIN("")
	"sub sp, sp, #176\n" INTS("stp", "sp", "0") "stp x29, x30, [sp, #80]\nstr x0, [sp, #96]\n"
	FPS("stp", "sp", "112")
	"mov x9, x0\nmov x10, x1\nmov x0, x2\n"
	INTS("ldp", "x9", "0") "ldr x29, [x9, #80]\n" FPS("ldp", "x9", "192")
	"blr x10\n"
	"ldr x9, [sp, #96]\n"
	INTS("stp", "x9", "96") "str x29, [x9, #176]\n" FPS("stp", "x9", "288")
	INTS("ldp", "sp", "0") "ldp x29, x30, [sp, #80]\n" FPS("ldp", "sp", "112")
	"add sp, sp, #176\nret\n" END);

#elif defined(__arm__) && defined(__thumb__) && !defined(__thumb2__)

__asm__(".syntax unified\n" BEGIN(".thumb\n.thumb_func\n.p2align 2\n")
	"push {r0, r4-r7, lr}\n"
	"mov r4, r8\nmov r5, r9\nmov r6, r10\nmov r7, r11\npush {r4-r7}\n"
	"mov r3, r0\nmov ip, r1\nmov r0, r2\n"
	"ldr r4, [r3, #16]\nmov r8, r4\nldr r4, [r3, #20]\nmov r9, r4\n"
	"ldr r4, [r3, #24]\nmov r10, r4\nldr r4, [r3, #28]\nmov r11, r4\n"
	"ldm r3!, {r4-r7}\nmov r1, ip\nblx r1\n"
	"ldr r3, [sp, #16]\nadds r3, #48\nstm r3!, {r4-r7}\n"
	"mov r4, r8\nmov r5, r9\nmov r6, r10\nmov r7, r11\nstm r3!, {r4-r7}\n"
	"pop {r4-r7}\nmov r8, r4\nmov r9, r5\nmov r10, r6\nmov r11, r7\n"
	"pop {r0, r4-r7, pc}\n" END);

#elif defined(__arm__)

#if defined(__thumb__)
#define KIND ".thumb\n.thumb_func\n.p2align 2\n"
#else
#define KIND ".arm\n.p2align 2\n"
#endif
#if defined(__ARM_FP)
#define PUSH_FP "vpush {d8-d15}\n"
#define FILL_FP "add r1, r3, #96\nvldmia r1, {d8-d15}\n"
#define READ_FP "ldr r3, [sp, #64]\nadd r1, r3, #192\nvstmia r1, {d8-d15}\n"
#define POP_FP "vpop {d8-d15}\n"
#else
#define PUSH_FP
#define FILL_FP
#define READ_FP "ldr r3, [sp]\n"
#define POP_FP
#endif

__asm__(".syntax unified\n" BEGIN(KIND)
	"push {r0, r4-r11, lr}\n" PUSH_FP
	"mov r3, r0\nmov ip, r1\nmov r0, r2\n" FILL_FP "ldm r3, {r4-r11}\nblx ip\n"
	READ_FP "add r1, r3, #48\nstm r1, {r4-r11}\n" POP_FP
	"pop {r0, r4-r11, pc}\n" END);

#elif defined(__riscv)

#if __riscv_xlen == 64
#define W "8"
#define ST "sd "
#define LD "ld "
#else
#define W "4"
#define ST "sw "
#define LD "lw "
#endif
#define INT_(op, n, at, to) op "s" #n ", (" #n "+" to ")*" W "(" at ")\n"
#define INTS(op, at, to)                                                        \
	INT_(op, 0, at, to) INT_(op, 1, at, to) INT_(op, 2, at, to)             \
	INT_(op, 3, at, to) INT_(op, 4, at, to) INT_(op, 5, at, to)             \
	INT_(op, 6, at, to) INT_(op, 7, at, to) INT_(op, 8, at, to)             \
	INT_(op, 9, at, to) INT_(op, 10, at, to) INT_(op, 11, at, to)
#if defined(__riscv_float_abi_double)
#define FP_(op, n, at, to) op "fs" #n ", (" #n "+" to ")*8(" at ")\n"
#define FPS(op, at, to)                                                         \
	FP_(op, 0, at, to) FP_(op, 1, at, to) FP_(op, 2, at, to)                \
	FP_(op, 3, at, to) FP_(op, 4, at, to) FP_(op, 5, at, to)                \
	FP_(op, 6, at, to) FP_(op, 7, at, to) FP_(op, 8, at, to)                \
	FP_(op, 9, at, to) FP_(op, 10, at, to) FP_(op, 11, at, to)
#else
#define FPS(op, at, to)
#endif

/* The frame: s0 to s11, ra, a0; behind 16 words the doubles. */
__asm__(BEGIN(".p2align 2\n")
	"addi sp, sp, -(16*" W "+96)\n" INTS(ST, "sp", "0")
	ST "ra, 12*" W "(sp)\n" ST "a0, 13*" W "(sp)\n" FPS("fsd ", "sp", "2*" W)
	"mv t0, a0\nmv t1, a1\nmv a0, a2\n"
	INTS(LD, "t0", "0") FPS("fld ", "t0", "3*" W)
	"jalr t1\n"
	LD "t0, 13*" W "(sp)\n" INTS(ST, "t0", "12") FPS("fsd ", "t0", "3*" W "+12")
	INTS(LD, "sp", "0") FPS("fld ", "sp", "2*" W) LD "ra, 12*" W "(sp)\n"
	"addi sp, sp, 16*" W "+96\nret\n" END);

#endif

/* clang-format on */

#if defined(__x86_64__) || defined(__i386__)

/* The old unit rounds as the new one does. */
int abi_rounding(void)
{
	uint16_t x87;
#if defined(__SSE__)
	uint32_t sse;

	__asm__ volatile("stmxcsr %0" : "=m"(sse));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	return (x87 >> 10 & 3) == (sse >> 13 & 3) ? x87 >> 10 & 3 : -1;
#else
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	return x87 >> 10 & 3;
#endif
}

void abi_set_rounding(int way)
{
	uint16_t x87;
#if defined(__SSE__)
	uint32_t sse;

	__asm__ volatile("stmxcsr %0" : "=m"(sse));
	sse = (sse & ~0x6000u) | (uint32_t)way << 13;
	__asm__ volatile("ldmxcsr %0" : : "m"(sse));
#endif
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	x87 = (uint16_t)((x87 & ~0xc00u) | (uint32_t)way << 10);
	__asm__ volatile("fldcw %0" : : "m"(x87));
}

#elif defined(__aarch64__)

int abi_rounding(void)
{
	uint64_t n;

	__asm__ volatile("mrs %0, fpcr" : "=r"(n));
	return n >> 22 & 3;
}

void abi_set_rounding(int way)
{
	__asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)way << 22));
}

#elif defined(__arm__) && defined(__ARM_FP)

int abi_rounding(void)
{
	uint32_t n;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(n));
	return n >> 22 & 3;
}

void abi_set_rounding(int way)
{
	uint32_t n;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(n));
	n = (n & ~(3u << 22)) | (uint32_t)way << 22;
	__asm__ volatile("vmsr fpscr, %0" : : "r"(n));
}

#elif defined(__riscv_flen)

int abi_rounding(void)
{
	unsigned long n;

	__asm__ volatile("frrm %0" : "=r"(n));
	return (int)n;
}

void abi_set_rounding(int way)
{
	__asm__ volatile("fsrm %0" : : "r"((unsigned long)way));
}

#else

int abi_rounding(void)
{
	return 0;
}

void abi_set_rounding(int way)
{
	(void)way;
}

#endif

#if ABI_NOTES && defined(__SSE__)

int abi_is_inexact(void)
{
	uint32_t n;

	__asm__ volatile("stmxcsr %0" : "=m"(n));
	return n >> 5 & 1;
}

void abi_forget_inexact(void)
{
	uint32_t n;

	__asm__ volatile("stmxcsr %0" : "=m"(n));
	n &= ~0x20u;
	__asm__ volatile("ldmxcsr %0" : : "m"(n));
}

#elif ABI_NOTES

int abi_is_inexact(void)
{
	uint32_t n;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(n));
	return n >> 4 & 1;
}

void abi_forget_inexact(void)
{
	uint32_t n;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(n));
	n &= ~0x10u;
	__asm__ volatile("vmsr fpscr, %0" : : "r"(n));
}

#else

int abi_is_inexact(void)
{
	return 0;
}

void abi_forget_inexact(void)
{
}

#endif
