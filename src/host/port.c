/* SPDX-License-Identifier: MIT */
/* The port for POSIX systems: clock, hashed mutexes, events, and the way out of a panic. */
#define _GNU_SOURCE
#include "port/port.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCKS 64

struct padded_mutex {
	_Alignas(64) pthread_mutex_t mutex;
};

#define FOUR(x) x, x, x, x
#define MUTEX                             \
	{                                 \
		PTHREAD_MUTEX_INITIALIZER \
	}
static struct padded_mutex locks[LOCKS] = { FOUR(FOUR(FOUR(MUTEX))) };

/* Locks are never nested: two objects may share one. */
static _Thread_local const void *held;

pawl_time pawl_port_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (pawl_time)ts.tv_sec * PAWL_S(1) + ts.tv_nsec;
}

static pthread_mutex_t *lock_of(const void *of)
{
	uint64_t h = (uint64_t)(uintptr_t)of * UINT64_C(0x9e3779b97f4a7c15);

	return &locks[h >> 58].mutex;
}

uintptr_t pawl_port_lock(const void *of)
{
	if (held)
		pawl_port_fatal("a lock was taken while another was held");
	pthread_mutex_lock(lock_of(of));
	held = of;
	return 0;
}

void pawl_port_unlock(const void *of, uintptr_t was)
{
	(void)was;
	if (held != of)
		pawl_port_fatal("a lock was released that was not held");
	held = NULL;
	pthread_mutex_unlock(lock_of(of));
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
	innermost = f.outer;
	return r;
}

_Noreturn void pawl_port_throw(const char *why)
{
	struct frame *f = innermost;

	if (!f)
		pawl_port_fatal(why);
	if (held)
		pawl_port_fatal("a panic while a lock was held");
	f->why = why ? why : "panic";
	JUMP(f->place);
}

_Noreturn void pawl_port_fatal(const char *why)
{
	fprintf(stderr, "pawl: %s\n", why);
	abort();
}
