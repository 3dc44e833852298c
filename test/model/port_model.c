/* SPDX-License-Identifier: MIT */
/* The events of the POSIX port over a futex that is the checker's. */
#define _GNU_SOURCE
#include "model.h"

#include <errno.h>
#include <stdarg.h>

/* The checker is the port; these are the functions that it takes the place of. */
#define pawl_port_now real_port_now
#define pawl_port_lock real_port_lock
#define pawl_port_unlock real_port_unlock
#define pawl_port_fence_threads real_port_fence_threads
#define pawl_port_wake real_port_wake
#define pawl_port_sleep real_port_sleep
#define pawl_port_try real_port_try
#define pawl_port_throw real_port_throw
#define pawl_port_fatal real_port_fatal
#define syscall model_syscall
#include "host/port.c"
#undef syscall

/*
 * The kernel's part: looking at the word and going to sleep is one step, waking all sleepers is
 * one. There is one futex.
 */
static unsigned sleepers, woken;
static uint32_t event;

MODEL_UNWATCHED static bool is_woken(void *arg)
{
	(void)arg;
	return woken;
}

MODEL_UNWATCHED static long futex_wait(uint32_t value)
{
	model_step(&event, "futex wait");
	model_catch_up(&event);
	if (event != value) {
		errno = EAGAIN;
		return -1;
	}
	sleepers++;
	model_wait(&event, is_woken, NULL, "asleep");
	woken--;
	return 0;
}

MODEL_UNWATCHED static long futex_wake(void)
{
	model_step(&event, "futex wake");
	woken += sleepers;
	sleepers = 0;
	return 1;
}

MODEL_UNWATCHED long model_syscall(long number, ...)
{
	va_list args;
	uint32_t *at;
	int op;
	uint32_t value;

	va_start(args, number);
	at = va_arg(args, uint32_t *);
	op = va_arg(args, int) & ~FUTEX_PRIVATE_FLAG;
	value = va_arg(args, uint32_t);
	va_end(args);
	MUST(number == SYS_futex && at == &event);
	return op == FUTEX_WAKE ? futex_wake() : futex_wait(value);
}

static uint32_t told[2];
static unsigned mail[2];

static void begin(void)
{
	sleepers = woken = event = 0;
	told[0] = told[1] = mail[0] = mail[1] = 0;
	model_name(&event, sizeof event, "event");
}

static void tell(unsigned i)
{
	mail[i] = 5;
	__atomic_store_n(&told[i], 1, __ATOMIC_RELAXED);
	real_port_wake(&event);
}

static void tell_0(void)
{
	tell(0);
}

static void tell_1(void)
{
	tell(1);
}

static void listen_to(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		while (!__atomic_load_n(&told[i], __ATOMIC_RELAXED))
			real_port_sleep(&event, PAWL_NEVER);
}

/* What was told and slept for is known; what was heard without a sleep need not be. */
static void listen(void)
{
	listen_to(2);
}

static void sleep_and_read(void)
{
	real_port_sleep(&event, PAWL_NEVER);
	MUST(mail[0] == 5);
}

static void end(void)
{
	MUST(sleepers == 0 && event != EVENT_AWAITED);
	model_see(event);
}

/* Not reduced: the kernel looks at the event's word in steps of its own. */

TEST(no_wake_is_lost)
{
	struct model m = {
		.begin = begin, .actor = { listen, tell_0, tell_1 }, .end = end, .is_full = true
	};

	CHECK(model_ends(&m, 2));
	CHECK(model_ends_weakly(&m, 2));
}

TEST(a_wake_publishes)
{
	struct model m = {
		.begin = begin, .actor = { sleep_and_read, tell_0 }, .end = end, .is_full = true
	};

	CHECK(model_ends(&m, 1));
	CHECK(model_ends_weakly(&m, 1));
}

static const struct kit_case cases[] = {
	CASE(no_wake_is_lost),
	CASE(a_wake_publishes),
};

MODEL_MAIN(cases)
