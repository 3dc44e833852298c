/* SPDX-License-Identifier: MIT */
/* The port: the few functions that differ per machine, and all that the runtime asks of it. */
#ifndef PAWL_PORT_H
#define PAWL_PORT_H

#include <pawl/base.h>

/*
 * A port is these eight functions, and where there are threads it may bring one more. Three come
 * with pawl: POSIX (src/host/port.c), Cortex-M (pawl/cortexm.h) and RISC-V (pawl/riscv.h). A
 * program may bring its own instead.
 *
 * On one core without an operating system the lock is "interrupts off" and the wake a store, both
 * inline, because the runtime takes the lock several times per poll. Where that is not what you
 * want (locking out only interrupts below some priority, several cores), compile everything with
 * PAWL_PORT_LOCK_H naming a header of yours, quotes included: it defines or declares
 * pawl_port_lock, pawl_port_unlock and pawl_port_wake.
 */
#if defined(PAWL_PORT_LOCK_H)
#define PAWL_PORT_INLINE_ 0
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && !defined(__linux__)
#define PAWL_PORT_INLINE_ 1
#elif defined(__riscv) && !defined(__linux__) && !defined(__FreeBSD__)
#define PAWL_PORT_INLINE_ 1
#else
#define PAWL_PORT_INLINE_ 0
#endif

/* Several threads may use one executor. */
#ifndef PAWL_PORT_THREADS
#if PAWL_LARGE_ && !defined(PAWL_PORT_LOCK_H)
#define PAWL_PORT_THREADS 1
#else
#define PAWL_PORT_THREADS 0
#endif
#endif

PAWL_BEGIN_C

/*
 * The clock.
 *
 * result:  nanoseconds since some instant; it never goes back
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_time pawl_port_now(void);

#if defined(PAWL_PORT_LOCK_H)

#include PAWL_PORT_LOCK_H

#elif PAWL_PORT_INLINE_ && defined(__arm__)

static inline uintptr_t pawl_port_lock(const void *of)
{
	uintptr_t was;

	(void)of;
	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(was) : : "memory");
	return was;
}

static inline void pawl_port_unlock(const void *of, uintptr_t was)
{
	(void)of;
	__asm__ volatile("msr primask, %0" : : "r"(was) : "memory");
}

#elif PAWL_PORT_INLINE_

/* Bit 3 of mstatus: machine-mode interrupts are on. */
static inline uintptr_t pawl_port_lock(const void *of)
{
	uintptr_t was;

	(void)of;
	__asm__ volatile("csrrci %0, mstatus, 8" : "=r"(was) : : "memory");
	return was & 8;
}

static inline void pawl_port_unlock(const void *of, uintptr_t was)
{
	(void)of;
	__asm__ volatile("csrs mstatus, %0" : : "r"(was) : "memory");
}

#else

/*
 * A short lock around a few memory accesses. On one core: interrupts off, and nesting is fine. On
 * hosts: one of a small set of mutexes, so never hold two, and call nothing unknown while holding
 * one.
 *
 *	of	the object that is guarded; any address that all who guard it agree on
 *
 * result:  what pawl_port_unlock wants
 * owns:    the caller has the lock until pawl_port_unlock
 * from:    any
 * cost:    O(1), no allocation
 */
uintptr_t pawl_port_lock(const void *of);

/*
 * Releases it.
 *
 *	of	as for pawl_port_lock
 *	was	what that answered
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_port_unlock(const void *of, uintptr_t was);

#endif

#if PAWL_PORT_INLINE_

/* Whoever sleeps looks at the event whenever an interrupt was taken. */
static inline void pawl_port_wake(uint32_t *event)
{
	__asm__ volatile("" : : : "memory");
	*(volatile uint32_t *)event = 1;
}

#elif !defined(PAWL_PORT_LOCK_H)

/*
 * Sets the event and wakes who sleeps on it. Setting it twice is setting it once.
 *
 *	event	a word that was zero at first
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
void pawl_port_wake(uint32_t *event);

#endif

/*
 * Sleeps until the event is set or the time is reached, and clears the event. One that was set
 * before is not lost: then this does not sleep at all. It may return early; whoever calls it looks
 * again.
 *
 *	event	the word that pawl_port_wake sets; one sleeper at a time
 *	until	an instant of pawl_port_now; PAWL_NEVER: only the event ends it
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread
 * cost:    sleeps
 */
void pawl_port_sleep(uint32_t *event, pawl_time until);

#if PAWL_PORT_THREADS

/* A lock that one thread has nearly for free (src/port/biased.h). Zeroed favours nobody. */
struct pawl_biased {
	const void *favoured_; /* atomic: which thread; written under the ordinary lock */
	uint32_t is_inside_;   /* atomic: written by the favoured thread */
	uint32_t turns_;       /* how often that thread took the ordinary lock since */
};

/*
 * Waits until every other thread of the program has passed a memory fence since this was called:
 * what they wrote before is seen by this one, and they see what this one wrote before. A port
 * without it is one that answers false.
 *
 * result:  false: the system has no such thing, and never will have
 * owns:    nothing
 * from:    any
 * cost:    some microseconds
 */
bool pawl_port_fence_threads(void);

#endif

/*
 * Calls a function from which pawl_port_throw comes back here. May be nested.
 *
 *	fn	the function
 *	arg	for it
 *	ret_why	what was thrown; untouched when nothing was
 *
 * result:  what `fn` answered, or PAWL_EPANIC
 * owns:    nothing
 * from:    any
 * cost:    that of `fn`, and saving the registers that a call preserves
 */
int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why);

/*
 * Leaves the innermost pawl_port_try of this thread, or of this interrupt. Without one, and while
 * a lock is held, it is pawl_port_fatal.
 *
 *	why	what went wrong, in words
 *
 * result:  does not return
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_NORETURN void pawl_port_throw(const char *why);

/*
 * The end of the program: a broken assertion, or a panic outside of every task.
 *
 *	why	what went wrong, in words
 *
 * result:  does not return
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_NORETURN void pawl_port_fatal(const char *why);

/*
 * The ports without an operating system call this once from pawl_port_fatal, with interrupts off,
 * and stop the core when it returns. Theirs does nothing: define your own to leave a trace, to
 * light a lamp, or to reset.
 *
 *	why	what went wrong, in words
 *
 * result:  nothing
 * owns:    nothing
 * from:    any
 * cost:    yours
 */
void pawl_port_on_fatal(const char *why);

PAWL_END_C

#endif
