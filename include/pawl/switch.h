/* SPDX-License-Identifier: MIT */
/* The stack switch: leaving one stack for another, in the few instructions that it takes. */
#ifndef PAWL_SWITCH_H
#define PAWL_SWITCH_H

#include <pawl/base.h>

/*
 * Two sides share one struct: while one of them runs, it says where the other one goes on. A switch
 * exchanges what it says with where the caller is. It neither knows nor asks on which stack it is
 * called: a generator that runs on top of a coroutine leaves both by the coroutine's struct, and is
 * back where it was when the coroutine goes on.
 *
 * A switch keeps what a call keeps, but for the control words of floating-point arithmetic (see
 * pawl/co.h). It takes no lock, calls nobody and touches nothing but the struct: on compilers that
 * are told in full what it overwrites it is a dozen instructions inside your function. -D
 * PAWL_SWITCH_INLINE=0 has it as a call of a routine instead; all that is linked together may
 * differ in that. Where single functions are for larger machines than the rest of their file (the
 * attributes `target` and `target_clones`) and ask generators or yield, it has to be the call: gcc
 * cannot be told of registers that the file does not have.
 */

/*
 * Whether this machine has stacks to switch between: WebAssembly has none. -D PAWL_STACKS=0 leaves
 * out all that needs them.
 */
#ifdef PAWL_STACKS
#elif defined(__GNUC__) &&                                                       \
	(((defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)) || \
	 defined(__i386__) || defined(__arm__) || defined(__riscv))
#define PAWL_STACKS 1
#else
#define PAWL_STACKS 0
#endif

#ifndef PAWL_SWITCH_INLINE
#if defined(__x86_64__) || defined(__aarch64__)
#define PAWL_SWITCH_INLINE 1
#else
#define PAWL_SWITCH_INLINE 0
#endif
#endif

/* Sanitizers hear of each switch. */
#if defined(__SANITIZE_ADDRESS__)
#define PAWL_ASAN_ 1
#elif defined(__SANITIZE_THREAD__)
#define PAWL_FIBERS_ 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAWL_ASAN_ 1
#elif __has_feature(thread_sanitizer)
#define PAWL_FIBERS_ 1
#endif
#endif
#ifndef PAWL_ASAN_
#define PAWL_ASAN_ 0
#endif
#ifndef PAWL_FIBERS_
#define PAWL_FIBERS_ 0
#endif
#define PAWL_ANNOUNCED_ (PAWL_ASAN_ || PAWL_FIBERS_)

/* Where the other side goes on. Tools read it: tool/gdb. */
struct pawl_side {
	const void *pc_;
	void *sp_;
	void *fp_; /* the frame pointer, where it is saved here */
	void *bp_; /* what compilers keep for frames of unknown size */
#if PAWL_ANNOUNCED_
	void *fiber_;     /* as the thread sanitizer calls that stack */
	const void *low_; /* and the address sanitizer: its bounds */
	size_t size_;
#endif
};

PAWL_BEGIN_C

#if PAWL_STACKS

/* The portable routine. */
void pawl_switch_far_(struct pawl_side *s);

#if PAWL_ANNOUNCED_
/* With `is_last` the stack that is left is not entered again. */
void pawl_switch_announced_(struct pawl_side *s, bool is_last);
#endif

#if PAWL_SWITCH_INLINE && defined(__x86_64__)

#if defined(__CET__)
#define PAWL_SWITCH_LANDING_ "endbr64\n"
#else
#define PAWL_SWITCH_LANDING_
#endif

/* clang knows all registers everywhere. */
#if defined(__AVX512F__) || defined(__clang__)
#define PAWL_SWITCH_VECTORS_                                                                     \
	, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",       \
		"xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k0", "k1", "k2", \
		"k3", "k4", "k5", "k6", "k7"
#else
#define PAWL_SWITCH_VECTORS_
#endif
#if defined(__APX_F__) || defined(__EGPR__)
#define PAWL_SWITCH_MORE_                                                                    \
	PAWL_SWITCH_VECTORS_, "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", \
		"r25", "r26", "r27", "r28", "r29", "r30", "r31"
#else
#define PAWL_SWITCH_MORE_ PAWL_SWITCH_VECTORS_
#endif

static inline __attribute__((always_inline)) void pawl_switch_near_(struct pawl_side *s)
{
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
			 "movq 0(%%rdi), %%rcx\n\t"
			 "movq 8(%%rdi), %%rdx\n\t"
			 "movq 16(%%rdi), %%rsi\n\t"
			 "movq 24(%%rdi), %%r8\n\t"
			 "movq %%rax, 0(%%rdi)\n\t"
			 "movq %%rsp, 8(%%rdi)\n\t"
			 "movq %%rbp, 16(%%rdi)\n\t"
			 "movq %%rbx, 24(%%rdi)\n\t"
			 "movq %%rdx, %%rsp\n\t"
			 "movq %%rsi, %%rbp\n\t"
			 "movq %%r8, %%rbx\n\t"
			 "jmpq *%%rcx\n"
			 "1:\n" PAWL_SWITCH_LANDING_
			 : "+D"(s)
			 :
			 : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
			   "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7", "st",
			   "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc",
			   "memory" PAWL_SWITCH_MORE_);
}

#elif PAWL_SWITCH_INLINE && defined(__aarch64__)

#if defined(__ARM_FEATURE_SVE)
#define PAWL_SWITCH_MORE_                                                                         \
	, "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", \
		"p14", "p15"
#else
#define PAWL_SWITCH_MORE_
#endif

/* What is entered for the first time was called by nobody. The last hint is `bti j`. */
static inline __attribute__((always_inline)) void pawl_switch_near_(struct pawl_side *s)
{
	register struct pawl_side *x0 __asm__("x0") = s;

	__asm__ volatile("adr x9, 1f\n\t"
			 "mov x10, sp\n\t"
			 "ldp x16, x11, [x0]\n\t"
			 "ldp x12, x13, [x0, #16]\n\t"
			 "stp x9, x10, [x0]\n\t"
			 "stp x29, x19, [x0, #16]\n\t"
			 "mov sp, x11\n\t"
			 "mov x29, x12\n\t"
			 "mov x19, x13\n\t"
			 "mov x30, xzr\n\t"
			 "br x16\n"
			 "1:\thint #36\n"
			 : "+r"(x0)
			 :
			 : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x20", "x21", "x22",
			   "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3",
			   "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
			   "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
			   "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc",
			   "memory" PAWL_SWITCH_MORE_);
}

#else
#define pawl_switch_near_ pawl_switch_far_
#endif

/* Leaves for the other side; back here when that switches. */
static inline void pawl_switch_(struct pawl_side *s)
{
#if PAWL_ANNOUNCED_
	pawl_switch_announced_(s, false);
#else
	pawl_switch_near_(s);
#endif
}

#endif

PAWL_END_C

#endif
