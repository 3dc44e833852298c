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

/*
 * valgrind takes it that the thread is still on the stack that it left, and its next frame for one
 * that is elsewhere: it may be there.
 */
#define RED_ZONE 128
#define NEXT_FRAMES 4096

/* Sanitizers' handlers want more than the least. */
#define SIGNAL_STACK ((size_t)64 * 1024)

/* Who had the signal before. */
struct before {
	struct sigaction action;
	uint32_t is_used_up; /* a word: smaller ones are not exchanged everywhere */
};

static struct before before_segv, before_bus;

/*
 * Where a thread's registers are kept while it is in the handler. Of those that are left where they
 * are, some would mean something else where it goes on: they are put into the state of a call.
 */
#if defined(__x86_64__)

#define SP(m) (m)->gregs[REG_RSP]

static void go_on(mcontext_t *m, const struct pawl_side *to)
{
	m->gregs[REG_RIP] = (greg_t)(uintptr_t)to->pc_;
	m->gregs[REG_RSP] = (greg_t)(uintptr_t)to->sp_;
	m->gregs[REG_RBP] = (greg_t)(uintptr_t)to->fp_;
	m->gregs[REG_RBX] = (greg_t)(uintptr_t)to->bp_;
	m->gregs[REG_EFL] &= ~(greg_t)0x400; /* strings go upwards */
	if (m->fpregs) {
		m->fpregs->ftw = 0; /* none of the old unit's registers is in use */
		m->fpregs->swd &= (uint16_t)~0x3800u;
	}
}

#elif defined(__i386__)

#define SP(m) (m)->gregs[REG_ESP]

static void go_on(mcontext_t *m, const struct pawl_side *to)
{
	m->gregs[REG_EIP] = (greg_t)(uintptr_t)to->pc_;
	m->gregs[REG_ESP] = (greg_t)(uintptr_t)to->sp_;
	m->gregs[REG_EBP] = (greg_t)(uintptr_t)to->fp_;
	m->gregs[REG_EBX] = (greg_t)(uintptr_t)to->bp_;
	m->gregs[REG_EFL] &= ~(greg_t)0x400;
	if (m->fpregs) {
		m->fpregs->tag = 0xffffffffu;
		m->fpregs->sw &= ~0x3800ul;
	}
}

#elif defined(__aarch64__)

#define SP(m) (m)->sp

static void go_on(mcontext_t *m, const struct pawl_side *to)
{
	m->pc = (uintptr_t)to->pc_;
	m->sp = (uintptr_t)to->sp_;
	m->regs[29] = (uintptr_t)to->fp_;
	m->regs[19] = (uintptr_t)to->bp_;
	m->pstate &= ~(uint64_t)0xc00; /* it did not come by a call of a pointer */
}

#elif defined(__arm__)

#define SP(m) (m)->arm_sp

/* What is code for Thumb has an odd address. All else is on the stack that it goes on with. */
static void go_on(mcontext_t *m, const struct pawl_side *to)
{
	uintptr_t pc = (uintptr_t)to->pc_;

	m->arm_pc = pc & ~(uintptr_t)1;
	m->arm_sp = (uintptr_t)to->sp_;
	m->arm_cpsr &= ~0x0600fc20ul; /* not Thumb, not within its `it` */
	if (pc & 1)
		m->arm_cpsr |= 0x20;
}

#elif defined(__riscv)

#define SP(m) (m)->__gregs[REG_SP]

static void go_on(mcontext_t *m, const struct pawl_side *to)
{
	m->__gregs[REG_PC] = (uintptr_t)to->pc_;
	m->__gregs[REG_SP] = (uintptr_t)to->sp_;
	m->__gregs[REG_S0] = (uintptr_t)to->fp_;
	m->__gregs[REG_S0 + 1] = (uintptr_t)to->bp_;
}

#endif

#if PAWL_FIBERS_
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif
#if PAWL_ASAN_
void __sanitizer_start_switch_fiber(void **fake_save, const void *low, size_t size);
#endif

/* The thread sanitizer counts calls on each stack: these begin on one and return on another. */
#if PAWL_FIBERS_
#define UNCOUNTED __attribute__((no_sanitize_thread))
#else
#define UNCOUNTED
#endif

/* The handler returns to who resumed it, as if it had switched. */
UNCOUNTED static void leave(mcontext_t *m, pawl_stack *s)
{
	pawl_fiber *f = s->fiber_;
	const struct pawl_side *to = &f->side_;

	pawl_overflow_uncatch_(s->low_, (const char *)s);
	f->outcome_ = PAWL_ESTACK;
	f->state_ = PAWL_FIBER_DONE_;
#if PAWL_FIBERS_
	__tsan_switch_to_fiber(to->fiber_, 0);
#endif
#if PAWL_ASAN_
	__sanitizer_start_switch_fiber(NULL, to->low_, to->size_);
#endif
	(void)VALGRIND_MAKE_MEM_UNDEFINED((char *)to->sp_ - RED_ZONE - NEXT_FRAMES, NEXT_FRAMES);
	go_on(m, to);
}

/* So deep are stacks nested that are looked at. */
enum { NESTED_MAX = 64 };

/* Whether who runs at `sp` was resumed, by however many others, from that stack. */
UNCOUNTED static bool is_resumed_from(const pawl_stack *s, const void *sp)
{
	const pawl_stack *on = pawl_port_stack_at(sp);
	int i;

	for (i = 0; i < NESTED_MAX; i++) {
		const pawl_fiber *f = on ? on->fiber_ : NULL;

		if (!f || f->state_ < PAWL_FIBER_RUNNING_)
			return false;
		on = pawl_port_stack_at(f->side_.sp_);
		if (on == s)
			return true;
	}
	return true;
}

/*
 * Somebody else's pointer may lead into a guard, too: the stack pointer tells them apart. A frame
 * that is larger than a page is made page by page, each of which is touched at its upper end: then
 * it is up to a page below the guard, where the next stack is. When it is further below a frame
 * has jumped over the guard, and nobody knows what it overwrote.
 */
UNCOUNTED static bool is_overflow(const pawl_stack *s, const mcontext_t *m, const char *address)
{
	const char *sp = (const char *)(uintptr_t)SP(m), *guard;

	if (!s || !s->fiber_ || s->fiber_->state_ < PAWL_FIBER_RUNNING_)
		return false;
	guard = pawl_stacks_guard_(s);
	if (sp >= guard && sp < (const char *)s)
		return true;
	return sp < guard && address - sp <= s->low_ - guard && !is_resumed_from(s, sp);
}

/* As if nobody handled it. One that was sent does not come again by itself. */
static void end_program(int sig, const siginfo_t *info)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_handler = SIG_DFL;
	sigaction(sig, &a, NULL);
	if (info->si_code <= 0)
		raise(sig);
}

/* Whose handler is to be called but once has the default from then on. */
static bool is_used_up(struct before *b)
{
	return b->action.sa_flags & (int)SA_RESETHAND &&
	       __atomic_exchange_n(&b->is_used_up, 1, __ATOMIC_RELAXED);
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
	struct before *b = sig == SIGBUS ? &before_bus : &before_segv;
	const struct sigaction *a = &b->action;

	if (a->sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	if (a->sa_handler == SIG_IGN || a->sa_handler == SIG_DFL || is_used_up(b))
		end_program(sig, info);
	else if (a->sa_flags & SA_SIGINFO)
		a->sa_sigaction(sig, info, context);
	else
		a->sa_handler(sig);
}

UNCOUNTED static void handle(int sig, siginfo_t *info, void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	pawl_stack *s = info->si_code > 0 ? pawl_stacks_guarded_(info->si_addr) : NULL;

	if (is_overflow(s, m, info->si_addr))
		leave(m, s);
	else
		pass_on(sig, info, context);
}

/* With the mask and the manners of the one before, so that it finds them when it is passed on. */
static void install(int sig, struct before *b)
{
	struct sigaction a;

	sigaction(sig, NULL, &b->action);
	a = b->action;
	a.sa_sigaction = handle;
	a.sa_flags = (a.sa_flags & (SA_RESTART | SA_NODEFER)) | SA_SIGINFO | SA_ONSTACK;
	sigaction(sig, &a, NULL);
}

void pawl_overflow_install_(void)
{
	install(SIGSEGV, &before_segv);
	install(SIGBUS, &before_bus);
}

/* A thread that has one for other reasons keeps it. */
bool pawl_overflow_prepare_(void **ret_memory)
{
	stack_t now, mine;

	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))
		return true;
	memset(&mine, 0, sizeof mine);
	mine.ss_size = SIGNAL_STACK;
	mine.ss_sp = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	if (mine.ss_sp == MAP_FAILED)
		return false;
	if (sigaltstack(&mine, NULL) < 0) {
		munmap(mine.ss_sp, SIGNAL_STACK);
		return false;
	}
	*ret_memory = mine.ss_sp;
	return true;
}

/* Somebody may have set another one meanwhile. */
void pawl_overflow_forget_(void *memory)
{
	stack_t now;

	if (!memory)
		return;
	if (sigaltstack(NULL, &now) == 0 && now.ss_sp == memory) {
		now.ss_flags = SS_DISABLE;
		sigaltstack(&now, NULL);
	}
	munmap(memory, SIGNAL_STACK);
}

#endif
