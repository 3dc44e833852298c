/* SPDX-License-Identifier: MIT */
/* Who runs into the guard below its stack ends; who resumed it goes on. */
#define _GNU_SOURCE
#include "port/switch.h"

#if PAWL_STACKS

#include "host/stacks.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

/* Sanitizers' handlers want more than the least. */
#define SIGNAL_STACK ((size_t)64 * 1024)

static struct sigaction before_segv, before_bus;

/* Where a thread's registers are kept while it is in the handler. */
#if defined(__x86_64__)
#define PC(m) (m)->gregs[REG_RIP]
#define SP(m) (m)->gregs[REG_RSP]
#define FP(m) (m)->gregs[REG_RBP]
#define BP(m) (m)->gregs[REG_RBX]
#elif defined(__i386__)
#define PC(m) (m)->gregs[REG_EIP]
#define SP(m) (m)->gregs[REG_ESP]
#define FP(m) (m)->gregs[REG_EBP]
#define BP(m) (m)->gregs[REG_EBX]
#elif defined(__aarch64__)
#define PC(m) (m)->pc
#define SP(m) (m)->sp
#define FP(m) (m)->regs[29]
#define BP(m) (m)->regs[19]
#elif defined(__arm__)
#define PC(m) (m)->arm_pc
#define SP(m) (m)->arm_sp
#define FP(m) (m)->arm_fp
#define BP(m) (m)->arm_r6
#elif defined(__riscv)
#define PC(m) (m)->__gregs[REG_PC]
#define SP(m) (m)->__gregs[REG_SP]
#define FP(m) (m)->__gregs[REG_S0]
#define BP(m) (m)->__gregs[REG_S1]
#endif

#if PAWL_FIBERS_
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif
#if PAWL_ASAN_
void __sanitizer_start_switch_fiber(void **fake_save, const void *low, size_t size);
#endif

/* The handler returns to who resumed it, as if it had switched. */
static void leave(mcontext_t *m, pawl_fiber *f)
{
	const struct pawl_side *to = &f->side_;

	f->outcome_ = PAWL_ESTACK;
	f->state_ = PAWL_FIBER_DONE_;
#if PAWL_FIBERS_
	__tsan_switch_to_fiber(to->fiber_, 0);
#endif
#if PAWL_ASAN_
	__sanitizer_start_switch_fiber(NULL, to->low_, to->size_);
#endif
	PC(m) = (__typeof__(PC(m)))(uintptr_t)to->pc_;
	SP(m) = (__typeof__(SP(m)))(uintptr_t)to->sp_;
	FP(m) = (__typeof__(FP(m)))(uintptr_t)to->fp_;
	BP(m) = (__typeof__(BP(m)))(uintptr_t)to->bp_;
}

/* Somebody else's pointer may lead into a guard, too: the stack pointer tells them apart. */
static bool is_overflow(const pawl_stack *s, const mcontext_t *m)
{
	uintptr_t sp = (uintptr_t)SP(m);

	return s && s->fiber_ && s->fiber_->state_ >= PAWL_FIBER_RUNNING_ &&
	       sp >= (uintptr_t)s->low_ - s->size_ && sp < (uintptr_t)s;
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *b = sig == SIGBUS ? &before_bus : &before_segv;

	if (b->sa_flags & SA_SIGINFO)
		b->sa_sigaction(sig, info, context);
	else if (b->sa_handler != SIG_DFL && b->sa_handler != SIG_IGN)
		b->sa_handler(sig);
	else
		sigaction(sig, b, NULL); /* it comes again, and ends the program */
}

static void handle(int sig, siginfo_t *info, void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	pawl_stack *s = info->si_code > 0 ? pawl_stacks_guarded_(info->si_addr) : NULL;

	if (is_overflow(s, m))
		leave(m, s->fiber_);
	else
		pass_on(sig, info, context);
}

void pawl_overflow_install_(void)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_sigaction = handle;
	a.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigemptyset(&a.sa_mask);
	sigaction(SIGSEGV, &a, &before_segv);
	sigaction(SIGBUS, &a, &before_bus);
}

/* A thread that has one for other reasons keeps it. */
void *pawl_overflow_prepare_(void)
{
	stack_t now, mine;

	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))
		return NULL;
	memset(&mine, 0, sizeof mine);
	mine.ss_sp = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	mine.ss_size = SIGNAL_STACK;
	if (mine.ss_sp == MAP_FAILED)
		return NULL;
	sigaltstack(&mine, NULL);
	return mine.ss_sp;
}

void pawl_overflow_forget_(void *memory)
{
	stack_t none;

	if (!memory)
		return;
	memset(&none, 0, sizeof none);
	none.ss_flags = SS_DISABLE;
	sigaltstack(&none, NULL);
	munmap(memory, SIGNAL_STACK);
}

#endif
