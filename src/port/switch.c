/* SPDX-License-Identifier: MIT */
/* The stack switch as a routine: for compilers and machines where it is not inline. */
#include "port/switch.h"

#if PAWL_STACKS

/*
 * What a call keeps is pushed, the registers of the floating-point unit among it; the rest is as it
 * is inline, and so is what the struct holds, so that both may be mixed. The way back is a jump
 * where processors predict: a return would be predicted to go where the last call came from, which
 * is the other side. Who is entered for the first time finds a return address of zero.
 */

/* Unwind information, where the compiler writes it this way itself. */
#if defined(__GCC_HAVE_DWARF2_CFI_ASM)
#define CFI(directive) directive "\n"
#else
#define CFI(directive)
#endif

/* clang-format off */

#define BEGIN(kind)                                                             \
	".pushsection .text.pawl_switch_far_, \"ax\", %progbits\n"              \
	".globl pawl_switch_far_\n"                                             \
	".type pawl_switch_far_, %function\n"                                   \
	kind                                                                    \
	"pawl_switch_far_:\n"                                                   \
	CFI(".cfi_startproc")

#define END                                                                     \
	CFI(".cfi_endproc")                                                     \
	".size pawl_switch_far_, . - pawl_switch_far_\n"                        \
	".popsection\n"

#if defined(__x86_64__)

#if defined(__CET__)
#define LANDING "	endbr64\n"
#define JUMP "	notrack jmpq "
#else
#define LANDING
#define JUMP "	jmpq "
#endif

#define PUSH(reg)                                                               \
	"	pushq %" reg "\n"                                               \
	CFI(".cfi_adjust_cfa_offset 8")                                         \
	CFI(".cfi_rel_offset " reg ", 0")
#define POP(reg)                                                                \
	"	popq %" reg "\n"                                                \
	CFI(".cfi_adjust_cfa_offset -8")                                        \
	CFI(".cfi_restore " reg)

__asm__(BEGIN(".p2align 4\n")
	LANDING
	PUSH("r12") PUSH("r13") PUSH("r14") PUSH("r15")
	"	leaq 1f(%rip), %rax\n"
	"	movq 0(%rdi), %rcx\n"
	"	movq 8(%rdi), %rdx\n"
	"	movq 16(%rdi), %rsi\n"
	"	movq 24(%rdi), %r8\n"
	"	movq %rax, 0(%rdi)\n"
	"	movq %rsp, 8(%rdi)\n"
	"	movq %rbp, 16(%rdi)\n"
	"	movq %rbx, 24(%rdi)\n"
	"	movq %rdx, %rsp\n"
	"	movq %rsi, %rbp\n"
	"	movq %r8, %rbx\n"
	"	jmpq *%rcx\n"
	"1:\n"
	LANDING
	POP("r15") POP("r14") POP("r13") POP("r12")
	"	popq %rcx\n"
	CFI(".cfi_adjust_cfa_offset -8")
	CFI(".cfi_register rip, rcx")
	JUMP "*%rcx\n"
	END);

#elif defined(__i386__)

#if defined(__CET__)
#define LANDING "	endbr32\n"
#define JUMP "	notrack jmpl "
#else
#define LANDING
#define JUMP "	jmpl "
#endif

/* A call of what follows is no call to those who predict returns. */
#if defined(__PIC__)
#define ADDRESS                                                                 \
	"	calll 2f\n"                                                     \
	CFI(".cfi_adjust_cfa_offset 4")                                         \
	"2:	popl %eax\n"                                                    \
	CFI(".cfi_adjust_cfa_offset -4")                                        \
	"	addl $1f - 2b, %eax\n"
#else
#define ADDRESS "	movl $1f, %eax\n"
#endif

#define PUSH(reg)                                                               \
	"	pushl %" reg "\n"                                               \
	CFI(".cfi_adjust_cfa_offset 4")                                         \
	CFI(".cfi_rel_offset " reg ", 0")
#define POP(reg)                                                                \
	"	popl %" reg "\n"                                                \
	CFI(".cfi_adjust_cfa_offset -4")                                        \
	CFI(".cfi_restore " reg)

/* The struct stays in ecx: there a first function looks for it. */
__asm__(BEGIN(".p2align 4\n")
	LANDING
	"	movl 4(%esp), %ecx\n"
	PUSH("esi") PUSH("edi")
	ADDRESS
	"	movl 0(%ecx), %edx\n"
	"	movl 4(%ecx), %esi\n"
	"	movl 8(%ecx), %edi\n"
	"	movl %eax, 0(%ecx)\n"
	"	movl 12(%ecx), %eax\n"
	"	movl %esp, 4(%ecx)\n"
	"	movl %ebp, 8(%ecx)\n"
	"	movl %ebx, 12(%ecx)\n"
	"	movl %esi, %esp\n"
	"	movl %edi, %ebp\n"
	"	movl %eax, %ebx\n"
	"	jmpl *%edx\n"
	"1:\n"
	LANDING
	POP("edi") POP("esi")
	"	popl %ecx\n"
	CFI(".cfi_adjust_cfa_offset -4")
	CFI(".cfi_register eip, ecx")
	JUMP "*%ecx\n"
	END);

#elif defined(__aarch64__)

/* Where it is looked at where jumps lead, only a return may lead behind a call. */
#if defined(__ARM_FEATURE_BTI_DEFAULT)
#define LANDING "	hint #34\n"
#define BACK "	ret x17\n"
#else
#define LANDING
#define BACK "	br x17\n"
#endif

#define SAVE(a, b, at)                                                          \
	"	stp " a ", " b ", [sp, #" #at "]\n"                             \
	CFI(".cfi_rel_offset " a ", " #at) CFI(".cfi_rel_offset " b ", " #at " + 8")
#define LOAD(a, b, at)                                                          \
	"	ldp " a ", " b ", [sp, #" #at "]\n"                             \
	CFI(".cfi_restore " a) CFI(".cfi_restore " b)

__asm__(BEGIN(".p2align 4\n")
	LANDING
	"	sub sp, sp, #144\n"
	CFI(".cfi_adjust_cfa_offset 144")
	SAVE("x20", "x21", 0) SAVE("x22", "x23", 16) SAVE("x24", "x25", 32)
	SAVE("x26", "x27", 48) SAVE("x28", "x30", 64)
	SAVE("d8", "d9", 80) SAVE("d10", "d11", 96) SAVE("d12", "d13", 112)
	SAVE("d14", "d15", 128)
	"	adr x9, 1f\n"
	"	mov x10, sp\n"
	"	ldp x16, x11, [x0]\n"
	"	ldp x12, x13, [x0, #16]\n"
	"	stp x9, x10, [x0]\n"
	"	stp x29, x19, [x0, #16]\n"
	"	mov sp, x11\n"
	"	mov x29, x12\n"
	"	mov x19, x13\n"
	"	mov x30, xzr\n"
	"	br x16\n"
	"1:	hint #36\n" /* bti j */
	LOAD("d14", "d15", 128) LOAD("d12", "d13", 112) LOAD("d10", "d11", 96)
	LOAD("d8", "d9", 80)
	"	ldp x28, x17, [sp, #64]\n"
	CFI(".cfi_restore x28") CFI(".cfi_register x30, x17")
	LOAD("x26", "x27", 48) LOAD("x24", "x25", 32) LOAD("x22", "x23", 16)
	LOAD("x20", "x21", 0)
	"	add sp, sp, #144\n"
	CFI(".cfi_adjust_cfa_offset -144")
	BACK
	END);

#elif defined(__arm__) && defined(__thumb__) && !defined(__thumb2__)

/* Of Thumb's first kind, as on a Cortex-M0: only eight registers can be pushed. */
__asm__(".syntax unified\n"
	BEGIN(".thumb\n.thumb_func\n.p2align 2\n")
	"	push {r4-r7, lr}\n"
	CFI(".cfi_adjust_cfa_offset 20")
	CFI(".cfi_rel_offset r4, 0") CFI(".cfi_rel_offset r5, 4")
	CFI(".cfi_rel_offset r6, 8") CFI(".cfi_rel_offset r7, 12")
	CFI(".cfi_rel_offset lr, 16")
	"	mov r3, r11\n"
	"	mov r4, r8\n"
	"	mov r5, r9\n"
	"	mov r6, r10\n"
	"	push {r2-r6}\n" /* r2: the stack stays a multiple of eight */
	CFI(".cfi_adjust_cfa_offset 20")
	CFI(".cfi_rel_offset r11, 4") CFI(".cfi_rel_offset r8, 8")
	CFI(".cfi_rel_offset r9, 12") CFI(".cfi_rel_offset r10, 16")
	"	ldr r1, [r0]\n"
	"	ldr r2, [r0, #4]\n"
	"	adr r3, 1f\n"
	"	adds r3, #1\n"
	"	mov r4, sp\n"
	"	str r3, [r0]\n"
	"	str r4, [r0, #4]\n"
	"	mov sp, r2\n"
	"	movs r2, #0\n"
	"	mov lr, r2\n"
	"	bx r1\n"
	"	.p2align 2\n"
	"1:	pop {r2-r6}\n"
	CFI(".cfi_adjust_cfa_offset -20")
	"	mov r11, r3\n"
	"	mov r8, r4\n"
	"	mov r9, r5\n"
	"	mov r10, r6\n"
	CFI(".cfi_restore r11") CFI(".cfi_restore r8") CFI(".cfi_restore r9")
	CFI(".cfi_restore r10")
	"	pop {r4-r7, pc}\n"
	END);

#elif defined(__arm__)

#if defined(__thumb__)
#define KIND ".thumb\n.thumb_func\n.p2align 2\n"
#define TO_THUMB "	adds r3, r3, #1\n"
#else
#define KIND ".arm\n.p2align 2\n"
#define TO_THUMB
#endif

/* Small processors predict nothing. */
#if __ARM_ARCH_PROFILE == 'M'
#define BACK "	pop {r3-r11, pc}\n"
#else
#define BACK                                                                    \
	"	pop {r3-r11, ip}\n"                                             \
	CFI(".cfi_adjust_cfa_offset -40") CFI(".cfi_register lr, ip")           \
	CFI(".cfi_restore r4") CFI(".cfi_restore r5") CFI(".cfi_restore r6")    \
	CFI(".cfi_restore r7") CFI(".cfi_restore r8") CFI(".cfi_restore r9")    \
	CFI(".cfi_restore r10") CFI(".cfi_restore r11")                         \
	"	bx ip\n"
#endif

/* A call keeps them wherever they are, however arguments are passed. */
#if defined(__ARM_FP)
#define SAVE_FP                                                                 \
	"	vpush {d8-d15}\n"                                               \
	CFI(".cfi_adjust_cfa_offset 64")                                        \
	CFI(".cfi_rel_offset d8, 0") CFI(".cfi_rel_offset d9, 8")               \
	CFI(".cfi_rel_offset d10, 16") CFI(".cfi_rel_offset d11, 24")           \
	CFI(".cfi_rel_offset d12, 32") CFI(".cfi_rel_offset d13, 40")           \
	CFI(".cfi_rel_offset d14, 48") CFI(".cfi_rel_offset d15, 56")
#define LOAD_FP                                                                 \
	"	vpop {d8-d15}\n"                                                \
	CFI(".cfi_adjust_cfa_offset -64")                                       \
	CFI(".cfi_restore d8") CFI(".cfi_restore d9") CFI(".cfi_restore d10")   \
	CFI(".cfi_restore d11") CFI(".cfi_restore d12") CFI(".cfi_restore d13") \
	CFI(".cfi_restore d14") CFI(".cfi_restore d15")
#else
#define SAVE_FP
#define LOAD_FP
#endif

/* r3: the stack stays a multiple of eight. */
__asm__(".syntax unified\n"
	BEGIN(KIND)
	"	push {r3-r11, lr}\n"
	CFI(".cfi_adjust_cfa_offset 40")
	CFI(".cfi_rel_offset r4, 4") CFI(".cfi_rel_offset r5, 8")
	CFI(".cfi_rel_offset r6, 12") CFI(".cfi_rel_offset r7, 16")
	CFI(".cfi_rel_offset r8, 20") CFI(".cfi_rel_offset r9, 24")
	CFI(".cfi_rel_offset r10, 28") CFI(".cfi_rel_offset r11, 32")
	CFI(".cfi_rel_offset lr, 36")
	SAVE_FP
	"	ldm r0, {r1, r2}\n"
	"	adr r3, 1f\n"
	TO_THUMB
	"	mov r4, sp\n"
	"	stm r0, {r3, r4}\n"
	"	mov sp, r2\n"
	"	mov lr, #0\n"
	"	bx r1\n"
	"	.p2align 2\n"
	"1:\n"
	LOAD_FP
	BACK
	END);

#elif defined(__riscv)

#if __riscv_xlen == 64
#define WORD 8
#define ST "	sd "
#define LD "	ld "
#else
#define WORD 4
#define ST "	sw "
#define LD "	lw "
#endif

/* By the convention of calls, not by what the machine has. */
#if defined(__riscv_float_abi_quad)
#define FP_SIZE 16
#define FST "	fsq "
#define FLD "	flq "
#elif defined(__riscv_float_abi_double)
#define FP_SIZE 8
#define FST "	fsd "
#define FLD "	fld "
#elif defined(__riscv_float_abi_single)
#define FP_SIZE 4
#define FST "	fsw "
#define FLD "	flw "
#else
#define FP_SIZE 0
#endif

/* Below the words ra and s2 to s11, of which the smallest machines have only the first. */
#if defined(__riscv_32e) || defined(__riscv_e)
#define WORDS 1
#define FRAME 4
#else
#define WORDS 11
#define FRAME ((WORDS * WORD + 12 * FP_SIZE + 15) / 16 * 16)
#endif

#define NUMBER_(n) #n
#define NUMBER(n) NUMBER_(n)
#define AT(n) "((" NUMBER(n) ") * " NUMBER(WORD) ")"
#define FP_AT(n) "(" NUMBER(FRAME) " - (12 - (" NUMBER(n) ")) * " NUMBER(FP_SIZE) ")"
#define SAVE(reg, n) ST reg ", " AT(n) "(sp)\n" CFI(".cfi_rel_offset " reg ", " AT(n))
#define LOAD(reg, n) LD reg ", " AT(n) "(sp)\n" CFI(".cfi_restore " reg)
#define FSAVE(reg, n) FST reg ", " FP_AT(n) "(sp)\n" CFI(".cfi_rel_offset " reg ", " FP_AT(n))
#define FLOAD(reg, n) FLD reg ", " FP_AT(n) "(sp)\n" CFI(".cfi_restore " reg)

#if WORDS > 1
#define KEPT(x)                                                                 \
	x("s2", 1) x("s3", 2) x("s4", 3) x("s5", 4) x("s6", 5) x("s7", 6)       \
	x("s8", 7) x("s9", 8) x("s10", 9) x("s11", 10)
#else
#define KEPT(x)
#endif
#if FP_SIZE
#define FKEPT(x)                                                                \
	x("fs0", 0) x("fs1", 1) x("fs2", 2) x("fs3", 3) x("fs4", 4)             \
	x("fs5", 5) x("fs6", 6) x("fs7", 7) x("fs8", 8) x("fs9", 9)             \
	x("fs10", 10) x("fs11", 11)
#else
#define FKEPT(x)
#endif

/* A jump by t1 is one: ra and t0 are those of calls and returns. */
__asm__(BEGIN(".p2align 2\n")
	"	addi sp, sp, -(" NUMBER(FRAME) ")\n"
	CFI(".cfi_adjust_cfa_offset " NUMBER(FRAME))
	SAVE("ra", 0) KEPT(SAVE) FKEPT(FSAVE)
	"	lla t0, 1f\n"
	LD "t1, 0(a0)\n"
	LD "t2, " AT(1) "(a0)\n"
	LD "a1, " AT(2) "(a0)\n"
	LD "a2, " AT(3) "(a0)\n"
	ST "t0, 0(a0)\n"
	ST "sp, " AT(1) "(a0)\n"
	ST "s0, " AT(2) "(a0)\n"
	ST "s1, " AT(3) "(a0)\n"
	"	mv sp, t2\n"
	"	mv s0, a1\n"
	"	mv s1, a2\n"
	"	li ra, 0\n"
	"	jr t1\n"
	"1:\n"
	FKEPT(FLOAD) KEPT(LOAD)
	LD "t1, 0(sp)\n"
	CFI(".cfi_register ra, t1")
	"	addi sp, sp, " NUMBER(FRAME) "\n"
	CFI(".cfi_adjust_cfa_offset -" NUMBER(FRAME))
	"	jr t1\n"
	END);

#endif

/* clang-format on */

#if PAWL_FIBERS_

void *__tsan_get_current_fiber(void);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);

void pawl_switch_announced_(struct pawl_side *s, bool is_last)
{
	void *to = s->fiber_;

	(void)is_last;
	s->fiber_ = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to, 0);
	pawl_switch_near_(s);
}

#elif PAWL_ASAN_

void __sanitizer_start_switch_fiber(void **fake_save, const void *low, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **ret_low, size_t *ret_size);

void pawl_switch_announced_(struct pawl_side *s, bool is_last)
{
	void *fake = NULL;

	__sanitizer_start_switch_fiber(is_last ? NULL : &fake, s->low_, s->size_);
	pawl_switch_near_(s);
	__sanitizer_finish_switch_fiber(fake, &s->low_, &s->size_);
}

#endif

#endif
