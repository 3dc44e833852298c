/* SPDX-License-Identifier: MIT */
/* The stack switch as the floors see it: how a stack is entered first, and left for good. */
#ifndef PAWL_PORT_SWITCH_H
#define PAWL_PORT_SWITCH_H

#include <pawl/switch.h>

#if PAWL_STACKS

/*
 * What is called first on a new stack: it gets the struct in the register of a first argument. It
 * does not return.
 */
#if defined(__i386__)
#define PAWL_ENTRY_ __attribute__((fastcall))
#else
#define PAWL_ENTRY_
#endif
typedef void PAWL_ENTRY_ pawl_entry_fn(struct pawl_side *s);

/*
 * In the function that is called first: who follows the calls by their unwind information ends
 * here, where he would else go on at address zero. gcc says whether it writes such information;
 * for clang the build does.
 */
#if !defined(__GCC_HAVE_DWARF2_CFI_ASM) || (defined(__clang__) && !defined(PAWL_UNWIND_TABLES))
#define PAWL_OUTERMOST_() ((void)0)
#elif defined(__x86_64__)
#define PAWL_OUTERMOST_() __asm__ volatile(".cfi_undefined rip")
#elif defined(__i386__)
#define PAWL_OUTERMOST_() __asm__ volatile(".cfi_undefined eip")
#elif defined(__aarch64__)
#define PAWL_OUTERMOST_() __asm__ volatile(".cfi_undefined x30")
#elif defined(__arm__)
#define PAWL_OUTERMOST_() __asm__ volatile(".cfi_undefined lr")
#else
#define PAWL_OUTERMOST_() __asm__ volatile(".cfi_undefined ra")
#endif

/*
 * The next switch enters a new stack, whose usable memory begins at `low` and ends below `top`,
 * a multiple of 16.
 * Debuggers see the end of the calls where the return address is zero.
 */
static inline void pawl_side_begin_(struct pawl_side *s, char *low, char *top, pawl_entry_fn *fn,
				    void *fiber)
{
	uintptr_t *sp = (uintptr_t *)(void *)top;

#if defined(__x86_64__)
	*--sp = 0; /* as if it was called */
#elif defined(__i386__)
	*--sp = 0;
#endif
	s->pc_ = (const void *)(uintptr_t)fn;
	s->sp_ = sp;
	s->fp_ = NULL;
#if PAWL_ANNOUNCED_
	s->fiber_ = fiber;
	s->low_ = low;
	s->size_ = (size_t)((char *)top - low);
#else
	(void)low, (void)fiber;
#endif
}

#if PAWL_ASAN_
void __sanitizer_finish_switch_fiber(void *fake, const void **ret_low, size_t *ret_size);
#endif

/* The first thing that is done on a new stack. */
static inline void pawl_side_arrive_(struct pawl_side *s)
{
#if PAWL_ASAN_
	__sanitizer_finish_switch_fiber(NULL, &s->low_, &s->size_);
#else
	(void)s;
#endif
}

/* Leaves a stack for good. */
__attribute__((noreturn)) static inline void pawl_side_end_(struct pawl_side *s)
{
#if PAWL_ANNOUNCED_
	pawl_switch_announced_(s, true);
#elif PAWL_SWITCH_INLINE && defined(__x86_64__)
	/* Nothing is to be kept, so nothing is said to be overwritten, or it would be saved. */
	__asm__ volatile("movq 8(%%rdi), %%rsp\n\t"
			 "movq 16(%%rdi), %%rbp\n\t"
			 "movq 24(%%rdi), %%rbx\n\t"
			 "jmpq *0(%%rdi)"
			 :
			 : "D"(s)
			 : "memory");
#else
	pawl_switch_near_(s);
#endif
	__builtin_unreachable();
}

#endif

#endif
