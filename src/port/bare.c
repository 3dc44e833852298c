/* SPDX-License-Identifier: MIT */
/* What the ports for machines without an operating system share: sleep, panics, the end. */
#include "port/assert.h"
#include "port/bare.h"

#include <pawl/alarm.h>
#include <pawl/stack.h>

struct pawl_frame *pawl_innermost_;

struct sleeper {
	pawl_alarm alarm;
	uint32_t is_over;
};

static void end_sleep(pawl_alarm *a)
{
	pawl_port_wake(&PAWL_OF(a, struct sleeper, alarm)->is_over);
}

static bool is_set(const uint32_t *event)
{
	return *(const volatile uint32_t *)event;
}

/*
 * With interrupts off the core still wakes for one that is pending: nothing can come between
 * looking and waiting.
 */
static inline void wait(uint32_t *event, const uint32_t *is_over)
{
	pawl_mask_();
	while (!is_set(event) && !(is_over && is_set(is_over)))
		pawl_idle_locked_();
	*event = 0;
	pawl_unmask_();
}

static void sleep_until(uint32_t *event, pawl_time until)
{
	struct sleeper s = { .alarm = { .fire = end_sleep } };

	pawl_alarm_set(&s.alarm, until);
	wait(event, &s.is_over);
	pawl_alarm_clear(&s.alarm);
}

void pawl_port_sleep(uint32_t *event, pawl_time until)
{
	PAWL_ASSERT(!pawl_is_locked_());
	/* Who sleeps until it is woken needs no alarm, and is woken the faster. */
	if (until == PAWL_NEVER)
		wait(event, NULL);
	else
		sleep_until(event, until);
}

PAWL_NORETURN void pawl_port_throw(const char *why)
{
	struct pawl_frame *f = pawl_innermost_;

	if (!why)
		why = "panic";
	/*
	 * An interrupt has its calls on whatever stack is there, and is no part of who runs on it.
	 */
	if (pawl_level_() != (f ? f->level : 0))
		pawl_port_fatal(why);
	if (pawl_is_locked_())
		pawl_port_fatal("a panic while a lock was held");
	if (pawl_port_stack_catch)
		pawl_port_stack_catch(f, why);
	if (!f)
		pawl_port_fatal(why);
	pawl_leave_(f, why);
}

__attribute__((weak)) void pawl_port_on_fatal(const char *why)
{
	(void)why;
}

PAWL_NORETURN void pawl_port_fatal(const char *why)
{
	pawl_mask_();
	pawl_port_on_fatal(why);
	for (;;)
		pawl_halt_();
}
