/* SPDX-License-Identifier: MIT */
/* The port for POSIX systems: clock, hashed locks, events, and the way out of a panic. */
#define _GNU_SOURCE
#include "port/atomic.h"
#include "port/port.h"
#include "port/switch.h"

#include "host/stacks.h"

#include <pawl/stack.h>

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCKS 64

/*
 * Held for some tens of nanoseconds, and hardly ever contended: a word that is exchanged, and
 * stored to when it is released, costs half of what a mutex does. Who finds it taken looks on for a
 * while, then lets others run, and at last sleeps: the holder may be a thread of lower priority.
 */
struct lock {
	_Alignas(64) uint32_t is_held;
};

enum { LOOKS = 100, YIELDS = 10 };

static struct lock locks[LOCKS];

/* Locks are never nested: two objects may share one. */
static _Thread_local const void *held;

pawl_time pawl_port_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (pawl_time)ts.tv_sec * PAWL_S(1) + ts.tv_nsec;
}

static struct lock *lock_of(const void *of)
{
	uint64_t h = (uint64_t)(uintptr_t)of * UINT64_C(0x9e3779b97f4a7c15);

	return &locks[h >> 58];
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield");
#endif
}

static void wait_for(const struct lock *l)
{
	const struct timespec moment = { 0, 50000 };
	unsigned tries;

	for (tries = 0; __atomic_load_n(&l->is_held, __ATOMIC_RELAXED); tries++) {
		if (tries < LOOKS)
			relax();
		else if (tries < LOOKS + YIELDS)
			sched_yield();
		else
			nanosleep(&moment, NULL);
	}
}

PAWL_OF_THREAD_ uintptr_t pawl_port_lock(const void *of)
{
	struct lock *l = lock_of(of);

	if (held)
		pawl_port_fatal("a lock was taken while another was held");
	while (__atomic_exchange_n(&l->is_held, 1, __ATOMIC_ACQUIRE))
		wait_for(l);
	held = of;
	return 0;
}

PAWL_OF_THREAD_ void pawl_port_unlock(const void *of, uintptr_t was)
{
	(void)was;
	if (held != of)
		pawl_port_fatal("a lock was released that was not held");
	held = NULL;
	__atomic_store_n(&lock_of(of)->is_held, 0, __ATOMIC_RELEASE);
}

static bool fence_threads(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* The first time, and in the child of a fork, the system has to be told. */
bool pawl_port_fence_threads(void)
{
	int before = errno;
	bool has_passed =
		fence_threads() ||
		(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
		 fence_threads());

	errno = before;
	return has_passed;
}

/* The event: 0 clear, 1 set, 2 clear and somebody sleeps. */
enum event_state { EVENT_CLEAR, EVENT_SET, EVENT_AWAITED };

static long futex(uint32_t *event, int op, uint32_t value, const struct timespec *until)
{
	return syscall(SYS_futex, event, op | FUTEX_PRIVATE_FLAG, value, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

void pawl_port_wake(uint32_t *event)
{
	if (__atomic_exchange_n(event, EVENT_SET, __ATOMIC_ACQ_REL) == EVENT_AWAITED)
		futex(event, FUTEX_WAKE, INT32_MAX, NULL);
}

static bool wait_once(uint32_t *event, pawl_time until)
{
	struct timespec ts;

	if (until == PAWL_NEVER)
		return futex(event, FUTEX_WAIT_BITSET, EVENT_AWAITED, NULL) == 0 ||
		       errno != ETIMEDOUT;
	if (until < 0)
		until = 0;
	ts.tv_sec = (time_t)(until / PAWL_S(1));
	ts.tv_nsec = (long)(until % PAWL_S(1));
	return futex(event, FUTEX_WAIT_BITSET, EVENT_AWAITED, &ts) == 0 || errno != ETIMEDOUT;
}

void pawl_port_sleep(uint32_t *event, pawl_time until)
{
	uint32_t seen = EVENT_CLEAR;
	bool in_time = true;

	while (in_time) {
		seen = EVENT_CLEAR;
		if (!__atomic_compare_exchange_n(event, &seen, EVENT_AWAITED, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    seen == EVENT_SET)
			break;
		in_time = wait_once(event, until);
	}
	__atomic_exchange_n(event, EVENT_CLEAR, __ATOMIC_ACQ_REL);
}

/*
 * The way out of a panic. The compiler's own jump saves three words; where it does not exist, or a
 * sanitizer keeps a stack of its own that has to be unwound too, libc's does it.
 */
#if defined(__SANITIZE_THREAD__)
#define BY_LIBC 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BY_LIBC 1
#endif
#endif
#if !defined(BY_LIBC) && !defined(__x86_64__)
#define BY_LIBC 1
#endif

#ifdef BY_LIBC
#include <setjmp.h>
typedef jmp_buf jump_place;
#define MARK(place) _setjmp(place)
#define JUMP(place) _longjmp(place, 1)
#else
typedef void *jump_place[5];
#define MARK(place) __builtin_setjmp(place)
#define JUMP(place) __builtin_longjmp(place, 1)
#endif

struct frame {
	jump_place place;
	struct frame *outer;
	const char *why;
};

static _Thread_local struct frame *innermost;

/*
 * Frames are left in the order in which they were entered, unless somebody waited on a stack of its
 * own in between: then panics of others went, or would have gone, there.
 */
static void check_innermost(const struct frame *f)
{
	if (innermost != f)
		pawl_port_fatal("pawl_port_try was left open: by a wait on a stack of its own, or "
				"by longjmp");
}

int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why)
{
	struct frame f;
	int r;

	f.outer = innermost;
	f.why = NULL;
	innermost = &f;
	if (MARK(f.place)) {
		/* Only memory is read here: what was in registers is gone. */
		struct frame *g = innermost;

		innermost = g->outer;
		*ret_why = g->why;
		return PAWL_EPANIC;
	}
	r = fn(arg);
	check_innermost(&f);
	innermost = f.outer;
	return r;
}

_Noreturn void pawl_port_throw(const char *why)
{
	struct frame *f = innermost;

	if (!why)
		why = "panic";
	if (held)
		pawl_port_fatal("a panic while a lock was held");
	if (pawl_port_stack_catch)
		pawl_port_stack_catch(f, why);
	if (!f)
		pawl_port_fatal(why);
	f->why = why;
	JUMP(f->place);
}

#if PAWL_STACKS
void pawl_overflow_uncatch_(const char *low, const char *end)
{
	if (held)
		pawl_port_fatal("a stack overflow while a lock was held");
	while ((const char *)innermost >= low && (const char *)innermost < end)
		innermost = innermost->outer;
}
#endif

_Noreturn void pawl_port_fatal(const char *why)
{
	fprintf(stderr, "pawl: %s\n", why);
	abort();
}
