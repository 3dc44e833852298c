/* SPDX-License-Identifier: MIT */
/* The stack switch as a routine: for compilers and machines where it is not inline. */
#include "port/switch.h"

#if PAWL_STACKS

/*
 * What a call keeps is pushed; the rest is as it is inline, and so is what the struct holds, so
 * that both may be mixed. The way back is a jump: a return would be predicted to go where the last
 * call came from, which is the other side.
 */
#if defined(__x86_64__)

__asm__(".text\n"
	".globl pawl_switch_far_\n"
	".type pawl_switch_far_, @function\n"
	".p2align 4\n"
	"pawl_switch_far_:\n"
	".cfi_startproc\n"
#if defined(__CET__)
	"	endbr64\n"
#endif
	"	pushq %r12\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r12, 0\n"
	"	pushq %r13\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r13, 0\n"
	"	pushq %r14\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r14, 0\n"
	"	pushq %r15\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r15, 0\n"
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
#if defined(__CET__)
	"	endbr64\n"
#endif
	"	popq %r15\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r15\n"
	"	popq %r14\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r14\n"
	"	popq %r13\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r13\n"
	"	popq %r12\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r12\n"
	"	popq %rcx\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_register rip, rcx\n"
	"	jmpq *%rcx\n"
	".cfi_endproc\n"
	".size pawl_switch_far_, . - pawl_switch_far_\n");

#endif

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
